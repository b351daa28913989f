//! `flags` and `fragbits`.

use tapir_packet::Ipv4;
use tapir_rules::tree::{FlagMode, FlagTest};

/// Whether the flags of a TCP segment pass.
pub(super) fn tcp(test: &FlagTest, flags: u8) -> bool {
    // A rule for no flags at all takes those that it leaves out into account, too.
    if test.bits == 0 && flags != 0 {
        return test.mode == FlagMode::Not;
    }
    let flags = flags & !test.ignored;
    match test.mode {
        FlagMode::Exact => flags == test.bits,
        FlagMode::All => flags & test.bits == test.bits,
        FlagMode::Any => flags & test.bits != 0,
        FlagMode::Not => flags & test.bits != test.bits,
    }
}

const MORE_FRAGMENTS: u8 = 1;
const DONT_FRAGMENT: u8 = 2;
const RESERVED: u8 = 4;

/// Whether the fragment bits of an IPv4 header pass.
pub(super) fn fragment(test: &FlagTest, ip: &Ipv4<'_>) -> bool {
    let bits = fragment_bits(ip);
    match test.mode {
        FlagMode::Exact => bits == test.bits,
        // Others must be set besides these.
        FlagMode::All => bits & test.bits == test.bits && bits != test.bits,
        FlagMode::Any => bits & test.bits != 0,
        FlagMode::Not => bits & test.bits != test.bits,
    }
}

/// The fragment bits of an IPv4 header.
pub(super) fn fragment_bits(ip: &Ipv4<'_>) -> u8 {
    let mut bits = 0;
    for (is_set, bit) in [
        (ip.more_fragments(), MORE_FRAGMENTS),
        (ip.dont_fragment(), DONT_FRAGMENT),
        (ip.reserved_flag(), RESERVED),
    ] {
        if is_set {
            bits |= bit;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIN: u8 = 1;
    const SYN: u8 = 2;
    const ACK: u8 = 16;
    const ECE: u8 = 64;

    fn test(mode: FlagMode, bits: u8, ignored: u8) -> FlagTest {
        FlagTest {
            mode,
            bits,
            ignored,
        }
    }

    #[test]
    fn modes_of_flags() {
        let exact = test(FlagMode::Exact, SYN, 0);
        assert!(tcp(&exact, SYN) && !tcp(&exact, SYN | ACK) && !tcp(&exact, 0));
        let all = test(FlagMode::All, SYN, 0);
        assert!(tcp(&all, SYN) && tcp(&all, SYN | ACK) && !tcp(&all, ACK));
        let any = test(FlagMode::Any, SYN | FIN, 0);
        assert!(tcp(&any, SYN) && tcp(&any, FIN | ACK) && !tcp(&any, ACK));
        let not = test(FlagMode::Not, SYN | FIN, 0);
        assert!(tcp(&not, SYN) && tcp(&not, ACK) && !tcp(&not, SYN | FIN | ACK));
    }

    #[test]
    fn flags_left_out_do_not_count() {
        let syn = test(FlagMode::Exact, SYN, ECE);
        assert!(tcp(&syn, SYN | ECE) && tcp(&syn, SYN) && !tcp(&syn, SYN | ACK));
    }

    #[test]
    fn no_flags_means_none() {
        let none = test(FlagMode::Exact, 0, ECE);
        assert!(tcp(&none, 0) && !tcp(&none, ECE) && !tcp(&none, ACK));
        let some = test(FlagMode::Not, 0, 0);
        assert!(tcp(&some, ACK) && !tcp(&some, 0));
    }
}

//! Internet checksums (RFC 1071).

use crate::packet::{Network, Packet, Transport};

/// The checksum of some bytes: zero if they include a right one.
#[must_use]
pub fn internet(bytes: &[u8]) -> u16 {
    !fold(sum(bytes))
}

/// The one's complement sum of bytes as words, not yet folded to sixteen bits.
///
/// The sum is taken over words of eight bytes in the machine's order, which gives the same as
/// two bytes in network order but for the order of the result (RFC 1071, section 2).
fn sum(bytes: &[u8]) -> u64 {
    let mut lanes = [0_u64; 4];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            let word = u64::from_ne_bytes(*word);
            // Two halves of 32 bits each: no carry to keep for four billion blocks.
            *lane += (word & 0xffff_ffff) + (word >> 32);
        }
    }
    let mut total: u64 = 0;
    for lane in lanes {
        total += (lane & 0xffff_ffff) + (lane >> 32);
    }
    let (words, last) = rest.as_chunks::<2>();
    for word in words {
        total += u64::from(u16::from_ne_bytes(*word));
    }
    if let [byte] = *last {
        total += u64::from(u16::from_ne_bytes([byte, 0]));
    }
    let swapped = fold(total);
    u64::from(swapped.to_be())
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Whether the checksum of a packet's transport message is right, if it has one that can be
/// verified.
pub(crate) fn transport_ok(packet: &Packet<'_>) -> Option<bool> {
    let message = packet.transport_bytes();
    let proto = match packet.transport {
        Transport::Tcp => crate::ip_proto::TCP,
        Transport::Udp => {
            let is_sent = packet.udp()?.checksum() != 0;
            if packet.network == Network::Ipv4 && !is_sent {
                return None;
            }
            crate::ip_proto::UDP
        }
        Transport::Icmpv6 => crate::ip_proto::ICMPV6,
        Transport::Icmpv4 | Transport::Igmp => return Some(internet(message) == 0),
        Transport::None | Transport::Sctp | Transport::Esp | Transport::Gre => return None,
    };
    let pseudo = pseudo_header(packet)? + u64::from(proto) + message.len() as u64;
    Some(fold(pseudo + sum(message)) == 0xffff)
}

/// The right checksum of a packet's TCP segment, whatever it says itself.
pub(crate) fn of_segment(packet: &Packet<'_>) -> Option<u16> {
    let (segment, said) = (packet.transport_bytes(), packet.tcp()?.checksum());
    let pseudo = pseudo_header(packet)? + u64::from(crate::ip_proto::TCP) + segment.len() as u64;
    // Without what it says itself.
    Some(!fold(pseudo + sum(segment) + u64::from(!said)))
}

/// The sum of the addresses.
fn pseudo_header(packet: &Packet<'_>) -> Option<u64> {
    let addresses = match packet.network {
        Network::Ipv4 => packet.ip_datagram().get(12..20)?,
        Network::Ipv6 => packet.ip_datagram().get(8..40)?,
        Network::None | Network::Arp => return None,
    };
    Some(sum(addresses))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Word by word, as the definition has it.
    fn plain(bytes: &[u8]) -> u16 {
        let mut sum = 0_u64;
        for pair in bytes.chunks(2) {
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u64::from(u16::from_be_bytes([pair[0], low]));
        }
        !fold(sum)
    }

    #[test]
    fn agrees_with_the_definition() {
        let bytes: Vec<u8> = (0..2000_u32).map(|i| (i * 37 % 251) as u8).collect();
        for len in (0..130).chain([1459, 1460, 1999]) {
            for start in 0..3 {
                let part = &bytes[start..][..len.min(bytes.len() - start)];
                assert_eq!(internet(part), plain(part), "{len} from {start}");
            }
        }
        assert_eq!(internet(&[0xff; 64]), plain(&[0xff; 64]));
    }

    #[test]
    fn knows_the_example_of_the_rfc() {
        let example = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(!internet(&example), 0xddf2);
    }
}

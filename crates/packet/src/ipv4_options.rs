//! IPv4 options (RFC 791, 1108, 2113, 4782; CIPSO: FIPS 188).

use bitflags::bitflags;

use crate::{DecodeEvent, DecodeEvents};

/// The type byte of an IPv4 option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Option(pub u8);

impl Ipv4Option {
    /// End of the list.
    pub const END: Ipv4Option = Ipv4Option(0);
    /// No operation.
    pub const NOP: Ipv4Option = Ipv4Option(1);
    /// Record route.
    pub const RECORD_ROUTE: Ipv4Option = Ipv4Option(7);
    /// Quick start.
    pub const QUICK_START: Ipv4Option = Ipv4Option(25);
    /// Timestamp.
    pub const TIMESTAMP: Ipv4Option = Ipv4Option(68);
    /// Basic security.
    pub const SECURITY: Ipv4Option = Ipv4Option(130);
    /// Loose source route.
    pub const LOOSE_ROUTE: Ipv4Option = Ipv4Option(131);
    /// Extended security.
    pub const EXTENDED_SECURITY: Ipv4Option = Ipv4Option(133);
    /// Commercial IP security option.
    pub const CIPSO: Ipv4Option = Ipv4Option(134);
    /// Stream identifier.
    pub const STREAM_ID: Ipv4Option = Ipv4Option(136);
    /// Strict source route.
    pub const STRICT_ROUTE: Ipv4Option = Ipv4Option(137);
    /// Router alert.
    pub const ROUTER_ALERT: Ipv4Option = Ipv4Option(148);
}

bitflags! {
    /// Which options an IPv4 header has.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Ipv4Options: u16 {
        /// End of the list.
        const END = 1;
        /// No operation.
        const NOP = 1 << 1;
        /// Record route.
        const RECORD_ROUTE = 1 << 2;
        /// Timestamp.
        const TIMESTAMP = 1 << 3;
        /// Quick start.
        const QUICK_START = 1 << 4;
        /// Loose source route.
        const LOOSE_ROUTE = 1 << 5;
        /// Strict source route.
        const STRICT_ROUTE = 1 << 6;
        /// Stream identifier.
        const STREAM_ID = 1 << 7;
        /// Basic security.
        const SECURITY = 1 << 8;
        /// Commercial IP security option.
        const CIPSO = 1 << 9;
        /// Router alert.
        const ROUTER_ALERT = 1 << 10;
        /// Extended security.
        const EXTENDED_SECURITY = 1 << 11;
    }
}

/// What a list of options holds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) options: Ipv4Options,
    pub(crate) events: DecodeEvents,
    pub(crate) is_invalid: bool,
    /// An option reaches beyond the header: what follows cannot be read.
    pub(crate) is_cut: bool,
}

impl Parsed {
    fn invalid(&mut self, event: DecodeEvent) {
        self.events.add(event);
        self.is_invalid = true;
    }
}

/// Reads a list of options to its end or to the first option whose length cannot be right.
pub(crate) fn parse(options: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    if !options.len().is_multiple_of(8) {
        parsed.events.add(DecodeEvent::Ipv4OptPadRequired);
    }
    let mut rest = options;
    while let Some((&kind, tail)) = rest.split_first() {
        match Ipv4Option(kind) {
            Ipv4Option::END => {
                parsed.options |= Ipv4Options::END;
                break;
            }
            Ipv4Option::NOP => {
                parsed.options |= Ipv4Options::NOP;
                rest = tail;
            }
            option => {
                let Some(&len) = tail.first() else {
                    parsed.events.add(DecodeEvent::Ipv4OptEolRequired);
                    break;
                };
                let whole = rest.split_at_checked(usize::from(len));
                let Some((body, next)) = whole.filter(|_| len >= 2) else {
                    parsed.invalid(DecodeEvent::Ipv4OptInvalidLen);
                    parsed.is_cut = true;
                    break;
                };
                take(&mut parsed, option, body);
                rest = next;
            }
        }
    }
    parsed
}

/// Takes one option; `body` begins at its type byte.
fn take(parsed: &mut Parsed, option: Ipv4Option, body: &[u8]) {
    let (flag, verdict) = match option {
        Ipv4Option::TIMESTAMP => (Ipv4Options::TIMESTAMP, check_timestamp(body)),
        Ipv4Option::RECORD_ROUTE => (Ipv4Options::RECORD_ROUTE, check_route(body)),
        Ipv4Option::LOOSE_ROUTE => (Ipv4Options::LOOSE_ROUTE, check_route(body)),
        Ipv4Option::STRICT_ROUTE => (Ipv4Options::STRICT_ROUTE, check_route(body)),
        Ipv4Option::CIPSO => (Ipv4Options::CIPSO, check_cipso(body)),
        Ipv4Option::QUICK_START => (Ipv4Options::QUICK_START, check_len(body.len() >= 8)),
        Ipv4Option::SECURITY => (Ipv4Options::SECURITY, check_len(body.len() >= 3)),
        Ipv4Option::EXTENDED_SECURITY => {
            (Ipv4Options::EXTENDED_SECURITY, check_len(body.len() >= 3))
        }
        Ipv4Option::STREAM_ID => (Ipv4Options::STREAM_ID, check_len(body.len() == 4)),
        Ipv4Option::ROUTER_ALERT => (Ipv4Options::ROUTER_ALERT, check_len(body.len() == 4)),
        _ => {
            parsed.events.add(DecodeEvent::Ipv4OptInvalid);
            return;
        }
    };
    if parsed.options.contains(flag) {
        parsed.events.add(DecodeEvent::Ipv4OptDuplicate);
        return;
    }
    match verdict {
        Ok(()) => parsed.options |= flag,
        Err(event) => parsed.invalid(event),
    }
}

type Verdict = Result<(), DecodeEvent>;

fn check_len(fits: bool) -> Verdict {
    if fits {
        Ok(())
    } else {
        Err(DecodeEvent::Ipv4OptInvalidLen)
    }
}

fn well_formed(is_well_formed: bool) -> Verdict {
    if is_well_formed {
        Ok(())
    } else {
        Err(DecodeEvent::Ipv4OptMalformed)
    }
}

/// Type, length, pointer, addresses. The pointer counts from one, moves by whole addresses and
/// may be one behind the end.
fn check_route(body: &[u8]) -> Verdict {
    check_len(body.len() >= 3)?;
    let pointer = body.get(2).map_or(0, |&byte| usize::from(byte));
    well_formed(pointer >= 4 && pointer.is_multiple_of(4) && pointer <= body.len() + 1)
}

/// Type, length, pointer, overflow and flag, records. A record has an address if the flag says.
fn check_timestamp(body: &[u8]) -> Verdict {
    check_len(body.len() >= 5)?;
    let pointer = body.get(2).map_or(0, |&byte| usize::from(byte));
    well_formed(pointer >= 5)?;
    let record_len = match body.get(5) {
        Some(1 | 3) => 8,
        _ => 4,
    };
    well_formed((pointer - 5).is_multiple_of(record_len) && pointer <= body.len() + 1)
}

/// Type, length, domain of interpretation, tags of type and length each.
fn check_cipso(body: &[u8]) -> Verdict {
    check_len(body.len() >= 10)?;
    let mut tags = body.get(6..).unwrap_or_default();
    while !tags.is_empty() {
        let Some(&[kind, len]) = tags.first_chunk() else {
            return Err(DecodeEvent::Ipv4OptMalformed);
        };
        let whole = tags.split_at_checked(usize::from(len));
        let (tag, next) = whole.ok_or(DecodeEvent::Ipv4OptMalformed)?;
        // Types 1, 2, 5 and 6 have an alignment octet, which is zero.
        let is_aligned = kind == 7 || tag.get(2) == Some(&0);
        well_formed(matches!(kind, 1 | 2 | 5..=7) && len >= 4 && is_aligned)?;
        tags = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(options: &[u8]) -> Vec<DecodeEvent> {
        parse(options).events.iter().collect()
    }

    #[test]
    fn reads_well_formed_options() {
        let router_alert = parse(&[148, 4, 0, 0, 1, 1, 1, 0]);
        let expected = Ipv4Options::ROUTER_ALERT | Ipv4Options::NOP | Ipv4Options::END;
        assert_eq!(router_alert.options, expected);
        assert!(router_alert.events.is_empty() && !router_alert.is_invalid);
    }

    #[test]
    fn padding_is_asked_for() {
        assert_eq!(events(&[148, 4, 0, 0]), [DecodeEvent::Ipv4OptPadRequired]);
        assert_eq!(
            events(&[1, 1, 1, 1, 1, 1, 1, 7]),
            [DecodeEvent::Ipv4OptEolRequired]
        );
    }

    #[test]
    fn lengths_are_checked() {
        for wrong in [
            [7, 9, 4, 0, 0, 0, 0, 0],
            [7, 1, 4, 0, 0, 0, 0, 0],
            [7, 0, 4, 0, 0, 0, 0, 0],
        ] {
            let parsed = parse(&wrong);
            assert!(parsed.events.contains(DecodeEvent::Ipv4OptInvalidLen));
            assert!(parsed.is_invalid && parsed.is_cut);
        }
        assert_eq!(
            events(&[148, 3, 0, 1, 1, 1, 1, 1]),
            [DecodeEvent::Ipv4OptInvalidLen]
        );
    }

    #[test]
    fn route_pointer_moves_by_addresses() {
        assert!(events(&[7, 7, 4, 0, 0, 0, 0, 0]).is_empty());
        assert!(events(&[7, 7, 8, 0, 0, 0, 0, 0]).is_empty());
        assert_eq!(
            events(&[7, 7, 12, 0, 0, 0, 0, 0]),
            [DecodeEvent::Ipv4OptMalformed]
        );
        assert_eq!(
            events(&[7, 7, 5, 0, 0, 0, 0, 0]),
            [DecodeEvent::Ipv4OptMalformed]
        );
    }

    #[test]
    fn repeated_and_unknown_options_are_noted() {
        assert_eq!(
            events(&[148, 4, 0, 0, 148, 4, 0, 0]),
            [DecodeEvent::Ipv4OptDuplicate]
        );
        assert_eq!(
            events(&[99, 4, 0, 0, 1, 1, 1, 1]),
            [DecodeEvent::Ipv4OptInvalid]
        );
    }

    #[test]
    fn cipso_tags_are_walked() {
        let good = [134, 10, 0, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, 0, 0, 0];
        assert!(events(&good).is_empty());
        let mut bad = good;
        bad[8] = 9;
        assert_eq!(events(&bad), [DecodeEvent::Ipv4OptMalformed]);
    }
}

//! What a packet has where a test looks, in words: for whoever asks why a rule did not fire.

use tapir_packet::Packet;
use tapir_rules::tree::{FlagTest, IpOption};

use super::{Field, HeaderTest, ValuesOf, flags, ip_options};
use crate::context::{PacketContext, PacketTraits};

impl HeaderTest {
    /// What the packet has where this looks.
    pub(crate) fn seen(&self, context: &PacketContext<'_>) -> String {
        let packet = context.packet;
        if context.traits.contains(PacketTraits::STREAM_END) {
            return "what was inspected is the end of a stream, and has no headers".to_owned();
        }
        match self {
            Self::Field(field, _) => of_field(*field, context),
            Self::Values(of, _) => of_values(*of, packet),
            Self::Protocol(_) => format!("the packet's is {}", packet.proto),
            Self::IpOption(_) => of_options(packet),
            Self::FragmentBits(_) => match packet.ipv4() {
                Some(ip) => format!(
                    "the packet has {}",
                    letters(flags::fragment_bits(&ip), &FlagTest::FRAGMENT)
                ),
                None => "the packet is not IPv4".to_owned(),
            },
            Self::FragmentOffset(_) => {
                let offset = packet.ipv4().map(|ip| ip.fragment_offset());
                let offset = offset.or(packet.fragment().map(|fragment| fragment.offset));
                value(offset.map(u64::from))
            }
            Self::TcpFlags(_) => match packet.tcp() {
                Some(tcp) => format!(
                    "the segment has {}",
                    letters(tcp.flags().bits(), &FlagTest::TCP)
                ),
                None => "the packet is no TCP segment".to_owned(),
            },
            Self::SameAddresses => format!("{} is not {}", packet.src, packet.dst),
            Self::IpVersion(_) => match packet.ip_version {
                0 => "the packet is not IP".to_owned(),
                version => format!("the packet is IPv{version}"),
            },
            Self::Checksum { of, valid } => match (of.is(!*valid, packet), valid) {
                (true, true) => "the checksum is wrong".to_owned(),
                (true, false) => "the checksum is right".to_owned(),
                (false, _) => "the packet has no such checksum".to_owned(),
            },
            Self::Country(test) => test.seen(packet),
            Self::Reputation(test) => test.seen(packet),
        }
    }
}

fn value(value: Option<u64>) -> String {
    match value {
        Some(value) => format!("the packet's is {value}"),
        None => "the packet has none".to_owned(),
    }
}

fn of_field(field: Field, context: &PacketContext<'_>) -> String {
    match (field, field.value(context)) {
        (Field::PayloadSize, Some(size)) => format!("the payload has {size} bytes"),
        (Field::PacketNumber, Some(number)) => format!("it is packet {number}"),
        (_, found) => value(found),
    }
}

fn of_values(of: ValuesOf, packet: &Packet<'_>) -> String {
    let values: Vec<String> = match of {
        ValuesOf::VlanId => packet.vlans.ids().iter().map(u16::to_string).collect(),
        ValuesOf::SctpChunkType => packet
            .sctp()
            .into_iter()
            .flat_map(|sctp| {
                sctp.chunks()
                    .map(|chunk| chunk.kind.to_string())
                    .collect::<Vec<_>>()
            })
            .collect(),
    };
    match &values[..] {
        [] => "the packet has none".to_owned(),
        [one] => format!("the packet's is {one}"),
        many => format!("the packet's are {}", many.join(", ")),
    }
}

fn of_options(packet: &Packet<'_>) -> String {
    let Some(ip) = packet.ipv4() else {
        return "the packet is not IPv4".to_owned();
    };
    let had: Vec<&str> = IpOption::NAMES
        .iter()
        .filter(|(option, _)| !matches!(option, IpOption::Any | IpOption::LooseSourceRouteE))
        .filter(|(option, _)| ip.options().intersects(ip_options(*option)))
        .map(|(_, name)| *name)
        .collect();
    match &had[..] {
        [] => "the packet has no options".to_owned(),
        had => format!("the packet has {}", had.join(", ")),
    }
}

/// Letters of bits, as rules write them.
fn letters(bits: u8, known: &[(u8, char)]) -> String {
    match FlagTest::letters(bits, known) {
        none if none.is_empty() => "none".to_owned(),
        set => set,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_as_rules_do() {
        assert_eq!(letters(0b1_0010, &FlagTest::TCP), "SA");
        assert_eq!(letters(0b1100_0010, &FlagTest::TCP), "SEC");
        assert_eq!(letters(0, &FlagTest::TCP), "none");
    }
}

//! What a packet has where a test looks, in words: for whoever asks why a rule did not fire.

use tapir_packet::{Ipv4, Ipv4Options, Packet};

use super::{Field, HeaderTest, ValuesOf};
use crate::context::{PacketContext, PacketTraits};

/// The letters of the TCP flags, from the lowest bit on.
const TCP_FLAGS: &[u8; 8] = b"FSRPAUEC";

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
                Some(ip) => format!("the packet has {}", fragment_bits(&ip)),
                None => "the packet is not IPv4".to_owned(),
            },
            Self::FragmentOffset(_) => {
                let offset = packet.ipv4().map(|ip| ip.fragment_offset());
                let offset = offset.or(packet.fragment().map(|fragment| fragment.offset));
                value(offset.map(u64::from))
            }
            Self::TcpFlags(_) => match packet.tcp() {
                Some(tcp) => format!("the segment has {}", tcp_flags(tcp.flags().bits())),
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
    let names = [
        (Ipv4Options::RECORD_ROUTE, "rr"),
        (Ipv4Options::END, "eol"),
        (Ipv4Options::NOP, "nop"),
        (Ipv4Options::TIMESTAMP, "ts"),
        (Ipv4Options::SECURITY, "sec"),
        (Ipv4Options::EXTENDED_SECURITY, "esec"),
        (Ipv4Options::LOOSE_ROUTE, "lsrr"),
        (Ipv4Options::STRICT_ROUTE, "ssrr"),
        (Ipv4Options::STREAM_ID, "satid"),
        (Ipv4Options::ROUTER_ALERT, "rtralt"),
    ];
    let had = ip.options();
    let had: Vec<&str> = names
        .iter()
        .filter(|(option, _)| had.intersects(*option))
        .map(|(_, name)| *name)
        .collect();
    match &had[..] {
        [] => "the packet has no options".to_owned(),
        had => format!("the packet has {}", had.join(", ")),
    }
}

/// Letters as `fragbits` writes them.
fn fragment_bits(ip: &Ipv4<'_>) -> String {
    let bits = [
        (ip.more_fragments(), 'M'),
        (ip.dont_fragment(), 'D'),
        (ip.reserved_flag(), 'R'),
    ];
    let set: String = bits
        .iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, letter)| *letter)
        .collect();
    if set.is_empty() {
        "none".to_owned()
    } else {
        set
    }
}

/// Letters as `flags` writes them.
fn tcp_flags(bits: u8) -> String {
    let set: String = TCP_FLAGS
        .iter()
        .enumerate()
        .filter(|(place, _)| bits >> place & 1 != 0)
        .map(|(_, letter)| char::from(*letter))
        .collect();
    if set.is_empty() {
        "none".to_owned()
    } else {
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_as_rules_do() {
        assert_eq!(tcp_flags(0b1_0010), "SA");
        assert_eq!(tcp_flags(0b1100_0010), "SEC");
        assert_eq!(tcp_flags(0), "none");
    }
}

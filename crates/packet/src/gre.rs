//! Generic Routing Encapsulation (RFC 1701, 2784, 2890) and its PPTP variant (RFC 2637).

use crate::DecodeEvent;
use crate::decoder::{Carried, Walk};
use crate::ethernet::ether_type;
use crate::layer::Layer;
use crate::packet::{Packet, Transport};
use crate::tunnel::PacketSource;

const MIN_HEADER_LEN: usize = 4;
/// Checksum and offset, key, sequence number and acknowledgment number take as much each.
const FIELD_LEN: usize = 4;

/// The flags of the first two bytes.
#[derive(Clone, Copy)]
struct Flags(u16);

impl Flags {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const STRICT_ROUTE: u16 = 0x0800;
    const RECURSION: u16 = 0x0700;
    const ACKNOWLEDGMENT: u16 = 0x0080;
    /// Reserved in both versions.
    const RESERVED: u16 = 0x0078;

    fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    fn version(self) -> u8 {
        (self.0 & 7) as u8
    }
}

/// Decodes a GRE header and what it carries.
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.gre += 1;
    let Some(&[flags0, flags1, type0, type1]) = layer.first::<MIN_HEADER_LEN>() else {
        return packet.invalidate(DecodeEvent::GrePktTooSmall);
    };
    if walk.enter_layer(packet).is_err() {
        return;
    }
    let flags = Flags(u16::from_be_bytes([flags0, flags1]));
    let protocol = u16::from_be_bytes([type0, type1]);
    let header_len = match flags.version() {
        0 => version0_header_len(flags, layer),
        1 => version1_header_len(flags, protocol, layer),
        _ => Err(DecodeEvent::GreWrongVersion),
    };
    match header_len {
        Ok(header_len) => {
            packet.set_transport(Transport::Gre, layer, header_len);
            // A PPTP acknowledgment alone carries nothing.
            let is_bare = flags.version() == 1 && layer.u16_at(4) == Some(0);
            if !is_bare {
                decode_inside(walk, packet, layer.skip(header_len), flags, protocol);
            }
        }
        Err(event) => packet.invalidate(event),
    }
}

fn decode_inside<'a>(
    walk: &mut Walk<'_, 'a>,
    packet: &mut Packet<'a>,
    inside: Layer<'a>,
    flags: Flags,
    protocol: u16,
) {
    let carried = match protocol {
        ether_type::IPV4 => Carried::Ipv4,
        ether_type::IPV6 => Carried::Ipv6,
        ether_type::PPP => Carried::Ppp,
        ether_type::VLAN => Carried::Vlan,
        ether_type::BRIDGE => Carried::Ethernet,
        ether_type::ARP => Carried::Arp,
        // Type I has neither a header of its own nor a sequence number in GRE's.
        ether_type::ERSPAN if flags.has(Flags::SEQUENCE) => Carried::ErspanII,
        ether_type::ERSPAN => Carried::ErspanI,
        ether_type::ERSPAN_III => Carried::ErspanIII,
        ether_type::NSH => Carried::Nsh,
        _ => return,
    };
    // What GRE carries may be broken without the header being wrong.
    let _ = walk.tunnel(packet, inside, carried, PacketSource::Gre);
}

fn version0_header_len(flags: Flags, layer: Layer<'_>) -> Result<usize, DecodeEvent> {
    if flags.has(Flags::RECURSION) {
        return Err(DecodeEvent::GreVersion0Recur);
    }
    if flags.has(Flags::RESERVED) {
        return Err(DecodeEvent::GreVersion0Flags);
    }
    let mut len = MIN_HEADER_LEN;
    for field in [
        Flags::KEY,
        Flags::SEQUENCE,
        Flags::CHECKSUM | Flags::ROUTING,
    ] {
        if flags.has(field) {
            len += FIELD_LEN;
        }
    }
    if len > layer.len() {
        return Err(DecodeEvent::GreVersion0HdrTooBig);
    }
    if flags.has(Flags::ROUTING) {
        skip_routing(layer, len)
    } else {
        Ok(len)
    }
}

/// Skips the source route entries; one without address family and length is the last.
fn skip_routing(layer: Layer<'_>, start: usize) -> Result<usize, DecodeEvent> {
    const ENTRY_HEADER_LEN: usize = 4;
    let mut rest = layer.skip(start);
    loop {
        let Some(&[family0, family1, _, len]) = rest.first::<ENTRY_HEADER_LEN>() else {
            return Err(DecodeEvent::GreVersion0MalformedSreHdr);
        };
        rest = rest.skip(ENTRY_HEADER_LEN);
        if [family0, family1, len] == [0; 3] {
            return Ok(layer.len() - rest.len());
        }
        if usize::from(len) > rest.len() {
            return Err(DecodeEvent::GreVersion0MalformedSreHdr);
        }
        rest = rest.skip(usize::from(len));
    }
}

fn version1_header_len(
    flags: Flags,
    protocol: u16,
    layer: Layer<'_>,
) -> Result<usize, DecodeEvent> {
    let forbidden = [
        (Flags::CHECKSUM, DecodeEvent::GreVersion1Chksum),
        (Flags::ROUTING, DecodeEvent::GreVersion1Route),
        (Flags::STRICT_ROUTE, DecodeEvent::GreVersion1Ssr),
        (Flags::RECURSION, DecodeEvent::GreVersion1Recur),
        (Flags::RESERVED, DecodeEvent::GreVersion1Flags),
    ];
    if let Some((_, event)) = forbidden.into_iter().find(|&(flag, _)| flags.has(flag)) {
        return Err(event);
    }
    if protocol != ether_type::PPP {
        return Err(DecodeEvent::GreVersion1WrongProtocol);
    }
    if !flags.has(Flags::KEY) {
        return Err(DecodeEvent::GreVersion1NoKey);
    }
    let mut len = MIN_HEADER_LEN + FIELD_LEN;
    for field in [Flags::SEQUENCE, Flags::ACKNOWLEDGMENT] {
        if flags.has(field) {
            len += FIELD_LEN;
        }
    }
    if len > layer.len() {
        Err(DecodeEvent::GreVersion1HdrTooBig)
    } else {
        Ok(len)
    }
}

//! A frame: the first byte says of which link type, the rest is its bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tapir_fuzz::LINKS;
use tapir_packet::{Decoder, Frame, Packet, Timestamp};

fuzz_target!(|input: &[u8]| {
    let Some((&link, data)) = input.split_first() else {
        return;
    };
    let frame = Frame {
        ts: Timestamp::new(1_700_000_000, 0),
        link: LINKS[usize::from(link) % LINKS.len()],
        data,
        wire_len: data.len() as u32,
    };
    let mut decoder = Decoder::default();
    let packets = decoder.decode(&frame);
    let again = Decoder::default().decode(&frame);
    assert_eq!(packets.len(), again.len());
    for (packet, again) in packets.iter().zip(&again) {
        assert_eq!(packet.events, again.events);
        look_at(packet, data);
    }
});

/// Asks a packet everything that can be asked.
fn look_at(packet: &Packet<'_>, frame: &[u8]) {
    for part in [
        packet.payload(),
        packet.ip_payload(),
        packet.ip_datagram(),
        packet.transport_bytes(),
    ] {
        assert!(part.is_empty() || lies_within(part, frame));
    }
    let _ = (packet.ethernet(), packet.arp());
    let _ = (packet.ip_checksum_ok(), packet.transport_checksum_ok());
    let _ = (packet.fragment(), packet.icmp_quote());
    let _ = (
        packet.igmp(),
        packet.icmpv4(),
        packet.icmpv6(),
        packet.udp(),
    );
    if let Some(tcp) = packet.tcp() {
        let _ = (tcp.flags(), tcp.options(), tcp.urgent_pointer());
    }
    if let Some(ip) = packet.ipv4() {
        assert!(ip.bytes().len() >= 20 && packet.ip_version == 4);
    }
    if packet.ipv6().is_some() {
        assert_eq!(packet.ip_version, 6);
    }
    if let Some(sctp) = packet.sctp() {
        assert!(sctp.chunks().count() <= frame.len());
    }
    assert!(packet.events.iter().all(|event| !event.name().is_empty()));
}

fn lies_within(part: &[u8], frame: &[u8]) -> bool {
    let (part, frame) = (part.as_ptr_range(), frame.as_ptr_range());
    frame.start <= part.start && part.end <= frame.end
}

//! Records of ARP messages.

use tapir_detect::Recorder;
use tapir_json::Json;
use tapir_output::{Body, Event};
use tapir_packet::{Arp, Packet};

use super::inspector::Inspector;
use crate::finding::Discovery;

const EVENT_TYPE: &str = "arp";

impl<R: Recorder> Inspector<R> {
    /// Notes an ARP message, if some output writes them.
    pub(super) fn arp(&mut self, packet: &Packet<'_>) {
        let Some(arp) = packet.arp() else {
            return;
        };
        if !self.needs.app.iter().any(|wanted| wanted == EVENT_TYPE) {
            return;
        }
        let mut json = Vec::new();
        describe(&arp, &mut Json::begin(&mut json));
        json.drain(..1);
        let event = Event {
            packet: self.number(),
            order: self.order(),
            ts: packet.ts,
            envelope: self
                .enveloper()
                .of_packet(packet, self.number(), None, None),
            body: Body::App {
                log: EVENT_TYPE,
                event_type: EVENT_TYPE,
                variant: None,
                json: json.into(),
            },
        };
        self.find(Discovery::Event(Box::new(event)));
    }
}

/// Only messages about Ethernet and IPv4 are decoded.
fn describe(arp: &Arp<'_>, json: &mut Json<'_>) {
    let operation = match arp.operation() {
        1 => "request",
        2 => "reply",
        3 => "request_reverse",
        4 => "reply_reverse",
        _ => "unknown",
    };
    json.open_object("arp");
    json.word("hw_type", "ethernet");
    json.word("proto_type", "ipv4");
    json.word("opcode", operation);
    json.colon_hex("src_mac", &arp.sender_mac());
    json.ip("src_ip", arp.sender_ip().into(), false);
    json.colon_hex("dest_mac", &arp.target_mac());
    json.ip("dest_ip", arp.target_ip().into(), false);
    json.close_object();
}

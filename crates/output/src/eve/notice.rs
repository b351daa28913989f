//! `drop` and `anomaly` records.

use crate::event::{
    Anomaly, AnomalyKind, DropRecord, Event, IpHeader, PacketHeaders, TransportHeader,
};
use tapir_json::Json;

use super::{Records, alert, envelope};

/// Bytes of a packet that an anomaly record shows.
const PACKET_HEADER: usize = 32;

impl Records {
    pub(super) fn drop_record(&mut self, json: &mut Json<'_>, event: &Event, record: &DropRecord) {
        let at = &event.envelope;
        let options = self.config.types.drop.unwrap_or_default();
        self.head(json, event, "drop");
        if let Some(direction) = at.direction.filter(|_| at.flow_id != 0) {
            json.word("direction", direction.name());
        }
        json.open_object("drop");
        headers(json, &record.headers);
        if !record.reason.is_empty() {
            json.word("reason", record.reason);
        }
        json.close_object();
        if options.verdict {
            alert::verdict(json, at.proto, record.verdict);
        }
        if let Some(alert) = record.alert.as_deref().filter(|_| options.alerts) {
            self.drop_alert(json, at, alert);
        }
    }

    pub(super) fn anomaly(&mut self, json: &mut Json<'_>, event: &Event, anomaly: &Anomaly) {
        self.head(json, event, "anomaly");
        if matches!(anomaly.kind, AnomalyKind::AppLayer { .. })
            && let Some(tx_id) = event.envelope.tx_id
        {
            json.uint("tx_id", tx_id);
        }
        json.open_object("anomaly");
        if let AnomalyKind::AppLayer { app_proto, .. } = anomaly.kind {
            json.word("app_proto", app_proto);
        }
        match anomaly.event {
            Some(name) => {
                json.word("type", anomaly.kind.name());
                json.word("event", name);
            }
            None => {
                json.word("type", "unknown");
                json.uint("code", anomaly.code);
            }
        }
        if let AnomalyKind::AppLayer { layer, .. } = anomaly.kind {
            json.word("layer", layer);
        }
        json.close_object();
        let wanted = self
            .config
            .types
            .anomaly
            .is_some_and(|options| options.packet_header);
        let of_packet = matches!(anomaly.kind, AnomalyKind::Decode | AnomalyKind::Stream);
        if let Some(packet) = anomaly.packet.as_ref().filter(|_| wanted && of_packet) {
            envelope::packet(json, packet, PACKET_HEADER);
        }
    }
}

fn headers(json: &mut Json<'_>, headers: &PacketHeaders) {
    match &headers.ip {
        Some(IpHeader::V4(ip)) => {
            json.uint("len", ip.len);
            json.uint("tos", ip.tos);
            json.uint("ttl", ip.ttl);
            json.uint("ipid", ip.id);
        }
        Some(IpHeader::V6(ip)) => {
            json.uint("len", ip.payload_len);
            json.uint("tc", ip.traffic_class);
            json.uint("hoplimit", ip.hop_limit);
            json.uint("flowlbl", ip.flow_label);
        }
        None => {}
    }
    match &headers.transport {
        Some(TransportHeader::Tcp(tcp)) => {
            json.uint("tcpseq", tcp.seq);
            json.uint("tcpack", tcp.ack);
            json.uint("tcpwin", tcp.window);
            let flags = [
                ("syn", 0x02),
                ("ack", 0x10),
                ("psh", 0x08),
                ("rst", 0x04),
                ("urg", 0x20),
                ("fin", 0x01),
            ];
            for (key, bit) in flags {
                json.bool(key, tcp.flags & bit != 0);
            }
            json.uint("tcpres", tcp.reserved);
            json.uint("tcpurgp", tcp.urgent);
        }
        Some(TransportHeader::Udp { len, .. }) => json.uint("udplen", *len),
        Some(TransportHeader::Icmp {
            echo: Some((id, seq)),
            ..
        }) => {
            json.uint("icmp_id", *id);
            json.uint("icmp_seq", *seq);
        }
        Some(TransportHeader::Icmp { echo: None, .. }) | None => {}
    }
}

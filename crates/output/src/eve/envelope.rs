//! What EVE records begin with, and the parts that several kinds of record share.

use std::sync::Arc;

use crate::event::{AppProtos, Envelope, Ether, Event, PacketBytes, Transport, Variables};
use crate::protocol_name::{has_ports, protocol_name};
use tapir_json::{Json, push_uint};
use tapir_packet::{PacketSource, sctp_chunk};

use super::{FlowPart, RECORD_FORMAT, Records};

/// Flowbits under these prefixes classify traffic and are filed apart.
const TRAFFIC_ID: &str = "traffic/id/";
const TRAFFIC_LABEL: &str = "traffic/label/";

impl Records {
    /// The beginning of a record about a packet.
    pub(super) fn head(&mut self, json: &mut Json<'_>, event: &Event, event_type: &'static str) {
        let compress = self.config.ipv6_compress;
        let at = &event.envelope;
        self.origin(json, event, event_type);
        if at.ip_version != 0 {
            addresses(json, at, false, compress);
            proto(json, at.proto);
            json.uint("ip_v", at.ip_version);
        }
        if let Some(icmp) = at.icmp {
            json.uint("icmp_type", icmp.kind);
            json.uint("icmp_code", icmp.code);
        }
        if let Some(spi) = at.spi {
            json.uint("spi", spi);
        }
        if let Some(found) = at.transport.as_deref() {
            transport(json, found);
        }
        json.word("pkt_src", at.pkt_src.name());
        self.options(json, at, FlowPart::Whole);
    }

    /// Time, flow, place in the capture, type and VLANs.
    pub(super) fn origin(&mut self, json: &mut Json<'_>, event: &Event, event_type: &'static str) {
        let at = &event.envelope;
        self.time(json, "timestamp", event.ts);
        if at.flow_id != 0 {
            json.uint("flow_id", at.flow_id);
            if at.parent_id != 0 {
                json.uint("parent_id", at.parent_id);
            }
        }
        if let Some(id) = self.config.sensor_id {
            json.uint("sensor_id", id);
        }
        if let Some(name) = &at.in_iface {
            json.text("in_iface", name);
        }
        // What the end of a flow brings to light, no packet did.
        if event.packet != 0 && at.pkt_src != PacketSource::FlowTimeout {
            json.uint("pcap_cnt", event.packet);
        }
        json.word("event_type", event_type);
        if at.vlan_count > 0 {
            json.open_array("vlan");
            for &vlan in at.vlans.iter().take(usize::from(at.vlan_count)) {
                json.uint_element(vlan);
            }
            json.close_array();
        }
    }

    /// What the output's own switches add.
    pub(super) fn options(&self, json: &mut Json<'_>, at: &Envelope, part: FlowPart) {
        if self.config.suricata_version {
            json.word("suricata_version", RECORD_FORMAT);
        }
        if self.config.metadata
            && let Some(variables) = at.variables.as_deref()
        {
            metadata(json, variables);
        }
        if self.config.ethernet
            && let Some(ether) = at.ether.as_deref()
        {
            ethernet(json, ether, part);
        }
        if self.config.community_id.is_some()
            && let Some(id) = at.community_id.as_deref()
        {
            json.text("community_id", id);
        }
        if at.tenant_id > 0 && at.flow_id != 0 {
            json.uint("tenant_id", at.tenant_id);
        }
    }
}

/// Addresses, and ports where the protocol has them; `swap` turns the record round.
pub(super) fn addresses(json: &mut Json<'_>, at: &Envelope, swap: bool, compress: bool) {
    let (mut from, mut to) = ((at.src_ip, at.src_port), (at.dest_ip, at.dest_port));
    if swap {
        std::mem::swap(&mut from, &mut to);
    }
    let ports = has_ports(at.proto);
    json.ip("src_ip", from.0, compress);
    if ports {
        json.uint("src_port", from.1);
    }
    json.ip("dest_ip", to.0, compress);
    if ports {
        json.uint("dest_port", to.1);
    }
}

/// The IP protocol by name, or by number as text.
pub(super) fn proto(json: &mut Json<'_>, proto: u8) {
    match protocol_name(proto) {
        Some(name) => json.word("proto", name),
        None => json.quoted("proto", |out| push_uint(out, proto)),
    }
}

/// The application protocol; sides that agree with it are left out.
pub(super) fn app_protos(json: &mut Json<'_>, protos: &AppProtos) {
    if let Some(name) = protos.both {
        json.word("app_proto", name);
    }
    let others = [
        ("app_proto_ts", protos.toserver),
        ("app_proto_tc", protos.toclient),
        ("app_proto_orig", protos.original),
        ("app_proto_expected", protos.expected),
    ];
    for (key, other) in others {
        if let Some(name) = other.filter(|_| other != protos.both) {
            json.word(key, name);
        }
    }
}

/// `packet` and `packet_info`, of at most `limit` bytes.
pub(super) fn packet(json: &mut Json<'_>, packet: &PacketBytes, limit: usize) {
    let shown = packet
        .data
        .get(..limit.min(packet.data.len()))
        .unwrap_or_default();
    json.base64("packet", shown);
    json.open_object("packet_info");
    json.uint("linktype", packet.link.0);
    json.word("linktype_name", packet.link.name().unwrap_or("n/a"));
    json.close_object();
}

fn metadata(json: &mut Json<'_>, variables: &Variables) {
    if variables.is_empty() {
        return;
    }
    let with = |prefix: &'static str| {
        variables
            .flowbits
            .iter()
            .filter_map(move |bit| bit.strip_prefix(prefix))
    };
    let array = |json: &mut Json<'_>, key: &str, names: &mut dyn Iterator<Item = &str>| {
        let mut names = names.peekable();
        if names.peek().is_some() {
            json.open_array(key);
            names.for_each(|name| json.text_element(name));
            json.close_array();
        }
    };
    if with(TRAFFIC_ID).chain(with(TRAFFIC_LABEL)).next().is_some() {
        json.open_object("traffic");
        array(json, "id", &mut with(TRAFFIC_ID));
        array(json, "label", &mut with(TRAFFIC_LABEL));
        json.close_object();
    }
    let plain = |bit: &&str| !bit.starts_with(TRAFFIC_ID) && !bit.starts_with(TRAFFIC_LABEL);
    json.open_object("metadata");
    array(
        json,
        "flowbits",
        &mut variables.flowbits.iter().map(|bit| &**bit).filter(plain),
    );
    if !variables.flowints.is_empty() {
        json.open_object("flowints");
        for (name, value) in &variables.flowints {
            json.free_key(name);
            json.uint_value(*value);
        }
        json.close_object();
    }
    captures(json, "flowvars", &variables.flowvars);
    captures(json, "pktvars", &variables.pktvars);
    if !variables.entropy.is_empty() {
        json.open_object("entropy");
        for (name, value) in &variables.entropy {
            json.free_key(name);
            json.float_value(*value);
        }
        json.close_object();
    }
    json.close_object();
}

/// Captured bytes by variable name.
fn captures(json: &mut Json<'_>, key: &str, captures: &[(Arc<str>, Box<[u8]>)]) {
    if captures.is_empty() {
        return;
    }
    json.open_array(key);
    for (name, value) in captures {
        json.open();
        json.free_key(name);
        json.printable_value(value);
        json.close_object();
    }
    json.close_array();
}

fn transport(json: &mut Json<'_>, found: &Transport) {
    match found {
        Transport::Igmp { kind, version } => {
            json.open_object("igmp");
            json.uint("type", *kind);
            if let Some(version) = version {
                json.uint("version", *version);
            }
        }
        Transport::Rgmp { kind } => {
            json.open_object("rgmp");
            json.uint("type", *kind);
        }
        Transport::Sctp { tag, chunks } => {
            json.open_object("sctp");
            json.uint("vtag", *tag);
            json.open_array("chunk_types");
            for &kind in chunks {
                json.text_element(sctp_chunk_name(kind));
            }
            json.close_array();
            json.uint("chunk_cnt", chunks.len() as u64);
            let has = |kind| chunks.contains(&kind);
            json.bool("has_init", has(sctp_chunk::INIT));
            json.bool("has_init_ack", has(sctp_chunk::INIT_ACK));
            json.bool("has_data", has(sctp_chunk::DATA));
            json.bool("has_abort", has(sctp_chunk::ABORT));
        }
    }
    json.close_object();
}

fn sctp_chunk_name(kind: u8) -> &'static str {
    match kind {
        sctp_chunk::DATA => "data",
        sctp_chunk::INIT => "init",
        sctp_chunk::INIT_ACK => "init_ack",
        sctp_chunk::SACK => "sack",
        sctp_chunk::HEARTBEAT => "heartbeat",
        sctp_chunk::HEARTBEAT_ACK => "heartbeat_ack",
        sctp_chunk::ABORT => "abort",
        sctp_chunk::SHUTDOWN => "shutdown",
        sctp_chunk::SHUTDOWN_ACK => "shutdown_ack",
        sctp_chunk::ERROR => "error",
        sctp_chunk::COOKIE_ECHO => "cookie_echo",
        sctp_chunk::COOKIE_ACK => "cookie_ack",
        sctp_chunk::SHUTDOWN_COMPLETE => "shutdown_complete",
        _ => "unknown",
    }
}

fn ethernet(json: &mut Json<'_>, ether: &Ether, part: FlowPart) {
    json.open_object("ether");
    match ether {
        Ether::Packet {
            src,
            dst,
            ether_type,
        } => {
            if let Some(ether_type) = ether_type {
                json.uint("ether_type", *ether_type);
            }
            json.colon_hex("src_mac", src);
            json.colon_hex("dest_mac", dst);
        }
        Ether::Flow { src, dst } => {
            let (from, to) = if part == FlowPart::ToClient {
                (dst, src)
            } else {
                (src, dst)
            };
            for (key, macs) in [("dest_macs", to), ("src_macs", from)] {
                if macs.is_empty() {
                    continue;
                }
                json.open_array(key);
                macs.iter().for_each(|mac| json.colon_hex_element(mac));
                json.close_array();
            }
        }
    }
    json.close_object();
}

//! `flow` and `netflow` records.

use crate::event::{
    Bypass, Event, FlowAction, FlowCounters, FlowRecord, FlowState, Icmp, TcpRecord,
};
use crate::protocol_name::is_icmp;
use tapir_json::Json;

use super::{FlowPart, Records, envelope};

/// TCP flag bits and the keys under which set ones are written.
const FLAGS: [(u8, &str); 8] = [
    (0x02, "syn"),
    (0x01, "fin"),
    (0x04, "rst"),
    (0x08, "psh"),
    (0x10, "ack"),
    (0x20, "urg"),
    (0x40, "ecn"),
    (0x80, "cwr"),
];

impl Records {
    pub(super) fn flow(&mut self, json: &mut Json<'_>, event: &Event, record: &FlowRecord) {
        let at = &event.envelope;
        self.flow_head(json, event, record, FlowPart::Whole);
        envelope::app_protos(json, &at.app_protos);
        json.open_object("flow");
        self.flow_counters(json, &record.counters);
        self.time(json, "end", record.last);
        json.uint("age", age(record));
        if record.emergency {
            json.bool("emergency", true);
        }
        state(json, record.state);
        json.word("reason", record.end.name());
        json.bool("alerted", record.alerted);
        elephant(json, &record.counters);
        if let Some(action) = record.action {
            json.word(
                "action",
                match action {
                    FlowAction::Drop => "drop",
                    FlowAction::Accept => "accept",
                    FlowAction::Pass => "pass",
                },
            );
        }
        if !record.exceptions.is_empty() {
            json.open_array("exception_policy");
            for exception in &record.exceptions {
                json.open();
                json.word("target", exception.target);
                json.word("policy", exception.policy);
                json.close_object();
            }
            json.close_array();
        }
        if record.tx_count > 0 {
            json.uint("tx_cnt", record.tx_count);
        }
        json.close_object();
        self.options(json, at, FlowPart::Whole);
        if let Some(tcp) = record.tcp.as_ref() {
            tcp_record(json, tcp);
        }
    }

    pub(super) fn netflow(
        &mut self,
        json: &mut Json<'_>,
        event: &Event,
        record: &FlowRecord,
        part: FlowPart,
    ) {
        let (at, counters) = (&event.envelope, &record.counters);
        self.flow_head(json, event, record, part);
        let to_server = part == FlowPart::ToServer;
        let (side, pkts, bytes, ttl) = if to_server {
            (
                at.app_protos.toserver,
                counters.pkts_toserver,
                counters.bytes_toserver,
                record.ttl_toserver,
            )
        } else {
            (
                at.app_protos.toclient,
                counters.pkts_toclient,
                counters.bytes_toclient,
                record.ttl_toclient,
            )
        };
        if let Some(name) = side.or(at.app_protos.both) {
            json.word("app_proto", name);
        }
        json.open_object("netflow");
        json.uint("pkts", pkts);
        json.uint("bytes", bytes);
        self.time(json, "start", counters.start);
        self.time(json, "end", record.last);
        json.uint("age", age(record));
        json.uint("min_ttl", ttl.min);
        json.uint("max_ttl", ttl.max);
        if record.tx_count > 0 {
            json.uint("tx_cnt", record.tx_count);
        }
        json.close_object();
        if let Some(tcp) = record.tcp.as_ref() {
            let flags = if to_server {
                tcp.flags_toserver
            } else {
                tcp.flags_toclient
            };
            json.open_object("tcp");
            json.hex_byte("tcp_flags", flags);
            tcp_flags(json, flags);
            json.close_object();
        }
        self.options(json, at, part);
    }

    fn flow_head(
        &mut self,
        json: &mut Json<'_>,
        event: &Event,
        record: &FlowRecord,
        part: FlowPart,
    ) {
        let at = &event.envelope;
        let back = part == FlowPart::ToClient;
        self.origin(
            json,
            event,
            if part == FlowPart::Whole {
                "flow"
            } else {
                "netflow"
            },
        );
        envelope::addresses(json, at, back, self.config.ipv6_compress);
        if at.ip_version != 0 {
            json.uint("ip_v", at.ip_version);
        }
        envelope::proto(json, at.proto);
        if is_icmp(at.proto) {
            let none = Icmp { kind: 0, code: 0 };
            let (there, answer) = (at.icmp.unwrap_or(none), at.response_icmp.unwrap_or(none));
            let first = if back { answer } else { there };
            json.uint("icmp_type", first.kind);
            json.uint("icmp_code", first.code);
            if part == FlowPart::Whole && record.counters.pkts_toclient > 0 {
                json.uint("response_icmp_type", answer.kind);
                json.uint("response_icmp_code", answer.code);
            }
        }
        if let Some(spi) = at.spi {
            json.uint("spi", spi);
        }
    }

    /// The counters of a flow, inside a `flow` object.
    pub(super) fn flow_counters(&mut self, json: &mut Json<'_>, counters: &FlowCounters) {
        json.uint("pkts_toserver", counters.pkts_toserver);
        json.uint("pkts_toclient", counters.pkts_toclient);
        json.uint("bytes_toserver", counters.bytes_toserver);
        json.uint("bytes_toclient", counters.bytes_toclient);
        self.time(json, "start", counters.start);
    }
}

fn elephant(json: &mut Json<'_>, counters: &FlowCounters) {
    if !(counters.elephant_toserver || counters.elephant_toclient) {
        return;
    }
    json.bool("elephant", true);
    json.open_array("elephant_direction");
    if counters.elephant_toserver {
        json.text_element("toserver");
    }
    if counters.elephant_toclient {
        json.text_element("toclient");
    }
    json.close_array();
}

fn age(record: &FlowRecord) -> u64 {
    record
        .last
        .secs()
        .saturating_sub(record.counters.start.secs())
}

fn state(json: &mut Json<'_>, state: FlowState) {
    json.word(
        "state",
        match state {
            FlowState::New => "new",
            FlowState::Established => "established",
            FlowState::Closed => "closed",
            FlowState::Bypassed(_) => "bypassed",
        },
    );
    match state {
        FlowState::Bypassed(Bypass::Local) => json.word("bypass", "local"),
        FlowState::Bypassed(Bypass::Capture) => json.word("bypass", "capture"),
        FlowState::New | FlowState::Established | FlowState::Closed => {}
    }
}

fn tcp_flags(json: &mut Json<'_>, flags: u8) {
    for (bit, key) in FLAGS {
        if flags & bit != 0 {
            json.bool(key, true);
        }
    }
}

fn tcp_record(json: &mut Json<'_>, tcp: &TcpRecord) {
    json.open_object("tcp");
    json.hex_byte("tcp_flags", tcp.flags);
    json.hex_byte("tcp_flags_ts", tcp.flags_toserver);
    json.hex_byte("tcp_flags_tc", tcp.flags_toclient);
    tcp_flags(json, tcp.flags);
    if let Some(state) = tcp.state {
        json.word("state", state);
        if tcp.gap_toclient {
            json.bool("tc_gap", true);
        }
        if tcp.gap_toserver {
            json.bool("ts_gap", true);
        }
        json.uint("ts_max_regions", tcp.max_regions_toserver);
        json.uint("tc_max_regions", tcp.max_regions_toclient);
        if tcp.urgent_toserver > 0 {
            json.uint("ts_urgent_oob_data", tcp.urgent_toserver);
        }
        if tcp.urgent_toclient > 0 {
            json.uint("tc_urgent_oob_data", tcp.urgent_toclient);
        }
    }
    json.close_object();
}

//! Records of TCP segments: what each was, and what its session has come to.

use tapir_detect::Recorder;
use tapir_flow::tcp::{Session, Stream};
use tapir_json::Json;
use tapir_output::{Body, Event};
use tapir_packet::{Direction, Packet, TcpFlags};
use tapir_protocols::RecordOptions;

use super::FlowOf;
use super::circumstances::Circumstances;
use super::inspector::Inspector;
use crate::finding::Discovery;

const EVENT_TYPE: &str = "stream_tcp";

impl<R: Recorder> Inspector<R> {
    /// Notes a segment after its inspection, if some output writes records of such. `drop`: why it was dropped by the
    /// stream engine.
    pub(super) fn stream_record(
        &mut self,
        packet: &Packet<'_>,
        flow: &FlowOf,
        seen: &Circumstances,
        drop: Option<&'static str>,
    ) {
        if !self.needs.app.iter().any(|wanted| wanted == EVENT_TYPE) || seen.is_stream_end() {
            return;
        }
        let options = self.needs.options(EVENT_TYPE);
        if !options.is_some_and(|options| is_wanted(seen, options)) {
            return;
        }
        let mut bytes = Vec::new();
        let mut json = Json::begin(&mut bytes);
        match seen.direction {
            Some(Direction::ToServer) => json.word("direction", "to_server"),
            Some(Direction::ToClient) => json.word("direction", "to_client"),
            None => {}
        }
        json.open_object(EVENT_TYPE);
        describe_packet(packet, seen, &mut json);
        json.open_object("session");
        if let Some(session) = flow.tcp.as_deref() {
            describe_session(session, seen, &mut json);
        }
        json.close_object();
        if !seen.events.is_empty() {
            json.open_array("events");
            for event in seen.events.iter() {
                json.text_element(event.full_name());
            }
            json.close_array();
        }
        if let Some(reason) = drop {
            json.word("reason", reason);
        }
        json.close_object();
        bytes.drain(..1);
        let envelope =
            self.enveloper()
                .of_packet(packet, self.number(), seen.direction, Some(flow));
        let event = Event {
            packet: self.number(),
            order: self.order(),
            ts: packet.ts,
            envelope,
            body: Body::App {
                log: EVENT_TYPE,
                event_type: EVENT_TYPE,
                variant: None,
                json: bytes.into(),
            },
        };
        self.find(Discovery::Event(Box::new(event)));
    }
}

/// Whether the output's settings ask for a segment like this: all of them, or those with something remarkable.
fn is_wanted(seen: &Circumstances, options: &RecordOptions) -> bool {
    let has = |flag: &str| seen.segment.names().any(|name| name == flag);
    options.is_on("all", false)
        || options.is_on("event-set", false) && !seen.events.is_empty()
        || options.is_on("state-update", false) && has("state_update")
        || options.is_on("spurious-retransmission", false) && has("spurious_retransmission")
}

fn describe_packet(packet: &Packet<'_>, seen: &Circumstances, json: &mut Json<'_>) {
    json.open_object("packet");
    if let Some(ip) = packet.ipv4() {
        json.uint("len", ip.total_len());
        json.uint("tos", ip.tos());
        json.uint("ttl", ip.ttl());
        json.uint("ipid", ip.id());
    } else if let Some(ip) = packet.ipv6() {
        json.uint("len", ip.payload_len());
        json.uint("tc", ip.traffic_class());
        json.uint("hoplimit", ip.hop_limit());
        json.uint("flowlbl", ip.flow_label());
    }
    if let Some(tcp) = packet.tcp() {
        json.uint("tcpseq", tcp.seq());
        json.uint("tcpack", tcp.ack());
        json.uint("tcpwin", tcp.window());
        for (name, flag) in [
            ("syn", TcpFlags::SYN),
            ("ack", TcpFlags::ACK),
            ("psh", TcpFlags::PSH),
            ("rst", TcpFlags::RST),
            ("urg", TcpFlags::URG),
            ("fin", TcpFlags::FIN),
        ] {
            json.bool(name, tcp.flags().contains(flag));
        }
        json.uint("tcpres", tcp.reserved());
        json.uint("tcpurgp", tcp.urgent_pointer());
        json.open_array("flags");
        seen.segment
            .names()
            .for_each(|name| json.text_element(name));
        if !seen.events.is_empty() {
            json.text_element("event_set");
        }
        json.close_array();
    }
    json.close_object();
}

fn describe_session(session: &Session, seen: &Circumstances, json: &mut Json<'_>) {
    json.word("state", session.state().name());
    if seen.segment.names().any(|name| name == "state_update") {
        json.word("pstate", session.previous_state().name());
    }
    json.open_object("flags");
    json.open_array("flags");
    session
        .flag_names()
        .for_each(|name| json.text_element(name));
    json.close_array();
    json.close_object();
    for (name, direction) in [
        ("client", Direction::ToServer),
        ("server", Direction::ToClient),
    ] {
        json.open_object(name);
        describe_stream(session.stream(direction), json);
        json.close_object();
    }
}

fn describe_stream(stream: &Stream, json: &mut Json<'_>) {
    json.uint("isn", stream.isn());
    json.uint("next_seq", stream.next_seq());
    json.uint("last_ack", stream.last_ack());
    json.uint("next_win", stream.next_window());
    if !stream.is_abandoned() {
        json.uint("base_seq", stream.base_seq());
        json.uint("segs_right_edge", stream.right_edge());
    }
    json.uint("window", stream.window());
    json.uint("wscale", stream.window_scale());
    json.open_array("flags");
    stream.flag_names().for_each(|name| json.text_element(name));
    json.close_array();
    json.uint("seg_cnt", stream.segments() as u64);
    json.uint("sb_region_size", stream.buffered() as u64);
}

//! `alert` records.

use std::net::IpAddr;
use std::sync::Arc;

use tapir_packet::Direction;

use crate::config::{AlertOptions, Xff};
use crate::event::{
    Alert, AlertAction, AlertEngine, Envelope, Event, RejectTarget, RuleMeta, Target, TunnelInfo,
    Verdict,
};
use crate::protocol_name::{has_ports, is_icmp};
use tapir_json::{Json, push_ip};

use super::{Records, envelope};

/// Addresses as the record shows them: one side may have given way to the client behind a proxy.
struct Sides<'a> {
    src: Side<'a>,
    dst: Side<'a>,
}

#[derive(Clone, Copy)]
enum Side<'a> {
    Seen(IpAddr, u16),
    Reported(&'a str, u16),
}

impl Side<'_> {
    fn ip(self, json: &mut Json<'_>, key: &str, compress: bool) {
        match self {
            Self::Seen(ip, _) => json.quoted(key, |out| push_ip(out, ip, compress)),
            Self::Reported(ip, _) => json.text(key, ip),
        }
    }

    fn port(self) -> u16 {
        let (Self::Seen(_, port) | Self::Reported(_, port)) = self;
        port
    }
}

impl<'a> Sides<'a> {
    fn of(at: &Envelope, overwrite: Option<&'a str>) -> Self {
        let mut sides = Self {
            src: Side::Seen(at.src_ip, at.src_port),
            dst: Side::Seen(at.dest_ip, at.dest_port),
        };
        if let Some(client) = overwrite {
            match at.direction {
                Some(Direction::ToClient) => sides.dst = Side::Reported(client, at.dest_port),
                _ => sides.src = Side::Reported(client, at.src_port),
            }
        }
        sides
    }
}

impl Records {
    pub(super) fn alert(&mut self, json: &mut Json<'_>, event: &Event, alert: &Alert) {
        let at = &event.envelope;
        let config = Arc::clone(&self.config);
        let Some(options) = &config.types.alert else {
            return;
        };
        let xff_config = options.xff.as_ref().or(config.xff.as_ref());
        let xff = alert.xff.as_deref().filter(|_| xff_config.is_some());
        let overwrite = xff.filter(|_| xff_config.is_some_and(|xff: &Xff| xff.overwrite));
        let sides = Sides::of(at, overwrite);
        self.alert_head(json, event, &sides);
        let shown = rule_options(options);
        self.rule(
            json,
            at,
            alert,
            &sides,
            shown,
            xff.filter(|_| overwrite.is_none()),
        );
        if let Some(tunnel) = at.tunnel.as_deref() {
            tunnel_info(json, tunnel, self.config.ipv6_compress);
        }
        if at.ip_version != 0 {
            if at.flow_id != 0 {
                self.alert_flow(json, at, alert, options, &sides);
            }
            payload(json, at, alert, options);
        }
        if options.packet
            && let Some(packet) = &alert.packet
        {
            envelope::packet(json, packet, usize::MAX);
        }
        if let Some(name) = &alert.capture_file {
            json.text("capture_file", name);
        }
        if options.verdict {
            verdict(json, at.proto, alert.verdict);
        }
    }

    fn alert_head(&mut self, json: &mut Json<'_>, event: &Event, sides: &Sides<'_>) {
        if let (Side::Seen(..), Side::Seen(..)) = (sides.src, sides.dst) {
            return self.head(json, event, "alert");
        }
        let (at, compress) = (&event.envelope, self.config.ipv6_compress);
        self.origin(json, event, "alert");
        let ports = has_ports(at.proto);
        for (ip, port, side) in [
            ("src_ip", "src_port", sides.src),
            ("dest_ip", "dest_port", sides.dst),
        ] {
            side.ip(json, ip, compress);
            if ports {
                json.uint(port, side.port());
            }
        }
        envelope::proto(json, at.proto);
        json.uint("ip_v", at.ip_version);
        json.word("pkt_src", at.pkt_src.name());
        self.options(json, at, super::FlowPart::Whole);
    }

    /// `tx_id` and the `alert` object, as alert and drop records have it.
    fn rule(
        &self,
        json: &mut Json<'_>,
        at: &Envelope,
        alert: &Alert,
        sides: &Sides<'_>,
        shown: RuleParts,
        xff: Option<&str>,
    ) {
        if let Some(tx_id) = at.tx_id {
            json.uint("tx_id", tx_id);
        }
        if alert.tx_guessed {
            json.bool("tx_guessed", true);
        }
        let rule = &*alert.rule;
        json.open_object("alert");
        json.word(
            "action",
            match alert.action {
                AlertAction::Allowed => "allowed",
                AlertAction::Blocked => "blocked",
            },
        );
        json.uint("gid", rule.gid);
        json.uint("signature_id", rule.sid);
        json.uint("rev", rule.rev);
        json.text("signature", &rule.msg);
        json.text("category", &rule.classification);
        json.uint("severity", rule.priority);
        if at.tenant_id > 0 {
            json.uint("tenant_id", at.tenant_id);
        }
        if let Some(target) = rule.target.filter(|_| at.ip_version != 0) {
            self.target(json, at, sides, target);
        }
        rule_parts(json, rule, shown);
        match &alert.engine {
            Some(AlertEngine::Firewall { .. }) => json.word("engine", "fw"),
            Some(AlertEngine::ThreatDetection) => json.word("engine", "td"),
            None => {}
        }
        if let Some(context) = &alert.context {
            json.open_object("context");
            json.members(context.as_bytes());
            json.close_object();
        }
        if shown.text {
            json.text("rule", &rule.text);
        }
        if let Some(xff) = xff {
            json.text("xff", xff);
        }
        json.close_object();
        if let Some(AlertEngine::Firewall { hook, policy }) = &alert.engine {
            json.open_object("firewall");
            json.text("hook", hook);
            json.word("policy", policy);
            json.close_object();
        }
    }

    /// Attacker and victim of a rule that knows who is which.
    fn target(&self, json: &mut Json<'_>, at: &Envelope, sides: &Sides<'_>, target: Target) {
        let (source, victim) = match target {
            Target::Destination => (sides.src, sides.dst),
            Target::Source => (sides.dst, sides.src),
        };
        for (key, side) in [("source", source), ("target", victim)] {
            json.open_object(key);
            side.ip(json, "ip", self.config.ipv6_compress);
            if has_ports(at.proto) {
                json.uint("port", side.port());
            }
            json.close_object();
        }
    }

    fn alert_flow(
        &mut self,
        json: &mut Json<'_>,
        at: &Envelope,
        alert: &Alert,
        options: &AlertOptions,
        sides: &Sides<'_>,
    ) {
        if options.app_layer {
            json.members(alert.transaction.as_deref().unwrap_or_default());
        }
        envelope::app_protos(json, &at.app_protos);
        json.word(
            "direction",
            at.direction.unwrap_or(Direction::ToServer).name(),
        );
        let Some(counters) = alert.flow.as_ref().filter(|_| options.flow) else {
            return;
        };
        json.open_object("flow");
        self.flow_counters(json, counters);
        let (client, server) = match at.direction {
            Some(Direction::ToClient) => (sides.dst, sides.src),
            _ => (sides.src, sides.dst),
        };
        client.ip(json, "src_ip", self.config.ipv6_compress);
        server.ip(json, "dest_ip", self.config.ipv6_compress);
        if at.src_port > 0 && has_ports(at.proto) {
            json.uint("src_port", client.port());
            json.uint("dest_port", server.port());
        }
        json.close_object();
    }

    /// The alert behind a drop.
    pub(super) fn drop_alert(&self, json: &mut Json<'_>, at: &Envelope, alert: &Alert) {
        self.rule(
            json,
            at,
            alert,
            &Sides::of(at, None),
            RuleParts::default(),
            None,
        );
    }
}

/// Which optional parts of a rule a record shows.
#[derive(Debug, Clone, Copy, Default)]
struct RuleParts {
    references: bool,
    metadata: bool,
    text: bool,
}

fn rule_options(options: &AlertOptions) -> RuleParts {
    RuleParts {
        references: options.references,
        metadata: options.rule_metadata,
        text: options.rule_text,
    }
}

fn rule_parts(json: &mut Json<'_>, rule: &RuleMeta, shown: RuleParts) {
    if shown.references && !rule.references.is_empty() {
        json.open_array("references");
        rule.references
            .iter()
            .for_each(|url| json.text_element(url));
        json.close_array();
    }
    if shown.metadata && !rule.metadata.is_empty() {
        json.open_object("metadata");
        for (key, values) in &rule.metadata {
            json.free_key(key);
            json.open_array_value();
            values.iter().for_each(|value| json.text_element(value));
            json.close_array();
        }
        json.close_object();
    }
}

fn tunnel_info(json: &mut Json<'_>, tunnel: &TunnelInfo, compress: bool) {
    json.open_object("tunnel");
    json.ip("src_ip", tunnel.src_ip, compress);
    json.uint("src_port", tunnel.src_port);
    json.ip("dest_ip", tunnel.dest_ip, compress);
    json.uint("dest_port", tunnel.dest_port);
    envelope::proto(json, tunnel.proto);
    json.uint("depth", tunnel.depth);
    if tunnel.packet != 0 {
        json.uint("pcap_cnt", tunnel.packet);
    }
    json.word("pkt_src", tunnel.pkt_src.name());
    json.close_object();
}

fn payload(json: &mut Json<'_>, at: &Envelope, alert: &Alert, options: &AlertOptions) {
    if !(options.payload || options.payload_printable || options.payload_length) {
        return;
    }
    let Some(payload) = &alert.payload else {
        return;
    };
    let limit = if payload.stream {
        options.payload_buffer_size
    } else {
        usize::MAX
    };
    let shown = payload
        .data
        .get(..limit.min(payload.data.len()))
        .unwrap_or_default();
    if options.payload {
        json.base64("payload", shown);
    }
    if options.payload_length {
        json.uint(
            "payload_length",
            if payload.stream {
                shown.len() as u64
            } else {
                payload.length
            },
        );
    }
    if options.payload_printable {
        json.printable("payload_printable", shown);
    }
    json.uint("stream", u8::from(payload.stream && at.proto == 6));
}

/// `verdict`: what became of the packet.
pub(super) fn verdict(json: &mut Json<'_>, proto: u8, verdict: Verdict) {
    json.open_object("verdict");
    match verdict {
        Verdict::Alert => json.word("action", "alert"),
        Verdict::Pass => json.word("action", "pass"),
        Verdict::Accept => json.word("action", "accept"),
        Verdict::Drop => json.word("action", "drop"),
        Verdict::Reject { to, dropped } => {
            json.word("action", if dropped { "drop" } else { "alert" });
            json.word(
                "reject_target",
                match to {
                    RejectTarget::Client => "to_client",
                    RejectTarget::Server => "to_server",
                    RejectTarget::Both => "both",
                },
            );
            json.open_array("reject");
            if proto == 6 {
                json.text_element("tcp-reset");
            } else if proto == 17 || is_icmp(proto) {
                json.text_element("icmp-prohib");
            }
            json.close_array();
        }
    }
    json.close_object();
}

//! What everything counts, under the names of the statistics record.

use std::collections::BTreeMap;
use std::sync::Arc;

use tapir_flow::FlowCounters;
use tapir_flow::defrag::DefragCounters;
use tapir_flow::tcp;
use tapir_output::event::StatsTree;
use tapir_packet::{DecodeCounters, DecodeEvent};
use tapir_protocols::{AppProto, Transport};

/// The states in which a TCP session may end.
const TCP_STATES: [&str; 11] = [
    "none",
    "syn_sent",
    "syn_recv",
    "established",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "last_ack",
    "close_wait",
    "closing",
    "closed",
];

/// What one worker counted, or several together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    pub(crate) decode: DecodeCounters,
    pub(crate) flow: FlowCounters,
    pub(crate) defrag: DefragCounters,
    pub(crate) tcp: Vec<(&'static str, u64)>,
    /// TCP sessions and stream data held, in bytes.
    pub(crate) tcp_memory: [u64; 2],
    /// Packets whose inspection panicked, and flows set aside for it.
    pub(crate) faults: u64,
    /// Packets that the flow table had no memory for.
    pub(crate) untracked: u64,
    /// Packets and bytes of flows that are not inspected any more.
    pub(crate) bypassed: [u64; 2],
    /// Gaps found in streams.
    pub(crate) gaps: u64,
    /// Packets dropped by something other than a rule, by reason.
    pub(crate) drops: BTreeMap<&'static str, u64>,
    /// Packets dropped by the firewall, by reason, and how many of them were rejected.
    pub(crate) firewall_drops: BTreeMap<&'static str, u64>,
    pub(crate) firewall_rejects: u64,
    /// TCP sessions that ended in a state, by its name.
    pub(crate) ended_tcp: BTreeMap<&'static str, u64>,
    /// Exception policies applied, by target and policy.
    pub(crate) exceptions: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Application protocols, over TCP and over UDP.
    pub(crate) protocols: BTreeMap<(AppProto, Transport), ProtocolCounters>,
}

/// What was counted of one application protocol.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ProtocolCounters {
    /// Flows that were recognised as speaking it.
    pub(crate) flows: u64,
    /// Their transactions.
    pub(crate) transactions: u64,
    /// Flows whose parser gave up on what it read.
    pub(crate) parser_errors: u64,
    /// Flows whose parser gave up because of missing data.
    pub(crate) gap_errors: u64,
}

impl Counters {
    /// Adds what another worker counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.decode.add(&other.decode);
        self.flow.add(&other.flow);
        self.defrag.add(&other.defrag);
        if self.tcp.is_empty() {
            self.tcp.clone_from(&other.tcp);
        } else {
            self.tcp
                .iter_mut()
                .zip(&other.tcp)
                .for_each(|(mine, theirs)| mine.1 += theirs.1);
        }
        self.tcp_memory
            .iter_mut()
            .zip(other.tcp_memory)
            .for_each(|(mine, theirs)| *mine += theirs);
        self.faults += other.faults;
        self.untracked += other.untracked;
        self.bypassed
            .iter_mut()
            .zip(other.bypassed)
            .for_each(|(mine, theirs)| *mine += theirs);
        self.gaps += other.gaps;
        for (reason, count) in &other.drops {
            *self.drops.entry(reason).or_default() += count;
        }
        for (reason, count) in &other.firewall_drops {
            *self.firewall_drops.entry(reason).or_default() += count;
        }
        self.firewall_rejects += other.firewall_rejects;
        for (protocol, counts) in &other.protocols {
            let mine = self.protocols.entry(*protocol).or_default();
            mine.flows += counts.flows;
            mine.transactions += counts.transactions;
            mine.parser_errors += counts.parser_errors;
            mine.gap_errors += counts.gap_errors;
        }
        for (state, count) in &other.ended_tcp {
            *self.ended_tcp.entry(state).or_default() += count;
        }
        for (target, policies) in &other.exceptions {
            for (policy, count) in policies {
                *self
                    .exceptions
                    .entry(target)
                    .or_default()
                    .entry(policy)
                    .or_default() += count;
            }
        }
    }

    /// Notes the TCP engine's counters.
    pub(crate) fn set_tcp(&mut self, engine: &tcp::Engine) {
        self.tcp = engine.counters().iter().collect();
        let memory = engine.memory_use();
        self.tcp_memory = [memory.sessions, memory.reassembly];
    }

    /// Why packets were not decoded, and how many.
    pub(crate) fn undecoded(&self) -> Vec<(String, u64)> {
        DecodeEvent::all()
            .iter()
            .map(|&event| (event.name().to_owned(), self.decode.of_event(event)))
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    /// The counters by name.
    pub(crate) fn tree(&self, uptime: u64, more: &[(&str, u64)]) -> StatsTree {
        let mut counters: Vec<(Arc<str>, u64)> = Vec::with_capacity(128);
        let mut put = |name: &str, value: u64| counters.push((Arc::from(name), value));
        for (name, value) in more {
            put(name, *value);
        }
        for (name, value) in self.decode.protocols() {
            put(&format!("decoder.{name}"), value);
        }
        let pkts = self.decode.pkts.max(1);
        put("decoder.avg_pkt_size", self.decode.bytes / pkts);
        put("decoder.max_pkt_size", self.decode.max_pkt_size);
        for &event in DecodeEvent::all() {
            put(
                &format!("decoder.event.{}", event.name()),
                self.decode.of_event(event),
            );
        }
        self.flow_counters(&mut put);
        for state in TCP_STATES {
            let count = self.ended_tcp.get(state).copied().unwrap_or(0);
            put(&format!("flow.end.tcp_state.{state}"), count);
        }
        for (name, value) in [
            ("flow_bypassed.local_pkts", self.bypassed[0]),
            ("flow_bypassed.local_bytes", self.bypassed[1]),
            ("tcp.reassembly_gap", self.gaps),
        ] {
            put(name, value);
        }
        for (target, policies) in &self.exceptions {
            for (policy, count) in policies {
                put(&format!("exception_policy.{target}.{policy}"), *count);
            }
        }
        for (name, value) in &self.tcp {
            put(name, *value);
        }
        self.protocol_counters(&mut put);
        put("tcp.memuse", self.tcp_memory[0]);
        put("tcp.reassembly_memuse", self.tcp_memory[1]);
        StatsTree {
            uptime,
            counters,
            rules: None,
        }
    }

    fn protocol_counters(&self, put: &mut impl FnMut(&str, u64)) {
        for ((proto, transport), counts) in &self.protocols {
            let name = protocol_name(*proto, *transport);
            put(&format!("app_layer.flow.{name}"), counts.flows);
            // Who reads of one transport is to read of the other one too.
            let other = match transport {
                Transport::Tcp => Transport::Udp,
                Transport::Udp => Transport::Tcp,
            };
            if has_both_transports(*proto) && !self.protocols.contains_key(&(*proto, other)) {
                let name = protocol_name(*proto, other);
                put(&format!("app_layer.flow.{name}"), 0);
            }
            if !proto.has_parser() {
                continue;
            }
            put(&format!("app_layer.tx.{name}"), counts.transactions);
            put(&format!("app_layer.error.{name}.gap"), counts.gap_errors);
            put(
                &format!("app_layer.error.{name}.parser"),
                counts.parser_errors,
            );
        }
    }

    fn flow_counters(&self, put: &mut impl FnMut(&str, u64)) {
        let flow = &self.flow;
        for (name, value) in [
            ("flow.total", flow.total),
            ("flow.active", flow.active),
            ("flow.tcp", flow.tcp),
            ("flow.udp", flow.udp),
            ("flow.icmpv4", flow.icmpv4),
            ("flow.icmpv6", flow.icmpv6),
            ("flow.tcp_reuse", flow.tcp_reuse),
            ("flow.elephant", flow.elephant),
            ("flow.elephant_toserver", flow.elephant_to_server),
            ("flow.elephant_toclient", flow.elephant_to_client),
            ("flow.get_used", flow.get_used),
            ("flow.get_used_eval", flow.get_used_eval),
            ("flow.get_used_eval_reject", flow.get_used_eval_reject),
            ("flow.get_used_failed", flow.get_used_failed),
            ("flow.end.state.new", flow.end_new),
            ("flow.end.state.established", flow.end_established),
            ("flow.end.state.closed", flow.end_closed),
            ("flow.end.state.local_bypassed", flow.end_local_bypassed),
            ("flow.end.state.capture_bypassed", flow.end_capture_bypassed),
            ("flow.mgr.flows_timeout", flow.timeout),
            ("flow.emerg_mode_entered", flow.emergency_entered),
            ("flow.emerg_mode_over", flow.emergency_over),
            ("flow.memcap", flow.memcap),
            ("flow.memuse", flow.memuse),
            ("defrag.ipv4.fragments", self.defrag.ipv4_fragments),
            ("defrag.ipv4.reassembled", self.defrag.ipv4_reassembled),
            ("defrag.ipv6.fragments", self.defrag.ipv6_fragments),
            ("defrag.ipv6.reassembled", self.defrag.ipv6_reassembled),
            (
                "defrag.max_trackers_reached",
                self.defrag.max_trackers_reached,
            ),
            (
                "defrag.max_frags_reached",
                self.defrag.max_fragments_reached,
            ),
            ("defrag.tracker_soft_reuse", self.defrag.tracker_soft_reuse),
            ("defrag.tracker_hard_reuse", self.defrag.tracker_hard_reuse),
            ("defrag.mgr.tracker_timeout", self.defrag.tracker_timeout),
            ("defrag.memuse", self.defrag.memuse),
        ] {
            put(name, value);
        }
    }
}

/// Whether a protocol is counted by transport, for it may have either.
fn has_both_transports(proto: AppProto) -> bool {
    matches!(
        proto,
        AppProto::Failed
            | AppProto::Dns
            | AppProto::Dcerpc
            | AppProto::Krb5
            | AppProto::Nfs
            | AppProto::Sip
            | AppProto::Ldap
            | AppProto::Enip
            | AppProto::Llmnr
    )
}

/// The name of a protocol among the counters: with its transport, if it may have either.
fn protocol_name(proto: AppProto, transport: Transport) -> String {
    let name = match proto {
        AppProto::Http1 => "http",
        other => other.name(),
    };
    match (has_both_transports(proto), transport) {
        (false, _) => name.to_owned(),
        (true, Transport::Tcp) => format!("{name}_tcp"),
        (true, Transport::Udp) => format!("{name}_udp"),
    }
}

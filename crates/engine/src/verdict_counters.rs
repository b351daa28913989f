//! What became of packets, counted: how many were let through and how many were not, and why.

use tapir_detect::FirewallReason;

use crate::counters::Counters;
use crate::merge::{MergeTotals, RATE_FILTERED};

/// Why packets are dropped by something other than the firewall; the words of drop records.
const DROP_REASONS: [&str; 12] = [
    "applayer error",
    "defrag memcap",
    "flow memcap",
    "rules",
    "flow drop",
    "exception policy flow drop",
    "stream error",
    "stream memcap",
    "stream midstream",
    "stream reassembly",
    "stream urgent",
    RATE_FILTERED,
];

/// Why the firewall drops packets.
const FIREWALL_REASONS: [FirewallReason; 5] = [
    FirewallReason::Rules,
    FirewallReason::DefaultPacketPolicy,
    FirewallReason::DefaultAppPolicy,
    FirewallReason::PreFlowHook,
    FirewallReason::PreStreamHook,
];

/// The counters of a run that drops packets, by name; with a firewall its own as well.
pub(crate) fn verdict_counters(
    counters: &Counters,
    totals: &MergeTotals,
    firewall: bool,
) -> Vec<(String, u64)> {
    let by_firewall: u64 = counters.firewall_drops.values().sum();
    let passed = counters.decode.pkts.saturating_sub(by_firewall);
    let blocked = totals.drops + totals.rate_drops + counters.drops.values().sum::<u64>();
    let accepted = passed.saturating_sub(blocked + totals.rejects);
    let mut found: Vec<(String, u64)> = [
        ("ips.accepted", accepted),
        ("ips.blocked", blocked),
        ("ips.rejected", totals.rejects),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into();
    for reason in DROP_REASONS {
        let count = match reason {
            "rules" => totals.drops,
            RATE_FILTERED => totals.rate_drops,
            _ => counters.drops.get(reason).copied().unwrap_or(0),
        };
        let name = format!("ips.drop_reason.{}", reason.replace(' ', "_"));
        found.push((name, count));
    }
    if firewall {
        let rejected = counters.firewall_rejects;
        found.extend([
            ("firewall.accepted".to_owned(), passed),
            (
                "firewall.blocked".to_owned(),
                by_firewall.saturating_sub(rejected),
            ),
            ("firewall.rejected".to_owned(), rejected),
            ("firewall.discarded_alerts".to_owned(), 0),
        ]);
        let reasons = FIREWALL_REASONS.map(FirewallReason::name);
        for reason in reasons.into_iter().chain([FLOW_DROP]) {
            let count = counters.firewall_drops.get(reason).copied().unwrap_or(0);
            found.push((format!("firewall.drop_reason.{reason}"), count));
        }
    }
    found
}

/// The reason that counts packets of flows which the firewall has condemned.
pub(crate) const FLOW_DROP: &str = "flow_drop";

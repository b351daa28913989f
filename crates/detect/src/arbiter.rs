//! What crosses flows, decided by one thread in packet order: bits of hosts, changing data sets, thresholds.
//!
//! Workers evaluate everything that belongs to one flow. What a rule asks or does beyond its flow would depend on
//! which worker is faster; it is left open in the alert, and the arbiter settles it after the workers' alerts have been
//! put in packet order. With one worker the detector asks the arbiter at once.

mod suppress;
mod threshold;

use std::net::IpAddr;
use std::sync::Arc;

use tapir_packet::{Packet, Timestamp};

pub(crate) use suppress::Suppression;
pub(crate) use threshold::{Filter, FilterKind, Ruling, Thresholds};

use crate::alert::{Actions, Alert, AlertFlags, PacketVerdict};
use crate::expiring::Expiring;
use crate::host_bits::HostBits;
use crate::host_condition::HostPart;
use crate::recorder::{Fate, NoRecord, Recorder};
use crate::rule_id::RuleId;
use crate::rule_set::RuleSet;
use crate::tag::RunningTag;

/// What the arbiter has to know of a packet.
#[derive(Debug, Clone, Copy)]
pub struct PacketFacts {
    /// Number of the packet in its input.
    pub number: u64,
    /// Its time.
    pub ts: Timestamp,
    /// 4, 6, or 0 without an IP header.
    pub ip_version: u8,
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Source port.
    pub sport: u16,
    /// Destination port.
    pub dport: u16,
    /// Number of its flow.
    pub flow: Option<u64>,
    /// Its length on the wire.
    pub bytes: u32,
}

impl PacketFacts {
    /// The facts of a packet.
    pub fn of(packet: &Packet<'_>, number: u64, flow: Option<u64>) -> Self {
        Self {
            number,
            ts: packet.ts,
            ip_version: packet.ip_version,
            src: packet.src,
            dst: packet.dst,
            sport: packet.sport,
            dport: packet.dport,
            flow,
            bytes: u32::try_from(packet.data.len()).unwrap_or(u32::MAX),
        }
    }
}

/// How much the arbiter may remember, in entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArbiterLimits {
    /// Bits of hosts and pairs of hosts.
    pub host_bits: usize,
    /// Counts of thresholds.
    pub thresholds: usize,
    /// Hosts under a tag.
    pub tagged_hosts: usize,
}

impl Default for ArbiterLimits {
    fn default() -> Self {
        Self {
            host_bits: 1 << 20,
            thresholds: 1 << 20,
            tagged_hosts: 1 << 16,
        }
    }
}

/// What the arbiter keeps, and what it had no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArbiterCounters {
    /// Bits of hosts that were not set.
    pub host_bits_refused: u64,
    /// Thresholds that did not count.
    pub thresholds_refused: u64,
    /// Hosts that were not tagged.
    pub tags_refused: u64,
    /// Bytes that `detection_filter` takes to tell ports apart.
    pub port_bytes: usize,
}

/// Settles what crosses flows. There is one for all workers, and it survives a change of rules.
#[derive(Debug)]
pub struct Arbiter {
    rules: Arc<RuleSet>,
    pub(crate) host_bits: HostBits,
    thresholds: Thresholds,
    tagged_hosts: Expiring<(IpAddr, RuleId, u8), RunningTag>,
    limits: ArbiterLimits,
}

impl Arbiter {
    /// An arbiter for the alerts of a rule set.
    pub fn new(rules: Arc<RuleSet>, limits: ArbiterLimits) -> Self {
        Self {
            rules,
            host_bits: HostBits::new(limits.host_bits),
            thresholds: Thresholds::new(limits.thresholds),
            tagged_hosts: Expiring::new(limits.tagged_hosts),
            limits,
        }
    }

    /// Goes over to another rule set. Bits of hosts stay when both sets give their names the same numbers, which a
    /// reload does; counts of thresholds begin anew.
    pub fn reload(&mut self, rules: Arc<RuleSet>) {
        if !self.rules.has_same_names(&rules) {
            self.host_bits = HostBits::new(self.limits.host_bits);
        }
        self.thresholds = Thresholds::new(self.limits.thresholds);
        self.tagged_hosts = Expiring::new(self.limits.tagged_hosts);
        self.rules = rules;
    }

    /// What is kept, and what there was no room for so far.
    pub fn counters(&self) -> ArbiterCounters {
        ArbiterCounters {
            host_bits_refused: self.host_bits.refused(),
            thresholds_refused: self.thresholds.refused(),
            tags_refused: self.tagged_hosts.refused(),
            port_bytes: self.thresholds.port_bytes(),
        }
    }

    /// Settles the alerts of one packet, in packet order: conditions on hosts and data sets, thresholds, tags, and
    /// the number of alerts that a packet may raise. What remains in `alerts` is to be shown.
    ///
    /// For the alerts of workers; with one worker use [`Detector::inspect_alone`](crate::Detector::inspect_alone),
    /// which settles as it goes.
    pub fn settle(&mut self, packet: &PacketFacts, alerts: &mut Vec<Alert>) -> PacketVerdict {
        self.settle_recorded(packet, alerts, &mut NoRecord)
    }

    /// The same, telling `recorder` what became of each.
    pub fn settle_recorded<R: Recorder>(
        &mut self,
        packet: &PacketFacts,
        alerts: &mut Vec<Alert>,
        recorder: &mut R,
    ) -> PacketVerdict {
        let rules = Arc::clone(&self.rules);
        alerts.retain_mut(|alert| match rules.host_part(alert.rule) {
            Some(part) => {
                let holds = self.settle_host_part(&rules, part, packet, alert);
                if !holds {
                    recorder.ruled(packet, alert.rule, Fate::Refused);
                }
                holds
            }
            None => true,
        });
        rules.finish(packet, alerts, recorder, |alert| {
            self.rule_on(packet, alert)
        })
    }

    /// Whether the conditions of a rule on hosts and data sets hold; if so its changes are made.
    pub(crate) fn settle_host_part(
        &mut self,
        rules: &RuleSet,
        part: &HostPart,
        packet: &PacketFacts,
        alert: &mut Alert,
    ) -> bool {
        let holds = part
            .bits()
            .iter()
            .all(|bit| self.host_bits.holds(bit, packet))
            && part.ask_data_sets(rules.data_sets(), alert);
        if holds {
            for bit in part.bits() {
                self.host_bits.apply(bit, packet);
            }
        }
        holds
    }

    /// What suppressions and thresholds say about an alert; sets the tags of one that is let through.
    pub(crate) fn rule_on(&mut self, packet: &PacketFacts, alert: &mut Alert) -> Ruling {
        let rules = Arc::clone(&self.rules);
        let ruling = self.filters_on(&rules, packet, alert);
        if let Ruling::AlertWith(actions) = ruling {
            alert.actions = actions;
            alert.flags |= AlertFlags::RATE_FILTERED;
        }
        if ruling != Ruling::Nothing {
            self.tag_hosts(&rules, packet, alert.rule);
        }
        ruling
    }

    fn filters_on(&mut self, rules: &RuleSet, packet: &PacketFacts, alert: &Alert) -> Ruling {
        // Without addresses there is nothing to count by.
        if packet.ip_version == 0 {
            return Ruling::Alert;
        }
        let Some(response) = rules.response(alert.rule) else {
            return Ruling::Alert;
        };
        if response
            .suppressions
            .iter()
            .any(|suppression| suppression.covers(packet))
        {
            return Ruling::Silent;
        }
        let mut actions: Option<Actions> = None;
        for (place, filter) in response.filters.iter().enumerate() {
            match self
                .thresholds
                .rule_on(alert.rule, place as u8, filter, packet)
            {
                Ruling::Alert => {}
                Ruling::AlertWith(changed) => actions = Some(changed),
                other => return other,
            }
        }
        actions.map_or(Ruling::Alert, Ruling::AlertWith)
    }

    fn tag_hosts(&mut self, rules: &RuleSet, packet: &PacketFacts, rule: RuleId) {
        let Some(response) = rules.response(rule) else {
            return;
        };
        for (place, tag) in response.host_tags().enumerate() {
            let host = if tag.of_source {
                packet.src
            } else {
                packet.dst
            };
            let key = (host, rule, place as u8);
            if self.tagged_hosts.get(&key, packet.ts).is_none() {
                let running = RunningTag::start(&tag.tag, packet.number, packet.ts);
                self.tagged_hosts.insert(
                    key,
                    running,
                    packet.ts.after(RunningTag::IDLE),
                    packet.ts,
                );
            }
        }
    }

    /// Whether any host may be under a tag: only then [`is_tagged`](Self::is_tagged) need be asked.
    pub fn has_tags(&self) -> bool {
        self.tagged_hosts.len() > 0
    }

    /// Whether a packet is to be logged because one of its hosts is under a tag. To be asked once for every packet,
    /// after its alerts.
    pub fn is_tagged(&mut self, packet: &PacketFacts) -> bool {
        if !self.has_tags() {
            return false;
        }
        let rules = Arc::clone(&self.rules);
        let mut tagged = false;
        for &rule in rules.host_tagging_rules() {
            let Some(response) = rules.response(rule) else {
                continue;
            };
            for place in 0..response.host_tags().count() {
                for host in [packet.src, packet.dst] {
                    tagged |= self.see_tagged(&(host, rule, place as u8), packet);
                }
            }
        }
        tagged
    }

    fn see_tagged(&mut self, key: &(IpAddr, RuleId, u8), packet: &PacketFacts) -> bool {
        let Some(tag) = self.tagged_hosts.get(key, packet.ts) else {
            return false;
        };
        match tag.see(packet.number, packet.bytes.into(), packet.ts) {
            Some(log) => {
                self.tagged_hosts
                    .extend(key, packet.ts.after(RunningTag::IDLE));
                log
            }
            None => {
                self.tagged_hosts.remove(key, packet.ts);
                false
            }
        }
    }
}

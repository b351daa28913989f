//! Statistics records: when they are due, and what is in them.

use tapir_output::event::{RuleCounts, StatsTree};
use tapir_output::{Body, Envelope, Event};

use crate::counters::Counters;
use crate::engine::Engine;
use crate::rings::Rings;
use crate::verdict_counters::verdict_counters;

impl Engine {
    /// Writes a statistics record when one is due; in a replay only the last one is.
    pub(crate) fn tick_stats(&mut self, rings: Option<&mut Rings>) {
        let due = self.settings().stats_interval;
        if self.settings().live
            && !due.is_zero()
            && self.now.since(self.last_stats) >= due
            && self.merger.outputs().needs().stats
        {
            self.last_stats = self.now;
            let counters = self.count(rings);
            self.write_stats(&counters);
        }
    }

    /// Writes a statistics record.
    pub(crate) fn write_stats(&mut self, counters: &Counters) {
        let event = Event {
            packet: 0,
            order: 0,
            ts: self.now,
            envelope: Envelope::default(),
            body: Body::Stats(Box::new(self.stats_tree(counters))),
        };
        self.merger.outputs().emit(&event);
    }

    /// All counters by name: those of workers, and what is counted around them.
    pub(crate) fn stats_tree(&mut self, counters: &Counters) -> StatsTree {
        let totals = self.merger.totals();
        let kernel = [
            ("capture.kernel_packets", self.kernel.received),
            ("capture.kernel_drops", self.kernel.dropped),
            ("capture.kernel_ifdrops", self.kernel.interface_dropped),
        ];
        let detect = [
            ("detect.alert", totals.alerts),
            ("detect.alert_queue_overflow", totals.discarded),
            ("detect.alerts_suppressed", totals.suppressed),
            (
                "detect.thresholds.bitmap_memuse",
                self.merger.arbiter_counters().port_bytes as u64,
            ),
            ("detect.thresholds.bitmap_alloc_fail", 0),
        ];
        let mut more: Vec<(&str, u64)> = Vec::new();
        if self.settings().live {
            more.extend(kernel);
        }
        more.extend(detect);
        let verdicts = if self.settings().prevention {
            verdict_counters(counters, &totals, self.settings().firewall.is_some())
        } else {
            Vec::new()
        };
        more.extend(verdicts.iter().map(|(name, count)| (name.as_str(), *count)));
        let uptime = if self.settings().live {
            self.elapsed().as_secs()
        } else {
            0
        };
        let unused: Vec<String> = self
            .settings()
            .policies
            .counted()
            .filter(|(target, _)| !counters.exceptions.contains_key(target))
            .map(|(target, policy)| format!("exception_policy.{target}.{policy}"))
            .collect();
        more.extend(unused.iter().map(|name| (name.as_str(), 0)));
        let of_files = self.merger.outputs().file_store_counters();
        more.extend(of_files.iter().flatten());
        let mut tree = counters.tree(uptime, &more);
        let report = &self.rules().report;
        tree.rules = Some(RuleCounts {
            last_reload: self.rules_loaded_at(),
            loaded: report.loaded as u64,
            failed: report.refused as u64,
            skipped: report.skipped as u64,
        });
        tree
    }
}

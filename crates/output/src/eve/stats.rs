//! `stats` records: counters nested by the dots of their names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::StatsOptions;
use crate::event::{Event, RuleCounts, StatsTree};
use tapir_json::{Json, push_uint};

use super::Records;

/// The counters of the record before, for deltas.
#[derive(Debug, Default)]
pub struct LastValues(BTreeMap<Arc<str>, u64>);

/// A group of counters, or one counter, in the order of first appearance.
#[derive(Debug, Default)]
struct Group<'a> {
    entries: Vec<(&'a str, Entry<'a>)>,
}

#[derive(Debug)]
enum Entry<'a> {
    Group(Group<'a>),
    Counter { value: u64, delta: u64 },
}

impl<'a> Group<'a> {
    fn put(&mut self, path: &'a str, value: u64, delta: u64) {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let Some(rest) = rest else {
            self.entries.push((name, Entry::Counter { value, delta }));
            return;
        };
        let at = self
            .entries
            .iter()
            .position(|(known, entry)| *known == name && matches!(entry, Entry::Group(_)));
        let at = at.unwrap_or_else(|| {
            self.entries.push((name, Entry::Group(Group::default())));
            self.entries.len() - 1
        });
        if let Some((_, Entry::Group(group))) = self.entries.get_mut(at) {
            group.put(rest, value, delta);
        }
    }
}

impl Records {
    pub(super) fn stats(&mut self, json: &mut Json<'_>, event: &Event, stats: &StatsTree) {
        let options = self.config.types.stats.unwrap_or_default();
        self.time(json, "timestamp", event.ts);
        json.word("event_type", "stats");
        if self.config.suricata_version {
            json.word("suricata_version", super::RECORD_FORMAT);
        }
        json.open_object("stats");
        json.uint("uptime", stats.uptime);
        if options.totals {
            let mut top = Group::default();
            for (name, value) in &stats.counters {
                if *value != 0 || options.zeros {
                    let last = self.last_stats.0.get(name).copied().unwrap_or(0);
                    top.put(name, *value, value.saturating_sub(last));
                }
            }
            if stats.rules.is_some() && !top.entries.iter().any(|(name, _)| *name == "detect") {
                top.entries.push(("detect", Entry::Group(Group::default())));
            }
            self.group(json, &top, options, stats.rules.as_ref());
        }
        if options.deltas {
            self.last_stats.0 = stats.counters.iter().cloned().collect();
        }
        json.close_object();
    }

    fn group(
        &mut self,
        json: &mut Json<'_>,
        group: &Group<'_>,
        options: StatsOptions,
        rules: Option<&RuleCounts>,
    ) {
        for (name, entry) in &group.entries {
            match entry {
                Entry::Counter { value, delta } => {
                    json.free_key(name);
                    json.uint_value(*value);
                    if options.deltas {
                        json.free_key(&format!("{name}_delta"));
                        push_uint(json.buffer(), *delta);
                    }
                }
                Entry::Group(inner) => {
                    json.free_key(name);
                    json.buffer().push(b'{');
                    if let Some(rules) = rules.filter(|_| *name == "detect") {
                        self.engines(json, rules);
                    }
                    self.group(json, inner, options, None);
                    json.close_object();
                }
            }
        }
    }

    fn engines(&mut self, json: &mut Json<'_>, rules: &RuleCounts) {
        json.open_array("engines");
        json.open();
        json.uint("id", 0_u8);
        self.time(json, "last_reload", rules.last_reload);
        json.uint("rules_loaded", rules.loaded);
        json.uint("rules_failed", rules.failed);
        json.uint("rules_skipped", rules.skipped);
        json.close_object();
        json.close_array();
    }
}

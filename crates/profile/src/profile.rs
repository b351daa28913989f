//! Figures with names: rows of rules, pattern sets, buffers and parts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tapir_detect::{PatternSetFacts, RuleSet};
use tapir_packet::Direction;

use crate::figures::{Figures, RuleFigures, SetFigures};
use crate::view::{SortBy, View};

/// What inspection cost, by rule, pattern set, buffer and part.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Frames that were inspected.
    pub frames: u64,
    /// Nanoseconds that a stretch of measuring takes by itself; they are taken off everywhere.
    pub clock: u64,
    /// Stretches that were measured.
    pub stretches: u64,
    /// Nanoseconds of everything.
    pub total: u64,
    /// How many rules are loaded.
    pub loaded: usize,
    /// The rules that were tried or found.
    pub rules: Vec<RuleRow>,
    /// The pattern sets that were looked for.
    pub sets: Vec<SetRow>,
    /// The same by what they were looked for in.
    pub buffers: Vec<BufferRow>,
    /// The parts of the work.
    pub parts: Vec<PartRow>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// Generator id.
    pub gid: u32,
    /// Signature id.
    pub sid: u32,
    /// Revision.
    pub rev: u32,
    /// Message.
    pub msg: String,
    /// What was counted.
    pub figures: RuleFigures,
    /// Nanoseconds of all trials.
    pub time: u64,
    /// Nanoseconds of those that did not match.
    pub misses: u64,
    /// Nanoseconds of the longest.
    pub longest: u64,
}

/// One pattern set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRow {
    /// What it is.
    pub facts: PatternSetFacts,
    /// What was counted.
    pub figures: SetFigures,
    /// Nanoseconds of making what it was looked for in.
    pub making: u64,
    /// Nanoseconds of looking.
    pub scanning: u64,
}

/// All pattern sets of one buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferRow {
    /// Its name.
    pub buffer: String,
    /// How many pattern sets are looked for in it.
    pub sets: usize,
    /// What was counted.
    pub figures: SetFigures,
    /// Nanoseconds of making its values.
    pub making: u64,
    /// Nanoseconds of looking.
    pub scanning: u64,
}

/// One part of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRow {
    /// What people call it.
    pub name: String,
    /// How often it was done.
    pub times: u64,
    /// Nanoseconds.
    pub time: u64,
}

impl Profile {
    /// Gives figures the names of the rules that they are of.
    pub fn new(figures: &Figures, set: &RuleSet) -> Self {
        let rules = rule_rows(figures, set);
        let sets = set_rows(figures, set);
        let parts = part_rows(figures, &rules, &sets);
        let shared = figures.shared().map(|(_, share)| share.cost);
        let parsers = figures.protocols().map(|(_, share)| share.cost);
        let of_rules = rules.iter().map(|row| row.figures.cost);
        let of_sets = sets
            .iter()
            .flat_map(|row| [row.figures.making, row.figures.scanning]);
        let costs = shared.chain(parsers).chain(of_rules).chain(of_sets);
        Self {
            frames: figures.frames,
            clock: figures.clock,
            stretches: costs.map(|cost| cost.stretches).sum(),
            total: parts.iter().map(|row| row.time).sum(),
            loaded: set.len(),
            buffers: buffer_rows(&sets),
            rules,
            sets,
            parts,
        }
    }

    /// The rows that are to be seen, in their order; all else as it is.
    pub fn seen(mut self, view: View) -> Self {
        let key = |row: &RuleRow| match view.sort {
            SortBy::Time => row.time,
            SortBy::Mean => row.mean(),
            SortBy::Longest => row.longest,
            SortBy::Misses => row.misses,
            SortBy::Checks => row.figures.checks,
            SortBy::Matches => row.figures.matches,
            SortBy::Hits => row.figures.hits,
            SortBy::InVain => row.figures.in_vain,
        };
        // Stable: what is equal stays in the order of the rules.
        self.rules.sort_by_key(|row| Reverse(key(row)));
        self.sets
            .sort_by_key(|row| Reverse(row.making.saturating_add(row.scanning)));
        self.buffers
            .sort_by_key(|row| Reverse(row.making.saturating_add(row.scanning)));
        if let Some(top) = view.top {
            self.rules.truncate(top);
            self.sets.truncate(top);
            self.buffers.truncate(top);
        }
        self
    }

    /// How much of everything some time is, in percent.
    pub(crate) fn percent(&self, nanos: u64) -> f64 {
        match self.total {
            0 => 0.0,
            total => nanos as f64 * 100.0 / total as f64,
        }
    }
}

impl RuleRow {
    /// Nanoseconds of one trial on average.
    pub fn mean(&self) -> u64 {
        self.time / self.figures.checks.max(1)
    }
}

impl SetRow {
    /// The direction, as rules name it.
    pub(crate) fn direction(&self) -> &'static str {
        match self.facts.direction {
            Some(Direction::ToServer) => "to_server",
            Some(Direction::ToClient) => "to_client",
            None => "both",
        }
    }
}

/// The rules that were tried or found, in the order of evaluation. One for both ways is one.
fn rule_rows(figures: &Figures, set: &RuleSet) -> Vec<RuleRow> {
    let mut rows: Vec<RuleRow> = Vec::new();
    let mut places: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for (id, of_rule) in figures.rules() {
        if of_rule.checks == 0 && of_rule.hits == 0 {
            continue;
        }
        let Some(meta) = set.meta(id) else { continue };
        let place = *places.entry((meta.gid, meta.sid)).or_insert(rows.len());
        if let Some(row) = rows.get_mut(place) {
            row.figures.add(of_rule);
            continue;
        }
        rows.push(RuleRow {
            gid: meta.gid,
            sid: meta.sid,
            rev: meta.rev,
            msg: meta.msg.to_string(),
            figures: *of_rule,
            time: 0,
            misses: 0,
            longest: 0,
        });
    }
    let clock = figures.clock;
    for row in &mut rows {
        row.time = row.figures.cost.nanos(clock);
        row.misses = row.time.saturating_sub(row.figures.of_matches.nanos(clock));
        row.longest = row.figures.longest.saturating_sub(clock);
    }
    rows
}

fn set_rows(figures: &Figures, set: &RuleSet) -> Vec<SetRow> {
    let row = |(id, of_set): (_, &SetFigures)| {
        Some(SetRow {
            facts: set.pattern_set(id)?,
            figures: *of_set,
            making: of_set.making.nanos(figures.clock),
            scanning: of_set.scanning.nanos(figures.clock),
        })
    };
    figures.sets().filter_map(row).collect()
}

/// The pattern sets by the names of their buffers.
fn buffer_rows(sets: &[SetRow]) -> Vec<BufferRow> {
    let mut rows: BTreeMap<&str, BufferRow> = BTreeMap::new();
    for set in sets {
        let name = set.facts.buffer.as_str();
        let row = rows.entry(name).or_insert_with(|| BufferRow {
            buffer: name.to_owned(),
            sets: 0,
            figures: SetFigures::default(),
            making: 0,
            scanning: 0,
        });
        row.sets += 1;
        row.figures.add(&set.figures);
        row.making = row.making.saturating_add(set.making);
        row.scanning = row.scanning.saturating_add(set.scanning);
    }
    rows.into_values().collect()
}

/// The parts of the work in the order in which a packet goes through them; with them all is told.
fn part_rows(figures: &Figures, rules: &[RuleRow], sets: &[SetRow]) -> Vec<PartRow> {
    let clock = figures.clock;
    let row = |name: &str, times, time| PartRow {
        name: name.to_owned(),
        times,
        time,
    };
    let mut rows = Vec::new();
    for (name, share) in figures.shared() {
        rows.push(row(name, share.times, share.cost.nanos(clock)));
        match name {
            "recognise" => rows.extend(figures.protocols().map(|(proto, share)| {
                let name = format!("parse {}", proto.name());
                row(&name, share.times, share.cost.nanos(clock))
            })),
            "prefilter" => {
                let scans = sets.iter().map(|set| set.figures.scans).sum();
                let made = sets.iter().map(|set| set.figures.made).sum();
                let making = sets.iter().map(|set| set.making).sum();
                let scanning = sets.iter().map(|set| set.scanning).sum();
                rows.push(row("making buffers", made, making));
                rows.push(row("scanning", scans, scanning));
            }
            "detection" => {
                let checks = rules.iter().map(|rule| rule.figures.checks).sum();
                let time = rules.iter().map(|rule| rule.time).sum();
                rows.push(row("rules", checks, time));
            }
            _ => {}
        }
    }
    rows.retain(|row| row.times > 0);
    rows
}

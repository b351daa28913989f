//! From a transaction to the few rules that can match it.
//!
//! Rules with a literal in a buffer lie behind it; the literals of one buffer (and one chain of transforms) are looked
//! for together, once, when the buffer is there. Rules without one are tried when all that they ask for is there.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tapir_matcher::{PatternSet, PatternSetBuilder, Seen, Window};
use tapir_packet::Direction;
use tapir_protocols::{AppProto, Value};
use tapir_rules::keywords::KeywordId;

use super::Subject;
use crate::gate::Gate;
use crate::part::{Part, PatternSetFacts, PatternSetId};
use crate::recorder::Recorder;
use crate::rule_id::RuleId;
use crate::section::SectionScratch;
use crate::transform::TransformChain;

/// The literal of a rule, and where it is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) keyword: KeywordId,
    pub(crate) chain: Option<Arc<TransformChain>>,
    pub(crate) bytes: Box<[u8]>,
    pub(crate) nocase: bool,
    pub(crate) window: Window,
}

/// How a rule is filed.
#[derive(Debug)]
pub(crate) struct Filing {
    pub(crate) rule: RuleId,
    pub(crate) gate: Gate,
    /// The directions in which it is tried.
    pub(crate) directions: [bool; 2],
    pub(crate) pattern: Option<Pattern>,
    /// For each protocol the progress at which everything is there, by direction; of rules without a literal.
    pub(crate) places: Vec<(AppProto, [Option<u8>; 2])>,
    /// The event that it asks for.
    pub(crate) event: Option<(AppProto, u8)>,
}

/// Rules behind literals in one buffer.
#[derive(Debug)]
struct Lane {
    keyword: KeywordId,
    directions: [bool; 2],
    chain: Option<Arc<TransformChain>>,
    set: PatternSet,
    rules: Box<[Box<[RuleId]>]>,
}

#[derive(Default)]
struct LaneBuilder {
    chain: Option<Arc<TransformChain>>,
    set: PatternSetBuilder,
    rules: Vec<Vec<RuleId>>,
}

/// Lanes by their place in the list, each behind the progress at which its buffer is there.
type Places = Box<[(u8, u16)]>;

/// Rules without a literal: progress, what a packet must show, the rule.
type Unprompted = Vec<(u8, Gate, RuleId)>;

/// Finds the rules that can match a transaction.
#[derive(Debug, Default)]
pub(crate) struct Prefilter {
    lanes: Vec<Lane>,
    /// For each protocol and direction the lanes that have values there, by progress.
    by_proto: FxHashMap<(AppProto, Direction), Places>,
    unprompted: FxHashMap<(AppProto, Direction), Unprompted>,
    events: FxHashMap<(AppProto, u8), Box<[RuleId]>>,
}

const DIRECTIONS: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

impl Prefilter {
    /// Files rules.
    pub(crate) fn new(filings: Vec<Filing>) -> Self {
        let mut builders: Vec<([bool; 2], KeywordId, LaneBuilder)> = Vec::new();
        let mut by_keyword: FxHashMap<(KeywordId, [bool; 2]), Vec<usize>> = FxHashMap::default();
        let mut made = Self::default();
        let mut events: FxHashMap<_, Vec<RuleId>> = FxHashMap::default();
        for filing in filings {
            if let Some(event) = filing.event {
                events.entry(event).or_default().push(filing.rule);
                continue;
            }
            let Some(pattern) = &filing.pattern else {
                made.add_unprompted(&filing);
                continue;
            };
            let known = by_keyword
                .entry((pattern.keyword, filing.directions))
                .or_default();
            let at = known.iter().copied().find(|&at| {
                builders
                    .get(at)
                    .is_some_and(|builder| builder.2.chain == pattern.chain)
            });
            let at = at.unwrap_or_else(|| {
                known.push(builders.len());
                let builder = LaneBuilder {
                    chain: pattern.chain.clone(),
                    ..LaneBuilder::default()
                };
                let key = (filing.directions, pattern.keyword);
                builders.push((key.0, key.1, builder));
                builders.len() - 1
            });
            if let Some((_, _, builder)) = builders.get_mut(at) {
                builder.add(pattern, filing.rule);
            }
        }
        made.events = events
            .into_iter()
            .map(|(event, rules)| (event, rules.into()))
            .collect();
        made.finish(builders);
        made
    }

    fn add_unprompted(&mut self, filing: &Filing) {
        for (proto, places) in &filing.places {
            for direction in DIRECTIONS {
                if let Some(place) = places[direction.index()]
                    && filing.directions[direction.index()]
                {
                    let list = self.unprompted.entry((*proto, direction)).or_default();
                    list.push((place, filing.gate, filing.rule));
                }
            }
        }
    }

    fn finish(&mut self, builders: Vec<([bool; 2], KeywordId, LaneBuilder)>) {
        let mut by_proto: FxHashMap<_, Vec<(u8, u16)>> = FxHashMap::default();
        for (directions, keyword, builder) in builders {
            let number = self.lanes.len() as u16;
            for proto in AppProto::ALL {
                for direction in DIRECTIONS {
                    if directions[direction.index()]
                        && let Some(place) = proto.place(keyword, direction)
                    {
                        let lanes = by_proto.entry((*proto, direction)).or_default();
                        lanes.push((place, number));
                    }
                }
            }
            self.lanes.push(builder.build(keyword, directions));
        }
        self.by_proto = by_proto
            .into_iter()
            .map(|(key, mut lanes)| {
                lanes.sort_unstable();
                (key, lanes.into())
            })
            .collect();
        for list in self.unprompted.values_mut() {
            list.sort_unstable();
        }
    }

    /// Whether rules look at transactions of a protocol in a direction at all.
    pub(crate) fn has_rules(&self, proto: AppProto, direction: Direction) -> bool {
        self.by_proto.contains_key(&(proto, direction))
            || self.unprompted.contains_key(&(proto, direction))
            || !self.events.is_empty()
    }

    /// What is to be said of the pattern set of a lane.
    pub(crate) fn facts(&self, place: u16) -> Option<PatternSetFacts> {
        let lane = self.lanes.get(usize::from(place))?;
        Some(PatternSetFacts {
            buffer: lane.keyword.name().to_owned(),
            transforms: lane.chain.as_ref().map_or(0, |chain| chain.len()),
            direction: match lane.directions {
                [true, false] => Some(Direction::ToServer),
                [false, true] => Some(Direction::ToClient),
                _ => None,
            },
            patterns: lane.set.len(),
            rules: lane.rules.iter().map(|rules| rules.len()).sum(),
        })
    }

    /// Adds the rules that can match a transaction, some perhaps twice. What is there from a progress below `done` on
    /// was looked at before.
    pub(crate) fn collect<R: Recorder>(
        &self,
        subject: &Subject<'_>,
        direction: Direction,
        (done, gate): (u8, Gate),
        (seen, scratch, recorder): (&mut Seen, &mut SectionScratch, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        let progress = subject.progress[direction.index()];
        let key = (subject.proto, direction);
        let is_due = |place: u8| place >= done && place <= progress;
        for &(place, number) in self.by_proto.get(&key).map_or(&[][..], |lanes| lanes) {
            if is_due(place)
                && let Some(lane) = self.lanes.get(usize::from(number))
            {
                let id = PatternSetId::Transaction(number);
                recorder.enter(Part::Buffer(id));
                let memory = (&mut *seen, &mut *scratch, &mut *recorder);
                lane.search(id, subject, direction, memory, found);
                recorder.leave();
            }
        }
        for (place, wanted, rule) in self.unprompted.get(&key).map_or(&[][..], |list| list) {
            if is_due(*place) && gate.contains(*wanted) {
                found.push(*rule);
            }
        }
        for &event in subject.events {
            for proto in [subject.proto, AppProto::Http, AppProto::Http2] {
                if let Some(rules) = self.events.get(&(proto, event))
                    && (proto == subject.proto || proto.covers(subject.proto))
                {
                    found.extend_from_slice(rules);
                }
            }
        }
    }
}

impl LaneBuilder {
    fn add(&mut self, pattern: &Pattern, rule: RuleId) {
        let id = self
            .set
            .add_within(&pattern.bytes, pattern.nocase, pattern.window)
            .index();
        if self.rules.len() <= id {
            self.rules.resize_with(id + 1, Vec::new);
        }
        if let Some(rules) = self.rules.get_mut(id) {
            rules.push(rule);
        }
    }

    fn build(self, keyword: KeywordId, directions: [bool; 2]) -> Lane {
        Lane {
            keyword,
            directions,
            chain: self.chain,
            set: self.set.build(),
            rules: self.rules.into_iter().map(Into::into).collect(),
        }
    }
}

impl Lane {
    fn search<R: Recorder>(
        &self,
        id: PatternSetId,
        subject: &Subject<'_>,
        direction: Direction,
        (seen, scratch, recorder): (&mut Seen, &mut SectionScratch, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        subject
            .transaction
            .values(self.keyword, direction, &mut |value| {
                let data = match value {
                    Value::Bytes(data) | Value::Window { data, .. } => data,
                    Value::Number(_) => return false,
                };
                let mut look = |data: &[u8]| {
                    recorder.enter(Part::Scan(id));
                    let before = found.len();
                    self.set.search_once(data, seen, |pattern| {
                        if let Some(rules) = self.rules.get(pattern.index()) {
                            found.extend_from_slice(rules);
                        }
                    });
                    recorder.scanned(data.len(), found.get(before..).unwrap_or_default());
                    recorder.leave();
                };
                match &self.chain {
                    None => look(data),
                    Some(chain) => {
                        if let Some(data) = scratch.transform(chain, data) {
                            look(data);
                        }
                    }
                }
                false
            });
    }
}

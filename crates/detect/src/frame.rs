//! Rules about frames: stretches of what is said that parsers have names for.
//!
//! A frame is inspected as far as it has come, with packets of its direction, and again when there is more of it, until
//! it has come whole.

use rustc_hash::FxHashMap;
use tapir_matcher::{PatternSet, PatternSetBuilder, Seen};
use tapir_protocols::AppProto;

use crate::gate::Gate;
use crate::part::{Part, PatternSetFacts, PatternSetId};
use crate::recorder::Recorder;
use crate::rule_id::RuleId;
use crate::section::{Section, SectionScratch};
use crate::transaction::Pattern;
use crate::transform::TransformChain;

/// A stretch of a frame that is to be inspected.
#[derive(Debug, Clone, Copy)]
pub struct FrameView<'a> {
    /// The frame's number among those of its flow's direction.
    pub id: u64,
    /// What it is a frame of: the place of its name among those of its protocol.
    pub kind: u8,
    /// The transaction that it belongs to.
    pub transaction: Option<u64>,
    /// The bytes.
    pub data: &'a [u8],
    /// Place of the first of them in the frame.
    pub offset: u64,
    /// They reach to the end of the frame, and that is known.
    pub end: bool,
}

/// The frames of a packet's direction, and the rules that matched them before: number of the frame and of the rule.
#[derive(Debug)]
pub struct FlowFrames<'f> {
    /// What is to be inspected.
    pub views: &'f [FrameView<'f>],
    /// A rule matches a frame once.
    pub matched: &'f mut Vec<(u64, RuleId)>,
}

/// What a rule asks of a frame.
#[derive(Debug)]
pub(crate) struct FramePart {
    pub(crate) proto: AppProto,
    pub(crate) kind: u8,
    pub(crate) sections: Box<[Section]>,
}

/// How a rule is filed.
#[derive(Debug)]
pub(crate) struct Filing {
    pub(crate) rule: RuleId,
    pub(crate) gate: Gate,
    pub(crate) proto: AppProto,
    pub(crate) kind: u8,
    pub(crate) pattern: Option<Pattern>,
}

/// The rules for one kind of frames.
#[derive(Debug)]
struct Lane {
    set: PatternSet,
    /// Rules behind the literals of `set`.
    prompted: Vec<Vec<RuleId>>,
    /// Rules that look at what transforms make of the frame.
    transformed: Vec<(Transformed, RuleId)>,
    /// Rules without a literal.
    unprompted: Vec<(Gate, RuleId)>,
}

/// A literal that is looked for in a transformed frame.
#[derive(Debug)]
struct Transformed {
    chain: std::sync::Arc<TransformChain>,
    literal: PatternSet,
}

#[derive(Default)]
struct LaneBuilder {
    set: PatternSetBuilder,
    prompted: Vec<Vec<RuleId>>,
    transformed: Vec<(Transformed, RuleId)>,
    unprompted: Vec<(Gate, RuleId)>,
}

/// Finds the rules that can match a frame.
#[derive(Debug, Default)]
pub(crate) struct Prefilter {
    lanes: FxHashMap<(AppProto, u8), Lane>,
}

impl Prefilter {
    /// Files rules.
    pub(crate) fn new(filings: Vec<Filing>) -> Self {
        let mut builders: FxHashMap<(AppProto, u8), LaneBuilder> = FxHashMap::default();
        for filing in filings {
            let builder = builders.entry((filing.proto, filing.kind)).or_default();
            builder.add(filing);
        }
        let lanes = builders
            .into_iter()
            .map(|(key, builder)| (key, builder.build()))
            .collect();
        Self { lanes }
    }

    /// Whether there are no rules about frames.
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// What is to be said of the literals that are looked for in frames of a kind.
    pub(crate) fn facts(&self, proto: AppProto, kind: u8) -> Option<PatternSetFacts> {
        let lane = self.lanes.get(&(proto, kind))?;
        let prompted: usize = lane.prompted.iter().map(Vec::len).sum();
        Some(PatternSetFacts {
            buffer: format!("frame {}", proto.frame_name(kind).unwrap_or_default()),
            transforms: 0,
            direction: None,
            patterns: lane.set.len() + lane.transformed.len(),
            rules: prompted + lane.transformed.len(),
        })
    }

    /// The rules that can match a stretch of a frame, in order, each once.
    pub(crate) fn collect<R: Recorder>(
        &self,
        proto: AppProto,
        view: &FrameView<'_>,
        gate: Gate,
        (seen, scratch, recorder): (&mut Seen, &mut SectionScratch, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        found.clear();
        let Some(lane) = self.lanes.get(&(proto, view.kind)) else {
            return;
        };
        recorder.enter(Part::Scan(PatternSetId::Frame(proto, view.kind)));
        lane.set.search_once(view.data, seen, |pattern| {
            if let Some(rules) = lane.prompted.get(pattern.index()) {
                found.extend_from_slice(rules);
            }
        });
        for (transformed, rule) in &lane.transformed {
            if let Some(data) = scratch.transform(&transformed.chain, view.data) {
                let mut occurs = false;
                transformed
                    .literal
                    .search_once(data, seen, |_| occurs = true);
                if occurs {
                    found.push(*rule);
                }
            }
        }
        recorder.scanned(view.data.len(), found);
        recorder.leave();
        let open = lane.unprompted.iter();
        found.extend(
            open.filter(|(wanted, _)| gate.contains(*wanted))
                .map(|(_, rule)| *rule),
        );
        found.sort_unstable();
        found.dedup();
    }
}

impl LaneBuilder {
    fn add(&mut self, filing: Filing) {
        let Some(pattern) = filing.pattern else {
            self.unprompted.push((filing.gate, filing.rule));
            return;
        };
        if let Some(chain) = pattern.chain {
            let mut literal = PatternSetBuilder::default();
            literal.add_within(&pattern.bytes, pattern.nocase, pattern.window);
            let literal = literal.build();
            let transformed = Transformed { chain, literal };
            self.transformed.push((transformed, filing.rule));
            return;
        }
        let id = self
            .set
            .add_within(&pattern.bytes, pattern.nocase, pattern.window)
            .index();
        if self.prompted.len() <= id {
            self.prompted.resize_with(id + 1, Vec::new);
        }
        if let Some(rules) = self.prompted.get_mut(id) {
            rules.push(filing.rule);
        }
    }

    fn build(self) -> Lane {
        Lane {
            set: self.set.build(),
            prompted: self.prompted,
            transformed: self.transformed,
            unprompted: self.unprompted,
        }
    }
}

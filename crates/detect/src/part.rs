//! The parts of the work on packets, for those who want to know what each costs.

use tapir_packet::Direction;
use tapir_protocols::AppProto;

use crate::prefilter::Lane;
use crate::rule_set::RuleSet;

/// A part of the work. Parts lie within each other: what is done in the inner one is not done in the outer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Headers of a frame.
    Decode,
    /// Fragments.
    Defragment,
    /// Finding the flow of a packet, and flows that have ended.
    Flow,
    /// TCP: sessions and reassembly.
    Stream,
    /// Recognising the application protocol.
    Recognise,
    /// The parser of a protocol.
    Parse(AppProto),
    /// From a packet, transaction or frame to the rules that can match it, but for what follows.
    Prefilter,
    /// Making the values in which a pattern set is looked for.
    Buffer(PatternSetId),
    /// Looking for a pattern set in one value.
    Scan(PatternSetId),
    /// What detection does around rules.
    Detection,
    /// Records of transactions and files.
    Records,
    /// All else that is done about a packet.
    Rest,
}

/// A pattern set: the literals of many rules that are looked for together in one kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternSetId {
    /// Literals in payloads, by the place of the set.
    Payload(u8),
    /// Literals in a buffer of transactions, by the place of the set.
    Transaction(u16),
    /// Literals in frames of a kind.
    Frame(AppProto, u8),
}

impl PatternSetId {
    pub(crate) fn payload(lane: Lane, way: usize) -> Self {
        Self::Payload((lane as u8) << 1 | u8::from(way > 0))
    }
}

/// What is to be said of a pattern set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternSetFacts {
    /// What it is looked for in.
    pub buffer: String,
    /// Transforms that are applied to that first.
    pub transforms: usize,
    /// The direction; nothing for both.
    pub direction: Option<Direction>,
    /// Literals in it.
    pub patterns: usize,
    /// Rules behind them.
    pub rules: usize,
}

impl RuleSet {
    /// What is to be said of a pattern set.
    pub fn pattern_set(&self, id: PatternSetId) -> Option<PatternSetFacts> {
        match id {
            PatternSetId::Payload(place) => {
                let lane = *Lane::ALL.get(usize::from(place >> 1))?;
                let direction = match place & 1 {
                    0 => Direction::ToServer,
                    _ => Direction::ToClient,
                };
                let (patterns, rules) = self.prefilter.size(lane, direction);
                Some(PatternSetFacts {
                    buffer: lane.name().to_owned(),
                    transforms: 0,
                    direction: Some(direction),
                    patterns,
                    rules,
                })
            }
            PatternSetId::Transaction(place) => self.transactions.facts(place),
            PatternSetId::Frame(proto, kind) => self.frames.facts(proto, kind),
        }
    }
}

//! The match trace: what the evaluator tells about each step, at no cost when nobody listens.
//!
//! The evaluator is generic over a [`Recorder`]. The engine's is [`NoRecord`], whose methods are empty and vanish when
//! compiled; a recorder that keeps the steps shows the same evaluation, because there is only one.

use crate::rule_id::RuleId;

/// A stage that a rule passes on its way to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Protocol, addresses, ports and direction of the rule's head.
    Header,
    /// Header fields, `flow`, `flowbits` and the other conditions that look at no buffer.
    Conditions,
    /// The rule's fast pattern, looked for together with those of all other rules.
    Prefilter,
    /// The options that look at the payload, in the packet or in the stream.
    Payload,
    /// The options that look at another buffer.
    Buffer,
    /// The conditions on hosts and data sets that cross flows.
    HostState,
}

/// What one option of a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionVerdict<'a> {
    /// Place of the option among the rule's options, counted from 0.
    pub option: u16,
    /// Name of the buffer it looked at; empty for an option that looks at none.
    pub buffer: &'a str,
    /// Where in that buffer it matched, or where the search began when it did not.
    pub offset: usize,
    /// Whether it held.
    pub matched: bool,
}

/// Listens to an evaluation. All methods do nothing unless overridden.
pub trait Recorder {
    /// False when nothing is kept: whoever would have to prepare something costly for a call asks first.
    const ENABLED: bool;

    /// Evaluation of `rule` begins on the current packet.
    #[inline(always)]
    fn rule(&mut self, rule: RuleId) {
        let _ = rule;
    }

    /// The current rule passed `stage`, or failed there and went no further.
    #[inline(always)]
    fn stage(&mut self, stage: Stage, passed: bool) {
        let _ = (stage, passed);
    }

    /// An option of the current rule was evaluated. Options that backtrack are told of each attempt.
    #[inline(always)]
    fn option(&mut self, verdict: OptionVerdict<'_>) {
        let _ = verdict;
    }

    /// The current rule matched; thresholds and suppressions may still keep it from being shown.
    #[inline(always)]
    fn matched(&mut self) {}
}

/// The engine's recorder: keeps nothing and costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRecord;

impl Recorder for NoRecord {
    const ENABLED: bool = false;
}

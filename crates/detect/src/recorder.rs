//! The match trace: what the evaluator tells about each step, at no cost when nobody listens.
//!
//! The evaluator is generic over a [`Recorder`]. The engine's is [`NoRecord`], whose methods are empty and vanish when
//! compiled; a recorder that keeps the steps shows the same evaluation, because there is only one.

use tapir_packet::Direction;
use tapir_protocols::{AppProto, Transaction};
use tapir_rules::keywords::BufferId;

use crate::arbiter::PacketFacts;
use crate::context::PacketContext;
use crate::flow_state::FlowState;
use crate::gate::Gate;
use crate::part::Part;
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
    /// Place of the option among the rule's options, counted from 0; [`NO_OPTION`] for what the rule asks without one.
    pub option: u16,
    /// Name of the buffer it looked at; empty for an option that looks at none.
    pub buffer: &'a str,
    /// The bytes of that buffer, as far as they were there.
    pub data: &'a [u8],
    /// Where these bytes begin in the whole buffer, when that is inspected piece by piece.
    pub base: u64,
    /// Where in these bytes it matched, or where the search began when it did not.
    pub offset: usize,
    /// Where the match ended, or where the search had to end.
    pub end: usize,
    /// Whether it held.
    pub matched: bool,
}

/// Stands for an option where a rule asks for something that none of its options says: a hook in its head.
pub const NO_OPTION: u16 = u16::MAX;

/// What a packet lacks that the head of a rule asks for, or its options before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadFault {
    /// The packet is broken: only rules about events are tried on it.
    Broken,
    /// It is of another protocol.
    Protocol,
    /// The source is none of the rule's addresses.
    Source,
    /// The source port is none of the rule's.
    SourcePort,
    /// The destination is none of the rule's addresses.
    Destination,
    /// The destination port is none of the rule's.
    DestinationPort,
    /// Its flow carries another application protocol, so far.
    AppProtocol(AppProto),
    /// These signs are not among the packet's.
    Gate(Gate),
}

/// What came of one test that a rule makes on a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestVerdict {
    /// Place of its (first) option among the rule's options; [`NO_OPTION`] for a hook in the head.
    pub option: u16,
    /// The buffer or field it looks at, if one.
    pub value: Option<BufferId>,
    /// The direction it was made in.
    pub direction: Direction,
    /// What came of it.
    pub outcome: TestOutcome,
}

/// How a test on a transaction came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestOutcome {
    /// It holds.
    Holds,
    /// It does not, for good or so far.
    Fails,
    /// The transaction has not come so far that its value is there.
    Waits,
    /// Transactions of this protocol have no such value in this direction.
    Never,
}

/// What became of a match, after all that crosses rules and flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is shown as an alert.
    Raised,
    /// Its rule raises no alerts.
    Unseen,
    /// This rule passed the packet before.
    Passed(RuleId),
    /// A `suppress` is about it.
    Suppressed,
    /// A threshold, event filter or detection filter does not let it through.
    Held,
    /// Conditions on hosts or data sets do not hold.
    Refused,
    /// The packet has raised as many alerts as it may.
    Crowded,
}

/// A transaction on which rules are tried, in one direction.
#[derive(Clone, Copy)]
pub struct TransactionSight<'t> {
    /// Its number in its flow.
    pub number: u64,
    /// Its protocol.
    pub proto: AppProto,
    /// The direction.
    pub direction: Direction,
    /// What it says.
    pub transaction: &'t dyn Transaction,
    /// Nothing of this direction will follow.
    pub is_complete: bool,
}

/// Listens to an evaluation. All methods do nothing unless overridden.
pub trait Recorder {
    /// False when nothing is kept: whoever would have to prepare something costly for a call asks first.
    const ENABLED: bool;

    /// Whether all transactions are to be shown with all their values, also those that no rule looks at.
    const WATCHES_TRANSACTIONS: bool = false;

    /// Rules, in their order, that are tried even where the prefilter does not ask for it. Such a trial is told as one
    /// that failed [`Stage::Prefilter`], and has no effect.
    #[inline(always)]
    fn insists_on(&self) -> &[RuleId] {
        &[]
    }

    /// A packet is inspected, with what is remembered of its flow.
    #[inline(always)]
    fn packet(&mut self, packet: &PacketContext<'_>, state: &FlowState) {
        let _ = (packet, state);
    }

    /// What is tried from here on looks at this transaction, or at none.
    #[inline(always)]
    fn transaction(&mut self, seen: Option<TransactionSight<'_>>) {
        let _ = seen;
    }

    /// A part of the work begins.
    #[inline(always)]
    fn enter(&mut self, part: Part) {
        let _ = part;
    }

    /// The part that was entered last is done.
    #[inline(always)]
    fn leave(&mut self) {}

    /// All that was entered, and the trial of a rule, has come to nothing: the inspection of a packet failed.
    #[inline(always)]
    fn abandon(&mut self) {}

    /// A pattern set was looked for in so many bytes, and these rules have a literal that occurs in them.
    #[inline(always)]
    fn scanned(&mut self, bytes: usize, prompted: &[RuleId]) {
        let _ = (bytes, prompted);
    }

    /// The prefilter named this rule, but the packet lacks signs that the rule asks for: it is not tried.
    #[inline(always)]
    fn passed_over(&mut self, rule: RuleId) {
        let _ = rule;
    }

    /// Evaluation of `rule` begins on the current packet.
    #[inline(always)]
    fn rule(&mut self, rule: RuleId) {
        let _ = rule;
    }

    /// Evaluation of the current rule is over. What comes of it may still be told.
    #[inline(always)]
    fn rule_done(&mut self) {}

    /// The current rule passed `stage`, or failed there and went no further.
    #[inline(always)]
    fn stage(&mut self, stage: Stage, passed: bool) {
        let _ = (stage, passed);
    }

    /// The packet lacks what the current rule asks for first. [`Stage::Header`] is told next.
    #[inline(always)]
    fn head(&mut self, fault: HeadFault) {
        let _ = fault;
    }

    /// An option of the current rule that looks at no buffer does not hold; told before [`option`](Self::option).
    /// The call says what there is instead, in words; nothing where the names in the rule say it better.
    #[inline(always)]
    fn instead(&mut self, seen: &dyn Fn() -> String) {
        let _ = seen;
    }

    /// An option of the current rule was evaluated. Options that backtrack are told of each attempt.
    #[inline(always)]
    fn option(&mut self, verdict: OptionVerdict<'_>) {
        let _ = verdict;
    }

    /// A test on a transaction was made, its options told before it.
    #[inline(always)]
    fn test(&mut self, verdict: TestVerdict) {
        let _ = verdict;
    }

    /// The current rule matched; thresholds and suppressions may still keep it from being shown.
    #[inline(always)]
    fn matched(&mut self) {}

    /// What became of a match of that packet. It is told when all workers' matches are in order, which may be later.
    #[inline(always)]
    fn ruled(&mut self, packet: &PacketFacts, rule: RuleId, fate: Fate) {
        let _ = (packet, rule, fate);
    }
}

/// The engine's recorder: keeps nothing and costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRecord;

impl Recorder for NoRecord {
    const ENABLED: bool = false;
}

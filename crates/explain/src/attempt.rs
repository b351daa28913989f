//! One attempt of a rule: on which packet, and what each of its parts said.

use std::net::IpAddr;

use tapir_detect::{Fate, HeadFault};
use tapir_packet::Direction;
use tapir_protocols::AppProto;

use crate::excerpt::Excerpt;

/// Where rules are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Number of the packet; of what is left of a stream at its end, the last one.
    pub(crate) packet: u64,
    /// Number of the flow in the records.
    pub(crate) flow: Option<u64>,
    /// Number of the transaction in its flow.
    pub(crate) transaction: Option<u64>,
    pub(crate) direction: Option<Direction>,
    pub(crate) ip_version: u8,
    pub(crate) proto: u8,
    pub(crate) source: (IpAddr, u16),
    pub(crate) destination: (IpAddr, u16),
    /// What the flow was recognised as.
    pub(crate) app: AppProto,
}

/// How a part of a rule came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Held,
    Failed,
    /// The value that it asks for was not there.
    Absent,
    /// The transaction had not come so far.
    Waited,
    /// Such transactions have no such value in this direction.
    Never,
}

/// What one part of a rule said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Place of the option among those of the rule.
    pub(crate) option: u16,
    pub(crate) outcome: Outcome,
    /// The buffer it looked at; empty for none.
    pub(crate) buffer: Box<str>,
    /// Where it matched, or was looked for.
    pub(crate) range: (u64, u64),
    /// Where what was looked for stands, outside of that.
    pub(crate) elsewhere: Option<u64>,
    /// The bytes there.
    pub(crate) excerpt: Option<Excerpt>,
    /// What was there instead, of an option that looks at no buffer and does not hold.
    pub(crate) instead: Box<str>,
    /// The direction of a test on a transaction.
    pub(crate) direction: Option<Direction>,
}

/// One attempt.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) place: Place,
    /// The prefilter asked for the rule. If not, the attempt was made for the explanation alone.
    pub(crate) prompted: bool,
    /// What the packet lacked before any option was looked at.
    pub(crate) fault: Option<HeadFault>,
    pub(crate) steps: Vec<Step>,
    /// The rule looks at transactions or frames, and this attempt had none to look at.
    pub(crate) is_begun_only: bool,
    pub(crate) matched: bool,
    /// What became of matches of the flow, each with its packet.
    pub(crate) fates: Vec<(u64, Fate)>,
}

impl Attempt {
    /// How far it came; what is greater came further.
    pub(crate) fn rank(&self) -> (u8, u16, bool, u8) {
        let held = self
            .steps
            .iter()
            .filter(|step| step.outcome == Outcome::Held);
        let is_never = |step: &Step| step.outcome == Outcome::Never;
        let level = match self.fault {
            _ if self.is_raised() => 14,
            _ if self.matched => 13,
            Some(fault) => fault_rank(fault),
            None if self.is_begun_only => 10,
            None if self.steps.iter().any(is_never) => 11,
            None => 12,
        };
        let held = u16::try_from(held.count()).unwrap_or(u16::MAX);
        let obstacle = self.obstacle().map(|step| step.outcome);
        let seen = match obstacle {
            Some(Outcome::Failed) => 2,
            Some(Outcome::Absent | Outcome::Never) => 1,
            Some(Outcome::Waited | Outcome::Held) | None => 0,
        };
        (level, held, self.prompted, seen)
    }

    /// Whether it led to an alert.
    pub(crate) fn is_raised(&self) -> bool {
        self.fates.iter().any(|(_, fate)| *fate == Fate::Raised)
    }

    /// The part that kept it from matching.
    pub(crate) fn obstacle(&self) -> Option<&Step> {
        let failed = |step: &&Step| step.outcome != Outcome::Held;
        let for_good = |step: &&Step| failed(step) && step.outcome != Outcome::Waited;
        let steps = || self.steps.iter();
        steps().find(for_good).or_else(|| steps().find(failed))
    }
}

/// How late a packet was found not to be for a rule.
pub(crate) fn fault_rank(fault: HeadFault) -> u8 {
    match fault {
        HeadFault::Broken => 0,
        HeadFault::Protocol => 1,
        HeadFault::Source => 2,
        HeadFault::SourcePort => 3,
        HeadFault::Destination => 4,
        HeadFault::DestinationPort => 5,
        HeadFault::Gate(_) => 6,
        HeadFault::AppProtocol(AppProto::Unknown) => 7,
        HeadFault::AppProtocol(_) => 8,
    }
}

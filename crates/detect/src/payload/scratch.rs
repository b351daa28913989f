//! Memory for evaluations, kept from one to the next.

use smallvec::SmallVec;
use tapir_matcher::{Limits, RegexScratch};
use tapir_rules::tree::CaptureScope;

use crate::names::NameId;

/// Steps that one evaluation may take; Suricata's `inspection-recursion-limit`.
const DEFAULT_STEP_LIMIT: u32 = 3000;

/// The numbers that `byte_extract` and `byte_math` have taken from a rule's buffers.
#[derive(Debug, Default)]
pub(super) struct Variables(SmallVec<[(NameId, u64); 8]>);

impl Variables {
    /// The value of a variable; 0 if it has not been set.
    pub(super) fn get(&self, name: NameId) -> u64 {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0, |&(_, value)| value)
    }

    pub(super) fn set(&mut self, name: NameId, value: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }
}

/// A value that a group of a regular expression captured.
#[derive(Debug)]
struct Captured {
    scope: CaptureScope,
    id: NameId,
    name: Box<str>,
    value: Vec<u8>,
}

/// A worker's memory for evaluating programs, and what the rule at hand has taken from its buffers.
#[derive(Debug)]
pub(crate) struct ProgramScratch {
    pub(super) variables: Variables,
    pub(super) regex: RegexScratch,
    /// What `base64_decode` decoded.
    pub(super) decoded: Vec<u8>,
    pub(super) step_limit: u32,
    captured: Vec<Captured>,
}

impl Default for ProgramScratch {
    fn default() -> Self {
        Self::new(Limits::default(), DEFAULT_STEP_LIMIT)
    }
}

impl ProgramScratch {
    /// Memory for evaluations of at most `step_limit` steps, regular expressions under `limits`.
    pub(crate) fn new(limits: Limits, step_limit: u32) -> Self {
        Self {
            variables: Variables::default(),
            regex: RegexScratch::new(limits),
            decoded: Vec::new(),
            step_limit,
            captured: Vec::new(),
        }
    }

    /// Memory for regular expressions.
    pub(crate) fn regex(&mut self) -> &mut RegexScratch {
        &mut self.regex
    }

    /// A rule begins: what the one before left is forgotten.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.variables.0.clear();
        self.captured.clear();
    }

    pub(super) fn capture(&mut self, scope: CaptureScope, id: NameId, name: &str, value: &[u8]) {
        let known = self
            .captured
            .iter_mut()
            .find(|known| known.scope == scope && known.id == id);
        match known {
            Some(known) => {
                known.value.clear();
                known.value.extend_from_slice(value);
            }
            None => self.captured.push(Captured {
                scope,
                id,
                name: name.into(),
                value: value.to_vec(),
            }),
        }
    }

    /// What the rule captured into variables of the packet.
    pub(crate) fn captures(&self, each: impl FnMut(&str, &[u8])) {
        self.captured_for(CaptureScope::Packet, each);
    }

    /// What the rule captured for its alert to show.
    pub(crate) fn alert_captures(&self, each: impl FnMut(&str, &[u8])) {
        self.captured_for(CaptureScope::Alert, each);
    }

    fn captured_for(&self, scope: CaptureScope, mut each: impl FnMut(&str, &[u8])) {
        for captured in self.captured.iter().filter(|one| one.scope == scope) {
            each(&captured.name, &captured.value);
        }
    }

    /// What the rule captured into variables of the flow.
    pub(crate) fn flow_captures(&self, mut each: impl FnMut(NameId, &[u8])) {
        for captured in self
            .captured
            .iter()
            .filter(|captured| captured.scope == CaptureScope::Flow)
        {
            each(captured.id, &captured.value);
        }
    }
}

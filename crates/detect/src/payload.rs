//! The options that look into one buffer, compiled to a program and evaluated.
//!
//! A [`Program`] is a list of steps in the order of the rule: contents, regular expressions, tests and jumps on
//! numbers. Each step holds or not, and may move the cursor, the place that relative options count from. A step that
//! can stand at several places is tried at the next one when what depends on it fails. The number of steps of one
//! evaluation is limited, so that no traffic makes that take long.

mod asn1;
mod ber;
mod bytes;
mod compile;
mod content;
mod entropy;
mod evaluate;
mod number;
mod regex;
mod rpc;
mod scratch;
mod step;

use crate::recorder::Recorder;
use crate::transform::{TransformChain, TransformWork};
use evaluate::{Evaluation, Verdict};
use step::{Step, StepKind};

pub(crate) use compile::contents;
pub(crate) use scratch::ProgramScratch;

/// Bytes to inspect, and what is known about them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InspectBuffer<'a> {
    /// Name of the buffer, for the match trace.
    pub(crate) name: &'static str,
    /// The bytes.
    pub(crate) data: &'a [u8],
    /// Where the bytes start in the whole buffer, when that is inspected piece by piece.
    pub(crate) offset: u64,
    /// Whether nothing more of the buffer will come.
    pub(crate) end: bool,
    /// Whether the bytes are the payload of TCP, where an RPC call is preceded by a record mark.
    pub(crate) tcp: bool,
}

impl<'a> InspectBuffer<'a> {
    /// A whole buffer.
    pub(crate) fn whole(name: &'static str, data: &'a [u8]) -> Self {
        Self {
            name,
            data,
            end: true,
            ..Self::default()
        }
    }
}

/// What the options of a rule ask of one buffer.
#[derive(Debug)]
pub(crate) struct Program {
    transforms: Option<Box<TransformChain>>,
    steps: Box<[Step]>,
}

impl Program {
    /// The bytes to inspect: what the transforms make of a buffer; nothing if one of them failed.
    pub(crate) fn inspected<'a>(
        &self,
        data: &'a [u8],
        work: &'a mut TransformWork,
        scratch: &mut ProgramScratch,
    ) -> Option<&'a [u8]> {
        match &self.transforms {
            None => Some(data),
            Some(transforms) => transforms.apply(data, work, &mut scratch.regex),
        }
    }

    /// Whether the options hold for the bytes of a buffer, its transforms done. Captures and variables are left in
    /// `scratch`, which has been told that the rule begins.
    #[inline]
    pub(crate) fn run<R: Recorder>(
        &self,
        buffer: &InspectBuffer<'_>,
        scratch: &mut ProgramScratch,
        recorder: &mut R,
    ) -> bool {
        if self.steps.is_empty() {
            return true;
        }
        let left = scratch.step_limit;
        Evaluation {
            buffer,
            scratch,
            recorder,
            left,
        }
        .steps(&self.steps, 0)
            == Verdict::Match
    }

    /// Whether the options hold when the buffer is not there: they say `absent`.
    pub(crate) fn holds_without_buffer(&self) -> bool {
        self.steps
            .first()
            .is_some_and(|step| matches!(step.kind, StepKind::Absent { .. }))
    }
}

#[cfg(test)]
mod tests;

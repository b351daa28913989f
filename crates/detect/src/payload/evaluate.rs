//! The evaluation of a program.

use tapir_rules::tree::{IntegerOp, IntegerTest};

use super::InspectBuffer;
use super::ber;
use super::content::ContentStep;
use super::regex::RegexStep;
use super::scratch::ProgramScratch;
use super::step::{Base64Step, DataAtStep, SizeStep, Step, StepKind, Value};
use crate::recorder::{OptionVerdict, Recorder};
use crate::transform::base64;

/// A position that a variable gives is beyond any buffer from here on.
const FAR: i64 = 100_000_000;

/// What came of some steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All hold.
    Match,
    /// One does not, at this place of what it counts from.
    Fail,
    /// One does not, whatever it counts from.
    Stop,
}

/// An evaluation of a program on a buffer.
pub(super) struct Evaluation<'e, R> {
    pub(super) buffer: &'e InspectBuffer<'e>,
    pub(super) scratch: &'e mut ProgramScratch,
    pub(super) recorder: &'e mut R,
    /// Steps that may still be taken.
    pub(super) left: u32,
}

/// How a step ended.
enum Outcome {
    /// It holds; evaluation goes on from this cursor.
    Next(usize),
    /// The verdict on this step and all after it.
    Over(Verdict),
}

impl<R: Recorder> Evaluation<'_, R> {
    /// Evaluates steps, the first of them with this cursor.
    pub(super) fn steps(&mut self, steps: &[Step], mut cursor: usize) -> Verdict {
        // What a failure means: once a content has matched that nothing depends on, no other place of anything
        // before it makes a difference.
        let mut failure = Verdict::Fail;
        for (at, step) in steps.iter().enumerate() {
            match self.left {
                0 | 1 => return Verdict::Stop,
                _ => self.left -= 1,
            }
            let rest = steps.get(at + 1..).unwrap_or_default();
            let outcome = match &step.kind {
                StepKind::Content(content) => {
                    self.content(step, content, rest, cursor, &mut failure)
                }
                StepKind::Regex(regex) => self.regex(step, regex, rest, cursor),
                _ => self.simple(step, cursor),
            };
            match outcome {
                Outcome::Next(next) => cursor = next,
                Outcome::Over(Verdict::Fail) => return failure,
                Outcome::Over(verdict) => return verdict,
            }
        }
        Verdict::Match
    }

    #[inline(always)]
    fn record(&mut self, step: &Step, (offset, end): (usize, usize), matched: bool) {
        let buffer = self.buffer;
        self.recorder.option(OptionVerdict {
            option: step.option,
            buffer: buffer.name,
            data: buffer.data,
            base: buffer.offset,
            offset,
            end,
            matched,
        });
    }

    fn content(
        &mut self,
        step: &Step,
        content: &ContentStep,
        rest: &[Step],
        cursor: usize,
        failure: &mut Verdict,
    ) -> Outcome {
        let data = self.buffer.data;
        let mut from = None;
        loop {
            let window = content.window(
                &self.scratch.variables,
                cursor,
                data.len(),
                self.buffer.offset,
            );
            let Some((start, end)) = window else {
                self.record(step, (cursor, cursor), false);
                return Outcome::Over(Verdict::Fail);
            };
            let start = from.unwrap_or(start);
            if start > end || end == 0 {
                self.record(step, (start, end), content.negated);
                return if content.negated {
                    Outcome::Next(cursor)
                } else {
                    Outcome::Over(Verdict::Fail)
                };
            }
            let found = content.find(data, start, end);
            if content.negated {
                return self.negated_content(step, content, cursor, start..end, found);
            }
            let Some(found) = found else {
                self.record(step, (start, end), false);
                return Outcome::Over(if content.is_relative() {
                    Verdict::Fail
                } else {
                    Verdict::Stop
                });
            };
            let behind = found + content.literal.len();
            self.record(step, (found, behind), true);
            if rest.is_empty() {
                return Outcome::Over(Verdict::Match);
            }
            if !content.retry {
                *failure = Verdict::Stop;
                return Outcome::Next(behind);
            }
            match self.steps(rest, behind) {
                Verdict::Fail => from = Some(found + 1),
                verdict => return Outcome::Over(verdict),
            }
        }
    }

    fn negated_content(
        &mut self,
        step: &Step,
        content: &ContentStep,
        cursor: usize,
        window: std::ops::Range<usize>,
        found: Option<usize>,
    ) -> Outcome {
        let holds = match found {
            None => true,
            Some(found) => content.endswith && found + content.literal.len() != window.len(),
        };
        let place = match found {
            Some(found) => (found, found + content.literal.len()),
            None => (window.start, window.end),
        };
        self.record(step, place, holds);
        if holds {
            Outcome::Next(cursor)
        } else {
            Outcome::Over(if content.single {
                Verdict::Stop
            } else {
                Verdict::Fail
            })
        }
    }

    fn regex(&mut self, step: &Step, regex: &RegexStep, rest: &[Step], cursor: usize) -> Outcome {
        let mut from = 0;
        loop {
            let failures = self.scratch.regex.failures();
            let found = regex.find(self.buffer.data, cursor, from, self.scratch);
            // An expression that ran into a limit neither matched nor did not.
            let known = self.scratch.regex.failures() == failures;
            let holds = known && found.is_some() != regex.negated;
            let place = match found {
                Some(found) => (found.start, found.end),
                None => (regex.start(cursor), self.buffer.data.len()),
            };
            self.record(step, place, holds);
            if !holds {
                return Outcome::Over(Verdict::Fail);
            }
            let Some(found) = found else {
                return Outcome::Next(cursor);
            };
            if !regex.retry || rest.is_empty() {
                return Outcome::Next(found.end);
            }
            match self.steps(rest, found.end) {
                Verdict::Fail => from = found.start + 1,
                verdict => return Outcome::Over(verdict),
            }
        }
    }

    /// A step that can hold at one place only.
    fn simple(&mut self, step: &Step, cursor: usize) -> Outcome {
        let buffer = self.buffer;
        let data = buffer.data;
        let variables = &mut self.scratch.variables;
        let holds = |holds: bool| holds.then_some(cursor).ok_or(Verdict::Fail);
        let result = match &step.kind {
            StepKind::DataAt(asked) => self.data_at(asked, cursor).map(|()| cursor),
            StepKind::Test(test) => holds(test.holds(buffer, cursor, variables)),
            StepKind::Jump(jump) => jump.land(buffer, cursor, variables).ok_or(Verdict::Fail),
            StepKind::Extract(extract) => {
                extract.take(buffer, cursor, variables).ok_or(Verdict::Fail)
            }
            StepKind::Math(math) => math.take(buffer, cursor, variables).ok_or(Verdict::Fail),
            StepKind::Size(size) => self.size(size, cursor).map(|()| cursor),
            StepKind::UriLength(test) => test
                .holds(data.len().min(0xffff) as u64)
                .then_some(cursor)
                .ok_or(Verdict::Stop),
            StepKind::Absent { or_else } => holds(*or_else),
            StepKind::Base64(decode) => return self.base64(step, decode, cursor),
            StepKind::Entropy(test) => holds(test.holds(data)),
            StepKind::Asn1(test) => holds(test.holds(data, cursor)),
            StepKind::BerData { kind } => {
                ber::content_start(data, cursor, *kind).ok_or(Verdict::Fail)
            }
            StepKind::BerSkip { kind, optional } => {
                ber::behind(data, cursor, *kind, *optional).ok_or(Verdict::Fail)
            }
            StepKind::Rpc(test) => holds(test.holds(data, buffer.tcp)),
            StepKind::Content(_) | StepKind::Regex(_) => Err(Verdict::Fail),
        };
        let place = result.unwrap_or(cursor);
        self.record(step, (place, place), result.is_ok());
        result.map_or_else(Outcome::Over, Outcome::Next)
    }

    fn data_at(&self, asked: &DataAtStep, cursor: usize) -> Result<(), Verdict> {
        let position = asked.position.get(&self.scratch.variables);
        let far = matches!(asked.position, Value::Variable(_)) && !(0..FAR).contains(&position);
        let len = self.buffer.data.len();
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        let there = !far
            && match asked.relative {
                true => cursor.saturating_add(position) <= len,
                false => position < len,
            };
        if there != asked.negated {
            return Ok(());
        }
        // A relative position may be in reach from an earlier match, never from a later one.
        let later_may_hold = asked.position.is_variable() || (asked.relative && asked.negated);
        Err(if later_may_hold {
            Verdict::Fail
        } else {
            Verdict::Stop
        })
    }

    fn size(&self, size: &SizeStep, cursor: usize) -> Result<(), Verdict> {
        let len = self.buffer.data.len();
        let len = if size.relative {
            len.saturating_sub(cursor) as u64
        } else {
            self.buffer.offset + len as u64
        };
        let holds = match size.variable {
            Some(name) => IntegerTest {
                a: self.scratch.variables.get(name),
                ..size.test
            }
            .holds(len),
            None => size.test.holds(len),
        };
        if holds {
            return Ok(());
        }
        let may_grow = match size.test.op {
            IntegerOp::Less | IntegerOp::LessOrEqual => false,
            _ => !self.buffer.end,
        };
        Err(if may_grow || size.relative {
            Verdict::Fail
        } else {
            Verdict::Stop
        })
    }

    /// Decodes, and asks of the result what the rule asks. Nothing of the rule comes after that.
    fn base64(&mut self, step: &Step, decode: &Base64Step, cursor: usize) -> Outcome {
        let start = decode
            .offset
            .saturating_add(if decode.relative { cursor } else { 0 });
        let encoded = self.buffer.data.get(start..).unwrap_or_default();
        let encoded = encoded.get(..decode.bytes).unwrap_or(encoded);
        let mut decoded = std::mem::take(&mut self.scratch.decoded);
        decoded.clear();
        base64::decode_until_foreign(encoded, &mut decoded);
        self.record(step, (start, start + encoded.len()), !decoded.is_empty());
        let verdict = if decoded.is_empty() || decode.decoded.is_empty() {
            Verdict::Fail
        } else {
            let buffer = InspectBuffer::whole("base64_data", &decoded);
            let mut inner = Evaluation {
                buffer: &buffer,
                scratch: &mut *self.scratch,
                recorder: &mut *self.recorder,
                left: self.left,
            };
            let verdict = inner.steps(&decode.decoded, 0);
            self.left = inner.left;
            verdict
        };
        self.scratch.decoded = decoded;
        Outcome::Over(if verdict == Verdict::Match {
            verdict
        } else {
            Verdict::Fail
        })
    }
}

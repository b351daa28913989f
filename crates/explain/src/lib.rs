//! Why a rule alerted on a capture, or did not; and what the sticky buffers of a capture hold.
//!
//! [`explain`] replays captures through the engine's own worker with a recorder that listens to its evaluator, so that
//! what it tells is what the engine does. [`watch`] does the same to show every value that rules could ask for.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod attempt;
mod buffers;
mod circumstances;
mod excerpt;
mod explanation;
mod json;
mod subject;
mod summary;
mod text;
mod trace;
mod words;

use std::path::Path;
use std::sync::Arc;

use tapir_capture::{CaptureError, CaptureFile};
use tapir_engine::{LoadedRules, Progress, Replay, Session, Settings, Trouble};

pub use buffers::{BufferQuery, BufferValue, Buffers, watch};
pub use explanation::{Explanation, RuleExplanation, Standing};
pub use summary::{Summary, summarise};

use subject::Subject;
use trace::Trace;

/// A rule by its number: the generator is any, unless it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sid {
    /// Generator id.
    pub gid: Option<u32>,
    /// Signature id.
    pub sid: u32,
}

/// What is to be explained.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The rules.
    pub sids: Vec<Sid>,
    /// Only this flow, by its number in the records.
    pub flow: Option<u64>,
    /// Only this packet, by its number in the capture.
    pub packet: Option<u64>,
    /// Every attempt, not only those that came furthest.
    pub all: bool,
}

impl Query {
    /// A question about one rule.
    pub fn of(sid: u32) -> Self {
        Self {
            sids: vec![Sid { gid: None, sid }],
            ..Self::default()
        }
    }

    fn takes(&self, packet: u64, flow: Option<u64>) -> bool {
        self.packet.is_none_or(|wanted| wanted == packet)
            && self.flow.is_none_or(|wanted| flow == Some(wanted))
    }
}

/// Replays captures and says how far each rule of the query came.
///
/// The rules are to be loaded with their trees (`RuleSources::keeps_trees`).
///
/// # Errors
/// When the filter of the replay is wrong.
pub fn explain(
    settings: Arc<Settings>,
    rules: Arc<LoadedRules>,
    replay: &Replay,
    query: &Query,
    progress: impl FnMut(Progress),
    trouble: impl FnMut(&Path, Trouble),
) -> Result<Explanation, CaptureError> {
    attempt_all(settings, rules, query, |session| {
        session.replay(replay, progress, trouble)
    })
}

/// As [`explain`], of one capture that is open already.
///
/// # Errors
/// None as it stands: without a filter, none can be wrong.
pub fn explain_capture(
    settings: Arc<Settings>,
    rules: Arc<LoadedRules>,
    capture: CaptureFile,
    query: &Query,
) -> Result<Explanation, CaptureError> {
    attempt_all(settings, rules, query, |session| {
        session.replay_capture(capture).map(drop)
    })
}

/// Listens to a replay for the rules of the query.
fn attempt_all(
    settings: Arc<Settings>,
    rules: Arc<LoadedRules>,
    query: &Query,
    replay: impl FnOnce(&mut Session<Trace>) -> Result<(), CaptureError>,
) -> Result<Explanation, CaptureError> {
    let subjects: Vec<Subject> = query
        .sids
        .iter()
        .map(|sid| Subject::find(*sid, &rules))
        .collect();
    let trace = Trace::new(&subjects, query, &rules);
    let mut session = Session::new(settings, Arc::clone(&rules), trace);
    replay(&mut session)?;
    let trace = std::mem::take(session.recorder());
    Ok(Explanation::of(rules, subjects, trace, query.all))
}

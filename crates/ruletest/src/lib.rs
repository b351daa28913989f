//! Unit tests for rules.
//!
//! A case has rules, traffic, and expectations. It is a section of a Markdown file, in which blocks of code say all
//! three, or a folder in the layout of suricata-verify. `docs/rule-tests.md` describes the notation.
//!
//! | in | is |
//! |---|---|
//! | [`collect`] | finding cases below files and folders |
//! | [`notation`] | the notation of traffic, and the packets it stands for |
//! | [`run`](fn@run) | cases in Markdown against the engine |
//! | [`verify`](fn@verify) | folders in the layout of suricata-verify against the binary |
//! | [`draft`](fn@draft) | a case written from a capture |
//! | [`report`] | outcomes for people and for machines |
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod case;
mod collect;
mod draft;
mod expect;
mod markdown;
mod mistake;
pub mod notation;
mod outcome;
pub mod report;
mod run;
mod side_by_side;
mod verify;
mod why;

pub use case::{Case, RuleKey};
pub use collect::{Found, collect};
pub use draft::{Draft, draft};
pub use expect::{Alerts, Expectation, Expected, Raised, RuleNumber};
pub use mistake::Mistake;
pub use outcome::{Failure, Outcome, Totals, Verdict};
pub use run::{Surroundings, run};
pub use verify::{Verification, verify};

//! Why a rule did not alert, as `tapir explain` says it.

use std::sync::Arc;

use tapir_explain::{Query, Sid, explain_capture};

use crate::case::Case;
use crate::expect::RuleNumber;
use crate::notation::open;
use crate::run::Loaded;

/// Lines of an explanation that are shown; the rest is what `tapir explain` is for.
const LINES: usize = 40;

/// Why a rule did not alert on the traffic of a case.
pub(crate) fn why(
    (gid, sid): RuleNumber,
    case: &Case,
    loaded: &Loaded,
    colour: bool,
) -> Option<String> {
    let query = Query {
        sids: vec![Sid {
            gid: Some(gid),
            sid,
        }],
        ..Query::default()
    };
    let (settings, rules) = (Arc::clone(&loaded.settings), Arc::clone(&loaded.rules));
    let explanation = explain_capture(settings, rules, open(&case.traffic).ok()?, &query).ok()?;
    let text = explanation.text(colour);
    let lines: Vec<&str> = text.trim_end().lines().take(LINES).collect();
    Some(lines.join("\n"))
}

//! How far all rules came, a line each.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tapir_capture::CaptureError;
use tapir_detect::{RuleId, Stage, Tallies, Tally};
use tapir_engine::{LoadedRules, Progress, Replay, Session, Settings, Trouble};

/// Rules of the table in a terminal.
const SHOWN: usize = 40;

/// How far the rules came that were tried at all.
pub struct Summary {
    loaded: Arc<LoadedRules>,
    /// The furthest first.
    rules: Vec<(RuleId, Tally)>,
}

/// Replays captures and counts how far every rule came.
///
/// # Errors
/// When the filter of the replay is wrong.
pub fn summarise(
    settings: Arc<Settings>,
    rules: Arc<LoadedRules>,
    replay: &Replay,
    progress: impl FnMut(Progress),
    trouble: impl FnMut(&Path, Trouble),
) -> Result<Summary, CaptureError> {
    let mut session = Session::new(settings, Arc::clone(&rules), Tallies::default());
    session.replay(replay, progress, trouble)?;
    let mut tallies: Vec<(RuleId, Tally)> = session
        .recorder()
        .iter()
        .map(|(rule, tally)| (rule, tally.clone()))
        .collect();
    tallies.sort_by(|(a, of_a), (b, of_b)| {
        let key = |it: &Tally| (it.alerts, it.matches, furthest(it), it.trials);
        key(of_b).cmp(&key(of_a)).then(a.cmp(b))
    });
    Ok(Summary {
        loaded: rules,
        rules: tallies,
    })
}

/// The last stage that an attempt came to without matching.
fn furthest(tally: &Tally) -> Option<Stage> {
    tally.failures.last_key_value().map(|(stage, _)| *stage)
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Header => "head",
        Stage::Conditions => "conditions",
        Stage::Prefilter => "prefilter",
        Stage::Payload => "payload",
        Stage::Buffer => "buffers",
        Stage::HostState => "hosts and data sets",
    }
}

impl Summary {
    /// A table with the rules that came furthest.
    pub fn text(&self) -> String {
        let mut out = String::from("    alerts   matches    trials  ended at             rule\n");
        for (rule, tally) in self.rules.iter().take(SHOWN) {
            let Some(meta) = self.loaded.set.meta(*rule) else {
                continue;
            };
            let stage = furthest(tally).map_or("", stage_name);
            let _ = writeln!(
                out,
                "{:>10} {:>9} {:>9}  {stage:<19}  {}:{} {}",
                tally.alerts, tally.matches, tally.trials, meta.gid, meta.sid, meta.msg
            );
        }
        if self.rules.len() > SHOWN {
            let _ = writeln!(
                out,
                "and {} more rules that were tried",
                self.rules.len() - SHOWN
            );
        }
        let untried = self.loaded.set.len().saturating_sub(self.rules.len());
        let _ = writeln!(
            out,
            "{untried} rules were never tried: the prefilter found nothing for them. --sid N says more of one."
        );
        out
    }

    /// All rules that were tried, an object each.
    pub fn json(&self) -> Value {
        let of_rule = |(rule, tally): &(RuleId, Tally)| {
            let meta = self.loaded.set.meta(*rule);
            let failures: serde_json::Map<String, Value> = tally
                .failures
                .iter()
                .map(|(stage, count)| (stage_name(*stage).to_owned(), Value::from(*count)))
                .collect();
            json!({
                "gid": meta.map(|meta| meta.gid),
                "sid": meta.map(|meta| meta.sid),
                "msg": meta.map(|meta| &*meta.msg),
                "trials": tally.trials,
                "matches": tally.matches,
                "alerts": tally.alerts,
                "failures": failures,
            })
        };
        self.rules.iter().map(of_rule).collect()
    }
}

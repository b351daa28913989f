//! An explanation for programs.

use serde_json::{Value, json};
use tapir_detect::Fate;
use tapir_rules::Rule;

use crate::attempt::{Attempt, Outcome};
use crate::excerpt::as_content;
use crate::explanation::{Explanation, RuleExplanation, Standing};
use crate::words;

impl Standing {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Unknown => "unknown",
            Standing::Commented => "commented",
            Standing::Refused => "refused",
            Standing::LeftOut => "left_out",
            Standing::Alerted => "alerted",
            Standing::Silent => "silent",
        }
    }
}

impl Explanation {
    /// The explanation as an array with an object for each rule.
    pub fn json(&self) -> Value {
        self.rules.iter().map(|rule| self.json_of(rule)).collect()
    }

    fn json_of(&self, rule: &RuleExplanation) -> Value {
        let tree = self.tree(rule);
        let alerts: Vec<Value> = rule
            .record
            .alerts
            .iter()
            .map(|alert| json!({ "packet": alert.number, "flow_id": alert.flow }))
            .collect();
        let attempts: Vec<Value> = tree
            .into_iter()
            .flat_map(|tree| {
                rule.shown
                    .iter()
                    .map(move |attempt| self.json_of_attempt(attempt, tree))
            })
            .collect();
        let diagnostics: Vec<&str> = rule
            .subject
            .diagnostics
            .iter()
            .map(|diagnostic| &*diagnostic.message)
            .collect();
        json!({
            "sid": rule.sid(),
            "gid": tree.map(|tree| tree.gid),
            "msg": tree.map(Rule::msg),
            "line": tree.map(|tree| tree.line),
            "standing": rule.standing().name(),
            "alerts": alerts,
            "attempts": attempts,
            "unshown": rule.unshown,
            "diagnostics": diagnostics,
            "near": rule.subject.near,
        })
    }

    fn json_of_attempt(&self, attempt: &Attempt, tree: &Rule) -> Value {
        let place = &attempt.place;
        let fault = attempt
            .fault
            .map(|fault| words::of_fault(fault, place, tree, &self.loaded));
        let steps: Vec<Value> = attempt
            .steps
            .iter()
            .map(|step| {
                let excerpt = step.excerpt.as_ref();
                json!({
                    "option": self.option(step, tree),
                    "outcome": name_of(step.outcome),
                    "says": words::of_step(step, place, tree, self),
                    "buffer": *step.buffer,
                    "from": step.range.0,
                    "to": step.range.1,
                    "elsewhere": step.elsewhere,
                    "bytes_from": excerpt.map(|it| it.start),
                    "bytes": excerpt.map(|it| as_content(&it.bytes)),
                })
            })
            .collect();
        let fates: Vec<Value> = attempt
            .fates
            .iter()
            .map(|(packet, fate)| {
                json!({
                    "packet": packet,
                    "fate": name_of_fate(*fate),
                    "says": words::of_fate(*fate, tree, self),
                })
            })
            .collect();
        json!({
            "packet": place.packet,
            "flow_id": place.flow,
            "tx_id": place.transaction,
            "src_ip": place.source.0.to_string(),
            "src_port": place.source.1,
            "dest_ip": place.destination.0.to_string(),
            "dest_port": place.destination.1,
            "app_proto": place.app.name(),
            "prefilter": attempt.prompted,
            "matched": attempt.matched,
            "head": fault,
            "steps": steps,
            "fates": fates,
            "notes": words::of_circumstances(&self.circumstances(attempt), self),
        })
    }
}

fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "passed",
        Outcome::Failed => "failed",
        Outcome::Absent => "absent",
        Outcome::Waited => "waited",
        Outcome::Never => "never",
    }
}

fn name_of_fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Raised => "raised",
        Fate::Unseen => "no_alert",
        Fate::Passed(_) => "passed",
        Fate::Suppressed => "suppressed",
        Fate::Held => "threshold",
        Fate::Refused => "host_state",
        Fate::Crowded => "too_many",
    }
}

//! What is expected of a case: `alert 1000001 once`, `no alert 1000002`, `nothing else`.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use tapir_rules::Source;

use crate::mistake::{Mistake, Read};
use crate::notation::{Scanner, lines};
use crate::outcome::Failure;

/// A rule by its numbers: `gid` and `sid`.
pub type RuleNumber = (u32, u32);

/// All that is expected of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Of certain rules.
    pub alerts: Vec<Expectation>,
    /// No other rule alerts; the line that says so.
    pub nothing_else: Option<u32>,
}

/// How often a rule alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The rule.
    pub rule: RuleNumber,
    /// The fewest alerts.
    pub least: u64,
    /// The most alerts, where there is a limit.
    pub most: Option<u64>,
    /// The line that says so.
    pub line: u32,
    /// How it is written.
    pub text: String,
}

/// A rule that alerted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raised {
    /// What its rule says of it.
    pub msg: String,
    /// The packets, in order, each as often as it alerted.
    pub packets: Vec<u64>,
}

/// Alerts by rule.
pub type Alerts = BTreeMap<RuleNumber, Raised>;

const HELP: &str = "write `alert SID`, `alert SID once`, `alert SID 3 times`, `alert SID at least 2 times`, \
    `no alert SID` or `nothing else`";

/// Reads blocks of expectations.
pub(crate) fn expectations(source: &Source, text: &str, blocks: &[Range<usize>]) -> Read<Expected> {
    let mut expected = Expected::default();
    for block in blocks {
        for mut line in lines(text, block.clone()) {
            if line.at_end() || line.rest().starts_with('#') {
                continue;
            }
            let number = source
                .position(u32::try_from(line.place()).unwrap_or(u32::MAX))
                .0;
            match line.peek() {
                "nothing" => {
                    line.word();
                    line.take_word("else");
                    line.end()?;
                    expected.nothing_else = Some(number);
                }
                _ => expected.alerts.push(expectation(&mut line, number)?),
            }
        }
    }
    if let (true, None, Some(block)) = (
        expected.alerts.is_empty(),
        expected.nothing_else,
        blocks.first(),
    ) {
        return Err(Mistake::new(block.clone(), "nothing is expected here").help(HELP));
    }
    Ok(expected)
}

fn expectation(line: &mut Scanner<'_>, number: u32) -> Read<Expectation> {
    let text = line.rest().trim().to_owned();
    let none = line.take_word("no");
    if !line.take_word("alert") {
        return Err(Mistake::new(line.line_span(), "this is no expectation").help(HELP));
    }
    let (word, span) = line.word();
    let (gid, sid) = word.split_once(':').unwrap_or(("1", word));
    let (Ok(gid), Ok(sid)) = (gid.parse(), sid.parse()) else {
        return Err(Mistake::new(span, "which rule?")
            .label("the number of a rule stands here")
            .help("a `sid`, as in `alert 1000001`; with another group `alert 116:6`"));
    };
    let (least, most) = if none { (0, Some(0)) } else { count(line)? };
    line.end()?;
    Ok(Expectation {
        rule: (gid, sid),
        least,
        most,
        line: number,
        text,
    })
}

/// How often: at least once where nothing is said.
fn count(line: &mut Scanner<'_>) -> Read<(u64, Option<u64>)> {
    let most = 1_000_000_000;
    if line.at_end() {
        return Ok((1, None));
    }
    if line.take_word("once") {
        return Ok((1, Some(1)));
    }
    let bound = line.take_word("at").then(|| line.word());
    let times = if line.take_word("once") {
        1
    } else {
        let times = line
            .number("how often a rule alerts", 0..most)
            .map_err(|it| it.help(HELP))?;
        if !line.take_word("times") {
            line.take_word("time");
        }
        times
    };
    match bound {
        None => Ok((times, Some(times))),
        Some(("least", _)) => Ok((times, None)),
        Some(("most", _)) => Ok((0, Some(times))),
        Some((_, span)) => Err(Mistake::new(span, "`at` what?").help("`at least` or `at most`")),
    }
}

impl Expected {
    /// What does not hold; `is_loaded` says whether there is a rule.
    pub(crate) fn judge(
        &self,
        alerts: &Alerts,
        is_loaded: impl Fn(RuleNumber) -> bool,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for wanted in &self.alerts {
            let found = alerts.get(&wanted.rule);
            let times = found.map_or(0, |it| it.packets.len() as u64);
            let found = if !is_loaded(wanted.rule) {
                format!("there is no rule {}", number(wanted.rule))
            } else if times < wanted.least || wanted.most.is_some_and(|most| times > most) {
                alerted(wanted.rule, found)
            } else {
                continue;
            };
            failures.push(Failure {
                line: Some(wanted.line),
                expected: wanted.text.clone(),
                found,
                rule: Some(wanted.rule),
                why: None,
            });
        }
        let Some(line) = self.nothing_else else {
            return failures;
        };
        let is_named = |rule| self.alerts.iter().any(|wanted| wanted.rule == rule);
        for (rule, raised) in alerts.iter().filter(|(rule, _)| !is_named(**rule)) {
            failures.push(Failure {
                line: Some(line),
                expected: "nothing else".to_owned(),
                found: alerted(*rule, Some(raised)),
                rule: None,
                why: None,
            });
        }
        failures
    }
}

/// A rule's number as people write it.
pub(crate) fn number((gid, sid): RuleNumber) -> String {
    if gid == 1 {
        sid.to_string()
    } else {
        format!("{gid}:{sid}")
    }
}

/// What a rule did.
fn alerted(rule: RuleNumber, raised: Option<&Raised>) -> String {
    match raised {
        None => format!("no alert {}", number(rule)),
        Some(raised) => format!("alert {} {raised}", number(rule)),
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.packets.len() {
            1 => write!(f, "once")?,
            times => write!(f, "{times} times")?,
        }
        let shown: Vec<String> = self.packets.iter().take(8).map(u64::to_string).collect();
        let more = if self.packets.len() > 8 { ", ..." } else { "" };
        let noun = if self.packets.len() == 1 {
            "packet"
        } else {
            "packets"
        };
        write!(f, " ({noun} {}{more})", shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Expected {
        let source = Source::new("x", text.as_bytes());
        expectations(&source, text, std::slice::from_ref(&(0..text.len()))).expect("no mistake")
    }

    fn alerts(all: &[(u32, usize)]) -> Alerts {
        let raised = |times| Raised {
            msg: "m".to_owned(),
            packets: (1..=times as u64).collect(),
        };
        all.iter()
            .map(|(sid, times)| ((1, *sid), raised(*times)))
            .collect()
    }

    fn failures(expected: &str, seen: &[(u32, usize)]) -> Vec<String> {
        let failures = read(expected).judge(&alerts(seen), |(_, sid)| sid < 100);
        failures
            .into_iter()
            .map(|it| format!("{}; {}", it.expected, it.found))
            .collect()
    }

    #[test]
    fn counts_are_read() {
        let text = "alert 1\nalert 1 once\nalert 1 3 times\nalert 1 at least 2 times\nalert 1 at most once\nno alert 1\nalert 116:6 1 time";
        let counts: Vec<_> = read(text)
            .alerts
            .iter()
            .map(|it| (it.least, it.most))
            .collect();
        let expected = [
            (1, None),
            (1, Some(1)),
            (3, Some(3)),
            (2, None),
            (0, Some(1)),
            (0, Some(0)),
            (1, Some(1)),
        ];
        assert_eq!(counts, expected);
        assert_eq!(read(text).alerts[6].rule, (116, 6));
    }

    #[test]
    fn what_does_not_hold_is_told() {
        assert!(failures("alert 1\nalert 2 2 times\nno alert 3", &[(1, 5), (2, 2)]).is_empty());
        assert_eq!(
            failures("alert 1 once", &[(1, 2)]),
            ["alert 1 once; alert 1 2 times (packets 1, 2)"]
        );
        assert_eq!(failures("alert 1 once", &[]), ["alert 1 once; no alert 1"]);
        assert_eq!(
            failures("no alert 1", &[(1, 1)]),
            ["no alert 1; alert 1 once (packet 1)"]
        );
        assert_eq!(
            failures("no alert 100", &[]),
            ["no alert 100; there is no rule 100"]
        );
        let seen = [(1, 1), (2, 1)];
        assert_eq!(
            failures("alert 1\nnothing else", &seen),
            ["nothing else; alert 2 once (packet 1)"]
        );
    }
}

//! A case written from a capture: the rules, what was said, and what alerted.

mod transcript;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapir_capture::CaptureFile;
use tapir_detect::{Fate, PacketFacts, Recorder, RuleId};
use tapir_engine::{LoadedRules, Session, Trouble};

use crate::case::RuleKey;
use crate::expect::RuleNumber;
use crate::markdown;
use crate::outcome::Verdict;
use crate::run::{Loaded, Surroundings, load_usable, run};

use transcript::{Ends, ends_of, transcript};

/// Matches that are looked at; what comes after them adds nothing to a case that people read.
const MOST_MATCHES: usize = 1 << 20;
/// Where the case is taken to lie: beside the capture's name as it was given.
const FILE: &str = "case.md";

/// A case, ready to be put into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Markdown.
    pub text: String,
    /// Its traffic is told in the notation; else it names the capture.
    pub is_told: bool,
}

/// Writes a case about rules on a capture: those that are named, or all that alert. It passes.
///
/// # Errors
/// When rules or capture cannot be read, no rule is there to write about, or no case about it passes.
pub fn draft(capture: &Path, sids: &[RuleNumber], around: &Surroundings) -> Result<Draft, String> {
    let loaded = load_usable(&RuleKey::default(), around)?;
    let heard = hear(capture, &loaded)?;
    let wanted = wanted(sids, &heard, &loaded.rules)?;
    let told = told(capture, &heard, &wanted);
    let all = heard.matched.union(&wanted).copied().collect();
    let named = format!("capture {}\n", capture.display());
    // The shortest comes first; rules that the wanted ones hang on, such as those that set flow bits, come along last.
    let tries = [
        (&wanted, told.as_ref()),
        (&wanted, Some(&named)),
        (&all, told.as_ref()),
        (&all, Some(&named)),
    ];
    for (rules, traffic) in tries {
        let Some(traffic) = traffic else { continue };
        let text = case(capture, (rules, &wanted), traffic, &heard, &loaded.rules);
        if passes(&text, around) {
            let is_told = !std::ptr::eq(traffic, &named);
            return Ok(Draft { text, is_told });
        }
    }
    Err(format!(
        "{}: what alerts there alerts in no case about it; does it hang on settings that cases do not have?",
        capture.display()
    ))
}

/// What was heard of rules.
#[derive(Default)]
struct Heard {
    /// What became of matches that are more than a change of state.
    fates: Vec<(PacketFacts, RuleId, Fate)>,
    /// All that matched.
    matched: BTreeSet<RuleId>,
    /// The rule that is tried.
    current: Option<RuleId>,
}

impl Recorder for Heard {
    const ENABLED: bool = false;

    fn ruled(&mut self, packet: &PacketFacts, rule: RuleId, fate: Fate) {
        if self.fates.len() < MOST_MATCHES {
            self.fates.push((*packet, rule, fate));
        }
    }

    fn rule(&mut self, rule: RuleId) {
        self.current = Some(rule);
    }

    fn matched(&mut self) {
        self.matched.extend(self.current);
    }
}

fn hear(capture: &Path, loaded: &Loaded) -> Result<Heard, String> {
    let file = CaptureFile::open(capture).map_err(|error| error.to_string())?;
    let (settings, rules) = (Arc::clone(&loaded.settings), Arc::clone(&loaded.rules));
    let mut session = Session::new(settings, rules, Heard::default());
    let trouble = session
        .replay_capture(file)
        .map_err(|error| error.to_string())?;
    match trouble {
        Some(Trouble::Unreadable(error)) => Err(error.to_string()),
        Some(Trouble::Cut(_)) | None => Ok(std::mem::take(session.recorder())),
    }
}

/// The rules to write about.
fn wanted(
    sids: &[RuleNumber],
    heard: &Heard,
    rules: &LoadedRules,
) -> Result<BTreeSet<RuleId>, String> {
    let mut wanted = BTreeSet::new();
    for (gid, sid) in sids {
        let of_number = rules
            .set
            .compiled()
            .filter(|rule| (rule.meta.gid, rule.meta.sid) == (*gid, *sid));
        let before = wanted.len();
        wanted.extend(of_number.map(|rule| rule.id));
        if wanted.len() == before {
            return Err(format!("{gid}:{sid}: no such rule is loaded"));
        }
    }
    if sids.is_empty() {
        wanted.extend(raised(heard).map(|(_, rule)| rule));
    }
    match wanted.is_empty() {
        true => Err("no rule alerts; --sid names rules that are to stay silent".to_owned()),
        false => Ok(wanted),
    }
}

fn raised(heard: &Heard) -> impl Iterator<Item = (&PacketFacts, RuleId)> {
    let alerts = heard
        .fates
        .iter()
        .filter(|(_, _, fate)| *fate == Fate::Raised);
    alerts.map(|(facts, rule, _)| (facts, *rule))
}

/// What was said where the wanted rules matched, if the notation has words for it.
fn told(capture: &Path, heard: &Heard, wanted: &BTreeSet<RuleId>) -> Option<String> {
    let theirs = heard
        .fates
        .iter()
        .filter(|(_, rule, _)| wanted.contains(rule));
    let ends: BTreeSet<Ends> = theirs.map(|(facts, _, _)| ends_of(facts)).collect();
    transcript(capture, (!ends.is_empty()).then_some(&ends))
}

/// The case as Markdown.
fn case(
    capture: &Path,
    (shown, wanted): (&BTreeSet<RuleId>, &BTreeSet<RuleId>),
    traffic: &str,
    heard: &Heard,
    rules: &LoadedRules,
) -> String {
    let mut numbers: BTreeMap<RuleNumber, u64> = BTreeMap::new();
    let number = |rule: RuleId| rules.set.meta(rule).map(|meta| (meta.gid, meta.sid));
    numbers.extend(wanted.iter().filter_map(|rule| Some((number(*rule)?, 0))));
    let mut others = false;
    for (_, rule) in raised(heard).filter(|(_, rule)| shown.contains(rule)) {
        match number(rule).and_then(|number| numbers.get_mut(&number)) {
            Some(count) => *count += 1,
            None => others = true,
        }
    }
    let name = capture.file_name().map(|name| name.to_string_lossy());
    let mut text = format!("# {}\n\n```rules\n", name.unwrap_or_default());
    let texts: BTreeSet<&str> = shown
        .iter()
        .filter_map(|rule| rules.set.meta(*rule))
        .map(|meta| meta.text.trim())
        .collect();
    texts.iter().for_each(|rule| text.extend([rule, "\n"]));
    let first = wanted.iter().find_map(|rule| rules.set.meta(*rule));
    let title = first.map_or("Rules", |meta| &*meta.msg);
    let _ = write!(
        text,
        "```\n\n## {title}\n\n```traffic\n{traffic}```\n\n```expect\n"
    );
    for ((gid, sid), count) in numbers {
        let rule = match gid {
            1 => sid.to_string(),
            _ => format!("{gid}:{sid}"),
        };
        let _ = match count {
            0 => writeln!(text, "no alert {rule}"),
            1 => writeln!(text, "alert {rule} once"),
            _ => writeln!(text, "alert {rule} {count} times"),
        };
    }
    if !others {
        text.push_str("nothing else\n");
    }
    text.push_str("```\n");
    text
}

/// Whether a case passes with no rules but its own.
fn passes(text: &str, around: &Surroundings) -> bool {
    let around = Surroundings {
        rules: Vec::new(),
        ..around.clone()
    };
    let path = PathBuf::from(FILE);
    let (_, cases) = markdown::cases(&path, text);
    let cases: Result<Vec<_>, _> = cases.into_iter().collect();
    cases.is_ok_and(|cases| {
        let outcomes = run(&cases, &around, |_| {});
        !outcomes.is_empty() && outcomes.iter().all(|it| it.verdict == Verdict::Passed)
    })
}

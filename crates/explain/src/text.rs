//! An explanation for a person in front of a terminal.

use std::fmt::Write as _;

use tapir_detect::Fate;
use tapir_rules::{Renderer, Rule, SourceId, Span};

use crate::attempt::{Attempt, Outcome, Step, fault_rank};
use crate::circumstances::Circumstances;
use crate::explanation::{Explanation, RuleExplanation, Standing};
use crate::words;

/// Columns of the rule's text that are shown around what is underlined.
const WIDTH: usize = 110;

/// Alerts that are listed.
const LISTED: usize = 10;

/// Letters of a part of a rule that are shown in a line.
const OPTION_WIDTH: usize = 60;

impl Explanation {
    /// The explanation as text of several lines.
    pub fn text(&self, colour: bool) -> String {
        let parts: Vec<String> = self
            .rules
            .iter()
            .map(|rule| self.of_rule(rule, colour))
            .collect();
        parts.join("\n")
    }

    fn of_rule(&self, rule: &RuleExplanation, colour: bool) -> String {
        let renderer = Renderer::new(&self.loaded.report.sources)
            .with_colour(colour)
            .with_width(WIDTH);
        let mut out = String::new();
        let sid = rule.sid();
        let tree = self.tree(rule);
        match tree {
            Some(tree) => {
                let name = self.source_name(tree.source);
                let _ = writeln!(
                    out,
                    "{}:{sid} {} ({name}:{})",
                    tree.gid,
                    tree.msg(),
                    tree.line
                );
            }
            None => drop(writeln!(out, "{sid}")),
        }
        match (rule.standing(), tree) {
            (Standing::Unknown, _) => {
                let near: Vec<String> = rule.subject.near.iter().map(u32::to_string).collect();
                let _ = match near.is_empty() {
                    true => writeln!(out, "No rule has this sid: no rules are loaded."),
                    false => writeln!(out, "No rule has this sid. Near it: {}.", near.join(", ")),
                };
            }
            (Standing::Commented, _) => {
                if let Some((source, offset)) = rule.subject.comment {
                    out.push_str("The rule is commented out, or replaced by a newer revision:\n");
                    let span = Span::new(offset, offset.saturating_add(4));
                    let _ = writeln!(out, "{}", renderer.underline(source, span, "here"));
                }
            }
            (Standing::Refused, _) => {
                out.push_str("The rule was refused when it was loaded:\n");
                for diagnostic in &rule.subject.diagnostics {
                    let _ = writeln!(out, "{}", renderer.render(diagnostic));
                }
            }
            (Standing::LeftOut, _) | (_, None) => out.push_str(
                "The rule was left out when it was loaded: it asks for what is not evaluated (`tapir -T` says what).\n",
            ),
            (Standing::Alerted, Some(tree)) => self.alerted(&mut out, rule, tree),
            (Standing::Silent, Some(tree)) => self.silent(&mut out, rule, tree, &renderer),
        }
        out
    }

    pub(crate) fn source_name(&self, source: SourceId) -> &str {
        let source = self.loaded.report.sources.get(source.0 as usize);
        source.map_or("", |source| &*source.name)
    }

    fn alerted(&self, out: &mut String, rule: &RuleExplanation, tree: &Rule) {
        let alerts = &rule.record.alerts;
        let _ = match alerts.len() {
            1 => writeln!(out, "It alerted."),
            count => writeln!(out, "It alerted {count} times."),
        };
        for alert in alerts.iter().take(LISTED) {
            let flow = alert
                .flow
                .map(|id| format!(", flow {id}"))
                .unwrap_or_default();
            let _ = writeln!(
                out,
                "  packet {}{flow}, {}",
                alert.number,
                ends((alert.src, alert.sport), (alert.dst, alert.dport))
            );
        }
        if alerts.len() > LISTED {
            let _ = writeln!(out, "  and {} more", alerts.len() - LISTED);
        }
        for attempt in &rule.shown {
            let _ = writeln!(out, "\n{}:", self.heading(attempt));
            self.steps(out, rule, attempt, tree);
        }
    }

    fn silent(
        &self,
        out: &mut String,
        rule: &RuleExplanation,
        tree: &Rule,
        renderer: &Renderer<'_>,
    ) {
        if rule.shown.is_empty() {
            out.push_str("It did not alert: no packet was inspected.\n");
            self.of_all_flows(out);
            return;
        }
        let _ = writeln!(out, "It did not alert.");
        let mut before: Option<&Attempt> = None;
        for attempt in &rule.shown {
            match before.and_then(|before| self.same(before, attempt, tree)) {
                Some(says) => {
                    let _ = writeln!(out, "\nThe same in {}: {says}", self.heading(attempt));
                }
                None => {
                    let furthest = if rule.is_every {
                        "In"
                    } else {
                        "It came furthest in"
                    };
                    let _ = writeln!(out, "\n{furthest} {}:", self.heading(attempt));
                    self.steps(out, rule, attempt, tree);
                    self.obstacle(out, attempt, tree, renderer);
                    if attempt.fault.is_some() {
                        self.of_heads(out, rule, tree);
                    }
                }
            }
            let notes = words::of_circumstances(&self.circumstances(attempt), self);
            for note in notes {
                let _ = writeln!(out, "  note: {note}");
            }
            before = Some(attempt);
        }
        if rule.unshown > 0 {
            let what = if rule.shown.iter().all(|it| it.fault.is_some()) {
                "more attempts ended so"
            } else {
                "more flows or packets did not come further (--all shows every attempt)"
            };
            let _ = writeln!(out, "\n{} {what}.", rule.unshown);
        }
        let has_notes = |attempt: &Attempt| self.circumstances(attempt) != Circumstances::default();
        if rule
            .shown
            .iter()
            .any(|it| it.fault.is_some() && !has_notes(it))
        {
            self.of_all_flows(out);
        }
    }

    /// What is to be said of an attempt that ended where the one before it did.
    fn same(&self, before: &Attempt, attempt: &Attempt, tree: &Rule) -> Option<String> {
        let (known, now) = (before.obstacle()?, attempt.obstacle()?);
        let is_same = attempt.fault.is_none()
            && (known.option, &known.buffer) == (now.option, &now.buffer)
            && before.steps.len() == attempt.steps.len();
        is_same.then(|| words::of_step(now, &attempt.place, tree, self))
    }

    /// What the heads of packets lacked, where none was for the rule.
    fn of_heads(&self, out: &mut String, rule: &RuleExplanation, tree: &Rule) {
        let Some(shown) = rule.shown.iter().find_map(|it| Some((it.fault?, it))) else {
            return;
        };
        let mut said = words::of_fault(shown.0, &shown.1.place, tree, &self.loaded);
        for (rank, (count, attempt)) in rule.record.faults.iter().rev() {
            let Some(fault) = attempt.fault.filter(|_| *rank != fault_rank(shown.0)) else {
                continue;
            };
            let says = words::of_fault(fault, &attempt.place, tree, &self.loaded);
            if says != said {
                let _ = writeln!(
                    out,
                    "  {count} times before that: {says} (packet {})",
                    attempt.place.packet
                );
                said = says;
            }
        }
    }

    /// What kept data of any flow from rules.
    fn of_all_flows(&self, out: &mut String) {
        let mut notes: Vec<String> = self
            .flows
            .all()
            .flat_map(|it| words::of_circumstances(it, self))
            .collect();
        notes.sort();
        notes.dedup();
        for note in notes.iter().take(LISTED) {
            let _ = writeln!(out, "  in the capture: {note}");
        }
    }

    fn heading(&self, attempt: &Attempt) -> String {
        let place = &attempt.place;
        let mut text = format!("packet {}", place.packet);
        if let Some(flow) = place.flow {
            let _ = write!(text, ", flow {flow}");
        }
        if let Some(transaction) = place.transaction {
            let _ = write!(text, ", transaction {transaction}");
        }
        let _ = write!(
            text,
            ", {} {}",
            words::protocol(place),
            ends(place.source, place.destination)
        );
        if place.app.is_known() {
            let _ = write!(text, ", {}", place.app.name());
        }
        text
    }

    /// A line for each part of the rule that was looked at.
    fn steps(&self, out: &mut String, rule: &RuleExplanation, attempt: &Attempt, tree: &Rule) {
        if let Some(fault) = attempt.fault {
            let says = words::of_fault(fault, &attempt.place, tree, &self.loaded);
            let _ = writeln!(out, "  FAILED  head: {says}");
            return;
        }
        let head = self.cut(tree, tree.header.span);
        let _ = writeln!(out, "  passed  {head} and the state of the flow");
        self.prefilter(out, rule, attempt, tree);
        for step in &attempt.steps {
            let word = match step.outcome {
                Outcome::Held => "passed",
                Outcome::Waited => "waited",
                _ => "FAILED",
            };
            let says = words::of_step(step, &attempt.place, tree, self);
            let _ = writeln!(
                out,
                "  {word}  {}{}",
                self.option(step, tree),
                prefixed(&says)
            );
        }
        if attempt.is_begun_only {
            out.push_str("  FAILED  there was no transaction or frame to look at\n");
        }
        let mut said: Vec<String> = Vec::new();
        for (packet, fate) in &attempt.fates {
            if let Some(says) = words::of_fate(*fate, tree, self)
                && !said.contains(&says)
            {
                let _ = writeln!(out, "  packet {packet}: {says}");
                said.push(says);
            }
        }
    }

    /// A line for what is looked for of all rules at once, if this rule has such a literal.
    fn prefilter(&self, out: &mut String, rule: &RuleExplanation, attempt: &Attempt, tree: &Rule) {
        let ids = &rule.subject.ids;
        let literal = ids.first().and_then(|id| self.loaded.set.prompt(*id));
        let option = literal.and_then(|place| tree.options.get(usize::from(place)));
        let Some(option) = option.filter(|_| !attempt.is_begun_only) else {
            return;
        };
        let literal = self.cut(tree, option.span);
        let _ = match attempt.prompted {
            true => writeln!(out, "  passed  prefilter: {literal} was found"),
            false => writeln!(
                out,
                "  missed  prefilter: {literal} was not found; what follows was tried for this explanation"
            ),
        };
    }

    /// The option as the rule writes it, cut where it is long.
    pub(crate) fn option(&self, step: &Step, tree: &Rule) -> String {
        let Some(option) = tree.options.get(usize::from(step.option)) else {
            return match &*step.buffer {
                "" => "the hook of the head".to_owned(),
                name => name.to_owned(),
            };
        };
        self.cut(tree, option.span)
    }

    /// A part of the rule as it is written, cut where it is long.
    fn cut(&self, tree: &Rule, span: Span) -> String {
        let source = self.loaded.report.sources.get(tree.source.0 as usize);
        let text = source
            .map(|source| source.text_of(span))
            .unwrap_or_default();
        if text.chars().count() <= OPTION_WIDTH {
            return text.into_owned();
        }
        let cut: String = text.chars().take(OPTION_WIDTH - 3).collect();
        format!("{cut}...")
    }

    /// What failed, underlined, and the bytes there.
    fn obstacle(&self, out: &mut String, attempt: &Attempt, tree: &Rule, renderer: &Renderer<'_>) {
        if let Some(fault) = attempt.fault {
            let span = words::asker(fault, tree).map_or(tree.header.span, |option| option.span);
            let drawn = renderer.underline(tree.source, span, "does not fit");
            let _ = writeln!(out, "{drawn}");
            return;
        }
        if attempt.matched {
            for (fate, label) in [
                (Fate::Held, "holds alerts back"),
                (Fate::Refused, "does not hold"),
            ] {
                let is_so = attempt.fates.iter().any(|(_, it)| *it == fate);
                if let (true, Some(option)) = (is_so, words::decider(fate, tree)) {
                    let drawn = renderer.underline(tree.source, option.span, label);
                    let _ = writeln!(out, "{drawn}");
                }
            }
            return;
        }
        let Some(step) = attempt.obstacle() else {
            return;
        };
        if let Some(excerpt) = &step.excerpt
            && !excerpt.bytes.is_empty()
        {
            let name = &*step.buffer;
            let _ = writeln!(out, "  {name}, {} bytes:", excerpt.of);
            for line in excerpt.lines() {
                let _ = writeln!(out, "  {line}");
            }
        }
        if let Some(option) = tree.options.get(usize::from(step.option)) {
            let label = match step.outcome {
                Outcome::Waited => "waited for",
                _ => "failed here",
            };
            let _ = writeln!(
                out,
                "{}",
                renderer.underline(tree.source, option.span, label)
            );
        }
    }
}

fn prefixed(says: &str) -> String {
    match says {
        "" => String::new(),
        says => format!(": {says}"),
    }
}

/// Two ends of a packet.
pub(crate) fn ends(from: (std::net::IpAddr, u16), to: (std::net::IpAddr, u16)) -> String {
    let end = |(host, port): (std::net::IpAddr, u16)| match (host, port) {
        (host, 0) => host.to_string(),
        (host, port) => std::net::SocketAddr::new(host, port).to_string(),
    };
    format!("{} -> {}", end(from), end(to))
}

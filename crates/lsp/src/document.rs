//! A file of rules that the client has open.

use lsp_types::{Position, Range, TextDocumentContentChangeEvent};
use tapir_lint::Surroundings;
use tapir_rules::{Dialect, Source};

use crate::position::{Changed, Text};
use crate::reading::{Depth, Fact, Found, Read, read};

/// An open file, and what is known of it.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: i32,
    pub(crate) text: Text,
    pub(crate) dialect: Dialect,
    /// In the order of the text.
    pub(crate) found: Vec<Found>,
    /// In the order of the text.
    pub(crate) facts: Vec<Fact>,
}

/// What a change took from the facts of a document, and what it added.
#[derive(Debug, Default)]
pub(crate) struct Turnover {
    pub(crate) gone: Vec<Fact>,
    pub(crate) come: Vec<Fact>,
}

impl Document {
    /// Opens a text, and checks it as a whole.
    pub(crate) fn open(version: i32, text: String, around: &Surroundings) -> Self {
        let dialect = Source::new("rules", text.as_bytes()).spoken();
        let text = Text::new(text);
        let whole = read(&text, (0, text.lines()), dialect, Depth::Whole, around);
        Self {
            version,
            text,
            dialect,
            found: whole.found,
            facts: whole.facts,
        }
    }

    /// Checks the text as a whole again.
    pub(crate) fn check(&mut self, around: &Surroundings) -> Turnover {
        let lines = (0, self.text.lines());
        let whole = read(&self.text, lines, self.dialect, Depth::Whole, around);
        self.found = whole.found;
        let gone = std::mem::replace(&mut self.facts, whole.facts);
        Turnover {
            gone,
            come: self.facts.clone(),
        }
    }

    /// Takes a change over, and reads the rules that it touches again.
    pub(crate) fn change(
        &mut self,
        change: TextDocumentContentChangeEvent,
        around: &Surroundings,
    ) -> Turnover {
        let Some(range) = change.range else {
            self.text = Text::new(change.text);
            return self.check(around);
        };
        let changed = self.text.replace(range, &change.text);
        let last = i64::from(changed.last) + changed.growth;
        let (first, last) = self.block(changed.first, u32::try_from(last).unwrap_or_default());
        let old_last = u32::try_from(i64::from(last) - changed.growth).unwrap_or_default();
        let again = read(
            &self.text,
            (first, last),
            self.dialect,
            Depth::Rules,
            around,
        );
        self.put(again, (first, old_last), changed)
    }

    /// Puts what was read in the place of what was known of the lines, and moves what stands behind them.
    fn put(&mut self, again: Read, (first, last): (u32, u32), changed: Changed) -> Turnover {
        let within = |line: u32| (first..=last).contains(&line);
        let come = again.facts.clone();
        self.found.retain(|found| !within(found.range.start.line));
        for found in self
            .found
            .iter_mut()
            .filter(|found| found.range.start.line > last)
        {
            found.range = moved(found.range, changed.growth);
            found.rule_line = moved_line(found.rule_line, changed.growth);
            if let Some((range, _)) = &mut found.fix {
                *range = moved(*range, changed.growth);
            }
        }
        let place = self
            .found
            .partition_point(|found| found.range.start.line < first);
        self.found.splice(place..place, again.found);

        let mut gone = Vec::new();
        self.facts.retain(|fact| {
            let is_gone = within(fact.range.start.line);
            if is_gone {
                gone.push(fact.clone());
            }
            !is_gone
        });
        for fact in self
            .facts
            .iter_mut()
            .filter(|fact| fact.range.start.line > last)
        {
            fact.range = moved(fact.range, changed.growth);
            fact.sid_range = moved(fact.sid_range, changed.growth);
            for bit in &mut fact.bits {
                bit.range = moved(bit.range, changed.growth);
            }
        }
        let place = self
            .facts
            .partition_point(|fact| fact.range.start.line < first);
        self.facts.splice(place..place, again.facts);
        Turnover { gone, come }
    }

    /// The lines of the rules that lines belong to.
    pub(crate) fn block(&self, first: u32, last: u32) -> (u32, u32) {
        let (mut first, mut last) = (first, last);
        while let Some(before) = first.checked_sub(1)
            && self.goes_on(before)
        {
            first = before;
        }
        // A comment above allows what is found in the rule.
        while let Some(before) = first.checked_sub(1)
            && self.text.line(before).trim_start().starts_with("# tapir:")
        {
            first = before;
        }
        while last < self.text.lines() && self.goes_on(last) {
            last += 1;
        }
        (first, last)
    }

    /// Whether the rule of a line goes on in the next one.
    fn goes_on(&self, line: u32) -> bool {
        let line = self.text.line(line).trim();
        match self.dialect {
            Dialect::Snort3 => !(line.is_empty() || line.starts_with('#') || line.ends_with(')')),
            _ => line.ends_with('\\') || line.starts_with("# tapir:"),
        }
    }

    /// The rule at a position.
    pub(crate) fn fact_at(&self, position: Position) -> Option<&Fact> {
        let before = self
            .facts
            .partition_point(|fact| fact.range.start <= position);
        let fact = self.facts.get(before.checked_sub(1)?)?;
        (position <= fact.range.end).then_some(fact)
    }
}

fn moved_line(line: u32, by: i64) -> u32 {
    u32::try_from(i64::from(line) + by).unwrap_or_default()
}

fn moved(range: Range, by: i64) -> Range {
    let position = |at: Position| Position::new(moved_line(at.line, by), at.character);
    Range::new(position(range.start), position(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(sid: u32) -> String {
        format!(
            "alert tcp any any -> any 80 (msg:\"m{sid}\"; flow:to_server; content:\"abcdefgh{sid}\"; classtype:misc-activity; sid:{sid}; rev:1;)\n"
        )
    }

    fn told(document: &Document) -> Vec<(u32, String)> {
        let all = document.found.iter();
        all.map(|found| (found.range.start.line, found.code.clone()))
            .collect()
    }

    #[test]
    fn a_change_leaves_what_a_fresh_check_finds() {
        let around = Surroundings::default();
        let text = [rule(1), rule(2), "\n".into(), rule(3)].concat();
        let mut document = Document::open(1, text, &around);
        assert_eq!(told(&document), []);
        let edits = [
            ((1, 0), (1, 0), "# one more line\n"),
            ((2, 29), (2, 29), " typo;"),
            (
                (0, 0),
                (0, 0),
                "alert tcp any any -> any 80 (content:abc; sid:9;)\n",
            ),
            ((1, 5), (3, 0), ""),
            ((0, 0), (1, 0), ""),
        ];
        for (from, to, new) in edits {
            let change = TextDocumentContentChangeEvent {
                range: Some(Range::new(
                    Position::new(from.0, from.1),
                    Position::new(to.0, to.1),
                )),
                range_length: None,
                text: new.into(),
            };
            document.change(change, &around);
            let fresh = Document::open(1, document.text.as_str().into(), &around);
            assert_eq!(told(&document), told(&fresh), "{}", document.text.as_str());
            let sids = |document: &Document| {
                let facts = document.facts.iter();
                facts.map(|fact| (fact.sid, fact.range)).collect::<Vec<_>>()
            };
            assert_eq!(sids(&document), sids(&fresh));
        }
    }
}

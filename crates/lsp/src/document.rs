//! A file of rules that the client has open.

use lsp_types::{Position, Range, TextDocumentContentChangeEvent};
use tapir_lint::Surroundings;
use tapir_rules::{Dialect, Source, rule_places};

use crate::position::{Changed, Text};
use crate::reading::{Depth, Fact, Found, Read, read};

/// An open file, and what is known of it.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: i32,
    pub(crate) text: Text,
    pub(crate) dialect: Dialect,
    /// The rules, right or wrong, in the order of the text.
    blocks: Vec<Block>,
    /// In the order of the text.
    pub(crate) found: Vec<Found>,
    /// In the order of the text.
    pub(crate) facts: Vec<Fact>,
}

/// The lines of a rule, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// What a change took from the facts of a document, and what it added.
#[derive(Debug, Default)]
pub(crate) struct Turnover {
    pub(crate) gone: Vec<Fact>,
    pub(crate) come: Vec<Fact>,
}

/// So much of a text tells its dialect.
const TELLING: usize = 1 << 20;

/// A text longer than this does not change its dialect with a few lines; see [`Document::speaks_otherwise`].
const SETTLED: usize = 64 * 1024;

/// So many lines are more than a few.
const MANY_LINES: u32 = 16;

impl Document {
    /// Opens a text, and checks it as a whole.
    pub(crate) fn open(version: i32, text: String, around: &Surroundings) -> Self {
        let mut document = Self {
            version,
            text: Text::new(text),
            dialect: Dialect::Suricata,
            blocks: Vec::new(),
            found: Vec::new(),
            facts: Vec::new(),
        };
        document.check(around);
        document
    }

    /// Checks the text as a whole again.
    pub(crate) fn check(&mut self, around: &Surroundings) -> Turnover {
        self.dialect = spoken(&self.text);
        self.blocks = blocks(&self.text, 0, self.dialect).collect();
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
        if self.speaks_otherwise(changed) {
            return self.check(around);
        }
        let (lines, old_last) = self.split(changed);
        let again = read(&self.text, lines, self.dialect, Depth::Rules, around);
        self.put(again, (lines.0, old_last), changed)
    }

    /// Whether the text became one of another dialect. A few lines are not looked at in a long text: what they change
    /// shows when it is saved.
    fn speaks_otherwise(&self, changed: Changed) -> bool {
        let lines = (changed.last - changed.first).max(changed.added);
        let is_small = self.text.as_str().len() <= SETTLED || lines >= MANY_LINES;
        is_small && self.text.start(changed.first) < TELLING && spoken(&self.text) != self.dialect
    }

    /// Cuts the text into rules again where it changed. Returns the lines that are to be read again, and the last of
    /// them before the change: from the rule before the change to the first one behind it, since the comments above a
    /// rule belong to it.
    fn split(&mut self, changed: Changed) -> ((u32, u32), u32) {
        let before = self.blocks.partition_point(|it| it.last < changed.first);
        let known = before
            .checked_sub(1)
            .and_then(|place| self.blocks.get(place));
        let first = known.map_or(0, |block| block.last + 1);
        let mut behind = self.blocks.partition_point(|it| it.first <= changed.last);
        let mut new = Vec::new();
        let mut met = None;
        for block in blocks(&self.text, first, self.dialect) {
            new.push(block);
            let moved_first = |it: &Block| moved_line(it.first, changed.growth);
            while self
                .blocks
                .get(behind)
                .is_some_and(|it| moved_first(it) < block.first)
            {
                behind += 1;
            }
            // From a rule on that was known, all are.
            if let Some(old) = self
                .blocks
                .get(behind)
                .filter(|it| moved_first(it) == block.first)
            {
                met = Some((block.last, old.last));
                behind += 1;
                break;
            }
        }
        if met.is_none() {
            behind = self.blocks.len();
        }
        for block in self.blocks.iter_mut().skip(behind) {
            block.first = moved_line(block.first, changed.growth);
            block.last = moved_line(block.last, changed.growth);
        }
        self.blocks.splice(before..behind, new);
        let (last, old_last) = met.unwrap_or((self.text.lines(), u32::MAX));
        ((first, last), old_last)
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

    /// The lines of the rule that a line belongs to; the line itself where there is none.
    pub(crate) fn block(&self, line: u32) -> Block {
        let place = self.blocks.partition_point(|it| it.first <= line);
        let known = place
            .checked_sub(1)
            .and_then(|place| self.blocks.get(place));
        let own = Block {
            first: line,
            last: line,
        };
        known.copied().filter(|it| line <= it.last).unwrap_or(own)
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

/// The dialect of a text.
fn spoken(text: &Text) -> Dialect {
    let text = text.as_str().as_bytes();
    Source::new("rules", text.get(..TELLING).unwrap_or(text)).spoken()
}

/// The rules from a line on that begins none in the middle.
fn blocks(text: &Text, from: u32, dialect: Dialect) -> impl Iterator<Item = Block> {
    let places = rule_places(text.as_str().as_bytes(), text.start(from), dialect);
    places.map(|place| Block {
        first: text.line_of(place.start),
        last: match place.unfinished {
            // What is written behind it belongs to it.
            true => text.line_of(place.end),
            false => text.line_of(place.end.saturating_sub(1)),
        },
    })
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
            edit(&mut document, from, to, new);
        }
    }

    /// Changes a document, and compares it with one that is opened with the text as it is then.
    fn edit(document: &mut Document, from: (u32, u32), to: (u32, u32), new: &str) {
        let around = Surroundings::default();
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
        let text = document.text.as_str();
        assert_eq!(document.dialect, fresh.dialect, "{text}");
        assert_eq!(document.blocks, fresh.blocks, "{text}");
        assert_eq!(told(document), told(&fresh), "{text}");
        let sids = |document: &Document| {
            let facts = document.facts.iter();
            facts.map(|fact| (fact.sid, fact.range)).collect::<Vec<_>>()
        };
        assert_eq!(sids(document), sids(&fresh), "{text}");
    }

    const SNORT3: &str = "/* of\n ours */\n\
        alert tcp any any -> any 80\n(\n    msg:\"one\";\n    flow:to_server;\n    \
        content:\"abcdefgh\",nocase;\n    service:http; # a ) in a comment\n    \
        classtype:misc-activity;\n    sid:1; rev:1;\n)\n# tapir: allow L001\n\
        alert tcp any any -> any 80 ( msg:\"two\"; flow:to_server; content:\"ijklmnop\",nocase; \
        service:http; classtype:misc-activity; sid:2; rev:1; )\n";

    #[test]
    fn rules_of_several_lines_are_read_as_a_whole() {
        let mut document = Document::open(1, SNORT3.into(), &Surroundings::default());
        assert_eq!(document.dialect, Dialect::Snort3);
        assert_eq!(document.block(5), Block { first: 2, last: 10 });
        assert_eq!(document.block(1), Block { first: 1, last: 1 });
        // A blank line and a word in the middle of a rule.
        edit(&mut document, (5, 0), (5, 0), "\n");
        edit(&mut document, (6, 4), (6, 8), "flew");
        edit(&mut document, (6, 4), (6, 8), "flow");
        // The parenthesis goes, so that the next rule belongs to this one; and comes again.
        edit(&mut document, (11, 0), (11, 1), "");
        assert_eq!(document.blocks.len(), 1);
        edit(&mut document, (11, 0), (11, 0), ")");
        assert_eq!(document.blocks.len(), 2);
        // A comment that hides a rule; and is gone again.
        edit(&mut document, (2, 0), (2, 0), "/*");
        edit(&mut document, (2, 0), (2, 2), "");
        // What the comment above allows changes with it.
        edit(&mut document, (12, 15), (12, 19), "L002");
        edit(&mut document, (12, 0), (13, 0), "");
        // Something is written behind the last rule.
        edit(&mut document, (13, 0), (13, 0), "alert udp (");
        edit(&mut document, (13, 11), (13, 11), "\n sid:3;");
        assert_eq!(
            document.block(14),
            Block {
                first: 13,
                last: 14
            }
        );
        edit(&mut document, (14, 7), (14, 7), " )\n");
    }

    #[test]
    fn a_text_speaks_the_dialect_that_is_typed() {
        let mut document = Document::open(1, String::new(), &Surroundings::default());
        for (place, letter) in "alert http ( sid:1; )".char_indices() {
            let at = (0, place as u32);
            edit(&mut document, at, at, &letter.to_string());
        }
        assert_eq!(document.dialect, Dialect::Snort3);
        edit(&mut document, (0, 0), (0, 21), &rule(1));
        assert_eq!(document.dialect, Dialect::Suricata);
    }
}

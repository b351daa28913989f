//! What a rewritten source changes, as `diff -u` shows it.

use std::ops::Range;

use crate::{Change, Rewritten, Source};

/// Unchanged lines shown around changed ones.
const AROUND: usize = 3;

/// Lines by number that took the place of others.
#[derive(Clone, Debug, PartialEq)]
struct Replaced {
    old: Range<usize>,
    new: Range<usize>,
}

impl Rewritten {
    /// The changes of a source in the unified format; empty when there are none.
    ///
    /// ```
    /// use tapir_rules::{Source, format};
    ///
    /// let source = Source::new("a.rules", &b"# one\npass ip any any -> any any ( sid:1; )\n"[..]);
    /// assert_eq!(
    ///     format(&source, None).unified(&source),
    ///     "--- a.rules\n+++ a.rules\n@@ -1,2 +1,2 @@\n # one\n\
    ///      -pass ip any any -> any any ( sid:1; )\n+pass ip any any -> any any (sid:1;)\n"
    /// );
    /// ```
    pub fn unified(&self, source: &Source) -> String {
        if self.changes.is_empty() {
            return String::new();
        }
        let name = &source.name;
        let mut out = format!("--- {name}\n+++ {name}\n");
        let (old, new) = (lines(&source.text), lines(&self.text));
        let replaced = self.replaced(&source.text);
        let near = |a: &Replaced, b: &Replaced| b.old.start - a.old.end <= 2 * AROUND;
        for hunk in replaced.chunk_by(near) {
            write_hunk(&mut out, hunk, &old, &new);
        }
        out
    }

    /// The changes, made whole lines.
    fn replaced(&self, old: &[u8]) -> Vec<Replaced> {
        let mut all: Vec<Replaced> = Vec::new();
        let mut bytes = (0, 0);
        let mut lines = (0, 0);
        for change in whole_lines(&self.changes, old) {
            let count = |text: &[u8], range: Range<usize>| {
                let text = text.get(range).unwrap_or_default();
                let unended = text.last().is_some_and(|byte| *byte != b'\n');
                memchr::memchr_iter(b'\n', text).count() + usize::from(unended)
            };
            let from = (
                lines.0 + count(old, bytes.0..change.old.start),
                lines.1 + count(&self.text, bytes.1..change.new.start),
            );
            lines = (
                from.0 + count(old, change.old.clone()),
                from.1 + count(&self.text, change.new.clone()),
            );
            bytes = (change.old.end, change.new.end);
            all.push(Replaced {
                old: from.0..lines.0,
                new: from.1..lines.1,
            });
        }
        all
    }
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Changes that begin and end where lines do; those on one line become one.
fn whole_lines(changes: &[Change], old: &[u8]) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        let before = old.get(..change.old.start).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let behind = old.get(change.old.end..).unwrap_or_default();
        let more = memchr::memchr(b'\n', behind).map_or(behind.len(), |at| at + 1);
        let (old_end, new_end) = (change.old.end + more, change.new.end + more);
        match all.last_mut() {
            Some(last) if start < last.old.end => {
                (last.old.end, last.new.end) = (old_end, new_end);
            }
            _ => all.push(Change {
                old: start..old_end,
                new: change.new.start.saturating_sub(change.old.start - start)..new_end,
            }),
        }
    }
    all
}

/// Writes changes that stand near each other, with what is around them.
fn write_hunk(out: &mut String, hunk: &[Replaced], old: &[&[u8]], new: &[&[u8]]) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
        return;
    };
    let before = AROUND.min(first.old.start);
    let behind = AROUND.min(old.len().saturating_sub(last.old.end));
    let whole = Replaced {
        old: first.old.start - before..last.old.end + behind,
        new: first.new.start.saturating_sub(before)..last.new.end + behind,
    };
    // An empty range is named by the line before it.
    let place = |range: &Range<usize>| (range.start + usize::from(!range.is_empty()), range.len());
    let ((old_at, old_len), (new_at, new_len)) = (place(&whole.old), place(&whole.new));
    out.push_str(&format!("@@ -{old_at},{old_len} +{new_at},{new_len} @@\n"));
    let mut done = whole.old.start;
    for change in hunk {
        write_lines(out, ' ', old.get(done..change.old.start));
        write_lines(out, '-', old.get(change.old.clone()));
        write_lines(out, '+', new.get(change.new.clone()));
        done = change.old.end;
    }
    write_lines(out, ' ', old.get(done..whole.old.end));
}

fn write_lines(out: &mut String, mark: char, lines: Option<&[&[u8]]>) {
    for line in lines.unwrap_or_default() {
        out.push(mark);
        out.push_str(&String::from_utf8_lossy(line));
        if !line.ends_with(b"\n") {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Source, format};

    fn shown(text: &str) -> String {
        let source = Source::new("a", text.as_bytes());
        format(&source, None).unified(&source)
    }

    #[test]
    fn changes_far_from_each_other_are_hunks_of_their_own() {
        let bad = "pass ip any any -> any any ( sid:1; )\n";
        let good = "pass ip any any -> any any (sid:1;)\n";
        let text = format!("{bad}\n#1\n#2\n#3\n#4\n#5\n#6\n{bad}#7\n");
        let head = "--- a\n+++ a\n";
        assert_eq!(
            shown(&text),
            format!(
                "{head}@@ -1,4 +1,4 @@\n-{bad}+{good} \n #1\n #2\n@@ -6,5 +6,5 @@\n #4\n #5\n #6\n-{bad}+{good} #7\n"
            )
        );
        let text = format!("{bad}#1\n{bad}");
        assert_eq!(
            shown(&text),
            format!("{head}@@ -1,3 +1,3 @@\n-{bad}+{good} #1\n-{bad}+{good}")
        );
    }

    #[test]
    fn a_last_line_without_an_end_gets_one() {
        assert_eq!(
            shown("pass ip any any -> any any (sid:1;)"),
            "--- a\n+++ a\n@@ -1,1 +1,1 @@\n-pass ip any any -> any any (sid:1;)\n\
             \\ No newline at end of file\n+pass ip any any -> any any (sid:1;)\n"
        );
        assert_eq!(shown(""), "");
    }
}

//! A source cut into rules: continuation lines joined, comments left out.

use std::borrow::Cow;

use memchr::memchr;

use super::header::ACTIONS;
use crate::Dialect;

/// Stands for what was taken out of a text, so that offsets stay what they were in the source. A carriage
/// return is blank in every dialect.
pub(crate) const FILLER: u8 = b'\r';

/// The text of a rule, one or more lines.
pub(crate) struct RawRule<'a> {
    /// As long as the text in the source: backslashes at line ends and comments became [`FILLER`].
    pub text: Cow<'a, [u8]>,
    /// Offset of its first byte.
    pub start: usize,
    /// Line of its first byte, counted from one.
    pub line: u32,
    /// False for a rule that is commented out.
    pub enabled: bool,
    /// The file ended before the rule.
    pub unfinished: bool,
}

/// The rules of a source, one after the other.
pub(crate) struct Rules<'a> {
    source: &'a [u8],
    at: usize,
    line: u32,
    dialect: Dialect,
    disabled: bool,
}

impl<'a> Rules<'a> {
    /// `disabled` asks for rules that are commented out, too.
    pub(crate) fn new(source: &'a [u8], dialect: Dialect, disabled: bool) -> Self {
        let at = if source.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        Rules {
            source,
            at,
            line: 1,
            dialect,
            disabled,
        }
    }

    /// From a rule on that is known to begin here. Lines are counted from there.
    pub(crate) fn at(source: &'a [u8], at: usize, dialect: Dialect) -> Self {
        Rules {
            source,
            at,
            line: 1,
            dialect,
            disabled: false,
        }
    }

    /// The line at the current place without its end, and where the next begins.
    fn line_at(&self, at: usize) -> (&'a [u8], usize) {
        let rest = self.source.get(at..).unwrap_or_default();
        match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], at + end + 1),
            None => (rest, self.source.len()),
        }
    }

    /// The rule whose first line begins at `start`.
    fn rule(&mut self, start: usize, text_start: usize, enabled: bool) -> RawRule<'a> {
        let (line_number, mut lines) = (self.line, 0);
        let (mut line, mut next) = self.line_at(start);
        let mut joined: Option<Vec<u8>> = None;
        let mut scan = Balance::default();
        let mut unfinished = false;
        loop {
            lines += 1;
            let trimmed = line.trim_ascii_end();
            let continues = trimmed.last() == Some(&b'\\');
            let begin = if joined.is_none() {
                text_start - start
            } else {
                0
            };
            let open = self.dialect == Dialect::Snort3
                && scan.line(line.get(begin..).unwrap_or_default(), |_| {});
            if let Some(joined) = &mut joined {
                joined.extend_from_slice(line);
            }
            if !(continues || open) || !enabled {
                break;
            }
            let text = joined.get_or_insert_with(|| {
                self.source
                    .get(text_start..start + line.len())
                    .unwrap_or_default()
                    .to_vec()
            });
            if continues {
                let cut = text.len() - (line.len() - trimmed.len()) - 1;
                text[cut..].fill(FILLER);
            }
            if next >= self.source.len() {
                unfinished = true;
                break;
            }
            text.push(FILLER);
            (line, next) = self.line_at(next);
        }
        self.at = next;
        self.line += lines;
        let whole = || {
            self.source
                .get(text_start..start + line.len())
                .unwrap_or_default()
        };
        let mut text = joined.map_or_else(|| Cow::Borrowed(whole()), Cow::Owned);
        if scan.comments {
            blank_comments(text.to_mut());
        }
        RawRule {
            text,
            start: text_start,
            line: line_number,
            enabled,
            unfinished,
        }
    }
}

impl<'a> Iterator for Rules<'a> {
    type Item = RawRule<'a>;

    fn next(&mut self) -> Option<RawRule<'a>> {
        while self.at < self.source.len() {
            let start = self.at;
            let (line, next) = self.line_at(start);
            let indent = line
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            let content = &line[indent..];
            match content.first() {
                None => {}
                Some(b'/') if self.dialect == Dialect::Snort3 && content.starts_with(b"/*") => {
                    self.skip_block(start + indent);
                    continue;
                }
                Some(b'#') => {
                    let marks = content
                        .iter()
                        .take_while(|&&byte| byte == b'#' || byte.is_ascii_whitespace())
                        .count();
                    if self.disabled && looks_like_rule(&content[marks..]) {
                        return Some(self.rule(start, start + indent + marks, false));
                    }
                }
                Some(_) => return Some(self.rule(start, start + indent, true)),
            }
            self.at = next;
            self.line += 1;
        }
        None
    }
}

impl Rules<'_> {
    /// Goes behind a `/* */` comment.
    fn skip_block(&mut self, open: usize) {
        let rest = self.source.get(open..).unwrap_or_default();
        let end = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |at| at + 2);
        self.line += memchr::memchr_iter(b'\n', &rest[..end]).count() as u32;
        self.at = open + end;
    }
}

/// Whether a commented line is a rule rather than prose: an action, a header, options.
fn looks_like_rule(line: &[u8]) -> bool {
    let word = line
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let action = word.split(|&byte| byte == b':').next().unwrap_or_default();
    ACTIONS.iter().any(|(name, _)| name.as_bytes() == action)
        && memchr(b'(', line).is_some()
        && memchr(b';', line).is_some()
}

/// Goes over a Snort 3 rule, byte by byte, and tells strings, comments and parentheses apart. A comment begins
/// between options, not within one.
#[derive(Default)]
struct Balance {
    depth: u32,
    opened: bool,
    quoted: bool,
    escaped: bool,
    block: bool,
    /// The last byte that is not blank, outside comments.
    last: u8,
    comments: bool,
}

impl Balance {
    /// Takes a line in; true when the rule goes on. `blank` is called with each range that is a comment.
    fn line(&mut self, line: &[u8], mut blank: impl FnMut(std::ops::Range<usize>)) -> bool {
        let mut at = 0;
        while let Some(&byte) = line.get(at) {
            let rest = &line[at..];
            if self.block {
                let end = memchr::memmem::find(rest, b"*/").map(|end| at + end + 2);
                self.block = end.is_none();
                blank(at..end.unwrap_or(line.len()));
                at = end.unwrap_or(line.len());
                continue;
            }
            let between = !self.quoted && matches!(self.last, 0 | b';' | b'(' | b')');
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                _ if self.quoted => {}
                b'(' => {
                    self.depth += 1;
                    self.opened = true;
                }
                b')' => self.depth = self.depth.saturating_sub(1),
                b'/' if between && rest.starts_with(b"/*") => {
                    (self.block, self.comments) = (true, true);
                    continue;
                }
                b'#' if between => {
                    self.comments = true;
                    blank(at..line.len());
                    break;
                }
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                self.last = byte;
            }
            at += 1;
        }
        !self.opened || self.depth > 0 || self.block
    }
}

/// Overwrites comments outside strings.
fn blank_comments(text: &mut [u8]) {
    for range in comments(text, FILLER) {
        text[range].fill(FILLER);
    }
}

/// Where comments stand in the text of a Snort 3 rule whose lines end with that byte.
pub(crate) fn comments(text: &[u8], line_end: u8) -> Vec<std::ops::Range<usize>> {
    let mut scan = Balance::default();
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = memchr(line_end, &text[start..]).map_or(text.len(), |end| start + end + 1);
        scan.line(&text[start..end], |range| {
            found.push(start + range.start..start + range.end)
        });
        start = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(source: &str, dialect: Dialect) -> Vec<(String, usize, u32)> {
        Rules::new(source.as_bytes(), dialect, false)
            .map(|rule| {
                let text: Vec<u8> = rule
                    .text
                    .iter()
                    .copied()
                    .filter(|&byte| byte != FILLER)
                    .collect();
                (String::from_utf8(text).unwrap(), rule.start, rule.line)
            })
            .collect()
    }

    #[test]
    fn continuation_lines_join() {
        let rules = cut("# x\n\nalert a \\\r\n (b;)\r\nalert c\n", Dialect::Suricata);
        assert_eq!(
            rules,
            [("alert a  (b;)".into(), 5, 3), ("alert c".into(), 23, 5)]
        );
    }

    #[test]
    fn snort3_rules_end_with_their_parenthesis() {
        let source = "/* one\n two */ alert tcp ( # to\n msg:\"a ) # b\"; /* x */\n sid:1; )\nalert udp (sid:2;)";
        let rules = cut(source, Dialect::Snort3);
        assert_eq!(rules.len(), 2);
        assert_eq!(
            rules[0].0.split_whitespace().collect::<Vec<_>>().join(" "),
            "alert tcp ( msg:\"a ) # b\"; sid:1; )"
        );
        assert_eq!((rules[0].2, rules[1].2), (2, 5));
    }

    #[test]
    fn commented_rules_are_found_when_asked_for() {
        let source = b"# alert is a word\n#alert tcp any any -> any any (sid:1;)\n";
        let found: Vec<_> = Rules::new(source, Dialect::Suricata, true)
            .map(|rule| (rule.enabled, rule.start))
            .collect();
        assert_eq!(found, [(false, 19)]);
    }

    #[test]
    fn a_file_may_end_in_a_rule() {
        let mut rules = Rules::new(b"alert tcp \\\n", Dialect::Suricata, false);
        assert!(rules.next().is_some_and(|rule| rule.unfinished));
        assert!(rules.next().is_none());
    }
}

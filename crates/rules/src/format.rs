//! Rules in their canonical spelling and order.

use crate::diagnostic::{Code, Problem, Severity};
use crate::parse::{RawRule, comments};
use crate::print::{in_order, written};
use crate::rewrite::{Rewritten, Unread, Written, dialect_of, read_one, rewrite};
use crate::{Dialect, Rule, Source, Span};

/// Formats the rules of a source, those commented out too. A rule that cannot be read stays as it is.
///
/// ```
/// use tapir_rules::{Source, format};
///
/// let text = "# ours\nalert tcp any any -> any 80 ( sid:7;content:\"|47|ET |2F|a|0D0A|\" ;msg: \"a\" ; )\n";
/// let formatted = format(&Source::new("a", text.as_bytes()), None);
/// assert_eq!(
///     String::from_utf8(formatted.text).unwrap(),
///     "# ours\nalert tcp any any -> any 80 (msg:\"a\"; content:\"GET /a|0d 0a|\"; sid:7;)\n"
/// );
/// ```
pub fn format(source: &Source, dialect: Option<Dialect>) -> Rewritten {
    let dialect = dialect_of(source, dialect);
    rewrite(source, dialect, Unread::Kept, |raw, rule| {
        let text = source
            .text
            .get(raw.start..raw.start + raw.text.trim_ascii_end().len())
            .unwrap_or_default();
        let Some(new) = lay_out(raw, text, rule) else {
            return Written::default();
        };
        match read_one(&new, dialect) {
            Ok(again) if again.means_the_same(rule) => Written::text(new),
            _ => Written {
                text: None,
                problem: Some(
                    Problem::new(
                        Code::BadForm,
                        rule.span,
                        "the rule stays as it is: in canonical spelling it would not mean the same",
                    )
                    .severity(Severity::Warning),
                ),
            },
        }
    })
}

/// A comment in the text of a rule.
struct Comment {
    text: String,
    /// Where it begins in the source.
    at: u32,
    /// Nothing stands before it on its line.
    alone: bool,
}

fn comments_of(text: &[u8], start: usize) -> Vec<Comment> {
    let ranges = comments(text, b'\n');
    let comment = |range: std::ops::Range<usize>| {
        let before = text.get(..range.start).unwrap_or_default();
        let line = before.rsplit(|byte| *byte == b'\n').next();
        Comment {
            at: Span::of(start + range.start..start + range.end).start,
            alone: line.is_some_and(|line| line.iter().all(u8::is_ascii_whitespace)),
            text: String::from_utf8_lossy(text.get(range).unwrap_or_default())
                .trim_end()
                .to_owned(),
        }
    };
    ranges.into_iter().map(comment).collect()
}

/// The rule on one line, or on as many as it has options when it had several; nothing when that would lose a comment.
fn lay_out(raw: &RawRule<'_>, text: &[u8], rule: &Rule) -> Option<String> {
    let snort3 = rule.dialect == Dialect::Snort3;
    let comments = match snort3 {
        true => comments_of(text, raw.start),
        false => Vec::new(),
    };
    let options = written(in_order(&rule.options), rule.dialect);
    let head = rule.head();
    if comments.is_empty() && !text.contains(&b'\n') {
        let options: Vec<String> = options.into_iter().map(|(text, _)| text).collect();
        let blank = if snort3 { " " } else { "" };
        return Some(format!("{head} ({blank}{}{blank})", options.join(" ")));
    }
    let first = options.iter().map(|(_, span)| span.start).min()?;
    let lost = |comment: &Comment| comment.at < first && !comment.alone;
    if !raw.enabled || comments.iter().any(lost) {
        return None;
    }
    let newline = match text.windows(2).any(|two| two == b"\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let end = format!("{}{newline}", if snort3 { "" } else { " \\" });
    Some(lines(&head, &options, &comments, &end))
}

/// The rule with an option a line, and each comment beside or before the option that it was with.
fn lines(head: &str, options: &[(String, Span)], comments: &[Comment], end: &str) -> String {
    let owner = |comment: &Comment| {
        let starts = options.iter().map(|(_, span)| span.start).enumerate();
        match comment.alone {
            true => starts
                .filter(|(_, start)| *start > comment.at)
                .min_by_key(|(_, start)| *start),
            false => starts
                .filter(|(_, start)| *start < comment.at)
                .max_by_key(|(_, start)| *start),
        }
        .map(|(place, _)| place)
    };
    let owners: Vec<Option<usize>> = comments.iter().map(owner).collect();
    let of = |place: Option<usize>, alone: bool| {
        comments
            .iter()
            .zip(&owners)
            .filter(move |(comment, owner)| **owner == place && comment.alone == alone)
            .map(|(comment, _)| &*comment.text)
    };
    let mut out = format!("{head} ({end}");
    for (place, (text, _)) in options.iter().enumerate() {
        for comment in of(Some(place), true) {
            out.push_str(&format!("    {comment}{end}"));
        }
        out.push_str(&format!("    {text}"));
        for comment in of(Some(place), false) {
            out.push_str(&format!(" {comment}"));
        }
        out.push_str(end);
    }
    for comment in of(None, true) {
        out.push_str(&format!("    {comment}{end}"));
    }
    out.push(')');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str, dialect: Dialect) -> String {
        let once = format(&Source::new("a", text.as_bytes()), Some(dialect));
        assert!(once.diagnostics.is_empty(), "{:?}", once.diagnostics);
        let twice = format(&Source::new("a", once.text.as_slice()), Some(dialect));
        assert_eq!(once.text, twice.text, "not the same a second time");
        assert!(twice.changes.is_empty());
        String::from_utf8(once.text).unwrap()
    }

    #[test]
    fn options_go_to_their_places() {
        let text = "alert http any any -> any any (sid:1; rev:2; metadata:a  b ,c d; http.uri; \
                    content:\"b\"; content:\"a\"; distance:0; nocase; ttl:5; flow:established,to_server; classtype:x; msg:\"m\"; reference:url,a.b;)\n";
        assert_eq!(
            formatted(text, Dialect::Suricata),
            "alert http any any -> any any (msg:\"m\"; flow:to_server,established; ttl:5; http.uri; content:\"b\"; \
             content:\"a\"; nocase; distance:0; reference:url,a.b; classtype:x; sid:1; rev:2; metadata:a b, c d;)\n"
        );
    }

    #[test]
    fn what_counts_in_turn_stays_in_turn() {
        let text =
            "alert tcp any any -> any any (flowint:a,+,1; ttl:5; flow:established; sid:1;)\n";
        assert_eq!(formatted(text, Dialect::Suricata), text);
    }

    #[test]
    fn modifiers_become_sticky_buffers() {
        let text =
            "#  alert tcp any any -> any any (content:\"a\"; http_uri; content:\"b\"; sid:1;)\n";
        assert_eq!(
            formatted(text, Dialect::Suricata),
            "#alert tcp any any -> any any (http.uri; content:\"a\"; pkt_data; content:\"b\"; sid:1;)\n"
        );
        assert_eq!(
            formatted(text, Dialect::Snort2),
            "#alert tcp any any -> any any (content:\"a\"; http_uri; content:\"b\"; sid:1;)\n"
        );
    }

    #[test]
    fn a_pattern_has_one_spelling() {
        let cases = [
            ("|0D0a|", "|0d 0a|"),
            ("|41 42|", "AB"),
            ("a|3A| b", "a|3a 20|b"),
            ("a b ", "a b|20|"),
            ("|00|A|00|B", "|00 41 00 42|"),
            ("|00|GET|00|", "|00|GET|00|"),
        ];
        for (old, new) in cases {
            let rule = |pattern: &str| {
                format!("alert tcp any any -> any any (content:\"{pattern}\"; sid:1;)\n")
            };
            assert_eq!(formatted(&rule(old), Dialect::Suricata), rule(new));
        }
    }

    #[test]
    fn comments_stay_with_their_options() {
        let text = "alert tcp any any -> any any (\n  # two\n  sid:1; # one\n\tcontent:\"a\",nocase; /* x */\n  msg:\"m\"; )\n\n# end";
        assert_eq!(
            formatted(text, Dialect::Snort3),
            "alert tcp any any -> any any (\n    msg:\"m\";\n    content:\"a\",nocase; /* x */\n    # two\n    sid:1; # one\n)\n\n# end\n"
        );
    }

    #[test]
    fn several_lines_stay_several() {
        let text = "alert tcp any any -> any any (msg:\"m\"; \\\r\n  sid:1;)\r\n";
        assert_eq!(
            formatted(text, Dialect::Suricata),
            "alert tcp any any -> any any ( \\\r\n    msg:\"m\"; \\\r\n    sid:1; \\\r\n)\r\n"
        );
    }

    #[test]
    fn what_cannot_be_read_stays() {
        let text = "alert tcp any any -> any any ( sid:x ;)\n  \n#alert me (later;)\n";
        let result = format(&Source::new("a", text.as_bytes()), Some(Dialect::Suricata));
        assert_eq!(result.text, text.as_bytes());
        // No number, and none that could be one; what is commented out may be no rule at all.
        assert!(!result.diagnostics.is_empty());
    }
}

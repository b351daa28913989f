//! The options of a rule as they stand in its text, for whoever changes the text.

use super::rule::Options;
use super::split::Rules;
use crate::keywords::{self, KeywordId};
use crate::tree::Rule;
use crate::{Source, Span};

/// An option where it is written. Those that change another are here too, which the tree folds into what they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its keyword.
    pub keyword: KeywordId,
    /// From the first byte of the keyword to before the semicolon; [`crate::Opt::span`] of the option.
    pub span: Span,
    /// Behind the semicolon.
    pub end: u32,
}

/// The options of a rule of this source, in the order of the text.
pub fn written(rule: &Rule, source: &Source) -> Vec<Written> {
    let text = source
        .text
        .get(..rule.span.end as usize)
        .unwrap_or_default();
    let Some(raw) = Rules::at(text, rule.span.start as usize, rule.dialect).next() else {
        return Vec::new();
    };
    let Some(open) = memchr::memchr(b'(', &raw.text) else {
        return Vec::new();
    };
    let body = raw.text.get(open + 1..).unwrap_or_default();
    let options = Options::new(body, raw.start + open + 1, rule.dialect);
    options
        .filter_map(|option| {
            Some(Written {
                keyword: keywords::find(rule.dialect, option.name)?,
                span: option.span,
                end: option.end,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoadOptions, load};

    #[test]
    fn modifiers_stand_where_they_are_written() {
        let text = "# c\nalert tcp any any -> any 80 (msg:\"a\\;b\"; \\\n content:\"x\" ; nocase; sid:1;)\n";
        let file = load(
            vec![Source::new("a.rules", text.as_bytes())],
            &LoadOptions::default(),
        );
        let source = &file.sources[0];
        let found: Vec<_> = written(&file.rules[0], source)
            .into_iter()
            .map(|option| {
                let whole = Span::new(option.span.start, option.end);
                (source.text_of(option.span), source.text_of(whole))
            })
            .collect();
        assert_eq!(
            found,
            [
                ("msg:\"a\\;b\"".into(), "msg:\"a\\;b\";".into()),
                ("content:\"x\"".into(), "content:\"x\" ;".into()),
                ("nocase".into(), "nocase;".into()),
                ("sid:1".into(), "sid:1;".into()),
            ]
        );
    }
}

//! Options of a rule by the buffer that they are about.

use tapir_rules::keywords::{BufferId, payload};
use tapir_rules::tree::{Content, Transform};
use tapir_rules::{Opt, OptionKind, Rule};

/// A buffer, and the options about it. One that is named again goes on, unless it has several values or is
/// transformed.
#[derive(Debug, Default)]
pub(crate) struct Stretch<'a> {
    /// The buffer; `None` for the payload.
    pub(crate) buffer: Option<BufferId>,
    /// The part of it that Snort 3 rules and frames name.
    part: &'a str,
    /// What is done to it first.
    pub(crate) transforms: Vec<&'a Transform>,
    /// The options about it, and those that are about no buffer among them.
    pub(crate) options: Vec<&'a Opt>,
}

impl<'a> Stretch<'a> {
    /// Its patterns, each with its option.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (&'a Opt, &'a Content)> {
        self.options.iter().filter_map(|option| match &option.kind {
            OptionKind::Content(content) => Some((*option, &**content)),
            _ => None,
        })
    }

    /// Its patterns that must be there.
    pub(crate) fn required(&self) -> impl Iterator<Item = (&'a Opt, &'a Content)> {
        self.contents().filter(|(_, content)| !content.negated)
    }

    /// Whether it is one of these buffers as it is.
    pub(crate) fn is_plain(&self, buffers: &[BufferId]) -> bool {
        self.transforms.is_empty() && self.buffer.is_some_and(|buffer| buffers.contains(&buffer))
    }
}

/// The options of a rule by buffer, the payload first.
pub(crate) fn stretches(rule: &Rule) -> Vec<Stretch<'_>> {
    let mut stretches = vec![Stretch::default()];
    let mut current = 0;
    for (place, option) in rule.options.iter().enumerate() {
        let (id, part) = match &option.kind {
            OptionKind::Buffer(id) => (*id, ""),
            OptionKind::BufferPart(id, part) => (*id, &**part),
            other => {
                let Some(stretch) = stretches.get_mut(current) else {
                    continue;
                };
                match other {
                    OptionKind::Transform(transform) => stretch.transforms.push(transform),
                    _ => stretch.options.push(option),
                }
                continue;
            }
        };
        let buffer = (id != payload::PKT_DATA).then_some(id);
        let next = rule.options.get(place.saturating_add(1));
        let transformed = next.is_some_and(|next| matches!(next.kind, OptionKind::Transform(_)));
        let known = stretches.iter().position(|stretch| {
            stretch.buffer == buffer && stretch.part == part && stretch.transforms.is_empty()
        });
        current = match known.filter(|_| !transformed && !id.row().multi) {
            Some(known) => known,
            None => {
                stretches.push(Stretch {
                    buffer,
                    part,
                    ..Stretch::default()
                });
                stretches.len().saturating_sub(1)
            }
        };
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_rules::keywords::http;
    use tapir_rules::{LoadOptions, Source, load};

    #[test]
    fn a_buffer_that_is_named_again_goes_on() {
        let text = r#"alert http any any -> any any (content:"p"; http.uri; content:"a"; http.method; content:"b"; http.uri; content:"c"; http.uri; to_lowercase; content:"d"; sid:1;)"#;
        let file = load(
            vec![Source::new("a", text.as_bytes())],
            &LoadOptions::default(),
        );
        let found: Vec<_> = stretches(&file.rules[0])
            .iter()
            .map(|stretch| {
                let bytes = stretch.contents().map(|(_, content)| content.bytes[0]);
                (
                    stretch.buffer,
                    stretch.transforms.len(),
                    bytes.collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (None, 0, vec![b'p']),
                (Some(http::URI), 0, vec![b'a', b'c']),
                (Some(http::METHOD), 0, vec![b'b']),
                (Some(http::URI), 1, vec![b'd']),
            ]
        );
    }
}

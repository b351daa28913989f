//! The patterns of all rules by buffer.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapir_rules::tree::Content;

use super::content;
use super::engines;
use super::subject::Subject;

/// What tells patterns apart: the bytes, and whether letters match in either case, it is negated, and where it must lie.
type Key<'r> = (&'r [u8], [bool; 5]);

/// How often a pattern is used, and in how many rules as the one by which they are found.
#[derive(Default)]
struct Uses {
    count: usize,
    first: usize,
}

/// The patterns of all rules: by buffer, each with how often it is used.
pub(super) fn patterns(subjects: &[Subject<'_>]) -> Value {
    let mut buffers: BTreeMap<String, BTreeMap<Key<'_>, Uses>> = BTreeMap::new();
    for subject in subjects {
        for (place, content) in subject.contents() {
            let name = place
                .and_then(|place| subject.buffers.get(place))
                .map_or_else(
                    || "payload".to_owned(),
                    |buffer| engines::name(buffer.keyword),
                );
            let uses = buffers
                .entry(name)
                .or_default()
                .entry(key(content))
                .or_default();
            uses.count += 1;
            uses.first += usize::from(subject.fast.is_some_and(|fast| fast.is(content)));
        }
    }
    let buffers: Vec<Value> = buffers
        .into_iter()
        .map(|(name, patterns)| {
            let patterns: Vec<Value> = patterns.iter().map(pattern).collect();
            json!({"name": name, "patterns": patterns})
        })
        .collect();
    json!({"buffers": buffers})
}

fn key(content: &Content) -> Key<'_> {
    (
        &content.bytes,
        [
            content.nocase,
            content.negated,
            content.depth.is_some() || content.startswith,
            content.offset.is_some(),
            content.endswith,
        ],
    )
}

fn pattern(((bytes, flags), uses): (&Key<'_>, &Uses)) -> Value {
    let [nocase, negated, depth, offset, endswith] = flags;
    json!({
        "pattern": content::shown(bytes),
        "patlen": bytes.len(),
        "cnt": uses.count,
        "mpm": uses.first,
        "flags": {
            "nocase": nocase,
            "negated": negated,
            "depth": depth,
            "offset": offset,
            "endswith": endswith,
        },
    })
}

//! Applies fixes to a text.

use tapir_rules::Span;

use crate::Finding;

/// The text of a source with the fixes of findings about it applied; of two that overlap, the first. Also how many.
pub fn mend<'a>(text: &[u8], findings: impl IntoIterator<Item = &'a Finding>) -> (Vec<u8>, usize) {
    let mut fixes: Vec<&(Span, String)> = findings
        .into_iter()
        .filter_map(|finding| finding.diagnostic.fix.as_ref())
        .collect();
    fixes.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut out, mut done, mut applied) = (Vec::with_capacity(text.len()), 0, 0);
    for (span, new) in fixes {
        let range = span.range();
        let Some(before) = text.get(done..range.start) else {
            continue;
        };
        if range.end > text.len() || range.end < range.start {
            continue;
        }
        out.extend_from_slice(before);
        out.extend_from_slice(new.as_bytes());
        done = range.end;
        applied += 1;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    (out, applied)
}

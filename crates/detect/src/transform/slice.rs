//! `subslice`: a part of the buffer.

use tapir_rules::tree::Subslice;

/// The part; nothing if it is not whole in the buffer, unless what is there will do.
pub(super) fn subslice(input: &[u8], wanted: &Subslice, output: &mut Vec<u8>) {
    if let Some(part) = part(input, wanted) {
        output.extend_from_slice(part);
    }
}

fn part<'a>(input: &'a [u8], wanted: &Subslice) -> Option<&'a [u8]> {
    let len = i64::try_from(input.len()).ok()?;
    let inside = |place: i64| match (0..=len).contains(&place) {
        true => Some(place),
        false => wanted.truncate.then_some(place.clamp(0, len)),
    };
    let from_either_end = |place: i64| {
        if place < 0 {
            len.saturating_add(place)
        } else {
            place
        }
    };
    let start = inside(from_either_end(wanted.offset))?;
    let end = match wanted.len {
        None => len,
        Some(count) if count < 0 => inside(from_either_end(count))?,
        Some(count) => inside(start.saturating_add(count))?,
    };
    // An end before the start is taken as a start after the end.
    let (first, last) = (start.min(end), start.max(end));
    input.get(usize::try_from(first).ok()?..usize::try_from(last).ok()?)
}

//! `pcre`: an expression, and the variables its groups fill.

use tapir_matcher::{Regex, RegexFlags};
use tapir_rules::tree::{CaptureScope, Pcre};

use super::scratch::ProgramScratch;
use crate::names::{NameId, Names};

/// Most bytes of a capture that are kept.
const LONGEST_CAPTURE: usize = 0xffff;

/// `pcre`.
#[derive(Debug)]
pub(super) struct RegexStep {
    regex: Regex,
    pub(super) negated: bool,
    pub(super) relative: bool,
    /// Something after it counts from its match and may hold at a later one.
    pub(super) retry: bool,
    captures: Box<[CaptureTo]>,
}

/// Where a group goes.
#[derive(Debug)]
struct CaptureTo {
    scope: CaptureScope,
    id: NameId,
    name: Box<str>,
}

/// A match, in positions of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl RegexStep {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(pcre: &Pcre, names: &mut Names) -> Result<Self, String> {
        let mut flags = RegexFlags::empty();
        for (set, flag) in [
            (pcre.caseless, RegexFlags::CASELESS),
            (pcre.multiline, RegexFlags::MULTILINE),
            (pcre.dotall, RegexFlags::DOTALL),
            (pcre.extended, RegexFlags::EXTENDED),
            (pcre.anchored, RegexFlags::ANCHORED),
            (pcre.dollar_endonly, RegexFlags::DOLLAR_ENDONLY),
            (pcre.ungreedy, RegexFlags::UNGREEDY),
            (pcre.captures.is_empty(), RegexFlags::NO_CAPTURES),
        ] {
            flags.set(flag, set);
        }
        let regex =
            Regex::new(pcre.pattern.as_bytes(), flags).map_err(|error| error.to_string())?;
        let captures = pcre
            .captures
            .iter()
            .map(|capture| CaptureTo {
                scope: capture.scope,
                id: names.intern(&capture.name),
                name: capture.name.clone(),
            })
            .collect();
        Ok(Self {
            regex,
            negated: pcre.negated,
            relative: pcre.relative,
            retry: false,
            captures,
        })
    }

    /// Where the search begins.
    pub(super) fn start(&self, cursor: usize) -> usize {
        if self.relative { cursor } else { 0 }
    }

    /// The first match at `from` or later; of a relative expression in what lies behind the cursor.
    pub(super) fn find(
        &self,
        data: &[u8],
        cursor: usize,
        from: usize,
        scratch: &mut ProgramScratch,
    ) -> Option<Found> {
        let base = self.start(cursor);
        let searched = data.get(base..)?;
        let (start, end) =
            self.regex
                .find_at(&mut scratch.regex, searched, from.saturating_sub(base))?;
        for (group, capture) in self.captures.iter().enumerate() {
            if capture.scope == CaptureScope::Nowhere {
                continue;
            }
            let value = scratch
                .regex
                .group(group + 1)
                .and_then(|(start, end)| searched.get(start..end));
            if let Some(value) = value {
                let value = value.get(..LONGEST_CAPTURE).unwrap_or(value);
                scratch.capture(capture.scope, capture.id, &capture.name, value);
            }
        }
        Some(Found {
            start: base + start,
            end: base + end,
        })
    }
}

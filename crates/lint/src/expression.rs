//! What a regular expression leaves behind.

use tapir_rules::Rule;
use tapir_rules::tree::Pcre;

/// Whether nothing of the match matters but that there is one: nothing is kept of it, and no later option goes on from it.
pub(crate) fn is_last_word(rule: &Rule, place: usize, pcre: &Pcre) -> bool {
    let mut later = rule.options.iter().skip(place.saturating_add(1));
    pcre.captures.is_empty()
        && !pcre.captures_by_name
        && !later.any(|option| option.kind.is_relative())
}

//! What became of a rule, for whoever explains rules to people.

use crate::meta::RuleMeta;
use crate::rule::{RuleFlags, RuleKind};
use crate::rule_id::RuleId;
use crate::rule_set::RuleSet;

/// What became of a rule.
#[derive(Debug, Clone, Copy)]
pub struct CompiledRule<'s> {
    /// Its place in the order of evaluation.
    pub id: RuleId,
    /// What it says about itself.
    pub meta: &'s RuleMeta,
    /// What sort of thing it looks at.
    pub kind: RuleKind,
    /// Whether its payload options or conditions look at packets.
    pub looks_at_packets: bool,
    /// Whether its payload options look at the stream.
    pub looks_at_stream: bool,
}

impl RuleSet {
    /// What became of each rule, in the order of evaluation. A rule for both ways comes twice.
    pub fn compiled(&self) -> impl Iterator<Item = CompiledRule<'_>> {
        self.rules.iter().zip(0..).filter_map(|(rule, place)| {
            Some(CompiledRule {
                id: RuleId(place),
                meta: self.metas.get(rule.meta as usize)?,
                kind: rule.kind,
                looks_at_packets: rule.flags.contains(RuleFlags::PACKET),
                looks_at_stream: rule.flags.contains(RuleFlags::STREAM),
            })
        })
    }
}

//! What rules say about themselves, and the limits that a configuration puts on their alerts.

use tapir_rules::Rule as Tree;
use tapir_rules::tree::{OptionKind, Threshold, Track};

use super::CompileConfig;
use crate::alert::Actions;
use crate::meta::RuleMeta;

/// Priority of a rule that has none, nor a class.
const DEFAULT_PRIORITY: u32 = 3;

/// A limit on the alerts of rules, from `threshold.config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredThreshold {
    /// Generator id of the rules meant; `None` for all.
    pub gid: Option<u32>,
    /// Signature id of the rule meant; `None` for all of the generator.
    pub sid: Option<u32>,
    /// What it does.
    pub what: ConfiguredKind,
}

/// What a limit of `threshold.config` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfiguredKind {
    /// `threshold` and `event_filter`.
    Threshold(Threshold),
    /// `rate_filter`: after `count` matches in `seconds` the alerts have other actions for `timeout` seconds.
    Rate {
        /// What is counted together.
        track: Track,
        /// How many.
        count: u32,
        /// In how many seconds.
        seconds: u32,
        /// The actions they get.
        actions: Actions,
        /// For how long.
        timeout: u32,
    },
    /// `suppress`: for these addresses, or altogether.
    Suppress(Option<(Track, tapir_rules::tree::AddressExpr)>),
}

impl ConfiguredThreshold {
    /// Whether it is about a rule.
    pub(super) fn is_about(&self, rule: &Tree) -> bool {
        self.gid.is_none_or(|gid| gid == rule.gid) && self.sid.is_none_or(|sid| sid == rule.sid)
    }
}

/// What a rule says about itself.
pub(super) fn meta(tree: &Tree, config: &CompileConfig<'_>) -> RuleMeta {
    let class = tree.classtype().and_then(config.class);
    let mut references = Vec::new();
    let mut metadata = Vec::new();
    let mut target = None;
    for option in &tree.options {
        match &option.kind {
            OptionKind::Reference(reference) => {
                references.push((reference.system.clone(), reference.id.clone()))
            }
            OptionKind::Metadata(text) => metadata.push(text.clone()),
            OptionKind::Target(side) => target = Some(*side),
            _ => {}
        }
    }
    let text = (config.source)(tree.source)
        .get(tree.span.range())
        .unwrap_or_default();
    RuleMeta {
        gid: tree.gid,
        sid: tree.sid,
        rev: tree.rev,
        priority: tree
            .priority()
            .or(class.map(|class| class.priority))
            .unwrap_or(DEFAULT_PRIORITY),
        action: tree.action,
        target,
        msg: tree.msg().into(),
        classtype: tree.classtype().unwrap_or_default().into(),
        references: references.into(),
        metadata: metadata.into(),
        text: text.into(),
    }
}

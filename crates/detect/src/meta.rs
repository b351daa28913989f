//! What a rule says about itself.

use tapir_rules::tree::{Action, TargetSide};

/// What a rule says about itself, for those who report its alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMeta {
    /// Generator id.
    pub gid: u32,
    /// Signature id.
    pub sid: u32,
    /// Revision.
    pub rev: u32,
    /// Priority, 1 the most urgent.
    pub priority: u32,
    /// The action as written.
    pub action: Action,
    /// Which side is the target of the attack.
    pub target: Option<TargetSide>,
    /// Message.
    pub msg: Box<str>,
    /// Short name of the class of attack; empty without one.
    pub classtype: Box<str>,
    /// References: system and identifier.
    pub references: Box<[(Box<str>, Box<str>)]>,
    /// The text of each `metadata` option; [`metadata_pairs`](tapir_rules::tree::metadata_pairs) takes it apart.
    pub metadata: Box<[Box<str>]>,
    /// The rule as written.
    pub text: Box<str>,
}

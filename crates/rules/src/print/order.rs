//! The order in which the options of a rule are written.

use crate::keywords::{Kind, meta, payload};
use crate::tree::{BitAction, Opt, OptionKind};

/// The options in their canonical order. What is evaluated one after the other stays so.
pub(crate) fn in_order(options: &[Opt]) -> Vec<&Opt> {
    let steady = options.iter().any(counts_on_its_place);
    let mut sorted: Vec<&Opt> = options.iter().collect();
    sorted.sort_by_key(|option| place(option, steady));
    sorted
}

/// Whether an option does something when its turn comes, or speaks of the option before it.
fn counts_on_its_place(option: &Opt) -> bool {
    matches!(
        option.kind,
        OptionKind::FlowInt(_) | OptionKind::Dataset(_) | OptionKind::XBits(_)
    ) || matches!(option.keyword, meta::PREFILTER | payload::LUA)
}

/// The canonical place among the others, as Emerging Threats writes rules.
fn place(option: &Opt, steady: bool) -> u8 {
    const BODY: u8 = 3;
    match &option.kind {
        OptionKind::Msg(_) => 0,
        OptionKind::Reference(_) => 6,
        OptionKind::Classtype(_) => 7,
        OptionKind::Priority(_) => 8,
        OptionKind::Gid(_) => 9,
        OptionKind::Sid(_) => 10,
        OptionKind::Rev(_) => 11,
        OptionKind::Metadata(_) => 12,
        OptionKind::Service(_) => 5,
        _ if steady => BODY,
        OptionKind::Flow(_) => 1,
        OptionKind::FlowBits(bits) => match bits.action {
            BitAction::IsSet | BitAction::IsNotSet => 2,
            _ => 4,
        },
        OptionKind::Threshold(_)
        | OptionKind::DetectionFilter(_)
        | OptionKind::Tag(_)
        | OptionKind::NoAlert => 4,
        OptionKind::Requires(_) | OptionKind::Target(_) => 5,
        _ if option.keyword == payload::DSIZE || option.keyword.row().kind == Kind::Header => 2,
        _ => BODY,
    }
}

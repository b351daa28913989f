//! Directions that exclude each other.

use crate::diagnostic::{Code, Problem, Problems};
use crate::keywords::{Directions, KeywordId, Kind, flow};
use crate::sentence;
use crate::tree::{FlowFlags, Opt, OptionKind, Rule, RuleDirection};

/// The direction an option is about; `None` for one that is about none.
fn direction(option: &Opt) -> Option<Directions> {
    let about_buffer =
        |id: KeywordId| (!id.row().protocols.is_empty()).then_some(id.row().direction);
    match &option.kind {
        OptionKind::Buffer(id) => about_buffer(*id),
        OptionKind::BufferPart(_, part) if &**part == "to_client" => Some(Directions::ToClient),
        OptionKind::BufferPart(_, part) if &**part == "to_server" => Some(Directions::ToServer),
        OptionKind::BufferPart(id, _) => about_buffer(*id),
        _ if option.keyword.row().kind == Kind::Field => about_buffer(option.keyword),
        _ => None,
    }
}

pub(super) fn check(rule: &Rule, problems: &mut Problems) {
    if rule.header.direction == RuleDirection::Transaction {
        check_transaction(rule, problems);
        return;
    }
    let flags = rule.flow();
    let (mut to_server, mut to_client) = (
        flags.contains(FlowFlags::TO_SERVER),
        flags.contains(FlowFlags::TO_CLIENT),
    );
    for option in &rule.options {
        match direction(option) {
            Some(Directions::ToServer) => to_server = true,
            Some(Directions::ToClient) => to_client = true,
            _ => continue,
        }
        if to_server && to_client {
            problems.push(
                Problem::new(Code::DirectionConflict, option.span, format!("`{}` is about the other direction", option.keyword.name()))
                    .says(sentence::mixed_directions(rule.sid))
                    .help("a rule inspects one direction; `=>` in place of `->` inspects a transaction in both"),
            );
            return;
        }
    }
}

/// A rule with `=>` needs options about each direction, and none that could be about either.
fn check_transaction(rule: &Rule, problems: &mut Problems) {
    let (mut to_server, mut to_client, mut forced) = (false, false, false);
    for option in &rule.options {
        match option.keyword {
            flow::BIDIR_TOSERVER => (to_server, forced) = (true, true),
            flow::BIDIR_TOCLIENT => (to_client, forced) = (true, true),
            _ => {}
        }
        if let OptionKind::Flow(flags) = option.kind
            && flags.intersects(FlowFlags::TO_SERVER | FlowFlags::TO_CLIENT)
        {
            problems.push(
                Problem::new(
                    Code::DirectionConflict,
                    option.span,
                    "a rule with `=>` is about both directions",
                )
                .says(sentence::flow_direction(rule.sid)),
            );
            return;
        }
        match direction(option) {
            Some(Directions::ToServer) => to_server = true,
            Some(Directions::ToClient) => to_client = true,
            Some(Directions::Both) if !forced => {
                problems.push(
                    Problem::new(
                        Code::DirectionConflict,
                        option.span,
                        format!(
                            "`{}` could be about either direction",
                            option.keyword.name()
                        ),
                    )
                    .says(sentence::ambiguous_direction(rule.sid))
                    .help("write `bidir.toserver;` or `bidir.toclient;` before it"),
                );
                return;
            }
            _ => {}
        }
    }
    if !(to_server && to_client) {
        problems.push(
            Problem::new(
                Code::DirectionConflict,
                rule.header.span,
                "a rule with `=>` needs options about each direction",
            )
            .says(sentence::one_direction(rule.sid))
            .help("write `->` for a rule about one direction"),
        );
    }
}

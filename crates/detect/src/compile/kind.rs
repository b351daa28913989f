//! What sort of thing a rule looks at, worked out from its options.

use tapir_rules::keywords::{self, Kind};
use tapir_rules::tree::{BitAction, FlowFlags, Opt, OptionKind};

use crate::rule::{RuleFlags, RuleKind};

/// What the options of a rule look at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Looks {
    /// There are options that look at the payload.
    pub(super) payload: bool,
    /// There are options that look at another buffer of the packet.
    pub(super) buffer: bool,
    /// There are tests of transactions.
    pub(super) transaction: bool,
    /// The rule is for flows of an application protocol.
    pub(super) app: bool,
    /// There are conditions beyond head and buffers.
    pub(super) condition: bool,
    /// Each of them could be asked of addresses alone.
    pub(super) only_addresses: bool,
    /// Each of them asks for an event of the decoder.
    pub(super) only_events: bool,
    /// Each of them could be asked when recognition of the protocol ends, and one is about the protocol.
    pub(super) only_protocol: bool,
    /// The rule is for one direction of flows.
    pub(super) directed: bool,
    /// The rule's addresses are negated somewhere.
    pub(super) negated: bool,
    /// The rule is for packets below IP.
    pub(super) below_ip: bool,
}

impl Looks {
    /// What conditions look at.
    pub(super) fn of(options: &[Opt]) -> Self {
        let mut looks = Self {
            only_addresses: true,
            only_events: true,
            ..Self::default()
        };
        let (mut protocol, mut else_than_protocol) = (false, false);
        for option in options {
            let Some(sort) = sort_of(option) else {
                continue;
            };
            looks.condition |= sort != Sort::Change;
            looks.only_addresses &= matches!(sort, Sort::Addresses | Sort::Change);
            looks.only_events &= sort == Sort::Event;
            protocol |= sort == Sort::Protocol;
            else_than_protocol |= !matches!(sort, Sort::Protocol | Sort::Addresses | Sort::Change);
        }
        looks.only_events &= looks.condition;
        looks.only_protocol = protocol && !else_than_protocol;
        looks
    }

    /// The kind of rule.
    pub(super) fn kind(self, flags: RuleFlags) -> RuleKind {
        let plain = !self.payload && !self.buffer && !self.app;
        if self.transaction {
            RuleKind::AppTransaction
        } else if plain && self.only_protocol {
            RuleKind::ProtocolOnly
        } else if plain && self.only_addresses && !self.directed && !self.below_ip {
            if self.negated {
                RuleKind::LikeIpOnly
            } else {
                RuleKind::IpOnly
            }
        } else if plain && self.only_events {
            RuleKind::EventOnly
        } else if self.buffer {
            RuleKind::Packet
        } else if self.payload {
            match flags & (RuleFlags::PACKET | RuleFlags::STREAM) {
                RuleFlags::PACKET => RuleKind::Packet,
                RuleFlags::STREAM => RuleKind::Stream,
                _ => RuleKind::PacketStream,
            }
        } else if self.app && !self.condition {
            RuleKind::AppLayer
        } else {
            RuleKind::Packet
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Can be asked of addresses alone.
    Addresses,
    /// Changes something after a match and asks nothing.
    Change,
    /// An event of the decoder.
    Event,
    /// The recognised protocol.
    Protocol,
    /// Anything else.
    Other,
}

/// The sort of condition that an option is; nothing for one that is none.
fn sort_of(option: &Opt) -> Option<Sort> {
    Some(match &option.kind {
        OptionKind::FlowBits(bits) if bits.action == BitAction::Set => Sort::Change,
        OptionKind::FlowBits(_) | OptionKind::FlowInt(_) => Sort::Other,
        OptionKind::XBits(bits)
            if !matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet) =>
        {
            Sort::Change
        }
        OptionKind::HostBits(bits)
            if !matches!(bits.action, BitAction::IsSet | BitAction::IsNotSet) =>
        {
            Sort::Change
        }
        OptionKind::XBits(_) | OptionKind::HostBits(_) | OptionKind::IpRep(_) => Sort::Addresses,
        OptionKind::DecodeEvent(_) => Sort::Event,
        OptionKind::AppLayerProtocol(_) => Sort::Protocol,
        OptionKind::Flow(flags) => {
            if (*flags
                - (FlowFlags::TO_SERVER
                    | FlowFlags::TO_CLIENT
                    | FlowFlags::NO_STREAM
                    | FlowFlags::ONLY_STREAM))
                .is_empty()
            {
                return None;
            }
            Sort::Other
        }
        OptionKind::StreamEvent(_) | OptionKind::AppLayerEvent(_) | OptionKind::StreamSize(_) => {
            Sort::Other
        }
        OptionKind::Config(_) => Sort::Other,
        _ if option.keyword == keywords::response::BYPASS => Sort::Other,
        _ => match option.keyword.row().kind {
            Kind::Header | Kind::State | Kind::Event | Kind::Field => Sort::Other,
            _ if option.keyword == keywords::payload::DSIZE => Sort::Other,
            _ => return None,
        },
    })
}

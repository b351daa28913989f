//! Options about flows, hosts and events, and what is to become of alerts.

use tapir_flow::tcp::StreamEvent;
use tapir_packet::DecodeEvent;
use tapir_protocols::{AppLayerEvent, AppProto};
use tapir_rules::keywords::flow;
use tapir_rules::sentence;
use tapir_rules::tree::{
    AppLayerProtocol, BitAction, FlowBits, FlowFlags, FlowInt, FlowIntOp, HostBits, HostTrack,
    Operand, Opt, OptionKind, StreamSide, Tag, TagScope, Threshold, ThresholdKind, Track, XBits,
};

use super::Workshop;
use super::rule::Parts;
use crate::arbiter::{Filter, FilterKind};
use crate::condition::{AppProtocolTest, Condition, IntValue, Way};
use crate::effect::Effect;
use crate::error::CompileError;
use crate::gate::Gate;
use crate::host_bits::{Carrier, HostBit};
use crate::rule::{HostTag, RuleFlags};
use crate::transaction::{BitChange, Test};

/// Seconds after which a host's bit is forgotten when the rule cannot say.
const HOST_BIT_SECONDS: u32 = 300;

impl Parts {
    /// Takes an option about the state of flows and hosts, or about events; false if it is none.
    pub(super) fn take_condition(
        &mut self,
        shop: &mut Workshop<'_>,
        option: &Opt,
    ) -> Result<bool, CompileError> {
        match &option.kind {
            OptionKind::Flow(flags) => self.flow(*flags),
            OptionKind::FlowBits(bits) => self.flow_bits(shop, option, bits)?,
            OptionKind::FlowInt(int) => self.flow_int(shop, int),
            OptionKind::XBits(bits) => self.x_bits(shop, option, bits)?,
            OptionKind::HostBits(bits) => self.host_bits(shop, bits),
            OptionKind::StreamSize(size) => {
                self.asks_stream_size = true;
                self.conditions.push(Condition::StreamSize(Box::new(*size)));
            }
            OptionKind::TcpSession(phases) => {
                self.flow_condition(Condition::TcpSession(*phases));
            }
            OptionKind::AppLayerProtocol(asked) => self.app_protocol(option, asked)?,
            OptionKind::DecodeEvent(name) => {
                self.event(
                    option,
                    DecodeEvent::from_name(name).map(Condition::DecodeEvent),
                )?;
            }
            OptionKind::StreamEvent(name) => {
                self.event(
                    option,
                    StreamEvent::from_name(name).map(Condition::StreamEvent),
                )?;
            }
            OptionKind::AppLayerEvent(name) if self.transaction_event(name) => {}
            OptionKind::AppLayerEvent(name) => {
                let event = AppLayerEvent::from_name(name).ok_or_else(|| {
                    CompileError::not_evaluated(option.span.range(), "app-layer-event")
                })?;
                self.event(option, Some(Condition::AppEvent(event)))?;
            }
            _ => match flow_count(option) {
                Some(condition) => self.flow_condition(condition),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Takes an option about what becomes of alerts; false if it is none.
    pub(super) fn take_response(&mut self, option: &Opt) -> bool {
        match &option.kind {
            OptionKind::Threshold(threshold) => {
                self.response.filters.push(threshold_filter(threshold))
            }
            OptionKind::DetectionFilter(filter) => self.response.filters.push(Filter {
                kind: FilterKind::Detection {
                    unique_on: filter.unique_on,
                },
                track: filter.track,
                count: filter.count,
                seconds: filter.seconds,
            }),
            OptionKind::Tag(tag) => self.tag(tag),
            OptionKind::NoAlert => self.alert = Some(false),
            _ => return false,
        }
        true
    }

    fn flow(&mut self, flags: FlowFlags) {
        self.gate |= Gate::FLOW;
        for (flag, gate) in [
            (FlowFlags::TO_SERVER, Gate::TO_SERVER),
            (FlowFlags::TO_CLIENT, Gate::TO_CLIENT),
            (FlowFlags::ESTABLISHED, Gate::ESTABLISHED),
            (FlowFlags::NOT_ESTABLISHED, Gate::NOT_ESTABLISHED),
            (FlowFlags::ONLY_FRAG, Gate::REBUILT),
            (FlowFlags::NO_FRAG, Gate::NOT_REBUILT),
        ] {
            if flags.contains(flag) {
                self.gate |= gate;
            }
        }
        if flags.contains(FlowFlags::ONLY_STREAM) {
            self.flags |= RuleFlags::STREAM | RuleFlags::STREAM_ONLY;
        }
        if flags.contains(FlowFlags::NO_STREAM) {
            self.flags |= RuleFlags::PACKET;
        }
    }

    fn flow_condition(&mut self, condition: Condition) {
        self.gate |= Gate::FLOW;
        self.conditions.push(condition);
    }

    fn flow_bits(
        &mut self,
        shop: &mut Workshop<'_>,
        option: &Opt,
        bits: &FlowBits,
    ) -> Result<(), CompileError> {
        self.gate |= Gate::FLOW;
        let names = bits.names.iter().map(|name| shop.names.intern(name));
        match bits.action {
            BitAction::IsSet | BitAction::IsNotSet => {
                let set = bits.action == BitAction::IsSet;
                self.conditions.push(Condition::FlowBits {
                    names: names.collect(),
                    set,
                    all: bits.all,
                });
            }
            BitAction::Set => self.effects.extend(names.map(Effect::SetBit)),
            BitAction::Unset => self.effects.extend(names.map(Effect::ClearBit)),
            BitAction::Toggle => self.effects.extend(names.map(Effect::ToggleBit)),
            BitAction::SetExclusive | BitAction::Reset => {
                return Err(CompileError::not_evaluated(
                    option.span.range(),
                    "flowbits of a group",
                ));
            }
        }
        Ok(())
    }

    fn flow_int(&mut self, shop: &mut Workshop<'_>, int: &FlowInt) {
        self.gate |= Gate::FLOW;
        let name = shop.names.intern(&int.name);
        let value = match &int.value {
            Some(Operand::Number(number)) => IntValue::Number(*number),
            Some(Operand::Variable(other)) => IntValue::Variable(shop.names.intern(other)),
            None => IntValue::Number(0),
        };
        let op = int.op;
        match op {
            FlowIntOp::Set | FlowIntOp::Add | FlowIntOp::Subtract => {
                self.effects.push(Effect::Calculate { name, op, value });
            }
            _ => self.conditions.push(Condition::FlowInt { name, op, value }),
        }
    }

    fn x_bits(
        &mut self,
        shop: &mut Workshop<'_>,
        option: &Opt,
        bits: &XBits,
    ) -> Result<(), CompileError> {
        if bits.track == Track::Tx {
            self.transaction_bit(shop, bits);
            return Ok(());
        }
        let carrier = match bits.track {
            Track::BySrc => Carrier::Source,
            Track::ByDst => Carrier::Destination,
            Track::IpPair | Track::ByBoth => Carrier::Pair,
            _ => {
                return Err(CompileError::not_evaluated(
                    option.span.range(),
                    "xbits of transactions",
                ));
            }
        };
        let name = shop.names.intern(&bits.name);
        self.bits.push(HostBit {
            name,
            carrier,
            expire: bits.expire,
            action: bits.action,
        });
        Ok(())
    }

    fn transaction_bit(&mut self, shop: &mut Workshop<'_>, bits: &XBits) {
        let name = shop.names.intern(&bits.name);
        match bits.action {
            BitAction::IsSet => self.tests.push(Test::Bit(name, true)),
            BitAction::IsNotSet => self.tests.push(Test::Bit(name, false)),
            action => self.bit_changes.push(BitChange {
                name,
                sets: action == BitAction::Set,
                toggles: action == BitAction::Toggle,
            }),
        }
    }

    fn host_bits(&mut self, shop: &mut Workshop<'_>, bits: &HostBits) {
        let carrier = match bits.track {
            HostTrack::Src => Carrier::Source,
            HostTrack::Dst => Carrier::Destination,
            HostTrack::Both => Carrier::Both,
        };
        let name = shop.names.intern(&bits.name);
        self.bits.push(HostBit {
            name,
            carrier,
            expire: HOST_BIT_SECONDS,
            action: bits.action,
        });
    }

    fn app_protocol(&mut self, option: &Opt, asked: &AppLayerProtocol) -> Result<(), CompileError> {
        let protocol = |name: &str| {
            AppProto::from_name(name.trim()).ok_or_else(|| {
                CompileError::refused(
                    option.span.range(),
                    format!("`{name}` is no application protocol"),
                )
            })
        };
        let protocols = asked
            .names
            .iter()
            .map(|name| protocol(name))
            .collect::<Result<_, _>>()?;
        let test = AppProtocolTest {
            protocols,
            negated: asked.negated,
            mode: asked.mode,
            once: false,
        };
        self.conditions.push(Condition::AppProtocol(Box::new(test)));
        Ok(())
    }

    fn event(&mut self, option: &Opt, condition: Option<Condition>) -> Result<(), CompileError> {
        let condition = condition.ok_or_else(|| {
            CompileError::refused(option.value.range(), "there is no event of this name")
                .says(unknown_event(option))
        })?;
        self.gate |= Gate::EVENTS;
        self.conditions.push(condition);
        Ok(())
    }

    fn tag(&mut self, tag: &Tag) {
        let mut host = |of_source| {
            self.response.host_tags.push(HostTag {
                tag: *tag,
                of_source,
            })
        };
        match tag.scope {
            TagScope::Session => self.response.session_tag = Some(*tag),
            TagScope::HostSrc => host(true),
            TagScope::HostDst => host(false),
        }
    }
}

/// The condition of an option that counts something of the flow.
fn flow_count(option: &Opt) -> Option<Condition> {
    Some(match (&option.kind, option.keyword) {
        (OptionKind::FlowCounter(counter), keyword) => {
            let way = match counter.side {
                StreamSide::Client => Way::ToServer,
                StreamSide::Server => Way::ToClient,
                StreamSide::Both => Way::Both,
                StreamSide::Either => Way::Either,
            };
            let test = Box::new(counter.test);
            if keyword == flow::FLOW_BYTES {
                Condition::FlowBytes(way, test)
            } else {
                Condition::FlowPackets(way, test)
            }
        }
        (OptionKind::Integer(test), flow::FLOW_AGE) => Condition::FlowAge(test.clone()),
        (OptionKind::Integer(test), flow::FLOW_PKTS_TOSERVER) => {
            Condition::FlowPackets(Way::ToServer, test.clone())
        }
        (OptionKind::Integer(test), flow::FLOW_PKTS_TOCLIENT) => {
            Condition::FlowPackets(Way::ToClient, test.clone())
        }
        (OptionKind::Integer(test), flow::FLOW_BYTES_TOSERVER) => {
            Condition::FlowBytes(Way::ToServer, test.clone())
        }
        (OptionKind::Integer(test), flow::FLOW_BYTES_TOCLIENT) => {
            Condition::FlowBytes(Way::ToClient, test.clone())
        }
        (OptionKind::Text(text), flow::FLOW_ELEPHANT) => {
            Condition::Elephant(match &*text.to_ascii_lowercase() {
                "toserver" => Way::ToServer,
                "toclient" => Way::ToClient,
                "both" => Way::Both,
                _ => Way::Either,
            })
        }
        _ => return None,
    })
}

/// The filter of a `threshold`.
pub(super) fn threshold_filter(threshold: &Threshold) -> Filter {
    let kind = match threshold.kind {
        ThresholdKind::Limit => FilterKind::Limit,
        ThresholdKind::Threshold => FilterKind::Threshold,
        ThresholdKind::Both => FilterKind::Both,
        ThresholdKind::Backoff { multiplier } => FilterKind::Backoff { multiplier },
    };
    Filter {
        kind,
        track: threshold.track,
        count: threshold.count,
        seconds: threshold.seconds,
    }
}

/// What a log says of an event of packets that does not exist, or no more.
fn unknown_event(option: &Opt) -> Option<String> {
    const ONCE_KNOWN: [&str; 2] = ["udp.hlen_invalid", "ipv4.frag_ignored"];
    let OptionKind::DecodeEvent(name) = &option.kind else {
        return None;
    };
    let once = ONCE_KNOWN.contains(&name.strip_prefix("decoder.").unwrap_or(name));
    Some(sentence::decode_event(name, once))
}

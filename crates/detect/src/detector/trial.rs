//! One rule tried on one packet.

use crate::alert::{Alert, AlertFlags};
use crate::condition::carries;
use crate::context::{PacketContext, PacketTraits};
use crate::frame::{FramePart, FrameView};
use crate::gate::Gate;
use crate::recorder::{HeadFault, NO_OPTION, OptionVerdict, Recorder, Stage};
use crate::rule::{Rule, RuleFlags, RuleKind};
use crate::rule_id::RuleId;
use crate::rule_set::RuleSet;
use crate::section::Looking;

use tapir_packet::ip_proto;

/// One rule tried on one packet.
pub(super) struct Trial<'t, 'p, R> {
    pub(super) rules: &'t RuleSet,
    pub(super) rule: &'t Rule,
    pub(super) context: &'t PacketContext<'p>,
    pub(super) gate: Gate,
    pub(super) looking: Looking<'t, R>,
}

impl<R: Recorder> Trial<'_, '_, R> {
    /// Whether head and conditions hold.
    pub(super) fn begins(&mut self) -> bool {
        let head = self.passes_head();
        if R::ENABLED
            && !head
            && let Some(fault) = self.head_fault()
        {
            self.looking.recorder.head(fault);
        }
        self.looking.recorder.stage(Stage::Header, head);
        if !head {
            return false;
        }
        let conditions = self.passes_conditions();
        self.looking.recorder.stage(Stage::Conditions, conditions);
        conditions
    }

    /// The alert, if everything holds.
    pub(super) fn run(mut self, id: RuleId) -> Option<Alert> {
        if !self.begins() {
            return None;
        }
        self.looking.scratch.begin();
        let in_stream = self.passes_payload();
        self.looking
            .recorder
            .stage(Stage::Payload, in_stream.is_some());
        let in_stream = in_stream?;
        if !in_stream && self.context.traits.contains(PacketTraits::CONTINUED) {
            return None;
        }
        let flags = if in_stream {
            AlertFlags::STREAM
        } else {
            AlertFlags::empty()
        };
        let buffers = self.passes_buffers();
        self.looking.recorder.stage(Stage::Buffer, buffers);
        if !buffers {
            return None;
        }
        let evidence = self.looking.scratch.take_evidence();
        Some(Alert {
            rule: id,
            actions: self.rule.actions,
            flags,
            transaction: None,
            evidence,
        })
    }

    /// Whether everything holds of a rule about frames.
    pub(super) fn passes_frame(mut self, part: &FramePart, view: &FrameView<'_>) -> bool {
        if !self.begins() {
            return false;
        }
        self.looking.scratch.begin();
        if !self.passes_packet_part() {
            return false;
        }
        let (context, looking) = (self.context, &mut self.looking);
        let holds = part.sections.iter().all(|section| {
            section.holds_window(context, view.data, view.offset, view.end, looking)
        });
        looking.recorder.stage(Stage::Buffer, holds);
        holds
    }

    /// Whether the options hold that a rule about frames or transactions has for the packet, if it has any.
    #[inline]
    pub(super) fn passes_packet_part(&mut self) -> bool {
        if self.rule.payload.is_some() {
            let holds = self.passes_payload().is_some();
            self.looking.recorder.stage(Stage::Payload, holds);
            if !holds {
                return false;
            }
        }
        if self.rule.buffers.is_empty() {
            return true;
        }
        let holds = self.passes_buffers();
        self.looking.recorder.stage(Stage::Buffer, holds);
        holds
    }

    /// Whether the options hold that look at buffers of the packet's headers.
    fn passes_buffers(&mut self) -> bool {
        let (context, looking) = (self.context, &mut self.looking);
        let mut sections = self.rule.buffers.iter();
        sections.all(|section| section.holds_in(context.packet, context, looking))
    }

    /// What keeps the head from passing, in the order in which a reader of the rule would ask.
    #[cold]
    fn head_fault(&self) -> Option<HeadFault> {
        let (rule, context) = (self.rule, self.context);
        let of_head = || {
            rule.head
                .fault(context.packet, &self.rules.addresses, &self.rules.ports)
        };
        let of_gate = || {
            let lacking = rule.gate - self.gate;
            (!lacking.is_empty()).then_some(HeadFault::Gate(lacking))
        };
        let of_app = || {
            let proto = context.app_proto();
            let other = rule.app.is_some_and(|app| !carries(app, proto));
            other.then_some(HeadFault::AppProtocol(proto))
        };
        let of_moment = || context.is_broken().then_some(HeadFault::Broken);
        of_head()
            .or_else(of_gate)
            .or_else(of_app)
            .or_else(of_moment)
    }

    #[inline]
    fn passes_head(&self) -> bool {
        let rule = self.rule;
        let right_moment = match rule.kind {
            RuleKind::IpOnly | RuleKind::EventOnly => true,
            _ => !self.context.is_broken(),
        };
        right_moment
            && self.gate.contains(rule.gate)
            && rule
                .app
                .is_none_or(|app| carries(app, self.context.app_proto()))
            && rule.head.admits(
                self.context.packet,
                &self.rules.addresses,
                &self.rules.ports,
            )
    }

    #[inline]
    fn passes_conditions(&mut self) -> bool {
        let (rule, context) = (self.rule, self.context);
        let state = context.flow.map(|_| self.looking.state);
        let mut conditions = rule.conditions.iter().enumerate();
        conditions.all(|(place, condition)| {
            let holds = condition.holds(context, state);
            if R::ENABLED {
                if !holds {
                    let seen = || condition.seen(context, state);
                    self.looking.recorder.instead(&seen);
                }
                self.looking.recorder.option(OptionVerdict {
                    option: rule
                        .condition_options
                        .get(place)
                        .copied()
                        .unwrap_or(NO_OPTION),
                    buffer: "",
                    data: &[],
                    base: 0,
                    offset: 0,
                    end: 0,
                    matched: holds,
                });
            }
            holds
        })
    }

    /// Whether the payload options hold, and if so, whether in the stream.
    #[inline]
    fn passes_payload(&mut self) -> Option<bool> {
        let Some(section) = &self.rule.payload else {
            return Some(false);
        };
        let flags = self.rule.flags;
        if flags.contains(RuleFlags::STREAM) && self.context.packet.proto == ip_proto::TCP {
            if let Some(stream) = self.context.stream
                && section.holds(self.context, stream.data, &mut self.looking)
            {
                return Some(true);
            }
            let taken = self.context.traits.contains(PacketTraits::STREAM_ADDED)
                && !flags.contains(RuleFlags::PACKET);
            if taken || flags.contains(RuleFlags::STREAM_ONLY) {
                return None;
            }
        }
        let payload = self.context.inspected_payload();
        section
            .holds(self.context, payload, &mut self.looking)
            .then_some(false)
    }
}

//! What becomes of a packet that rules matched, or that was dropped.

use std::sync::Arc;

use tapir_detect::{Actions, Alert, AlertFlags, FlowVerdict, PacketFacts, PacketVerdict, Recorder};
use tapir_flow::FlowFlags;
use tapir_json::Json;
use tapir_output::event::{DropRecord, PacketBytes, PacketHeaders, Payload, Verdict};
use tapir_output::{Body, Event};
use tapir_packet::{Direction, Packet};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::flow_record::counters_of;
use super::frames;
use super::inspector::{Inspector, flow_drop_reason};
use crate::finding::{AlertSubject, Alerted, Discovery};

impl<R: Recorder> Inspector<R> {
    /// Hands on what the rules said of a packet. Takes the alerts.
    pub(super) fn report(
        &mut self,
        packet: &Packet<'_>,
        mut flow: Option<&mut FlowOf>,
        seen: &Circumstances,
        alerts: &mut Vec<Alert>,
        verdict: PacketVerdict,
    ) {
        let logged = self.needs.alerted_packets && !seen.is_stream_end() && {
            let of_alerted = |flow: &FlowOf| flow.flags().contains(FlowFlags::HAS_ALERTS);
            flow.as_deref().is_some_and(of_alerted) || raises_alert(alerts)
        };
        if logged && let Some(flow) = flow.as_deref_mut() {
            self.show_evidence(packet, flow);
        }
        let stopped = verdict.firewall.filter(|_| !seen.is_stream_end());
        if let Some(stopped) = stopped {
            let drops = &mut self.own.firewall_drops;
            *drops.entry(stopped.reason.name()).or_default() += 1;
            self.own.firewall_rejects += u64::from(stopped.rejects);
        }
        let verdict = PacketVerdict {
            firewall: stopped,
            ..verdict
        };
        if !alerts.is_empty() || verdict.tagged || verdict.actions.blocks() || stopped.is_some() {
            self.alerted(packet, flow, seen, std::mem::take(alerts), verdict);
        } else if self.settings.prevention
            && !seen.is_stream_end()
            && let Some(flow) = flow
            && flow.attachment.detect.verdict() == FlowVerdict::Drop
        {
            let reason = flow_drop_reason(flow);
            self.dropped(packet, Some(flow), seen, reason);
        }
        if logged {
            self.captured(packet, Arc::new(PacketBytes::of(packet)));
        }
    }

    /// Hands on what led to the first alert of a flow, for the packet log.
    fn show_evidence(&mut self, packet: &Packet<'_>, flow: &mut FlowOf) {
        if let Some(mut evidence) = flow.attachment.evidence.take() {
            for kept in evidence.take() {
                self.captured(packet, kept);
            }
        }
    }

    /// Hands on a packet of an alerted flow, for the packet log, with the packet at hand.
    fn captured(&mut self, packet: &Packet<'_>, logged: Arc<PacketBytes>) {
        let event = Event {
            packet: self.number(),
            order: self.order(),
            ts: packet.ts,
            envelope: self
                .enveloper()
                .of_packet(packet, self.number(), None, None),
            body: Body::Captured(logged),
        };
        self.find(Discovery::Event(Box::new(event)));
    }

    fn alerted(
        &mut self,
        packet: &Packet<'_>,
        mut flow: Option<&mut FlowOf>,
        seen: &Circumstances,
        mut alerts: Vec<Alert>,
        verdict: PacketVerdict,
    ) {
        if let Some(flow) = flow.as_deref() {
            self.name_transactions(flow, &mut alerts);
        }
        if let Some(flow) = flow.as_deref_mut()
            && raises_alert(&alerts)
        {
            flow.insert_flags(FlowFlags::HAS_ALERTS);
        }
        // What the arbiter may still take back counts as dropped: the drops after it are the same one.
        let first_drop = match (flow.as_deref_mut(), verdict.actions.blocks()) {
            (Some(flow), true) => {
                let way = seen.direction.unwrap_or(Direction::ToServer).index();
                !std::mem::replace(&mut flow.attachment.dropped[way], true)
            }
            _ => true,
        };
        let flow = flow.as_deref();
        let in_stream = alerts
            .iter()
            .any(|alert| alert.flags.contains(AlertFlags::STREAM));
        let stream = (self.needs.payload && in_stream)
            .then(|| {
                flow.and_then(|flow| flow.tcp.as_deref())
                    .zip(seen.direction)
            })
            .flatten()
            .map(|(session, direction)| {
                stream_payload(session, direction, self.needs.payload_limit)
            });
        let bytes = self.needs.packet
            || (self.needs.raw_packet && packet.ip_version == 0)
            || (self.needs.tagged && verdict.tagged)
            || self.needs.alerted_packets;
        let alerted = Alerted {
            facts: PacketFacts::of(packet, self.number(), flow.map(FlowOf::id)),
            envelope: self
                .enveloper()
                .of_packet(packet, self.number(), seen.direction, flow),
            flow: flow.map(counters_of),
            payload: self.needs.payload.then(|| Payload {
                data: packet.payload().into(),
                stream: false,
                length: packet.payload().len() as u64,
            }),
            stream,
            packet: bytes.then(|| Arc::new(PacketBytes::of(packet))),
            headers: (self.needs.headers || self.settings.prevention)
                .then(|| Arc::new(PacketHeaders::of(packet))),
            subjects: self.described(packet, flow, seen, &alerts),
            forwarded: self.forwarded(flow, &alerts),
            tagged: verdict.tagged,
            first_drop,
            firewall: verdict.firewall,
            settled: self.arbiter.is_some().then_some(verdict),
            alerts,
        };
        self.find(Discovery::Alerted(Box::new(alerted)));
    }

    /// A datagram is about its transaction, even where a rule for its protocol looked at nothing but the payload.
    fn name_transactions(&self, flow: &FlowOf, alerts: &mut [Alert]) {
        if flow.tcp.is_some() {
            return;
        }
        let youngest = flow.attachment.dialogue.state().and_then(|state| {
            let place = state.len().checked_sub(1)?;
            Some(state.meta(place)?.id())
        });
        for alert in alerts {
            if alert.transaction.is_none() && self.rules.set.names_protocol(alert.rule) {
                alert.transaction = youngest;
            }
        }
    }

    /// What the alerts show of the transactions and frames that they are about.
    fn described(
        &self,
        packet: &Packet<'_>,
        flow: Option<&FlowOf>,
        seen: &Circumstances,
        alerts: &[Alert],
    ) -> Vec<(AlertSubject, Arc<[u8]>)> {
        let mut described: Vec<(AlertSubject, Arc<[u8]>)> = Vec::new();
        let Some(flow) = flow.filter(|_| self.needs.app_layer) else {
            return described;
        };
        for subject in alerts.iter().map(AlertSubject::of) {
            if described.iter().any(|(known, _)| *known == subject) {
                continue;
            }
            let mut members = subject
                .transaction
                .and_then(|id| self.describe_transaction(flow, id))
                .unwrap_or_default()
                .into_vec();
            if let (Some(id), Some(frames), Some(direction)) =
                (subject.frame, &flow.attachment.frames, seen.direction)
            {
                let runs =
                    frames::runs(packet, flow.tcp.as_deref(), direction, seen.is_stream_end());
                let mut json = Vec::new();
                frames.describe(&mut Json::begin(&mut json), flow, direction, id, &runs);
                if !members.is_empty() && json.len() > 1 {
                    members.push(b',');
                }
                members.extend(json.drain(1..));
            }
            if !members.is_empty() {
                described.push((subject, members.into()));
            }
        }
        described
    }

    /// A packet dropped by something other than a rule that matches it.
    pub(super) fn dropped(
        &mut self,
        packet: &Packet<'_>,
        flow: Option<&mut FlowOf>,
        seen: &Circumstances,
        reason: &'static str,
    ) {
        *self.own.drops.entry(reason).or_default() += 1;
        self.drop_record(packet, flow, seen, reason);
    }

    /// The record of such a drop.
    pub(super) fn drop_record(
        &mut self,
        packet: &Packet<'_>,
        mut flow: Option<&mut FlowOf>,
        seen: &Circumstances,
        reason: &'static str,
    ) {
        if !self.needs.drops {
            return;
        }
        let way = seen.direction.unwrap_or(Direction::ToServer).index();
        let first = flow
            .as_deref_mut()
            .is_none_or(|flow| !std::mem::replace(&mut flow.attachment.dropped[way], true));
        let envelope =
            self.enveloper()
                .of_packet(packet, self.number(), seen.direction, flow.as_deref());
        let record = DropRecord {
            headers: PacketHeaders::of(packet),
            reason,
            alert: None,
            verdict: Verdict::Drop,
            first,
        };
        let body = Body::Drop(Box::new(record));
        let event = Event {
            packet: self.number(),
            order: self.order(),
            ts: packet.ts,
            envelope,
            body,
        };
        self.find(Discovery::Event(Box::new(event)));
    }
}

/// Whether one of them is shown.
fn raises_alert(alerts: &[Alert]) -> bool {
    alerts
        .iter()
        .any(|alert| alert.actions.contains(Actions::ALERT))
}

/// The acknowledged data of a stream around what was inspected.
fn stream_payload(
    session: &tapir_flow::tcp::Session,
    direction: Direction,
    limit: usize,
) -> Payload {
    let mut data = Vec::new();
    let mut length = 0;
    let mut at = session.stream(direction).base();
    for block in session.acked_blocks(direction) {
        if block.offset > at {
            data.extend_from_slice(format!("[{} bytes missing]", block.offset - at).as_bytes());
        }
        at = block.offset + block.data.len() as u64;
        length += block.data.len() as u64;
        let room = limit.saturating_sub(data.len());
        data.extend_from_slice(&block.data[..block.data.len().min(room)]);
    }
    Payload {
        data: data.into(),
        stream: true,
        length,
    }
}

//! Records of what its protocol does not allow.

use std::sync::Arc;

use tapir_detect::Recorder;
use tapir_output::event::{Anomaly, AnomalyKind, PacketBytes};
use tapir_output::{Body, Event};
use tapir_packet::Packet;

use super::FlowOf;
use super::circumstances::Circumstances;
use super::inspector::Inspector;
use crate::finding::Discovery;

impl<R: Recorder> Inspector<R> {
    /// Notes the anomalies of a packet that some output writes.
    pub(super) fn anomalies(
        &mut self,
        packet: &Packet<'_>,
        flow: Option<&FlowOf>,
        seen: &Circumstances,
    ) {
        if self.needs.decode_anomalies && !packet.events.is_empty() {
            for event in packet.events.raised() {
                self.anomaly(packet, flow, seen, AnomalyKind::Decode, event.full_name());
            }
        }
        if self.needs.stream_anomalies && !seen.events.is_empty() {
            for event in seen.events.iter() {
                self.anomaly(packet, flow, seen, AnomalyKind::Stream, event.full_name());
            }
        }
        if self.needs.applayer_anomalies && !seen.app_events.is_empty() {
            let proto = flow.map(|flow| flow.attachment.app.flow());
            let app_proto = proto.unwrap_or_default().event_name();
            for event in seen.app_events.iter() {
                let kind = AnomalyKind::AppLayer {
                    app_proto,
                    layer: "proto_detect",
                };
                self.anomaly(packet, flow, seen, kind, event.record_name());
            }
        }
    }

    fn anomaly(
        &mut self,
        packet: &Packet<'_>,
        flow: Option<&FlowOf>,
        seen: &Circumstances,
        kind: AnomalyKind,
        name: &'static str,
    ) {
        let envelope = self
            .enveloper()
            .of_packet(packet, self.number(), seen.direction, flow);
        let bytes = self
            .needs
            .anomaly_packet
            .then(|| Arc::new(PacketBytes::of(packet)));
        let body = Body::Anomaly(Box::new(Anomaly {
            kind,
            event: Some(name),
            code: 0,
            packet: bytes,
        }));
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

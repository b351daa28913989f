//! The part of a record that says who spoke with whom.

use std::sync::Arc;

use tapir_flow::Flow;
use tapir_output::event::{AppProtos, Ether, Icmp, Variables};
use tapir_output::{Envelope, Needs};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{AppProto, Recogniser};

use super::Attachment;
use crate::rules::LoadedRules;

/// What is the same for all records of one input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// Interface of a live capture.
    pub(crate) interface: Option<Arc<str>>,
    /// Name of the capture being replayed.
    pub(crate) file: Option<Arc<str>>,
}

/// Builds envelopes, filling in what outputs make use of.
pub(super) struct Enveloper<'w> {
    pub(super) origin: &'w Origin,
    pub(super) needs: &'w Needs,
    pub(super) rules: &'w LoadedRules,
}

impl Enveloper<'_> {
    /// Of a record about a packet.
    pub(super) fn of_packet(
        &self,
        packet: &Packet<'_>,
        number: u64,
        direction: Option<Direction>,
        flow: Option<&Flow<Attachment>>,
    ) -> Envelope {
        let mut envelope = Envelope::of(packet, number);
        envelope.direction = direction;
        envelope.ether = match packet.ethernet() {
            Some(ethernet) if self.needs.ether => Some(Box::new(Ether::Packet {
                src: ethernet.src(),
                dst: ethernet.dst(),
                ether_type: Some(ethernet.ether_type()),
            })),
            _ => None,
        };
        self.complete(&mut envelope, flow);
        envelope
    }

    /// Of a record about what was said in a flow, as a packet brought it to light: from client to server.
    pub(super) fn of_flow(
        &self,
        packet: &Packet<'_>,
        number: u64,
        flow: &Flow<Attachment>,
    ) -> Envelope {
        let mut envelope = self.of_packet(packet, number, None, Some(flow));
        if packet.src != flow.client()
            && let Some(ether) = &mut envelope.ether
        {
            ether.turn();
        }
        // The end of a flow is no frame: what its first ones said stands for it.
        if let (None, Some(macs)) = (&envelope.ether, &flow.attachment.macs)
            && let (Some(&src), Some(&dst)) = (macs.client.first(), macs.server.first())
        {
            envelope.ether = Some(Box::new(Ether::Packet {
                src,
                dst,
                ether_type: None,
            }));
        }
        envelope.src_ip = flow.client();
        envelope.dest_ip = flow.server();
        envelope.src_port = flow.client_port();
        envelope.dest_port = flow.server_port();
        envelope
    }

    /// Of a record about a flow that is over: from its client to its server.
    pub(super) fn of_ended(&self, flow: &Flow<Attachment>) -> Envelope {
        let mut vlans = [0; 3];
        vlans
            .iter_mut()
            .zip(flow.vlans())
            .for_each(|(to, from)| *to = *from);
        let is_icmp = matches!(flow.protocol(), 1 | 58);
        let icmp = |(kind, code)| Icmp { kind, code };
        let mut envelope = Envelope {
            vlans,
            vlan_count: flow.vlans().len() as u8,
            ip_version: flow.ip_version(),
            proto: flow.protocol(),
            src_ip: flow.client(),
            dest_ip: flow.server(),
            src_port: flow.client_port(),
            dest_port: flow.server_port(),
            icmp: is_icmp.then(|| icmp(flow.icmp_request())),
            response_icmp: is_icmp.then(|| icmp(flow.icmp_response())),
            spi: flow.spi(),
            ether: flow.attachment.macs.as_ref().map(|macs| {
                Box::new(Ether::Flow {
                    src: macs.client.clone(),
                    dst: macs.server.clone(),
                })
            }),
            ..Envelope::default()
        };
        self.complete(&mut envelope, Some(flow));
        envelope
    }

    fn complete(&self, envelope: &mut Envelope, flow: Option<&Flow<Attachment>>) {
        envelope.in_iface.clone_from(&self.origin.interface);
        envelope.pcap_filename.clone_from(&self.origin.file);
        let Some(flow) = flow else { return };
        envelope.flow_id = flow.id();
        envelope.app_protos = app_protos(&flow.attachment.app);
        envelope.community_id = self
            .needs
            .community_id
            .map(|seed| flow.community_id(seed).into());
        if self.needs.variables {
            envelope.variables = self.variables(flow);
        }
    }

    fn variables(&self, flow: &Flow<Attachment>) -> Option<Box<Variables>> {
        let state = &flow.attachment.detect;
        let rules = &self.rules.set;
        let variables = Variables {
            flowbits: rules.flow_bits(state).map(Arc::from).collect(),
            flowints: rules
                .flow_ints(state)
                .map(|(name, value)| (Arc::from(name), value))
                .collect(),
            flowvars: rules
                .flow_texts(state)
                .map(|(name, value)| (Arc::from(name), value.into()))
                .collect(),
            ..Variables::default()
        };
        (!variables.is_empty()).then(|| Box::new(variables))
    }
}

fn app_protos(app: &Recogniser) -> AppProtos {
    let name = |proto: AppProto| (proto != AppProto::Unknown).then(|| proto.event_name());
    AppProtos {
        both: name(app.flow()),
        toserver: name(app.to_server()),
        toclient: name(app.to_client()),
        original: name(app.original()),
        expected: name(app.expected()),
    }
}

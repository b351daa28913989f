//! The record of a flow that is over.

use tapir_detect::FlowVerdict;
use tapir_flow::{EndReason, Flow, FlowFlags, FlowState};
use tapir_output::FlowRecord;
use tapir_output::event as output;
use tapir_output::event::{Bypass, FlowAction, FlowCounters, FlowEnd, TcpRecord};
use tapir_packet::Direction::{ToClient, ToServer};
use tapir_protocols::AppState;

use super::Attachment;

/// What a flow has carried until now.
pub(super) fn counters_of(flow: &Flow<Attachment>) -> FlowCounters {
    let (to_server, to_client) = (flow.counts(ToServer), flow.counts(ToClient));
    FlowCounters {
        pkts_toserver: to_server.packets,
        pkts_toclient: to_client.packets,
        bytes_toserver: to_server.bytes,
        bytes_toclient: to_client.bytes,
        start: flow.start(),
        elephant_toserver: flow.flags().contains(FlowFlags::ELEPHANT_TO_SERVER),
        elephant_toclient: flow.flags().contains(FlowFlags::ELEPHANT_TO_CLIENT),
    }
}

/// The record.
pub(super) fn record_of(flow: &Flow<Attachment>, reason: EndReason) -> FlowRecord {
    let ttl = |direction| {
        let range = flow.ttl(direction);
        output::TtlRange {
            min: range.min,
            max: range.max,
        }
    };
    FlowRecord {
        counters: counters_of(flow),
        last: flow.last(),
        state: match flow.state() {
            FlowState::New => output::FlowState::New,
            FlowState::Established => output::FlowState::Established,
            FlowState::Closed => output::FlowState::Closed,
            FlowState::LocalBypassed => output::FlowState::Bypassed(Bypass::Local),
            FlowState::CaptureBypassed => output::FlowState::Bypassed(Bypass::Capture),
        },
        end: match reason {
            EndReason::Timeout => FlowEnd::Timeout,
            EndReason::Forced => FlowEnd::Forced,
            EndReason::Shutdown => FlowEnd::Shutdown,
            EndReason::TcpReuse => FlowEnd::TcpReuse,
        },
        alerted: flow.flags().contains(FlowFlags::HAS_ALERTS),
        emergency: flow.flags().contains(FlowFlags::EMERGENCY),
        action: match (
            flow.attachment.detect.firewall(),
            flow.attachment.detect.verdict(),
        ) {
            (FlowVerdict::Drop, _) | (_, FlowVerdict::Drop) => Some(FlowAction::Drop),
            (FlowVerdict::Pass, _) => Some(FlowAction::Accept),
            (FlowVerdict::Inspect, FlowVerdict::Pass) => Some(FlowAction::Pass),
            (FlowVerdict::Inspect, FlowVerdict::Inspect) => None,
        },
        exceptions: flow
            .attachment
            .exception
            .map(|(target, policy)| output::ExceptionPolicy { target, policy })
            .into_iter()
            .collect(),
        tx_count: flow.attachment.dialogue.state().map_or(0, AppState::total),
        ttl_toserver: ttl(ToServer),
        ttl_toclient: ttl(ToClient),
        tcp: (flow.protocol() == tapir_packet::ip_proto::TCP).then(|| tcp(flow)),
    }
}

fn tcp(flow: &Flow<Attachment>) -> TcpRecord {
    let Some(session) = &flow.tcp else {
        return TcpRecord::default();
    };
    let (client, server) = (session.stream(ToServer), session.stream(ToClient));
    TcpRecord {
        flags: session.tcp_flags().bits(),
        flags_toserver: client.tcp_flags().bits(),
        flags_toclient: server.tcp_flags().bits(),
        state: Some(session.state().name()),
        gap_toserver: client.has_gap(),
        gap_toclient: server.has_gap(),
        max_regions_toserver: client.max_regions().into(),
        max_regions_toclient: server.max_regions().into(),
        urgent_toserver: session.urgent_bytes(ToServer).into(),
        urgent_toclient: session.urgent_bytes(ToClient).into(),
    }
}

//! Events to try formats on.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tapir_packet::{Direction, LinkType, Timestamp};

use crate::LocalTime;
use crate::event::{
    Alert, AppProtos, Body, Envelope, Event, FlowCounters, FlowEnd, FlowRecord, FlowState,
    IpHeader, Ipv4Fields, PacketBytes, PacketHeaders, Payload, RuleMeta, TcpFields, TcpRecord,
    TransportHeader, TtlRange,
};

pub fn utc() -> LocalTime {
    LocalTime::new(TimeZone::UTC)
}

/// 2016-07-13 22:42:07.199672 UTC, and some milliseconds later.
pub fn time(later: u64) -> Timestamp {
    Timestamp::from_micros(1_468_449_727_199_672 + later * 1000)
}

pub fn envelope() -> Envelope {
    Envelope {
        flow_id: 1_234_567_890_123,
        ip_version: 4,
        proto: 6,
        src_ip: [82, 165, 177, 154].into(),
        dest_ip: [10, 16, 1, 11].into(),
        src_port: 80,
        dest_port: 54_186,
        direction: Some(Direction::ToClient),
        app_protos: AppProtos {
            both: Some("http"),
            ..AppProtos::default()
        },
        ..Envelope::default()
    }
}

pub fn rule() -> RuleMeta {
    RuleMeta {
        gid: 1,
        sid: 2_100_498,
        rev: 7,
        msg: "GPL ATTACK_RESPONSE id check returned root".to_owned(),
        classification: "Potentially Bad Traffic".to_owned(),
        priority: 2,
        references: vec!["https://example.org/root".to_owned()],
        metadata: vec![("created_at".to_owned(), vec!["2010_09_23".to_owned()])],
        text: "alert ip any any -> any any (sid:2100498;)".to_owned(),
        action: "alert".to_owned(),
        ..RuleMeta::default()
    }
}

pub fn headers() -> PacketHeaders {
    PacketHeaders {
        frame_len: 93,
        ether: Some(([0, 0x15, 0x17, 0x0d, 6, 0xf7], [0, 1, 2, 3, 4, 5], 0x800)),
        ip: Some(IpHeader::V4(Ipv4Fields {
            tos: 0,
            len: 79,
            header_len: 20,
            id: 4660,
            df: true,
            ttl: 52,
            proto: 6,
            ..Ipv4Fields::default()
        })),
        transport: Some(TransportHeader::Tcp(TcpFields {
            seq: 0xdead_beef,
            ack: 0x10,
            window: 0x2000,
            flags: 0x18,
            header_len: 20,
            ..TcpFields::default()
        })),
        payload_len: 39,
    }
}

pub fn alert_body() -> Alert {
    let data: Arc<[u8]> = Arc::from(&b"uid=0(root) gid=0(root) groups=0(root)\n"[..]);
    let packet = PacketBytes {
        ts: time(0),
        link: LinkType::ETHERNET,
        data: vec![1, 2, 3].into(),
        wire_len: 3,
    };
    Alert {
        flow: Some(FlowCounters {
            pkts_toserver: 4,
            pkts_toclient: 3,
            bytes_toserver: 400,
            bytes_toclient: 512,
            start: time(0),
            ..FlowCounters::default()
        }),
        payload: Some(Payload {
            length: data.len() as u64,
            data,
            stream: true,
        }),
        packet: Some(Arc::new(packet)),
        headers: Some(Arc::new(headers())),
        ..Alert::new(Arc::new(rule()))
    }
}

pub fn alert() -> Event {
    Event {
        packet: 7,
        order: 0,
        ts: time(373),
        envelope: envelope(),
        body: Body::Alert(Box::new(alert_body())),
    }
}

pub fn flow_record() -> FlowRecord {
    FlowRecord {
        counters: FlowCounters {
            pkts_toserver: 6,
            pkts_toclient: 5,
            bytes_toserver: 500,
            bytes_toclient: 600,
            start: time(0),
            ..FlowCounters::default()
        },
        last: time(1_000),
        state: FlowState::Closed,
        end: FlowEnd::Shutdown,
        alerted: true,
        emergency: false,
        action: None,
        exceptions: Vec::new(),
        tx_count: 1,
        ttl_toserver: TtlRange { min: 64, max: 64 },
        ttl_toclient: TtlRange { min: 52, max: 53 },
        tcp: Some(TcpRecord {
            flags: 0x1b,
            flags_toserver: 0x1b,
            flags_toclient: 0x1a,
            state: Some("closed"),
            max_regions_toserver: 1,
            max_regions_toclient: 1,
            ..TcpRecord::default()
        }),
    }
}

/// The flow of [`alert`], client first.
pub fn flow() -> Event {
    let there = envelope();
    let envelope = Envelope {
        src_ip: there.dest_ip,
        dest_ip: there.src_ip,
        src_port: there.dest_port,
        dest_port: there.src_port,
        direction: None,
        ..there
    };
    Event {
        packet: 0,
        order: 0,
        ts: time(2_000),
        envelope,
        body: Body::Flow(Box::new(flow_record())),
    }
}

pub fn text(render: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    render(&mut out);
    String::from_utf8(out).expect("records are text")
}

//! Records against what their readers expect, and that hostile bytes cannot break them.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use tapir_packet::{Direction, LinkType};

use super::{FlowPart, Records};
use crate::config::{
    AlertOptions, AnomalyOptions, DropOptions, EveConfig, EveTypes, StatsOptions, Xff,
};
use crate::event::{
    Anomaly, AnomalyKind, Body, Bypass, DropRecord, Ether, Event, ExceptionPolicy, FlowAction,
    FlowEnd, FlowState, Icmp, PacketBytes, PacketSource, RejectTarget, RuleCounts, StatsTree,
    Target, TunnelInfo, Variables, Verdict,
};
use crate::samples::{alert, alert_body, flow, flow_record, headers, text, time, utc};

fn records(types: EveTypes, change: impl FnOnce(&mut EveConfig)) -> Records {
    let mut config = EveConfig {
        types,
        ..EveConfig::default()
    };
    change(&mut config);
    Records::new(config, None, true, utc())
}

fn with_alert(options: AlertOptions) -> EveTypes {
    EveTypes {
        alert: Some(options),
        ..EveTypes::default()
    }
}

fn line(records: &mut Records, event: &Event) -> String {
    text(|out| assert!(records.record(out, event)))
}

fn part(records: &mut Records, event: &Event, part: FlowPart) -> String {
    text(|out| assert!(records.flow_part(out, event, part)))
}

fn value(line: &str) -> Value {
    serde_json::from_str(line).expect("valid JSON")
}

#[test]
fn an_alert_by_default() {
    let mut records = records(with_alert(AlertOptions::default()), |_| {});
    assert_eq!(
        line(&mut records, &alert()),
        concat!(
            r#"{"timestamp":"2016-07-13T22:42:07.572672+0000","flow_id":1234567890123,"pcap_cnt":7,"#,
            r#""event_type":"alert","src_ip":"82.165.177.154","src_port":80,"dest_ip":"10.16.1.11","#,
            r#""dest_port":54186,"proto":"TCP","ip_v":4,"pkt_src":"wire/pcap","alert":{"action":"allowed","#,
            r#""gid":1,"signature_id":2100498,"rev":7,"#,
            r#""signature":"GPL ATTACK_RESPONSE id check returned root","#,
            r#""category":"Potentially Bad Traffic","severity":2,"metadata":{"created_at":["2010_09_23"]}},"#,
            r#""app_proto":"http","direction":"to_client","flow":{"pkts_toserver":4,"pkts_toclient":3,"#,
            r#""bytes_toserver":400,"bytes_toclient":512,"start":"2016-07-13T22:42:07.199672+0000","#,
            r#""src_ip":"10.16.1.11","dest_ip":"82.165.177.154","src_port":54186,"dest_port":80}}"#,
            "\n"
        )
    );
}

#[test]
fn an_alert_with_every_option() {
    let options = AlertOptions {
        payload: true,
        payload_printable: true,
        payload_length: true,
        payload_buffer_size: 12,
        packet: true,
        flow: false,
        rule_text: true,
        references: true,
        rule_metadata: false,
        verdict: true,
        ..AlertOptions::default()
    };
    let mut records = records(with_alert(options), |config| {
        config.prefix = "@cee: ".to_owned()
    });
    let mut event = alert();
    event.envelope.tx_id = Some(0);
    let Body::Alert(alert) = &mut event.body else {
        panic!("an alert")
    };
    alert.transaction = Some(br#""http":{"status":200}"#[..].into());
    alert.verdict = Verdict::Reject {
        to: RejectTarget::Client,
        dropped: true,
    };
    alert.context = Some(r#""known":true"#.into());
    let line = line(&mut records, &event);
    let from = line.find(r#","tx_id""#).expect("a transaction");
    assert!(line.starts_with(r#"@cee: {"timestamp":"#));
    assert_eq!(
        &line[from..],
        concat!(
            r#","tx_id":0,"alert":{"action":"allowed","gid":1,"signature_id":2100498,"rev":7,"#,
            r#""signature":"GPL ATTACK_RESPONSE id check returned root","#,
            r#""category":"Potentially Bad Traffic","severity":2,"#,
            r#""references":["https://example.org/root"],"context":{"known":true},"#,
            r#""rule":"alert ip any any -> any any (sid:2100498;)"},"http":{"status":200},"#,
            r#""app_proto":"http","direction":"to_client","payload":"dWlkPTAocm9vdCkg","#,
            r#""payload_length":12,"payload_printable":"uid=0(root) ","stream":1,"packet":"AQID","#,
            r#""packet_info":{"linktype":1,"linktype_name":"EN10MB"},"#,
            r#""verdict":{"action":"drop","reject_target":"to_client","reject":["tcp-reset"]}}"#,
            "\n"
        )
    );
}

#[test]
fn switches_of_the_output() {
    let mut records = records(
        with_alert(AlertOptions {
            flow: false,
            ..AlertOptions::default()
        }),
        |config| {
            config.ethernet = true;
            config.suricata_version = true;
            config.community_id = Some(0);
            config.pcap_file = true;
            config.ipv6_compress = true;
        },
    );
    records.sensor_name = Some("probe".to_owned());
    let mut event = alert();
    let at = &mut event.envelope;
    (at.vlans, at.vlan_count) = ([5, 6, 0], 2);
    at.in_iface = Some("eth0".into());
    at.pcap_filename = Some("a.pcap".into());
    at.community_id = Some("1:x=".into());
    at.ether = Some(Box::new(Ether::Packet {
        src: [1; 6],
        dst: [2; 6],
        ether_type: Some(2048),
    }));
    at.variables = Some(Box::new(Variables {
        flowbits: vec!["traffic/label/web".into(), "seen".into()],
        flowints: vec![("n".into(), 3)],
        pktvars: vec![("user".into(), b"a\xffb"[..].into())],
        ..Variables::default()
    }));
    let got = value(&line(&mut records, &event));
    assert_eq!(got["vlan"], serde_json::json!([5, 6]));
    assert_eq!(got["in_iface"], "eth0");
    assert_eq!(got["suricata_version"], super::RECORD_FORMAT);
    let ether = serde_json::json!({
        "ether_type": 2048, "src_mac": "01:01:01:01:01:01", "dest_mac": "02:02:02:02:02:02"
    });
    assert_eq!(got["ether"], ether);
    assert_eq!(got["traffic"], serde_json::json!({"label": ["web"]}));
    let metadata = serde_json::json!({
        "flowbits": ["seen"], "flowints": {"n": 3}, "pktvars": [{"user": "a.b"}]
    });
    assert_eq!(got["metadata"], metadata);
    assert_eq!(got["community_id"], "1:x=");
    assert_eq!(
        (&got["host"], &got["pcap_filename"]),
        (&"probe".into(), &"a.pcap".into())
    );
}

#[test]
fn the_packet_around_a_tunnelled_one() {
    let mut records = records(with_alert(AlertOptions::default()), |config| {
        config.ipv6_compress = true;
    });
    let mut event = alert();
    let at = &mut event.envelope;
    at.tunnel = Some(Box::new(TunnelInfo {
        src_ip: "2001:db8::1".parse().expect("an address"),
        dest_ip: "2001:db8::2".parse().expect("an address"),
        src_port: 0,
        dest_port: 0,
        proto: 41,
        depth: 1,
        packet: 7,
        pkt_src: PacketSource::Wire,
    }));
    let got = value(&line(&mut records, &event));
    let tunnel = serde_json::json!({
        "src_ip": "2001:db8::1", "src_port": 0, "dest_ip": "2001:db8::2", "dest_port": 0, "proto": "IPv6",
        "depth": 1, "pcap_cnt": 7, "pkt_src": "wire/pcap"
    });
    assert_eq!(got["tunnel"], tunnel);
}

#[test]
fn the_client_behind_a_proxy() {
    let xff = |overwrite| {
        Some(Xff {
            overwrite,
            reverse: true,
            header: "X-Forwarded-For".to_owned(),
        })
    };
    let mut event = alert();
    let Body::Alert(alert) = &mut event.body else {
        panic!("an alert")
    };
    alert.xff = Some("192.0.2.9".into());
    let mut rule = (*alert.rule).clone();
    rule.target = Some(Target::Destination);
    alert.rule = Arc::new(rule);
    let mut extra = records(with_alert(AlertOptions::default()), |config| {
        config.xff = xff(false)
    });
    let got = value(&line(&mut extra, &event));
    assert_eq!(
        (&got["dest_ip"], &got["alert"]["xff"]),
        (&"10.16.1.11".into(), &"192.0.2.9".into())
    );
    assert_eq!(
        got["alert"]["source"],
        serde_json::json!({"ip": "82.165.177.154", "port": 80})
    );
    let mut over = records(with_alert(AlertOptions::default()), |config| {
        config.xff = xff(true)
    });
    let got = value(&line(&mut over, &event));
    assert_eq!(
        (&got["dest_ip"], &got["alert"]["xff"]),
        (&"192.0.2.9".into(), &Value::Null)
    );
    assert_eq!(
        got["alert"]["target"],
        serde_json::json!({"ip": "192.0.2.9", "port": 54186})
    );
    let mut off = records(with_alert(AlertOptions::default()), |_| {});
    assert_eq!(value(&line(&mut off, &event))["alert"]["xff"], Value::Null);
}

#[test]
fn an_alert_on_a_packet_without_addresses() {
    let mut event = alert();
    event.envelope = crate::Envelope::default();
    let options = AlertOptions {
        payload: true,
        packet: true,
        ..AlertOptions::default()
    };
    let got = value(&line(&mut records(with_alert(options), |_| {}), &event));
    let keys: Vec<&str> = got
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "timestamp",
            "pcap_cnt",
            "event_type",
            "pkt_src",
            "alert",
            "packet",
            "packet_info"
        ]
    );
}

#[test]
fn a_flow_and_its_two_directions() {
    let types = EveTypes {
        flow: true,
        netflow: true,
        ..EveTypes::default()
    };
    let mut records = records(types, |_| {});
    let head = |kind: &str| {
        format!(
            r#"{{"timestamp":"2016-07-13T22:42:09.199672+0000","flow_id":1234567890123,"event_type":"{kind}","#
        )
    };
    let whole = part(&mut records, &flow(), FlowPart::Whole);
    let expected = concat!(
        r#""src_ip":"10.16.1.11","src_port":54186,"dest_ip":"82.165.177.154","dest_port":80,"ip_v":4,"#,
        r#""proto":"TCP","app_proto":"http","flow":{"pkts_toserver":6,"pkts_toclient":5,"bytes_toserver":500,"#,
        r#""bytes_toclient":600,"start":"2016-07-13T22:42:07.199672+0000","#,
        r#""end":"2016-07-13T22:42:08.199672+0000","age":1,"state":"closed","reason":"shutdown","alerted":true,"#,
        r#""tx_cnt":1},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1a","syn":true,"fin":true,"#,
        r#""psh":true,"ack":true,"state":"closed","ts_max_regions":1,"tc_max_regions":1}}"#,
        "\n"
    );
    assert_eq!(whole, head("flow") + expected);
    let back = part(&mut records, &flow(), FlowPart::ToClient);
    let expected = concat!(
        r#""src_ip":"82.165.177.154","src_port":80,"dest_ip":"10.16.1.11","dest_port":54186,"ip_v":4,"#,
        r#""proto":"TCP","app_proto":"http","netflow":{"pkts":5,"bytes":600,"#,
        r#""start":"2016-07-13T22:42:07.199672+0000","end":"2016-07-13T22:42:08.199672+0000","age":1,"#,
        r#""min_ttl":52,"max_ttl":53,"tx_cnt":1},"tcp":{"tcp_flags":"1a","syn":true,"psh":true,"ack":true}}"#,
        "\n"
    );
    assert_eq!(back, head("netflow") + expected);
    let mut unanswered = flow();
    let Body::Flow(record) = &mut unanswered.body else {
        panic!("a flow")
    };
    record.counters.pkts_toclient = 0;
    assert!(!records.flow_part(&mut Vec::new(), &unanswered, FlowPart::ToClient));
}

#[test]
fn a_flow_of_another_kind() {
    let mut records = records(
        EveTypes {
            flow: true,
            ..EveTypes::default()
        },
        |_| {},
    );
    let mut event = flow();
    event.envelope.proto = 1;
    event.envelope.icmp = Some(Icmp { kind: 8, code: 0 });
    event.envelope.response_icmp = Some(Icmp { kind: 0, code: 0 });
    let Body::Flow(record) = &mut event.body else {
        panic!("a flow")
    };
    record.state = FlowState::Bypassed(Bypass::Local);
    record.end = FlowEnd::TcpReuse;
    record.action = Some(FlowAction::Pass);
    record.emergency = true;
    record.tcp = None;
    record.counters.elephant_toclient = true;
    record.exceptions = vec![ExceptionPolicy {
        target: "stream_midstream",
        policy: "pass_flow",
    }];
    let got = value(&part(&mut records, &event, FlowPart::Whole));
    assert_eq!(
        (&got["icmp_type"], &got["response_icmp_type"]),
        (&8.into(), &0.into())
    );
    assert_eq!(got["src_port"], Value::Null);
    let flow = &got["flow"];
    assert_eq!(
        (&flow["state"], &flow["bypass"]),
        (&"bypassed".into(), &"local".into())
    );
    assert_eq!(
        (&flow["reason"], &flow["action"]),
        (&"tcp_reuse".into(), &"pass".into())
    );
    assert_eq!(flow["elephant_direction"], serde_json::json!(["toclient"]));
    let exceptions = serde_json::json!([{"target": "stream_midstream", "policy": "pass_flow"}]);
    assert_eq!(flow["exception_policy"], exceptions);
}

#[test]
fn a_drop_and_the_alert_behind_it() {
    let types = |all_packets| EveTypes {
        drop: Some(DropOptions {
            alerts: true,
            all_packets,
            verdict: true,
        }),
        ..EveTypes::default()
    };
    let mut event = alert();
    event.body = Body::Drop(Box::new(DropRecord {
        headers: headers(),
        reason: "rules",
        alert: Some(Box::new(alert_body())),
        verdict: Verdict::Drop,
        first: false,
    }));
    assert!(!records(types(false), |_| {}).record(&mut Vec::new(), &event));
    let line = line(&mut records(types(true), |_| {}), &event);
    let from = line.find(r#""direction""#).expect("a direction");
    assert_eq!(
        &line[from..],
        concat!(
            r#""direction":"to_client","drop":{"len":79,"tos":0,"ttl":52,"ipid":4660,"tcpseq":3735928559,"#,
            r#""tcpack":16,"tcpwin":8192,"syn":false,"ack":true,"psh":true,"rst":false,"urg":false,"fin":false,"#,
            r#""tcpres":0,"tcpurgp":0,"reason":"rules"},"verdict":{"action":"drop"},"alert":{"action":"allowed","#,
            r#""gid":1,"signature_id":2100498,"rev":7,"#,
            r#""signature":"GPL ATTACK_RESPONSE id check returned root","#,
            r#""category":"Potentially Bad Traffic","severity":2}}"#,
            "\n"
        )
    );
}

#[test]
fn anomalies_of_the_kinds_asked_for() {
    let anomaly = |kind, event| Event {
        body: Body::Anomaly(Box::new(Anomaly {
            kind,
            event,
            code: 77,
            packet: Some(Arc::new(PacketBytes {
                ts: time(0),
                link: LinkType(147),
                data: [9; 40][..].into(),
                wire_len: 40,
            })),
        })),
        ..alert()
    };
    let options = AnomalyOptions {
        decode: true,
        stream: false,
        applayer: true,
        packet_header: true,
    };
    let mut records = records(
        EveTypes {
            anomaly: Some(options),
            ..EveTypes::default()
        },
        |_| {},
    );
    let decode = anomaly(AnomalyKind::Decode, Some("decoder.ipv4.trunc_pkt"));
    let got = value(&line(&mut records, &decode));
    assert_eq!(
        got["anomaly"],
        serde_json::json!({"type": "decode", "event": "decoder.ipv4.trunc_pkt"})
    );
    assert_eq!(got["packet"].as_str().map(str::len), Some(44));
    assert_eq!(
        got["packet_info"],
        serde_json::json!({"linktype": 147, "linktype_name": "n/a"})
    );
    let kind = AnomalyKind::AppLayer {
        app_proto: "dns",
        layer: "proto_parser",
    };
    let got = value(&line(&mut records, &anomaly(kind, None)));
    let expected = serde_json::json!({
        "app_proto": "dns", "type": "unknown", "code": 77, "layer": "proto_parser"
    });
    assert_eq!((&got["anomaly"], &got["packet"]), (&expected, &Value::Null));
    assert!(!records.record(
        &mut Vec::new(),
        &anomaly(AnomalyKind::Stream, Some("stream.rst"))
    ));
}

#[test]
fn counters_nest_by_their_names() {
    let stats = |pkts| Event {
        body: Body::Stats(Box::new(StatsTree {
            uptime: 9,
            counters: vec![
                ("decoder.pkts".into(), pkts),
                ("flow.mgr.rows".into(), 2),
                ("decoder.event.ipv4.trunc_pkt".into(), 0),
                ("detect.alert".into(), 1),
            ],
            rules: Some(RuleCounts {
                last_reload: time(0),
                loaded: 3,
                failed: 1,
                skipped: 0,
            }),
        })),
        ..alert()
    };
    let options = StatsOptions {
        deltas: true,
        zeros: false,
        totals: true,
    };
    let mut records = records(
        EveTypes {
            stats: Some(options),
            ..EveTypes::default()
        },
        |_| {},
    );
    let engines = concat!(
        r#""detect":{"engines":[{"id":0,"last_reload":"2016-07-13T22:42:07.199672+0000","#,
        r#""rules_loaded":3,"rules_failed":1,"rules_skipped":0}],"alert":1,"alert_delta":"#
    );
    let head = r#"{"timestamp":"2016-07-13T22:42:07.572672+0000","event_type":"stats","stats":{"uptime":9,"#;
    let line_of = |pkts, delta, rows, alert| {
        format!(
            "{head}\"decoder\":{{\"pkts\":{pkts},\"pkts_delta\":{delta}}},\
             \"flow\":{{\"mgr\":{{\"rows\":2,\"rows_delta\":{rows}}}}},{engines}{alert}}}}}}}\n"
        )
    };
    assert_eq!(line(&mut records, &stats(5)), line_of(5, 5, 2, 1));
    assert_eq!(line(&mut records, &stats(8)), line_of(8, 3, 0, 0));
}

#[test]
fn records_rendered_elsewhere_and_tagged_packets() {
    let types = EveTypes {
        alert: Some(AlertOptions {
            tagged_packets: true,
            ..AlertOptions::default()
        }),
        app: vec!["http".to_owned()],
        ..EveTypes::default()
    };
    let mut records = records(types, |_| {});
    let mut event = alert();
    event.body = Body::App {
        log: "http",
        event_type: "http",
        variant: None,
        json: br#""http":{"status":200}"#[..].into(),
    };
    let got = value(&line(&mut records, &event));
    assert_eq!(
        (&got["event_type"], &got["http"]["status"]),
        (&"http".into(), &200.into())
    );
    event.body = Body::App {
        log: "dns",
        event_type: "dns",
        variant: None,
        json: Box::default(),
    };
    assert!(!records.record(&mut Vec::new(), &event));
    let packet = PacketBytes {
        ts: time(0),
        link: LinkType::RAW,
        data: [1][..].into(),
        wire_len: 1,
    };
    event.body = Body::Tagged(Arc::new(packet));
    assert_eq!(value(&line(&mut records, &event))["packet"], "AQ==");
}

proptest! {
    #[test]
    fn hostile_bytes_cannot_break_a_record(
        words in proptest::collection::vec(any::<String>(), 8),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        proto: u8, version in 0_u8..3, v6: [u16; 8], secs: u32, stream: bool, flow_id: u64,
    ) {
        let options = AlertOptions {
            payload: true,
            payload_printable: true,
            packet: true,
            rule_text: true,
            references: true,
            verdict: true,
            ..AlertOptions::default()
        };
        let types = EveTypes { flow: true, netflow: true, ..with_alert(options) };
        let mut records = records(types, |config| {
            config.ethernet = true;
            config.pcap_file = true;
            config.xff = Some(Xff { overwrite: stream, reverse: true, header: String::new() });
        });
        records.sensor_name = Some(words[0].clone());
        let mut event = alert();
        event.ts = tapir_packet::Timestamp::new(u64::from(secs), 0);
        let at = &mut event.envelope;
        (at.proto, at.ip_version, at.flow_id) = (proto, version, flow_id);
        at.src_ip = v6.into();
        at.in_iface = Some(words[1].as_str().into());
        at.pcap_filename = Some(words[2].as_str().into());
        at.direction = Some(Direction::ToServer);
        at.variables = Some(Box::new(Variables {
            flowbits: vec![words[3].as_str().into()],
            flowints: vec![(words[4].as_str().into(), 1)],
            flowvars: vec![(words[5].as_str().into(), bytes.clone().into())],
            pktvars: vec![(words[6].as_str().into(), bytes.clone().into())],
            entropy: vec![("payload".into(), f64::from(secs) / 7.0), ("nan".into(), f64::NAN)],
        }));
        let Body::Alert(alert) = &mut event.body else { panic!("an alert") };
        let mut rule = (*alert.rule).clone();
        rule.msg = words[7].clone();
        rule.classification = words[0].clone();
        rule.text = words[1].clone();
        rule.references = words.clone();
        rule.metadata = vec![(words[2].clone(), words.clone())];
        rule.target = Some(Target::Source);
        alert.rule = Arc::new(rule);
        alert.xff = Some(words[3].as_str().into());
        alert.payload = Some(crate::event::Payload { data: bytes.clone().into(), stream, length: 1 });
        alert.capture_file = Some(words[4].as_str().into());
        let line = line(&mut records, &event);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let got = value(&line);
        prop_assert_eq!(got["alert"]["signature"].as_str(), Some(words[7].as_str()));
        event.body = Body::Flow(Box::new(flow_record()));
        for which in [FlowPart::Whole, FlowPart::ToServer, FlowPart::ToClient] {
            value(&part(&mut records, &event, which));
        }
    }
}

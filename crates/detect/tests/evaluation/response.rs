//! Actions, their order and reach, thresholds and tags.

use tapir_detect::{Actions, ConfiguredKind, ConfiguredThreshold, FlowVerdict};
use tapir_rules::tree::AddressExpr;
use tapir_rules::tree::Track;

use crate::lab::{Lab, NONE, Trial, compile};

#[test]
fn a_pass_ends_the_packet_and_its_flow_when_it_is_about_the_stream() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (content:"bad"; sid:1;)
pass tcp any any -> any any (content:"good"; sid:2;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"bad")), [1]);
    assert_eq!(lab.alerts(&Trial::tcp(b"bad good")), NONE);
    assert_eq!(lab.flow.verdict(), FlowVerdict::Inspect);
    assert_eq!(lab.alerts(&Trial::tcp(b"").stream(b"bad good")), NONE);
    assert_eq!(lab.flow.verdict(), FlowVerdict::Pass);
    assert_eq!(lab.alerts(&Trial::tcp(b"bad")), NONE);
}

#[test]
fn a_drop_about_addresses_condemns_the_flow() {
    let mut lab = Lab::new(r#"drop ip any any -> 10.0.0.2 any (sid:1;)"#);
    let (alerts, verdict) = lab.verdict(&Trial::tcp(b"").first());
    assert_eq!(alerts, [1]);
    assert!(verdict.actions.contains(Actions::DROP));
    assert_eq!(lab.flow.verdict(), FlowVerdict::Drop);
}

#[test]
fn a_drop_of_one_packet_does_not() {
    let mut lab = Lab::new(r#"drop tcp any any -> any any (dsize:3; content:"bad"; sid:1;)"#);
    let (_, verdict) = lab.verdict(&Trial::tcp(b"bad"));
    assert!(verdict.actions.contains(Actions::DROP) && verdict.dropped_by.is_some());
    assert_eq!(lab.flow.verdict(), FlowVerdict::Inspect);
}

#[test]
fn rules_come_by_action_then_priority_then_place() {
    let mut lab = Lab::new(
        r#"alert udp any any -> any any (content:"x"; priority:3; sid:1;)
alert udp any any -> any any (content:"x"; priority:1; sid:2;)
reject udp any any -> any any (content:"x"; sid:3;)
drop udp any any -> any any (content:"x"; sid:4;)
alert udp any any -> any any (content:"x"; priority:1; sid:5;)"#,
    );
    let trial = Trial::udp(([10, 0, 0, 1], 1), ([10, 0, 0, 2], 2), b"x");
    assert_eq!(lab.alerts(&trial), [4, 3, 2, 5, 1]);
}

#[test]
fn a_packet_raises_fifteen_alerts_at_most() {
    let rule = |sid| format!("alert tcp any any -> any any (content:\"x\"; sid:{sid};)\n");
    let quiet =
        |sid| format!("alert tcp any any -> any any (content:\"x\"; noalert; sid:{sid};)\n");
    let text: String = (1..=20).map(rule).chain((21..=30).map(quiet)).collect();
    let (alerts, verdict) = Lab::new(&text).verdict(&Trial::tcp(b"x"));
    assert_eq!(alerts, (1..=15).collect::<Vec<u32>>());
    assert_eq!((verdict.discarded, verdict.suppressed), (5, 10));
}

#[test]
fn thresholds_are_the_arbiters() {
    let text = r#"alert tcp any any -> any any (content:"x"; threshold:type limit, track by_src, count 1, seconds 60; sid:1;)
alert tcp any any -> any any (content:"x"; detection_filter:track by_dst, count 2, seconds 60; sid:2;)"#;
    let mut lab = Lab::new(text);
    let trial = Trial::tcp(b"x");
    let shown: Vec<Vec<u32>> = (0..3).map(|_| lab.alerts(&trial)).collect();
    assert_eq!(shown, [vec![1], vec![], vec![2]]);
    let mut worker = Lab::new(text);
    assert_eq!(
        (0..3)
            .map(|_| worker.candidates(&trial).len())
            .sum::<usize>(),
        6
    );
    let dropping = text.replace("alert", "drop");
    assert!(Lab::new(&dropping).rules.is_entangled());
}

#[test]
fn limits_behind_a_sticky_buffer_all_count() {
    let text = r#"alert tcp any any -> any any (tcp.hdr; content:"|00|"; threshold:type threshold, track by_src, count 2, seconds 60; threshold:type limit, track by_src, count 1, seconds 600; sid:1;)"#;
    let mut lab = Lab::new(text);
    let trial = Trial::tcp(b"x");
    // Every second match passes the first limit, and the first of those the second.
    let shown: Vec<usize> = (0..6).map(|_| lab.alerts(&trial).len()).collect();
    assert_eq!(shown, [0, 1, 0, 0, 0, 0]);
}

#[test]
fn suppression_hides_alerts_of_a_host() {
    let hosts: AddressExpr = "10.0.0.1".parse().expect("an address");
    let suppress = ConfiguredThreshold {
        gid: Some(1),
        sid: Some(1),
        what: ConfiguredKind::Suppress(Some((Track::BySrc, hosts))),
    };
    let (rules, _) = compile(
        r#"alert tcp any any -> any any (content:"x"; sid:1;)"#,
        &[suppress],
    );
    let mut lab = Lab::of(rules);
    assert_eq!(lab.alerts(&Trial::tcp(b"x")), NONE);
    assert_eq!(lab.alerts(&Trial::tcp_back(b"x")), [1]);
}

#[test]
fn a_tag_logs_the_packets_that_follow() {
    let mut lab =
        Lab::new(r#"alert tcp any any -> any any (content:"x"; tag:session,3,packets; sid:1;)"#);
    let tagged: Vec<bool> = [&b"x"[..], b"", b"", b""]
        .iter()
        .map(|data| lab.verdict(&Trial::tcp(data)).1.tagged)
        .collect();
    assert_eq!(tagged, [false, true, true, false]);
    let mut lab =
        Lab::new(r#"alert tcp any any -> any any (content:"x"; tag:host,2,packets,dst; sid:1;)"#);
    assert!(lab.rules.is_entangled());
    let tagged: Vec<bool> = [&b"x"[..], b"", b""]
        .iter()
        .map(|data| lab.verdict(&Trial::tcp(data)).1.tagged)
        .collect();
    assert_eq!(tagged, [false, true, false]);
}

#[test]
fn requirements_that_are_not_met_skip_a_rule() {
    let (rules, report) = compile(
        r#"alert tcp any any -> any any (requires: version >= 7.0.3; content:"x"; sid:1;)"#,
        &[],
    );
    assert_eq!((rules.len(), report.loaded), (1, 1));
}

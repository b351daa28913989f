//! Which bytes the payload options of a rule see.

use tapir_detect::{PacketTraits, RuleKind};

use crate::lab::{CLIENT, Lab, NONE, SERVER, Trial, compile};

#[test]
fn a_content_without_an_anchor_is_looked_for_in_the_stream_alone() {
    let mut lab = Lab::new(r#"alert tcp any any -> any any (content:"secret"; sid:1;)"#);
    assert_eq!(
        lab.alerts(&Trial::tcp(b"my secret").stream(b"my sec")),
        NONE
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"cret").stream(b"my secret")), [1]);
    // A segment that the stream did not take is looked at by itself.
    assert_eq!(lab.alerts(&Trial::tcp(b"my secret")), [1]);
}

#[test]
fn an_anchored_content_is_looked_for_in_packet_and_stream() {
    let mut lab = Lab::new(r#"alert tcp any any -> any any (content:"GET"; depth:3; sid:1;)"#);
    assert_eq!(lab.alerts(&Trial::tcp(b"GET /").stream(b"xx GET")), [1]);
    assert_eq!(lab.alerts(&Trial::tcp(b"xx GET").stream(b"GET /")), [1]);
    assert_eq!(lab.alerts(&Trial::tcp(b"xx GET").stream(b"xx GET")), NONE);
}

#[test]
fn dsize_and_tcp_pkt_look_at_packets() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (dsize:4; content:"abc"; sid:1;)
alert tcp-pkt any any -> any any (content:"abc"; sid:2;)
alert tcp any any -> any any (flow:no_stream; content:"abc"; sid:3;)
alert tcp any any -> any any (flow:only_stream; content:"abc"; sid:4;)"#,
    );
    assert_eq!(
        lab.alerts(&Trial::tcp(b"xabc").stream(b"nothing")),
        [1, 2, 3]
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"none").stream(b"xxabc")), [4]);
}

#[test]
fn what_is_left_of_a_stream_is_seen_by_rules_about_streams_only() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (content:"abc"; sid:1;)
alert tcp any any -> any any (flow:established; sid:2;)"#,
    );
    let end = Trial::tcp(b"")
        .stream(b"xabc")
        .with(PacketTraits::STREAM_END);
    assert_eq!(lab.alerts(&end), [1]);
    assert_eq!(lab.alerts(&Trial::tcp(b"")), [2]);
}

#[test]
fn a_second_run_of_the_stream_does_not_try_the_packet_again() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (content:"abc"; sid:1;)
alert tcp any any -> any any (flow:established; sid:2;)
alert ip any any -> any any (sid:3;)"#,
    );
    let again = Trial::tcp(b"")
        .first()
        .stream(b"abc")
        .with(PacketTraits::CONTINUED);
    assert_eq!(lab.alerts(&again), [1]);
}

#[test]
fn a_payload_that_is_not_to_be_inspected_is_not() {
    let mut lab = Lab::new(r#"alert udp any any -> any any (content:"abc"; sid:1;)"#);
    let trial = Trial::udp((CLIENT, 1), (SERVER, 53), b"abc");
    assert_eq!(lab.alerts(&trial), [1]);
    assert_eq!(
        lab.alerts(&trial.with(PacketTraits::NO_PAYLOAD_INSPECTION)),
        NONE
    );
}

#[test]
fn buffers_of_headers_can_be_looked_at() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (tcp.hdr; content:"|00 50|"; offset:2; depth:2; sid:1;)
alert tcp any any -> any any (tcp.hdr; content:"|00 51|"; offset:2; depth:2; sid:2;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"")), [1]);
}

#[test]
fn the_kind_of_a_rule_is_what_it_looks_at() {
    let kinds = [
        (r#"alert ip any any -> any any (sid:1;)"#, RuleKind::IpOnly),
        (
            r#"alert ip !10.0.0.1 any -> any any (sid:1;)"#,
            RuleKind::LikeIpOnly,
        ),
        (
            r#"alert tcp any any -> any 80 (flowbits:set,x; sid:1;)"#,
            RuleKind::IpOnly,
        ),
        (
            r#"alert tcp any any -> any any (flowbits:isset,x; sid:1;)"#,
            RuleKind::Packet,
        ),
        (
            r#"alert tcp any any -> any any (flow:to_server; sid:1;)"#,
            RuleKind::Packet,
        ),
        (
            r#"alert tcp any any -> any any (app-layer-protocol:ssh; sid:1;)"#,
            RuleKind::ProtocolOnly,
        ),
        (
            r#"alert pkthdr any any -> any any (decode-event:ipv4.trunc_pkt; sid:1;)"#,
            RuleKind::EventOnly,
        ),
        (
            r#"alert tcp any any -> any any (stream-event:est_packet_out_of_window; sid:1;)"#,
            RuleKind::Packet,
        ),
        (
            r#"alert tcp any any -> any any (content:"a"; sid:1;)"#,
            RuleKind::Stream,
        ),
        (
            r#"alert tcp any any -> any any (content:"a"; depth:1; sid:1;)"#,
            RuleKind::PacketStream,
        ),
        (
            r#"alert tcp any any -> any any (content:"a"; flags:S; sid:1;)"#,
            RuleKind::Packet,
        ),
        (
            r#"alert udp any any -> any any (content:"a"; sid:1;)"#,
            RuleKind::PacketStream,
        ),
        (
            r#"alert http any any -> any any (sid:1;)"#,
            RuleKind::AppLayer,
        ),
    ];
    for (text, kind) in kinds {
        let (rules, _) = compile(text, &[]);
        assert_eq!(rules.kind(tapir_detect::RuleId(0)), Some(kind), "{text}");
    }
}

//! `flow` and what else rules ask about a flow.

use tapir_detect::PacketTraits;
use tapir_flow::tcp::{StreamEvent, StreamEvents};
use tapir_protocols::AppProto;

use crate::lab::{CLIENT, Lab, NONE, SERVER, Trial};

#[test]
fn direction_and_state_of_the_flow() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (flow:to_server; sid:1;)
alert tcp any any -> any any (flow:to_client,established; sid:2;)
alert tcp any any -> any any (flow:not_established; sid:3;)
alert tcp any any -> any any (flow:stateless; sid:4;)
alert tcp any any -> any any (flow:only_frag; sid:5;)
alert tcp any any -> any any (flow:no_frag; sid:6;)"#,
    );
    assert_eq!(lab.alerts(&Trial::tcp(b"")), [1, 4, 6]);
    assert_eq!(lab.alerts(&Trial::tcp_back(b"")), [2, 4, 6]);
    let fresh = Trial::tcp_back(b"")
        .without(PacketTraits::ESTABLISHED)
        .with(PacketTraits::REBUILT);
    assert_eq!(lab.alerts(&fresh), [3, 4, 5]);
    let mut alone = Trial::tcp(b"");
    alone.in_flow = false;
    assert_eq!(lab.alerts(&alone), NONE);
}

#[test]
fn counts_of_the_flow() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (flow.age:>5; sid:1;)
alert tcp any any -> any any (flow.pkts_toserver:2; sid:2;)
alert tcp any any -> any any (flow.bytes_toclient:>90; sid:3;)
alert tcp any any -> any any (flow.pkts:either,=2; sid:4;)
alert tcp any any -> any any (flow.bytes:toserver,<100; sid:5;)
alert tcp any any -> any any (stream_size:client,<,11; sid:6;)
alert tcp any any -> any any (stream_size:both,>,15; sid:7;)
alert tcp any any -> any any (stream_size:either,>,15; sid:8;)
alert tcp any any -> any any (flow.elephant:toclient; sid:9;)"#,
    );
    lab.view.packets = [2, 1];
    assert_eq!(lab.alerts(&Trial::tcp(b"")), [2, 3, 4, 6, 8]);
    lab.view.elephant = [false, true];
    lab.view.stream_sizes = None;
    assert_eq!(lab.alerts(&Trial::tcp(b"").at(1006)), [1, 2, 3, 4, 9]);
}

#[test]
fn the_recognised_protocol() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (app-layer-protocol:tls; sid:1;)
alert tcp any any -> any any (app-layer-protocol:!tls,final; flow:established; sid:2;)
alert tls any any -> any any (content:"x"; sid:3;)
alert http any any -> any any (flow:established; sid:4;)
alert tcp any any -> any any (app-layer-protocol:unknown; flow:established; sid:5;)"#,
    );
    let mut trial = Trial::tcp(b"x");
    assert_eq!(lab.alerts(&trial), [5]);
    trial.protocol = AppProto::Tls;
    assert_eq!(lab.alerts(&trial), [3]);
    // A rule about nothing else matches at the moment at which recognition ends.
    trial = trial.with(PacketTraits::PROTO_DONE_TO_SERVER);
    assert_eq!(lab.alerts(&trial), [1, 3]);
    trial.protocol = AppProto::Http1;
    assert_eq!(lab.alerts(&trial), [2, 4]);
}

#[test]
fn events_find_their_rules() {
    let mut lab = Lab::new(
        r#"alert tcp any any -> any any (stream-event:est_packet_out_of_window; sid:1;)
alert pkthdr any any -> any any (decode-event:ipv4.trunc_pkt; sid:2;)
alert ip any any -> any any (flow:stateless; sid:3;)"#,
    );
    let mut trial = Trial::tcp(b"");
    assert_eq!(lab.alerts(&trial), [3]);
    let mut events = StreamEvents::NONE;
    events.set(StreamEvent::from_name("est_packet_out_of_window").expect("an event"));
    trial.stream_events = events;
    assert_eq!(lab.alerts(&trial), [1, 3]);
    // A packet that the decoder gave up on has nothing but its events.
    let mut broken = Trial::udp((CLIENT, 1), (SERVER, 2), b"0123456789");
    broken.bytes.truncate(40);
    assert_eq!(lab.alerts(&broken), [2]);
}

#[test]
fn bypass_is_asked_for() {
    let mut lab = Lab::new(r#"alert tcp any any -> any any (content:"x"; bypass; sid:1;)"#);
    assert!(!lab.flow.wants_bypass());
    lab.alerts(&Trial::tcp(b"x"));
    assert!(lab.flow.wants_bypass());
}

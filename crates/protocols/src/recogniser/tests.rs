use tapir_packet::Direction::{ToClient, ToServer};

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
const RUBBISH: &[u8] = &[0xee; 600];

fn tcp(direction: Direction, data: &[u8]) -> FirstData<'_> {
    FirstData::new(Transport::Tcp, direction, [40_000, 8080], data)
}

/// The second side's data, after the client spoke first.
fn answer(data: &[u8]) -> FirstData<'_> {
    FirstData {
        first: Some(ToServer),
        at_hand: [0, data.len() as u32],
        ..tcp(ToClient, data)
    }
}

fn has(recognition: &Recognition, event: AppLayerEvent) -> bool {
    recognition.events.contains(event) && recognition.events.iter().count() == 1
}

#[test]
fn request_and_response() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    assert_eq!(
        flow.feed(&table, &tcp(ToServer, b"GE")).verdict,
        Verdict::Unknown
    );
    assert_eq!(
        flow.feed(&table, &tcp(ToServer, REQUEST)).verdict,
        Verdict::Known(AppProto::Http1)
    );
    assert!(flow.is_done(ToServer) && !flow.is_done(ToClient));
    flow.parsed();
    let recognition = flow.feed(&table, &answer(RESPONSE));
    assert!(recognition.events.is_empty());
    assert_eq!(
        (flow.to_server(), flow.to_client()),
        (AppProto::Http1, AppProto::Http1)
    );
}

#[test]
fn what_was_parsed_stands_against_the_other_side() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    flow.feed(&table, &tcp(ToServer, REQUEST));
    flow.parsed();
    let recognition = flow.feed(&table, &answer(b"SSH-2.0-x\r\n"));
    assert!(has(
        &recognition,
        AppLayerEvent::MismatchProtocolBothDirections
    ));
    assert_eq!(recognition.verdict, Verdict::Known(AppProto::Http1));
    assert_eq!(flow.to_client(), AppProto::Ssh);
}

#[test]
fn one_side_may_be_enough() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    flow.feed(&table, &tcp(ToServer, REQUEST));
    flow.parsed();
    let recognition = flow.feed(&table, &answer(RUBBISH));
    assert!(has(
        &recognition,
        AppLayerEvent::DetectProtocolOnlyOneDirection
    ));
    assert_eq!(recognition.verdict, Verdict::Known(AppProto::Http1));
    assert_eq!(flow.to_client(), AppProto::Failed);
}

#[test]
fn the_wrong_side_may_not_begin() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    // A hello of a TLS server.
    let hello = [0x16, 3, 3, 0, 60, 2, 0, 0, 56, 3, 3];
    let recognition = flow.feed(&table, &tcp(ToClient, &hello));
    assert!(has(&recognition, AppLayerEvent::WrongDirectionFirstData));
    assert_eq!(recognition.verdict, Verdict::Failed);
    // A response of HTTP is one without its request.
    let mut flow = Recogniser::default();
    let recognition = flow.feed(&table, &tcp(ToClient, RESPONSE));
    assert_eq!(recognition.verdict, Verdict::Known(AppProto::Http1));
}

#[test]
fn the_side_that_began_is_heard_first() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    let recognition = flow.feed(&table, &answer(RESPONSE));
    assert!(recognition.other_side_first && recognition.events.is_empty());
    flow.feed(&table, &tcp(ToServer, REQUEST));
    flow.parsed();
    let settled = flow.settle(&table, ToClient, Some(ToServer));
    assert!(settled.events.is_empty());
    assert_eq!(settled.verdict, Verdict::Known(AppProto::Http1));
}

#[test]
fn two_strangers_are_given_up() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    assert_eq!(
        flow.feed(&table, &tcp(ToServer, RUBBISH)).verdict,
        Verdict::Unknown
    );
    let recognition = flow.feed(&table, &answer(RUBBISH));
    assert_eq!(recognition.verdict, Verdict::Failed);
    assert!(recognition.events.is_empty());
    assert_eq!(
        (flow.to_server(), flow.to_client()),
        (AppProto::Failed, AppProto::Failed)
    );
}

#[test]
fn patience_ends() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    let much = FirstData {
        at_hand: [PATIENCE + 1, 0],
        ..tcp(ToServer, RUBBISH)
    };
    let recognition = flow.feed(&table, &much);
    assert!(has(&recognition, AppLayerEvent::ProtoDetectionSkipped));
    assert_eq!(recognition.verdict, Verdict::Failed);
}

#[test]
fn starttls_changes_the_protocol() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    flow.feed(&table, &tcp(ToServer, b"EHLO me\r\n"));
    flow.parsed();
    assert!(flow.announce(443, AppProto::Tls) && !flow.announce(443, AppProto::Tls));
    let hello = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];
    assert_eq!(
        flow.feed(&table, &tcp(ToServer, &hello[..2])).verdict,
        Verdict::Known(AppProto::Smtp)
    );
    assert!(flow.is_changing());
    let recognition = flow.feed(&table, &tcp(ToServer, &hello));
    assert_eq!(recognition.verdict, Verdict::Known(AppProto::Tls));
    assert!(recognition.events.is_empty() && !flow.is_changing());
    assert_eq!(flow.original(), AppProto::Smtp);
}

#[test]
fn starttls_without_tls_is_noticed() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    flow.feed(&table, &tcp(ToServer, b"EHLO me\r\n"));
    flow.parsed();
    flow.announce(443, AppProto::Tls);
    let recognition = flow.feed(&table, &tcp(ToServer, REQUEST));
    assert_eq!(recognition.verdict, Verdict::Known(AppProto::Http1));
    assert!(
        recognition
            .events
            .contains(AppLayerEvent::UnexpectedProtocol)
    );
    assert!(
        recognition
            .events
            .contains(AppLayerEvent::NoTlsAfterStarttls)
    );
}

#[test]
fn a_session_joined_late_may_be_the_other_way_round() {
    let table = ProtocolTable::new(true, |_, _| Default::default());
    let mut flow = Recogniser::default();
    // The first packet seen was a request, sent by what was then taken for the server.
    let request = FirstData {
        midstream: Midstream::Yes,
        ..tcp(ToClient, REQUEST)
    };
    let recognition = flow.feed(&table, &request);
    assert!(recognition.reversed);
    assert_eq!(recognition.verdict, Verdict::Known(AppProto::Http1));
    assert_eq!(
        (flow.to_server(), flow.to_client()),
        (AppProto::Http1, AppProto::Unknown)
    );
}

#[test]
fn a_gap_ends_recognition_unless_the_other_side_is_known() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    assert_eq!(flow.gap(ToServer), Verdict::Failed);
    let mut flow = Recogniser::default();
    flow.feed(&table, &tcp(ToServer, REQUEST));
    assert_eq!(flow.gap(ToClient), Verdict::Known(AppProto::Http1));
}

#[test]
fn datagrams_are_judged_one_by_one() {
    let table = ProtocolTable::default();
    let mut flow = Recogniser::default();
    let udp = |direction, data| FirstData::new(Transport::Udp, direction, [40_000, 53], data);
    assert_eq!(
        flow.feed(&table, &udp(ToServer, b"?")).verdict,
        Verdict::Failed
    );
    let answer = b"\x12\x34\x81\x80\0\0\0\0\0\0\0\0";
    assert_eq!(
        flow.feed(&table, &udp(ToClient, answer)).verdict,
        Verdict::Known(AppProto::Dns)
    );
    assert_eq!(flow.to_server(), AppProto::Failed);
}

#[test]
fn a_recogniser_is_small() {
    assert!(size_of::<Recogniser>() <= 40);
}

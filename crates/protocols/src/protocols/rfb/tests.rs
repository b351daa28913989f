use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::voip;

use super::Rfb;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{Transaction, Value};

const TALK: [(Direction, &[u8]); 9] = [
    (ToClient, b"RFB 003.007\n"),
    (ToServer, b"RFB 003.007\n"),
    (ToClient, b"\x02\x01\x02"),
    (ToServer, b"\x02"),
    (ToClient, b"0123456789abcdef"),
    (ToServer, b"fedcba9876543210"),
    (ToClient, b"\0\0\0\0"),
    (ToServer, b"\x01"),
    (
        ToClient,
        b"\x03\x20\x02\x58\x20\x18\0\x01\0\xff\0\xff\0\xff\x10\x08\0\0\0\0\0\0\0\x02me\0\0\0\0",
    ),
];

fn feed(parser: &mut Rfb, direction: Direction, data: &[u8], step: usize) -> Outcome {
    let (mut from, mut to, mut outcome) = (0, 0, Outcome::Done);
    while to < data.len() {
        to = (to + step).min(data.len());
        outcome = parser.parse(
            &Input::new(direction, &data[from..to]),
            &mut Orders::default(),
        );
        match outcome {
            Outcome::Done => from = to,
            Outcome::Incomplete { consumed, .. } => from += consumed,
            Outcome::Failed => break,
        }
    }
    outcome
}

fn shown(parser: &Rfb) -> Vec<String> {
    let all = parser.transactions().iter();
    all.map(|entry| {
        let mut out = Vec::new();
        let mut json = Json::begin(&mut out);
        entry.tx.describe(&mut json, &RecordOptions::default());
        json.close_object();
        format!(
            "{} {:?}",
            String::from_utf8(out).expect("text"),
            entry.meta.events
        )
    })
    .collect()
}

#[test]
fn a_handshake_is_read_however_it_arrives() {
    for step in [1, 5, 100] {
        let mut parser = Rfb::default();
        for (direction, data) in TALK {
            assert_eq!(feed(&mut parser, direction, data, step), Outcome::Done);
        }
        let texts = shown(&parser);
        let hex = r#""vnc":{"challenge":"30313233343536373839616263646566""#;
        assert!(texts[0].contains(hex) && texts[0].contains(r#""security_result":"OK""#));
        assert!(texts[0].contains(
            r#""screen_shared":true,"framebuffer":{"width":800,"height":600,"name":"me""#
        ));
        assert!(texts[0].ends_with("}}} []"), "{texts:?}");
        let entry = parser.transactions().get(0).expect("one");
        assert_eq!(entry.meta.progress(ToServer), 1);
        assert!(
            entry
                .tx
                .values(voip::RFB_SECTYPE, ToServer, &mut |v| v == Value::Number(2))
        );
        assert!(
            entry
                .tx
                .values(voip::RFB_NAME, ToClient, &mut |v| v == Value::Bytes(b"me"))
        );
    }
}

#[test]
fn an_unknown_security_type_ends_the_reading() {
    let mut parser = Rfb::default();
    for (direction, data) in TALK.into_iter().take(3) {
        feed(&mut parser, direction, data, 100);
    }
    assert_eq!(feed(&mut parser, ToServer, b"\x1eabc", 100), Outcome::Done);
    assert_eq!(feed(&mut parser, ToClient, b"garbage", 100), Outcome::Done);
    assert!(shown(&parser)[0].ends_with(r#""security_type":30}}} [1]"#));
}

#[test]
fn garbage_is_refused() {
    let mut parser = Rfb::default();
    assert_eq!(
        feed(&mut parser, ToServer, b"RFB 003.007\n", 100),
        Outcome::Failed
    );
    assert_eq!(
        feed(&mut parser, ToClient, b"RFB 003-007\n", 1),
        Outcome::Failed
    );
    assert!(parser.transactions().is_empty());
    feed(&mut parser, ToClient, b"RFB 003.003\n", 100);
    assert_eq!(
        feed(&mut parser, ToServer, b"GET / HTTP/1.1", 1),
        Outcome::Failed
    );
    assert!(shown(&parser)[0].ends_with(" [0]"));
}

#[test]
fn a_server_that_refuses_says_why() {
    let mut parser = Rfb::default();
    for (direction, data) in TALK.into_iter().take(2) {
        feed(&mut parser, direction, data, 100);
    }
    assert_eq!(
        feed(&mut parser, ToClient, b"\0\0\0\0\x03no!", 2),
        Outcome::Done
    );
    assert!(shown(&parser)[0].contains(r#""server_security_failure_reason":"no!""#));
}

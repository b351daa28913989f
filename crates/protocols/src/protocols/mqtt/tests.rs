use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::industrial;

use super::Mqtt;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{Transaction, Value};
use crate::{AppProto, ParserSettings};

const CONNECT: &[u8] = b"\x10\x16\0\x04MQTT\x05\xc2\0\x3c\0\0\x01A\0\x02us\0\x02pw";
const CONNACK: &[u8] = b"\x20\x06\0\0\x03\x22\0\x0a";
const SUBSCRIBE: &[u8] = b"\x82\x0c\0\x01\0\0\x02t1\0\0\x01u\x01";
const SUBACK: &[u8] = b"\x90\x05\0\x01\0\0\x01";
const PUBLISH: &[u8] = b"\x31\x09\0\x02t1\0hell";

fn parser() -> Mqtt {
    Mqtt::new(AppProto::Mqtt, &Arc::new(ParserSettings::default()))
}

/// Feeds as a stream would: what is not consumed comes again.
fn feed(parser: &mut Mqtt, direction: Direction, data: &[u8], step: usize) -> Outcome {
    let (mut from, mut outcome) = (0, Outcome::Done);
    let mut to = 0;
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

fn shown(parser: &Mqtt) -> Vec<String> {
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

fn session(step: usize) -> Mqtt {
    let mut parser = parser();
    for (direction, data) in [
        (ToServer, CONNECT),
        (ToClient, CONNACK),
        (ToServer, SUBSCRIBE),
        (ToClient, SUBACK),
        (ToClient, PUBLISH),
        (ToServer, b"\xe0\0"),
    ] {
        assert_eq!(feed(&mut parser, direction, data, step), Outcome::Done);
    }
    parser
}

#[test]
fn messages_are_put_together_however_they_arrive() {
    let whole = session(1000);
    assert_eq!(shown(&whole), shown(&session(1)));
    let texts = shown(&whole);
    assert_eq!(texts.len(), 4);
    assert!(
        texts[0].contains(r#""username":"us","password":"pw"}"#),
        "{}",
        texts[0]
    );
    assert!(texts[0].contains(r#""properties":{"topic_alias_maximum":10}"#));
    assert!(texts[1].contains(r#""topics":[{"topic":"t1","qos":0},{"topic":"u","qos":1}]"#));
    assert!(texts[1].contains(r#""qos_granted":[0,1]"#));
    assert!(texts[2].contains(r#""retain":true,"dup":false,"topic":"t1","message":"hell"}"#));
    assert!(texts.iter().all(|text| text.ends_with(" []")));
}

#[test]
fn rules_see_every_message_of_an_exchange() {
    let parser = session(1000);
    let all: Vec<_> = parser
        .transactions()
        .iter()
        .map(|entry| &entry.tx)
        .collect();
    let mut kinds = Vec::new();
    all[1].values(industrial::MQTT_TYPE, ToServer, &mut |value| {
        kinds.push(format!("{value:?}"));
        false
    });
    assert_eq!(kinds, ["Number(8)", "Number(9)"]);
    assert!(
        all[0].values(industrial::MQTT_CONNECT_FLAGS, ToServer, &mut |value| value
            == Value::Number(0xc2))
    );
    assert!(all[1].values(
        industrial::MQTT_SUBSCRIBE_TOPIC,
        ToServer,
        &mut |value| value == Value::Bytes(b"u")
    ));
    assert!(all[2].is_from_server(&RecordOptions::default()));
}

#[test]
fn what_makes_no_sense_ends_the_parser() {
    let mut parser = parser();
    assert_eq!(
        feed(&mut parser, ToServer, b"\x10\xff\xff\xff\xff\x01", 1),
        Outcome::Failed
    );
    assert_eq!(shown(&parser), [r#"{"mqtt":{}} [10]"#]);
    for cut in 2..CONNECT.len() {
        let mut data = CONNECT[..cut].to_vec();
        data[1] = (cut - 2) as u8;
        let mut parser = self::parser();
        assert_eq!(
            feed(&mut parser, ToServer, &data, 1000),
            Outcome::Failed,
            "{cut}"
        );
    }
}

#[test]
fn a_message_that_is_too_long_is_passed_over() {
    let mut settings = ParserSettings::default();
    settings.mqtt.max_message = 8;
    let mut parser = Mqtt::new(AppProto::Mqtt, &Arc::new(settings));
    let mut data = PUBLISH.to_vec();
    data.extend_from_slice(b"\xc0\0");
    for step in [1, 1000] {
        assert_eq!(feed(&mut parser, ToServer, &data, step), Outcome::Done);
    }
    let texts = shown(&parser);
    assert_eq!(texts.len(), 4);
    assert_eq!(texts[0], texts[2]);
    assert!(texts[0].contains(r#""truncated":true,"skipped_length":11}"#));
    assert!(texts[1].contains("pingreq"));
}

#[test]
fn an_answer_without_a_question_is_noted() {
    let mut parser = parser();
    assert_eq!(
        feed(&mut parser, ToClient, b"\x40\x02\0\x07\x20\x02\0\0", 3),
        Outcome::Done
    );
    let texts = shown(&parser);
    assert!(
        texts[0].ends_with("[1, 5]") && texts[1].ends_with("[0]"),
        "{texts:?}"
    );
}

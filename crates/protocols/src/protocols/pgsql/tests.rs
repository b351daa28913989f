use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::internet;

use super::Pgsql;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{Transaction, Value};
use crate::{AppProto, ParserSettings};

const TALK: [(Direction, &[u8]); 9] = [
    (ToServer, b"\0\0\0\x08\x04\xd2\x16\x2f"),
    (ToClient, b"N"),
    (ToServer, b"\0\0\0\x1b\0\x03\0\0user\0me\0TimeZone\0\0\0"),
    (ToClient, b"R\0\0\0\x08\0\0\0\x03"),
    (ToServer, b"p\0\0\0\x07pw\0"),
    (
        ToClient,
        b"R\0\0\0\x08\0\0\0\0S\0\0\0\x08a\0b\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I",
    ),
    (ToServer, b"Q\0\0\0\x0eSELECT 1;\0"),
    (
        ToClient,
        b"T\0\0\0\x07\0\0\0D\0\0\0\x0d\0\x01\0\0\0\x03abcC\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I",
    ),
    (ToServer, b"X\0\0\0\x04"),
];

fn parser() -> Pgsql {
    Pgsql::new(AppProto::Pgsql, &Arc::new(ParserSettings::default()))
}

fn feed(parser: &mut Pgsql, direction: Direction, data: &[u8], step: usize) -> Outcome {
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

fn shown(parser: &Pgsql) -> Vec<String> {
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
fn a_session_is_read_however_it_arrives() {
    for step in [1, 7, 1000] {
        let mut parser = parser();
        for (direction, data) in TALK {
            let outcome = feed(&mut parser, direction, data, step);
            assert_eq!(outcome, Outcome::Done, "{data:?}");
        }
        assert_eq!(
            shown(&parser),
            [
                r#"{"pgsql":{"tx_id":1,"request":{"message":"SSL Request"},"response":{"ssl_accepted":false}}} []"#,
                r#"{"pgsql":{"tx_id":2,"request":{"protocol_version":"3.0","startup_parameters":{"user":"me","optional_parameters":[{"time_zone":""}]}},"response":{"message":"authentication_cleartext_password"}}} []"#,
                r#"{"pgsql":{"tx_id":3,"request":{"password_redacted":true},"response":{"message":"authentication_ok","parameter_status":[{"a":"b"}],"process_id":1,"secret_key":2}}} []"#,
                r#"{"pgsql":{"tx_id":4,"request":{"simple_query":"SELECT 1;"},"response":{"field_count":0,"data_rows":1,"data_size":3,"command_completed":"SELECT 1"}}} []"#,
                r#"{"pgsql":{"tx_id":5,"request":{"message":"termination_message"}}} []"#,
            ]
        );
        let query = &parser.transactions().get(3).expect("the query").tx;
        assert!(
            query.values(internet::PGSQL_QUERY, ToServer, &mut |value| value
                == Value::Bytes(b"SELECT 1;"))
        );
    }
}

#[test]
fn copied_rows_are_counted_only() {
    let mut parser = parser();
    for (direction, data) in [
        (ToServer, &b"Q\0\0\0\x09COPY\0"[..]),
        (ToClient, b"G\0\0\0\x07\0\0\x0d"),
        (ToServer, b"d\0\0\0\x08abcdd\0\0\0\x05ec\0\0\0\x04"),
        (ToClient, b"C\0\0\0\x0bCOPY 2\0Z\0\0\0\x05I"),
    ] {
        assert_eq!(feed(&mut parser, direction, data, 1), Outcome::Done);
    }
    let texts = shown(&parser);
    assert!(texts[0].contains(r#""response":{"copy_in_response":{"columns":13}}"#));
    assert!(texts[1].contains(
        r#""request":{"copy_data_in":{"msg_count":2,"data_size":5},"message":"copy_done"}"#
    ));
    assert_eq!(texts.len(), 2);
}

#[test]
fn encryption_changes_the_protocol() {
    let mut parser = parser();
    let mut orders = Orders::default();
    parser.parse(&Input::new(ToServer, TALK[0].1), &mut orders);
    parser.parse(&Input::new(ToClient, b"S"), &mut orders);
    assert_eq!(orders.change, Some((443, AppProto::Tls)));
}

#[test]
fn broken_messages_are_noted() {
    for (direction, data, event) in [
        (ToServer, &b"\0\0\0\x08\0\xff\0\xff"[..], " [1]"),
        (ToServer, b"\0\0\0\x07\0\x03\0\0", " [3]"),
        (ToServer, b"Q\0\0\0\x06ab", " [1]"),
        (ToServer, b"Q\0\0\0\x03", " [3]"),
        (ToClient, b"Z\0\0\0\x05x", " [2]"),
        (ToClient, b"K\0\0\0\x05x", " [3]"),
        (ToClient, b"R\0\0\0\x08\0\0\0\x63", " [2]"),
    ] {
        let mut parser = parser();
        assert_eq!(
            feed(&mut parser, direction, data, 1),
            Outcome::Failed,
            "{data:?}"
        );
        let texts = shown(&parser);
        assert!(
            texts.last().is_some_and(|text| text.ends_with(event)),
            "{texts:?}"
        );
    }
}

#[test]
fn after_a_gap_messages_are_found_again() {
    let mut parser = parser();
    for (direction, data) in TALK.into_iter().take(6) {
        feed(&mut parser, direction, data, 100);
    }
    let mut orders = Orders::default();
    assert_eq!(parser.gap(ToServer, 10, &mut orders), Outcome::Done);
    assert_eq!(feed(&mut parser, ToServer, b"ECT 2;\0", 100), Outcome::Done);
    assert_eq!(feed(&mut parser, ToServer, TALK[6].1, 100), Outcome::Done);
    assert!(shown(&parser)[3].contains("SELECT 1;"));
}

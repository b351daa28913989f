use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::tls;

use super::Ssh;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{Transaction, Value};
use crate::{AppProto, ParserSettings};

fn parser() -> Ssh {
    let mut settings = ParserSettings::default();
    settings.ssh.hassh = true;
    Ssh::new(AppProto::Ssh, &Arc::new(settings))
}

/// A packet without padding.
fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = (body.len() as u32 + 2).to_be_bytes().to_vec();
    packet.extend_from_slice(&[0, kind]);
    packet.extend_from_slice(body);
    packet
}

fn key_exchange() -> Vec<u8> {
    let mut body = vec![7; 16];
    for list in [
        "kex", "host", "enc>", "enc<", "mac>", "mac<", "none", "zip", "", "",
    ] {
        body.extend_from_slice(&(list.len() as u32).to_be_bytes());
        body.extend_from_slice(list.as_bytes());
    }
    body.extend_from_slice(&[0; 5]);
    packet(20, &body)
}

fn feed(parser: &mut Ssh, direction: Direction, data: &[u8], step: usize) -> (Outcome, Orders) {
    let (mut from, mut to, mut outcome) = (0, 0, Outcome::Done);
    let mut orders = Orders::default();
    while to < data.len() {
        to = (to + step).min(data.len());
        outcome = parser.parse(&Input::new(direction, &data[from..to]), &mut orders);
        match outcome {
            Outcome::Done => from = to,
            Outcome::Incomplete { consumed, .. } => from += consumed,
            Outcome::Failed => break,
        }
    }
    (outcome, orders)
}

fn shown(parser: &Ssh) -> String {
    let entry = parser.transactions().get(0).expect("the connection");
    let mut out = Vec::new();
    let mut json = Json::begin(&mut out);
    entry.tx.describe(&mut json, &RecordOptions::default());
    json.close_object();
    format!(
        "{} {:?}",
        String::from_utf8(out).expect("text"),
        entry.meta.events
    )
}

#[test]
fn both_sides_are_read_until_they_are_encrypted() {
    for step in [1, 9, 1000] {
        let mut parser = parser();
        let mut client = b"SSH-2.0-PuTTY_0.7 hi\r\n".to_vec();
        client.extend(key_exchange());
        client.extend(packet(30, b"abc"));
        client.extend(packet(21, b""));
        client.extend_from_slice(b"\0\0\0\0encrypted");
        let mut server = b"SSH-2.0-OpenSSH_7.4\n".to_vec();
        server.extend(key_exchange());
        server.extend(packet(21, b"padding"));
        let (outcome, orders) = feed(&mut parser, ToServer, &client, step);
        assert_eq!(
            (outcome, orders.no_payload_inspection),
            (Outcome::Done, false)
        );
        let (outcome, orders) = feed(&mut parser, ToClient, &server, step);
        assert_eq!(
            (outcome, orders.no_payload_inspection),
            (Outcome::Done, true)
        );
        let text = shown(&parser);
        assert!(text.starts_with(
            r#"{"ssh":{"client":{"proto_version":"2.0","software_version":"PuTTY_0.7","hassh":{"hash":"#
        ));
        assert!(text.contains(r#""string":"kex;enc>;mac>;none"}"#));
        assert!(text.contains(r#""string":"kex;enc<;mac<;zip"}"#) && text.ends_with(" []"));
        let entry = parser.transactions().get(0).expect("the connection");
        assert_eq!(entry.meta.progress(ToServer), 3);
        assert!(
            entry
                .tx
                .values(tls::SSH_SOFTWARE, ToClient, &mut |value| value
                    == Value::Bytes(b"OpenSSH_7.4"))
        );
    }
}

#[test]
fn what_is_no_connection_is_refused() {
    for (data, event) in [
        (&b"SSH-2.0\r\n"[..], " [0]"),
        (b"SSH-2.0-x\r\n\0\0\0\x01\0\x14", " [2]"),
    ] {
        let mut parser = parser();
        assert_eq!(feed(&mut parser, ToServer, data, 1).0, Outcome::Failed);
        assert!(shown(&parser).ends_with(event));
    }
}

#[test]
fn a_banner_that_is_too_long_is_cut() {
    let mut data = b"SSH-2.0-x ".to_vec();
    data.resize(600, b'y');
    data.extend_from_slice(b"\r\n");
    data.extend(packet(21, b""));
    for step in [1, 100, 1000] {
        let mut parser = parser();
        assert_eq!(feed(&mut parser, ToServer, &data, step).0, Outcome::Done);
        let text = shown(&parser);
        assert_eq!(
            text,
            r#"{"ssh":{"client":{"proto_version":"2.0","software_version":"x"}}} [1]"#
        );
        assert_eq!(parser.at, [3, 0]);
    }
}

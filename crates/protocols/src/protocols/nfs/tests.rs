//! A whole exchange.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{file, windows};

use super::Nfs;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::{Transaction, Value};
use crate::{AppProto, ParserSettings, RecordOptions};

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn record(message: &[u8]) -> Vec<u8> {
    [&(1 << 31 | message.len() as u32).to_be_bytes()[..], message].concat()
}

fn call(xid: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
    let head = words(&[xid, 0, 2, 100_003, 3, procedure, 0, 0, 0, 0]);
    record(&[&head, arguments].concat())
}

fn reply(xid: u32, results: &[u8]) -> Vec<u8> {
    record(&[&words(&[xid, 1, 0, 0, 0, 0]), results].concat())
}

fn exchange() -> Vec<(Direction, Vec<u8>)> {
    let directory = words(&[4, 7]);
    let handle = words(&[4, 9]);
    let name = [&words(&[5])[..], b"a.txt\0\0\0"].concat();
    let content = [&words(&[5])[..], b"hello\0\0\0"].concat();
    vec![
        (ToServer, call(1, 3, &[&directory[..], &name].concat())),
        (ToClient, reply(1, &[words(&[0]), handle.clone()].concat())),
        (
            ToServer,
            call(2, 6, &[handle, words(&[0, 0, 100])].concat()),
        ),
        (
            ToClient,
            reply(2, &[words(&[0, 0, 5, 1]), content].concat()),
        ),
    ]
}

fn feed(step: usize) -> Nfs {
    let mut parser = Nfs::new(AppProto::Nfs, &Arc::new(ParserSettings::default()));
    for (direction, bytes) in exchange() {
        let (mut begin, mut end) = (0, 0);
        while end < bytes.len() {
            end = end.saturating_add(step).min(bytes.len());
            let input = Input::new(direction, &bytes[begin..end]);
            match parser.parse(&input, &mut Orders::default()) {
                Outcome::Done => begin = end,
                Outcome::Incomplete { consumed, .. } => begin += consumed,
                Outcome::Failed => panic!("failed"),
            }
        }
    }
    parser
}

fn records(parser: &mut Nfs) -> String {
    let mut text = Vec::new();
    for entry in parser.transactions_mut().iter_mut() {
        assert_eq!(
            [entry.meta.progress(ToServer), entry.meta.progress(ToClient)],
            [1, 1]
        );
        entry
            .tx
            .records(&RecordOptions::default(), &mut |_, write| {
                let mut out = Vec::new();
                write(&mut tapir_json::Json::begin(&mut out));
                text.extend(out);
            });
    }
    String::from_utf8(text).expect("text")
}

#[test]
fn a_file_is_looked_up_and_read() {
    let mut parser = feed(usize::MAX);
    let text = records(&mut parser);
    assert!(
        text.contains(r#""procedure":"LOOKUP","filename":"a.txt""#),
        "{text}"
    );
    assert!(
        text.contains(r#""read":{"first":true,"last":true,"last_xid":2,"chunks":1}"#),
        "{text}"
    );
    let read = &parser.transactions().get(1).expect("the read").tx;
    let hello = Value::Window {
        data: b"hello",
        offset: 0,
        end: true,
    };
    assert!(read.values(file::DATA, ToClient, &mut |value| value == hello));
    assert!(read.values(windows::NFS_PROCEDURE, ToClient, &mut |v| v
        == Value::Number(6)));
}

#[test]
fn byte_by_byte_gives_the_same() {
    assert_eq!(records(&mut feed(1)), records(&mut feed(usize::MAX)));
}

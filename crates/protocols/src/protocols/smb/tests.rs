//! A whole exchange.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{file, windows};

use super::Smb;
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::transaction::{Transaction, Value};
use crate::{AppProto, ParserSettings, RecordOptions};

fn message(command: u16, response: bool, id: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0xfe, b'S', b'M', b'B', 64, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend_from_slice(&command.to_le_bytes());
    bytes.extend_from_slice(&[0, 0, u8::from(response), 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&id.to_le_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(body);
    let length = (bytes.len() - 4) as u32;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn exchange() -> Vec<(Direction, Vec<u8>)> {
    let name: Vec<u8> = b"\\\\h\\data".iter().flat_map(|&byte| [byte, 0]).collect();
    let tree = [&[9, 0, 0, 0, 72, 0, name.len() as u8, 0], &name[..]].concat();
    let mut create = vec![0; 56];
    create[36] = 1;
    create[44] = 120;
    create[46] = 10;
    create.extend_from_slice(b"a\0.\0t\0x\0t\0");
    let mut created = vec![0; 88];
    created[64..80].copy_from_slice(&[5; 16]);
    let mut write = vec![0; 48];
    write[2] = 112;
    write[4..8].copy_from_slice(&6000u32.to_le_bytes());
    write[16..32].copy_from_slice(&[5; 16]);
    write.extend_from_slice(&[b'x'; 6000]);
    let mut close = vec![0; 24];
    close[8..].copy_from_slice(&[5; 16]);
    vec![
        (ToServer, message(3, false, 1, &tree)),
        (ToClient, message(3, true, 1, &[16, 0, 1, 0, 0, 0, 0, 0])),
        (ToServer, message(5, false, 2, &create)),
        (ToClient, message(5, true, 2, &created)),
        (ToServer, message(9, false, 3, &write)),
        (ToClient, message(9, true, 3, &[0; 16])),
        (ToServer, message(6, false, 4, &close)),
        (ToClient, message(6, true, 4, &[0; 60])),
    ]
}

fn feed(step: usize) -> Smb {
    let mut parser = Smb::new(AppProto::Smb, &Arc::new(ParserSettings::default()));
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

fn records(parser: &mut Smb) -> String {
    let mut out = Vec::new();
    for entry in parser.transactions_mut().iter_mut() {
        assert_eq!(
            [entry.meta.progress(ToServer), entry.meta.progress(ToClient)],
            [1, 1]
        );
        entry
            .tx
            .records(&RecordOptions::default(), &mut |kind, write| {
                let mut text = Vec::new();
                let mut json = tapir_json::Json::begin(&mut text);
                write(&mut json);
                json.close_object();
                out.push(format!("{kind} {}", String::from_utf8_lossy(&text)));
            });
    }
    out.join("\n")
}

#[test]
fn a_share_a_file_and_its_content() {
    let mut parser = feed(usize::MAX);
    let text = records(&mut parser);
    assert!(
        text.contains(r#""share":"\\\\h\\data","share_type":"FILE""#),
        "{text}"
    );
    assert!(
        text.contains(r#""command":"SMB2_COMMAND_WRITE","status":"STATUS_SUCCESS""#),
        "{text}"
    );
    assert!(
        text.contains(r#""fuid":"05050505-0505-0505-0505-050505050505""#),
        "{text}"
    );
    let write = parser.transactions().iter().nth(2).expect("the write");
    let mut size = 0;
    write.tx.values(file::DATA, ToServer, &mut |value| {
        if let Value::Window { data, .. } = value {
            size = data.len();
        }
        true
    });
    assert_eq!(size, 6000);
    let share = parser.transactions().iter().next().expect("the tree");
    assert!(share.tx.values(windows::SMB_SHARE, ToServer, &mut |v| v
        == Value::Bytes(b"\\\\h\\data")));
    assert!(share.tx.values(windows::SMB_VERSION, ToServer, &mut |v| v
        == Value::Number(2)));
}

#[test]
fn byte_by_byte_gives_the_same() {
    assert_eq!(records(&mut feed(1)), records(&mut feed(usize::MAX)));
}

#[test]
fn garbage_does_no_harm() {
    for (direction, bytes) in exchange() {
        for cut in 4..bytes.len().min(200) {
            let mut parser = Smb::new(AppProto::Smb, &Arc::new(ParserSettings::default()));
            let mut data = bytes[..cut].to_vec();
            data[3] = (cut - 4) as u8;
            data[2] = 0;
            let input = Input::new(direction, &data);
            assert_eq!(parser.parse(&input, &mut Orders::default()), Outcome::Done);
        }
    }
}

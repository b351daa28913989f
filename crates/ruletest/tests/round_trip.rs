//! What the notation says is what the engine's decoder reads in the packets.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;
use tapir_capture::{Batch, CaptureFile};
use tapir_packet::{DecodeConfig, Decoder};
use tapir_ruletest::notation::{Traffic, capture, traffic};

/// A message: whether the client says it, and its bytes.
type Said = (bool, Vec<u8>);

fn written(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("|{}|", hex.join(" "))
}

fn conversation(head: &str, cut: &str, said: &[Said]) -> String {
    let mut text = format!("{head}\n{cut}\n");
    for (by_client, bytes) in said {
        let mark = if *by_client { '>' } else { '<' };
        writeln!(text, "{mark} {}", written(bytes)).unwrap();
    }
    text
}

/// Payloads of all packets, each with the side that sent it and its place in the side's stream, in TCP.
fn heard(text: &str) -> Vec<(bool, u32, Vec<u8>)> {
    let blocks = std::slice::from_ref(&(0..text.len())).to_vec();
    let Ok(Traffic::Conversations(conversations)) = traffic(text, &blocks, Path::new(".")) else {
        panic!("{text}");
    };
    let file = CaptureFile::from_reader("x", Cursor::new(capture(&conversations)));
    let (mut file, mut batch) = (file.unwrap(), Batch::default());
    let mut decoder = Decoder::new(DecodeConfig::default());
    let mut heard = Vec::new();
    while file.next_batch(&mut batch, 512) {
        for frame in batch.frames() {
            for packet in decoder.decode(&frame) {
                assert!(packet.events.iter().next().is_none(), "a malformed packet");
                let seq = packet.tcp().map_or(0, |tcp| tcp.seq());
                heard.push((packet.dport == 9, seq, packet.payload().to_vec()));
            }
        }
    }
    heard
}

fn messages() -> impl Strategy<Value = Vec<Said>> {
    let message = (any::<bool>(), prop::collection::vec(any::<u8>(), 1..200));
    prop::collection::vec(message, 1..12)
}

proptest! {
    #[test]
    fn datagrams_come_back(said in messages()) {
        let text = conversation("udp home -> outside:9", "", &said);
        let heard: Vec<Said> = heard(&text).into_iter().map(|(side, _, bytes)| (side, bytes)).collect();
        prop_assert_eq!(heard, said);
    }

    #[test]
    fn streams_come_back_however_they_are_cut(
        said in messages(),
        length in 1..60_usize,
        order in prop::sample::select(vec!["", " reversed", " order 3 1"]),
    ) {
        let text = conversation("tcp home6 -> outside6:9", &format!("segments {length}{order}"), &said);
        for by_client in [true, false] {
            // In the order of their numbers; acknowledgements carry nothing.
            let segments: BTreeMap<u32, Vec<u8>> = heard(&text)
                .into_iter()
                .filter(|(side, _, bytes)| *side == by_client && !bytes.is_empty())
                .map(|(_, seq, bytes)| (seq, bytes))
                .collect();
            prop_assert!(segments.values().all(|bytes| bytes.len() <= length));
            let stream: Vec<u8> = segments.into_values().flatten().collect();
            let wanted = said.iter().filter(|(side, _)| *side == by_client);
            let wanted: Vec<u8> = wanted.flat_map(|(_, bytes)| bytes.clone()).collect();
            prop_assert_eq!(stream, wanted);
        }
    }

    #[test]
    fn no_text_makes_the_reader_fail(text in "(tcp|udp|http|dns|tls|icmp|smtp|ip 9)?[ -~\n]{0,200}") {
        let blocks = std::slice::from_ref(&(0..text.len())).to_vec();
        if let Ok(Traffic::Conversations(conversations)) = traffic(&text, &blocks, Path::new(".")) {
            capture(&conversations);
        }
    }
}

//! Parsers understand the same whatever the segments are that bytes come in, and survive what is missing.

use std::sync::Arc;

use crate::all;
use crate::dialogue::{Dialogue, Listener};
use proptest::prelude::*;
use tapir_packet::Direction;
use tapir_protocols::{AppProto, ParserSettings, Transport};

fn settings() -> Arc<ParserSettings> {
    let mut settings = ParserSettings::default();
    settings.ssh.hassh = true;
    settings.tls.ja3 = true;
    settings.tls.ja4 = true;
    Arc::new(settings)
}

fn listen(dialogue: &Dialogue, mut cut: impl FnMut(usize) -> usize) -> Listener {
    let mut listener = Listener::new(dialogue.proto, dialogue.transport, &settings());
    for (direction, said) in &dialogue.turns {
        let mut rest = &said[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cut(rest.len()).clamp(1, rest.len()));
            listener.hear(*direction, piece);
            rest = after;
        }
    }
    listener
}

#[test]
fn every_parser_has_a_dialogue_that_it_understands() {
    let dialogues = all();
    for proto in AppProto::ALL.iter().filter(|proto| proto.has_parser()) {
        // These are read by the parser of another one.
        let shared = [AppProto::Mdns, AppProto::Llmnr, AppProto::Doh2];
        assert!(
            shared.contains(proto) || dialogues.iter().any(|known| known.proto == *proto),
            "{proto:?} has no dialogue"
        );
    }
    for dialogue in &dialogues {
        let listener = listen(dialogue, |all| all);
        assert!(
            listener.state.total() > 0 || listener.frames > 0,
            "{:?} understands nothing",
            dialogue.proto
        );
    }
}

#[test]
fn one_byte_at_a_time() {
    for dialogue in all() {
        if dialogue.transport == Transport::Tcp {
            let whole = listen(&dialogue, |all| all).seen();
            let bytes = listen(&dialogue, |_| 1).seen();
            assert_eq!(whole, bytes, "{:?}", dialogue.proto);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cuts(cuts in prop::collection::vec(1_usize..60, 1..20)) {
        for dialogue in all() {
            if dialogue.transport == Transport::Tcp {
                let whole = listen(&dialogue, |all| all).seen();
                let mut lengths = cuts.iter().cycle();
                let cut = listen(&dialogue, |_| *lengths.next().expect("a length")).seen();
                prop_assert_eq!(whole, cut, "{:?}", dialogue.proto);
            }
        }
    }

    #[test]
    fn gaps_and_other_orders(
        lost in prop::collection::vec(any::<bool>(), 1..12),
        parts in prop::collection::vec(1_usize..30, 1..8),
        swap in any::<bool>(),
    ) {
        for dialogue in all() {
            let mut listener = Listener::new(dialogue.proto, dialogue.transport, &settings());
            let mut lost = lost.iter().cycle();
            let mut parts = parts.iter().cycle();
            let mut turns: Vec<&(Direction, Vec<u8>)> = dialogue.turns.iter().collect();
            if swap {
                // All of the server's comes before all of the client's.
                turns.sort_by_key(|(direction, _)| *direction == Direction::ToServer);
            }
            for (direction, said) in turns {
                for piece in said.chunks(*parts.next().expect("a length")) {
                    if *lost.next().expect("a choice") && dialogue.transport == Transport::Tcp {
                        listener.miss(*direction, piece.len());
                    } else {
                        listener.hear(*direction, piece);
                    }
                }
            }
            listener.seen();
        }
    }

    #[test]
    fn hostile_endings(
        tail in prop::collection::vec(prop_oneof![Just(0_u8), 0_u8..32, any::<u8>()], 0..200),
        turns in any::<prop::sample::Index>(),
        step in 1_usize..20,
    ) {
        for mut dialogue in all() {
            dialogue.turns.truncate(1 + turns.index(dialogue.turns.len()));
            let last = dialogue.turns.last_mut().expect("a turn");
            last.1.extend_from_slice(&tail);
            let whole = listen(&dialogue, |all| all).seen();
            if dialogue.transport == Transport::Tcp && dialogue.proto != AppProto::Http1 {
                let cut = listen(&dialogue, |_| step).seen();
                prop_assert_eq!(whole, cut, "{:?}", dialogue.proto);
            }
        }
    }

    #[test]
    fn any_bytes(
        data in prop::collection::vec(any::<u8>(), 0..300),
        turns in prop::collection::vec(any::<bool>(), 1..6),
    ) {
        for dialogue in all() {
            let mut listener = Listener::new(dialogue.proto, dialogue.transport, &settings());
            for (part, turn) in data.chunks(1 + data.len() / turns.len()).zip(&turns) {
                let way = if *turn { Direction::ToServer } else { Direction::ToClient };
                listener.hear(way, part);
            }
            listener.seen();
        }
    }

    #[test]
    fn bent_dialogues(
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..6),
        step in 1_usize..40,
    ) {
        for mut dialogue in all() {
            let turn = at.index(dialogue.turns.len());
            let said = &mut dialogue.turns[turn].1;
            let place = at.index(said.len());
            for (there, byte) in said[place..].iter_mut().zip(&bytes) {
                *there = *byte;
            }
            let whole = listen(&dialogue, |all| all).seen();
            // What follows a message of HTTP at once belongs to it unless it looks like another one: there the cuts say
            // what is meant.
            if dialogue.transport == Transport::Tcp && dialogue.proto != AppProto::Http1 {
                let cut = listen(&dialogue, |_| step).seen();
                prop_assert_eq!(whole, cut, "{:?}", dialogue.proto);
            }
        }
    }
}

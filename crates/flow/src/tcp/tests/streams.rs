//! What the application layer gets.

use proptest::prelude::*;

use super::*;

#[test]
fn data_counts_when_it_is_acknowledged() {
    let mut script = Script::established(Config::default());
    script.client(0, b"hello ");
    assert_eq!(script.app(ToServer), "");
    script.acked(3);
    assert_eq!(script.app(ToServer), "hel");
    script.client(6, b"world").acked(11);
    assert_eq!(script.app(ToServer), "hello world");
}

#[test]
fn inline_data_counts_at_once() {
    let mut script = Script::established(Config {
        inline: true,
        ..Config::default()
    });
    script.client(0, b"hello");
    assert_eq!(script.app(ToServer), "hello");
}

#[test]
fn the_end_brings_what_nobody_acknowledged() {
    let mut script = Script::established(Config::default());
    script.client(0, b"hello").end();
    assert_eq!((script.app(ToServer), script.eof), ("hello", [true, true]));
}

#[test]
fn a_gap_is_told_once_its_end_is_acknowledged() {
    let mut script = Script::established(Config::default());
    script.client(0, b"ab").client(5, b"cd").acked(2);
    assert_eq!(script.app(ToServer), "ab");
    script.acked(7);
    assert_eq!(script.app(ToServer), "ab???cd");
    assert!(script.known().stream(ToServer).has_gap());
    assert!(!script.known().stream(ToClient).has_gap());
}

#[test]
fn data_waits_until_there_is_enough() {
    let mut script = Script::established(Config::default());
    if let Some(session) = script.session.as_deref_mut() {
        session.app_require(ToServer, 6);
    }
    script.client(0, b"abc").acked(3);
    assert_eq!(script.app(ToServer), "");
    script.client(3, b"defg").acked(7);
    assert_eq!(script.app(ToServer), "abcdefg");
}

#[test]
fn urgent_bytes_are_taken_out_kept_or_missed() {
    let with = |policy| {
        let mut script = Script::established(Config {
            urgent: policy,
            ..Config::default()
        });
        let urgent = segment(ToServer, A | TcpFlags::URG, CLIENT + 1, SERVER + 1, b"abX");
        script.follow(&Segment {
            urgent: 3,
            ..urgent
        });
        script.client(3, b"cd").acked(5);
        let taken = script.known().urgent_bytes(ToServer);
        (script.app(ToServer).to_owned(), taken)
    };
    assert_eq!(with(UrgentPolicy::Oob), ("abcd".to_owned(), 1));
    assert_eq!(with(UrgentPolicy::Inline), ("abXcd".to_owned(), 0));
    assert_eq!(with(UrgentPolicy::Gap), ("ab?cd".to_owned(), 0));
    let mut script = Script::established(Config {
        urgent: UrgentPolicy::Drop,
        inline: true,
        ..Config::default()
    });
    script.follow(&Segment {
        urgent: 1,
        ..segment(ToServer, A | TcpFlags::URG, CLIENT + 1, SERVER + 1, b"X")
    });
    assert_eq!(script.outcome.drop, Some(DropReason::Urgent));
}

#[test]
fn urgent_bytes_are_counted_up_to_a_limit() {
    let drop = Config {
        urgent_oob_limit: UrgentPolicy::Drop,
        ..Config::default()
    };
    let mut script = Script::established(drop);
    let mut seq = CLIENT + 1;
    for _ in 0..65_534 {
        script.follow(&Segment {
            urgent: 1,
            ..segment(ToServer, A | TcpFlags::URG, seq, SERVER + 1, b"X")
        });
        seq += 1;
        script.send(ToClient, A, SERVER + 1, seq, b"");
    }
    assert!(script.events.is_empty());
    script.follow(&Segment {
        urgent: 1,
        ..segment(ToServer, A | TcpFlags::URG, seq, SERVER + 1, b"X")
    });
    assert!(script.has("reassembly_urgent_oob_limit_reached"));
    script.send(ToClient, A, SERVER + 1, seq + 1, b"");
    script.follow(&Segment {
        urgent: 1,
        ..segment(ToServer, A | TcpFlags::URG, seq + 1, SERVER + 1, b"X")
    });
    assert_eq!(script.outcome.drop, Some(DropReason::Urgent));
}

#[test]
fn depth_ends_a_stream() {
    let mut script = Script::established(Config {
        depth: 8,
        ..Config::default()
    });
    script
        .client(0, b"12345678")
        .acked(8)
        .client(8, b"9")
        .acked(9);
    // The number of the last byte that would fit is taken for one too many.
    assert_eq!(script.app(ToServer), "12345678");
    assert!(script.known().stream(ToServer).is_depth_reached());
    assert!(script.known().stream(ToServer).is_abandoned());
    assert!(script.known().stream(ToServer).buffer.is_none());
}

#[test]
fn client_and_server_may_change_places() {
    let mut script = Script::established(Config::default());
    if let Some(session) = script.session.as_deref_mut() {
        session.swap();
        assert_eq!(
            (
                session.stream(ToServer).isn(),
                session.stream(ToClient).isn()
            ),
            (SERVER, CLIENT)
        );
    }
}

/// Segments of a text: their places and lengths.
fn cuts() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0usize..600, 1usize..90), 1..80)
}

proptest! {
    #[test]
    fn any_order_of_segments_gives_the_text(
        cuts in cuts(),
        acks in proptest::collection::vec(0usize..80, 0..10),
        first in any::<u32>(),
        inline in any::<bool>(),
        compare in any::<bool>(),
    ) {
        let text: Vec<u8> = (0..700).map(|i| b'a' + (i % 26) as u8).collect();
        let config = Config { inline, check_overlap_different_data: compare, ..Config::default() };
        let mut script = Script::new(config);
        script.send(ToServer, S, first, 0, b"");
        script.send(ToClient, SA, SERVER, first.wrapping_add(1), b"");
        script.send(ToServer, A, first.wrapping_add(1), SERVER + 1, b"");
        let mut seen = vec![false; text.len()];
        let whole_first = |seen: &[bool]| seen.iter().take_while(|seen| **seen).count();
        for (i, &(at, len)) in cuts.iter().enumerate() {
            let seq = first.wrapping_add(1 + at as u32);
            script.send(ToServer, A, seq, SERVER + 1, &text[at..at + len]);
            seen[at..at + len].fill(true);
            if acks.contains(&i) {
                let ack = first.wrapping_add(1 + whole_first(&seen) as u32);
                script.send(ToClient, A, SERVER + 1, ack, b"");
                prop_assert_eq!(script.app[0].len(), whole_first(&seen));
            }
        }
        // What is missing comes in the end.
        for at in 0..text.len() {
            if !seen[at] {
                let seq = first.wrapping_add(1 + at as u32);
                script.send(ToServer, A, seq, SERVER + 1, &text[at..=at]);
            }
        }
        script.send(ToClient, A, SERVER + 1, first.wrapping_add(1 + text.len() as u32), b"");
        prop_assert_eq!(&script.app[0], &text);
        prop_assert!(!script.events.contains(&StreamEvent::ReassemblyOverlapDifferentData));
        let session = script.session.take().expect("open");
        script.engine.release(session);
        prop_assert_eq!(script.engine.memory_use(), MemoryUse::default());
    }

    #[test]
    fn nothing_that_comes_makes_it_stop(
        segments in proptest::collection::vec(
            (any::<bool>(), any::<u8>(), 0u32..300, 0u32..300, 0usize..40, any::<u16>()),
            0..200,
        ),
        midstream in any::<bool>(),
        async_oneside in any::<bool>(),
        inline in any::<bool>(),
        depth in prop::sample::select(vec![0u32, 50, 1000]),
    ) {
        let config = Config { midstream, async_oneside, inline, depth, ..Config::default() };
        let mut script = Script::new(config);
        let data = [b'x'; 40];
        for (to_server, flags, seq, ack, len, window) in segments {
            let dir = if to_server { ToServer } else { ToClient };
            let flags = TcpFlags::from_bits_retain(flags);
            let crafted = segment(dir, flags, seq.wrapping_sub(100), ack.wrapping_sub(100), &data[..len]);
            script.follow(&Segment { window, urgent: window % 50, ..crafted });
        }
        script.end();
        if let Some(session) = script.session.take() {
            script.engine.release(session);
        }
        prop_assert_eq!(script.engine.memory_use(), MemoryUse::default());
    }
}

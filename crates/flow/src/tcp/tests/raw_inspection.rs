//! What is inspected as a stream, and when.

use super::*;

#[test]
fn a_chunk_must_be_acknowledged_first() {
    let mut script = Script::established(Config::default());
    let data = [b'x'; 1000];
    for i in 0..2 {
        script.client(i * 1000, &data).acked((i + 1) * 1000);
    }
    script.client(2000, &data);
    assert_eq!(script.raw[0], []);
    script.acked(3000).client(3000, &data);
    // The fourth segment's data is not acknowledged yet.
    assert_eq!(script.raw[0], [(0, vec![b'x'; 3000])]);
    script.acked(4000).end();
    assert_eq!(script.raw[0].last(), Some(&(3000, vec![b'x'; 1000])));
}

#[test]
fn a_trigger_does_not_wait() {
    let mut script = Script::established(Config::default());
    script.client(0, b"GET").acked(3).client(3, b"");
    assert_eq!(script.raw[0], []);
    script
        .session
        .as_deref_mut()
        .expect("open")
        .trigger_raw(ToServer);
    script.client(3, b"");
    assert_eq!(script.raw[0], [(0, b"GET".to_vec())]);
    script.client(3, b"");
    assert_eq!(script.raw[0].len(), 1);
}

#[test]
fn the_end_inspects_what_is_left_acknowledged_or_not() {
    let mut script = Script::established(Config::default());
    script.client(0, b"ab").client(4, b"cd").end();
    assert_eq!(script.raw[0], [(0, b"ab".to_vec()), (4, b"cd".to_vec())]);
}

#[test]
fn disabled_raw_keeps_nothing_once_the_application_is_done() {
    let mut script = Script::established(Config::default());
    let session = script.session.as_deref_mut().expect("open");
    session.disable_raw(ToServer);
    session.disable_app();
    script.client(0, b"data").acked(4);
    assert!(script.known().stream(ToServer).is_abandoned());
    assert!(script.known().stream(ToServer).buffer.is_none());
    assert_eq!(script.engine.memory_use().reassembly, 0);
}

#[test]
fn inline_looks_at_each_packet_in_its_surroundings() {
    let config = Config {
        inline: true,
        toserver_chunk_size: 9,
        ..Config::default()
    };
    let mut script = Script::established(config);
    script
        .client(0, b"abc")
        .client(3, b"def")
        .client(6, b"ghi")
        .client(9, b"jkl");
    let windows: Vec<_> = script.raw[0]
        .iter()
        .map(|(at, data)| (*at, data.as_slice()))
        .collect();
    assert_eq!(
        windows,
        [
            (0, &b"abc"[..]),
            (0, b"abcdef"),
            (0, b"abcdefghi"),
            (3, b"defghijkl")
        ]
    );
}

#[test]
fn records_see_what_was_acknowledged_and_what_is_missing() {
    let mut script = Script::established(Config::default());
    script
        .client(0, b"ab")
        .client(6, b"cd")
        .client(8, b"ef")
        .acked(10);
    let blocks: Vec<_> = script
        .known()
        .acked_blocks(ToServer)
        .map(|block| (block.offset, block.data))
        .collect();
    assert_eq!(blocks, [(0, &b"ab"[..]), (6, b"cdef")]);
}

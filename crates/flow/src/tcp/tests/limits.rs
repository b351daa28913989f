//! What hostile sessions may cost.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn memory_for_sessions_has_a_ceiling() {
    let config = Config {
        memcap: size_of::<Session>() as u64,
        ..Config::default()
    };
    let mut script = Script::new(config);
    script.send(ToServer, S, CLIENT, 0, b"");
    let first = script.session.take();
    assert!(first.is_some());
    script.send(ToServer, S, CLIENT, 0, b"");
    assert!(script.session.is_none());
    assert_eq!(script.outcome.exception, Some(Exception::SessionMemcap));
    script.engine.release(first.expect("the first one fits"));
    script.send(ToServer, S, CLIENT, 0, b"");
    assert!(script.session.is_some());
    assert_eq!(script.engine.counters().active_sessions, 1);
}

#[test]
fn memory_for_data_has_a_ceiling() {
    let mut script = Script::established(Config {
        reassembly_memcap: 20_000,
        ..Config::default()
    });
    let data = [b'x'; 1000];
    for i in 0..8 {
        script.client(i * 1000, &data);
    }
    assert!(script.engine.memory_use().reassembly <= 40_000);
    let mut script = Script::established(Config {
        reassembly_memcap: 1000,
        ..Config::default()
    });
    script.client(0, &data);
    assert_eq!(script.outcome.exception, Some(Exception::ReassemblyMemcap));
    assert_eq!(script.engine.counters().segment_memcap_drops, 1);
}

#[test]
fn an_idle_session_keeps_no_buffers() {
    let mut script = Script::established(Config::default());
    script
        .client(0, &[b'x'; 3000])
        .acked(3000)
        .client(3000, b"");
    assert!(script.known().stream(ToServer).buffer.is_none());
    assert_eq!(script.engine.memory_use().reassembly, 0);
}

#[test]
fn crumbs_backwards_and_floods_of_overlaps_take_no_quadratic_time() {
    let wide = TcpOptions {
        window_scale: Some(14),
        ..TcpOptions::default()
    };
    let mut script = Script::new(Config {
        depth: 0,
        ..Config::default()
    });
    script.follow(&Segment {
        options: wide,
        ..segment(ToServer, S, CLIENT, 0, b"")
    });
    script.follow(&Segment {
        options: wide,
        ..segment(ToClient, SA, SERVER, CLIENT + 1, b"")
    });
    script.send(ToServer, A, CLIENT + 1, SERVER + 1, b"");
    script.send(ToClient, A, SERVER + 1, CLIENT + 1, b"");
    let start = Instant::now();
    for i in (1..60_000u32).rev() {
        script.client(i * 2, b"y");
    }
    let data = [b'z'; 1400];
    for i in 0..3000u32 {
        script.client((i * 37) % 100_000 + 1, &data[..1400 - (i % 7) as usize]);
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

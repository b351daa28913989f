//! States, from the first segment to the last.

use super::*;
use crate::FlowState;

#[test]
fn a_session_goes_its_way_when_the_client_closes_first() {
    let mut script = Script::established(Config::default());
    script.client(0, b"request").acked(7);
    script.send(ToClient, A, SERVER + 1, CLIENT + 8, b"answer");
    script.send(ToServer, FA, CLIENT + 8, SERVER + 7, b"");
    assert_eq!(script.state(), State::CloseWait);
    script.send(ToClient, FA, SERVER + 7, CLIENT + 9, b"");
    assert_eq!(
        (script.state(), script.outcome.flow_state),
        (State::LastAck, Some(FlowState::Closed))
    );
    script.send(ToServer, A, CLIENT + 9, SERVER + 8, b"");
    assert_eq!(script.state(), State::Closed);
    assert_eq!(
        (script.app(ToServer), script.app(ToClient)),
        ("request", "answer")
    );
    assert_eq!(script.events, []);
    // Seven bytes, SYN and FIN.
    assert_eq!(script.known().stream(ToServer).size(), 9);
}

#[test]
fn a_session_goes_its_way_when_the_server_closes_first() {
    let mut script = Script::established(Config::default());
    script.send(ToClient, FA, SERVER + 1, CLIENT + 1, b"bye");
    assert_eq!(script.state(), State::FinWait1);
    script.send(ToServer, A, CLIENT + 1, SERVER + 5, b"");
    assert_eq!(script.state(), State::FinWait2);
    script.send(ToServer, FA, CLIENT + 1, SERVER + 5, b"");
    assert_eq!(script.state(), State::TimeWait);
    script.send(ToClient, A, SERVER + 5, CLIENT + 2, b"");
    assert_eq!(script.state(), State::Closed);
    assert_eq!(
        (script.app(ToClient), script.events.as_slice()),
        ("bye", [].as_slice())
    );
}

#[test]
fn both_fins_may_cross() {
    let mut script = Script::established(Config::default());
    script.send(ToClient, FA, SERVER + 1, CLIENT + 1, b"");
    script.send(ToServer, F, CLIENT + 1, 0, b"");
    assert_eq!(script.state(), State::Closing);
    script.send(ToServer, A, CLIENT + 1, SERVER + 2, b"");
    assert_eq!(script.state(), State::TimeWait);
}

#[test]
fn numbers_wrap() {
    let mut script = Script::new(Config::default());
    let (client, server) = (u32::MAX - 3, u32::MAX);
    script.send(ToServer, S, client, 0, b"");
    script.send(ToClient, SA, server, client.wrapping_add(1), b"");
    script.send(ToServer, A, client.wrapping_add(1), 0, b"");
    script.send(ToServer, A, client.wrapping_add(1), 0, b"0123456789");
    script.send(ToClient, A, 0, client.wrapping_add(11), b"");
    assert_eq!(
        (script.app(ToServer), script.events.as_slice()),
        ("0123456789", [].as_slice())
    );
}

#[test]
fn a_reset_closes_and_has_the_rest_read() {
    let mut script = Script::established(Config::default());
    script.client(0, b"lost?");
    script.send(ToServer, RA, CLIENT + 6, SERVER + 1, b"");
    assert_eq!(script.state(), State::Closed);
    assert!(script.known().is_closed_by_rst() && script.eof[0]);
    assert_eq!(script.app(ToServer), "lost?");
}

#[test]
fn a_handshake_may_be_split() {
    let mut script = Script::new(Config::default());
    script.send(ToServer, S, CLIENT, 0, b"");
    script.send(ToClient, S, SERVER, 0, b"");
    script.send(ToServer, SA, CLIENT, SERVER + 1, b"");
    assert_eq!(script.state(), State::SynRecv);
    script.send(ToClient, A, SERVER + 1, CLIENT + 1, b"");
    assert_eq!(
        (script.state(), script.events.as_slice()),
        (State::Established, [].as_slice())
    );
    // Five segments: the server says SYN/ACK in its turn.
    let mut script = Script::new(Config::default());
    script.send(ToServer, S, CLIENT, 0, b"");
    script.send(ToClient, S, SERVER, 0, b"");
    script.send(ToClient, SA, SERVER, CLIENT + 1, b"");
    script.send(ToServer, A, CLIENT + 1, SERVER + 1, b"");
    assert_eq!(script.state(), State::Established);
}

#[test]
fn data_may_come_with_the_syn() {
    let cookie = TcpOptions {
        fast_open: Some(b"cookie00"),
        ..TcpOptions::default()
    };
    let mut script = Script::new(Config::default());
    script.follow(&Segment {
        options: cookie,
        ..segment(ToServer, S, CLIENT, 0, b"early")
    });
    script.send(ToClient, SA, SERVER, CLIENT + 6, b"");
    script.send(ToServer, A, CLIENT + 6, SERVER + 1, b"");
    script.send(ToClient, A, SERVER + 1, CLIENT + 6, b"");
    assert_eq!(
        (script.app(ToServer), script.state()),
        ("early", State::Established)
    );
    assert!(script.known().is_fast_open());
}

#[test]
fn the_answer_tells_which_synack_counted() {
    let mut script = Script::new(Config::default());
    script.send(ToServer, S, CLIENT, 0, b"");
    script.send(ToClient, SA, SERVER, CLIENT + 1, b"");
    script.send(ToClient, SA, 9000, CLIENT + 1, b"");
    script.send(ToServer, A, CLIENT + 1, 9001, b"");
    assert_eq!(
        (script.state(), script.known().stream(ToClient).isn()),
        (State::Established, 9000)
    );
    assert_eq!(script.events, []);
}

#[test]
fn sessions_are_taken_up_in_their_middle_when_configured() {
    let mut script = Script::new(Config::default());
    script.send(ToServer, A, 70, 90, b"hello");
    assert_eq!(script.state(), State::None);
    assert_eq!(script.outcome.exception, Some(Exception::Midstream));

    let config = Config {
        midstream: true,
        ..Config::default()
    };
    let mut script = Script::new(config.clone());
    script
        .send(ToServer, A, 70, 90, b"hello")
        .send(ToClient, A, 90, 75, b"there")
        .send(ToServer, A, 75, 95, b"");
    assert!(script.known().is_midstream() && script.state() == State::Established);
    assert_eq!(
        (script.app(ToServer), script.app(ToClient)),
        ("hello", "there")
    );

    let mut script = Script::new(config);
    script.send(ToServer, SA, SERVER, CLIENT + 1, b"");
    assert!(script.outcome.is(SegmentFlags::REVERSED));
    script.send(ToServer, A, CLIENT + 1, SERVER + 1, b"");
    assert_eq!(script.state(), State::Established);
    assert_eq!(script.known().stream(ToClient).isn(), SERVER);
    assert_eq!(script.known().stream(ToClient).tcp_flags(), SA);
}

#[test]
fn one_side_is_enough_when_configured() {
    let config = Config {
        async_oneside: true,
        ..Config::default()
    };
    let mut script = Script::new(config);
    script.send(ToServer, S, CLIENT, 0, b"");
    script.send(ToServer, A, CLIENT + 1, SERVER + 1, b"");
    script.client(0, b"one ").client(4, b"two");
    assert!(script.known().is_async());
    script.end();
    assert_eq!(
        (script.app(ToServer), script.events.as_slice()),
        ("one two", [].as_slice())
    );
}

#[test]
fn ports_may_be_used_again_once_a_session_is_over() {
    let mut script = Script::established(Config::default());
    let again = segment(ToServer, S, 7_000_000, 0, b"");
    assert!(!script.engine.must_reuse(script.session.as_deref(), &again));
    script.send(ToServer, RA, CLIENT + 1, SERVER + 1, b"");
    assert!(script.engine.must_reuse(script.session.as_deref(), &again));
    let same = segment(ToServer, S, CLIENT, 0, b"");
    assert!(!script.engine.must_reuse(script.session.as_deref(), &same));
    assert!(script.engine.must_reuse(None, &same));
    let data = segment(ToServer, A, 7_000_000, 0, b"");
    assert!(!script.engine.must_reuse(None, &data));
}

#[test]
fn keepalives_and_window_updates_change_nothing() {
    let mut script = Script::established(Config::default());
    script.client(0, b"x").acked(1);
    script.send(ToServer, A, CLIENT + 1, SERVER + 1, b"");
    assert!(script.outcome.is(SegmentFlags::KEEPALIVE));
    script.acked(1);
    assert!(script.outcome.is(SegmentFlags::KEEPALIVE_ACK));
    script.follow(&Segment {
        window: 4000,
        ..segment(ToClient, A, SERVER + 1, CLIENT + 2, b"")
    });
    assert!(script.outcome.is(SegmentFlags::WINDOW_UPDATE));
    assert_eq!(script.known().stream(ToServer).window(), 4000);
    script.follow(&Segment {
        window: 4000,
        ..segment(ToClient, A, SERVER + 1, CLIENT + 2, b"")
    });
    assert!(script.outcome.is(SegmentFlags::DUP_ACK));
    assert_eq!(script.events, []);
}

#[test]
fn the_answer_tells_which_syn_the_server_took() {
    let again = CLIENT + 70_000;
    // The later one, or the earlier: a SYN/ACK acknowledges one of them.
    for taken in [CLIENT, again] {
        let mut script = Script::new(Config::default());
        script.send(ToServer, S, CLIENT, 0, b"");
        script.send(ToServer, S, again, 0, b"");
        script.send(ToClient, SA, SERVER, taken + 1, b"");
        script.send(ToServer, A, taken + 1, SERVER + 1, b"");
        script.send(ToServer, A, taken + 1, SERVER + 1, b"hello");
        script.end();
        assert_eq!(script.app(ToServer), "hello");
        assert_eq!(script.events, []);
    }
}

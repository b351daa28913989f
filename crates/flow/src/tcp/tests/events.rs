//! Each event where it belongs.

use super::*;

/// Follows a script's segments; the last must raise the event, and no earlier one.
fn raises(event: &str, script: &mut Script, segments: &[Segment<'_>]) {
    let Some((last, before)) = segments.split_last() else {
        return;
    };
    for segment in before {
        script.follow(segment);
        assert!(!script.has(event), "{event} came early: {segment:?}");
    }
    script.follow(last);
    assert!(
        script.has(event),
        "{event} expected, got {:?} in {:?}",
        script.last(),
        script.state()
    );
}

fn fresh(event: &str, segments: &[Segment<'_>]) {
    raises(event, &mut Script::new(Config::default()), segments);
}

fn inline(event: &str, segments: &[Segment<'_>]) {
    raises(
        event,
        &mut Script::new(Config {
            inline: true,
            ..Config::default()
        }),
        segments,
    );
}

fn established(event: &str, segments: &[Segment<'_>]) {
    raises(event, &mut Script::established(Config::default()), segments);
}

fn stamped(value: u32, echo: u32, of: Segment<'_>) -> Segment<'_> {
    Segment {
        options: TcpOptions {
            timestamps: Some((value, echo)),
            ..TcpOptions::default()
        },
        ..of
    }
}

const NOTHING: &[u8] = b"";

fn syn() -> Segment<'static> {
    segment(ToServer, S, CLIENT, 0, NOTHING)
}

fn synack() -> Segment<'static> {
    segment(ToClient, SA, SERVER, CLIENT + 1, NOTHING)
}

fn to_server(flags: TcpFlags, seq: u32, ack: u32) -> Segment<'static> {
    segment(
        ToServer,
        flags,
        CLIENT.wrapping_add(seq),
        SERVER.wrapping_add(ack),
        NOTHING,
    )
}

fn to_client(flags: TcpFlags, seq: u32, ack: u32) -> Segment<'static> {
    segment(
        ToClient,
        flags,
        SERVER.wrapping_add(seq),
        CLIENT.wrapping_add(ack),
        NOTHING,
    )
}

#[test]
fn handshake() {
    fresh(
        "3whs_synack_in_wrong_direction",
        &[syn(), to_server(SA, 0, 1)],
    );
    fresh("3whs_synack_with_wrong_ack", &[syn(), to_client(SA, 0, 2)]);
    fresh(
        "3whs_synack_resend_with_different_ack",
        &[syn(), synack(), to_client(SA, 0, 5)],
    );
    fresh(
        "3whs_synack_toserver_on_syn_recv",
        &[syn(), synack(), to_server(SA, 0, 1)],
    );
    fresh(
        "3whs_syn_resend_diff_seq_on_syn_recv",
        &[syn(), synack(), segment(ToServer, S, 7, 0, NOTHING)],
    );
    fresh(
        "3whs_syn_toclient_on_syn_recv",
        &[syn(), synack(), segment(ToClient, S, 7, 0, NOTHING)],
    );
    fresh(
        "3whs_wrong_seq_wrong_ack",
        &[syn(), synack(), to_server(A, 70_000, 70_000)],
    );
    fresh(
        "3whs_right_seq_wrong_ack_evasion",
        &[syn(), synack(), to_server(A, 1, 77)],
    );
    inline(
        "3whs_ack_in_wrong_dir",
        &[syn(), synack(), to_client(A, 1, 1)],
    );
    inline(
        "3whs_ack_data_inject",
        &[
            syn(),
            synack(),
            segment(ToClient, A, SERVER + 1, CLIENT + 1, b"injected"),
        ],
    );
    let mut one_sided = Script::new(Config {
        async_oneside: true,
        ..Config::default()
    });
    raises(
        "3whs_async_wrong_seq",
        &mut one_sided,
        &[syn(), to_server(A, 5, 1)],
    );
    let cookie = TcpOptions {
        fast_open: Some(b""),
        ..TcpOptions::default()
    };
    let early = Segment {
        options: cookie,
        payload: b"early",
        ..syn()
    };
    fresh("3whs_synack_tfo_data_ignored", &[early, synack()]);
    let mut many: Vec<_> = (0..7).map(|i| to_client(SA, i, 1)).collect();
    many.insert(0, syn());
    fresh("3whs_synack_flood", &many);
    let many: Vec<_> = (0..12).map(|i| stamped(i + 1, 0, syn())).collect();
    fresh("3whs_syn_flood", &many);
}

#[test]
fn split_handshake() {
    let server_syn = segment(ToClient, S, SERVER, 0, NOTHING);
    fresh(
        "4whs_synack_with_wrong_ack",
        &[syn(), server_syn, to_server(SA, 0, 9)],
    );
    fresh(
        "4whs_synack_with_wrong_syn",
        &[syn(), server_syn, to_server(SA, 9, 1)],
    );
    let split = [syn(), server_syn, to_server(SA, 0, 1)];
    fresh(
        "4whs_wrong_seq",
        &[&split[..], &[to_client(A, 9, 1)]].concat(),
    );
    fresh(
        "4whs_invalid_ack",
        &[&split[..], &[to_client(A, 1, 70_000)]].concat(),
    );
}

#[test]
fn established_session() {
    established(
        "est_packet_out_of_window",
        &[segment(ToServer, A, CLIENT + 9000, SERVER + 1, b"far")],
    );
    established(
        "est_pkt_before_last_ack",
        &[
            segment(ToServer, A, CLIENT + 1, SERVER + 1, b"data"),
            to_client(A, 1, 5),
            segment(ToServer, A, CLIENT - 9, SERVER + 1, NOTHING),
        ],
    );
    established("est_synack_resend", &[to_client(A, 1, 1), synack()]);
    established(
        "est_synack_resend_with_different_ack",
        &[to_client(SA, 0, 9)],
    );
    established("est_synack_resend_with_diff_seq", &[to_client(SA, 9, 1)]);
    established("est_synack_toserver", &[to_server(SA, 0, 1)]);
    established(
        "est_syn_resend_diff_seq",
        &[segment(ToServer, S, 7, 0, NOTHING)],
    );
    established("est_syn_toclient", &[segment(ToClient, S, 7, 0, NOTHING)]);
    established("est_invalid_ack", &[to_server(A, 1, 70_000)]);
    established("pkt_invalid_ack", &[to_server(A, 1, 70_000)]);
    established(
        "pkt_broken_ack",
        &[segment(ToServer, TcpFlags::PSH, CLIENT + 1, 8, NOTHING)],
    );
    established(
        "pkt_spurious_retransmission",
        &[
            segment(ToServer, A, CLIENT + 1, SERVER + 1, b"data"),
            to_client(A, 1, 5),
            segment(ToServer, A, CLIENT + 1, SERVER + 1, b"data"),
        ],
    );
    let shrunk = Segment {
        window: 10,
        ..segment(ToServer, A, CLIENT + 500, SERVER + 500, b"x")
    };
    established("pkt_bad_window_update", &[shrunk]);
    established(
        "rst_with_data",
        &[segment(ToServer, R, CLIENT + 1, 0, b"why")],
    );
    established("rst_invalid_ack", &[to_server(RA, 1, 70_000)]);
}

#[test]
fn closing_session() {
    established("fin_invalid_ack", &[to_server(FA, 1, 70_000)]);
    established("fin_out_of_window", &[to_server(FA, 70_000, 1)]);
    established(
        "fin_syn",
        &[segment(ToServer, FA | S, CLIENT + 1, SERVER + 1, NOTHING)],
    );
    fresh("fin_but_no_session", &[to_server(FA, 1, 1)]);
    fresh("rst_but_no_session", &[to_server(R, 1, 1)]);
    let fin1 = to_client(FA, 1, 1);
    established(
        "fin1_ack_wrong_seq",
        &[
            fin1,
            segment(ToServer, A, CLIENT + 9000, SERVER + 2, b"far"),
        ],
    );
    established("fin1_fin_wrong_seq", &[fin1, to_server(FA, 70_000, 2)]);
    established("fin1_invalid_ack", &[fin1, to_server(A, 1, 70_000)]);
    let fin2 = [fin1, to_server(A, 1, 2)];
    established(
        "fin2_ack_wrong_seq",
        &[
            &fin2[..],
            &[segment(ToServer, A, CLIENT + 9000, SERVER + 2, b"far")],
        ]
        .concat(),
    );
    established(
        "fin2_fin_wrong_seq",
        &[&fin2[..], &[to_server(FA, 70_000, 2)]].concat(),
    );
    established(
        "fin2_invalid_ack",
        &[&fin2[..], &[to_server(A, 1, 70_000)]].concat(),
    );
    let crossed = [fin1, segment(ToServer, F, CLIENT + 1, 0, NOTHING)];
    established(
        "closing_ack_wrong_seq",
        &[&crossed[..], &[to_server(A, 50, 2)]].concat(),
    );
    established(
        "closing_invalid_ack",
        &[&crossed[..], &[to_server(A, 1, 70_000)]].concat(),
    );
    let client_fin = to_server(FA, 1, 1);
    established(
        "closewait_ack_out_of_window",
        &[client_fin, to_client(A, 70_000, 1)],
    );
    established(
        "closewait_fin_out_of_window",
        &[client_fin, to_client(FA, 70_000, 1)],
    );
    established(
        "closewait_invalid_ack",
        &[client_fin, to_client(A, 1, 70_000)],
    );
    established("shutdown_syn_resend", &[client_fin, syn()]);
    let data = segment(ToClient, A, SERVER + 1, CLIENT + 1, b"data");
    established(
        "closewait_pkt_before_last_ack",
        &[
            data,
            to_server(A, 1, 5),
            to_server(FA, 1, 5),
            segment(ToClient, A, SERVER + 3, CLIENT + 1, b"ta"),
        ],
    );
    established("pkt_retransmission", &[data, to_server(FA, 1, 1), data]);
    let last = [client_fin, to_client(FA, 1, 2)];
    established(
        "lastack_ack_wrong_seq",
        &[&last[..], &[to_server(A, 50, 2)]].concat(),
    );
    established(
        "lastack_invalid_ack",
        &[&last[..], &[to_server(A, 2, 70_000)]].concat(),
    );
    let wait = [fin2[0], fin2[1], to_server(FA, 1, 2)];
    established(
        "timewait_ack_wrong_seq",
        &[&wait[..], &[to_client(A, 50, 2)]].concat(),
    );
    established(
        "timewait_invalid_ack",
        &[&wait[..], &[to_client(A, 2, 70_000)]].concat(),
    );
}

#[test]
fn timestamps() {
    let shaken = [
        stamped(100, 0, syn()),
        stamped(500, 100, synack()),
        stamped(101, 500, to_server(A, 1, 1)),
    ];
    fresh(
        "pkt_invalid_timestamp",
        &[shaken[0], stamped(500, 99, synack())],
    );
    fresh(
        "pkt_invalid_timestamp",
        &[&shaken[..], &[stamped(50, 500, to_server(A, 1, 1))]].concat(),
    );
    // One too old is let pass, as is anything after 24 days.
    let mut script = Script::new(Config::default());
    for segment in &shaken {
        script.follow(segment);
    }
    script.follow(&stamped(
        100,
        500,
        segment(ToServer, A, CLIENT + 1, SERVER + 1, b"a"),
    ));
    let later = Segment {
        secs: 1_000_000 + 25 * 24 * 3600,
        ..to_server(A, 2, 1)
    };
    script.follow(&stamped(3, 500, later));
    script.follow(&stamped(
        3,
        500,
        Segment {
            payload: b"b",
            ..later
        },
    ));
    script.end();
    assert_eq!(
        (script.app(ToServer), script.events.as_slice()),
        ("ab", [].as_slice())
    );
}

#[test]
fn a_reset_that_its_sender_does_not_know_of() {
    let signed = TcpOptions {
        md5: true,
        ..TcpOptions::default()
    };
    let reset = Segment {
        options: signed,
        ..to_client(R, 1, 1)
    };
    let mut script = Script::established(Config::default());
    raises(
        "suspected_rst_inject",
        &mut script,
        &[reset, segment(ToClient, A, SERVER + 1, CLIENT + 1, b"on")],
    );
    assert_eq!(script.state(), State::Established);
}

#[test]
fn reassembly() {
    established(
        "reassembly_seq_gap",
        &[
            segment(ToServer, A, CLIENT + 1, SERVER + 1, b"aa"),
            segment(ToServer, A, CLIENT + 5, SERVER + 1, b"bb"),
            to_client(A, 1, 7),
        ],
    );
    let compare = Config {
        check_overlap_different_data: true,
        ..Config::default()
    };
    raises(
        "reassembly_overlap_different_data",
        &mut Script::established(compare),
        &[
            segment(ToServer, A, CLIENT + 1, SERVER + 1, b"abcd"),
            segment(ToServer, A, CLIENT + 3, SERVER + 1, b"XXef"),
        ],
    );
    raises(
        "reassembly_depth_reached",
        &mut Script::established(Config {
            depth: 10,
            ..Config::default()
        }),
        &[
            segment(ToServer, A, CLIENT + 1, SERVER + 1, b"12345"),
            segment(ToServer, A, CLIENT + 6, SERVER + 1, b"678901"),
        ],
    );
    raises(
        "reassembly_insert_memcap",
        &mut Script::established(Config {
            reassembly_memcap: 64,
            ..Config::default()
        }),
        &[segment(ToServer, A, CLIENT + 1, SERVER + 1, &[7; 80])],
    );
    raises(
        "reassembly_no_segment",
        &mut Script::established(Config {
            reassembly_memcap: 8,
            ..Config::default()
        }),
        &[segment(ToServer, A, CLIENT + 1, SERVER + 1, b"data")],
    );
}

#[test]
fn data_without_a_place() {
    let wide = TcpOptions {
        window_scale: Some(14),
        ..TcpOptions::default()
    };
    let mut script = Script::new(Config {
        depth: 0,
        ..Config::default()
    });
    let shaken = [
        Segment {
            options: wide,
            ..syn()
        },
        Segment {
            options: wide,
            ..synack()
        },
        to_server(A, 1, 1),
        to_client(A, 1, 1),
    ];
    let scattered: Vec<_> = (0..8)
        .map(|i| {
            segment(
                ToServer,
                A,
                CLIENT + 1 + (i + 1) * 1_000_000,
                SERVER + 1,
                b"x",
            )
        })
        .collect();
    raises(
        "reassembly_insert_limit",
        &mut script,
        &[&shaken[..], &scattered[..]].concat(),
    );
    assert_eq!(script.known().stream(ToServer).max_regions(), 8);

    // An urgent byte that was taken out comes again, as if it were none.
    let mut script = Script::established(Config {
        raw: false,
        depth: 0,
        ..Config::default()
    });
    let urgent = segment(ToServer, A | TcpFlags::URG, CLIENT + 1, SERVER + 1, b"abX");
    script.follow(&Segment {
        urgent: 3,
        ..urgent
    });
    script.acked(3).client(3, b"");
    assert_eq!(script.known().stream(ToServer).base(), 2);
    raises(
        "reassembly_insert_invalid",
        &mut script,
        &[segment(ToServer, A, CLIENT + 2, SERVER + 1, b"bX")],
    );
}

//! Parsers survive whatever they are fed, however it is cut.

use std::sync::Arc;

use proptest::prelude::*;
use tapir_json::Json;
use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_protocols::{AppProto, AppState, Input, Orders, Outcome, ParserSettings, RecordOptions};

/// Beginnings that lead into the depths of a parser.
const BEGINNINGS: [(AppProto, Direction, &[u8]); 8] = [
    (
        AppProto::Mqtt,
        ToServer,
        b"\x10\x16\0\x04MQTT\x05\xc2\0\x3c\0\0\x01A\0\x02us\0\x02pw",
    ),
    (
        AppProto::Mqtt,
        ToClient,
        b"\x20\x06\0\0\x03\x22\0\x0a\x30\x7f\0\x01t\x05\x26",
    ),
    (AppProto::Rfb, ToClient, b"RFB 003.008\n"),
    (AppProto::Rfb, ToServer, b"RFB 003.003\n"),
    (AppProto::Pgsql, ToServer, b"\0\0\0\x0e\0\x03\0\0user\0"),
    (
        AppProto::Pgsql,
        ToClient,
        b"R\0\0\0\x08\0\0\0\0E\0\0\0\x20S",
    ),
    (AppProto::Ssh, ToServer, b"SSH-2.0-x\r\n\0\0\0\x40\0\x14"),
    (AppProto::Ssh, ToClient, b"SSH-2.0-y\n\0\0\0\x02\0\x15"),
];

fn settings() -> Arc<ParserSettings> {
    let mut settings = ParserSettings::default();
    settings.ssh.hassh = true;
    settings.mqtt.max_message = 64;
    Arc::new(settings)
}

/// Feeds as a stream does: what was not used comes again with more.
fn feed(state: &mut AppState, direction: Direction, data: &[u8], step: usize) -> bool {
    let (mut from, mut to) = (0, 0);
    let mut orders = Orders::default();
    while to < data.len() {
        to = (to + step).min(data.len());
        match state.parse(&Input::new(direction, &data[from..to]), &mut orders) {
            Outcome::Done => from = to,
            Outcome::Incomplete { consumed, needed } => {
                assert!(consumed <= to - from && needed > 0);
                from += consumed;
            }
            Outcome::Failed => return false,
        }
    }
    true
}

/// All that can be seen of the transactions.
fn shown(state: &AppState) -> Vec<String> {
    (0..state.len())
        .filter_map(|place| {
            let (meta, transaction) = (state.meta(place)?, state.transaction(place)?);
            let mut out = Vec::new();
            let mut json = Json::begin(&mut out);
            transaction.describe(&mut json, &RecordOptions::default());
            json.close_object();
            Some(format!(
                "{} {:?}",
                String::from_utf8_lossy(&out),
                meta.events
            ))
        })
        .collect()
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        data in prop::collection::vec(any::<u8>(), 0..300),
        turns in prop::collection::vec(any::<bool>(), 1..6),
        step in 1_usize..50,
    ) {
        for proto in AppProto::ALL.iter().filter(|proto| proto.has_parser()) {
            let Some(mut state) = AppState::new(*proto, &settings()) else { continue };
            for (part, turn) in data.chunks(1 + data.len() / turns.len()).zip(&turns) {
                let way = if *turn { ToServer } else { ToClient };
                if !feed(&mut state, way, part, step) {
                    break;
                }
            }
            shown(&state);
        }
    }

    #[test]
    fn cuts_make_no_difference(
        tail in prop::collection::vec(prop_oneof![Just(0_u8), 0_u8..32, any::<u8>()], 0..200),
        step in 1_usize..20,
    ) {
        for (proto, direction, beginning) in BEGINNINGS {
            let data = [beginning, &tail].concat();
            let read = |step: usize| {
                let mut state = AppState::new(proto, &settings()).expect("a parser");
                let went_well = feed(&mut state, direction, &data, step);
                (went_well, shown(&state))
            };
            prop_assert_eq!(read(data.len()), read(step), "{:?}", proto);
        }
    }
}

//! Fragments: the first byte chooses how their receiver treats overlaps, packets of raw IP follow.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tapir_flow::Seed;
use tapir_flow::defrag::{DefragConfig, DefragHost, DefragPolicy, Defragmenter, Outcome};
use tapir_packet::Decoder;

const POLICIES: [DefragPolicy; 7] = [
    DefragPolicy::First,
    DefragPolicy::Last,
    DefragPolicy::Bsd,
    DefragPolicy::BsdRight,
    DefragPolicy::Linux,
    DefragPolicy::Windows,
    DefragPolicy::Solaris,
];
/// What the ceilings are set to: low, so that they are reached.
const MEMCAP: u64 = 1 << 20;
const TRACKERS: usize = 8;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, input)) = input.split_first() else {
        return;
    };
    let host = DefragHost {
        policy: POLICIES[usize::from(choice) % POLICIES.len()],
        timeout: 1,
    };
    let config = DefragConfig {
        memcap: MEMCAP,
        trackers: TRACKERS,
        max_fragments: 256,
        ..DefragConfig::default()
    };
    let mut defragmenter = Defragmenter::new(config, Seed::Fixed(1));
    let mut decoder = Decoder::default();
    for frame in tapir_fuzz::packets(input) {
        for packet in &decoder.decode(&frame) {
            let inserted = defragmenter.insert(packet, |_| host);
            match inserted.outcome {
                Outcome::NotFragment => assert!(packet.fragment().is_none()),
                Outcome::Whole(datagram) => {
                    assert!(datagram.len() <= 65_535 + 40);
                    for whole in &Decoder::default().decode_ip(&datagram, packet) {
                        assert!(whole.payload().len() <= datagram.len());
                    }
                }
                Outcome::Held | Outcome::Ignored | Outcome::NoTracker => {}
            }
            assert!(defragmenter.len() <= TRACKERS);
            assert!(defragmenter.counters().memuse <= MEMCAP);
        }
        defragmenter.expire(frame.ts);
    }
    defragmenter.clear();
    assert!(defragmenter.is_empty());
    assert_eq!(defragmenter.counters().memuse, 0);
});

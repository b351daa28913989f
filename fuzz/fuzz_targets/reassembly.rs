//! A TCP session: two bytes of configuration, then packets of raw IP. All TCP segments among them are taken for
//! one session, whose client is the sender of the first.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tapir_flow::tcp::{
    Config, Engine, MemoryUse, OsPolicy, Outcome, Segment, SegmentFlags, Session, UrgentPolicy,
};
use tapir_packet::{Decoder, Direction, Timestamp};

const HOSTS: [OsPolicy; 6] = [
    OsPolicy::Linux,
    OsPolicy::First,
    OsPolicy::Last,
    OsPolicy::Bsd,
    OsPolicy::Windows,
    OsPolicy::Solaris,
];
const URGENT: [UrgentPolicy; 4] = [
    UrgentPolicy::Oob,
    UrgentPolicy::Inline,
    UrgentPolicy::Drop,
    UrgentPolicy::Gap,
];
/// A ceiling low enough to be reached.
const REASSEMBLY_MEMCAP: u64 = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((&[bits, choice], input)) = input.split_first_chunk() else {
        return;
    };
    let mut session = Followed::new(bits, choice);
    let mut decoder = Decoder::default();
    let mut client = None;
    let mut now = Timestamp::new(1_700_000_000, 0);
    for frame in tapir_fuzz::packets(input) {
        now = frame.ts;
        for packet in &decoder.decode(&frame) {
            let sender = (packet.src, packet.sport);
            let dir = match *client.get_or_insert(sender) == sender {
                true => Direction::ToServer,
                false => Direction::ToClient,
            };
            if let Some(segment) = Segment::of(packet, dir) {
                session.follow(&segment);
            }
        }
    }
    session.end(now);
});

/// A session and what is known of its streams.
struct Followed {
    engine: Engine,
    session: Option<Box<Session>>,
    outcome: Outcome,
    /// How far the application layer has read each stream.
    read: [u64; 2],
}

impl Followed {
    fn new(bits: u8, choice: u8) -> Self {
        let bit = |number: u8| bits >> number & 1 == 1;
        let config = Config {
            inline: bit(0),
            midstream: bit(1),
            async_oneside: bit(2),
            check_overlap_different_data: bit(3),
            liberal_timestamps: bit(4),
            depth: if bit(5) { 512 } else { 0 },
            toserver_chunk_size: if bit(6) { 32 } else { 2560 },
            urgent: URGENT[usize::from(choice >> 4) % URGENT.len()],
            reassembly_memcap: REASSEMBLY_MEMCAP,
            ..Config::default()
        };
        let host = HOSTS[usize::from(choice & 15) % HOSTS.len()];
        Self {
            engine: Engine::new(config, Box::new(move |_| host)),
            session: None,
            outcome: Outcome::default(),
            read: [0; 2],
        }
    }

    fn follow(&mut self, segment: &Segment<'_>) {
        if self.session.is_some() && self.engine.must_reuse(self.session.as_deref(), segment) {
            self.release();
        }
        self.engine
            .handle(&mut self.session, segment, &mut self.outcome);
        let Some(session) = self.session.as_deref_mut() else {
            return;
        };
        for dir in self.outcome.updates() {
            read_stream(session, dir, &mut self.outcome, &mut self.read[dir.index()]);
        }
        let progress = {
            let windows = self
                .engine
                .raw_windows(session, segment, &self.outcome, true);
            assert!(windows.as_slice().is_sorted_by_key(|window| window.offset));
            windows.progress()
        };
        if self.outcome.is(SegmentFlags::ESTABLISHED) {
            session.raw_done(segment.dir, progress);
        }
        self.engine.prune(session, segment.dir);
        assert!(self.engine.memory_use().reassembly <= REASSEMBLY_MEMCAP);
    }

    fn end(mut self, now: Timestamp) {
        for dir in [Direction::ToServer, Direction::ToClient] {
            let Some(session) = self.session.as_deref() else {
                return;
            };
            if session.needs_end(dir, false) {
                let last = Segment::end_of(session, dir, now);
                self.follow(&last);
            }
        }
        self.release();
        assert_eq!(
            self.engine.memory_use(),
            MemoryUse::default(),
            "all memory comes back"
        );
    }

    fn release(&mut self) {
        if let Some(session) = self.session.take() {
            self.engine.release(session);
        }
        self.read = [0; 2];
    }
}

/// The application layer reads what there is: each byte once, in order, and what is missing is told.
fn read_stream(session: &mut Session, dir: Direction, outcome: &mut Outcome, read: &mut u64) {
    let mut cursor = session.app_cursor(dir, outcome);
    while let Some(chunk) = session.app_next(&mut cursor, outcome) {
        assert!(chunk.gap == 0 || chunk.data.is_empty());
        let used = chunk.gap + chunk.data.len() as u64;
        if used > 0 {
            assert!(chunk.offset >= *read, "no byte is given twice");
            *read = chunk.offset + used;
        }
        session.app_consume(&cursor, used);
        if used > 0 {
            session.set_recognised(dir);
        }
    }
}

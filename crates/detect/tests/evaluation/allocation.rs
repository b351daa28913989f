//! A packet that matches nothing costs no memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tapir_detect::{Detector, FlowState, FlowView, PacketContext, PacketTraits};
use tapir_flow::tcp::StreamEvents;
use tapir_packet::{DecodeConfig, Decoder, Direction, Frame, LinkType, Timestamp};

use crate::lab::{Trial, compile};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all work is the system allocator's; counting touches a cell of the thread alone.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_packet_that_matches_nothing_allocates_nothing() {
    let text: String = (0..2000u32)
        .map(|sid| {
            let word = format!("word{:05}", sid * 37);
            match sid % 4 {
                0 => format!("alert tcp any any -> any any (content:\"{word}\"; sid:{};)\n", sid + 1),
                1 => format!("alert tcp any any -> any 81 (flags:S; window:{sid}; sid:{};)\n", sid + 1),
                2 => format!("alert tcp any any -> any any (content:\"{word}\"; pcre:\"/x{sid}/\"; sid:{};)\n", sid + 1),
                _ => format!("alert ip 192.0.2.{} any -> any any (sid:{};)\n", sid % 256, sid + 1),
            }
        })
        .collect();
    let (rules, _) = compile(&text, &[]);
    let trial = Trial::tcp(b"nothing of interest, though word00001 comes near").first();
    let frame = Frame {
        ts: Timestamp::new(1, 0),
        link: LinkType(1),
        data: &trial.bytes,
        wire_len: 100,
    };
    let packets = Decoder::new(DecodeConfig::default()).decode(&frame);
    let packet = packets.first().expect("a packet");
    let view = FlowView {
        id: 1,
        protocol: 6,
        start: Timestamp::new(1, 0),
        packets: [1, 0],
        bytes: [100, 0],
        stream_sizes: None,
        closing: false,
        elephant: [false; 2],
    };
    let context = PacketContext {
        number: 1,
        packet,
        payload: packet.payload(),
        direction: Some(Direction::ToServer),
        flow: Some(&view),
        traits: PacketTraits::ESTABLISHED | PacketTraits::FIRST_IN_DIRECTION,
        stream: None,
        app: None,
        stream_events: StreamEvents::NONE,
    };
    let mut detector = Detector::new(rules);
    let mut flow = FlowState::default();
    let mut alerts = Vec::new();
    // The first packet makes room for the work of all.
    detector.inspect(&context, Some((&mut flow).into()), &mut alerts);
    let before = ALLOCATIONS.with(Cell::get);
    for _ in 0..100 {
        detector.inspect(&context, Some((&mut flow).into()), &mut alerts);
    }
    assert_eq!(ALLOCATIONS.with(Cell::get), before);
    assert!(alerts.is_empty());
}

//! What a flow's parser keeps has a ceiling, however many requests stay without an answer and however long a message
//! says it is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use tapir_packet::Direction;
use tapir_protocols::{ParserSettings, Transport};

use crate::all;
use crate::dialogue::Listener;

thread_local! {
    static KEPT: Cell<isize> = const { Cell::new(0) };
}

/// Counts the bytes that a thread keeps.
struct Counting;

fn count(bytes: isize) {
    // A thread that ends has no counter any more.
    let _ = KEPT.try_with(|kept| kept.set(kept.get() + bytes));
}

#[allow(unsafe_code)]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as of this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as of this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Open transactions that an engine keeps of a flow at most.
const MOST_OPEN: usize = 1024;

/// What the parser of one flow may keep (bytes), with as many transactions open as there may be.
const CEILING: isize = 8 << 20;

/// Lets go of the oldest transactions, as an engine does.
fn release(listener: &mut Listener) {
    let mut excess = listener.state.len().saturating_sub(MOST_OPEN);
    listener.state.release(|_| {
        let goes = excess > 0;
        excess = excess.saturating_sub(1);
        goes
    });
}

/// A thousand and more requests that nobody answers.
#[test]
fn requests_without_answers() {
    for dialogue in all() {
        let settings = Arc::new(ParserSettings::default());
        let before = KEPT.get();
        let mut listener = Listener::new(dialogue.proto, dialogue.transport, &settings);
        for _ in 0..2000 {
            for (direction, said) in &dialogue.turns {
                if *direction == Direction::ToServer {
                    listener.hear(*direction, said);
                }
            }
            release(&mut listener);
        }
        let kept = KEPT.get() - before;
        assert!(kept < CEILING, "{} keeps {kept} bytes", dialogue.name);
    }
}

/// Messages that begin and never end: what is used of them is not kept for ever.
#[test]
fn messages_without_end() {
    for dialogue in all()
        .into_iter()
        .filter(|it| it.transport == Transport::Tcp)
    {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let settings = Arc::new(ParserSettings::default());
            let before = KEPT.get();
            let mut listener = Listener::new(dialogue.proto, dialogue.transport, &settings);
            for (way, said) in &dialogue.turns {
                listener.hear(*way, said);
            }
            let filler = [b'a'; 4096];
            let mut stream = 0;
            for _ in 0..4096 {
                listener.hear(direction, &filler);
                release(&mut listener);
                stream = listener.take_rest(direction).max(stream);
            }
            let kept = KEPT.get() - before;
            assert!(
                kept < CEILING,
                "{:?} keeps {kept} bytes of what comes {direction:?}, and asks for {stream}",
                dialogue.proto
            );
        }
    }
}

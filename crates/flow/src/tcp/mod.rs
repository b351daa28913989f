//! TCP sessions: handshakes, sequence numbers, acknowledgments and the streams of data they carry.
//!
//! An [`Engine`] follows the sessions of one worker. For each segment it says what was remarkable
//! ([`StreamEvents`]), what became of the session's state and which streams have something new for the application
//! layer ([`Outcome`]). Out of inline mode data counts when its receiver has acknowledged it, so a segment usually
//! brings news of the *opposite* stream.
//!
//! The way of a segment, in the worker:
//!
//! 1. [`Segment::of`] reads the packet; [`Engine::must_reuse`] says whether it opens a new session on old ports.
//! 2. [`Engine::handle`] follows it. The session is made where a segment may open one.
//! 3. For each direction in [`Outcome::updates`]: [`Session::app_cursor`], then [`Session::app_next`] and
//!    [`Session::app_consume`] until there is no more.
//! 4. [`Engine::raw_windows`] gives what of the packet's own direction is to be inspected as a stream;
//!    [`Session::raw_done`] notes how far that went. [`Session::acked_blocks`] is the data around it, for records.
//! 5. [`Engine::prune`] lets go what nobody needs.
//!
//! When the flow ends, [`Session::needs_end`] says in which directions something is left; a segment made by
//! [`Segment::end_of`] goes the same way, then [`Engine::release`] takes the memory back.
//!
//! ```
//! use std::net::{IpAddr, Ipv4Addr};
//! use tapir_flow::tcp::{Config, Engine, OsPolicy, Outcome, Segment, State};
//! use tapir_packet::{Direction, TcpFlags, TcpOptions};
//!
//! let mut engine = Engine::new(Config::default(), Box::new(|_host| OsPolicy::Linux));
//! let syn = Segment {
//!     dir: Direction::ToServer,
//!     seq: 1000,
//!     ack: 0,
//!     flags: TcpFlags::SYN,
//!     window: 65535,
//!     urgent: 0,
//!     options: TcpOptions::default(),
//!     payload: b"",
//!     secs: 0,
//!     dst: IpAddr::V4(Ipv4Addr::LOCALHOST),
//!     is_end: false,
//! };
//! let (mut session, mut outcome) = (None, Outcome::default());
//! engine.handle(&mut session, &syn, &mut outcome);
//! assert_eq!(session.map(|session| session.state()), Some(State::SynSent));
//! ```

mod ack;
mod app;
mod config;
mod engine;
mod established;
mod event;
mod fast_paths;
mod flag_names;
mod handshake;
mod memory;
mod opening;
mod outcome;
mod overlap;
mod paws;
mod prune;
mod raw;
mod reassembly;
mod reassembly_buffer;
mod reuse;
mod rst;
mod sack;
mod segment;
mod segment_list;
mod seq;
mod session;
mod shutdown;
mod syn_queue;
#[cfg(test)]
mod tests;

pub use app::{AppChunk, AppCursor};
pub use config::{Config, OsPolicy, UrgentPolicy};
pub use engine::{Counters, Engine, HostPolicy};
pub use event::{StreamEvent, StreamEvents};
pub use memory::MemoryUse;
pub use outcome::{DropReason, Exception, Outcome, SegmentFlags};
pub use raw::{RawWindow, RawWindows};
pub use segment::Segment;
pub use session::{Session, State, Stream};

/// The largest window scale (RFC 7323, 2.3), and what is assumed where the handshake was not seen.
const MAX_WINDOW_SCALE: u8 = 14;

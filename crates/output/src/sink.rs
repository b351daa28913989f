//! What every output can do.

use std::path::Path;

use tapir_packet::{LinkType, Timestamp};

use crate::channel::Channel;
use crate::event::Event;

/// An output.
pub trait Sink: Send {
    /// Takes an event; what it has no use for it ignores.
    fn emit(&mut self, event: &Event);

    /// Takes a captured packet, of which only packet logs make use.
    fn packet(&mut self, _ts: Timestamp, _link: LinkType, _data: &[u8], _wire_len: u32) {}

    /// The packet log's present file.
    fn capture_file(&self) -> Option<&Path> {
        None
    }

    /// The channel that time, flushing and reopening concern; `None` when it has none.
    fn channel(&mut self) -> Option<&mut Channel>;

    /// Time has passed.
    fn tick(&mut self, now: Timestamp) {
        if let Some(channel) = self.channel() {
            channel.tick(now);
        }
    }

    /// Writes out what is buffered.
    fn flush(&mut self, now: Timestamp) {
        if let Some(channel) = self.channel() {
            channel.flush_at(now);
        }
    }

    /// Opens files again under their names.
    fn reopen(&mut self, now: Timestamp) {
        if let Some(channel) = self.channel() {
            channel.reopen(now);
        }
    }

    /// Records that could not be delivered so far.
    fn lost(&mut self) -> u64 {
        self.channel().map_or(0, |channel| channel.lost())
    }
}

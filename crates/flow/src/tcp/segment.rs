//! A TCP segment as the engine reads it.

use std::net::{IpAddr, Ipv4Addr};

use tapir_packet::{Direction, Packet, TcpFlags, TcpOptions, Timestamp};

use super::Session;

/// A TCP segment: what a packet says, and which way it goes.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The way it goes.
    pub dir: Direction,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number, whether its flag is set or not.
    pub ack: u32,
    /// Flags.
    pub flags: TcpFlags,
    /// Window, not scaled.
    pub window: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// Options.
    pub options: TcpOptions<'a>,
    /// Data.
    pub payload: &'a [u8],
    /// Second of its capture.
    pub secs: u32,
    /// Its receiver.
    pub dst: IpAddr,
    /// Not captured, but made up to have the rest of a stream inspected.
    pub is_end: bool,
}

impl<'a> Segment<'a> {
    /// The segment that a packet carries; nothing when it carries none.
    #[inline]
    #[must_use]
    pub fn of(packet: &Packet<'a>, dir: Direction) -> Option<Segment<'a>> {
        let tcp = packet.tcp()?;
        Some(Segment {
            dir,
            seq: tcp.seq(),
            ack: tcp.ack(),
            flags: tcp.flags(),
            window: tcp.window(),
            urgent: tcp.urgent_pointer(),
            options: tcp.options(),
            payload: packet.payload(),
            secs: packet.ts.secs() as u32,
            dst: packet.dst,
            is_end: false,
        })
    }

    /// The segment that closes a session: it has the rest of the stream in its direction inspected, acknowledged or
    /// not.
    #[must_use]
    pub fn end_of(session: &Session, dir: Direction, now: Timestamp) -> Segment<'static> {
        Segment {
            dir,
            seq: session.stream(dir).next_seq(),
            ack: session.stream(dir.reverse()).last_ack(),
            flags: TcpFlags::ACK,
            window: 10,
            urgent: 0,
            options: TcpOptions::default(),
            payload: &[],
            secs: now.secs() as u32,
            dst: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            is_end: true,
        }
    }

    /// Length of the data.
    #[inline]
    #[must_use]
    pub fn len(&self) -> u32 {
        self.payload.len() as u32
    }

    /// Whether it carries no data.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    /// The sequence number behind its data.
    #[inline]
    #[must_use]
    pub fn right_edge(&self) -> u32 {
        self.seq.wrapping_add(self.len())
    }

    /// Whether all of some flags are set.
    #[inline]
    #[must_use]
    pub fn has(&self, flags: TcpFlags) -> bool {
        self.flags.contains(flags)
    }

    /// Whether it goes to the server.
    #[inline]
    #[must_use]
    pub fn is_to_server(&self) -> bool {
        self.dir == Direction::ToServer
    }

    /// The timestamp option's value and echo.
    #[inline]
    pub(crate) fn timestamps(&self) -> Option<(u32, u32)> {
        self.options.timestamps
    }

    /// The window scale option, within its limits.
    #[inline]
    pub(crate) fn window_scale(&self) -> Option<u8> {
        self.options.window_scale.map(|shift| {
            if shift <= super::MAX_WINDOW_SCALE {
                shift
            } else {
                0
            }
        })
    }

    /// The window, scaled by a shift of at most 14.
    #[inline]
    pub(crate) fn scaled_window(&self, shift: u8) -> u32 {
        u32::from(self.window) << shift.min(super::MAX_WINDOW_SCALE)
    }
}

//! TCP (RFC 9293).

use bitflags::bitflags;
use etherparse::TcpHeaderSlice;

use crate::DecodeEvent;
use crate::decoder::Walk;
use crate::layer::Layer;
use crate::packet::{Packet, Transport, ip_proto};
use crate::tcp_options::{self, TcpOptions};

const MIN_HEADER_LEN: usize = 20;

bitflags! {
    /// The flags of a TCP segment, as they lie in the header's flag byte.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TcpFlags: u8 {
        /// No more data from the sender.
        const FIN = 0x01;
        /// Synchronise sequence numbers.
        const SYN = 0x02;
        /// Reset the connection.
        const RST = 0x04;
        /// Push.
        const PSH = 0x08;
        /// The acknowledgment number counts.
        const ACK = 0x10;
        /// The urgent pointer counts.
        const URG = 0x20;
        /// Congestion was experienced.
        const ECE = 0x40;
        /// Congestion window reduced.
        const CWR = 0x80;
    }
}

/// A TCP header with its options.
#[derive(Clone, Debug)]
pub struct Tcp<'a>(TcpHeaderSlice<'a>);

impl<'a> Tcp<'a> {
    #[inline]
    pub(crate) fn at(bytes: &'a [u8]) -> Option<Self> {
        TcpHeaderSlice::from_slice(bytes).ok().map(Tcp)
    }

    /// The bytes of the header, options included.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.0.slice()
    }

    /// Source port.
    #[must_use]
    pub fn sport(&self) -> u16 {
        self.0.source_port()
    }

    /// Destination port.
    #[must_use]
    pub fn dport(&self) -> u16 {
        self.0.destination_port()
    }

    /// Sequence number.
    #[inline]
    #[must_use]
    pub fn seq(&self) -> u32 {
        self.0.sequence_number()
    }

    /// Acknowledgment number.
    #[inline]
    #[must_use]
    pub fn ack(&self) -> u32 {
        self.0.acknowledgment_number()
    }

    /// The flags.
    #[inline]
    #[must_use]
    pub fn flags(&self) -> TcpFlags {
        TcpFlags::from_bits_retain(self.bytes()[13])
    }

    /// The four bits between data offset and flags, among them NS.
    #[must_use]
    pub fn reserved(&self) -> u8 {
        self.bytes()[12] & 0x0f
    }

    /// Window, not scaled.
    #[inline]
    #[must_use]
    pub fn window(&self) -> u16 {
        self.0.window_size()
    }

    /// Checksum, as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        self.0.checksum()
    }

    /// Urgent pointer, whether it counts or not.
    #[must_use]
    pub fn urgent_pointer(&self) -> u16 {
        self.0.urgent_pointer()
    }

    /// The bytes of the options.
    #[inline]
    #[must_use]
    pub fn option_bytes(&self) -> &'a [u8] {
        self.bytes().get(MIN_HEADER_LEN..).unwrap_or_default()
    }

    /// The options, as far as they are well formed.
    #[inline]
    #[must_use]
    pub fn options(&self) -> TcpOptions<'a> {
        tcp_options::parse(self.option_bytes()).options
    }
}

/// Decodes a TCP segment.
#[inline]
pub(crate) fn decode<'a>(walk: &mut Walk<'_, 'a>, packet: &mut Packet<'a>, layer: Layer<'a>) {
    walk.counters.tcp += 1;
    let Some(fixed) = layer.first::<MIN_HEADER_LEN>() else {
        return packet.invalidate(DecodeEvent::TcpPktTooSmall);
    };
    let header_len = usize::from(fixed[12] >> 4) * 4;
    if header_len > layer.len() {
        return packet.invalidate(DecodeEvent::TcpHlenTooSmall);
    }
    if header_len < MIN_HEADER_LEN {
        return packet.invalidate(DecodeEvent::TcpInvalidOptlen);
    }
    if header_len > MIN_HEADER_LEN {
        let options = layer.take(header_len).skip(MIN_HEADER_LEN).bytes;
        if !tcp_options::are_just_timestamps(options) {
            check_options(packet, options);
        }
    }
    packet.sport = u16::from_be_bytes([fixed[0], fixed[1]]);
    packet.dport = u16::from_be_bytes([fixed[2], fixed[3]]);
    packet.proto = ip_proto::TCP;
    packet.set_transport(Transport::Tcp, layer, header_len);
    count(walk, TcpFlags::from_bits_retain(fixed[13]));
    packet.set_wants_flow();
}

#[inline]
fn count(walk: &mut Walk<'_, '_>, flags: TcpFlags) {
    if flags.intersects(TcpFlags::SYN | TcpFlags::RST) {
        if flags.contains(TcpFlags::SYN | TcpFlags::ACK) {
            walk.counters.tcp_synack += 1;
        } else if flags.contains(TcpFlags::SYN) {
            walk.counters.tcp_syn += 1;
        }
        if flags.contains(TcpFlags::RST) {
            walk.counters.tcp_rst += 1;
        }
    }
}

fn check_options(packet: &mut Packet<'_>, options: &[u8]) {
    let faults = tcp_options::parse(options).faults;
    if faults.is_cut {
        packet.invalidate(DecodeEvent::TcpOptInvalidLen);
    }
    if faults.has_wrong_len {
        packet.note(DecodeEvent::TcpOptInvalidLen);
    }
    if faults.is_repeated {
        packet.note(DecodeEvent::TcpOptDuplicate);
    }
}

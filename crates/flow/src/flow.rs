//! One flow: its two ends, its state and what has been counted.

use std::net::IpAddr;

use bitflags::bitflags;
use tapir_packet::{Direction, Packet, Timestamp};

use crate::config::RateTracking;
use crate::key::{self, FlowKey};
use crate::rate::RateWindow;
use crate::{community_id, tcp};

/// How far a flow has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowState {
    /// One side seen, or a TCP session that is not established.
    New,
    /// Both sides seen.
    Established,
    /// A TCP session that ended.
    Closed,
    /// Not inspected any more, by our own decision.
    LocalBypassed,
    /// Not inspected any more; the capture method drops its packets.
    CaptureBypassed,
}

impl FlowState {
    /// The name in a flow record.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Established => "established",
            Self::Closed => "closed",
            Self::LocalBypassed | Self::CaptureBypassed => "bypassed",
        }
    }

    /// Whether the flow is not inspected any more.
    pub fn is_bypassed(self) -> bool {
        matches!(self, Self::LocalBypassed | Self::CaptureBypassed)
    }
}

/// Why a flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// It was silent for too long.
    Timeout,
    /// Memory was needed for a new flow.
    Forced,
    /// The engine stops.
    Shutdown,
    /// A new TCP session began on the same ports.
    TcpReuse,
}

impl EndReason {
    /// The name in a flow record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Forced => "forced",
            Self::Shutdown => "shutdown",
            Self::TcpReuse => "tcp_reuse",
        }
    }
}

bitflags! {
    /// What has happened to a flow.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct FlowFlags: u32 {
        /// A packet went to the server.
        const TO_SERVER_SEEN = 1 << 0;
        /// A packet went to the client.
        const TO_CLIENT_SEEN = 1 << 1;
        /// Client and server have changed places since the first packet.
        const REVERSED = 1 << 2;
        /// Packets are not inspected.
        const NO_PACKET_INSPECTION = 1 << 3;
        /// Payloads are not inspected.
        const NO_PAYLOAD_INSPECTION = 1 << 4;
        /// The flow has raised an alert.
        const HAS_ALERTS = 1 << 5;
        /// Every packet of the flow is dropped.
        const ACTION_DROP = 1 << 6;
        /// A `pass` applies to the whole flow.
        const ACTION_PASS = 1 << 7;
        /// Rules that look at addresses alone have been tried on the way to the server.
        const TO_SERVER_IPONLY_DONE = 1 << 8;
        /// Rules that look at addresses alone have been tried on the way to the client.
        const TO_CLIENT_IPONLY_DONE = 1 << 9;
        /// Much data goes to the server.
        const ELEPHANT_TO_SERVER = 1 << 10;
        /// Much data goes to the client.
        const ELEPHANT_TO_CLIENT = 1 << 11;
        /// The flow ended, or lived, while the table was in emergency mode.
        const EMERGENCY = 1 << 12;
        /// The flow began as the reuse of another's ports.
        const TCP_REUSE = 1 << 13;
        /// Inspection of this flow failed and was given up.
        const SET_ASIDE = 1 << 14;
    }
}

/// What went one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectionCounts {
    /// Packets.
    pub packets: u64,
    /// Captured bytes, link layer included.
    pub bytes: u64,
}

/// The lowest and highest time to live seen one way; both 0 before the first packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TtlRange {
    /// Lowest.
    pub min: u8,
    /// Highest.
    pub max: u8,
}

impl TtlRange {
    fn see(&mut self, ttl: u8) {
        self.min = if self.min == 0 {
            ttl
        } else {
            self.min.min(ttl)
        };
        self.max = self.max.max(ttl);
    }
}

/// A conversation between a client and a server.
///
/// The client is the sender of the first packet, until [`swap`](Flow::swap) says otherwise. `A` is what the layers
/// above attach.
///
/// The order of the fields is that of their use: what each packet reads and writes lies together at the beginning.
#[derive(Debug)]
#[repr(C)]
pub struct Flow<A> {
    pub(crate) key: FlowKey,
    pub(crate) hash: u64,
    last: Timestamp,
    counts: [DirectionCounts; 2],
    /// The TCP session, once a packet has opened one.
    pub tcp: Option<Box<tcp::Session>>,
    flags: FlowFlags,
    /// The second after which the table looks at the flow again.
    pub(crate) filed: u32,
    ports: [u16; 2],
    ttl: [TtlRange; 2],
    state: FlowState,
    /// State changed since the flow was last filed.
    pub(crate) unsettled: bool,
    version: u8,
    vlan_count: u8,
    /// What the layers above remember of the flow.
    pub attachment: A,
    ends: [u128; 2],
    start: Timestamp,
    first_packet: u64,
    rate: Option<Box<RateWindow>>,
    /// Type and code of the first ICMP message each way.
    icmp: [(u8, u8); 2],
    vlans: [u16; 3],
}

/// 51 bits: more does not survive every JSON reader.
const ID_MASK: u64 = (1 << 51) - 1;

const CLIENT: usize = 0;
const SERVER: usize = 1;

impl<A: Default> Flow<A> {
    /// The flow that begins with a packet, the `number`-th of the input.
    pub(crate) fn begin(key: FlowKey, hash: u64, packet: &Packet<'_>, number: u64) -> Self {
        let (icmp, ports) = match packet.proto {
            key::ICMP => (icmpv4_ends(packet), [0, 0]),
            key::ICMPV6 => (icmpv6_ends(packet), [0, 0]),
            key::TCP | key::UDP | key::SCTP => ([(0, 0); 2], [packet.sport, packet.dport]),
            _ => ([(0, 0); 2], [0, 0]),
        };
        Self {
            key,
            hash,
            filed: 0,
            state: FlowState::New,
            version: packet.ip_version,
            unsettled: false,
            vlan_count: packet.vlans.count(),
            flags: FlowFlags::empty(),
            last: packet.ts,
            counts: [DirectionCounts::default(); 2],
            ttl: [TtlRange::default(); 2],
            ends: [bits(packet.src), bits(packet.dst)],
            ports,
            icmp,
            vlans: packet.vlans.padded(),
            start: packet.ts,
            first_packet: number,
            rate: None,
            tcp: None,
            attachment: A::default(),
        }
    }
}

fn icmpv4_ends(packet: &Packet<'_>) -> [(u8, u8); 2] {
    packet.icmpv4().map_or([(0, 0); 2], |icmp| {
        let kind = icmp.kind();
        [
            (kind, icmp.code()),
            (key::icmpv4_counterpart(kind).unwrap_or(0), 0),
        ]
    })
}

fn icmpv6_ends(packet: &Packet<'_>) -> [(u8, u8); 2] {
    packet.icmpv6().map_or([(0, 0); 2], |icmp| {
        let kind = icmp.kind();
        [
            (kind, icmp.code()),
            (key::icmpv6_counterpart(kind).unwrap_or(0), 0),
        ]
    })
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

impl<A> Flow<A> {
    fn address(&self, end: usize) -> IpAddr {
        let bits = self.ends[end];
        match self.version {
            4 => IpAddr::V4((bits as u32).into()),
            _ => IpAddr::V6(bits.into()),
        }
    }

    /// The flow's identity, the same for both directions.
    pub fn key(&self) -> &FlowKey {
        &self.key
    }

    /// The number `flow_id` of all records of this flow: positive, below 2^51, the same in every replay.
    pub fn id(&self) -> u64 {
        let hash = (self.hash & 0xffff_ffff) << 31;
        let seconds = u64::from(seconds(self.start) & 0xffff) << 16;
        let micros = u64::from(self.start.subsec_micros() & 0xffff);
        (hash | seconds | micros) & ID_MASK
    }

    /// The Community ID of the flow, version 1: a name for it that other tools give it too.
    pub fn community_id(&self, seed: u16) -> String {
        community_id::v1(self, seed)
    }

    /// IP protocol number.
    pub fn protocol(&self) -> u8 {
        self.key.protocol()
    }

    /// 4 or 6.
    pub fn ip_version(&self) -> u8 {
        self.version
    }

    /// The client's address.
    pub fn client(&self) -> IpAddr {
        self.address(CLIENT)
    }

    /// The server's address.
    pub fn server(&self) -> IpAddr {
        self.address(SERVER)
    }

    /// The client's port; 0 where the protocol has none.
    pub fn client_port(&self) -> u16 {
        self.ports[CLIENT]
    }

    /// The server's port; 0 where the protocol has none.
    pub fn server_port(&self) -> u16 {
        self.ports[SERVER]
    }

    /// ICMP type and code of the first message.
    pub fn icmp_request(&self) -> (u8, u8) {
        self.icmp[CLIENT]
    }

    /// ICMP type and code of the answer that the first message asks for; zeros if none is known.
    pub fn icmp_response(&self) -> (u8, u8) {
        self.icmp[SERVER]
    }

    /// The security parameters index of an ESP flow.
    pub fn spi(&self) -> Option<u32> {
        let (low, high) = self.key.spi_halves();
        (self.protocol() == key::ESP).then(|| u32::from(high) << 16 | u32::from(low))
    }

    /// The VLAN identifiers of the first packet, outermost first.
    pub fn vlans(&self) -> &[u16] {
        self.vlans
            .get(..usize::from(self.vlan_count))
            .unwrap_or(&self.vlans)
    }

    /// When the first packet came.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// When the latest packet came.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    /// Whole seconds between the first packet and the latest, as in flow records.
    pub fn age(&self) -> u32 {
        seconds(self.last).saturating_sub(seconds(self.start))
    }

    /// The number of the packet that began the flow, as given to the table.
    pub fn first_packet(&self) -> u64 {
        self.first_packet
    }

    /// State.
    pub fn state(&self) -> FlowState {
        self.state
    }

    /// Changes the state; the timeout of the new state applies from now on.
    pub fn set_state(&mut self, state: FlowState) {
        if self.state != state {
            self.state = state;
            self.unsettled = true;
        }
    }

    /// What has happened so far.
    pub fn flags(&self) -> FlowFlags {
        self.flags
    }

    /// Sets flags.
    pub fn insert_flags(&mut self, flags: FlowFlags) {
        self.flags |= flags;
    }

    /// Clears flags.
    pub fn remove_flags(&mut self, flags: FlowFlags) {
        self.flags -= flags;
    }

    /// What went one way.
    pub fn counts(&self, direction: Direction) -> DirectionCounts {
        self.counts[direction.index()]
    }

    /// Times to live seen one way.
    pub fn ttl(&self, direction: Direction) -> TtlRange {
        self.ttl[direction.index()]
    }

    /// Exchanges client and server: the first packet was not the client's. The TCP session is not touched.
    pub fn swap(&mut self) {
        self.flags.toggle(FlowFlags::REVERSED);
        self.ends.swap(0, 1);
        self.ports.swap(0, 1);
        self.icmp.swap(0, 1);
        self.counts.swap(0, 1);
        self.ttl.swap(0, 1);
        if let Some(rate) = &mut self.rate {
            rate.swap();
        }
        let pairs = [
            (FlowFlags::TO_SERVER_SEEN, FlowFlags::TO_CLIENT_SEEN),
            (
                FlowFlags::TO_SERVER_IPONLY_DONE,
                FlowFlags::TO_CLIENT_IPONLY_DONE,
            ),
            (FlowFlags::ELEPHANT_TO_SERVER, FlowFlags::ELEPHANT_TO_CLIENT),
        ];
        for (one, other) in pairs {
            let (had_one, had_other) = (self.flags.contains(one), self.flags.contains(other));
            self.flags.set(one, had_other);
            self.flags.set(other, had_one);
        }
    }

    /// The direction of a packet of this flow. Protocols without ports and replies go to the server.
    pub(crate) fn direction_of(&self, packet: &Packet<'_>) -> Direction {
        let from_client = match packet.proto {
            key::TCP | key::UDP | key::SCTP if packet.sport != packet.dport => {
                packet.sport == self.client_port()
            }
            key::TCP | key::UDP | key::SCTP | key::ICMP | key::ICMPV6 => {
                bits(packet.src) == self.ends[CLIENT]
            }
            _ => true,
        };
        if from_client {
            Direction::ToServer
        } else {
            Direction::ToClient
        }
    }

    /// Counts a packet. Returns whether it is the first its way.
    pub(crate) fn count(&mut self, packet: &Packet<'_>, direction: Direction) -> bool {
        if packet.ts > self.last {
            self.last = packet.ts;
        }
        let way = direction.index();
        self.counts[way].packets += 1;
        self.counts[way].bytes += packet.data.len() as u64;
        let ttl = packet
            .ipv4()
            .map(|ip| ip.ttl())
            .or_else(|| packet.ipv6().map(|ip| ip.hop_limit()));
        if let Some(ttl) = ttl {
            self.ttl[way].see(ttl);
        }
        let seen = match direction {
            Direction::ToServer => FlowFlags::TO_SERVER_SEEN,
            Direction::ToClient => FlowFlags::TO_CLIENT_SEEN,
        };
        if self.flags.contains(seen)
            || packet
                .icmpv4()
                .is_some_and(|m| key::is_icmpv4_error(m.kind()))
        {
            return false;
        }
        self.flags |= seen;
        true
    }

    /// Whether both sides have been heard.
    pub(crate) fn both_seen(&self) -> bool {
        self.flags
            .contains(FlowFlags::TO_SERVER_SEEN | FlowFlags::TO_CLIENT_SEEN)
    }

    /// Adds a packet to the rate of its way; true when this makes the flow an elephant that way.
    pub(crate) fn weigh(&mut self, bytes: u64, direction: Direction, limit: RateTracking) -> bool {
        let flag = match direction {
            Direction::ToServer => FlowFlags::ELEPHANT_TO_SERVER,
            Direction::ToClient => FlowFlags::ELEPHANT_TO_CLIENT,
        };
        if self.flags.contains(flag) {
            return false;
        }
        let now = seconds(self.last);
        let window = self
            .rate
            .get_or_insert_with(|| Box::new(RateWindow::new(now, limit.interval)));
        let became = window.add(now, bytes, direction.index()) >= limit.bytes;
        self.flags.set(flag, became);
        became
    }

    /// Whether much data goes either way (see [`RateTracking`]).
    pub fn is_elephant(&self) -> bool {
        self.flags
            .intersects(FlowFlags::ELEPHANT_TO_SERVER | FlowFlags::ELEPHANT_TO_CLIENT)
    }
}

/// Whole seconds of a time, as the table counts them.
pub(crate) fn seconds(time: Timestamp) -> u32 {
    u32::try_from(time.secs()).unwrap_or(u32::MAX)
}

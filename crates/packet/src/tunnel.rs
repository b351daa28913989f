//! Where a packet that did not itself come from the wire came from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How a packet reached inspection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PacketSource {
    /// It was captured.
    #[default]
    Wire,
    /// GRE (and ERSPAN) carried it.
    Gre,
    /// An IPv4 packet carried it.
    Ipv4,
    /// An IPv6 packet carried it.
    Ipv6,
    /// Teredo carried it.
    Teredo,
    /// VXLAN carried it.
    Vxlan,
    /// Geneve carried it.
    Geneve,
    /// It was put together from fragments.
    Defrag,
    /// It stands for the rest of a flow that timed out.
    FlowTimeout,
    /// It stands for the stream so far, to settle what was detected before it changes protocol.
    StreamFlush,
}

impl PacketSource {
    /// The name in event records (`pkt_src`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PacketSource::Wire => "wire/pcap",
            PacketSource::Gre => "gre tunnel",
            PacketSource::Ipv4 => "ipv4 tunnel",
            PacketSource::Ipv6 => "ipv6 tunnel",
            PacketSource::Teredo => "teredo tunnel",
            PacketSource::Vxlan => "vxlan tunnel",
            PacketSource::Geneve => "geneve encapsulation",
            PacketSource::Defrag => "defrag",
            PacketSource::FlowTimeout => "stream (flow timeout)",
            PacketSource::StreamFlush => "stream (detect/log)",
        }
    }
}

/// The packet on the wire that carried a tunnelled or reassembled packet.
#[derive(Clone, Copy, Debug)]
pub struct Tunnel<'a> {
    /// Its IP header on, or nothing if it had none.
    pub(crate) ip: &'a [u8],
    /// Its source port; zero without ports.
    pub sport: u16,
    /// Its destination port; zero without ports.
    pub dport: u16,
    /// Its IP protocol.
    pub proto: u8,
}

impl Tunnel<'_> {
    /// 4, 6, or 0 if the carrying packet was not IP.
    #[must_use]
    pub fn ip_version(&self) -> u8 {
        self.ip.first().map_or(0, |byte| byte >> 4)
    }

    /// Source address of the carrying packet.
    #[must_use]
    pub fn src(&self) -> IpAddr {
        self.address(12, 8)
    }

    /// Destination address of the carrying packet.
    #[must_use]
    pub fn dst(&self) -> IpAddr {
        self.address(16, 24)
    }

    fn address(&self, v4_at: usize, v6_at: usize) -> IpAddr {
        let v4 = || Some(Ipv4Addr::from(*self.ip.get(v4_at..)?.first_chunk::<4>()?));
        let v6 = || Some(Ipv6Addr::from(*self.ip.get(v6_at..)?.first_chunk::<16>()?));
        let found = match self.ip_version() {
            6 => v6().map(IpAddr::V6),
            _ => v4().map(IpAddr::V4),
        };
        found.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

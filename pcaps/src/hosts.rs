//! Who takes part.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host with one network card and one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Address of the card.
    pub mac: [u8; 6],
    /// Address of the host.
    pub ip: IpAddr,
}

impl Host {
    const fn v4(a: u8, b: u8, c: u8, d: u8) -> Self {
        Self {
            mac: [2, 0, a, b, c, d],
            ip: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        }
    }

    const fn v6(last: u8) -> Self {
        let ip = Ipv6Addr::new(0x2001, 0xdb8, 0x10, 0, 0, 0, 0, last as u16);
        Self {
            mac: [2, 6, 0, 0, 0, last],
            ip: IpAddr::V6(ip),
        }
    }

    /// A process on this host.
    pub const fn port(self, port: u16) -> Endpoint {
        Endpoint { host: self, port }
    }
}

/// A host and a port on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// A desktop of the watched network.
pub const CLIENT: Host = Host::v4(192, 168, 10, 20);
/// A server of the watched network.
pub const SERVER: Host = Host::v4(192, 168, 10, 80);
/// The name server of the watched network.
pub const RESOLVER: Host = Host::v4(192, 168, 10, 53);
/// The router of the watched network.
pub const ROUTER: Host = Host::v4(192, 168, 10, 1);
/// A server on the Internet.
pub const OUTSIDE: Host = Host::v4(198, 51, 100, 80);
/// The far end of a tunnel.
pub const GATEWAY: Host = Host::v4(198, 51, 100, 1);
/// Someone on the Internet who means no good.
pub const ATTACKER: Host = Host::v4(203, 0, 113, 66);
/// A desktop with IPv6.
pub const CLIENT6: Host = Host::v6(0x20);
/// A server with IPv6.
pub const SERVER6: Host = Host::v6(0x80);

/// One of many hosts on the Internet, or one who says so.
pub const fn stranger(number: u8) -> Host {
    Host::v4(203, 0, 113, number)
}

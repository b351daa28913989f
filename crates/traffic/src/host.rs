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
    /// The host with this address; its card has the address in its own.
    pub const fn v4(a: u8, b: u8, c: u8, d: u8) -> Self {
        Self {
            mac: [2, 0, a, b, c, d],
            ip: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        }
    }

    /// The host with this address; its card has the end of the address in its own.
    pub const fn v6(ip: Ipv6Addr) -> Self {
        let [.., d, e, f, g] = ip.octets();
        Self {
            mac: [2, 6, d, e, f, g],
            ip: IpAddr::V6(ip),
        }
    }

    /// The host with this address.
    pub const fn at(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                Self::v4(a, b, c, d)
            }
            IpAddr::V6(ip) => Self::v6(ip),
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

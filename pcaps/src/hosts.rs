//! Who takes part.

use std::net::Ipv6Addr;

pub use tapir_traffic::{Endpoint, Host};

const fn v6(last: u16) -> Host {
    let ip = Ipv6Addr::new(0x2001, 0xdb8, 0x10, 0, 0, 0, 0, last);
    Host {
        mac: [2, 6, 0, 0, 0, last as u8],
        ..Host::v6(ip)
    }
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
pub const CLIENT6: Host = v6(0x20);
/// A server with IPv6.
pub const SERVER6: Host = v6(0x80);

/// One of many hosts on the Internet, or one who says so.
pub const fn stranger(number: u8) -> Host {
    Host::v4(203, 0, 113, number)
}

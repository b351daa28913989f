//! The packet that an ICMP error message quotes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::packet::ip_proto;

/// The addresses of a packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// 4 or 6.
    pub ip_version: u8,
    /// IP protocol of the quoted packet.
    pub proto: u8,
    /// Its source address.
    pub src: IpAddr,
    /// Its destination address.
    pub dst: IpAddr,
    /// Its source port; zero if it has none or it was cut.
    pub sport: u16,
    /// Its destination port; zero if it has none or it was cut.
    pub dport: u16,
}

impl Quote {
    /// Reads a quoted IPv4 header and the ports behind it.
    pub(crate) fn of_ipv4(bytes: &[u8]) -> Option<Self> {
        let fixed = bytes.first_chunk::<20>()?;
        let [first, .., s0, s1, s2, s3, d0, d1, d2, d3] = *fixed;
        if first >> 4 != 4 {
            return None;
        }
        let proto = fixed[9];
        let header_len = usize::from(first & 0x0f) * 4;
        let (sport, dport) = ports(proto, bytes.get(header_len.max(20)..).unwrap_or_default());
        Some(Quote {
            ip_version: 4,
            proto,
            src: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
            dst: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
            sport,
            dport,
        })
    }

    /// Reads a quoted IPv6 header and the ports behind it.
    pub(crate) fn of_ipv6(bytes: &[u8]) -> Option<Self> {
        let fixed = bytes.first_chunk::<40>()?;
        if fixed[0] >> 4 != 6 {
            return None;
        }
        let address = |at: usize| {
            let octets = fixed.get(at..)?.first_chunk::<16>()?;
            Some(IpAddr::V6(Ipv6Addr::from(*octets)))
        };
        let proto = fixed[6];
        let (sport, dport) = ports(proto, bytes.get(40..).unwrap_or_default());
        Some(Quote {
            ip_version: 6,
            proto,
            src: address(8)?,
            dst: address(24)?,
            sport,
            dport,
        })
    }
}

fn ports(proto: u8, transport: &[u8]) -> (u16, u16) {
    match (proto, transport.first_chunk::<4>()) {
        (ip_proto::TCP | ip_proto::UDP | ip_proto::SCTP, Some(&[s0, s1, d0, d1])) => {
            (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]))
        }
        _ => (0, 0),
    }
}

//! Addresses of a rule header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address expression as written, variables still by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressExpr {
    /// `any`
    Any,
    /// An address, a network or a range.
    Range(IpRange),
    /// `$NAME`, the name without the dollar.
    Var(Box<str>),
    /// `!` before another.
    Not(Box<AddressExpr>),
    /// `[a,b,...]`
    List(Vec<AddressExpr>),
}

/// A range of addresses of one family, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IpRange {
    /// IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

impl IpRange {
    /// All of IPv4.
    pub const ALL_V4: IpRange = IpRange::V4(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
    /// All of IPv6.
    pub const ALL_V6: IpRange = IpRange::V6(Ipv6Addr::UNSPECIFIED, Ipv6Addr::from_bits(u128::MAX));

    /// Whether the address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (IpRange::V4(first, last), IpAddr::V4(address)) => {
                *first <= address && address <= *last
            }
            (IpRange::V6(first, last), IpAddr::V6(address)) => {
                *first <= address && address <= *last
            }
            _ => false,
        }
    }

    /// The network of `prefix` bits around an address; `None` when the prefix is too long.
    pub fn network(address: IpAddr, prefix: u8) -> Option<IpRange> {
        match address {
            IpAddr::V4(address) if prefix <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                let first = address.to_bits() & mask;
                Some(IpRange::V4(
                    Ipv4Addr::from_bits(first),
                    Ipv4Addr::from_bits(first | !mask),
                ))
            }
            IpAddr::V6(address) if prefix <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                let first = address.to_bits() & mask;
                Some(IpRange::V6(
                    Ipv6Addr::from_bits(first),
                    Ipv6Addr::from_bits(first | !mask),
                ))
            }
            _ => None,
        }
    }
}

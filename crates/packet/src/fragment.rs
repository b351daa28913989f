//! Fragments of IP datagrams.

use etherparse::{Ipv4HeaderSlice, Ipv6FragmentHeaderSlice};

/// What reassembly needs of one fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Identification; 16 bits for IPv4, 32 for IPv6.
    pub id: u32,
    /// Where the data belongs in the datagram, in bytes.
    pub offset: u16,
    /// Whether fragments follow behind this one.
    pub more: bool,
    /// The data of this fragment.
    pub data: &'a [u8],
    /// What precedes the data of the whole datagram: the IPv4 header with options, or the IPv6
    /// header with the extension headers before the fragment header.
    pub header: &'a [u8],
    /// The protocol of the datagram's data.
    pub proto: u8,
    /// Where in [`header`](Fragment::header) the byte lies that says what follows it: it is to
    /// be `proto` in the reassembled datagram.
    pub proto_at: u16,
}

impl<'a> Fragment<'a> {
    pub(crate) fn of_ipv4(datagram: &'a [u8]) -> Option<Self> {
        let ip = Ipv4HeaderSlice::from_slice(datagram).ok()?;
        let header = ip.slice();
        Some(Fragment {
            id: u32::from(ip.identification()),
            offset: ip.fragments_offset().byte_offset(),
            more: ip.more_fragments(),
            data: datagram.get(header.len()..)?,
            header,
            proto: ip.protocol().0,
            proto_at: 9,
        })
    }

    /// `at` is where the fragment header lies in the datagram.
    pub(crate) fn of_ipv6(datagram: &'a [u8], at: u16) -> Option<Self> {
        let (header, rest) = datagram.split_at_checked(usize::from(at))?;
        let fragment = Ipv6FragmentHeaderSlice::from_slice(rest).ok()?;
        Some(Fragment {
            id: fragment.identification(),
            offset: fragment.fragment_offset().byte_offset(),
            more: fragment.more_fragments(),
            data: rest.get(fragment.slice().len()..)?,
            header,
            proto: fragment.next_header().0,
            proto_at: next_header_at(header)?,
        })
    }
}

/// Where the last next-header byte of a chain lies that ends with the chain's last byte.
fn next_header_at(chain: &[u8]) -> Option<u16> {
    const AUTHENTICATION: u8 = 51;
    let mut kind = *chain.get(6)?;
    let mut at = 6;
    let mut start = 40;
    while start < chain.len() {
        let (next, len) = (*chain.get(start)?, usize::from(*chain.get(start + 1)?));
        at = start;
        start += match kind {
            AUTHENTICATION if len == 0 => 12,
            AUTHENTICATION => (len + 2) * 4,
            _ => (len + 1) * 8,
        };
        kind = next;
    }
    u16::try_from(at).ok()
}

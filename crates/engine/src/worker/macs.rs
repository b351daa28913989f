//! The link-layer addresses that a flow's packets had.

use tapir_packet::{Direction, Packet};

/// More than this on a side are not kept.
const MOST: usize = 10;

/// The link-layer addresses of the two sides of a flow, each once and in the order seen.
#[derive(Debug, Default)]
pub(crate) struct Macs {
    pub(crate) client: Vec<[u8; 6]>,
    pub(crate) server: Vec<[u8; 6]>,
}

impl Macs {
    /// Notes the addresses of a packet that goes that way.
    pub(super) fn see(&mut self, packet: &Packet<'_>, direction: Direction) {
        let Some(ethernet) = packet.ethernet() else {
            return;
        };
        let (client, server) = match direction {
            Direction::ToServer => (ethernet.src(), ethernet.dst()),
            Direction::ToClient => (ethernet.dst(), ethernet.src()),
        };
        for (known, mac) in [(&mut self.client, client), (&mut self.server, server)] {
            if known.len() < MOST && !known.contains(&mac) {
                known.push(mac);
            }
        }
    }
}

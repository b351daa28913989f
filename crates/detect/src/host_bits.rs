//! `xbits` and `hostbits`: bits that hosts and pairs of hosts carry from flow to flow.

use std::net::IpAddr;
use std::time::Duration;

use tapir_packet::Timestamp;
use tapir_rules::tree::BitAction;

use crate::arbiter::PacketFacts;
use crate::expiring::Expiring;
use crate::names::NameId;

/// Who carries a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// The packet's source address.
    Source,
    /// The packet's destination address.
    Destination,
    /// Both addresses, each for itself.
    Both,
    /// The two addresses together, in either order.
    Pair,
}

/// A test or change of a host's bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostBit {
    pub(crate) name: NameId,
    pub(crate) carrier: Carrier,
    /// Seconds until a bit that is set is forgotten.
    pub(crate) expire: u32,
    pub(crate) action: BitAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Host(IpAddr),
    Pair(IpAddr, IpAddr),
}

/// The bits of all hosts.
#[derive(Debug)]
pub(crate) struct HostBits(Expiring<(Owner, NameId), ()>);

impl HostBits {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Expiring::new(limit))
    }

    /// Whether the test holds; a change always does.
    pub(crate) fn holds(&mut self, bit: &HostBit, packet: &PacketFacts) -> bool {
        let mut set = |owner| self.0.get(&(owner, bit.name), packet.ts).is_some();
        let is_set = match owners(bit.carrier, packet) {
            (first, Some(second)) => set(first) && set(second),
            (first, None) => set(first),
        };
        match bit.action {
            BitAction::IsSet => is_set,
            BitAction::IsNotSet => !is_set,
            _ => true,
        }
    }

    /// Makes a change.
    pub(crate) fn apply(&mut self, bit: &HostBit, packet: &PacketFacts) {
        let (first, second) = owners(bit.carrier, packet);
        for owner in std::iter::once(first).chain(second) {
            self.change(bit, (owner, bit.name), packet.ts);
        }
    }

    fn change(&mut self, bit: &HostBit, key: (Owner, NameId), now: Timestamp) {
        let until = now.after(Duration::from_secs(bit.expire.into()));
        match bit.action {
            BitAction::Set => self.0.insert(key, (), until, now),
            BitAction::Unset => {
                self.0.remove(&key, now);
            }
            BitAction::Toggle if self.0.remove(&key, now) => {}
            BitAction::Toggle => self.0.insert(key, (), until, now),
            _ => {}
        }
    }

    /// Bits that found no room.
    pub(crate) fn refused(&self) -> u64 {
        self.0.refused()
    }
}

fn owners(carrier: Carrier, packet: &PacketFacts) -> (Owner, Option<Owner>) {
    match carrier {
        Carrier::Source => (Owner::Host(packet.src), None),
        Carrier::Destination => (Owner::Host(packet.dst), None),
        Carrier::Both => (Owner::Host(packet.src), Some(Owner::Host(packet.dst))),
        Carrier::Pair => (
            Owner::Pair(packet.src.min(packet.dst), packet.src.max(packet.dst)),
            None,
        ),
    }
}

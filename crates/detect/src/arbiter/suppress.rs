//! `suppress`: matches that raise no alert because of who took part.

use tapir_rules::tree::Track;

use super::PacketFacts;
use crate::address_set::AddressSet;

/// Silences a rule for some addresses, or altogether.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// Which address is looked at; `None` silences always.
    pub(crate) by: Option<(Track, AddressSet)>,
}

impl Suppression {
    /// Whether an alert of this packet is silenced.
    pub(crate) fn covers(&self, packet: &PacketFacts) -> bool {
        match &self.by {
            None => true,
            Some((Track::BySrc, hosts)) => hosts.contains(packet.src),
            Some((Track::ByDst, hosts)) => hosts.contains(packet.dst),
            Some((_, hosts)) => hosts.contains(packet.src) || hosts.contains(packet.dst),
        }
    }
}

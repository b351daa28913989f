//! Datagrams from fragments, put together as the receiving host would (RFC 791, 815, 8200).
//!
//! Hosts disagree about fragments that overlap; a [`DefragPolicy`] says how a host resolves them. A fragment that
//! completes its datagram yields the datagram's bytes, with a corrected IP header, for decoding as a packet.
//!
//! Every limit holds whatever is sent: trackers, fragments, bytes, and the fragments of one datagram.

mod policy;
mod tracker;

use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::quality::SeedableRandomState;
use tapir_packet::{DecodeEvent, DecodeEvents, Fragment, Packet, Timestamp};

pub use policy::DefragPolicy;

use crate::deadlines::Deadlines;
use crate::flow::seconds;
use crate::key::KeyOptions;
use crate::seed::Seed;
use tracker::{Admission, Tracker};

/// How datagrams to a host are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefragHost {
    /// What becomes of overlapping fragments (`host-os-policy`).
    pub policy: DefragPolicy,
    /// Seconds without a further fragment until a datagram is given up.
    pub timeout: u32,
}

impl Default for DefragHost {
    fn default() -> Self {
        Self {
            policy: DefragPolicy::Bsd,
            timeout: 60,
        }
    }
}

/// The `defrag` section of the configuration.
#[derive(Debug, Clone)]
pub struct DefragConfig {
    /// Bytes all fragments held may take.
    pub memcap: u64,
    /// Datagrams under way at once; a further one replaces the one that would time out first.
    pub trackers: usize,
    /// Fragments held at once; further ones are ignored.
    pub max_fragments: usize,
    /// What tells datagrams apart beside addresses, protocol and identification.
    pub key: KeyOptions,
}

impl Default for DefragConfig {
    fn default() -> Self {
        Self {
            memcap: 32 << 20,
            trackers: 65535,
            max_fragments: 65535,
            key: KeyOptions::default(),
        }
    }
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is no fragment.
    NotFragment,
    /// It is kept until its datagram is whole.
    Held,
    /// It is a fragment that adds nothing, or that found no room.
    Ignored,
    /// There was no room for its datagram: the memcap policy applies.
    NoTracker,
    /// It completed a datagram: the bytes from the IP header on, for
    /// [`Decoder::decode_ip`](tapir_packet::Decoder::decode_ip).
    Whole(Vec<u8>),
}

/// What [`Defragmenter::insert`] has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inserted {
    /// What became of the packet.
    pub outcome: Outcome,
    /// What is wrong with it, to be added to the packet's events.
    pub events: DecodeEvents,
}

/// Counters under the names of the `defrag` object of a stats record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DefragCounters {
    /// `defrag.ipv4.fragments`
    pub ipv4_fragments: u64,
    /// `defrag.ipv4.reassembled`
    pub ipv4_reassembled: u64,
    /// `defrag.ipv6.fragments`
    pub ipv6_fragments: u64,
    /// `defrag.ipv6.reassembled`
    pub ipv6_reassembled: u64,
    /// `defrag.max_trackers_reached`: fragments left without a tracker.
    pub max_trackers_reached: u64,
    /// `defrag.max_frags_reached`: fragments left without room.
    pub max_fragments_reached: u64,
    /// `defrag.tracker_soft_reuse`: datagrams begun anew after a silent one of the same name.
    pub tracker_soft_reuse: u64,
    /// `defrag.tracker_hard_reuse`: datagrams given up for a new one.
    pub tracker_hard_reuse: u64,
    /// `defrag.mgr.tracker_timeout`: datagrams given up for being silent.
    pub tracker_timeout: u64,
    /// `defrag.memuse`: bytes held.
    pub memuse: u64,
}

impl DefragCounters {
    /// Adds the counters of another defragmenter.
    pub fn add(&mut self, other: &Self) {
        self.ipv4_fragments += other.ipv4_fragments;
        self.ipv4_reassembled += other.ipv4_reassembled;
        self.ipv6_fragments += other.ipv6_fragments;
        self.ipv6_reassembled += other.ipv6_reassembled;
        self.max_trackers_reached += other.max_trackers_reached;
        self.max_fragments_reached += other.max_fragments_reached;
        self.tracker_soft_reuse += other.tracker_soft_reuse;
        self.tracker_hard_reuse += other.tracker_hard_reuse;
        self.tracker_timeout += other.tracker_timeout;
        self.memuse += other.memuse;
    }
}

/// The name of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct DatagramKey {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    protocol: u8,
    recursion: u8,
    vlans: [u16; 3],
}

/// A datagram under way.
#[derive(Debug)]
struct Entry {
    key: DatagramKey,
    hash: u64,
    /// The second in which it is given up.
    deadline: u32,
    /// Where it stands in the deadlines.
    filed: u32,
    tracker: Tracker,
}

/// Puts datagrams together.
#[derive(Debug)]
pub struct Defragmenter {
    config: DefragConfig,
    hasher: SeedableRandomState,
    table: HashTable<Entry>,
    deadlines: Deadlines<DatagramKey>,
    fragments: usize,
    memory: u64,
    counters: DefragCounters,
}

/// The largest datagram, IPv4 header without options included (RFC 791).
const MAX_DATAGRAM: usize = 65535;

impl Defragmenter {
    /// A defragmenter that holds nothing.
    pub fn new(config: DefragConfig, seed: Seed) -> Self {
        Self {
            config,
            hasher: seed.state(),
            table: HashTable::new(),
            deadlines: Deadlines::default(),
            fragments: 0,
            memory: 0,
            counters: DefragCounters::default(),
        }
    }

    /// What has been counted.
    pub fn counters(&self) -> DefragCounters {
        DefragCounters {
            memuse: self.memory,
            ..self.counters
        }
    }

    /// Datagrams under way.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether no datagram is under way.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Takes a packet. `host` says how the packet's destination treats fragments.
    #[inline]
    pub fn insert(
        &mut self,
        packet: &Packet<'_>,
        host: impl FnOnce(IpAddr) -> DefragHost,
    ) -> Inserted {
        match packet.fragment() {
            None => Inserted {
                outcome: Outcome::NotFragment,
                events: DecodeEvents::EMPTY,
            },
            Some(fragment) => self.insert_fragment(packet, &fragment, host(packet.dst)),
        }
    }

    fn insert_fragment(
        &mut self,
        packet: &Packet<'_>,
        fragment: &Fragment<'_>,
        host: DefragHost,
    ) -> Inserted {
        let v4 = packet.ip_version == 4;
        let mut events = DecodeEvents::EMPTY;
        *(if v4 {
            &mut self.counters.ipv4_fragments
        } else {
            &mut self.counters.ipv6_fragments
        }) += 1;
        let header = if v4 { 20 } else { 0 };
        if header + usize::from(fragment.offset) + fragment.data.len() > MAX_DATAGRAM {
            events.set(if v4 {
                DecodeEvent::Ipv4FragPktTooLarge
            } else {
                DecodeEvent::Ipv6FragPktTooLarge
            });
            return Inserted {
                outcome: Outcome::Ignored,
                events,
            };
        }
        let key = self.key_of(packet, fragment);
        let hash = self.hasher.hash_one(key);
        let now = seconds(packet.ts);
        self.make_tracker(&key, hash, now, host);
        let room = self.fragments < self.config.max_fragments
            && self.memory + Tracker::cost(fragment) <= self.config.memcap;
        let Ok(mut found) = self.table.find_entry(hash, |entry| entry.key == key) else {
            self.counters.max_trackers_reached += 1;
            return Inserted {
                outcome: Outcome::NoTracker,
                events,
            };
        };
        let entry = found.get_mut();
        entry.deadline = now.saturating_add(host.timeout);
        let (held, memory) = (entry.tracker.len(), entry.tracker.memory());
        let admission = entry.tracker.insert(fragment, room);
        let (held_now, memory_now) = (entry.tracker.len(), entry.tracker.memory());
        let datagram =
            (admission.held && entry.tracker.is_complete()).then(|| entry.tracker.assemble(v4));
        if datagram.is_some() {
            found.remove();
            self.fragments -= held;
            self.memory -= memory;
        } else {
            self.fragments = self.fragments - held + held_now;
            self.memory = self.memory - memory + memory_now;
        }
        self.report(v4, admission, datagram, &mut events)
    }

    fn report(
        &mut self,
        v4: bool,
        admission: Admission,
        datagram: Option<Option<Vec<u8>>>,
        events: &mut DecodeEvents,
    ) -> Inserted {
        if admission.overlap {
            events.set(if v4 {
                DecodeEvent::Ipv4FragOverlap
            } else {
                DecodeEvent::Ipv6FragOverlap
            });
        }
        if admission.no_room {
            self.counters.max_fragments_reached += 1;
            events.set(if v4 {
                DecodeEvent::Ipv4FragIgnored
            } else {
                DecodeEvent::Ipv6FragIgnored
            });
        }
        let outcome = match datagram {
            Some(Some(datagram)) => {
                *(if v4 {
                    &mut self.counters.ipv4_reassembled
                } else {
                    &mut self.counters.ipv6_reassembled
                }) += 1;
                Outcome::Whole(datagram)
            }
            None if admission.held => Outcome::Held,
            _ => Outcome::Ignored,
        };
        Inserted {
            outcome,
            events: *events,
        }
    }

    fn key_of(&self, packet: &Packet<'_>, fragment: &Fragment<'_>) -> DatagramKey {
        DatagramKey {
            src: packet.src,
            dst: packet.dst,
            id: fragment.id,
            protocol: fragment.proto,
            recursion: if self.config.key.recursion {
                packet.depth
            } else {
                0
            },
            vlans: if self.config.key.vlan {
                packet.vlans.padded()
            } else {
                [0; 3]
            },
        }
    }

    /// Sees to it that the datagram has a tracker, if the limits allow one.
    fn make_tracker(&mut self, key: &DatagramKey, hash: u64, now: u32, host: DefragHost) {
        if let Some(entry) = self.table.find(hash, |entry| entry.key == *key) {
            if entry.deadline > now {
                return;
            }
            self.counters.tracker_soft_reuse += 1;
            self.remove(key, hash);
        }
        if self.table.len() >= self.config.trackers && !self.give_one_up() {
            return;
        }
        let deadline = now.saturating_add(host.timeout);
        let tracker = Tracker::new(host.policy);
        self.memory += tracker.memory();
        let entry = Entry {
            key: *key,
            hash,
            deadline,
            filed: deadline,
            tracker,
        };
        self.table.insert_unique(hash, entry, |entry| entry.hash);
        self.deadlines.file(deadline, *key);
    }

    fn remove(&mut self, key: &DatagramKey, hash: u64) {
        if let Ok(found) = self.table.find_entry(hash, |entry| entry.key == *key) {
            let (entry, _) = found.remove();
            self.fragments -= entry.tracker.len();
            self.memory -= entry.tracker.memory();
        }
    }

    /// Gives up the datagram that would time out first.
    fn give_one_up(&mut self) -> bool {
        while let Some((second, key)) = self.deadlines.earliest() {
            let hash = self.hasher.hash_one(key);
            let Some(entry) = self.table.find_mut(hash, |entry| entry.key == key) else {
                continue;
            };
            if entry.filed != second {
                continue;
            }
            if entry.deadline > second {
                entry.filed = entry.deadline;
                let deadline = entry.deadline;
                self.deadlines.file(deadline, key);
                continue;
            }
            self.counters.tracker_hard_reuse += 1;
            self.remove(&key, hash);
            return true;
        }
        false
    }

    /// Lets time pass: gives up the datagrams that have waited too long at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        let now = seconds(now);
        while let Some((second, bucket)) = self.deadlines.due(now) {
            for key in &bucket {
                let hash = self.hasher.hash_one(key);
                let Some(entry) = self.table.find_mut(hash, |entry| entry.key == *key) else {
                    continue;
                };
                if entry.filed != second {
                    continue;
                }
                if entry.deadline > second {
                    entry.filed = entry.deadline;
                    let deadline = entry.deadline;
                    self.deadlines.file(deadline, *key);
                } else {
                    self.counters.tracker_timeout += 1;
                    self.remove(key, hash);
                }
            }
            self.deadlines.recycle(bucket);
        }
    }

    /// Forgets every datagram under way.
    pub fn clear(&mut self) {
        self.table.clear();
        self.deadlines.clear();
        self.fragments = 0;
        self.memory = 0;
    }
}

#[cfg(test)]
mod tests;

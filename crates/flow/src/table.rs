//! The table: packets in, flows found, silent flows out.

use std::time::Duration;

use foldhash::quality::SeedableRandomState;
use hashbrown::HashTable;
use tapir_packet::{Direction, Packet, Timestamp};

use crate::config::FlowConfig;
use crate::counters::FlowCounters;
use crate::deadlines::Deadlines;
use crate::flow::{EndReason, Flow, FlowFlags, FlowState, seconds};
use crate::key::{self, Belonging, FlowKey};
use crate::seed::Seed;
use crate::slab::{FlowHandle, Slab};

/// A packet's place among the flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracked {
    /// The flow.
    pub flow: FlowHandle,
    /// The packet's direction within it.
    pub direction: Direction,
    /// The flow began with this packet.
    pub is_new: bool,
    /// The packet is the first of the flow in its direction.
    pub first_of_direction: bool,
    /// Both sides have been heard, or the TCP session is established.
    pub established: bool,
}

/// Why a packet has no flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untracked {
    /// It belongs to none: not IP, a fragment, a protocol without flows, an undecodable transport header.
    NoFlow,
    /// An ICMP error about a packet whose flow is not known.
    ErrorWithoutFlow,
    /// Memory is used up and no flow was quiet enough to give way: the memcap policy applies.
    Memcap,
    /// Under memory pressure flows begin with a TCP SYN only.
    Emergency,
}

/// All flows of one worker.
///
/// Lookup touches the index, then the flow itself; a packet allocates nothing unless it begins a flow. What ends a
/// flow depends on packet times alone, so it happens at the same packet in every run.
#[derive(Debug)]
pub struct FlowTable<A> {
    config: FlowConfig,
    hasher: SeedableRandomState,
    index: HashTable<Entry>,
    flows: Slab<Flow<A>>,
    deadlines: Deadlines<FlowHandle>,
    counters: FlowCounters,
    /// The flow last handed out for writing, whose deadline may have moved.
    touched: Option<FlowHandle>,
    emergency: bool,
    /// Where the search for a flow to end early goes on.
    prune_at: u32,
}

/// A flow in the index: the hash is kept here so that growing touches no flow.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    flow: FlowHandle,
}

/// Flows looked at in one search for a flow to end early.
const PRUNE_TRIES: u32 = 5;

impl<A: Default> FlowTable<A> {
    /// An empty table.
    pub fn new(config: FlowConfig, seed: Seed) -> Self {
        Self {
            config,
            hasher: seed.state(),
            index: HashTable::new(),
            flows: Slab::new(),
            deadlines: Deadlines::default(),
            counters: FlowCounters::default(),
            touched: None,
            emergency: false,
            prune_at: 0,
        }
    }

    /// Finds or begins the flow of a packet, the `number`-th of the input, and counts the packet in it.
    ///
    /// `reused` is asked, for a packet of an existing TCP flow, whether the packet opens a new session on the same
    /// ports; the old flow then ends. Flows that end on the way are given to `ended`, together with the reason.
    ///
    /// # Errors
    /// Says why a packet has no flow.
    pub fn track(
        &mut self,
        packet: &Packet<'_>,
        number: u64,
        reused: impl FnOnce(&Flow<A>, &Packet<'_>) -> bool,
        mut ended: impl FnMut(Flow<A>, EndReason),
    ) -> Result<Tracked, Untracked> {
        self.settle_touched();
        let Belonging { key, starts_flow } =
            FlowKey::of(packet, self.config.key).ok_or(Untracked::NoFlow)?;
        let hash = key.hash_with(&self.hasher);
        let mut found = self.find(&key, hash);
        let mut reuse = false;
        if let Some((handle, flow)) =
            found.and_then(|handle| Some((handle, self.flows.get(handle)?)))
        {
            let reason = if self.times_out(flow) <= packet.ts {
                self.counters.timeout += 1;
                Some(EndReason::Timeout)
            } else if starts_flow && packet.proto == key::TCP && reused(flow, packet) {
                self.counters.tcp_reuse += 1;
                reuse = true;
                Some(EndReason::TcpReuse)
            } else {
                None
            };
            if let Some(reason) = reason {
                self.end(handle, reason, &mut ended);
                found = None;
            }
        }
        let (handle, is_new) = match found {
            Some(handle) => (handle, false),
            None if !starts_flow => return Err(Untracked::ErrorWithoutFlow),
            None => (self.begin(key, hash, packet, number, &mut ended)?, true),
        };
        let tracked = self
            .count(handle, packet, is_new)
            .ok_or(Untracked::Memcap)?;
        if reuse && let Some(flow) = self.flows.get_mut(handle) {
            flow.insert_flags(FlowFlags::TCP_REUSE);
        }
        Ok(tracked)
    }

    fn find(&self, key: &FlowKey, hash: u64) -> Option<FlowHandle> {
        let same = |entry: &Entry| {
            entry.hash == hash
                && self
                    .flows
                    .get(entry.flow)
                    .is_some_and(|flow| flow.key == *key)
        };
        self.index.find(hash, same).map(|entry| entry.flow)
    }

    fn count(&mut self, handle: FlowHandle, packet: &Packet<'_>, is_new: bool) -> Option<Tracked> {
        let flow = self.flows.get_mut(handle)?;
        let direction = if is_new {
            Direction::ToServer
        } else {
            flow.direction_of(packet)
        };
        let first_of_direction = flow.count(packet, direction);
        if let Some(limit) = self.config.rate_tracking {
            let was = flow.is_elephant();
            if flow.weigh(packet.data.len() as u64, direction, limit) {
                self.counters.elephant += u64::from(!was);
                match direction {
                    Direction::ToServer => self.counters.elephant_to_server += 1,
                    Direction::ToClient => self.counters.elephant_to_client += 1,
                }
            }
        }
        let established = match flow.state() {
            FlowState::Established => true,
            FlowState::New | FlowState::Closed if flow.protocol() == key::TCP => {
                flow.state() == FlowState::Closed
            }
            FlowState::New if flow.both_seen() => {
                flow.set_state(FlowState::Established);
                true
            }
            _ => flow.both_seen(),
        };
        if flow.unsettled {
            self.settle(handle);
        }
        Some(Tracked {
            flow: handle,
            direction,
            is_new,
            first_of_direction,
            established,
        })
    }

    fn begin(
        &mut self,
        key: FlowKey,
        hash: u64,
        packet: &Packet<'_>,
        number: u64,
        ended: &mut impl FnMut(Flow<A>, EndReason),
    ) -> Result<FlowHandle, Untracked> {
        if self.emergency
            && self.config.midstream
            && packet
                .tcp()
                .is_some_and(|tcp| !opens_session(tcp.flags().bits()))
        {
            return Err(Untracked::Emergency);
        }
        if self.memory() + Self::COST > self.config.memcap {
            self.enter_emergency();
            if !self.end_a_quiet_flow(packet.ts, ended) {
                self.counters.memcap += 1;
                return Err(Untracked::Memcap);
            }
        }
        let flow = Flow::begin(key, hash, packet, number);
        let handle = self.flows.insert(flow).ok_or(Untracked::Memcap)?;
        self.index
            .insert_unique(hash, Entry { hash, flow: handle }, |entry| entry.hash);
        self.counters.created(packet.proto);
        self.settle(handle);
        Ok(handle)
    }
}

/// A SYN and nothing that contradicts it.
fn opens_session(flags: u8) -> bool {
    const FIN_SYN_RST_ACK: u8 = 0x17;
    const SYN: u8 = 0x02;
    flags & FIN_SYN_RST_ACK == SYN
}

impl<A> FlowTable<A> {
    /// The flow of a handle, while it lives.
    pub fn get(&self, handle: FlowHandle) -> Option<&Flow<A>> {
        self.flows.get(handle)
    }

    /// The flow of a handle, for changing it.
    pub fn get_mut(&mut self, handle: FlowHandle) -> Option<&mut Flow<A>> {
        if self.touched != Some(handle) {
            self.settle_touched();
            self.touched = Some(handle);
        }
        self.flows.get_mut(handle)
    }

    /// How many flows live.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether no flow lives.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the table is short of memory and ends flows sooner.
    pub fn in_emergency(&self) -> bool {
        self.emergency
    }

    /// What has been counted.
    pub fn counters(&self) -> FlowCounters {
        FlowCounters {
            active: self.len() as u64,
            memuse: self.memory(),
            ..self.counters
        }
    }

    /// Lets time pass: ends the flows whose time was up before the second of `now`, those first whose time was up in
    /// an earlier second, and of one second's the one first that began first. (A packet that comes later within that
    /// second finds its flow ended to the nanosecond, see [`track`](Self::track).)
    pub fn expire(&mut self, now: Timestamp, mut ended: impl FnMut(Flow<A>, EndReason)) {
        self.settle_touched();
        let now = seconds(now);
        while let Some((second, mut bucket)) = self.deadlines.due(now) {
            // A flow filed anew, or ended, left its old entry behind.
            bucket.retain(|handle| {
                self.flows
                    .get(*handle)
                    .is_some_and(|flow| flow.filed == second)
            });
            bucket.sort_by_key(|handle| self.flows.get(*handle).map(Flow::first_packet));
            bucket.dedup();
            for handle in bucket.iter().copied() {
                let Some(deadline) = self.flows.get(handle).map(|flow| self.deadline(flow)) else {
                    continue;
                };
                if deadline <= second {
                    self.counters.timeout += 1;
                    self.end(handle, EndReason::Timeout, &mut ended);
                } else {
                    self.file(handle, deadline);
                }
            }
            self.deadlines.recycle(bucket);
        }
    }

    /// Ends every flow, in the order in which they began, and leaves the table empty.
    pub fn drain(&mut self, mut ended: impl FnMut(Flow<A>, EndReason)) {
        self.touched = None;
        let mut handles: Vec<_> = self.flows.handles().collect();
        handles.sort_by_key(|handle| self.flows.get(*handle).map(Flow::first_packet));
        for handle in handles {
            self.end(handle, EndReason::Shutdown, &mut ended);
        }
        self.deadlines.clear();
    }

    /// When a flow has been silent for too long.
    fn times_out(&self, flow: &Flow<A>) -> Timestamp {
        let timeout = self
            .config
            .timeouts
            .seconds(flow.protocol(), flow.state(), self.emergency);
        flow.last().after(Duration::from_secs(timeout.into()))
    }

    /// The second within which a flow will have been silent for too long.
    fn deadline(&self, flow: &Flow<A>) -> u32 {
        seconds(self.times_out(flow))
    }

    fn file(&mut self, handle: FlowHandle, second: u32) {
        if let Some(flow) = self.flows.get_mut(handle) {
            flow.filed = second;
            self.deadlines.file(second, handle);
        }
    }

    fn settle_touched(&mut self) {
        if let Some(handle) = self.touched.take()
            && self.flows.get(handle).is_some_and(|flow| flow.unsettled)
        {
            self.settle(handle);
        }
    }

    /// Files a flow whose deadline may have come nearer. One that moved away is left to be found in its old place.
    fn settle(&mut self, handle: FlowHandle) {
        let Some(flow) = self.flows.get(handle) else {
            return;
        };
        let (deadline, filed) = (self.deadline(flow), flow.filed);
        if let Some(flow) = self.flows.get_mut(handle) {
            flow.unsettled = false;
        }
        if filed == 0 || deadline < filed {
            self.file(handle, deadline);
        }
    }

    fn end(
        &mut self,
        handle: FlowHandle,
        reason: EndReason,
        ended: &mut impl FnMut(Flow<A>, EndReason),
    ) {
        let Some(mut flow) = self.flows.remove(handle) else {
            return;
        };
        if let Ok(entry) = self
            .index
            .find_entry(flow.hash, |entry| entry.flow == handle)
        {
            entry.remove();
        }
        if self.emergency {
            flow.insert_flags(FlowFlags::EMERGENCY);
        }
        self.counters.ended(flow.state());
        self.leave_emergency_if_recovered();
        ended(flow, reason);
    }

    /// Bytes a flow takes: its place, and its share of an index that has just doubled.
    const COST: u64 = (Slab::<Flow<A>>::SLOT_SIZE + 2 * (size_of::<Entry>() + 1) * 8 / 7) as u64;

    fn memory(&self) -> u64 {
        self.flows.len() as u64 * Self::COST
    }

    fn enter_emergency(&mut self) {
        if self.emergency {
            return;
        }
        self.emergency = true;
        self.counters.emergency_entered += 1;
        // Deadlines come nearer for every flow. This walk is paid for by the flows that must end between two of them.
        let handles: Vec<_> = self.flows.handles().collect();
        for handle in handles {
            self.settle(handle);
        }
    }

    fn leave_emergency_if_recovered(&mut self) {
        if !self.emergency {
            return;
        }
        let percent_used = 100 - u64::from(self.config.emergency_recovery.min(100));
        if self.memory() <= self.config.memcap / 100 * percent_used {
            self.emergency = false;
            self.counters.emergency_over += 1;
        }
    }

    /// Looks at a few flows in turn and ends the first that has been quiet for a moment.
    fn end_a_quiet_flow(
        &mut self,
        now: Timestamp,
        ended: &mut impl FnMut(Flow<A>, EndReason),
    ) -> bool {
        let places = self.flows.places();
        for _ in 0..PRUNE_TRIES.min(places) {
            let place = self.prune_at % places;
            self.prune_at = place + 1;
            let Some(handle) = self.flows.handle_at(place) else {
                continue;
            };
            let Some(flow) = self.flows.at(place) else {
                continue;
            };
            self.counters.get_used_eval += 1;
            if is_lively(flow, now) {
                self.counters.get_used_eval_reject += 1;
                continue;
            }
            self.counters.get_used += 1;
            self.end(handle, EndReason::Forced, ended);
            return true;
        }
        self.counters.get_used_failed += 1;
        false
    }
}

/// Whether a flow had a packet so lately that ending it early would cut a conversation.
fn is_lively<A>(flow: &Flow<A>, now: Timestamp) -> bool {
    let silent = seconds(now).saturating_sub(seconds(flow.last()));
    match flow.state() {
        FlowState::New => silent <= 1,
        FlowState::Established => silent <= 5,
        FlowState::Closed => silent <= 3,
        FlowState::LocalBypassed | FlowState::CaptureBypassed => silent < 30,
    }
}

#[cfg(test)]
mod tests;

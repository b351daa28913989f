//! What the table has seen: the `flow` object of the statistics.

use crate::flow::FlowState;

/// Counters of one table, under the names of the `flow` object of a stats record. Those of several tables add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlowCounters {
    /// `flow.total`: flows created.
    pub total: u64,
    /// `flow.active`: flows alive.
    pub active: u64,
    /// `flow.tcp`
    pub tcp: u64,
    /// `flow.udp`
    pub udp: u64,
    /// `flow.icmpv4`
    pub icmpv4: u64,
    /// `flow.icmpv6`
    pub icmpv6: u64,
    /// `flow.tcp_reuse`: TCP flows replaced because a new session began on the same ports.
    pub tcp_reuse: u64,
    /// `flow.memcap`: packets left without a flow because memory was used up.
    pub memcap: u64,
    /// `flow.memuse`: bytes in use.
    pub memuse: u64,
    /// `flow.get_used`: flows ended early to make room.
    pub get_used: u64,
    /// `flow.get_used_eval`: flows looked at while searching one to end early.
    pub get_used_eval: u64,
    /// `flow.get_used_eval_reject`: of those, flows too lively to end.
    pub get_used_eval_reject: u64,
    /// `flow.get_used_failed`: searches without a find.
    pub get_used_failed: u64,
    /// `flow.emerg_mode_entered`
    pub emergency_entered: u64,
    /// `flow.emerg_mode_over`
    pub emergency_over: u64,
    /// `flow.elephant`: flows that became elephants.
    pub elephant: u64,
    /// `flow.elephant_toserver`
    pub elephant_to_server: u64,
    /// `flow.elephant_toclient`
    pub elephant_to_client: u64,
    /// `flow.mgr.flows_timeout`: flows ended for being silent.
    pub timeout: u64,
    /// `flow.end.state.new`
    pub end_new: u64,
    /// `flow.end.state.established`
    pub end_established: u64,
    /// `flow.end.state.closed`
    pub end_closed: u64,
    /// `flow.end.state.local_bypassed`
    pub end_local_bypassed: u64,
    /// `flow.end.state.capture_bypassed`
    pub end_capture_bypassed: u64,
}

impl FlowCounters {
    pub(crate) fn created(&mut self, protocol: u8) {
        self.total += 1;
        self.active += 1;
        match protocol {
            6 => self.tcp += 1,
            17 => self.udp += 1,
            1 => self.icmpv4 += 1,
            58 => self.icmpv6 += 1,
            _ => {}
        }
    }

    pub(crate) fn ended(&mut self, state: FlowState) {
        self.active = self.active.saturating_sub(1);
        match state {
            FlowState::New => self.end_new += 1,
            FlowState::Established => self.end_established += 1,
            FlowState::Closed => self.end_closed += 1,
            FlowState::LocalBypassed => self.end_local_bypassed += 1,
            FlowState::CaptureBypassed => self.end_capture_bypassed += 1,
        }
    }

    /// Adds the counters of another table, for the totals over all workers.
    pub fn add(&mut self, other: &Self) {
        let Self {
            total,
            active,
            tcp,
            udp,
            icmpv4,
            icmpv6,
            tcp_reuse,
            memcap,
            memuse,
            get_used,
            get_used_eval,
            get_used_eval_reject,
            get_used_failed,
            emergency_entered,
            emergency_over,
            elephant,
            elephant_to_server,
            elephant_to_client,
            timeout,
            end_new,
            end_established,
            end_closed,
            end_local_bypassed,
            end_capture_bypassed,
        } = other;
        self.total += total;
        self.active += active;
        self.tcp += tcp;
        self.udp += udp;
        self.icmpv4 += icmpv4;
        self.icmpv6 += icmpv6;
        self.tcp_reuse += tcp_reuse;
        self.memcap += memcap;
        self.memuse += memuse;
        self.get_used += get_used;
        self.get_used_eval += get_used_eval;
        self.get_used_eval_reject += get_used_eval_reject;
        self.get_used_failed += get_used_failed;
        self.emergency_entered += emergency_entered;
        self.emergency_over += emergency_over;
        self.elephant += elephant;
        self.elephant_to_server += elephant_to_server;
        self.elephant_to_client += elephant_to_client;
        self.timeout += timeout;
        self.end_new += end_new;
        self.end_established += end_established;
        self.end_closed += end_closed;
        self.end_local_bypassed += end_local_bypassed;
        self.end_capture_bypassed += end_capture_bypassed;
    }
}

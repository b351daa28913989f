//! Settings of the flow table: `flow`, `flow-timeouts` and `vlan` of the configuration.

use crate::flow::FlowState;
use crate::key::KeyOptions;

/// Seconds a flow may be silent before it ends, by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateTimeouts {
    /// Only one side has been seen, or a TCP session is not established.
    pub new: u32,
    /// Both sides have been seen.
    pub established: u32,
    /// A TCP session that ended.
    pub closed: u32,
    /// A flow that is not inspected any more.
    pub bypassed: u32,
}

impl StateTimeouts {
    /// The timeout of a state, in seconds.
    pub fn of(&self, state: FlowState) -> u32 {
        match state {
            FlowState::New => self.new,
            FlowState::Established => self.established,
            FlowState::Closed => self.closed,
            FlowState::LocalBypassed | FlowState::CaptureBypassed => self.bypassed,
        }
    }

    /// Of each pair the smaller: no state lives longer under pressure than without.
    fn at_most(&self, other: &Self) -> Self {
        Self {
            new: self.new.min(other.new),
            established: self.established.min(other.established),
            closed: self.closed.min(other.closed),
            bypassed: self.bypassed.min(other.bypassed),
        }
    }
}

/// Timeouts of one protocol: normally, and while the table is in emergency mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtocolTimeouts {
    /// In normal operation.
    pub normal: StateTimeouts,
    /// In emergency mode (`emergency-new` and so on).
    pub emergency: StateTimeouts,
}

impl ProtocolTimeouts {
    const OTHER: Self = Self {
        normal: StateTimeouts {
            new: 30,
            established: 300,
            closed: 0,
            bypassed: 100,
        },
        emergency: StateTimeouts {
            new: 10,
            established: 100,
            closed: 0,
            bypassed: 50,
        },
    };
    const TCP: Self = Self {
        normal: StateTimeouts {
            new: 30,
            established: 300,
            closed: 10,
            bypassed: 100,
        },
        emergency: StateTimeouts {
            new: 10,
            established: 100,
            closed: 5,
            bypassed: 50,
        },
    };
}

/// The `flow-timeouts` section. The default is what applies where the section is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutTable {
    /// `flow-timeouts.tcp`
    pub tcp: ProtocolTimeouts,
    /// `flow-timeouts.udp`
    pub udp: ProtocolTimeouts,
    /// `flow-timeouts.icmp`: ICMP of IPv4. ICMPv6 counts among the other protocols.
    pub icmp: ProtocolTimeouts,
    /// `flow-timeouts.default`: every other protocol.
    pub other: ProtocolTimeouts,
}

impl Default for TimeoutTable {
    fn default() -> Self {
        let other = ProtocolTimeouts::OTHER;
        Self {
            tcp: ProtocolTimeouts::TCP,
            udp: other,
            icmp: other,
            other,
        }
    }
}

impl TimeoutTable {
    /// Seconds of silence after which a flow of this IP protocol and state ends.
    pub fn seconds(&self, protocol: u8, state: FlowState, emergency: bool) -> u32 {
        let timeouts = match protocol {
            6 => &self.tcp,
            17 => &self.udp,
            1 => &self.icmp,
            _ => &self.other,
        };
        if emergency {
            timeouts.emergency.at_most(&timeouts.normal).of(state)
        } else {
            timeouts.normal.of(state)
        }
    }
}

/// `flow.rate-tracking`: from which rate on a flow counts as an elephant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateTracking {
    /// Bytes within one interval that make an elephant.
    pub bytes: u64,
    /// Length of the interval in seconds.
    pub interval: u32,
}

/// Settings of a [`FlowTable`](crate::FlowTable).
#[derive(Debug, Clone)]
pub struct FlowConfig {
    /// Bytes the table may use (`flow.memcap`); an attachment's own heap is not counted.
    pub memcap: u64,
    /// Percent of the capacity that must be free again before emergency mode ends (`flow.emergency-recovery`).
    pub emergency_recovery: u8,
    /// When silent flows end.
    pub timeouts: TimeoutTable,
    /// What tells flows apart beside addresses, ports and protocol.
    pub key: KeyOptions,
    /// In emergency mode a TCP flow begins with a SYN only: set where midstream pickup is on.
    pub midstream: bool,
    /// Whether and when a flow counts as an elephant.
    pub rate_tracking: Option<RateTracking>,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            memcap: 128 << 20,
            emergency_recovery: 30,
            timeouts: TimeoutTable::default(),
            key: KeyOptions::default(),
            midstream: false,
            rate_tracking: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergency_never_prolongs_a_life() {
        let mut table = TimeoutTable::default();
        table.udp.emergency.new = 500;
        assert_eq!(table.seconds(17, FlowState::New, false), 30);
        assert_eq!(table.seconds(17, FlowState::New, true), 30);
        assert_eq!(table.seconds(6, FlowState::Closed, true), 5);
        assert_eq!(table.seconds(58, FlowState::Established, false), 300);
    }
}

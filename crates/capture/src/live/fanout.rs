//! How the rings of an interface share its packets.

use std::ffi::c_uint;
use std::fmt;
use std::str::FromStr;

/// How the rings of a fanout group share an interface's packets, by Suricata's names of `cluster-type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FanoutMode {
    /// By a hash of the flow that is the same in both directions; fragments are put together before it
    /// (`cluster_flow`).
    #[default]
    Flow,
    /// By the processor that took the interrupt (`cluster_cpu`).
    Cpu,
    /// By the card's receive queue (`cluster_qm`): for cards that hash both directions alike.
    Queue,
    /// To the first ring that has room (`cluster_rollover`). Flows are torn apart.
    Rollover,
    /// At random (`cluster_random`). Flows are torn apart.
    Random,
}

impl FanoutMode {
    /// The value of the socket option for a group.
    pub(super) fn option(self, group: u16) -> c_uint {
        let mode = match self {
            Self::Flow => libc::PACKET_FANOUT_HASH | libc::PACKET_FANOUT_FLAG_DEFRAG,
            Self::Cpu => libc::PACKET_FANOUT_CPU,
            Self::Queue => libc::PACKET_FANOUT_QM,
            Self::Rollover => libc::PACKET_FANOUT_ROLLOVER,
            Self::Random => libc::PACKET_FANOUT_RND,
        };
        c_uint::from(group) | mode << 16
    }
}

/// A `cluster-type` that is none, or not one of Tapir's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFanoutMode(String);

impl fmt::Display for UnknownFanoutMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "cluster_ebpf" => f.write_str(
                "cluster_ebpf needs a program in the kernel, which Tapir does not load; cluster_flow and \
                 cluster_qm need none",
            ),
            name => write!(
                f,
                "unknown cluster-type {name}; it is one of cluster_flow, cluster_cpu, cluster_qm, \
                 cluster_rollover, cluster_random"
            ),
        }
    }
}

impl std::error::Error for UnknownFanoutMode {}

impl FromStr for FanoutMode {
    type Err = UnknownFanoutMode;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "cluster_flow" => Self::Flow,
            "cluster_cpu" => Self::Cpu,
            "cluster_qm" => Self::Queue,
            "cluster_rollover" => Self::Rollover,
            "cluster_random" => Self::Random,
            _ => return Err(UnknownFanoutMode(name.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_by_name() {
        assert_eq!("cluster_qm".parse(), Ok(FanoutMode::Queue));
        let refused = "cluster_ebpf".parse::<FanoutMode>().unwrap_err();
        assert!(refused.to_string().contains("does not load"));
        assert!("flow".parse::<FanoutMode>().is_err());
    }

    #[test]
    fn the_option_has_group_and_mode() {
        // linux/if_packet.h: hash is 0, queue mapping 5, the flag for defragmentation 0x8000.
        assert_eq!(FanoutMode::Flow.option(7), 0x8000_0007);
        assert_eq!(FanoutMode::Queue.option(0xffff), 0x0005_ffff);
    }
}

//! Interfaces.

#[cfg(target_os = "linux")]
mod block;
#[cfg(target_os = "linux")]
mod fanout;
mod interfaces;
mod libpcap;
#[cfg(target_os = "linux")]
mod mapping;
mod readiness;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod socket;

#[cfg(target_os = "linux")]
pub use fanout::{FanoutMode, UnknownFanoutMode};
pub use interfaces::{Interface, interfaces};
pub use libpcap::{LibpcapOptions, LibpcapSource};
#[cfg(target_os = "linux")]
pub use ring::{Ring, RingOptions, af_packet_permitted};

/// What was counted since a source was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KernelCounters {
    /// Packets that reached the socket, lost ones included.
    pub received: u64,
    /// Packets lost because they were not taken fast enough.
    pub dropped: u64,
    /// Packets lost by the interface or its driver, where that is known.
    pub interface_dropped: u64,
    /// How often the interface went down or away.
    pub interruptions: u64,
}

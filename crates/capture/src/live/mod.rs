//! Interfaces.

mod libpcap;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod socket;

pub use libpcap::{LibpcapOptions, LibpcapSource, interfaces};
#[cfg(target_os = "linux")]
pub use ring::{Ring, RingOptions, af_packet_permitted};

/// What the kernel counted since the source was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KernelCounters {
    /// Packets that reached the socket, lost ones included.
    pub received: u64,
    /// Packets lost because they were not taken fast enough.
    pub dropped: u64,
    /// Packets lost by the interface or its driver, where that is known.
    pub interface_dropped: u64,
}

//! A ring of an interface that may go away and come back.

use std::io;
use std::time::{Duration, Instant};

use tapir_packet::Frame;

use super::KernelCounters;
use super::fanout::FanoutMode;
use super::mapping::Mapping;
use super::socket::PacketSocket;
use crate::error::CaptureError;

/// How to open a ring.
#[derive(Debug, Clone)]
pub struct RingOptions {
    /// Bytes of one block; a power of two. Larger blocks cost latency, smaller ones system calls.
    pub block_size: u32,
    /// Number of blocks.
    pub blocks: u32,
    /// Whether to see packets for other hosts.
    pub promiscuous: bool,
    /// How long a block that is not full waits before it is lent, in milliseconds.
    pub block_timeout_ms: u32,
    /// Group number that the rings of one interface have in common when they share its packets.
    pub fanout_group: Option<u16>,
    /// How they share them.
    pub fanout_mode: FanoutMode,
    /// BPF expression.
    pub filter: Option<String>,
}

impl Default for RingOptions {
    fn default() -> Self {
        Self {
            block_size: 1 << 20,
            blocks: 64,
            promiscuous: true,
            block_timeout_ms: 10,
            fanout_group: None,
            fanout_mode: FanoutMode::Flow,
            filter: None,
        }
    }
}

/// Whether this process may open packet sockets.
pub fn af_packet_permitted() -> bool {
    PacketSocket::open().is_ok()
}

/// One AF_PACKET ring of an interface: frames are lent from memory that the kernel writes to.
///
/// ```no_run
/// use std::time::Duration;
/// use tapir_capture::{Ring, RingOptions};
///
/// # fn main() -> Result<(), tapir_capture::CaptureError> {
/// let mut ring = Ring::open("eth0", &RingOptions::default())?;
/// while ring.counters().received < 1000 {
///     ring.next_block(Duration::from_millis(100), |frame, _checksum_there| {
///         println!("{} bytes", frame.data.len());
///     })?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Ring {
    interface: String,
    options: RingOptions,
    state: State,
    counters: KernelCounters,
}

enum State {
    Open(Mapping),
    /// The interface is down or gone, since then.
    Away(Instant),
}

impl Ring {
    /// Opens a ring on an interface.
    ///
    /// # Errors
    /// When the interface does not exist, this process may not watch it, its packets cannot be decoded, the
    /// filter is wrong, or memory is short.
    pub fn open(interface: &str, options: &RingOptions) -> Result<Self, CaptureError> {
        Ok(Self {
            interface: interface.to_owned(),
            options: options.clone(),
            state: State::Open(Mapping::open(interface, options)?),
            counters: KernelCounters::default(),
        })
    }

    /// Lends the frames of the next block to `inspect`, without copying, and gives the block back. Waits up
    /// to `timeout` for one; says how many frames there were. A frame whose checksum the sender left to its
    /// network card comes with `false`.
    ///
    /// An interface that goes down or away is waited for and taken up again when it is back.
    ///
    /// # Errors
    /// When the socket fails for good.
    pub fn next_block(
        &mut self,
        timeout: Duration,
        inspect: impl FnMut(Frame<'_>, bool),
    ) -> Result<usize, CaptureError> {
        match &mut self.state {
            State::Open(mapping) => match mapping.next_block(timeout, inspect) {
                Ok(frames) => Ok(frames),
                Err(error) => self.lose(&error).map(|()| 0),
            },
            State::Away(since) => {
                let since = *since;
                if !self.take_up(since) {
                    std::thread::sleep(timeout);
                }
                Ok(0)
            }
        }
    }

    fn lose(&mut self, error: &io::Error) -> Result<(), CaptureError> {
        if !matches!(
            error.raw_os_error(),
            Some(libc::ENETDOWN | libc::ENODEV | libc::ENXIO)
        ) {
            return Err(CaptureError::Interface {
                interface: self.interface.clone(),
                message: error.to_string(),
            });
        }
        tracing::warn!("interface {} went down; waiting for it", self.interface);
        self.counters();
        self.counters.interruptions += 1;
        self.state = State::Away(Instant::now());
        Ok(())
    }

    /// Tries to watch the interface again; false while it is away.
    fn take_up(&mut self, since: Instant) -> bool {
        let up = PacketSocket::open().and_then(|socket| socket.is_up(&self.interface));
        if !up.unwrap_or(false) {
            return false;
        }
        match Mapping::open(&self.interface, &self.options) {
            Ok(mapping) => {
                self.state = State::Open(mapping);
                let away = since.elapsed().as_secs_f64();
                tracing::warn!("interface {} is back after {away:.0} s", self.interface);
                true
            }
            Err(error) => {
                tracing::debug!("{error}");
                false
            }
        }
    }

    /// What was counted since the ring was opened.
    pub fn counters(&mut self) -> KernelCounters {
        if let State::Open(mapping) = &self.state
            && let Ok((received, dropped)) = mapping.statistics()
        {
            self.counters.received += u64::from(received);
            self.counters.dropped += u64::from(dropped);
        }
        self.counters
    }
}

//! Live capture through libpcap.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use pcap::{Active, Capture, Error, Packet, Precision};
use tapir_packet::{LinkType, Timestamp};

use crate::batch::{Batch, Bytes, FrameMeta};
use crate::error::CaptureError;
use crate::live::{KernelCounters, readiness};

/// Linux gives nanoseconds with every packet, other systems not always.
const PRECISION: Precision = if cfg!(target_os = "linux") {
    Precision::Nano
} else {
    Precision::Micro
};

/// How to open an interface.
#[derive(Debug, Clone)]
pub struct LibpcapOptions {
    /// Bytes of each packet to take.
    pub snaplen: u32,
    /// Whether to see packets for other hosts.
    pub promiscuous: bool,
    /// Kernel buffer in bytes; the system's default without one.
    pub buffer_size: Option<u32>,
    /// How long packets may wait in the kernel, and a batch for packets, in milliseconds.
    pub timeout_ms: u32,
    /// BPF expression.
    pub filter: Option<String>,
}

impl Default for LibpcapOptions {
    fn default() -> Self {
        Self {
            snaplen: 262_144,
            promiscuous: true,
            buffer_size: None,
            timeout_ms: 100,
            filter: None,
        }
    }
}

/// An interface watched through libpcap.
pub struct LibpcapSource {
    interface: String,
    options: LibpcapOptions,
    state: State,
    link: LinkType,
    counters: KernelCounters,
    /// libpcap's own counters at the last reading: received, dropped, dropped by the interface.
    last: [u32; 3],
}

enum State {
    Open(Capture<Active>),
    /// The interface is down or gone, since then.
    Away(Instant),
}

impl LibpcapSource {
    /// Opens an interface.
    ///
    /// # Errors
    /// When it does not exist, may not be watched, has an unknown link type, or the filter is wrong.
    pub fn open(interface: &str, options: &LibpcapOptions) -> Result<Self, CaptureError> {
        let (capture, link) = open(interface, options)?;
        Ok(Self {
            interface: interface.to_owned(),
            options: options.clone(),
            state: State::Open(capture),
            link,
            counters: KernelCounters::default(),
            last: [0; 3],
        })
    }

    /// Takes what has arrived, up to `most` frames, waiting a little when there is nothing. An empty batch
    /// means that time passed and nothing came.
    ///
    /// An interface that goes down or away is waited for and taken up again when it is back.
    ///
    /// # Errors
    /// When waiting fails for good.
    pub fn next_batch(&mut self, batch: &mut Batch, most: usize) -> Result<(), CaptureError> {
        let mut arena = batch.take_arena();
        let timeout = Duration::from_millis(u64::from(self.options.timeout_ms));
        let taken = match &mut self.state {
            State::Open(capture) => take(capture, timeout, most, |packet| {
                batch.frames.push(frame(packet, self.link, arena.len()));
                arena.extend_from_slice(packet.data);
            }),
            State::Away(since) => {
                let since = *since;
                if !self.take_up(since) {
                    std::thread::sleep(timeout);
                }
                Ok(())
            }
        };
        batch.bytes = Bytes::Arena(arena);
        match taken {
            Ok(()) => Ok(()),
            Err(Failure::Interface(message)) => {
                self.lose(&message);
                Ok(())
            }
            Err(Failure::Wait(error)) => Err(CaptureError::Interface {
                interface: self.interface.clone(),
                message: error.to_string(),
            }),
        }
    }

    fn lose(&mut self, message: &str) {
        tracing::warn!("interface {}: {message}; waiting for it", self.interface);
        self.counters();
        self.counters.interruptions += 1;
        self.last = [0; 3];
        self.state = State::Away(Instant::now());
    }

    /// Tries to watch the interface again; false while it is away.
    fn take_up(&mut self, since: Instant) -> bool {
        match open(&self.interface, &self.options) {
            Ok((capture, link)) => {
                (self.state, self.link) = (State::Open(capture), link);
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

    /// What was counted since the interface was opened. libpcap's own counters have 32 bits and wrap.
    pub fn counters(&mut self) -> KernelCounters {
        if let State::Open(capture) = &mut self.state
            && let Ok(stats) = capture.stats()
        {
            let now = [stats.received, stats.dropped, stats.if_dropped];
            let [received, dropped, interface_dropped] = now;
            let [received_before, dropped_before, interface_dropped_before] = self.last;
            let grown = |now: u32, before: u32| u64::from(now.wrapping_sub(before));
            self.counters.received += grown(received, received_before);
            self.counters.dropped += grown(dropped, dropped_before);
            self.counters.interface_dropped += grown(interface_dropped, interface_dropped_before);
            self.last = now;
        }
        self.counters
    }
}

fn open(
    interface: &str,
    options: &LibpcapOptions,
) -> Result<(Capture<Active>, LinkType), CaptureError> {
    let failed = |e: Error| CaptureError::Interface {
        interface: interface.to_owned(),
        message: explain(e),
    };
    let limit = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let mut inactive = Capture::from_device(interface)
        .map_err(failed)?
        .promisc(options.promiscuous)
        .snaplen(limit(options.snaplen))
        .precision(PRECISION)
        .timeout(limit(options.timeout_ms));
    if let Some(size) = options.buffer_size {
        inactive = inactive.buffer_size(limit(size));
    }
    let mut capture = inactive
        .open()
        .and_then(Capture::setnonblock)
        .map_err(failed)?;
    // Raw IP has another number inside libpcap than in files; both are known.
    let link = LinkType(u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX));
    if !link.is_supported() {
        return Err(CaptureError::UnknownLink {
            name: interface.to_owned(),
            link: link.0,
        });
    }
    if let Some(expression) = &options.filter {
        capture
            .filter(expression, true)
            .map_err(|e| CaptureError::Filter {
                expression: expression.clone(),
                message: explain(e),
            })?;
    }
    Ok((capture, link))
}

/// Why nothing more could be taken.
enum Failure {
    Interface(String),
    Wait(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Interface(explain(error))
    }
}

/// Takes packets that have arrived, waiting for the first.
fn take(
    capture: &mut Capture<Active>,
    timeout: Duration,
    most: usize,
    mut each: impl FnMut(&Packet<'_>),
) -> Result<(), Failure> {
    let mut waited = false;
    let mut taken = 0;
    while taken < most {
        match capture.next_packet() {
            Ok(packet) => {
                each(&packet);
                taken += 1;
            }
            Err(Error::TimeoutExpired) if taken == 0 && !waited => {
                waited = true;
                readiness::wait(capture.as_fd(), timeout).map_err(Failure::Wait)?;
            }
            Err(Error::TimeoutExpired | Error::NoMorePackets) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn frame(packet: &Packet<'_>, link: LinkType, offset: usize) -> FrameMeta {
    let ts = packet.header.ts;
    let fraction = u32::try_from(ts.tv_usec).unwrap_or(0);
    let nanos = match PRECISION {
        Precision::Nano => fraction,
        Precision::Micro => fraction.saturating_mul(1000),
    };
    FrameMeta {
        len: packet.data.len() as u32,
        wire_len: packet.header.len,
        link,
        ts: Timestamp::new(u64::try_from(ts.tv_sec).unwrap_or(0), nanos),
        ..FrameMeta::at(offset)
    }
}

pub(super) fn explain(error: Error) -> String {
    match error {
        Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

//! Live capture through libpcap.

use pcap::{Active, Capture, Device, Error};
use tapir_packet::{LinkType, Timestamp};

use crate::batch::{Batch, Bytes, FrameMeta};
use crate::error::CaptureError;
use crate::live::KernelCounters;

/// How to open an interface.
#[derive(Debug, Clone)]
pub struct LibpcapOptions {
    /// Bytes of each packet to take.
    pub snaplen: u32,
    /// Whether to see packets for other hosts.
    pub promiscuous: bool,
    /// Kernel buffer in bytes; the system's default without one.
    pub buffer_size: Option<u32>,
    /// How long a batch may wait for packets, in milliseconds.
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
    capture: Capture<Active>,
    interface: String,
    link: LinkType,
    counters: KernelCounters,
    /// The kernel's own counters at the last reading: received, dropped, dropped by the interface.
    last: [u32; 3],
}

impl LibpcapSource {
    /// Opens an interface.
    ///
    /// # Errors
    /// When it does not exist, may not be watched, has an unknown link type, or the filter is wrong.
    pub fn open(interface: &str, options: &LibpcapOptions) -> Result<Self, CaptureError> {
        let failed = |e: Error| CaptureError::Interface {
            interface: interface.to_owned(),
            message: explain(e),
        };
        let limit = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let mut inactive = Capture::from_device(interface)
            .map_err(failed)?
            .promisc(options.promiscuous)
            .snaplen(limit(options.snaplen))
            .timeout(limit(options.timeout_ms));
        if let Some(size) = options.buffer_size {
            inactive = inactive.buffer_size(limit(size));
        }
        let mut capture = inactive
            .open()
            .and_then(Capture::setnonblock)
            .map_err(failed)?;
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
        let interface = interface.to_owned();
        Ok(Self {
            capture,
            interface,
            link,
            counters: KernelCounters::default(),
            last: [0; 3],
        })
    }

    /// Takes what has arrived, up to `most` frames, waiting a little when there is nothing. An empty batch
    /// means that time passed and nothing came.
    ///
    /// # Errors
    /// When the interface is gone.
    pub fn next_batch(&mut self, batch: &mut Batch, most: usize) -> Result<(), CaptureError> {
        const WAIT: std::time::Duration = std::time::Duration::from_millis(2);
        const WAITS: usize = 50;
        let mut arena = batch.take_arena();
        let mut waits = 0;
        while batch.frames.len() < most {
            match self.capture.next_packet() {
                Ok(packet) => {
                    let ts = packet.header.ts;
                    batch.frames.push(FrameMeta {
                        len: packet.data.len() as u32,
                        wire_len: packet.header.len,
                        link: self.link,
                        ts: Timestamp::new(
                            ts.tv_sec.max(0) as u64,
                            (ts.tv_usec.max(0) as u32).saturating_mul(1000),
                        ),
                        ..FrameMeta::at(arena.len())
                    });
                    arena.extend_from_slice(packet.data);
                }
                Err(Error::TimeoutExpired) if batch.frames.is_empty() && waits < WAITS => {
                    waits += 1;
                    std::thread::sleep(WAIT);
                }
                Err(Error::TimeoutExpired | Error::NoMorePackets) => break,
                Err(e) => {
                    batch.bytes = Bytes::Arena(arena);
                    return Err(CaptureError::Interface {
                        interface: self.interface.clone(),
                        message: explain(e),
                    });
                }
            }
        }
        batch.bytes = Bytes::Arena(arena);
        Ok(())
    }

    /// What the kernel counted since the interface was opened. Its own counters have 32 bits and wrap.
    pub fn counters(&mut self) -> KernelCounters {
        if let Ok(stats) = self.capture.stats() {
            let now = [stats.received, stats.dropped, stats.if_dropped];
            let grown = |i: usize| u64::from(now[i].wrapping_sub(self.last[i]));
            self.counters.received += grown(0);
            self.counters.dropped += grown(1);
            self.counters.interface_dropped += grown(2);
            self.last = now;
        }
        self.counters
    }
}

fn explain(error: Error) -> String {
    match error {
        Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

/// Names of the interfaces that can be watched.
///
/// # Errors
/// When the system does not tell.
pub fn interfaces() -> Result<Vec<String>, CaptureError> {
    Device::list()
        .map(|devices| devices.into_iter().map(|device| device.name).collect())
        .map_err(|e| CaptureError::Interface {
            interface: "any".to_owned(),
            message: explain(e),
        })
}

//! Watching interfaces until told to stop.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use tapir_capture::{
    CaptureError, KernelCounters, LibpcapOptions, LibpcapSource, Ring, RingOptions,
    af_packet_permitted,
};
use tapir_packet::Timestamp;

use crate::counters::Counters;
use crate::crew::Pick;
use crate::engine::Engine;
use crate::finding::Finding;
use crate::replay::Inspection;
use crate::rules::LoadedRules;
use crate::signals::Signals;
use crate::worker::{Origin, Worker};

/// Which interfaces to watch, and how.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The interfaces.
    pub interfaces: Vec<String>,
    /// AF_PACKET rings, or libpcap; what is permitted without a choice.
    pub rings: Option<bool>,
    /// Bytes of each packet to take.
    pub snaplen: Option<u32>,
    /// Whether to see packets for other hosts.
    pub promiscuous: bool,
    /// Capture buffer in bytes, of each ring.
    pub buffer_size: Option<u64>,
    /// BPF expression.
    pub filter: Option<String>,
    /// Stop after so many packets.
    pub count: Option<u64>,
}

/// Frames that one batch of a libpcap source holds at most.
const BATCH: usize = 512;
/// How long a source waits for packets before time is let pass.
const WAIT: Duration = Duration::from_millis(100);
/// Findings of a ring's worker that may wait to be written.
const DEPTH: usize = 64;

impl Engine {
    /// Watches interfaces until [`Signals`] say stop or a source fails. What was captured by then is inspected and
    /// written.
    ///
    /// # Errors
    /// When an interface cannot be watched.
    pub fn watch(&mut self, watch: &Watch, ready: impl FnOnce()) -> Result<(), CaptureError> {
        let rings = watch.rings.unwrap_or_else(af_packet_permitted);
        if rings {
            self.watch_rings(watch, ready)
        } else {
            self.watch_libpcap(watch, ready)
        }
    }

    /// One source, read here; batches go the way those of a replay go.
    fn watch_libpcap(&mut self, watch: &Watch, ready: impl FnOnce()) -> Result<(), CaptureError> {
        let options = LibpcapOptions {
            snaplen: watch.snaplen.unwrap_or(LibpcapOptions::default().snaplen),
            promiscuous: watch.promiscuous,
            buffer_size: watch
                .buffer_size
                .map(|size| u32::try_from(size).unwrap_or(u32::MAX)),
            filter: watch.filter.clone(),
            ..LibpcapOptions::default()
        };
        let mut sources = watch
            .interfaces
            .iter()
            .map(|interface| LibpcapSource::open(interface, &options))
            .collect::<Result<Vec<_>, _>>()?;
        self.begin(Origin {
            interface: Some(Arc::from(watch.interfaces.join(","))),
            file: None,
        });
        ready();
        let mut number = 0;
        let mut failed = None;
        while failed.is_none()
            && !self.signals().stopping()
            && watch.count.is_none_or(|most| number < most)
        {
            for source in &mut sources {
                let mut batch = self.spare_batch();
                let most = watch
                    .count
                    .map_or(BATCH, |most| (most - number).min(BATCH as u64) as usize);
                if let Err(e) = source.next_batch(&mut batch, most) {
                    failed = Some(e);
                }
                let picks: Vec<Pick> = (0..batch.len())
                    .map(|index| Pick {
                        index: index as u32,
                        number: number + index as u64 + 1,
                    })
                    .collect();
                number += picks.len() as u64;
                if picks.is_empty() {
                    self.return_batch(batch);
                    self.drain();
                } else {
                    self.inspect(batch, picks, u64::MAX, number);
                }
            }
            self.kernel = sum(sources.iter_mut().map(LibpcapSource::counters));
            self.attend_to_signals();
            self.tick_stats();
        }
        self.end(number);
        self.kernel = sum(sources.iter_mut().map(LibpcapSource::counters));
        failed.map_or(Ok(()), Err)
    }

    /// A ring for each worker, each run to completion on a thread of its own; findings come here.
    fn watch_rings(&mut self, watch: &Watch, ready: impl FnOnce()) -> Result<(), CaptureError> {
        let per_interface = self.ring_workers();
        let (outbox, findings) = bounded(DEPTH);
        let mut threads = Vec::new();
        for (i, interface) in watch.interfaces.iter().enumerate() {
            let group = (std::process::id() as u16).wrapping_add(i as u16);
            for _ in 0..per_interface {
                let options = ring_options(watch, (per_interface > 1).then_some(group));
                let ring = Ring::open(interface, &options)?;
                threads.push((ring, Arc::<str>::from(interface.as_str())));
            }
        }
        let workers = threads.len() as u64;
        let threads: Vec<RingThread> = threads
            .into_iter()
            .map(|(ring, interface)| {
                let worker = self.new_worker(workers);
                RingThread::start(
                    ring,
                    interface,
                    worker,
                    self.signals().clone(),
                    outbox.clone(),
                )
            })
            .collect::<Result<_, _>>()?;
        drop(outbox);
        ready();
        let result = self.gather(watch, &threads, &findings);
        for thread in threads {
            let (counters, kernel) = thread.join();
            self.add_counters(&counters);
            self.kernel = sum([self.kernel, kernel].into_iter());
        }
        result
    }

    fn gather(
        &mut self,
        watch: &Watch,
        threads: &[RingThread],
        findings: &Receiver<RingReport>,
    ) -> Result<(), CaptureError> {
        let mut failed = None;
        loop {
            match findings.recv_timeout(WAIT) {
                Ok(RingReport::Found {
                    findings,
                    packets,
                    bytes,
                    now,
                }) => {
                    self.write_live(findings, packets, bytes, now);
                }
                Ok(RingReport::Failed(e)) => {
                    failed = Some(e);
                    self.signals().stop();
                }
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => self.flush_live(),
                Err(crossbeam_channel::RecvTimeoutError::Disconnected) => break,
            }
            if watch.count.is_some_and(|most| self.packets() >= most) {
                self.signals().stop();
            }
            if let Some(rules) = self.attend_to_signals() {
                threads
                    .iter()
                    .for_each(|thread| drop(thread.rules.send(Arc::clone(&rules))));
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

fn ring_options(watch: &Watch, fanout_group: Option<u16>) -> RingOptions {
    let default = RingOptions::default();
    let blocks = watch.buffer_size.map_or(default.blocks, |size| {
        (size / u64::from(default.block_size)).clamp(2, 1 << 16) as u32
    });
    RingOptions {
        blocks,
        promiscuous: watch.promiscuous,
        fanout_group,
        filter: watch.filter.clone(),
        ..default
    }
}

fn sum(counters: impl Iterator<Item = KernelCounters>) -> KernelCounters {
    counters.fold(KernelCounters::default(), |sum, one| KernelCounters {
        received: sum.received + one.received,
        dropped: sum.dropped + one.dropped,
        interface_dropped: sum.interface_dropped + one.interface_dropped,
        interruptions: sum.interruptions + one.interruptions,
    })
}

/// What a ring's thread tells.
enum RingReport {
    Found {
        findings: Vec<Finding>,
        packets: u64,
        bytes: u64,
        now: Option<Timestamp>,
    },
    Failed(CaptureError),
}

/// A ring with its worker.
struct RingThread {
    handle: JoinHandle<(Counters, KernelCounters)>,
    rules: Sender<Arc<LoadedRules>>,
}

impl RingThread {
    fn start(
        ring: Ring,
        interface: Arc<str>,
        worker: Worker,
        signals: Signals,
        outbox: Sender<RingReport>,
    ) -> Result<Self, CaptureError> {
        let (rules, inbox) = unbounded();
        let name = interface.to_string();
        let mut run = RingRun {
            ring,
            worker,
            signals,
            outbox,
            rules: inbox,
        };
        let handle = std::thread::Builder::new()
            .name(format!("ring-{name}"))
            .spawn(move || run.run(interface))
            .map_err(|e| CaptureError::Interface {
                interface: name,
                message: e.to_string(),
            })?;
        Ok(Self { handle, rules })
    }

    fn join(self) -> (Counters, KernelCounters) {
        self.handle.join().unwrap_or_default()
    }
}

struct RingRun {
    ring: Ring,
    worker: Worker,
    signals: Signals,
    outbox: Sender<RingReport>,
    rules: Receiver<Arc<LoadedRules>>,
}

impl RingRun {
    fn run(&mut self, interface: Arc<str>) -> (Counters, KernelCounters) {
        self.worker.begin(Origin {
            interface: Some(interface),
            file: None,
        });
        let mut number = 0;
        while !self.signals.stopping() {
            if let Ok(rules) = self.rules.try_recv() {
                self.worker.reload(rules);
            }
            if let Err(e) = self.block(&mut number, WAIT) {
                drop(self.outbox.send(RingReport::Failed(e)));
                break;
            }
        }
        // What the kernel holds already is inspected too.
        while matches!(self.block(&mut number, Duration::ZERO), Ok(frames) if frames > 0) {}
        self.worker.end(number);
        self.report(0, 0, None);
        (self.worker.counters(), self.ring.counters())
    }

    /// Inspects the next block, then lets time pass.
    fn block(&mut self, number: &mut u64, wait: Duration) -> Result<usize, CaptureError> {
        let (worker, mut bytes, mut now) = (&mut self.worker, 0, None);
        let frames = self.ring.next_block(wait, |frame, intact| {
            *number += 1;
            bytes += frame.data.len() as u64;
            now = now.max(Some(frame.ts));
            worker.frame(&frame, *number, intact);
        })?;
        let clock = now.unwrap_or_else(|| Timestamp::from_micros(micros_of_clock()));
        worker.time_passes(clock, *number);
        self.report(frames as u64, bytes, now);
        Ok(frames)
    }

    fn report(&mut self, packets: u64, bytes: u64, now: Option<Timestamp>) {
        let findings = self.worker.take_findings();
        if packets > 0 || !findings.is_empty() {
            drop(self.outbox.send(RingReport::Found {
                findings,
                packets,
                bytes,
                now,
            }));
        }
    }
}

/// Microseconds since the epoch: on a quiet interface time is told by the clock.
fn micros_of_clock() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        })
}

//! Rings with their workers, each run to completion on a thread of its own.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use tapir_capture::{CaptureError, KernelCounters, Ring};
use tapir_detect::Recorder;
use tapir_packet::Timestamp;
use tapir_profile::Figures;

use crate::counters::Counters;
use crate::finding::Finding;
use crate::rules::LoadedRules;
use crate::signals::Signals;
use crate::worker::{Hand, Origin, TimableWorker, Worker};

/// How long a ring waits for packets before time is let pass.
const WAIT: Duration = Duration::from_millis(100);
/// Findings of workers that may wait to be written.
const DEPTH: usize = 64;

/// All rings of a run.
pub(crate) struct Rings {
    threads: Vec<RingThread>,
    findings: Receiver<RingReport>,
    /// What a ring failed with.
    pub(crate) failed: Option<CaptureError>,
}

/// What a ring's thread tells of its own accord.
pub(crate) enum RingReport {
    Found {
        findings: Vec<Finding>,
        packets: u64,
        bytes: u64,
        now: Option<Timestamp>,
    },
    Failed(CaptureError),
}

/// What a ring's thread is told.
#[derive(Clone)]
pub(crate) enum RingOrder {
    /// Other rules are in force from here on. Nothing is inspected before `Go`.
    Reload(Arc<LoadedRules>),
    /// Inspect again.
    Go,
    /// Take times, or do not any more.
    Time(bool),
    /// Tell how things are.
    Tell(Sender<RingState>),
}

/// How things are with a ring.
pub(crate) struct RingState {
    pub(crate) interface: Arc<str>,
    pub(crate) counters: Box<Counters>,
    pub(crate) kernel: KernelCounters,
    /// What was measured, if it is timed.
    pub(crate) figures: Option<Box<Figures>>,
}

impl Rings {
    /// Puts workers at rings.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(
        rings: Vec<(Ring, Arc<str>, Worker)>,
        signals: &Signals,
    ) -> Result<Self, CaptureError> {
        let (outbox, findings) = bounded(DEPTH);
        let threads = rings
            .into_iter()
            .map(|ring| RingThread::start(ring, signals.clone(), outbox.clone()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            threads,
            findings,
            failed: None,
        })
    }

    /// The next report; `Disconnected` when all threads have ended.
    pub(crate) fn next(&self, wait: Duration) -> Result<RingReport, RecvTimeoutError> {
        self.findings.recv_timeout(wait)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Gives each thread an order.
    pub(crate) fn order(&self, order: &RingOrder) {
        // A thread that has ended hears nothing any more.
        self.threads
            .iter()
            .for_each(|thread| drop(thread.orders.send(order.clone())));
    }

    /// Asks all threads how things are. Who waits for the answers has to take reports, too: a thread whose reports nobody
    /// takes answers nothing.
    pub(crate) fn ask(&self) -> Receiver<RingState> {
        let (answer, answers) = unbounded();
        self.order(&RingOrder::Tell(answer));
        answers
    }

    /// Waits for the threads to end.
    pub(crate) fn join(self) -> Vec<(Counters, KernelCounters)> {
        let threads = self.threads.into_iter();
        threads
            .map(|thread| thread.handle.join().unwrap_or_default())
            .collect()
    }
}

/// A ring with its worker.
struct RingThread {
    handle: JoinHandle<(Counters, KernelCounters)>,
    orders: Sender<RingOrder>,
}

impl RingThread {
    fn start(
        (ring, interface, worker): (Ring, Arc<str>, Worker),
        signals: Signals,
        outbox: Sender<RingReport>,
    ) -> Result<Self, CaptureError> {
        let (orders, inbox) = unbounded();
        let name = interface.to_string();
        let mut run = RingRun {
            ring,
            interface,
            worker: TimableWorker::new(worker),
            signals,
            outbox,
            orders: inbox,
            is_held: false,
        };
        let handle = std::thread::Builder::new()
            .name(format!("ring-{name}"))
            .spawn(move || run.run())
            .map_err(|e| CaptureError::Interface {
                interface: name,
                message: e.to_string(),
            })?;
        Ok(Self { handle, orders })
    }
}

/// What a block of a ring held.
#[derive(Default)]
struct Block {
    frames: usize,
    bytes: u64,
    now: Option<Timestamp>,
    findings: Vec<Finding>,
}

struct RingRun {
    ring: Ring,
    interface: Arc<str>,
    worker: TimableWorker,
    signals: Signals,
    outbox: Sender<RingReport>,
    orders: Receiver<RingOrder>,
    /// Nothing is inspected for now.
    is_held: bool,
}

impl RingRun {
    fn run(&mut self) -> (Counters, KernelCounters) {
        let origin = Origin {
            interface: Some(Arc::clone(&self.interface)),
            file: None,
        };
        self.worker.execute(crate::crew::Command::Begin(origin));
        let mut number = 0;
        while !self.signals.stopping() {
            while let Ok(order) = self.orders.try_recv() {
                self.obey(order);
            }
            if self.is_held {
                if let Ok(order) = self.orders.recv_timeout(WAIT) {
                    self.obey(order);
                }
                continue;
            }
            if let Err(e) = self.block(&mut number, WAIT) {
                drop(self.outbox.send(RingReport::Failed(e)));
                break;
            }
        }
        // What the kernel holds already is inspected too.
        while matches!(self.block(&mut number, Duration::ZERO), Ok(frames) if frames > 0) {}
        let answer = self.worker.execute(crate::crew::Command::End(number));
        self.report(Block {
            findings: answer.findings,
            ..Block::default()
        });
        (self.counters(), self.ring.counters())
    }

    fn obey(&mut self, order: RingOrder) {
        match order {
            RingOrder::Reload(rules) => {
                self.worker.reload(rules);
                self.is_held = true;
            }
            RingOrder::Go => self.is_held = false,
            RingOrder::Time(on) => self.worker.time(on),
            RingOrder::Tell(answer) => {
                let state = RingState {
                    interface: Arc::clone(&self.interface),
                    counters: Box::new(self.counters()),
                    kernel: self.ring.counters(),
                    figures: self.worker.figures(),
                };
                // Whoever asked may have gone.
                drop(answer.send(state));
            }
        }
    }

    fn counters(&mut self) -> Counters {
        let answer = self.worker.execute(crate::crew::Command::Count);
        answer.counters.map_or_else(Counters::default, |it| *it)
    }

    /// Inspects the next block, then lets time pass.
    fn block(&mut self, number: &mut u64, wait: Duration) -> Result<usize, CaptureError> {
        let block = match self.worker.hand() {
            Some(Hand::Plain(worker)) => inspect(&mut self.ring, worker, number, wait)?,
            Some(Hand::Timed(worker)) => inspect(&mut self.ring, worker, number, wait)?,
            None => Block::default(),
        };
        let frames = block.frames;
        self.report(block);
        Ok(frames)
    }

    fn report(&mut self, block: Block) {
        if block.frames > 0 || !block.findings.is_empty() {
            drop(self.outbox.send(RingReport::Found {
                findings: block.findings,
                packets: block.frames as u64,
                bytes: block.bytes,
                now: block.now,
            }));
        }
    }
}

/// Inspects the next block of a ring.
fn inspect<R: Recorder>(
    ring: &mut Ring,
    worker: &mut Worker<R>,
    number: &mut u64,
    wait: Duration,
) -> Result<Block, CaptureError> {
    let mut block = Block::default();
    block.frames = ring.next_block(wait, |frame, intact| {
        *number += 1;
        block.bytes += frame.data.len() as u64;
        block.now = block.now.max(Some(frame.ts));
        worker.frame(&frame, *number, intact);
    })?;
    let clock = block
        .now
        .unwrap_or_else(|| Timestamp::from_micros(micros_of_clock()));
    worker.time_passes(clock, *number);
    block.findings = worker.take_findings();
    Ok(block)
}

/// Microseconds since the epoch: on a quiet interface time is told by the clock.
fn micros_of_clock() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        })
}

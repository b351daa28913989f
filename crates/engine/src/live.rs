//! Watching interfaces until told to stop.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use tapir_capture::{
    CaptureError, KernelCounters, LibpcapOptions, LibpcapSource, Ring, RingOptions,
    af_packet_permitted,
};

use crate::crew::Pick;
use crate::engine::Engine;
use crate::replay::Inspection;
use crate::rings::{RingOrder, RingReport, RingState, Rings};
use crate::worker::Origin;

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
/// How long rings are waited for before what they have found is taken.
const MOMENT: Duration = Duration::from_millis(5);

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
            self.note_kernel(&watch.interfaces, &mut sources);
            self.attend(None);
            self.tick_stats(None);
        }
        self.end(number);
        self.note_kernel(&watch.interfaces, &mut sources);
        failed.map_or(Ok(()), Err)
    }

    fn note_kernel(&mut self, interfaces: &[String], sources: &mut [LibpcapSource]) {
        let counters = sources.iter_mut().map(LibpcapSource::counters);
        let names = interfaces.iter().map(|name| Arc::from(name.as_str()));
        self.interfaces = names.zip(counters).collect();
        self.kernel = sum(self.interfaces.iter().map(|(_, counters)| *counters));
    }

    /// A ring for each worker, each run to completion on a thread of its own; findings come here.
    fn watch_rings(&mut self, watch: &Watch, ready: impl FnOnce()) -> Result<(), CaptureError> {
        let per_interface = self.ring_workers();
        let mut opened = Vec::new();
        for (i, interface) in watch.interfaces.iter().enumerate() {
            let group = (std::process::id() as u16).wrapping_add(i as u16);
            let name = Arc::<str>::from(interface.as_str());
            self.interfaces
                .push((Arc::clone(&name), KernelCounters::default()));
            for _ in 0..per_interface {
                let options = ring_options(watch, (per_interface > 1).then_some(group));
                opened.push((Ring::open(interface, &options)?, Arc::clone(&name)));
            }
        }
        let share = opened.len() as u64;
        let opened = opened.into_iter();
        let manned = opened.map(|(ring, name)| (ring, name, self.new_worker(share)));
        let mut rings = Rings::start(manned.collect(), self.signals())?;
        ready();
        self.gather(watch, &mut rings);
        let failed = rings.failed.take();
        let ended = rings.join();
        self.kernel = sum(ended.iter().map(|(_, kernel)| *kernel));
        for (counters, _) in &ended {
            self.add_counters(counters);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes what rings find until all have ended.
    fn gather(&mut self, watch: &Watch, rings: &mut Rings) {
        loop {
            match rings.next(WAIT) {
                Ok(report) => self.take_report(report, &mut rings.failed),
                Err(RecvTimeoutError::Timeout) => self.flush_live(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if watch.count.is_some_and(|most| self.packets() >= most) {
                self.signals().stop();
            }
            self.attend(Some(rings));
            self.tick_stats(Some(rings));
        }
    }

    /// Takes what rings have told so far.
    pub(crate) fn take_reports(&mut self, rings: &mut Rings) {
        while let Ok(report) = rings.next(Duration::ZERO) {
            self.take_report(report, &mut rings.failed);
        }
    }

    fn take_report(&mut self, report: RingReport, failed: &mut Option<CaptureError>) {
        match report {
            RingReport::Found {
                findings,
                packets,
                bytes,
                now,
            } => self.write_live(findings, packets, bytes, now),
            RingReport::Failed(e) => {
                *failed = Some(e);
                self.signals().stop();
            }
        }
    }

    /// Gives all rings an order, and waits until they have obeyed.
    pub(crate) fn tell_rings(&mut self, rings: &mut Rings, order: &RingOrder) {
        rings.order(order);
        // Orders are obeyed in turn.
        drop(self.states(rings));
    }

    /// How things are with all rings now.
    pub(crate) fn states(&mut self, rings: &mut Rings) -> Vec<RingState> {
        let answers = rings.ask();
        let mut states = Vec::with_capacity(rings.len());
        while states.len() < rings.len() {
            match answers.recv_timeout(MOMENT) {
                Ok(state) => states.push(state),
                // All that did not answer have ended.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.take_reports(rings),
            }
        }
        for (name, counters) in &mut self.interfaces {
            let of_name = states.iter().filter(|state| state.interface == *name);
            *counters = sum(of_name.map(|state| state.kernel));
        }
        self.kernel = sum(self.interfaces.iter().map(|(_, counters)| *counters));
        states
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

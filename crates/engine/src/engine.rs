//! The engine: workers, the merge of what they find, and what happens between two batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tapir_capture::{Batch, KernelCounters};
use tapir_flow::{Dispatcher, Seed, TunnelHash};
use tapir_output::event::RuleCounts;
use tapir_output::{Body, Envelope, Event, Outputs, Summary};
use tapir_packet::{Decoder, Timestamp};

use crate::counters::Counters;
use crate::crew::{Command, Crew, Pick, Work};
use crate::finding::Finding;
use crate::merge::Merger;
use crate::replay::Inspection;
use crate::rules::LoadedRules;
use crate::settings::{ChecksumMode, Settings};
use crate::signals::Signals;
use crate::verdict_counters::verdict_counters;
use crate::worker::{Origin, Worker};
use crate::{EngineError, RuleSources};

/// The seed of every hash in a replay: the same input gives the same order.
pub(crate) const REPLAY_SEED: Seed = Seed::Fixed(0x7461_7069_7200_0001);

/// A running engine.
pub struct Engine {
    settings: Arc<Settings>,
    sources: RuleSources,
    rules: Arc<LoadedRules>,
    signals: Signals,
    crew: Crew,
    merger: Merger,
    dispatcher: Dispatcher,
    /// Batches under inspection, oldest first, with the time each brings.
    under_way: VecDeque<(Option<Arc<Batch>>, Option<Timestamp>)>,
    spare: Vec<Batch>,
    findings: Vec<Finding>,
    now: Timestamp,
    started: Instant,
    files: u64,
    packets: u64,
    bytes: u64,
    /// Counters of inputs that are over.
    counters: Counters,
    pub(crate) kernel: KernelCounters,
    last_stats: Timestamp,
    /// When the rules in force were loaded; in a replay, where only packets have a time, zero until they change.
    loaded: Timestamp,
}

impl Engine {
    /// Sets up workers and opens the outputs.
    ///
    /// # Errors
    /// When an output cannot be opened or a thread cannot be started.
    pub fn new(
        settings: Arc<Settings>,
        sources: RuleSources,
        rules: LoadedRules,
        signals: Signals,
    ) -> Result<Self, EngineError> {
        let rules = Arc::new(rules);
        let outputs = Outputs::open(&settings.outputs)?;
        let needs = Arc::new(outputs.needs().clone());
        let entangled = rules.set.is_entangled();
        if entangled && settings.workers > 1 {
            tracing::info!(
                "the rules tie flows to each other (see `entangled` in ARCHITECTURE.md): one worker is used"
            );
        }
        let count = if entangled {
            1
        } else {
            settings.workers.max(1)
        };
        let seed = if settings.live {
            Seed::Random
        } else {
            REPLAY_SEED
        };
        let share = count as u64;
        let workers = (0..count)
            .map(|_| {
                Worker::new(
                    Arc::clone(&settings),
                    Arc::clone(&rules),
                    Arc::clone(&needs),
                    seed,
                    share,
                )
            })
            .collect();
        Ok(Self {
            dispatcher: Dispatcher::new(
                if settings.live {
                    TunnelHash::Inner
                } else {
                    TunnelHash::default()
                },
                seed,
            )
            .with_decode(&settings.decode),
            crew: Crew::new(workers).map_err(EngineError::Thread)?,
            merger: Merger::new(Arc::clone(&rules), outputs, settings.prevention),
            under_way: VecDeque::new(),
            spare: Vec::new(),
            findings: Vec::new(),
            now: Timestamp::ZERO,
            started: Instant::now(),
            files: 0,
            packets: 0,
            bytes: 0,
            counters: Counters::default(),
            kernel: KernelCounters::default(),
            last_stats: Timestamp::ZERO,
            loaded: if settings.live {
                wall_clock()
            } else {
                Timestamp::ZERO
            },
            settings,
            sources,
            rules,
            signals,
        })
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Packets so far.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// How many rings to open on an interface: what one worker must see whole cannot be spread.
    pub(crate) fn ring_workers(&self) -> usize {
        self.crew.len()
    }

    /// A worker for a ring, one of `share`.
    pub(crate) fn new_worker(&self, share: u64) -> Worker {
        let needs = Arc::new(self.merger.needs().clone());
        Worker::new(
            Arc::clone(&self.settings),
            Arc::clone(&self.rules),
            needs,
            Seed::Random,
            share,
        )
    }

    /// Writes what a ring's worker found.
    pub(crate) fn write_live(
        &mut self,
        mut findings: Vec<Finding>,
        packets: u64,
        bytes: u64,
        now: Option<Timestamp>,
    ) {
        self.packets += packets;
        self.bytes += bytes;
        if let Some(now) = now {
            self.now = self.now.max(now);
        }
        self.merger.merge(&mut findings, now);
    }

    /// Nothing came for a while: what is buffered is written.
    pub(crate) fn flush_live(&mut self) {
        self.merger.outputs().flush();
    }

    /// Adds the counters of a worker that has ended.
    pub(crate) fn add_counters(&mut self, counters: &Counters) {
        self.counters.add(counters);
    }

    fn command_all(&mut self, command: impl Fn() -> Command) {
        self.make_room();
        self.crew.command(|_| command());
        self.under_way.push_back((None, None));
    }

    fn spread(
        &self,
        batch: &Arc<Batch>,
        picks: Vec<Pick>,
        unverified_from: u64,
        last: u64,
    ) -> Vec<Work> {
        let work = |picks| Work {
            batch: Arc::clone(batch),
            picks,
            unverified_from,
            last,
        };
        let workers = self.crew.len();
        if workers == 1 {
            return vec![work(picks)];
        }
        let mut shares: Vec<Vec<Pick>> = (0..workers)
            .map(|_| Vec::with_capacity(picks.len() / workers + 16))
            .collect();
        for pick in picks {
            let Some(frame) = batch.frame(pick.index as usize) else {
                continue;
            };
            let share = (self.dispatcher.peek(&frame) % workers as u64) as usize;
            shares[share].push(pick);
        }
        shares.into_iter().map(work).collect()
    }

    fn make_room(&mut self) {
        while !self.crew.has_room() {
            self.collect();
        }
    }

    /// Takes the answers to the oldest command and writes what was found.
    fn collect(&mut self) -> Option<Counters> {
        let answers = self.crew.answers();
        let (batch, time) = self.under_way.pop_front()?;
        let mut counters: Option<Counters> = None;
        for answer in answers {
            self.findings.extend(answer.findings);
            if let Some(counted) = answer.counters {
                counters.get_or_insert_default().add(&counted);
            }
        }
        if let Some(time) = time {
            self.now = self.now.max(time);
        }
        self.merger.merge(&mut self.findings, time);
        if let Some(batch) = batch.and_then(Arc::into_inner) {
            self.return_batch(batch);
        }
        counters
    }

    /// The counters of all workers now.
    fn count(&mut self) -> Counters {
        self.drain();
        self.crew.command(|_| Command::Count);
        self.under_way.push_back((None, None));
        self.collect().unwrap_or_default()
    }

    /// Does what signals have asked for: logs reopened, rules loaded anew. Gives the new rules.
    pub(crate) fn attend_to_signals(&mut self) -> Option<Arc<LoadedRules>> {
        if self.signals.take_reopen() {
            self.drain();
            self.merger.outputs().reopen();
            tracing::info!("logs reopened");
        }
        if self.signals.take_reload() {
            self.reload()
        } else {
            None
        }
    }

    /// Loads the rules anew. The old ones serve until the new are ready, and stay in force when a file cannot
    /// be read.
    fn reload(&mut self) -> Option<Arc<LoadedRules>> {
        let loaded = LoadedRules::load(&self.sources, &self.settings, Some(&self.rules));
        match loaded {
            Ok(loaded) if loaded.report.is_usable() => {
                let report = loaded.report.totals();
                let rules = Arc::new(loaded);
                self.drain();
                self.command_all(|| Command::Reload(Arc::clone(&rules)));
                self.drain();
                self.merger.reload(Arc::clone(&rules));
                self.rules = Arc::clone(&rules);
                self.loaded = self.now;
                tracing::warn!("rules loaded anew: {report}");
                return Some(rules);
            }
            Ok(loaded) => tracing::error!(
                "rules not loaded anew: {}; the old ones stay in force",
                loaded.report.totals()
            ),
            Err(e) => tracing::error!("rules not loaded anew: {e}; the old ones stay in force"),
        }
        None
    }

    /// Writes a statistics record when one is due; in a replay only the last one is.
    pub(crate) fn tick_stats(&mut self) {
        let due = self.settings.stats_interval;
        if self.settings.live
            && !due.is_zero()
            && self.now.since(self.last_stats) >= due
            && self.merger.outputs().needs().stats
        {
            self.last_stats = self.now;
            let counters = self.count();
            self.write_stats(&counters);
        }
    }

    fn write_stats(&mut self, counters: &Counters) {
        let totals = self.merger.totals();
        let kernel = [
            ("capture.kernel_packets", self.kernel.received),
            ("capture.kernel_drops", self.kernel.dropped),
            ("capture.kernel_ifdrops", self.kernel.interface_dropped),
        ];
        let detect = [
            ("detect.alert", totals.alerts),
            ("detect.alert_queue_overflow", totals.discarded),
            ("detect.alerts_suppressed", totals.suppressed),
            (
                "detect.thresholds.bitmap_memuse",
                self.merger.arbiter_counters().port_bytes as u64,
            ),
            ("detect.thresholds.bitmap_alloc_fail", 0),
        ];
        let mut more: Vec<(&str, u64)> = Vec::new();
        if self.settings.live {
            more.extend(kernel);
        }
        more.extend(detect);
        let verdicts = if self.settings.prevention {
            verdict_counters(counters, &totals, self.settings.firewall.is_some())
        } else {
            Vec::new()
        };
        more.extend(verdicts.iter().map(|(name, count)| (name.as_str(), *count)));
        let uptime = if self.settings.live {
            self.started.elapsed().as_secs()
        } else {
            0
        };
        let unused: Vec<String> = self
            .settings
            .policies
            .counted()
            .filter(|(target, _)| !counters.exceptions.contains_key(target))
            .map(|(target, policy)| format!("exception_policy.{target}.{policy}"))
            .collect();
        more.extend(unused.iter().map(|name| (name.as_str(), 0)));
        let of_files = self.merger.outputs().file_store_counters();
        more.extend(of_files.iter().flatten());
        let mut tree = counters.tree(uptime, &more);
        let report = &self.rules.report;
        tree.rules = Some(RuleCounts {
            last_reload: self.loaded,
            loaded: report.loaded as u64,
            failed: report.refused as u64,
            skipped: report.skipped as u64,
        });
        let event = Event {
            packet: 0,
            order: 0,
            ts: self.now,
            envelope: Envelope::default(),
            body: Body::Stats(Box::new(tree)),
        };
        self.merger.outputs().emit(&event);
    }

    /// Ends the run: last statistics, everything written. Gives the totals.
    pub fn finish(mut self) -> Summary {
        self.drain();
        let counters = self.counters.clone();
        if self.merger.outputs().needs().stats {
            self.write_stats(&counters);
        }
        Summary {
            files: self.files,
            packets: self.packets,
            bytes: self.bytes,
            flows: counters.flow.total,
            alerts: self.merger.counts(),
            drops: self.merger.totals().drops + self.merger.totals().rate_drops,
            kernel_drops: self.kernel.dropped,
            undecoded: counters.undecoded(),
            faults: counters.faults,
            elapsed: self.started.elapsed(),
            lost_records: self.merger.finish(),
        }
    }

    /// How long the engine has run.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Inspection for Engine {
    fn is_stopping(&self) -> bool {
        self.signals().stopping()
    }

    fn begin(&mut self, origin: Origin) {
        self.files += 1;
        self.merger.begin();
        self.command_all(|| Command::Begin(origin.clone()));
    }

    fn end(&mut self, last: u64) {
        self.command_all(|| Command::End(last));
        self.drain();
        for trouble in self.rules.set.save_data_sets() {
            tracing::error!("{trouble}");
        }
        let counters = self.count();
        self.counters.add(&counters);
    }

    fn spare_batch(&mut self) -> Batch {
        self.spare.pop().unwrap_or_default()
    }

    fn return_batch(&mut self, batch: Batch) {
        self.spare.push(batch);
    }

    // Findings are written as soon as those of all batches before it are.
    fn inspect(&mut self, batch: Batch, picks: Vec<Pick>, unverified_from: u64, last: u64) {
        self.packets += picks.len() as u64;
        self.bytes += picks
            .iter()
            .filter_map(|pick| batch.frame(pick.index as usize))
            .map(|frame| frame.data.len() as u64)
            .sum::<u64>();
        if self.merger.outputs().needs().packets {
            for frame in picks
                .iter()
                .filter_map(|pick| batch.frame(pick.index as usize))
            {
                self.merger
                    .outputs()
                    .log_packet(frame.ts, frame.link, frame.data, frame.wire_len);
            }
        }
        let time = batch.latest();
        let batch = Arc::new(batch);
        let mut shares = self
            .spread(&batch, picks, unverified_from, last)
            .into_iter();
        self.make_room();
        self.crew.command(|_| match shares.next() {
            Some(work) => Command::Inspect(work),
            None => Command::Count,
        });
        self.under_way.push_back((Some(batch), time));
    }

    fn between_batches(&mut self) {
        self.attend_to_signals();
    }

    fn drain(&mut self) {
        while self.crew.waiting() > 0 {
            self.collect();
        }
    }

    fn sampling_decoder(&self) -> Option<Decoder> {
        (self.settings.checksums == ChecksumMode::Auto)
            .then(|| Decoder::new(self.settings.decode.clone()))
    }
}

fn wall_clock() -> Timestamp {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_nanos(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

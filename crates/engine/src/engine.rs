//! The engine: workers, the merge of what they find, and what happens between two batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tapir_capture::{Batch, KernelCounters};
use tapir_control::Server;
use tapir_flow::{Dispatcher, Seed, TunnelHash};
use tapir_output::{Outputs, Summary};
use tapir_packet::{Decoder, Timestamp};
use tapir_profile::Figures;

use crate::control::{self, CaptureQueue, Timing};
use crate::counters::Counters;
use crate::crew::{Command, Crew, Pick, Work};
use crate::finding::Finding;
use crate::merge::Merger;
use crate::replay::Inspection;
use crate::rings::{RingOrder, Rings};
use crate::rules::LoadedRules;
use crate::settings::{ChecksumMode, Settings};
use crate::signals::Signals;
use crate::worker::{Origin, Worker};
use crate::{EngineError, RuleSources};

/// The seed of every hash in a replay: the same input gives the same order.
pub(crate) const REPLAY_SEED: Seed = Seed::Fixed(0x7461_7069_7200_0001);

/// What workers say to a command, beside what they found.
#[derive(Default)]
struct Told {
    counters: Counters,
    figures: Vec<Figures>,
}

/// A running engine.
pub struct Engine {
    settings: Arc<Settings>,
    sources: RuleSources,
    rules: Arc<LoadedRules>,
    signals: Signals,
    /// Where commands come from.
    pub(crate) control: Option<Server>,
    /// Captures that clients want replayed, where such are taken.
    pub(crate) queue: Option<CaptureQueue>,
    /// Whether times are taken.
    pub(crate) timing: Timing,
    crew: Crew,
    pub(crate) merger: Merger,
    dispatcher: Dispatcher,
    /// Batches under inspection, oldest first, with the time each brings.
    under_way: VecDeque<(Option<Arc<Batch>>, Option<Timestamp>)>,
    spare: Vec<Batch>,
    findings: Vec<Finding>,
    pub(crate) now: Timestamp,
    started: Instant,
    files: u64,
    packets: u64,
    bytes: u64,
    /// Counters of inputs that are over.
    pub(crate) counters: Counters,
    pub(crate) kernel: KernelCounters,
    /// What the kernel counted, by interface; a ring's share is added to the others'.
    pub(crate) interfaces: Vec<(Arc<str>, KernelCounters)>,
    pub(crate) last_stats: Timestamp,
    /// When the rules in force were loaded; in a replay, where only packets have a time, zero until they change.
    loaded: Timestamp,
}

impl Engine {
    /// Sets up workers and opens the outputs.
    ///
    /// # Errors
    /// When an output or the control socket cannot be opened, or a thread cannot be started.
    pub fn new(
        settings: Arc<Settings>,
        sources: RuleSources,
        rules: LoadedRules,
        signals: Signals,
    ) -> Result<Self, EngineError> {
        let outputs = Outputs::open(&settings.outputs)?;
        Self::with_outputs(settings, sources, Arc::new(rules), signals, outputs)
    }

    /// Sets up workers for outputs that are open.
    pub(crate) fn with_outputs(
        settings: Arc<Settings>,
        sources: RuleSources,
        rules: Arc<LoadedRules>,
        signals: Signals,
        outputs: Outputs,
    ) -> Result<Self, EngineError> {
        let control = control::open(&settings)?;
        let needs = Arc::new(outputs.needs().clone());
        let seed = if settings.live {
            Seed::Random
        } else {
            REPLAY_SEED
        };
        let count = worker_count(&settings, &rules);
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
            dispatcher: dispatcher(&settings, seed),
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
            interfaces: Vec::new(),
            control,
            queue: None,
            timing: Timing::default(),
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

    /// The settings of the run.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> &LoadedRules {
        &self.rules
    }

    /// When they were loaded.
    pub(crate) fn rules_loaded_at(&self) -> Timestamp {
        self.loaded
    }

    /// The names of the interfaces that are watched.
    pub(crate) fn interfaces(&self) -> Vec<String> {
        let names = self.interfaces.iter();
        names.map(|(name, _)| name.to_string()).collect()
    }

    /// What the kernel counted of an interface when this was last asked.
    pub(crate) fn kernel_counters(&self, interface: &str) -> KernelCounters {
        let mut all = self.interfaces.iter();
        let found = all.find(|(name, _)| **name == *interface);
        found.map_or_else(KernelCounters::default, |(_, counters)| *counters)
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

    pub(crate) fn command_all(&mut self, command: impl Fn() -> Command) {
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
    fn collect(&mut self) -> Told {
        let answers = self.crew.answers();
        let mut told = Told::default();
        let Some((batch, time)) = self.under_way.pop_front() else {
            return told;
        };
        for answer in answers {
            self.findings.extend(answer.findings);
            if let Some(counted) = answer.counters {
                told.counters.add(&counted);
            }
            told.figures.extend(answer.figures.map(|figures| *figures));
        }
        if let Some(time) = time {
            self.now = self.now.max(time);
        }
        self.merger.merge(&mut self.findings, time);
        if let Some(batch) = batch.and_then(Arc::into_inner) {
            self.return_batch(batch);
        }
        told
    }

    /// Has the crew answer a command once all before it are done.
    fn ask_crew(&mut self, command: impl Fn() -> Command) -> Told {
        self.drain();
        self.crew.command(|_| command());
        self.under_way.push_back((None, None));
        self.collect()
    }

    /// The counters of all workers now.
    pub(crate) fn count(&mut self, rings: Option<&mut Rings>) -> Counters {
        let Some(rings) = rings else {
            return self.ask_crew(|| Command::Count).counters;
        };
        let mut counters = Counters::default();
        for state in self.states(rings) {
            counters.add(&state.counters);
        }
        counters
    }

    /// What the crew has measured, each worker by itself.
    pub(crate) fn crew_figures(&mut self) -> Vec<Figures> {
        self.ask_crew(|| Command::Figures).figures
    }

    /// Does what signals and clients of the control socket have asked for.
    pub(crate) fn attend(&mut self, mut rings: Option<&mut Rings>) {
        if self.signals.take_reopen() {
            self.reopen();
        }
        if self.signals.take_reload() {
            // What came of it is in the log.
            drop(self.reload(rings.as_deref_mut()));
        }
        if self.control.is_some() {
            self.attend_to_requests(rings);
        }
    }

    /// Writes to other outputs from here on; gives those before, to be finished.
    pub(crate) fn new_merger(&mut self, outputs: Outputs) -> Merger {
        let rules = Arc::clone(&self.rules);
        let merger = Merger::new(rules, outputs, self.settings.prevention);
        std::mem::replace(&mut self.merger, merger)
    }

    /// Opens the logs anew.
    pub(crate) fn reopen(&mut self) {
        self.drain();
        self.merger.outputs().reopen();
        tracing::info!("logs reopened");
    }

    /// Loads the rules anew. The old ones serve until the new are ready, and stay in force when a file cannot
    /// be read, or something in it is wrong.
    ///
    /// # Errors
    /// Why the old ones stay in force.
    pub(crate) fn reload(&mut self, rings: Option<&mut Rings>) -> Result<(), String> {
        let loaded = LoadedRules::load(&self.sources, &self.settings, Some(&self.rules));
        let why = match loaded {
            Ok(loaded) if loaded.report.is_usable() => {
                let report = loaded.report.totals();
                self.take_over(Arc::new(loaded), rings);
                tracing::warn!("rules loaded anew: {report}");
                return Ok(());
            }
            Ok(loaded) => loaded.report.totals(),
            Err(e) => e.to_string(),
        };
        let why = format!("rules not loaded anew: {why}; the old ones stay in force");
        tracing::error!("{why}");
        Err(why)
    }

    /// Other rules are in force from here on.
    fn take_over(&mut self, rules: Arc<LoadedRules>, mut rings: Option<&mut Rings>) {
        self.drain();
        self.command_all(|| Command::Reload(Arc::clone(&rules)));
        self.drain();
        if let Some(rings) = rings.as_deref_mut() {
            // What the old rules have found is written before anything that the new ones find.
            self.tell_rings(rings, &RingOrder::Reload(Arc::clone(&rules)));
            self.take_reports(rings);
        }
        self.merger.reload(Arc::clone(&rules));
        self.rules = rules;
        if let Some(rings) = rings {
            rings.order(&RingOrder::Go);
        }
        self.timing.forget();
        self.loaded = if self.settings.live {
            wall_clock()
        } else {
            self.now
        };
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
        let queue = self.queue.as_ref();
        self.signals().stopping() || queue.is_some_and(CaptureQueue::is_interrupted)
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
        let counters = self.count(None);
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
        self.attend(None);
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

/// How many workers there are to be.
fn worker_count(settings: &Settings, rules: &LoadedRules) -> usize {
    if !rules.set.is_entangled() {
        return settings.workers.max(1);
    }
    if settings.workers > 1 {
        tracing::info!(
            "the rules tie flows to each other (see `entangled` in ARCHITECTURE.md): one worker is used"
        );
    }
    1
}

fn dispatcher(settings: &Settings, seed: Seed) -> Dispatcher {
    let hash = if settings.live {
        TunnelHash::Inner
    } else {
        TunnelHash::default()
    };
    Dispatcher::new(hash, seed).with_decode(&settings.decode)
}

fn wall_clock() -> Timestamp {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_nanos(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

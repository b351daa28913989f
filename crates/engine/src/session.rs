//! A replay in this thread for tools: one worker, and a recorder that hears of every step of the rules.

use std::path::Path;
use std::sync::Arc;

use tapir_capture::{Batch, CaptureError, CaptureFile};
use tapir_detect::{Arbiter, ArbiterLimits, Recorder};
use tapir_output::Needs;
use tapir_packet::Decoder;

use crate::crew::{Command, Pick, Work};
use crate::engine::REPLAY_SEED;
use crate::finding::{Discovery, Finding};
use crate::replay::{self, Inspection, Progress, Replay, Trouble};
use crate::rules::LoadedRules;
use crate::settings::{ChecksumMode, Settings};
use crate::worker::{Origin, Worker};

/// Inspects packets as the engine does, and writes nothing: what is wanted of it is what its recorder keeps.
///
/// Thresholds, suppressions and all else that crosses flows is settled as in the engine, and told with
/// [`Recorder::ruled`].
pub struct Session<R> {
    settings: Arc<Settings>,
    rules: Arc<LoadedRules>,
    worker: Worker<R>,
    arbiter: Arbiter,
    spare: Vec<Batch>,
}

impl<R: Recorder> Session<R> {
    /// A session with these rules.
    pub fn new(settings: Arc<Settings>, rules: Arc<LoadedRules>, recorder: R) -> Self {
        let worker = Worker::with_recorder(
            Arc::clone(&settings),
            Arc::clone(&rules),
            Arc::new(Needs::default()),
            (REPLAY_SEED, 1),
            recorder,
        );
        Self {
            arbiter: new_arbiter(&rules),
            worker,
            settings,
            rules,
            spare: Vec::new(),
        }
    }

    /// Replays captures. What is wrong with one is told to `trouble`, and the others go on.
    ///
    /// # Errors
    /// When the filter is wrong.
    pub fn replay(
        &mut self,
        replay: &Replay,
        progress: impl FnMut(Progress),
        trouble: impl FnMut(&Path, Trouble),
    ) -> Result<(), CaptureError> {
        replay::run(self, replay, progress, trouble)
    }

    /// Replays one capture that is open already, as an input of its own; says what was wrong with it.
    ///
    /// # Errors
    /// As [`Session::replay`].
    pub fn replay_capture(
        &mut self,
        capture: CaptureFile,
    ) -> Result<Option<Trouble>, CaptureError> {
        replay::run_capture(self, capture)
    }

    /// The recorder.
    pub fn recorder(&mut self) -> &mut R {
        self.worker.recorder()
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<LoadedRules> {
        &self.rules
    }

    fn execute(&mut self, command: Command) {
        let mut findings = self.worker.execute(command).findings;
        findings.sort_by_key(|finding| finding.place);
        for finding in findings {
            self.settle(finding);
        }
    }

    /// Asks the arbiter about matches that it has not seen yet.
    fn settle(&mut self, finding: Finding) {
        if let Discovery::Alerted(mut alerted) = finding.what
            && alerted.settled.is_none()
        {
            let recorder = self.worker.recorder();
            self.arbiter
                .settle_recorded(&alerted.facts, &mut alerted.alerts, recorder);
        }
    }
}

impl<R: Recorder> Inspection for Session<R> {
    fn is_stopping(&self) -> bool {
        false
    }

    fn begin(&mut self, origin: Origin) {
        self.arbiter = new_arbiter(&self.rules);
        self.execute(Command::Begin(origin));
    }

    fn end(&mut self, last: u64) {
        self.execute(Command::End(last));
    }

    fn spare_batch(&mut self) -> Batch {
        self.spare.pop().unwrap_or_default()
    }

    fn return_batch(&mut self, batch: Batch) {
        self.spare.push(batch);
    }

    fn inspect(&mut self, batch: Batch, picks: Vec<Pick>, unverified_from: u64, last: u64) {
        let batch = Arc::new(batch);
        self.execute(Command::Inspect(Work {
            batch: Arc::clone(&batch),
            picks,
            unverified_from,
            last,
        }));
        self.spare.extend(Arc::into_inner(batch));
    }

    fn sampling_decoder(&self) -> Option<Decoder> {
        (self.settings.checksums == ChecksumMode::Auto)
            .then(|| Decoder::new(self.settings.decode.clone()))
    }
}

fn new_arbiter(rules: &LoadedRules) -> Arbiter {
    Arbiter::new(Arc::clone(&rules.set), ArbiterLimits::default())
}

#[cfg(test)]
mod tests {
    use tapir_config::Config;
    use tapir_detect::{Fate, PacketFacts, RuleId, Stage};

    use super::*;
    use crate::{RuleSources, RunOptions};

    #[derive(Default)]
    struct Fates(Vec<(u64, u32, Fate)>);

    impl Recorder for Fates {
        const ENABLED: bool = true;

        fn ruled(&mut self, packet: &PacketFacts, rule: RuleId, fate: Fate) {
            self.0.push((packet.number, rule.0, fate));
        }
    }

    /// What a recorder keeps of the replay of a capture.
    fn heard<R: Recorder + Default>(rules: &str) -> R {
        let config = Config::from_text("test", "{}").expect("an empty configuration");
        let settings = Settings::new(&config.root, &RunOptions::default()).expect("settings");
        let sources = RuleSources {
            texts: vec![("test.rules".to_owned(), rules.as_bytes().to_vec())],
            ..RuleSources::default()
        };
        let rules = LoadedRules::load(&sources, &settings, None).expect("rules");
        assert_eq!(rules.report.refused, 0);
        let mut session = Session::new(Arc::new(settings), Arc::new(rules), R::default());
        let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pcaps/icmp-echo.pcap");
        let replay = Replay {
            files: vec![capture],
            ..Replay::default()
        };
        session
            .replay(&replay, |_| {}, |path, what| panic!("{path:?}: {what:?}"))
            .expect("no filter");
        std::mem::take(session.recorder())
    }

    fn fates(rules: &str) -> Vec<(u64, u32, Fate)> {
        heard::<Fates>(rules).0
    }

    #[test]
    fn what_becomes_of_matches_is_told() {
        let told = fates(
            "alert icmp any any -> any any (itype:8; threshold:type limit,track by_rule,count 1,seconds 60; sid:1;)\n\
             alert icmp any any -> any any (itype:0; noalert; sid:2;)",
        );
        let of = |rule, fate| {
            let these = told.iter().filter(|it| it.1 == rule && it.2 == fate);
            these.count()
        };
        assert_eq!(of(0, Fate::Raised), 1);
        assert!(of(0, Fate::Held) > 0);
        assert!(of(1, Fate::Unseen) > 0);
        let both = of(0, Fate::Raised) + of(0, Fate::Held) + of(1, Fate::Unseen);
        assert_eq!(both, told.len());
    }

    #[test]
    fn a_pass_rule_is_named_by_what_it_passed() {
        let told = fates(
            "pass icmp any any -> any any (itype:8; sid:1;)\n\
             alert icmp any any -> any any (itype:8; sid:2;)",
        );
        let passed = told.iter().find(|it| it.1 == 1).expect("the alert matched");
        assert_eq!(passed.2, Fate::Passed(RuleId(0)));
    }

    /// Insists on rule 0, and notes what it is told of it.
    #[derive(Default)]
    struct Insists {
        rules: [RuleId; 1],
        prompted: Vec<bool>,
        matches: usize,
    }

    impl Recorder for Insists {
        const ENABLED: bool = true;

        fn insists_on(&self) -> &[RuleId] {
            &self.rules
        }

        fn stage(&mut self, stage: Stage, passed: bool) {
            if stage == Stage::Prefilter {
                self.prompted.push(passed);
            }
        }

        fn matched(&mut self) {
            self.matches += 1;
        }
    }

    #[test]
    fn a_rule_is_tried_past_the_prefilter_to_no_effect() {
        let rule = "alert icmp any any -> any any (content:\"nowhere in it\"; sid:1;)";
        let heard = heard::<Insists>(rule);
        assert!(!heard.prompted.is_empty());
        assert!(heard.prompted.iter().all(|prompted| !prompted));
        assert_eq!(heard.matches, 0);
    }
}

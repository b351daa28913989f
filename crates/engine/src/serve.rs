//! Captures that clients of the control socket name are replayed one after another, with rules that are loaded once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tapir_config::ConfigError;
use tapir_control::Server;
use tapir_output::{OutputConfig, Outputs};
use tapir_packet::Timestamp;

use crate::control::{CaptureQueue, Job};
use crate::counters::Counters;
use crate::engine::Engine;
use crate::replay::{Inspection as _, Replay};
use crate::rules::LoadedRules;
use crate::settings::{RuleSources, Settings};
use crate::signals::Signals;
use crate::{EngineError, Trouble};

/// How long requests are waited for before signals are looked at.
const WAIT: Duration = Duration::from_millis(100);
/// A file of a watched folder is whole when it was not changed for so long.
const SETTLED: Duration = Duration::from_secs(2);

impl Engine {
    /// An engine that replays what clients name. Its outputs are opened anew for each of them.
    ///
    /// # Errors
    /// When the control socket cannot be opened, or a thread cannot be started.
    pub fn on_call(
        settings: Arc<Settings>,
        sources: RuleSources,
        rules: LoadedRules,
        signals: Signals,
    ) -> Result<Self, EngineError> {
        let outputs = Outputs::of(Vec::new(), &settings.outputs);
        let mut engine = Self::with_outputs(settings, sources, Arc::new(rules), signals, outputs)?;
        engine.queue = Some(CaptureQueue::default());
        Ok(engine)
    }

    /// Replays what clients name until told to stop. `outputs` says what is written into a folder.
    pub fn serve(
        &mut self,
        outputs: impl Fn(&Path) -> Result<OutputConfig, ConfigError>,
        ready: impl FnOnce(),
    ) {
        ready();
        while !self.signals().stopping() {
            self.attend(None);
            match self.queue.as_mut().and_then(CaptureQueue::begin) {
                Some(job) => {
                    if let Err(error) = self.run_job(&job, &outputs) {
                        tracing::error!("{}: {error}", job.path.display());
                    }
                    if let Some(queue) = &mut self.queue {
                        queue.end();
                    }
                }
                None => self.wait_for_request(),
            }
        }
    }

    fn wait_for_request(&mut self) {
        match self
            .control
            .as_ref()
            .map(|control| Server::wait(control, WAIT))
        {
            Some(Some(request)) => {
                let reply = self.reply(&request, None);
                request.answer(reply);
            }
            Some(None) => {}
            None => std::thread::sleep(WAIT),
        }
    }

    fn run_job(
        &mut self,
        job: &Job,
        outputs: &impl Fn(&Path) -> Result<OutputConfig, ConfigError>,
    ) -> Result<(), EngineError> {
        let config = outputs(&job.folder)?;
        self.write_to(Outputs::open(&config)?);
        let replayed = match job.is_continuous {
            false => tapir_capture::expand(&job.path)
                .map_err(EngineError::Capture)
                .and_then(|files| self.replay_files(files, job)),
            true => self.replay_as_they_come(job),
        };
        self.drain();
        if self.merger.outputs().needs().stats {
            let counters = self.counters.clone();
            self.write_stats(&counters);
        }
        self.write_to(Outputs::of(Vec::new(), &config));
        replayed
    }

    /// Other outputs take over, and counters begin anew.
    fn write_to(&mut self, outputs: Outputs) {
        let lost = self.new_merger(outputs).finish();
        if lost > 0 {
            tracing::error!("{lost} records could not be written");
        }
        self.counters = Counters::default();
        self.now = Timestamp::ZERO;
    }

    fn replay_files(&mut self, files: Vec<PathBuf>, job: &Job) -> Result<(), EngineError> {
        for file in files {
            if self.is_stopping() {
                break;
            }
            let changed = changed(&file);
            let replay = Replay {
                files: vec![file.clone()],
                ..Replay::default()
            };
            self.replay(
                &replay,
                |_| {},
                |path, trouble| match trouble {
                    Trouble::Unreadable(error) => tracing::error!("{error}"),
                    Trouble::Cut(how) => tracing::warn!("{}: {how}", path.display()),
                },
            )?;
            if let Some(queue) = &mut self.queue {
                queue.last_processed = millis(changed);
            }
            if job.deletes
                && !self.is_stopping()
                && let Err(error) = fs::remove_file(&file)
            {
                tracing::warn!("{}: not removed: {error}", file.display());
            }
        }
        Ok(())
    }

    /// Replays captures that come into a folder, in the order in which they were last changed, until somebody interrupts
    /// or the folder is gone.
    fn replay_as_they_come(&mut self, job: &Job) -> Result<(), EngineError> {
        let mut last: Option<(SystemTime, PathBuf)> = None;
        while !self.is_stopping() && job.path.is_dir() {
            let files = tapir_capture::expand(&job.path)?;
            let now = SystemTime::now();
            let mut new: Vec<(SystemTime, PathBuf)> = files
                .into_iter()
                .map(|file| (changed(&file), file))
                .filter(|(time, _)| now.duration_since(*time).is_ok_and(|age| age >= SETTLED))
                .filter(|found| last.as_ref().is_none_or(|last| found > last))
                .collect();
            new.sort_unstable();
            if let Some(newest) = new.last() {
                last = Some(newest.clone());
                let files = new.into_iter().map(|(_, file)| file).collect();
                self.replay_files(files, job)?;
            } else {
                self.merger.outputs().flush();
                self.wait_for_request();
            }
        }
        Ok(())
    }
}

/// When a file was last changed.
fn changed(file: &Path) -> SystemTime {
    fs::metadata(file)
        .and_then(|there| there.modified())
        .unwrap_or(UNIX_EPOCH)
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

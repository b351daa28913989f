//! Commands that replay captures as inspection does, and ask something else of them.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueHint};
use tapir_capture::CaptureError;
use tapir_engine::{LoadedRules, Progress, Replay, Settings, Trouble};

use crate::Failure;
use crate::args::{Args, ChecksumMode, ColorArg, ConfigArgs, RuleArgs};
use crate::configuration::{Configuration, configuration, run_options};
use crate::progress::Bar;

/// Options that choose captures, rules and configuration.
#[derive(Debug, clap::Args)]
pub struct ReplayedArgs {
    /// A capture file, every capture below a folder, or standard input (`-`); may be repeated
    #[arg(short = 'r', long = "read", value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    read: Vec<PathBuf>,

    /// Which rules.
    #[command(flatten, next_help_heading = "Rules")]
    rules: RuleArgs,

    /// Which configuration.
    #[command(flatten, next_help_heading = "Configuration")]
    config: ConfigArgs,

    /// Checksums: `all` verifies them, `none` takes every packet as intact [default: as configured]
    #[arg(short = 'k', long = "checksums", value_enum, value_name = "MODE")]
    checksums: Option<ChecksumMode>,

    /// Stop after this many packets
    #[arg(short = 'n', long, value_name = "N")]
    count: Option<u64>,

    /// No progress
    #[arg(short = 'q', long)]
    quiet: bool,

    /// Colour on the terminal
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub(crate) color: ColorArg,

    /// BPF filter: only packets it selects are looked at
    #[arg(value_name = "BPF")]
    bpf: Vec<String>,
}

/// Everything loaded that a replay needs.
pub(crate) struct Replayed {
    pub(crate) settings: Arc<Settings>,
    pub(crate) rules: Arc<LoadedRules>,
    /// The captures, one replay each.
    pub(crate) replays: Vec<Replay>,
    /// What was asked for by name.
    named: Vec<PathBuf>,
    /// A capture could not be read.
    failed: Cell<bool>,
    quiet: bool,
}

impl ReplayedArgs {
    /// Reads configuration and rules, and finds the captures. Without `with_rules` none are loaded.
    pub(crate) fn load(&self, with_rules: bool) -> Result<Replayed, Failure> {
        let mut args = Args::parse_from(["tapir"]);
        args.rules = self.rules.clone();
        args.rules.disable_detection |= !with_rules;
        args.config = self.config.clone();
        args.run.checksums = self.checksums;
        let Configuration {
            config,
            mut sources,
            ..
        } = configuration(&args)?;
        sources.keeps_trees = true;
        let mut settings = Settings::new(&config.root, &run_options(&args, &config, false))?;
        settings.outputs.sinks.clear();
        let rules = LoadedRules::load(&sources, &settings, None)?;
        for missing in &rules.report.missing {
            eprintln!("warning: {missing}");
        }
        let mut files = Vec::new();
        for path in &self.read {
            files.extend(tapir_capture::expand(path)?);
        }
        let filter = (!self.bpf.is_empty()).then(|| self.bpf.join(" "));
        let replay = |file| Replay {
            files: vec![file],
            continuous: false,
            filter: filter.clone(),
            count: self.count,
        };
        Ok(Replayed {
            settings: Arc::new(settings),
            rules: Arc::new(rules),
            replays: files.into_iter().map(replay).collect(),
            named: self.read.clone(),
            failed: Cell::new(false),
            quiet: self.quiet,
        })
    }
}

impl Replayed {
    /// Runs something over a replay, of so many captures, with a progress bar, and says what is wrong with captures. Gives nothing where no
    /// packet could be read.
    pub(crate) fn run<T, E: std::fmt::Display>(
        &self,
        files: usize,
        job: impl FnOnce(&mut dyn FnMut(Progress), &mut dyn FnMut(&Path, Trouble)) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        let bar = RefCell::new(Bar::new(self.replays.len(), self.quiet));
        let mut unread = 0;
        let done = job(
            &mut |progress| bar.borrow_mut().show(progress),
            &mut |path, trouble| match trouble {
                // Notes and rules may lie beside captures.
                Trouble::Unreadable(CaptureError::NotACapture { .. })
                    if self.is_from_folder(path) =>
                {
                    unread += 1
                }
                Trouble::Unreadable(error) => {
                    unread += 1;
                    self.failed.set(true);
                    bar.borrow().say(&format!("error: {error}"));
                }
                Trouble::Cut(how) => bar
                    .borrow()
                    .say(&format!("warning: {}: {how}", path.display())),
            },
        )?;
        bar.into_inner().finish();
        Ok((unread < files).then_some(done))
    }

    fn is_from_folder(&self, path: &Path) -> bool {
        !self.named.iter().any(|named| named == path)
    }

    /// The status to end with.
    pub(crate) fn status(&self, fine: bool) -> ExitCode {
        if fine && !self.failed.get() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

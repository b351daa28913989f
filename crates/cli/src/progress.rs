//! The progress bar of a replay.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tapir_engine::Progress;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how far a replay has come, when standard error is a terminal.
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    started: std::time::Instant,
    files: usize,
    enabled: bool,
}

impl Bar {
    pub(crate) fn new(files: usize, quiet: bool) -> Self {
        let enabled = !quiet && std::io::stderr().is_terminal();
        Self {
            bar: None,
            started: std::time::Instant::now(),
            files,
            enabled,
        }
    }

    pub(crate) fn show(&mut self, progress: Progress) {
        if !self.enabled || self.started.elapsed() < PATIENCE {
            return;
        }
        let several = self.files > 1;
        let (at, of) = if several {
            (progress.files as u64, self.files as u64)
        } else {
            (progress.position, progress.length.unwrap_or(0))
        };
        let bar = self.bar.get_or_insert_with(|| {
            let template = match (several, of) {
                (true, _) => "{bar:40} {pos}/{len} files {msg} {eta}",
                (false, 0) => "{spinner} {bytes} {msg} {elapsed}",
                (false, _) => "{bar:40} {bytes}/{total_bytes} {msg} {eta}",
            };
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(of).with_style(style)
        });
        bar.set_position(at);
        bar.set_message(format!("{} packets", progress.packets));
    }

    /// Prints a line above the bar.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

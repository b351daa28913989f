//! `tapir profile`: what each rule, pattern set and part of inspection costs on captures.

use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use tapir_engine::{Replay, Session};
use tapir_profile::{Profile, SortBy, Stopwatch, View};

use super::replayed::{ReplayedArgs, print};
use crate::Failure;

const EXAMPLES: &str = "\
Examples:
  tapir profile -r capture.pcap -S emerging.rules
      The rules that take most time, what they are looked for in, and the work that all rules share.
  tapir profile -r captures/ -S local.rules --sort in-vain --top 50
      The rules whose literal is found most often for nothing.
  tapir profile -r capture.pcap --json | jq '.rules[] | select(.matches == 0) | .sid'
      All figures for programs.

Times are those of one worker, without those of measuring. docs/profile.md says what each column means.

Exit status: 0 fine, 1 a capture could not be read, 2 wrong usage.";

/// Options of `tapir profile`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ProfileArgs {
    /// Which rows.
    #[command(flatten)]
    view: ViewArgs,

    /// As JSON
    #[arg(long)]
    json: bool,

    /// What is replayed.
    #[command(flatten)]
    replayed: ReplayedArgs,
}

/// Options that choose the rows of a profile.
#[derive(Debug, Clone, clap::Args)]
pub struct ViewArgs {
    /// What rules are sorted by
    #[arg(long, value_name = "COLUMN", default_value = "time", value_parser = sort_parser())]
    sort: SortBy,

    /// How many rules and pattern sets to show, 0 for all [default: 20, with --json all]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
}

fn sort_parser() -> impl clap::builder::TypedValueParser<Value = SortBy> {
    PossibleValuesParser::new(SortBy::NAMES.map(|(name, _)| name))
        .map(|name| SortBy::named(&name).unwrap_or(SortBy::Time))
}

impl ViewArgs {
    /// The rows to show; by default all of them to programs.
    pub(crate) fn view(&self, json: bool) -> View {
        let default = if json { None } else { View::default().top };
        View {
            sort: self.sort,
            top: self.top.map_or(default, |top| (top > 0).then_some(top)),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &ProfileArgs) -> Result<ExitCode, Failure> {
    let replayed = args.replayed.load(true)?;
    let files = replayed.replays.iter().flat_map(|replay| &replay.files);
    let replay = Replay {
        files: files.cloned().collect(),
        ..replayed.replays.first().cloned().unwrap_or_default()
    };
    let (settings, rules) = (Arc::clone(&replayed.settings), Arc::clone(&replayed.rules));
    let mut session = Session::new(settings, Arc::clone(&rules), Stopwatch::default());
    let done = replayed.run(replay.files.len(), |progress, trouble| {
        session.replay(&replay, progress, trouble)
    })?;
    if done.is_none() {
        return Ok(replayed.status(false));
    }
    let profile = Profile::new(session.recorder().figures(), &rules.set);
    let view = args.view.view(args.json);
    match args.json {
        true => print(&format!("{:#}\n", profile.json(view)))?,
        false => print(&profile.text(view))?,
    }
    Ok(replayed.status(true))
}

//! `tapir test`: runs unit tests of rules.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{ValueEnum, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tapir_ruletest::{Found, Outcome, Surroundings, Totals, Verification, report};

use super::replayed::print;
use crate::Failure;
use crate::configuration::BUILT_IN;

const EXAMPLES: &str = "\
Examples:
  tapir test rules/
      Run all cases below a folder: sections of Markdown files, and folders with a test.yaml.
  tapir test web.md --filter traversal
      Only cases whose file or heading has this word.
  tapir test --from capture.pcap -S local.rules --sid 1000001 > case.md
      A case out of a capture: the rule, what was said, and how often it alerts.
  tapir test rules/ --format junit > results.xml
      For continuous integration; `--format github` annotates the lines of a pull request.

A case in Markdown has three blocks of code:
  ```rules
  alert http any any -> any any (msg:\"Traversal\"; http.uri.raw; content:\"../\"; sid:1000001;)
  ```
  ```traffic
  http outside -> home
  > GET /../../etc/passwd HTTP/1.1
  > Host: www.example
  < HTTP/1.1 403 Forbidden
  ```
  ```expect
  alert 1000001 once
  nothing else
  ```
docs/rule-tests.md describes all of it.

Exit status: 0 all passed, 1 at least one failed, 2 wrong usage or a case that cannot be read.";

/// Options of `tapir test`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    /// Files and folders of cases
    #[arg(required_unless_present = "from", conflicts_with = "from", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Write a case that passes from a capture: with the rules of -S that alert on it, or with those of --sid
    #[arg(long, value_name = "CAPTURE", requires = "rules", value_hint = ValueHint::FilePath)]
    from: Option<PathBuf>,

    /// With --from: the rules that the case is about, by sid or gid:sid
    #[arg(long, value_name = "[GID:]SID", requires = "from", value_delimiter = ',', value_parser = read_number)]
    sid: Vec<(u32, u32)>,

    /// Only cases whose file or heading has this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Rules that all cases have beside their own
    #[arg(short = 'S', long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    rules: Vec<String>,

    /// The configuration; the built-in one by default
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,

    /// Change a setting in all cases
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// How many cases run at once; by default one a core
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,

    /// Keep what cases in the layout of suricata-verify write, in folders below this one
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    keep: Option<PathBuf>,

    /// Seconds that one such case may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,

    /// How outcomes are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// Also name the cases that passed or were skipped
    #[arg(short, long)]
    verbose: bool,
}

/// How outcomes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: what failed, and how many passed
    Human,
    /// JUnit's XML
    Junit,
    /// Annotations for GitHub's actions
    Github,
}

fn read_number(text: &str) -> Result<(u32, u32), String> {
    let (gid, sid) = text.split_once(':').unwrap_or(("1", text));
    let number = |text: &str| {
        let read = text.trim().parse();
        read.map_err(|_| format!("`{text}` is no number; a rule is named as 2019401 or 1:2019401"))
    };
    Ok((number(gid)?, number(sid)?))
}

/// Writes a case from a capture.
fn from_capture(args: &TestArgs, capture: &Path) -> Result<ExitCode, Failure> {
    let draft = tapir_ruletest::draft(capture, &args.sid, &surroundings(args, false))?;
    if !draft.is_told {
        eprintln!(
            "note: the notation has no words for these packets; the case names {}",
            capture.display()
        );
    }
    print(&draft.text)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the command.
pub(crate) fn run(args: &TestArgs) -> Result<ExitCode, Failure> {
    if let Some(capture) = &args.from {
        return from_capture(args, capture);
    }
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let colour = colour && args.format == Format::Human;
    let mut found = match tapir_ruletest::collect(&args.paths, colour) {
        Ok(found) => found,
        Err(message) => {
            eprintln!("error: {message}");
            return Ok(ExitCode::from(2));
        }
    };
    if let Some(text) = &args.filter {
        found.filter(text);
    }
    let around = surroundings(args, colour);
    let begin = Instant::now();
    let verification = Verification {
        binary: std::env::current_exe()?,
        config: args.config.clone(),
        keep: args.keep.clone(),
        patience: Duration::from_secs(args.timeout),
        jobs: around.jobs,
    };
    let outcomes = outcomes(found, &around, &verification);
    report(args, &outcomes, colour)?;
    let totals = Totals::of(&outcomes);
    eprintln!("{}", report::summary(totals, begin.elapsed()));
    if outcomes.is_empty() {
        eprintln!("error: there are no cases");
    }
    Ok(match totals {
        totals if totals.unreadable > 0 || outcomes.is_empty() => ExitCode::from(2),
        totals if totals.failed > 0 => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    })
}

fn surroundings(args: &TestArgs, colour: bool) -> Surroundings {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Surroundings {
        config: ("tapir.yaml (built in)".to_owned(), BUILT_IN.to_owned()),
        config_file: args.config.clone(),
        set: args.set.clone(),
        rules: args.rules.clone(),
        colour,
        jobs: args.jobs.unwrap_or_else(cores).max(1),
    }
}

/// Runs what was found, with a bar when it takes its time.
fn outcomes(found: Found, around: &Surroundings, how: &Verification) -> Vec<Outcome> {
    let begin = Instant::now();
    let bar = ProgressBar::new((found.cases.len() + found.folders.len()) as u64);
    bar.set_draw_target(ProgressDrawTarget::hidden());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} cases {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let is_watched = io::stderr().is_terminal();
    let done = |_: &Outcome| {
        if is_watched && bar.is_hidden() && begin.elapsed() > Duration::from_secs(1) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.inc(1);
    };
    let mut outcomes = found.unreadable;
    outcomes.extend(tapir_ruletest::run(&found.cases, around, done));
    outcomes.extend(tapir_ruletest::verify(&found.folders, how, done));
    bar.finish_and_clear();
    outcomes
}

fn report(args: &TestArgs, outcomes: &[Outcome], colour: bool) -> Result<(), Failure> {
    let text: String = match args.format {
        Format::Human => outcomes
            .iter()
            .map(|outcome| report::human(outcome, args.verbose, colour))
            .collect(),
        Format::Junit => report::junit(outcomes),
        Format::Github => outcomes.iter().map(report::github).collect(),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

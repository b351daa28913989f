//! `tapir list`: what the rule language and its lints consist of.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;
use tapir_lint::{lints, reference};
use tapir_protocols::AppProto;
use tapir_rules::keywords::{self, Kind};
use tapir_rules::tree::Action;

use crate::Failure;

const EXAMPLES: &str = "\
Examples:
  tapir list keywords
      Every keyword of the rule language, with a line about it.
  tapir list lints --markdown > lints.md
      The reference page of the lints.";

/// Options of `tapir list`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    what: What,

    /// As a page of Markdown
    #[arg(long)]
    markdown: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Keywords of rules
    Keywords,
    /// Sticky buffers
    Buffers,
    /// Application protocols
    Protocols,
    /// Actions of rules
    Actions,
    /// Lints of `tapir check`
    Lints,
}

/// Runs the command.
pub(crate) fn run(args: &ListArgs) -> Result<ExitCode, Failure> {
    let text = match (args.what, args.markdown) {
        (What::Lints, true) => reference::page(),
        (what, true) => markdown(&rows(what)),
        (what, false) => plain(&rows(what)),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A name, and a line about it.
type Row = (String, String);

fn rows(what: What) -> Vec<Row> {
    let keyword = |row: &keywords::Keyword| (row.name.to_owned(), row.help.to_owned());
    match what {
        What::Keywords => keywords::all().map(|(_, row)| keyword(row)).collect(),
        What::Buffers => keywords::all()
            .filter(|(_, row)| row.kind == Kind::Buffer)
            .map(|(_, row)| keyword(row))
            .collect(),
        What::Protocols => AppProto::ALL
            .iter()
            .filter(|proto| proto.is_known())
            .map(|proto| (proto.name().to_owned(), String::new()))
            .collect(),
        What::Actions => ACTIONS
            .iter()
            .map(|(action, help)| (action.name().to_owned(), (*help).to_owned()))
            .collect(),
        What::Lints => lints::ALL
            .iter()
            .map(|lint| {
                let name = format!("{} {}", lint.code, lint.name);
                (name, format!("[{}] {}", lint.level.name(), lint.summary()))
            })
            .collect(),
    }
}

const ACTIONS: &[(Action, &str)] = &[
    (Action::Alert, "raises an alert"),
    (Action::Pass, "exempts from further rules"),
    (Action::Drop, "drops and raises an alert"),
    (Action::SilentDrop, "drops without an alert"),
    (Action::Block, "drops every further packet of the flow"),
    (
        Action::Reject,
        "resets or answers unreachable to the sender",
    ),
    (Action::RejectDst, "the same to the receiver"),
    (Action::RejectBoth, "the same to both sides"),
    (Action::Log, "writes to the log without an alert"),
    (Action::Rewrite, "rewrites the payload"),
    (Action::Config, "steers the application layer"),
    (Action::Accept, "accepts, in a firewall rule"),
];

fn plain(rows: &[Row]) -> String {
    let mut out = String::new();
    for (name, help) in rows {
        let line = format!("{name:<32} {help}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| name | what it is |\n|---|---|\n");
    for (name, help) in rows {
        let _ = writeln!(out, "| `{name}` | {} |", help.replace('|', "\\|"));
    }
    out
}

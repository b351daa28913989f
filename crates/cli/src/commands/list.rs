//! `tapir list`: what the rule language and its lints consist of.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::ValueEnum;
use tapir_lint::{lints, reference};
use tapir_protocols::AppProto;
use tapir_rules::Dialect;
use tapir_rules::keywords::{self, Directions, Kind, Support};
use tapir_rules::tree::Action;

use crate::Failure;
use crate::standard_output::print;

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
        (What::Keywords, true) => keyword_page(),
        (what, true) => markdown(&rows(what)),
        (what, false) => plain(&rows(what)),
    };
    print(text)?;
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

/// The page of all keywords, those of one kind together.
fn keyword_page() -> String {
    let mut out = String::from(
        "# Keywords\n\nWhat rules can ask, in the three dialects. `tapir list keywords --markdown` writes this page.\n",
    );
    for (title, is_of) in KINDS {
        let mut rows: Vec<_> = keywords::all()
            .map(|(_, row)| row)
            .filter(|row| is_of(row.kind))
            .collect();
        rows.sort_by_key(|row| row.name);
        let _ = write!(
            out,
            "\n## {title}\n\n| Suricata | Snort 2 | Snort 3 | needs | direction | what it is |\n|---|---|---|---|---|---|\n"
        );
        for row in rows {
            for dialect in [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3] {
                let names: Vec<_> = row.names(dialect).map(|name| format!("`{name}`")).collect();
                let _ = write!(out, "| {} ", names.join(", "));
            }
            let direction = match row.direction {
                Directions::Both => "",
                Directions::ToServer => "to server",
                Directions::ToClient => "to client",
            };
            let left_out = match row.engine {
                Support::Evaluated => "",
                Support::Later => " (read, not evaluated)",
            };
            let (needs, help) = (row.protocols.join(", "), row.help.replace('|', "\\|"));
            let _ = writeln!(out, "| {needs} | {direction} | {help}{left_out} |");
        }
    }
    out
}

/// A heading of the page of keywords, and which kinds stand below it.
type Section = (&'static str, fn(Kind) -> bool);

const KINDS: &[Section] = &[
    ("About the rule", |kind| kind == Kind::Meta),
    ("Tests of payload and buffers", |kind| kind == Kind::Payload),
    ("Modifiers of a content", |kind| {
        matches!(kind, Kind::Modifier | Kind::BufferModifier(_))
    }),
    ("Buffers", |kind| kind == Kind::Buffer),
    ("Transforms of a buffer", |kind| kind == Kind::Transform),
    ("Headers and addresses", |kind| kind == Kind::Header),
    ("State of flows and hosts", |kind| kind == Kind::State),
    ("Fields of protocols", |kind| kind == Kind::Field),
    ("Events", |kind| kind == Kind::Event),
    ("Responses and limits", |kind| kind == Kind::Response),
    ("Out of use", |kind| {
        matches!(kind, Kind::Obsolete | Kind::Refused(_))
    }),
];

fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| name | what it is |\n|---|---|\n");
    for (name, help) in rows {
        let _ = writeln!(out, "| `{name}` | {} |", help.replace('|', "\\|"));
    }
    out
}

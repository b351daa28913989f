//! `tapir fmt`: writes rules in their canonical spelling and order.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueHint;
use tapir_rules::{Renderer, Rewritten, Severity, Source, format};

use crate::Failure;
use crate::args::ColorArg;
use crate::commands::rule_files::{self, DialectName};
use crate::inspection::use_colour;

const EXAMPLES: &str = "\
Examples:
  tapir fmt local.rules
      Write the file anew: one blank here, none there, options in their usual order, patterns in one spelling.
  tapir fmt --check --diff rules/
      Change nothing; show what would change in the files below a folder.
  tapir fmt - < local.rules
      From standard input to standard output, as editors want it.

Comments stay where they are, rules that are commented out are formatted too, and a rule on several lines stays on
several. A file with a rule that cannot be read stays as it is, and the rule is shown.

Exit status: 0 all is formatted, 1 a file would change (with --check) or has a rule that cannot be read, 2 wrong usage
or a file that cannot be read or written.";

/// Options of `tapir fmt`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct FmtArgs {
    /// Files of rules, folders with files that end in `.rules`, and `-` for standard input
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Write nothing; name the files that are not formatted
    #[arg(long)]
    check: bool,

    /// Write nothing; show what would change, as a patch
    #[arg(long)]
    diff: bool,

    /// The dialect of the rules, where it is not recognised
    #[arg(long, value_enum, value_name = "DIALECT")]
    dialect: Option<DialectName>,
}

/// Runs the command.
pub(crate) fn run(args: &FmtArgs) -> Result<ExitCode, Failure> {
    match format_all(args) {
        Ok(code) => Ok(code),
        Err(message) => {
            eprintln!("error: {message}");
            Ok(ExitCode::from(2))
        }
    }
}

fn format_all(args: &FmtArgs) -> Result<ExitCode, String> {
    let files = rule_files::below(&args.paths)?;
    let (mut unformatted, mut unread) = (false, false);
    for (path, source) in files.iter().zip(rule_files::read(&files)?) {
        let result = format(&source, args.dialect.map(DialectName::dialect));
        if show_problems(&source, &result) {
            unread = true;
            continue;
        }
        let changes = result.text != source.text.as_ref();
        unformatted |= changes;
        if args.diff {
            print(coloured(result.unified(&source)).as_bytes())?;
        } else if args.check && changes {
            print(format!("{}\n", source.name).as_bytes())?;
        }
        put(path, &result, args, changes)?;
    }
    Ok(match unread || (args.check && unformatted) {
        true => ExitCode::from(1),
        false => ExitCode::SUCCESS,
    })
}

/// Writes the text to where it came from, unless it is only looked at.
fn put(path: &Path, result: &Rewritten, args: &FmtArgs, changes: bool) -> Result<(), String> {
    match (args.check || args.diff, rule_files::is_stdin(path)) {
        (true, _) => Ok(()),
        (false, true) => print(&result.text),
        (false, false) if changes => rule_files::write(path, &result.text),
        (false, false) => Ok(()),
    }
}

fn print(text: &[u8]) -> Result<(), String> {
    rule_files::print(text).map_err(|error| format!("standard output: {error}"))
}

/// Shows what is wrong with rules; says whether one of them could not be read.
pub(super) fn show_problems(source: &Source, result: &Rewritten) -> bool {
    let sources = std::slice::from_ref(source);
    let renderer = Renderer::new(sources).with_colour(use_colour(ColorArg::Auto, &io::stderr()));
    for diagnostic in &result.diagnostics {
        eprintln!("{}\n", renderer.render(diagnostic));
    }
    let errors = |severity| severity == Severity::Error;
    result
        .diagnostics
        .iter()
        .any(|diagnostic| errors(diagnostic.severity))
}

/// A patch with its lines coloured, on a terminal.
fn coloured(patch: String) -> String {
    if !use_colour(ColorArg::Auto, &io::stdout()) {
        return patch;
    }
    let line = |line: &str| {
        let colour = match line.as_bytes().first() {
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => return line.to_owned(),
        };
        format!("\x1b[{colour}m{}\x1b[0m\n", line.trim_end_matches('\n'))
    };
    patch.split_inclusive('\n').map(line).collect()
}

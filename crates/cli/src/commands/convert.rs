//! `tapir convert`: writes rules in the spelling of another dialect.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueHint;
use tapir_rules::convert;

use super::fmt::show_problems;
use crate::Failure;
use crate::commands::rule_files::{self, DialectName};

const EXAMPLES: &str = "\
Examples:
  tapir convert --to suricata community.rules > suricata.rules
      Rules of Snort as Suricata reads them; which Snort they are for is recognised.
  tapir convert --to snort3 --from snort2 --output new.rules old.rules
      The same with both dialects named, into a file.

What the other dialect cannot say is refused with the reason: on standard error, and as a comment in the place of the
rule. Each rule is read again in its new spelling, and has to be the same rule.

Exit status: 0 all rules are converted, 1 at least one is refused, 2 wrong usage or a file that cannot be read or
written.";

/// Options of `tapir convert`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ConvertArgs {
    /// Files of rules, folders with files that end in `.rules`, and `-` for standard input
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// The dialect to write
    #[arg(long, value_enum, value_name = "DIALECT")]
    to: DialectName,

    /// The dialect of the files, where it is not recognised
    #[arg(long, value_enum, value_name = "DIALECT")]
    from: Option<DialectName>,

    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &ConvertArgs) -> Result<ExitCode, Failure> {
    match convert_all(args) {
        Ok(code) => Ok(code),
        Err(message) => {
            eprintln!("error: {message}");
            Ok(ExitCode::from(2))
        }
    }
}

fn convert_all(args: &ConvertArgs) -> Result<ExitCode, String> {
    let files = rule_files::below(&args.paths)?;
    let (mut text, mut rules, mut refused) = (Vec::new(), 0, 0);
    for source in rule_files::read(&files)? {
        let from = args.from.map(DialectName::dialect);
        let result = convert(&source, from, args.to.dialect());
        show_problems(&source, &result);
        rules += result.rules;
        refused += result.diagnostics.len();
        text.extend_from_slice(&result.text);
    }
    match &args.output {
        Some(path) => {
            let failed = |error| format!("{}: {error}", path.display());
            std::fs::write(path, &text).map_err(failed)?;
        }
        None => rule_files::print(&text).map_err(|error| format!("standard output: {error}"))?,
    }
    eprintln!("{rules} rules read, {refused} refused");
    Ok(match refused {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    })
}

//! `tapir check`: says what is wrong with rules, or doubtful.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ValueEnum, ValueHint};
use tapir_lint::{Checked, Finding, Format, Level, Selection, mend};
use tapir_rules::{LoadOptions, SourceId};

use crate::Failure;
use crate::commands::rule_files;

const EXAMPLES: &str = "\
Examples:
  tapir check local.rules
      Say what is wrong with the rules, each place underlined.
  tapir check rules/
      Every file below a folder that ends in `.rules`, together: bits are followed from file to file.
  tapir check --select R,L004 --output concise local.rules
      Only what the loader says and one lint, a line each.
  tapir check --fix local.rules
      Write the fixes into the file, and say what is left.

A line `# tapir: allow L004` before a rule leaves that finding out.
`tapir list lints` names all lints.

Exit status: 0 no finding of level error, 1 at least one, 2 wrong usage or a file that cannot be read or written.";

/// Options of `tapir check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Files of rules, and folders with files that end in `.rules`
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Only findings with these codes, or codes that begin so
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,

    /// No findings with these codes, or codes that begin so
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Write the fixes into the files
    #[arg(long)]
    fix: bool,

    /// How findings are written
    #[arg(long, value_enum, default_value_t = Output::Full)]
    output: Output,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    /// The text underlined
    Full,
    /// A line each
    Concise,
    /// An array of objects
    Json,
    /// Annotations for GitHub's actions
    Github,
    /// SARIF 2.1.0
    Sarif,
}

impl Output {
    fn format(self) -> Format {
        match self {
            Output::Full => Format::Full,
            Output::Concise => Format::Concise,
            Output::Json => Format::Json,
            Output::Github => Format::Github,
            Output::Sarif => Format::Sarif,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    match findings(args) {
        Ok(checked) => report(&checked, args.output),
        Err(message) => {
            eprintln!("error: {message}");
            Ok(ExitCode::from(2))
        }
    }
}

/// Checks the files; after fixing them once more.
fn findings(args: &CheckArgs) -> Result<Checked, String> {
    let selection = Selection {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
    };
    let options = LoadOptions::default();
    let files = rule_files::below(&args.paths)?;
    let checked = tapir_lint::check(rule_files::read(&files)?, &options, &selection);
    if !args.fix {
        return Ok(checked);
    }
    let applied = write_fixes(&files, &checked)?;
    eprintln!("{applied} fixed");
    Ok(tapir_lint::check(
        rule_files::read(&files)?,
        &options,
        &selection,
    ))
}

/// Writes what findings would mend into the files, and says how many were mended.
fn write_fixes(files: &[PathBuf], checked: &Checked) -> Result<usize, String> {
    let mut all = 0;
    for (place, (path, source)) in files.iter().zip(&checked.file.sources).enumerate() {
        let id = u32::try_from(place).map(SourceId).ok();
        // What the loader proposes is a guess at what was meant; a lint's fix changes no meaning.
        let of_file = |finding: &&Finding| {
            Some(finding.diagnostic.source) == id && finding.code.starts_with('L')
        };
        let (text, applied) = mend(&source.text, checked.findings.iter().filter(of_file));
        if applied > 0 {
            rule_files::write(path, &text)?;
        }
        all += applied;
    }
    Ok(all)
}

fn report(checked: &Checked, output: Output) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    let text = output.format().write(checked, out.is_terminal());
    match out.write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    let errors = checked.count(Level::Error);
    eprintln!(
        "{} rules: {errors} errors, {} warnings, {} hints",
        checked.file.rules.len(),
        checked.count(Level::Warning),
        checked.count(Level::Hint)
    );
    Ok(if errors > 0 {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

//! `tapir check`: says what is wrong with rules, or doubtful.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ValueEnum, ValueHint};
use tapir_lint::{Checked, Finding, Format, Level, Selection, Surroundings, check_within, mend};
use tapir_rules::side::{Classifications, References};
use tapir_rules::{LoadOptions, Source, SourceId};

use crate::commands::rule_files;
use crate::standard_output::print;
use crate::{Failure, configuration};

/// Fixes are applied at most so many times over: each time a file is read and written whole.
const MAX_ROUNDS: usize = 16;

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
  tapir check -c /etc/suricata/suricata.yaml local.rules
      Also look for variables, classes and references that this configuration lacks.

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

    /// The configuration that the rules run with, for their variables, classes and references
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,

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
    let surroundings = match &args.config {
        Some(path) => surroundings(path).map_err(|Failure(message)| message)?,
        None => Surroundings::default(),
    };
    let files = rule_files::below(&args.paths)?;
    let check = || -> Result<Checked, String> {
        let sources = rule_files::read(&files)?;
        Ok(check_within(sources, &options, &selection, &surroundings))
    };
    let mut checked = check()?;
    if !args.fix {
        return Ok(checked);
    }
    let mut all = 0;
    // Of two fixes that overlap one waits, and one may make room for another.
    for _ in 0..MAX_ROUNDS {
        let applied = write_fixes(&files, &checked)?;
        if applied == 0 {
            break;
        }
        all += applied;
        checked = check()?;
    }
    eprintln!("{all} fixed");
    Ok(checked)
}

/// What rules may refer to where they run with a configuration.
fn surroundings(path: &Path) -> Result<Surroundings, Failure> {
    let root = configuration::from_file(path)?.root;
    let mut surroundings = Surroundings::default();
    let groups = ["vars.address-groups", "vars.port-groups"];
    let names = groups.iter().filter_map(|group| root.get(group));
    surroundings.variables = Some(
        names
            .flat_map(|group| group.entries())
            .map(|(name, _)| name.to_owned())
            .collect(),
    );
    let side = |key: &str| -> Result<Option<Source>, Failure> {
        let Some(file) = root.get(key).and_then(|node| node.text()) else {
            return Ok(None);
        };
        match std::fs::read(file) {
            Ok(text) => Ok(Some(Source::new(file, text))),
            // What comes with Tapir stands in for it, as when the rules run.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{file}: {error}").into()),
        }
    };
    if let Some(source) = side("classification-file")? {
        surroundings.classes = Classifications::parse(&source).0;
    }
    if let Some(source) = side("reference-config-file")? {
        surroundings.references = References::parse(&source).0;
    }
    Ok(surroundings)
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
    print(output.format().write(checked, io::stdout().is_terminal()))?;
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

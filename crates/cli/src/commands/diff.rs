//! `tapir diff`: what is different between two sets of rules.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueHint;
use serde_json::{Value, json};
use tapir_rules::{Aspect, Difference, LoadOptions, RuleFile, differences, load};

use crate::Failure;
use crate::args::ColorArg;
use crate::commands::rule_files;
use crate::inspection::use_colour;

const EXAMPLES: &str = "\
Examples:
  tapir diff emerging-old.rules emerging-new.rules
      Rules that came, went, changed, were enabled or disabled; of a changed rule, what changed in it.
  tapir diff --json old/ new/
      The same for programs, of all files that end in `.rules` below two folders.
  tapir diff --sid 2019401 old/ new/
      Of one rule only.

Rules are compared by their numbers and by what they mean: spelling and order do not count, unless --spelling is given.

Exit status: 0 no difference, 1 at least one, 2 wrong usage or a file that cannot be read.";

/// Options of `tapir diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct DiffArgs {
    /// The old rules: a file, or a folder with files that end in `.rules`
    #[arg(value_hint = ValueHint::AnyPath)]
    old: PathBuf,

    /// The new rules
    #[arg(value_hint = ValueHint::AnyPath)]
    new: PathBuf,

    /// Only rules with these numbers
    #[arg(long, value_name = "SID", value_delimiter = ',')]
    sid: Vec<u32>,

    /// Tell of rules that are written otherwise and mean the same, too
    #[arg(long)]
    spelling: bool,

    /// As an array of objects
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &DiffArgs) -> Result<ExitCode, Failure> {
    // Two sets of tens of thousands of rules: each is read by a thread of its own.
    let (old, new) = std::thread::scope(|scope| {
        let old = scope.spawn(|| rules(&args.old));
        let new = rules(&args.new);
        let old = old.join();
        (
            old.unwrap_or_else(|_| Err("the old rules could not be read".into())),
            new,
        )
    });
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(message), _) | (_, Err(message)) => {
            eprintln!("error: {message}");
            return Ok(ExitCode::from(2));
        }
    };
    let mut found = differences(&old, &new, args.spelling);
    if args.old.is_file() && args.new.is_file() {
        // Of two files one is the other's successor, whatever they are called.
        for difference in &mut found {
            difference.aspects.retain(|aspect| *aspect != Aspect::Moved);
        }
        found.retain(|one| one.old.is_none() || one.new.is_none() || !one.aspects.is_empty());
    }
    found.retain(|difference| args.sid.is_empty() || args.sid.contains(&difference.sid));
    if args.json {
        let all: Vec<Value> = found.iter().map(object).collect();
        rule_files::print(format!("{:#}\n", Value::from(all)).as_bytes())?;
    } else {
        let colour = use_colour(ColorArg::Auto, &io::stdout());
        let mut out: String = found.iter().map(|one| text(one, colour)).collect();
        out.push_str(&summary(&found));
        rule_files::print(out.as_bytes())?;
    }
    Ok(match found.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// The rules of a path, those commented out too; mistakes are for `tapir check` to tell.
fn rules(path: &PathBuf) -> Result<RuleFile, String> {
    let files = rule_files::below(std::slice::from_ref(path))?;
    let mut sources = rule_files::read(&files)?;
    // In two folders, files of one name are the same file.
    let of_folder = format!("{}/", path.display());
    for source in &mut sources {
        let name = match source.name.strip_prefix(&*of_folder) {
            Some(below) => Some(below.into()),
            None => path.file_name().map(|name| name.to_string_lossy().into()),
        };
        source.name = name.unwrap_or_else(|| source.name.clone());
    }
    let options = LoadOptions {
        disabled: true,
        ..LoadOptions::default()
    };
    let file = load(sources, &options);
    if file.refused > 0 {
        let (refused, path) = (file.refused, path.display());
        eprintln!(
            "warning: {refused} rules of {path} cannot be read and do not count; `tapir check {path}` says why"
        );
    }
    Ok(file)
}

/// What became of the rule, in a word, and the mark and colour for it.
fn fate(difference: &Difference) -> (&'static str, char, &'static str) {
    let has = |wanted: Aspect| difference.aspects.contains(&wanted);
    match (&difference.old, &difference.new) {
        (None, _) => ("added", '+', "\x1b[32m"),
        (_, None) => ("removed", '-', "\x1b[31m"),
        _ if difference.is_changed() => ("changed", '~', "\x1b[33m"),
        _ if has(Aspect::Enabled) => ("enabled", '^', "\x1b[32m"),
        _ if has(Aspect::Disabled) => ("disabled", '#', "\x1b[31m"),
        _ => ("moved", '>', "\x1b[36m"),
    }
}

fn text(difference: &Difference, colour: bool) -> String {
    let (_, mark, on) = fate(difference);
    let (on, off) = if colour { (on, "\x1b[0m") } else { ("", "") };
    let place = difference.new.as_ref().or(difference.old.as_ref());
    let (file_name, line_number) = place.map_or(("", 0), |(name, line)| (name, *line));
    let mut out = format!(
        "{on}{mark} {}:{}{off}  {}  ({file_name}:{line_number})\n",
        difference.gid, difference.sid, difference.msg
    );
    let mut line = |text: String| {
        let _ = writeln!(out, "    {text}");
    };
    for aspect in &difference.aspects {
        match aspect {
            Aspect::Enabled => line("enabled".into()),
            Aspect::Disabled => line("disabled".into()),
            Aspect::Moved => line(format!(
                "file {} -> {}",
                file(&difference.old),
                file(&difference.new)
            )),
            Aspect::Revision(old, new) => line(format!("rev {old} -> {new}")),
            Aspect::Message(old, new) | Aspect::Header(old, new) => {
                line(format!("- {old}"));
                line(format!("+ {new}"));
            }
            Aspect::Options(gone, come) | Aspect::Metadata(gone, come) => {
                gone.iter().for_each(|option| line(format!("- {option}")));
                come.iter().for_each(|option| line(format!("+ {option}")));
            }
            Aspect::Order => line("options in another order".into()),
            Aspect::Spelling => line("another spelling".into()),
        }
    }
    out
}

fn file(place: &Option<(String, u32)>) -> &str {
    place.as_ref().map_or("", |(name, _)| name)
}

fn summary(found: &[Difference]) -> String {
    let count = |word: &str| found.iter().filter(|one| fate(one).0 == word).count();
    let words = [
        "added", "removed", "changed", "enabled", "disabled", "moved",
    ];
    let counts: Vec<String> = words
        .iter()
        .map(|word| (count(word), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match counts.is_empty() {
        true => "no difference\n".into(),
        false => format!("{}\n", counts.join(", ")),
    }
}

fn object(difference: &Difference) -> Value {
    let place = |place: &Option<(String, u32)>| {
        place
            .as_ref()
            .map(|(file, line)| json!({"file": file, "line": line}))
    };
    let aspects: Vec<Value> = difference.aspects.iter().map(aspect).collect();
    json!({
        "gid": difference.gid,
        "sid": difference.sid,
        "msg": difference.msg,
        "what": fate(difference).0,
        "old": place(&difference.old),
        "new": place(&difference.new),
        "changes": aspects,
    })
}

fn aspect(aspect: &Aspect) -> Value {
    match aspect {
        Aspect::Enabled => json!({"what": "enabled"}),
        Aspect::Disabled => json!({"what": "disabled"}),
        Aspect::Moved => json!({"what": "file"}),
        Aspect::Revision(old, new) => json!({"what": "rev", "old": old, "new": new}),
        Aspect::Message(old, new) => json!({"what": "msg", "old": old, "new": new}),
        Aspect::Header(old, new) => json!({"what": "header", "old": old, "new": new}),
        Aspect::Options(gone, come) => json!({"what": "options", "removed": gone, "added": come}),
        Aspect::Metadata(gone, come) => json!({"what": "metadata", "removed": gone, "added": come}),
        Aspect::Order => json!({"what": "order"}),
        Aspect::Spelling => json!({"what": "spelling"}),
    }
}

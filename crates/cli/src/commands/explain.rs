//! `tapir explain`: why a rule alerted on a capture, or did not.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use tapir_engine::Replay;
use tapir_explain::{Explanation, Query, Sid, Standing, explain, summarise};

use super::replayed::{Replayed, ReplayedArgs};
use crate::Failure;
use crate::inspection::use_colour;
use crate::standard_output::print;

const EXAMPLES: &str = "\
Examples:
  tapir explain --sid 3000101 -r web-attacks.pcap
      How far one of the built-in rules came, and which of its options failed first.
  tapir explain --sid 2019401,2019402 -r capture.pcap -S emerging.rules
      Two rules of a file.
  tapir explain --sid 1 --flow 1234 --all -r capture.pcap -S local.rules
      Every attempt of a rule in one flow, by its flow_id in eve.json.
  tapir explain -r capture.pcap -S local.rules
      How far each rule came, a line each.

The rule is tried by the engine itself; where the prefilter would not have asked for it, it is tried past the
prefilter, which is said.

Exit status: 0 explained, 1 a rule is not loaded or a capture not readable, 2 wrong usage.";

/// Options of `tapir explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// The rules, by sid or gid:sid; without any, how far each rule came
    #[arg(long, value_name = "[GID:]SID", value_delimiter = ',', value_parser = read_sid)]
    sid: Vec<Sid>,

    /// Only this flow, by its flow_id
    #[arg(long, value_name = "ID")]
    flow: Option<u64>,

    /// Only this packet, by its number in the capture
    #[arg(long, value_name = "N")]
    packet: Option<u64>,

    /// Every attempt, not only where the rule came furthest
    #[arg(long)]
    all: bool,

    /// As JSON
    #[arg(long)]
    json: bool,

    /// What is replayed.
    #[command(flatten)]
    replayed: ReplayedArgs,
}

fn read_sid(text: &str) -> Result<Sid, String> {
    let number = |text: &str| {
        let read = text.trim().parse();
        read.map_err(|_| format!("`{text}` is no number; a rule is named as 2019401 or 1:2019401"))
    };
    Ok(match text.split_once(':') {
        Some((gid, sid)) => Sid {
            gid: Some(number(gid)?),
            sid: number(sid)?,
        },
        None => Sid {
            gid: None,
            sid: number(text)?,
        },
    })
}

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let replayed = args.replayed.load(true)?;
    if args.sid.is_empty() {
        return summary(args, &replayed);
    }
    let query = Query {
        sids: args.sid.clone(),
        flow: args.flow,
        packet: args.packet,
        all: args.all,
    };
    let colour = use_colour(args.replayed.color, &std::io::stdout());
    let mut all: Vec<Value> = Vec::new();
    let mut is_loaded = true;
    for replay in &replayed.replays {
        let Some(explanation) = one(&replayed, replay, &query)? else {
            continue;
        };
        is_loaded &= explanation
            .rules
            .iter()
            .all(|rule| matches!(rule.standing(), Standing::Alerted | Standing::Silent));
        let name = replay.files.first().map(|file| file.display().to_string());
        if args.json {
            all.push(json!({ "capture": name, "rules": explanation.json() }));
            continue;
        }
        if replayed.replays.len() > 1 {
            print(format!("== {}\n", name.unwrap_or_default()))?;
        }
        print(explanation.text(colour))?;
    }
    if args.json {
        print(format!("{:#}\n", Value::from(all)))?;
    }
    Ok(replayed.status(is_loaded))
}

fn one(
    replayed: &Replayed,
    replay: &Replay,
    query: &Query,
) -> Result<Option<Explanation>, Failure> {
    let (settings, rules) = (Arc::clone(&replayed.settings), Arc::clone(&replayed.rules));
    replayed.run(1, |progress, trouble| {
        explain(settings, rules, replay, query, progress, trouble)
    })
}

fn summary(args: &ExplainArgs, replayed: &Replayed) -> Result<ExitCode, Failure> {
    let files = replayed.replays.iter().flat_map(|replay| &replay.files);
    let replay = Replay {
        files: files.map(|file| Path::new(file).to_owned()).collect(),
        ..replayed.replays.first().cloned().unwrap_or_default()
    };
    let (settings, rules) = (Arc::clone(&replayed.settings), Arc::clone(&replayed.rules));
    let summary = replayed.run(replay.files.len(), |progress, trouble| {
        summarise(settings, rules, &replay, progress, trouble)
    })?;
    let Some(summary) = summary else {
        return Ok(replayed.status(false));
    };
    match args.json {
        true => print(format!("{:#}\n", summary.json()))?,
        false => print(summary.text())?,
    }
    Ok(replayed.status(true))
}

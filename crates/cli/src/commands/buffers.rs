//! `tapir buffers`: what the sticky buffers of a capture hold.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use tapir_explain::{BufferQuery, watch};
use tapir_protocols::AppProto;

use super::replayed::ReplayedArgs;
use crate::Failure;
use crate::standard_output::print;

const EXAMPLES: &str = "\
Examples:
  tapir buffers -r capture.pcap
      Every sticky buffer and field of every transaction, as rules see them, ready to paste into a content.
  tapir buffers -r capture.pcap --proto http --flow 1234
      Only one flow, by its flow_id in eve.json, where it is HTTP.
  tapir buffers -r capture.pcap --json | jq '.[].transactions[].values[\"http.uri\"]'
      For programs.

Exit status: 0 fine, 1 a capture is not readable, 2 wrong usage.";

/// Options of `tapir buffers`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct BuffersArgs {
    /// Only transactions of this application protocol
    #[arg(long, value_name = "NAME", value_parser = read_proto)]
    proto: Option<AppProto>,

    /// Only this flow, by its flow_id
    #[arg(long, value_name = "ID")]
    flow: Option<u64>,

    /// As JSON
    #[arg(long)]
    json: bool,

    /// What is replayed.
    #[command(flatten)]
    replayed: ReplayedArgs,
}

fn read_proto(name: &str) -> Result<AppProto, String> {
    AppProto::from_name(name)
        .ok_or_else(|| format!("no protocol is named `{name}`; `tapir list protocols` names all"))
}

/// Runs the command.
pub(crate) fn run(args: &BuffersArgs) -> Result<ExitCode, Failure> {
    let replayed = args.replayed.load(false)?;
    let query = BufferQuery {
        proto: args.proto,
        flow: args.flow,
    };
    let mut all: Vec<Value> = Vec::new();
    for replay in &replayed.replays {
        let (settings, rules) = (Arc::clone(&replayed.settings), Arc::clone(&replayed.rules));
        let buffers = replayed.run(1, |progress, trouble| {
            watch(settings, rules, replay, &query, progress, trouble)
        })?;
        let Some(buffers) = buffers else {
            continue;
        };
        let name = replay.files.first().map(|file| file.display().to_string());
        if args.json {
            all.push(json!({ "capture": name, "transactions": buffers.json() }));
            continue;
        }
        if replayed.replays.len() > 1 {
            print(format!("== {}\n", name.unwrap_or_default()))?;
        }
        match buffers.is_empty() {
            true => print(
                "No transactions: no flow was recognised as an application protocol that has them.\n",
            )?,
            false => print(buffers.text())?,
        }
    }
    if args.json {
        print(format!("{:#}\n", Value::from(all)))?;
    }
    Ok(replayed.status(true))
}

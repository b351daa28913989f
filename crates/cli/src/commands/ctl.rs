//! `tapir ctl`: commands to a running Tapir, over its control socket.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueHint;
use serde_json::{Map, Value};
use tapir_config::Config;
use tapir_control::{Client, DEFAULT_PATH, Reply, path_of};

use super::profile::ViewArgs;
use crate::Failure;
use crate::standard_output::print;

const EXAMPLES: &str = "\
Examples:
  tapir ctl reload
      Load the rules anew; the old ones serve until the new ones are ready.
  tapir ctl profile on; sleep 60; tapir ctl profile show; tapir ctl profile off
      What rules cost in a minute of live traffic.
  tapir ctl -c tapir.yaml stats | jq .decoder.pkts
      Counters, from the Tapir that runs with this configuration.
  tapir ctl dataset-add blocked ipv4 192.0.2.7
      What rules with `dataset:isset,blocked` look for, from now on.
  tapir ctl iface-stat eth0
      Any command of suricatasc: `tapir ctl command-list` names them.

The socket is there when the configuration has `unix-command: {enabled: yes}`; suricatasc can use it, too.
docs/control.md describes the commands.

Exit status: 0 done, 1 refused or nobody listens, 2 wrong usage.";

/// Options of `tapir ctl`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CtlArgs {
    /// The socket
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    socket: Option<PathBuf>,

    /// The configuration that names the socket
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "socket")]
    config: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    command: CtlCommand,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum CtlCommand {
    /// Load the rules anew and wait until they are in force
    Reload,
    /// Show all counters
    Stats,
    /// End the run; what was captured is inspected and written
    Shutdown,
    /// Take times of rules while it runs
    Profile {
        /// Begin anew, show what was measured so far, or end
        #[arg(value_enum)]
        action: Action,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Which rows.
        #[command(flatten)]
        view: ViewArgs,
    },
    /// Another command, with its arguments in order or as NAME=VALUE
    #[command(external_subcommand)]
    Other(Vec<String>),
}

/// What is done about times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Action {
    /// Begin to take times
    On,
    /// Take no more
    Off,
    /// Show what was measured
    Show,
}

/// The arguments of commands, in the order in which they are given. Those that are not text say what they are.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("conf-get", &["variable"]),
    ("dataset-add", DATA_VALUE),
    (
        "dataset-add-json",
        &["setname", "settype", "datavalue", "datajson"],
    ),
    ("dataset-clear", &["setname", "settype"]),
    ("dataset-lookup", DATA_VALUE),
    ("dataset-remove", DATA_VALUE),
    ("iface-stat", &["iface"]),
    ("memcap-show", &["config"]),
    ("pcap-file", PCAP_FILE),
    ("pcap-file-continuous", PCAP_FILE),
    ("profile", &["action"]),
];

const DATA_VALUE: &[&str] = &["setname", "settype", "datavalue"];

const PCAP_FILE: &[&str] = &[
    "filename",
    "output-dir",
    "tenant",
    "continuous",
    "delete-when-done",
];
/// Parameters whose values are numbers, or yes and no.
const TYPED: [&str; 3] = ["tenant", "continuous", "delete-when-done"];

/// Runs the command.
pub(crate) fn run(args: &CtlArgs) -> Result<ExitCode, Failure> {
    let (command, arguments) = match request(&args.command) {
        Ok(request) => request,
        Err(message) => {
            eprintln!("error: {message}");
            return Ok(ExitCode::from(2));
        }
    };
    let path = socket(args)?;
    let mut client = Client::connect(&path).map_err(|error| {
        format!(
            "{error}\n  Is a tapir running with `unix-command: {{enabled: yes}}`? --socket says where it listens."
        )
    })?;
    match client.ask(&command, arguments)? {
        Reply::Done(Value::String(text)) => print(format!("{}\n", text.trim_end()))?,
        Reply::Done(message) => print(format!("{message:#}\n"))?,
        Reply::Refused(message) => {
            let text = message.as_str().map(str::to_owned);
            eprintln!(
                "error: {command}: {}",
                text.unwrap_or_else(|| message.to_string())
            );
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn socket(args: &CtlArgs) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.socket {
        return Ok(path.clone());
    }
    let Some(config) = &args.config else {
        return Ok(Path::new(DEFAULT_PATH).to_owned());
    };
    let config = Config::load(config)?;
    let name = config.root.text_at("unix-command.filename", DEFAULT_PATH);
    Ok(path_of(name))
}

/// The command as the socket knows it, and its arguments.
fn request(command: &CtlCommand) -> Result<(String, Map<String, Value>), String> {
    let plain = |name: &str| Ok((name.to_owned(), Map::new()));
    match command {
        CtlCommand::Reload => plain("reload-rules"),
        CtlCommand::Stats => plain("dump-counters"),
        CtlCommand::Shutdown => plain("shutdown"),
        CtlCommand::Profile { action, json, view } => {
            let mut arguments = Map::new();
            let mut put = |name: &str, value: Value| drop(arguments.insert(name.to_owned(), value));
            match action {
                Action::On => put("action", "on".into()),
                Action::Off => put("action", "off".into()),
                Action::Show => {
                    let view = view.view(*json);
                    put("action", "show".into());
                    put("sort", view.sort.name().into());
                    put("top", view.top.unwrap_or(0).into());
                    put("format", if *json { "json" } else { "text" }.into());
                }
            }
            Ok(("profile".to_owned(), arguments))
        }
        CtlCommand::Other(words) => {
            let (name, words) = words.split_first().ok_or("a command is missing")?;
            Ok((name.clone(), named(name, words)?))
        }
    }
}

/// Arguments by their names.
fn named(command: &str, words: &[String]) -> Result<Map<String, Value>, String> {
    let known = PARAMETERS.iter().find(|(name, _)| *name == command);
    let mut parameters = known.map_or(&[][..], |(_, parameters)| parameters).iter();
    let mut arguments = Map::new();
    for word in words {
        let (name, value) = match (parameters.next(), word.split_once('=')) {
            (Some(name), _) => (*name, word.as_str()),
            (None, Some(pair)) => pair,
            (None, None) => {
                return Err(format!("`{word}`: {command} takes no more arguments"));
            }
        };
        let text = || Value::from(value);
        let value = match TYPED.contains(&name) {
            true => serde_json::from_str(value).unwrap_or_else(|_| text()),
            false => text(),
        };
        arguments.insert(name.to_owned(), value);
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_get_their_names() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        let of = |command: &str, text: &str| named(command, &words(text)).map(Value::Object);
        assert_eq!(of("iface-stat", "eth0"), Ok(json!({ "iface": "eth0" })));
        assert_eq!(
            of("pcap-file", "a=b.pcap out 0 false true"),
            Ok(json!({
                "filename": "a=b.pcap", "output-dir": "out", "tenant": 0, "continuous": false, "delete-when-done": true
            }))
        );
        assert_eq!(of("other", "a=1"), Ok(json!({ "a": "1" })));
        assert!(of("iface-stat", "eth0 eth1").is_err());
    }
}

//! `tapir lsp`: the language server for rules.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tapir_capture::CaptureFile;
use tapir_engine::{LoadedRules, RuleSources, Settings};
use tapir_explain::{Query, Sid, explain_capture};
use tapir_lsp::{Trial, serve_stdio};

use crate::Failure;
use crate::args::Args;
use crate::configuration::{configuration, run_options};

const EXAMPLES: &str = "\
An editor starts it and talks to it over standard input and output: diagnostics as you type, completion, what a word
means, who sets a flowbit, numbers that two rules have, fixes, formatting, and rules tried on a capture that a comment
above them names:

  # tapir: pcap captures/login.pcap
  alert tcp any any -> any 80 (msg:\"Login\"; content:\"login\"; sid:1; rev:1;)

`editors/` has an extension for VS Code, and lines for Neovim and Helix.

Exit status: 0 when the client said goodbye, 1 when it left without.";

/// Options of `tapir lsp`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct LspArgs {
    /// Accepted for editors that say so: standard input and output are the only way
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Runs the command.
pub(crate) fn run(_: &LspArgs) -> Result<ExitCode, Failure> {
    let orderly =
        serve_stdio(Box::new(try_rule)).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(match orderly {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// Tries a rule on a capture, with the built-in configuration.
fn try_rule(rule: &str, capture: &Path) -> Result<Trial, String> {
    let mut args = <Args as clap::Parser>::parse_from(["tapir"]);
    args.rules.disable_detection = true;
    let found = configuration(&args).map_err(|Failure(message)| message)?;
    let settings = Settings::new(
        &found.config.root,
        &run_options(&args, &found.config, false),
    );
    let settings = Arc::new(settings.map_err(|error| error.to_string())?);
    let sources = RuleSources {
        texts: vec![("the rule".into(), rule.as_bytes().to_vec())],
        keeps_trees: true,
        ..RuleSources::default()
    };
    let rules = LoadedRules::load(&sources, &settings, None).map_err(|error| error.to_string())?;
    let all = tapir_rules::load(
        vec![tapir_rules::Source::new("the rule", rule.as_bytes())],
        &tapir_rules::LoadOptions::default(),
    );
    let sid = all.rules.first().map(|rule| rule.sid);
    let sid = sid.ok_or("the rule cannot be loaded")?;
    let file = CaptureFile::open(capture).map_err(|error| error.to_string())?;
    let query = Query {
        sids: vec![Sid { gid: None, sid }],
        ..Query::default()
    };
    let told = explain_capture(settings, Arc::new(rules), file, &query)
        .map_err(|error| error.to_string())?;
    Ok(Trial {
        alerts: told.rules.iter().map(|rule| rule.alerts()).sum(),
        explanation: told.text(false),
    })
}

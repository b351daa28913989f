//! Requests that come through the control socket, attended to between two batches.

mod captures;
mod data_sets;
mod profile;
mod rules;
mod state;

use serde_json::{Map, Value, json};
use tapir_control::{Reply, Request, Server};

use crate::EngineError;
use crate::engine::Engine;
use crate::rings::Rings;
use crate::settings::Settings;

pub(crate) use captures::{CaptureQueue, Job};
pub(crate) use profile::Timing;

/// What a command needs: the engine, the rings if there are such, and its arguments.
type Answering = fn(&mut Engine, Option<&mut Rings>, &Map<String, Value>) -> Reply;

/// The commands, by name. Those of Suricata have its names, arguments and answers.
const COMMANDS: &[(&str, Answering)] = &[
    ("shutdown", shutdown),
    ("command-list", command_list),
    ("help", command_list),
    ("version", version),
    ("uptime", state::uptime),
    ("running-mode", state::running_mode),
    ("capture-mode", state::capture_mode),
    ("conf-get", state::conf_get),
    ("dump-counters", state::dump_counters),
    ("iface-list", state::iface_list),
    ("iface-stat", state::iface_stat),
    ("memcap-list", state::memcap_list),
    ("memcap-show", state::memcap_show),
    ("reload-rules", rules::reload),
    ("ruleset-reload-rules", rules::reload),
    ("ruleset-reload-nonblocking", rules::reload_later),
    ("ruleset-reload-time", rules::reload_time),
    ("ruleset-stats", rules::stats),
    ("ruleset-failed-rules", rules::failed),
    ("reopen-log-files", reopen),
    ("dataset-add", data_sets::add),
    ("dataset-add-json", data_sets::add_json),
    ("dataset-remove", data_sets::remove),
    ("dataset-lookup", data_sets::look_up),
    ("dataset-clear", data_sets::clear),
    ("dataset-dump", data_sets::dump),
    ("profile", profile::profile),
];

/// Opens the socket that the configuration asks for.
///
/// # Errors
/// When it cannot be had, and there is to be no run without it.
pub(crate) fn open(settings: &Settings) -> Result<Option<Server>, EngineError> {
    let Some(control) = &settings.control else {
        return Ok(None);
    };
    match Server::open(&control.path) {
        Ok(server) => {
            tracing::info!("commands are taken at {}", server.path().display());
            Ok(Some(server))
        }
        Err(error) if control.required => Err(EngineError::Control(error)),
        Err(error) => {
            tracing::error!("no commands are taken: {error}");
            Ok(None)
        }
    }
}

impl Engine {
    /// Answers the requests that wait.
    pub(crate) fn attend_to_requests(&mut self, mut rings: Option<&mut Rings>) {
        while let Some(request) = self.control.as_ref().and_then(Server::next) {
            let reply = self.reply(&request, rings.as_deref_mut());
            request.answer(reply);
        }
    }

    /// What is said to a request.
    pub(crate) fn reply(&mut self, request: &Request, rings: Option<&mut Rings>) -> Reply {
        let mut known = self.commands();
        match known.find(|(name, _)| *name == request.command) {
            Some((_, answer)) => answer(self, rings, &request.arguments),
            None => Reply::refused("Unknown command"),
        }
    }
}

impl Engine {
    /// The commands that there are in this run.
    fn commands(&self) -> impl Iterator<Item = &'static (&'static str, Answering)> + use<> {
        let of_queue = match self.queue {
            Some(_) => captures::COMMANDS,
            None => &[],
        };
        COMMANDS.iter().chain(of_queue)
    }
}

fn shutdown(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    engine.signals().stop();
    Reply::done("Closing Tapir")
}

fn command_list(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    let names: Vec<&str> = engine.commands().map(|(name, _)| *name).collect();
    Reply::done(json!({ "count": names.len(), "commands": names }))
}

fn version(_: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    Reply::done(concat!("Tapir ", env!("CARGO_PKG_VERSION")))
}

fn reopen(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    engine.reopen();
    Reply::done("done")
}

/// An argument that is text; what to say when it is not there.
fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Result<&'a str, Reply> {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| Reply::refused(format!("{name} is not a string")))
}

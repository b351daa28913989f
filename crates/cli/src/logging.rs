//! What the engine says of itself: to standard error, and to the files and the console
//! as `logging:` of the configuration says.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tapir_config::Node;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// The target of lines about rules: standard error shows those with their text underlined instead.
pub(crate) const RULES: &str = "detect";

/// The target of lines about files beside the rules, which standard error shows in the same way.
pub(crate) const BESIDE: &str = "config";

/// The target of lines about what ends the run: standard error shows those anyhow.
pub(crate) const RUN: &str = "suricata";

/// Where a configuration lets log files and lines on the console go.
pub(crate) struct Places<'a> {
    /// The configuration.
    pub(crate) root: &'a Node,
    /// Folder of the logs, where files are written.
    pub(crate) log_dir: Option<&'a Path>,
    /// Whether standard output is free for lines, as nothing else is written there.
    pub(crate) free_stdout: bool,
}

/// Starts logging. Standard error gets warnings, more with `-v`, less with `-q`. Says whether mistakes in rules are told
/// there as lines.
pub(crate) fn start(verbose: u8, quiet: bool, places: &Places<'_>) -> bool {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let mut logs = log_files(places, verbose);
    // People at a terminal are shown the text underlined; others read lines.
    let lines = places.log_dir.is_some() && !std::io::stderr().is_terminal();
    let console = console(places, verbose, quiet).filter(|_| lines);
    let told_as_lines = console.is_some();
    let shown = match console {
        Some(console) => {
            logs.push(console);
            EnvFilter::new("off")
        }
        None => EnvFilter::try_from_env("TAPIR_LOG").unwrap_or_else(|_| {
            EnvFilter::new(format!("{level},{RULES}=off,{BESIDE}=off,{RUN}=off"))
        }),
    };
    let console = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_filter(shown);
    tracing_subscriber::registry()
        .with(logs)
        .with(console)
        .init();
    if verbose > 0 {
        let name = match verbose {
            1 => "Info",
            2 => "Perf",
            3 => "Config",
            _ => "Debug",
        };
        tracing::info!(target: RUN, "Running with verbose level {name}");
    }
    told_as_lines
}

/// The level of a log: that of its own, or of the configuration, or what `-v` asks for.
fn level(options: Option<&Node>, root: &Node, verbose: u8) -> Level {
    let general = root.text_at("logging.default-log-level", "notice");
    let text = options.map_or(general, |options| options.text_at("level", general));
    let configured = match text {
        "error" => Level::ERROR,
        "warning" | "notice" if options.is_none() => Level::WARN,
        "warning" => Level::WARN,
        "debug" | "config" | "perf" => Level::DEBUG,
        _ => Level::INFO,
    };
    let asked = match verbose {
        0 => Level::ERROR,
        1 => Level::INFO,
        _ => Level::DEBUG,
    };
    configured.max(asked)
}

/// Lines on the console, as `logging.outputs` asks for them, or does not say otherwise.
fn console(places: &Places<'_>, verbose: u8, quiet: bool) -> Option<Log> {
    let outputs = places.root.get("logging.outputs").map(Node::items);
    let named = |name: &str| {
        let outputs = outputs.iter().flatten();
        let mut found = outputs.filter_map(|output| output.named());
        found
            .find(|(kind, _)| *kind == name)
            .and_then(|(_, options)| options)
    };
    let options = named("console");
    let enabled = |options: Option<&Node>| {
        options.is_some_and(|options| options.bool_at("enabled", false).unwrap_or(false))
    };
    let anything = enabled(options) || enabled(named("file")) || enabled(named("syslog"));
    if anything && !enabled(options) {
        return None;
    }
    let level = match quiet {
        true => Level::ERROR,
        false => level(None, places.root, verbose),
    };
    Some(Log {
        to: To::Console {
            free_stdout: places.free_stdout,
        },
        level,
        json: options.is_some_and(|options| options.text_at("type", "") == "json"),
    })
}

fn log_files(places: &Places<'_>, verbose: u8) -> Vec<Log> {
    let mut files = Vec::new();
    let Some(log_dir) = places.log_dir else {
        return files;
    };
    for output in places
        .root
        .get("logging.outputs")
        .map(Node::items)
        .unwrap_or_default()
    {
        let Some(("file", Some(options))) = output.named() else {
            continue;
        };
        if !options.bool_at("enabled", false).unwrap_or(false) {
            continue;
        }
        let path = log_dir.join(options.text_at("filename", "tapir.log"));
        // A log that cannot be written is no reason not to inspect.
        let file = match File::options().create(true).append(true).open(&path) {
            Ok(file) => file,
            Err(error) => {
                eprintln!("warning: {}: {error}", path.display());
                continue;
            }
        };
        files.push(Log {
            to: To::File(Mutex::new(file)),
            level: level(Some(options), places.root, verbose),
            json: options.text_at("type", "") == "json",
        });
    }
    files
}

/// Where lines go.
enum To {
    File(Mutex<File>),
    /// Errors to standard error, others to standard output where that is free.
    Console {
        free_stdout: bool,
    },
}

/// A log of the engine: a line an event, as text or JSON.
struct Log {
    to: To,
    level: Level,
    json: bool,
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > self.level {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let word = match level {
            Level::ERROR => "Error",
            Level::WARN => "Warning",
            Level::INFO => "Info",
            _ => "Config",
        };
        let module = event
            .metadata()
            .target()
            .rsplit("::")
            .next()
            .unwrap_or_default();
        let line = self.line(word, module, message.0);
        // There is nowhere left to say that saying failed.
        let _ = match &self.to {
            To::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.write_all(line.as_bytes())
            }
            // What ends the run is on standard error already.
            To::Console { .. } if event.metadata().target() == RUN && level == Level::ERROR => {
                Ok(())
            }
            To::Console { free_stdout: true } if level != Level::ERROR => {
                std::io::stdout().write_all(line.as_bytes())
            }
            To::Console { .. } => std::io::stderr().write_all(line.as_bytes()),
        };
    }
}

impl Log {
    fn line(&self, word: &str, module: &str, message: String) -> String {
        if !self.json && matches!(self.to, To::Console { .. }) {
            return format!("{word}: {module}: {message}\n");
        }
        let mut now = Vec::new();
        tapir_output::LocalTime::system().push_iso(&mut now, wall_clock());
        let now = String::from_utf8_lossy(&now);
        if self.json {
            let message = serde_json::Value::from(message);
            format!(
                "{{\"timestamp\":\"{now}\",\"log_level\":\"{word}\",\"event_type\":\"engine\",\
                 \"engine\":{{\"message\":{message},\"module\":\"{module}\"}}}}\n"
            )
        } else {
            let process = std::process::id();
            format!("[{process}] {now} {word}: {module}: {message}\n")
        }
    }
}

fn wall_clock() -> tapir_packet::Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    tapir_packet::Timestamp::new(since.as_secs(), since.subsec_nanos())
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

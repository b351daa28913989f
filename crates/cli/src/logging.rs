//! What the engine says of itself: to standard error, and to the files that `logging:` of the configuration
//! names.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
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

/// Starts logging. Standard error gets warnings, more with `-v`, less with `-q`.
pub(crate) fn start(
    verbose: u8,
    quiet: bool,
    root: Option<&Node>,
    log_dir: &Path,
) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_env("TAPIR_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},{RULES}=off")));
    let console = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_filter(filter);
    let (files, failed) = match root {
        Some(root) => log_files(root, log_dir),
        None => (Vec::new(), Vec::new()),
    };
    tracing_subscriber::registry()
        .with(files)
        .with(console)
        .init();
    for failure in failed {
        tracing::warn!("no log there: {failure}");
    }
}

/// The log files of the configuration, and those that cannot be opened: an engine without a log still inspects.
fn log_files(root: &Node, log_dir: &Path) -> (Vec<LogFile>, Vec<String>) {
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for output in root
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
        let file = match File::options().create(true).append(true).open(&path) {
            Ok(file) => file,
            Err(e) => {
                failed.push(format!("{}: {e}", path.display()));
                continue;
            }
        };
        let level =
            match options.text_at("level", root.text_at("logging.default-log-level", "notice")) {
                "error" => Level::ERROR,
                "warning" => Level::WARN,
                "debug" | "config" | "perf" => Level::DEBUG,
                _ => Level::INFO,
            };
        files.push(LogFile {
            file: Mutex::new(file),
            level,
            json: options.text_at("type", "") == "json",
        });
    }
    (files, failed)
}

/// A log file of the engine: a line an event, as text or JSON.
struct LogFile {
    file: Mutex<File>,
    level: Level,
    json: bool,
}

impl<S: Subscriber> Layer<S> for LogFile {
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
        let mut now = Vec::new();
        tapir_output::LocalTime::system().push_iso(&mut now, wall_clock());
        let now = String::from_utf8_lossy(&now);
        let line = if self.json {
            let message = serde_json::Value::from(message.0);
            format!(
                "{{\"timestamp\":\"{now}\",\"log_level\":\"{word}\",\"event_type\":\"engine\",\
                 \"engine\":{{\"message\":{message},\"module\":\"{module}\"}}}}\n"
            )
        } else {
            format!(
                "[{}] {now} {word}: {module}: {}\n",
                std::process::id(),
                message.0
            )
        };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere left to say that saying failed.
        let _ = file.write_all(line.as_bytes());
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

//! Cases in the layout of suricata-verify: a folder with `test.yaml`, a capture, rules.
//!
//! Each is run as an operator would: the binary with the arguments of the case. Its checks look at what that wrote.
//! What would take a shell or Python is refused.

mod check;
mod filter;
mod requires;
mod yaml;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::expect::Alerts;
use crate::outcome::{Failure, Outcome, Verdict};
use crate::side_by_side::side_by_side;
use check::Output;

/// How folders are run.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The binary.
    pub binary: PathBuf,
    /// The configuration of cases that have none of their own. Its folder is what cases call `${SRCDIR}`.
    pub config: Option<PathBuf>,
    /// Where the folders with what cases write are kept; they are removed otherwise.
    pub keep: Option<PathBuf>,
    /// How long a run may take.
    pub patience: Duration,
    /// How many run at once.
    pub jobs: usize,
}

/// Runs folders, and tells of each as it is done.
pub fn verify(
    folders: &[PathBuf],
    how: &Verification,
    done: impl Fn(&Outcome) + Sync,
) -> Vec<Outcome> {
    side_by_side(folders, how.jobs, |folder| {
        let outcome = outcome(folder, how);
        done(&outcome);
        outcome
    })
}

/// Why a case has no plain answer.
enum Stop {
    /// It does not apply here, or asks for what is not done.
    Skip(String),
    /// It cannot be run.
    Broken(String),
}

fn outcome(folder: &Path, how: &Verification) -> Outcome {
    let begin = Instant::now();
    let verdict = match verdict(folder, how) {
        Ok(verdict) => verdict,
        Err(Stop::Skip(why)) => Verdict::Skipped(why),
        Err(Stop::Broken(why)) => Verdict::Broken(why),
    };
    Outcome {
        file: folder.join("test.yaml"),
        line: 1,
        name: folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        verdict,
        alerts: Alerts::new(),
        time: begin.elapsed(),
    }
}

fn verdict(folder: &Path, how: &Verification) -> Result<Verdict, Stop> {
    let broken = |error: &dyn std::fmt::Display| Stop::Broken(error.to_string());
    let folder = &folder.canonicalize().map_err(|error| broken(&error))?;
    let path = folder.join("test.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| broken(&error))?;
    let name = path.display().to_string();
    let spec = yaml::read(&name, &text).map_err(|error| broken(&error))?;
    if let Some(why) = inapplicable(&spec) {
        return Err(Stop::Skip(why));
    }
    let written = Written::new(folder, how).map_err(|error| broken(&error))?;
    let words = command_line(&spec, folder, &written.folder, how)?;
    let times = spec
        .get("count")
        .and_then(Value::as_u64)
        .unwrap_or(1)
        .clamp(1, 100);
    for _ in 0..times {
        let wanted = spec.get("exit-code").and_then(Value::as_i64).unwrap_or(0);
        let environment = Environment {
            spec: &spec,
            case: folder,
            written: &written.folder,
        };
        if let Some(failure) =
            run(&words, &environment, how, wanted).map_err(|error| broken(&error))?
        {
            return Ok(Verdict::Failed(vec![failure]));
        }
    }
    let checks = spec.get("checks").and_then(Value::as_array);
    let checks = checks.map(Vec::as_slice).unwrap_or_default();
    let mut checked = Output::new(folder, &written.folder).check(checks);
    if spec.get("pre-check").is_some() {
        checked
            .refused
            .push("a shell prepares its checks".to_owned());
    }
    Ok(
        match (checked.failures.is_empty(), checked.refused.first()) {
            (false, _) => Verdict::Failed(checked.failures),
            (true, Some(why)) => Verdict::Skipped(format!("{why}; {} checks hold", checked.held)),
            (true, None) => Verdict::Passed,
        },
    )
}

/// Why a case is not run.
fn inapplicable(spec: &Value) -> Option<String> {
    if let Some(why) = requires::unmet(spec.get("requires")) {
        return Some(why);
    }
    let skips = spec
        .get("skip")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for skip in skips {
        let feature = skip.get("feature").and_then(Value::as_str);
        if feature.is_some_and(requires::has_feature) {
            let why = skip.get("msg").and_then(Value::as_str);
            return Some(why.unwrap_or("it is to be skipped").to_owned());
        }
    }
    [
        ("command", "it is a command of a shell"),
        ("setup", "a shell prepares it"),
        ("unix-commands", "it speaks to a control socket"),
    ]
    .into_iter()
    .find(|(key, _)| spec.get(*key).is_some())
    .map(|(_, why)| why.to_owned())
}

/// The folder that a run writes to.
struct Written {
    folder: PathBuf,
    is_kept: bool,
}

impl Written {
    fn new(case: &Path, how: &Verification) -> std::io::Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = match &how.keep {
            Some(keep) => {
                let mut parts: Vec<_> = case
                    .iter()
                    .rev()
                    .take(2)
                    .map(|it| it.to_string_lossy())
                    .collect();
                parts.reverse();
                std::fs::create_dir_all(keep)?;
                keep.canonicalize()?.join(parts.join("+"))
            }
            None => {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("tapir-test-{}-{number}", std::process::id());
                std::env::temp_dir().join(name)
            }
        };
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            is_kept: how.keep.is_some(),
        })
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left over in a folder for temporary files does no harm.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The arguments that a case is run with.
fn command_line(
    spec: &Value,
    case: &Path,
    written: &Path,
    how: &Verification,
) -> Result<Vec<String>, Stop> {
    let shown = |path: &Path| path.display().to_string();
    let mut words: Vec<String> = Vec::new();
    for line in spec
        .get("args")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        words.extend(
            line.as_str()
                .unwrap_or_default()
                .split(char::is_whitespace)
                .map(str::to_owned),
        );
    }
    words.retain(|word| !word.is_empty());
    let own = case.join("suricata.yaml");
    let config = if own.exists() {
        Some(own)
    } else {
        how.config.clone()
    };
    if let Some(source) = source(how) {
        for (key, file) in [
            ("classification-file", "etc/classification.config"),
            ("reference-config-file", "etc/reference.config"),
        ] {
            let file = source.join(file);
            if file.exists() {
                words.extend(["--set".to_owned(), format!("{key}={}", shown(&file))]);
            }
        }
    }
    words.extend([
        "--init-errors-fatal".to_owned(),
        "-l".to_owned(),
        shown(written),
    ]);
    if case
        .file_name()
        .is_some_and(|name| name.to_string_lossy().contains("ips"))
    {
        words.push("--simulate-ips".to_owned());
    }
    if let Some(config) = config {
        words.extend(["-c".to_owned(), shown(&config)]);
    }
    if let Some(capture) = capture(spec, case)? {
        words.extend(["-r".to_owned(), shown(&capture)]);
    }
    words.extend(rules(spec, case));
    let source = source(how).unwrap_or_default();
    let values = [
        ("SRCDIR", shown(&source)),
        ("TEST_DIR", shown(case)),
        ("OUTPUT_DIR", shown(written)),
    ];
    Ok(words
        .into_iter()
        .map(|word| substituted(word, &values))
        .collect())
}

/// The folder that cases call `${SRCDIR}`.
fn source(how: &Verification) -> Option<PathBuf> {
    let config = how.config.as_ref()?.canonicalize().ok()?;
    config.parent().map(Path::to_owned)
}

fn substituted(mut word: String, values: &[(&str, String)]) -> String {
    for (name, value) in values {
        word = word
            .replace(&format!("${{{name}}}"), value)
            .replace(&format!("${name}"), value);
    }
    word
}

/// The capture of a case; nothing where it needs none.
fn capture(spec: &Value, case: &Path) -> Result<Option<PathBuf>, Stop> {
    let named = match spec.get("pcap") {
        Some(Value::String(name)) if !name.is_empty() => Some(name),
        _ => None,
    };
    if let Some(name) = named {
        let path = case.join(name).canonicalize();
        return path
            .map(Some)
            .map_err(|_| Stop::Skip(format!("the capture {name} is not here")));
    }
    if let Some(first) = files(case, &["pcap", "pcapng"]).into_iter().next() {
        return Ok(Some(first));
    }
    let required = spec.get("requires").and_then(|it| it.get("pcap"));
    let needs_none = required == Some(&Value::Bool(false)) || spec.get("pcap").is_some();
    match needs_none {
        true => Ok(None),
        false => Err(Stop::Skip("it has no capture".to_owned())),
    }
}

/// The arguments that name the rules of a case.
fn rules(spec: &Value, case: &Path) -> Vec<String> {
    let files = match spec.get("rules") {
        Some(Value::String(name)) if !name.is_empty() => {
            let path = case.join(name);
            vec![path.canonicalize().unwrap_or(path)]
        }
        Some(_) => Vec::new(),
        None => files(case, &["rules"]),
    };
    let without = || vec!["--disable-detection".to_owned()];
    let Some((first, others)) = files.split_first() else {
        return without();
    };
    let name = first
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let shown = first.display().to_string();
    if name.ends_with("firewall.rules") {
        let mut words = vec!["--firewall-rules-exclusive".to_owned(), shown];
        for other in others {
            words.extend(["-S".to_owned(), other.display().to_string()]);
        }
        return words;
    }
    let least = name
        .strip_prefix("min")
        .and_then(|it| it.strip_suffix(".rules"));
    if least.is_some_and(|least| requires::is_later(&requires::version(least))) {
        return without();
    }
    vec!["-S".to_owned(), shown]
}

/// Files of a folder that end so, in the order of their names.
fn files(folder: &Path, ends: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|end| ends.iter().any(|it| end == *it))
        })
        .collect();
    // All `pcap` before all `pcapng`.
    found.sort_by_key(|path| {
        let end = path.extension().unwrap_or_default();
        (ends.iter().position(|it| end == *it), path.clone())
    });
    found
}

/// Where and with what a case is run.
struct Environment<'c> {
    spec: &'c Value,
    case: &'c Path,
    written: &'c Path,
}

/// Runs the binary; says what is wrong with its exit.
fn run(
    words: &[String],
    environment: &Environment<'_>,
    how: &Verification,
    wanted: i64,
) -> std::io::Result<Option<Failure>> {
    let file = |name: &str| File::create(environment.written.join(name));
    let mut command = Command::new(&how.binary);
    command
        .args(words)
        .current_dir(environment.case)
        .env("TZ", "UTC")
        .env("SRCDIR", source(how).unwrap_or_default())
        .env("TEST_DIR", environment.case)
        .env("OUTPUT_DIR", environment.written)
        .stdin(Stdio::null())
        .stdout(file("stdout")?)
        .stderr(file("stderr")?);
    let own = environment.spec.get("env").and_then(Value::as_object);
    for (name, value) in own.into_iter().flatten() {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        command.env(name, text);
    }
    let expected = format!("exit status {wanted}");
    let Some(code) = wait(command.spawn()?, how.patience)? else {
        let found = format!("no end after {} s", how.patience.as_secs());
        return Ok(Some(Failure {
            expected,
            found,
            ..Failure::default()
        }));
    };
    if i64::from(code) == wanted {
        return Ok(None);
    }
    let said = std::fs::read(environment.written.join("stderr")).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    let found = format!("exit status {code}: {}", last.join(" / "));
    Ok(Some(Failure {
        expected,
        found,
        ..Failure::default()
    }))
}

/// Waits for a process, and ends it when it takes too long.
fn wait(mut child: Child, patience: Duration) -> std::io::Result<Option<i32>> {
    let begin = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            // What a signal ended has no status.
            return Ok(Some(status.code().unwrap_or(-1)));
        }
        if begin.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

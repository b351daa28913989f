//! Inspecting packets: a replay, an interface, or a test of configuration and rules.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tapir_capture::CaptureError;
use tapir_config::Config;
use tapir_engine::{
    Engine, LoadedRules, Replay, RuleSources, RunOptions, Settings, Signals, Trouble, Watch,
    write_analysis,
};
use tapir_output::config::{CsvConfig, Destination, EveConfig, EveTypes, FastConfig, TextConfig};
use tapir_output::{OutputConfig, SinkConfig};

use crate::Failure;
use crate::args::{AlertForm, Args, CaptureMethod, ColorArg};
use crate::configuration::{Configuration, alert_form, configuration, run_options};
use crate::progress::Bar;
use crate::{logging, report};

/// What to do once everything is loaded.
enum Source {
    Files(Vec<PathBuf>),
    Interfaces(Vec<String>),
    /// What clients of the control socket name.
    Socket,
}

/// Runs what the command line asks for.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let source = source(args)?;
    let only_checks = args.config.test || args.config.dump_config || args.rules.engine_analysis;
    if source.is_none() && !only_checks {
        // The words are those that scripts around Suricata look for.
        eprintln!(
            "error: Please specify a runmode or capture option. Use --list-runmodes to see available runmodes."
        );
        eprintln!(
            "       tapir -r capture.pcap replays a capture, tapir -i eth0 watches an interface; see tapir --help"
        );
        return Ok(ExitCode::FAILURE);
    }
    let Configuration {
        config,
        sources,
        writes_files,
    } = configuration(args)?;
    let told_as_lines = start_logging(args, &config, writes_files);
    if args.config.dump_config {
        print!("{}", config.root);
        return Ok(ExitCode::SUCCESS);
    }
    let live = matches!(source, Some(Source::Interfaces(_)));
    let mut settings = Settings::new(&config.root, &run_options(args, &config, live))?;
    if !matches!(source, Some(Source::Socket)) {
        settings.outputs = outputs(args, settings.outputs.clone(), writes_files);
    }
    if matches!(&source, Some(Source::Files(files)) if files.len() > 1) {
        name_captures(&mut settings.outputs);
    }
    let rules = load(args, &sources, &settings, &config, told_as_lines)?;
    let strict_failure =
        args.rules.strict && (rules.report.refused > 0 || !rules.report.missing.is_empty());
    if args.config.test {
        println!("rules: {}", rules.report.totals());
    }
    if strict_failure {
        report::strict_failure(&rules.report);
        return Ok(ExitCode::FAILURE);
    }
    if args.config.test && rules.report.is_broken_beside() {
        return Ok(ExitCode::FAILURE);
    }
    if args.rules.engine_analysis {
        write_analysis(&rules, &settings)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(source) = source.filter(|_| !args.config.test) else {
        return Ok(ExitCode::SUCCESS);
    };
    let _pidfile = args.run.pidfile.clone().map(PidFile::write).transpose()?;
    let make = match source {
        Source::Socket => Engine::on_call,
        _ => Engine::new,
    };
    let engine = make(Arc::new(settings), sources, rules, Signals::listen()?)?;
    match source {
        Source::Socket => Ok(serve(args, engine, &config)),
        Source::Files(files) => replay(args, engine, files),
        Source::Interfaces(interfaces) => watch(args, engine, interfaces),
    }
}

/// Log files go where the other logs do, and only when those are written.
fn start_logging(args: &Args, config: &Config, writes_files: bool) -> bool {
    let folder = args.output.log_dir.clone();
    let folder =
        folder.unwrap_or_else(|| PathBuf::from(config.root.text_at("default-log-dir", ".")));
    let places = logging::Places {
        root: &config.root,
        log_dir: (writes_files && folder.is_dir()).then_some(folder.as_path()),
        free_stdout: alert_form(args, writes_files) == AlertForm::None && !args.config.dump_config,
    };
    logging::start(args.output.verbose, args.output.quiet, &places)
}

fn source(args: &Args) -> Result<Option<Source>, Failure> {
    let input = &args.input;
    let mut files = Vec::new();
    for path in input.read.iter().chain(&input.pcap_dir) {
        files.extend(tapir_capture::expand(path)?);
    }
    for list in &input.pcap_list {
        for path in tapir_capture::read_list(list)? {
            files.extend(tapir_capture::expand(&path)?);
        }
    }
    let replays =
        !(input.read.is_empty() && input.pcap_dir.is_empty() && input.pcap_list.is_empty());
    let named = input
        .af_packet
        .iter()
        .chain(&input.pcap)
        .filter(|name| !name.is_empty());
    let interfaces: Vec<String> = input.interface.iter().chain(named).cloned().collect();
    if input.unix_socket.is_some() {
        return match (replays, interfaces.is_empty()) {
            (false, true) => Ok(Some(Source::Socket)),
            _ => Err(Failure(
                "--unix-socket takes captures from clients: leave out -r and -i".to_owned(),
            )),
        };
    }
    match (replays, interfaces.is_empty()) {
        (true, false) => Err(Failure(
            "captures and interfaces at once: choose -r or -i".to_owned(),
        )),
        (true, true) => Ok(Some(Source::Files(files))),
        (false, false) => Ok(Some(Source::Interfaces(interfaces))),
        (false, true) => Ok(None),
    }
}

fn load(
    args: &Args,
    sources: &RuleSources,
    settings: &Settings,
    config: &Config,
    told_as_lines: bool,
) -> Result<LoadedRules, Failure> {
    let rules = LoadedRules::load(sources, settings, None)?;
    for key in config.root.unread() {
        tracing::debug!("configuration: no use for {key}");
    }
    if !told_as_lines {
        let colour = use_colour(args.output.color, &std::io::stderr());
        report::mistakes(&rules.report, colour, args.output.quiet);
    }
    report::log(&rules.report);
    report::left_out(&rules.report, args.output.quiet);
    Ok(rules)
}

/// The outputs of the configuration where files are to be written, and what `-A` asks for.
fn outputs(args: &Args, configured: OutputConfig, writes_files: bool) -> OutputConfig {
    let mut outputs = configured;
    if !writes_files {
        outputs.sinks.clear();
    }
    let colour = use_colour(args.output.color, &std::io::stdout());
    let stdout = Destination::Stdout;
    let sink = match alert_form(args, writes_files) {
        AlertForm::None => return outputs,
        AlertForm::Console => SinkConfig::Fast(FastConfig {
            destination: stdout,
            colour,
            ..FastConfig::default()
        }),
        AlertForm::Fast => SinkConfig::Fast(FastConfig {
            destination: stdout,
            ..FastConfig::default()
        }),
        AlertForm::Full => SinkConfig::Full(TextConfig {
            destination: stdout,
        }),
        AlertForm::Cmg => SinkConfig::Cmg(TextConfig {
            destination: stdout,
        }),
        AlertForm::Csv => SinkConfig::Csv(CsvConfig {
            destination: stdout,
            ..CsvConfig::default()
        }),
        AlertForm::Json => SinkConfig::Eve(Box::new(EveConfig {
            destination: stdout,
            pcap_file: true,
            types: EveTypes::usual(),
            ..EveConfig::default()
        })),
    };
    outputs.sinks.push(sink);
    outputs
}

/// Packet numbers begin anew with each of several captures: their records have to say which one they mean.
fn name_captures(outputs: &mut OutputConfig) {
    for sink in &mut outputs.sinks {
        if let SinkConfig::Eve(eve) = sink {
            eve.pcap_file = true;
        }
    }
}

/// Whether to colour what goes to a stream.
pub(crate) fn use_colour(choice: ColorArg, stream: &impl std::io::IsTerminal) -> bool {
    match choice {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}

fn filter(args: &Args) -> Result<Option<String>, Failure> {
    let words = args.input.bpf.join(" ");
    let text = match &args.input.bpf_file {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?
        }
        None => words,
    };
    let text: Vec<&str> = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .collect();
    let text = text.join(" ").trim().to_owned();
    Ok((!text.is_empty()).then_some(text))
}

fn replay(args: &Args, mut engine: Engine, files: Vec<PathBuf>) -> Result<ExitCode, Failure> {
    let count = files.len();
    let replay = Replay {
        files,
        continuous: args.input.pcap_continuous,
        filter: filter(args)?,
        count: args.input.count,
    };
    let bar = std::cell::RefCell::new(Bar::new(count, args.output.quiet));
    let mut failed = false;
    engine.replay(
        &replay,
        |progress| bar.borrow_mut().show(progress),
        |path, trouble| match trouble {
            Trouble::Unreadable(CaptureError::NotACapture { .. })
                if !stands_for_itself(args, path) =>
            {
                tracing::info!("{}: passed over, as it is no capture", path.display());
            }
            Trouble::Unreadable(error) => {
                failed = true;
                bar.borrow().say(&format!("error: {error}"));
            }
            Trouble::Cut(how) => bar
                .borrow()
                .say(&format!("warning: {}: {how}", path.display())),
        },
    )?;
    bar.into_inner().finish();
    finish(args, engine);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether a file was asked for: by name, or by lying in a folder under a capture's name. What else lies in a
/// folder of captures (notes, rules) is passed over when it turns out to be none.
fn stands_for_itself(args: &Args, path: &Path) -> bool {
    const ENDINGS: [&str; 7] = ["pcap", "pcapng", "cap", "dmp", "ntar", "snoop", "trace"];
    const COMPRESSED: [&str; 5] = ["gz", "zst", "lz4", "xz", "bz2"];
    if args.input.read.iter().any(|named| named == path) || !args.input.pcap_list.is_empty() {
        return true;
    }
    let mut name = path.to_owned();
    if name
        .extension()
        .is_some_and(|e| COMPRESSED.iter().any(|known| e.eq_ignore_ascii_case(known)))
    {
        name.set_extension("");
    }
    name.extension()
        .is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

fn watch(args: &Args, mut engine: Engine, interfaces: Vec<String>) -> Result<ExitCode, Failure> {
    let input = &args.input;
    let rings = match input.capture {
        _ if input.pcap.is_some() => Some(false),
        _ if input.af_packet.is_some() => Some(true),
        CaptureMethod::Auto => None,
        CaptureMethod::AfPacket => Some(true),
        CaptureMethod::Pcap => Some(false),
    };
    let buffer_size = input
        .buffer_size
        .as_deref()
        .map(|text| {
            tapir_config::parse_size(text)
                .ok_or_else(|| format!("--buffer-size: `{text}` is no size such as 64mb"))
        })
        .transpose()?;
    let names = interfaces.join(", ");
    let watch = Watch {
        interfaces,
        rings,
        snaplen: input.snaplen,
        promiscuous: !input.no_promiscuous,
        buffer_size,
        filter: filter(args)?,
        count: input.count,
    };
    let quiet = args.output.quiet;
    engine.watch(&watch, || {
        if !quiet {
            eprintln!("watching {names}; interrupt to stop");
        }
    })?;
    finish(args, engine);
    Ok(ExitCode::SUCCESS)
}

/// Replays what clients of the control socket name, each into a folder of its own.
fn serve(args: &Args, mut engine: Engine, config: &Config) -> ExitCode {
    let outputs = |folder: &Path| {
        let options = RunOptions {
            log_dir: Some(folder.to_owned()),
            ..run_options(args, config, false)
        };
        Settings::new(&config.root, &options).map(|settings| settings.outputs)
    };
    let quiet = args.output.quiet;
    engine.serve(outputs, || {
        if !quiet {
            eprintln!("waiting for captures; interrupt to stop");
        }
    });
    drop(engine.finish());
    ExitCode::SUCCESS
}

fn finish(args: &Args, engine: Engine) {
    let summary = engine.finish();
    if !args.output.quiet {
        eprint!("{}", summary.render());
    }
}

/// A file with the process id, removed at the end.
struct PidFile(PathBuf);

impl PidFile {
    fn write(path: PathBuf) -> Result<Self, Failure> {
        std::fs::write(&path, format!("{}\n", std::process::id()))
            .map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // The run is over; if the file is gone already, so much the better.
        let _ = std::fs::remove_file(&self.0);
    }
}

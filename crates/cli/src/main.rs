//! The `tapir` binary: reads the command line, runs what it asks for, and turns the result into an exit code.
#![forbid(unsafe_code)]

mod args;
mod configuration;
mod information;
mod inspection;
mod progress;
mod report;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Something went wrong; it was or is to be said.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    start_logging(args.output.verbose, args.output.quiet);
    match run(args) {
        Ok(code) => code,
        Err(Failure(message)) => {
            // A configuration error comes with its place and underlining, and says `error` itself.
            if message.contains("error: ") {
                eprintln!("{message}");
            } else {
                eprintln!("error: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Some(Command::Completions { shell }) => {
            clap_complete::generate(*shell, &mut Args::command(), "tapir", &mut std::io::stdout());
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Man) => {
            clap_mangen::Man::new(Args::command()).render(&mut std::io::stdout())?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    if information::tell(&args) {
        return Ok(ExitCode::SUCCESS);
    }
    inspection::run(&args)
}

/// What the engine says of itself goes to standard error: warnings, more with `-v`, less with `-q`.
fn start_logging(verbose: u8, quiet: bool) {
    use tracing_subscriber::EnvFilter;
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_env("TAPIR_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
}

//! The `tapir` binary: reads the command line, runs what it asks for, and turns the result into an exit code.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod configuration;
mod information;
mod inspection;
mod logging;
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
    match run(args) {
        Ok(code) => code,
        Err(Failure(message)) => {
            let first = message.lines().next().unwrap_or_default();
            tracing::error!(target: logging::RUN, "{}", first);
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
        Some(Command::Check(args)) => return commands::check::run(args),
        Some(Command::Ctl(args)) => return commands::ctl::run(args),
        Some(Command::Explain(args)) => return commands::explain::run(args),
        Some(Command::Buffers(args)) => return commands::buffers::run(args),
        Some(Command::Fmt(args)) => return commands::fmt::run(args),
        Some(Command::Convert(args)) => return commands::convert::run(args),
        Some(Command::Diff(args)) => return commands::diff::run(args),
        Some(Command::List(args)) => return commands::list::run(args),
        Some(Command::Profile(args)) => return commands::profile::run(args),
        Some(Command::Test(args)) => return commands::test::run(args),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(
                *shell,
                &mut Args::command(),
                "tapir",
                &mut std::io::stdout(),
            );
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

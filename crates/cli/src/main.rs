//! The `tapir` binary: reads the command line, and turns results into exit codes.

mod args;

use clap::Parser;

fn main() {
    let _args = args::Args::parse();
}

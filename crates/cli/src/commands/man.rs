//! `tapir man`: the manual pages, made from the definition of the command line.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::Failure;
use crate::args::Args;

/// Writes the page of a command, of Tapir itself, or all of them into a folder.
pub(crate) fn run(command: Option<&str>, dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut all = Args::command();
    // Gives commands their whole names: `tapir check`.
    all.build();
    if let Some(dir) = dir {
        std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        clap_mangen::generate_to(all, dir)?;
        return Ok(ExitCode::SUCCESS);
    }
    let page = match command {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let names = all.get_subcommands().map(clap::Command::get_name);
                let names: Vec<_> = names.filter(|name| *name != "help").collect();
                eprintln!(
                    "error: there is no command `{name}`; there are {}",
                    names.join(", ")
                );
                return Ok(ExitCode::from(2));
            }
        },
    };
    Man::new(page).render(&mut io::stdout())?;
    Ok(ExitCode::SUCCESS)
}

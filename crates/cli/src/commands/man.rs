//! `tapir man`: the manual pages, made from the definition of the command line.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::Failure;
use crate::args::Args;
use crate::standard_output::print;

/// Writes the page of a command, of Tapir itself, or all of them into a folder.
pub(crate) fn run(command: Option<&str>, dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut all = Args::command();
    // Gives commands their whole names: `tapir check`.
    all.build();
    if let Some(dir) = dir {
        write_all(&all, dir)?;
        return Ok(ExitCode::SUCCESS);
    }
    let page = match command {
        None => &all,
        Some(name) => match all.find_subcommand(name) {
            Some(command) => command,
            None => {
                let names: Vec<_> = commands(&all).map(clap::Command::get_name).collect();
                eprintln!(
                    "error: there is no command `{name}`; there are {}",
                    names.join(", ")
                );
                return Ok(ExitCode::from(2));
            }
        },
    };
    let mut text = Vec::new();
    manual(page).render(&mut text)?;
    print(text)?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(all: &clap::Command, dir: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    for page in std::iter::once(all).chain(commands(all)) {
        let manual = manual(page);
        let path = dir.join(manual.get_filename());
        let mut text = Vec::new();
        manual.render(&mut text)?;
        std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// The commands that have a page of their own.
fn commands(all: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    all.get_subcommands()
        .filter(|command| command.get_name() != "help")
}

/// The page of a command; its foot names the version of Tapir.
fn manual(command: &clap::Command) -> Man {
    Man::new(command.clone()).source(concat!("tapir ", env!("CARGO_PKG_VERSION")))
}

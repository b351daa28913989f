//! What pages show on a console is what the commands print. `UPDATE_DOCS=1` writes it anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project;

/// A page with the output below each command of its blocks `console`.
fn with_output(page: &str) -> String {
    let mut out = String::new();
    let mut in_console = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_console = line == "```console";
        }
        let command = line.strip_prefix("$ ").filter(|_| in_console);
        if command.is_some() || !in_console || line.starts_with("```") {
            out.push_str(line);
            out.push('\n');
        }
        if let Some(command) = command {
            out.push_str(&run(command));
        }
    }
    out
}

/// What a command prints, on either stream.
fn run(command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_tapir")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(project(""))
        .env("PATH", path)
        .env("TZ", "UTC")
        .env("NO_COLOR", "1")
        .env_remove("TAPIR_LOG")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // How long it took is of that time.
    let is_time = |line: &str| line.ends_with(" s") && line.contains(" passed, ");
    let lines = text.lines().map(|line| match is_time(line) {
        true => line.split(" in ").next().unwrap(),
        false => line,
    });
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_tutorial_shows_what_the_commands_print() {
    let path = project("docs/rule-authors.md");
    let page = fs::read_to_string(&path).unwrap();
    let fresh = with_output(&page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, fresh).unwrap();
        return;
    }
    assert!(
        page == fresh,
        "write it anew: UPDATE_DOCS=1 cargo test -p tapir --test tapir docs\n{fresh}"
    );
}

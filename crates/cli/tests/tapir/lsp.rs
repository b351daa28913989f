//! The language server, asked by a client that others wrote: pytest-lsp, in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project;

const PACKAGES: [&str; 2] = ["pytest-lsp==1.0.1", "pytest==8.4.2"];

/// A Python with the client, made once below the folder of the build.
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lsp-client");
    let python = folder.join("bin/python");
    let has_client = |python: &Path| {
        let import = Command::new(python)
            .args(["-c", "import pytest_lsp"])
            .output();
        import.is_ok_and(|output| output.status.success())
    };
    if has_client(&python) {
        return Some(python);
    }
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: python3 with venv is not here");
        return None;
    }
    let installed = Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(PACKAGES)
        .output();
    if !installed.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: pytest-lsp could not be installed");
        return None;
    }
    Some(python)
}

#[test]
fn a_client_of_others_is_served() {
    let Some(python) = python() else {
        return;
    };
    let output = Command::new(python)
        .args([
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "asyncio_mode=auto",
        ])
        .arg(project("crates/lsp/tests/client"))
        .env("TAPIR", env!("CARGO_BIN_EXE_tapir"))
        .env("CAPTURE", project("pcaps/http-get.pcap"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

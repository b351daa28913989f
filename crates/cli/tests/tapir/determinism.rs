//! The same bytes out, whatever the number of workers.

use crate::{captures, stderr, tapir};

fn records(paths: &[std::path::PathBuf], workers: &str, more: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tapir();
    for path in paths {
        command.arg("-r").arg(path);
    }
    let output = command
        .args(["-q", "-w", workers, "-l"])
        .arg(folder.path())
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    (read("eve.json"), read("fast.log"))
}

#[test]
fn every_capture_with_one_two_and_five_workers() {
    for capture in captures() {
        let paths = [capture.clone()];
        let one = records(&paths, "1", &[]);
        assert!(!one.0.is_empty(), "{}: no records", capture.display());
        for workers in ["2", "5"] {
            assert!(
                records(&paths, workers, &[]) == one,
                "{} with {workers} workers",
                capture.display()
            );
        }
    }
}

#[test]
fn all_captures_as_one_long_input() {
    let paths = captures();
    let one = records(&paths, "1", &["--pcap-continuous"]);
    assert!(records(&paths, "3", &["--pcap-continuous"]) == one);
}

#[test]
fn prevention_is_as_deterministic() {
    let paths = captures();
    let one = records(&paths, "1", &["--simulate-ips"]);
    assert!(records(&paths, "4", &["--simulate-ips"]) == one);
}

//! An interface: traffic replayed on a veth pair alerts as the capture does. Network namespaces that the
//! test makes itself; where that is not permitted, it says that it skipped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{project, tapir};

/// A namespace with a veth pair, removed when dropped.
struct Namespace(String);

impl Namespace {
    fn new(name: &str) -> Option<Self> {
        let namespace = Self(format!("tapir-{name}-{}", std::process::id()));
        let made = run("ip", &["netns", "add", &namespace.0])
            && namespace.ip(&[
                "link", "add", "left", "type", "veth", "peer", "name", "right",
            ])
            && namespace.ip(&["link", "set", "left", "up"])
            && namespace.ip(&["link", "set", "right", "up"]);
        made.then_some(namespace)
    }

    fn ip(&self, args: &[&str]) -> bool {
        run("ip", &[&["-n", &self.0], args].concat())
    }

    fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        run("ip", &["netns", "del", &self.0]);
    }
}

fn run(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn signatures(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|line| {
            Some(
                line.split("[**] ")
                    .nth(1)?
                    .split(" [**]")
                    .next()?
                    .to_owned(),
            )
        })
        .collect();
    found.sort();
    found
}

/// Waits for the line that says that the interface is being watched.
fn wait_until_ready(child: &mut Child) -> BufReader<std::process::ChildStderr> {
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    let started = Instant::now();
    while !line.contains("watching") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "ended before it was ready"
        );
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "not ready in time"
        );
    }
    lines
}

fn alerts_live(method: &str) -> Option<Vec<String>> {
    if !run("tcpreplay", &["--version"]) {
        println!("SKIPPED: tcpreplay is not installed");
        return None;
    }
    let Some(namespace) = Namespace::new(method) else {
        println!("SKIPPED: network namespaces are not permitted here");
        return None;
    };
    let mut child = namespace
        .inside(env!("CARGO_BIN_EXE_tapir"))
        .args([
            "-i",
            "right",
            "-A",
            "fast",
            "-w",
            "2",
            "-k",
            "none",
            "--capture",
            method,
            "tcp",
        ])
        .env("TZ", "UTC")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = wait_until_ready(&mut child);
    let capture = project("pcaps/web-attacks.pcap");
    let sent = namespace
        .inside("tcpreplay")
        .args(["--quiet", "--pps", "2000", "-i", "left"])
        .arg(&capture)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(sent.success());
    // What was sent is in the ring by now, at the latest when its block times out.
    std::thread::sleep(Duration::from_millis(500));
    assert!(run("kill", &["-INT", &child.id().to_string()]));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let mut summary = String::new();
    std::io::Read::read_to_string(&mut told, &mut summary).unwrap();
    assert!(!summary.contains("dropped by the kernel"), "{summary}");
    Some(signatures(&String::from_utf8(output.stdout).unwrap()))
}

fn alerts_of_the_replay() -> Vec<String> {
    let output = tapir()
        .args(["-q", "-A", "fast", "-k", "none", "-r"])
        .arg(project("pcaps/web-attacks.pcap"))
        .arg("tcp")
        .output()
        .unwrap();
    signatures(&String::from_utf8(output.stdout).unwrap())
}

#[test]
fn rings_alert_as_the_replay_does() {
    if let Some(live) = alerts_live("af-packet") {
        assert_eq!(live, alerts_of_the_replay());
        assert!(!live.is_empty());
    }
}

#[test]
fn libpcap_alerts_as_the_replay_does() {
    if let Some(live) = alerts_live("pcap") {
        assert_eq!(live, alerts_of_the_replay());
        assert!(!live.is_empty());
    }
}

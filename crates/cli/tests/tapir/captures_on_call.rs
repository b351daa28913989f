//! `--unix-socket`: captures that clients name are replayed one after another, each into its folder.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::profile::without_times;
use crate::{project, tapir};

/// A tapir that waits for captures; ended when dropped.
struct OnCall {
    child: Child,
    socket: PathBuf,
}

impl OnCall {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let socket = folder.join("control");
        let mut child = tapir()
            .arg(format!("--unix-socket={}", socket.display()))
            .args(["-k", "none"])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap().contains("waiting for captures"));
        assert!(ready);
        // What else it says is to be read, or it would wait.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, socket }
    }

    fn ctl(&self, words: &[&str]) -> (bool, String) {
        let mut command = tapir();
        let output = command
            .args(["ctl", "--socket"])
            .arg(&self.socket)
            .args(words)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    /// Waits until a command says something.
    fn wait_for(&self, words: &[&str], expected: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.ctl(words).1 != expected {
            assert!(Instant::now() < until, "{words:?}: {}", self.ctl(words).1);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait_until_idle(&self) {
        self.wait_for(&["pcap-file-number"], "0\n");
        self.wait_for(&["pcap-current"], "None\n");
    }
}

impl Drop for OnCall {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// The records of a log without what differs from run to run.
fn alerts(log: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(log).unwrap();
    let records = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records
        .filter(|record| record["event_type"] == "alert")
        .collect()
}

fn folder(below: &Path, name: &str) -> String {
    let folder = below.join(name);
    std::fs::create_dir(&folder).unwrap();
    folder.display().to_string()
}

#[test]
fn each_capture_is_written_to_its_folder() {
    let top = tempfile::tempdir().unwrap();
    let mut server = OnCall::start(top.path(), &[]);
    let outputs = ["web", "echo"].map(|name| folder(top.path(), name));
    let captures = ["pcaps/web-attacks.pcap", "pcaps/icmp-echo.pcap"]
        .map(|name| project(name).canonicalize().unwrap().display().to_string());
    assert!(server.ctl(&["profile", "on"]).0);
    for (capture, output) in captures.iter().zip(&outputs) {
        let (done, said) = server.ctl(&["pcap-file", capture, output]);
        assert!(done, "{said}");
        assert_eq!(said, "Successfully added file to list\n");
    }
    server.wait_until_idle();
    for (capture, output) in captures.iter().zip(&outputs) {
        let alone = folder(
            top.path(),
            &format!("{}-alone", Path::new(output).file_name().unwrap().display()),
        );
        let replayed = tapir()
            .args(["-q", "-k", "none", "-r", capture, "-l", &alone])
            .output()
            .unwrap();
        assert!(replayed.status.success());
        let expected = alerts(&Path::new(&alone).join("eve.json"));
        assert!(!expected.is_empty());
        assert_eq!(alerts(&Path::new(output).join("eve.json")), expected);
    }
    let (_, profile) = server.ctl(&["profile", "show", "--json"]);
    let profile: serde_json::Value = serde_json::from_str(&profile).unwrap();
    assert_eq!(profile["frames"], 150 + 16);
    assert!(server.ctl(&["capture-mode"]).1.contains("UNIX_SOCKET"));
    assert!(server.ctl(&["shutdown"]).0);
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn folders_are_watched_until_interrupted() {
    let top = tempfile::tempdir().unwrap();
    let server = OnCall::start(top.path(), &[]);
    let (incoming, output) = (folder(top.path(), "incoming"), folder(top.path(), "out"));
    let (done, said) = server.ctl(&[
        "pcap-file-continuous",
        &incoming,
        &output,
        "0",
        "true",
        "true",
    ]);
    assert!(done, "{said}");
    server.wait_for(&["pcap-current"], &format!("{incoming}\n"));
    let capture = Path::new(&incoming).join("a.pcap");
    std::fs::copy(project("pcaps/icmp-echo.pcap"), &capture).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while capture.exists() {
        assert!(Instant::now() < until, "the capture is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(
        server.ctl(&["pcap-interrupt"]),
        (true, "Interrupted\n".to_owned())
    );
    server.wait_until_idle();
    assert!(!alerts(&Path::new(&output).join("eve.json")).is_empty());
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let top = tempfile::tempdir().unwrap();
    let server = OnCall::start(top.path(), &[]);
    let here = top.path().display().to_string();
    for words in [
        &["pcap-file", "/nowhere.pcap", &here][..],
        &["pcap-file", &here],
        &["pcap-file", &here, "/nowhere"],
        &["pcap-interrupt"],
    ] {
        let (done, said) = server.ctl(words);
        assert!(!done && said.starts_with("error: "), "{words:?}: {said}");
    }
    // A second one does not take the socket from the first.
    let second = tapir()
        .arg(format!("--unix-socket={}", server.socket.display()))
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process listens there"));
    assert!(server.ctl(&["uptime"]).0);
}

/// What several workers count together, switched on while they run, is what one counts.
#[test]
fn workers_count_together_what_one_counts() {
    let top = tempfile::tempdir().unwrap();
    let server = OnCall::start(top.path(), &["-w", "3"]);
    let capture = project("pcaps/web-attacks.pcap").canonicalize().unwrap();
    let capture = capture.display().to_string();
    for name in ["before", "timed"] {
        let output = folder(top.path(), name);
        assert!(server.ctl(&["pcap-file", &capture, &output]).0);
        server.wait_until_idle();
        assert!(server.ctl(&["profile", "on"]).0);
    }
    let (_, together) = server.ctl(&["profile", "show", "--json"]);
    let alone = tapir()
        .args(["profile", "-q", "--json", "-k", "none", "-r", &capture])
        .output()
        .unwrap();
    let together = without_times(serde_json::from_str(&together).unwrap());
    let alone = without_times(serde_json::from_slice(&alone.stdout).unwrap());
    for rows in ["frames", "rules", "buffers", "pattern_sets"] {
        assert_eq!(together[rows], alone[rows], "{rows}");
    }
    assert!(alone["rules"].as_array().is_some_and(|rows| rows.len() > 5));
}

#[test]
fn data_sets_are_asked_and_changed() {
    let below = tempfile::tempdir().unwrap();
    let (rules, list) = (below.path().join("a.rules"), below.path().join("hosts.lst"));
    std::fs::write(
        &rules,
        "alert icmp any any -> any any (msg:\"listed\"; itype:8; ip.src; dataset:isset,hosts,type ipv4,load hosts.lst; sid:1;)\n",
    )
    .unwrap();
    std::fs::write(&list, "192.0.2.1\n").unwrap();
    let tapir = OnCall::start(below.path(), &["-S", rules.to_str().unwrap()]);
    let capture = project("pcaps/icmp-echo.pcap").display().to_string();
    let alerts_now = |name: &str| {
        let logs = folder(below.path(), name);
        assert!(tapir.ctl(&["pcap-file", &capture, &logs]).0);
        tapir.wait_until_idle();
        alerts(&Path::new(&logs).join("eve.json"))
    };
    assert_eq!(alerts_now("before"), Vec::<serde_json::Value>::new());
    let host = "192.168.10.20";
    let of_set = |command: &'static str| vec![command, "hosts", "ipv4", host];
    assert!(!tapir.ctl(&of_set("dataset-lookup")).0);
    assert_eq!(
        tapir.ctl(&of_set("dataset-add")),
        (true, "data added\n".into())
    );
    assert_eq!(
        tapir.ctl(&of_set("dataset-add")),
        (true, "data already in set\n".into())
    );
    assert_eq!(
        tapir.ctl(&of_set("dataset-lookup")),
        (true, "item found in set\n".into())
    );
    let after = alerts_now("after");
    assert!(!after.is_empty() && after.iter().all(|it| it["src_ip"] == host));
    assert!(tapir.ctl(&of_set("dataset-remove")).0);
    assert!(!tapir.ctl(&of_set("dataset-remove")).0);
    assert!(
        tapir
            .ctl(&["dataset-lookup", "hosts", "ipv4", "192.0.2.1"])
            .0
    );
    assert!(tapir.ctl(&["dataset-clear", "hosts", "ipv4"]).0);
    assert!(
        !tapir
            .ctl(&["dataset-lookup", "hosts", "ipv4", "192.0.2.1"])
            .0
    );
    let (done, why) = tapir.ctl(&["dataset-add", "hosts", "md5", "aa"]);
    assert!(
        !done && why.contains("set not found or wrong type"),
        "{why}"
    );
    assert!(tapir.ctl(&["dataset-dump"]).0);
}

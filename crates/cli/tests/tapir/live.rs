//! An interface: traffic replayed on a veth pair alerts as the capture does. Network namespaces that the
//! test makes itself; where that is not permitted, it says that it skipped.

use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
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

/// The lines that a child says on standard error.
struct Told(Receiver<String>);

impl Told {
    fn by(child: &mut Child) -> Self {
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (say, told) = channel();
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .try_for_each(|line| say.send(line))
        });
        Self(told)
    }

    /// Waits for a line that has `words` in it.
    fn wait_for(&self, words: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        let mut said = String::new();
        while !said.contains(words) {
            let left = until.saturating_duration_since(Instant::now());
            match self.0.recv_timeout(left) {
                Ok(line) => said.extend([&*line, "\n"]),
                Err(why) => panic!("did not say \"{words}\" ({why}), but:\n{said}"),
            }
        }
    }
}

/// Whether the programs and the permissions are there that these tests need.
fn namespace(name: &str) -> Option<Namespace> {
    if !run("tcpreplay", &["--version"]) {
        println!("SKIPPED: tcpreplay is not installed");
        return None;
    }
    let made = Namespace::new(name);
    if made.is_none() {
        println!("SKIPPED: network namespaces are not permitted here");
    }
    made
}

/// The binary watching one end of the pair.
struct Watch {
    namespace: Namespace,
    child: Child,
    told: Told,
}

impl Watch {
    fn start(namespace: Namespace, args: &[&str]) -> Self {
        let mut child = namespace
            .inside(env!("CARGO_BIN_EXE_tapir"))
            .args(["-i", "right", "-k", "none"])
            .args(args)
            .env("TZ", "UTC")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Told::by(&mut child);
        told.wait_for("watching");
        Self {
            namespace,
            child,
            told,
        }
    }

    /// Sends a capture from the other end.
    fn send(&self, capture: &str) {
        let sent = self
            .namespace
            .inside("tcpreplay")
            .args(["--quiet", "--pps", "2000", "-i", "left"])
            .arg(project(capture))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(sent.success());
        // What was sent is in the ring by now, at the latest when its block times out.
        std::thread::sleep(Duration::from_millis(500));
    }

    /// Sends a command to its socket: whether it was done, and what was said.
    fn ctl(&self, socket: &std::path::Path, words: &[&str]) -> (bool, String) {
        let mut command = tapir();
        let output = command
            .args(["ctl", "--socket"])
            .arg(socket)
            .args(words)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    fn signal(&self, name: &str) {
        assert!(run("kill", &[name, &self.child.id().to_string()]));
    }

    /// Ends it with a signal: what it wrote to standard output, and what it said since it was ready.
    fn end(mut self, signal: &str) -> (String, String) {
        self.signal(signal);
        let mut written = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut written).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status:?}");
        let said: Vec<String> = self.told.0.iter().collect();
        (written, said.join("\n"))
    }
}

impl Drop for Watch {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

fn alerts_live(method: &str) -> Option<Vec<String>> {
    let args = ["-A", "fast", "-w", "2", "--capture", method, "tcp"];
    let watch = Watch::start(namespace(method)?, &args);
    watch.send("pcaps/web-attacks.pcap");
    let (alerts, summary) = watch.end("-INT");
    assert!(!summary.contains("dropped by the kernel"), "{summary}");
    Some(signatures(&alerts))
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

/// The sids in the alerts of an EVE log.
fn sids(log: &std::path::Path) -> Vec<u64> {
    let mut found: Vec<u64> = std::fs::read_to_string(log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["event_type"] == "alert")
        .filter_map(|record| record["alert"]["signature_id"].as_u64())
        .collect();
    found.dedup();
    found
}

#[test]
fn signals_reload_rules_and_reopen_logs() {
    let Some(namespace) = namespace("signals") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("test.rules");
    let rule =
        |sid: u32| format!("alert icmp any any -> any any (msg:\"echo\"; itype:8; sid:{sid};)\n");
    std::fs::write(&rules, rule(1)).unwrap();
    let (logs, rules_path) = (folder.path().to_str().unwrap(), rules.to_str().unwrap());
    // With alerts on standard output, what is said goes to standard error.
    let watch = Watch::start(namespace, &["-A", "fast", "-l", logs, "-S", rules_path]);
    watch.send("pcaps/icmp-echo.pcap");

    std::fs::write(&rules, rule(2)).unwrap();
    watch.signal("-USR2");
    watch.told.wait_for("rules loaded anew");
    watch.send("pcaps/icmp-echo.pcap");

    let (log, rotated) = (
        folder.path().join("eve.json"),
        folder.path().join("eve.json.1"),
    );
    std::fs::rename(&log, &rotated).unwrap();
    watch.signal("-HUP");
    watch.send("pcaps/icmp-echo.pcap");

    // Rules that cannot be read leave those in force.
    std::fs::remove_file(&rules).unwrap();
    watch.signal("-USR2");
    watch.told.wait_for("rules not loaded anew");
    watch.send("pcaps/icmp-echo.pcap");
    watch.end("-TERM");
    assert_eq!(sids(&rotated), [1, 2]);
    assert_eq!(sids(&log), [2]);
}

/// How often a rule matched, in the JSON of a profile.
fn matches(profile: &str, sid: u32) -> Option<u64> {
    let profile: serde_json::Value = serde_json::from_str(profile).unwrap();
    let rules = profile["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["sid"] == sid)?;
    rule["matches"].as_u64()
}

#[test]
fn times_are_taken_while_it_runs() {
    let Some(namespace) = namespace("profile") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control");
    let name = format!("unix-command.filename={}", socket.display());
    let set = ["--set", "unix-command.enabled=yes", "--set", &name];
    let watch = Watch::start(namespace, &[&["-A", "none", "-w", "2"], &set[..]].concat());
    assert!(!watch.ctl(&socket, &["profile", "show"]).0);
    // What is sent before is not in the figures.
    watch.send("pcaps/web-attacks.pcap");
    assert!(watch.ctl(&socket, &["profile", "on"]).0);
    watch.send("pcaps/icmp-echo.pcap");
    watch.send("pcaps/web-attacks.pcap");
    let (done, live) = watch.ctl(&socket, &["profile", "show", "--json"]);
    assert!(done, "{live}");
    assert!(watch.ctl(&socket, &["profile", "off"]).0);
    watch.send("pcaps/icmp-echo.pcap");
    let (done, kept) = watch.ctl(&socket, &["profile", "show", "--json"]);
    assert!(done, "{kept}");
    let replayed = tapir()
        .args(["profile", "-q", "--json", "-k", "none", "-r"])
        .arg(project("pcaps/icmp-echo.pcap"))
        .output()
        .unwrap();
    let replayed = String::from_utf8(replayed.stdout).unwrap();
    // A rule about echoes: what crosses no flows is the same as in the replay.
    let timestamps = matches(&replayed, 3_000_011);
    assert!(timestamps.is_some_and(|count| count > 0));
    assert_eq!(matches(&live, 3_000_011), timestamps);
    assert_eq!(matches(&kept, 3_000_011), timestamps);
    let (done, table) = watch.ctl(
        &socket,
        &["profile", "show", "--sort", "checks", "--top", "3"],
    );
    assert!(done && table.contains("Rules by checks: 3 of "), "{table}");
}

#[test]
fn commands_come_through_the_socket() {
    let Some(namespace) = namespace("control") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("test.rules");
    let rule =
        |sid: u32| format!("alert icmp any any -> any any (msg:\"echo\"; itype:8; sid:{sid};)\n");
    std::fs::write(&rules, rule(1)).unwrap();
    let socket = folder.path().join("control");
    let name = format!("unix-command.filename={}", socket.display());
    let (logs, rules_path) = (folder.path().to_str().unwrap(), rules.to_str().unwrap());
    let args = [
        "-l",
        logs,
        "-S",
        rules_path,
        "--set",
        "unix-command.enabled=yes",
        "--set",
        &name,
    ];
    let mut watch = Watch::start(namespace, &args);
    watch.send("pcaps/icmp-echo.pcap");
    let (_, stats) = watch.ctl(&socket, &["stats"]);
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert!(stats["decoder"]["icmpv4"].as_u64() > Some(0), "{stats}");
    assert!(stats["detect"]["alert"].as_u64() > Some(0), "{stats}");
    let (_, interface) = watch.ctl(&socket, &["iface-stat", "right"]);
    assert!(interface.contains("\"pkts\": "), "{interface}");
    assert!(!watch.ctl(&socket, &["iface-stat", "left"]).0);

    std::fs::write(&rules, rule(2)).unwrap();
    assert_eq!(watch.ctl(&socket, &["reload"]), (true, "done\n".to_owned()));
    watch.send("pcaps/icmp-echo.pcap");
    // What is wrong is refused, and said.
    std::fs::write(&rules, "alert frob\n").unwrap();
    let (done, why) = watch.ctl(&socket, &["reload-rules"]);
    assert!(!done && why.contains("the old ones stay in force"), "{why}");
    let (_, told) = watch.ctl(&socket, &["ruleset-stats"]);
    assert!(told.contains("\"rules_loaded\": 1"), "{told}");

    assert!(watch.ctl(&socket, &["shutdown"]).0);
    assert!(watch.child.wait().unwrap().success());
    assert!(!socket.exists());
    assert_eq!(sids(&folder.path().join("eve.json")), [1, 2]);
}

//! What users type, and what they are told.

use std::io::Write;
use std::process::Stdio;

use crate::{project, stderr, stdout, tapir};

fn alert_lines(text: &str) -> usize {
    text.lines().filter(|line| line.contains("[**]")).count()
}

#[test]
fn a_capture_alone_is_replayed_against_the_shipped_rules() {
    let output = tapir()
        .arg("-r")
        .arg(project("pcaps/web-attacks.pcap"))
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(alert_lines(&stdout(&output)) > 0, "{}", stdout(&output));
    assert!(stderr(&output).contains("alerts of"), "{}", stderr(&output));
}

#[test]
fn standard_input_reads_like_a_file() {
    let path = project("pcaps/http-get.pcap");
    let from_file = tapir()
        .args(["-q", "-A", "fast", "-r"])
        .arg(&path)
        .output()
        .unwrap();
    let mut child = tapir()
        .args(["-q", "-A", "fast", "-r", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&std::fs::read(&path).unwrap())
        .unwrap();
    let from_input = child.wait_with_output().unwrap();
    assert!(from_input.status.success());
    assert_eq!(stdout(&from_file), stdout(&from_input));
}

#[test]
fn compressed_captures_alert_as_plain_ones() {
    let plain = tapir()
        .args(["-q", "-A", "fast", "-r"])
        .arg(project("pcaps/http-get.pcap"))
        .output()
        .unwrap();
    for form in ["gz", "zst", "lz4", "xz"] {
        let path = project(&format!("pcaps/http-get.pcap.{form}"));
        let output = tapir()
            .args(["-q", "-A", "fast", "-r"])
            .arg(path)
            .output()
            .unwrap();
        assert_eq!(stdout(&output), stdout(&plain), "{form}");
    }
}

#[test]
fn a_cut_capture_is_a_warning() {
    let output = tapir()
        .arg("-r")
        .arg(project("pcaps/cut-short.pcap"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let warnings: Vec<String> = stderr(&output)
        .lines()
        .filter(|line| line.starts_with("warning:"))
        .map(str::to_owned)
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("cut-short.pcap: cut at byte"),
        "{warnings:?}"
    );
}

#[test]
fn what_is_no_capture_fails_and_the_others_go_on() {
    let output = tapir()
        .arg("-r")
        .arg(project("README.md"))
        .arg("-r")
        .arg(project("pcaps/web-attacks.pcap"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("README.md: not a capture file"),
        "{}",
        stderr(&output)
    );
    assert!(alert_lines(&stdout(&output)) > 0);
}

#[test]
fn a_filter_and_a_count_choose_packets() {
    let total = |more: &[&str]| {
        let output = tapir()
            .args(["-A", "none", "-r"])
            .arg(project("pcaps/web-attacks.pcap"))
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output).lines().next().unwrap().to_owned()
    };
    assert!(total(&["-n", "3"]).starts_with("3 packets,"));
    assert!(total(&["udp"]).starts_with("0 packets,"));
    let wrong = tapir()
        .arg("-r")
        .arg(project("pcaps/dns.pcap"))
        .arg("tcp prot 80")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stderr(&wrong).contains("filter `tcp prot 80`"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn mistakes_in_rules_are_underlined_and_all_told() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("local.rules");
    std::fs::write(
        &rules,
        "alert tcp any any -> any any (msg:\"a\"; contnt:\"x\"; sid:1;)\n\
         alert tcp any any -> any any (msg:\"b\"; content:\"abc\"; depth:2; sid:2;)\n\
         alert tcp any any -> any any (msg:\"c\"; content:\"abc\"; sid:3;)\n",
    )
    .unwrap();
    let output = tapir().arg("-T").arg("-S").arg(&rules).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stdout(&output).lines().last(),
        Some("rules: 1 loaded, 2 refused, 0 left out")
    );
    let told = stderr(&output);
    assert!(
        told.contains("local.rules:1:") && told.contains("local.rules:2:"),
        "{told}"
    );
    assert!(told.contains("^^^^^") && told.contains("content"), "{told}");
    let strict = tapir()
        .args(["-T", "--strict", "-S"])
        .arg(&rules)
        .output()
        .unwrap();
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn a_wrong_configuration_is_underlined() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tapir.yaml");
    std::fs::write(&path, "stream:\n  midstream: perhaps\n").unwrap();
    let output = tapir().arg("-T").arg("-c").arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(
        told.contains("tapir.yaml:2:14: error: stream.midstream: expected yes or no"),
        "{told}"
    );
    assert!(told.contains("^^^^^^^"), "{told}");
}

#[test]
fn wrong_usage_is_status_2() {
    assert_eq!(
        tapir()
            .arg("--no-such-flag")
            .output()
            .unwrap()
            .status
            .code(),
        Some(2)
    );
    let nothing = tapir().output().unwrap();
    assert_eq!(nothing.status.code(), Some(1));
    assert!(stderr(&nothing).contains("--list-runmodes"));
}

#[test]
fn snort_users_are_at_home() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("local.rules"), "alert tcp $EXTERNAL_NET any -> $HOME_NET $WEB (msg:\"passwd\"; flow:to_server,established; content:\"/etc/passwd\"; sid:1000001; rev:1;)\n").unwrap();
    std::fs::write(
        folder.path().join("snort.conf"),
        "ipvar HOME_NET any\nipvar EXTERNAL_NET any\nportvar WEB [80,8080]\nvar RULE_PATH .\n\
         config checksum_mode: all\npreprocessor frag3_global: max_frags 65536\ninclude $RULE_PATH/local.rules\n",
    )
    .unwrap();
    let output = tapir()
        .args(["-q", "-A", "console", "-k", "none", "-c"])
        .arg(folder.path().join("snort.conf"))
        .arg("-r")
        .arg(project("pcaps/web-attacks.pcap"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("[1:1000001:1] passwd"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn every_form_of_alerts_says_something() {
    for form in ["console", "fast", "full", "cmg", "csv", "json"] {
        let output = tapir()
            .args(["-q", "-A", form, "-r"])
            .arg(project("pcaps/web-attacks.pcap"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{form}: {}", stderr(&output));
        assert!(!output.stdout.is_empty(), "{form}");
    }
    let none = tapir()
        .args(["-q", "-A", "none", "-r"])
        .arg(project("pcaps/web-attacks.pcap"))
        .output()
        .unwrap();
    assert!(none.stdout.is_empty() && none.stderr.is_empty());
}

#[test]
fn help_teaches_and_generated_texts_render() {
    let help = stdout(&tapir().arg("--help").output().unwrap());
    for part in [
        "Examples:",
        "Packets:",
        "Rules:",
        "-r, --read",
        "tapir -i eth0 -c tapir.yaml",
    ] {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
    assert!(
        stdout(&tapir().args(["completions", "bash"]).output().unwrap()).contains("--simulate-ips")
    );
    assert!(stdout(&tapir().arg("man").output().unwrap()).contains(".TH tapir"));
    assert!(stdout(&tapir().arg("--list-keywords").output().unwrap()).contains("content"));
    assert!(
        stdout(&tapir().arg("--list-app-layer-protos").output().unwrap())
            .lines()
            .any(|line| line == "tls")
    );
    assert!(
        stdout(&tapir().arg("--dump-config").output().unwrap())
            .contains("stream.reassembly.depth = 1 MiB")
    );
}

/// `tapir man | head -1`, and everything else that may be piped into a reader that soon has enough.
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let commands: [&[&str]; 6] = [
        &["man"],
        &["completions", "zsh"],
        &["list", "keywords"],
        &["list", "lints", "--markdown"],
        &["--list-keywords"],
        &["--dump-config"],
    ];
    for command in commands {
        let mut child = tapir()
            .args(command)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{command:?}: {:?} {}",
            output.status,
            stderr(&output)
        );
    }
}

//! `tapir explain` and `tapir buffers`.

use crate::{project, stderr, stdout, tapir};

fn run(command: &str, args: &[&str], capture: &str) -> std::process::Output {
    let mut tapir = tapir();
    tapir.arg(command).args(args).arg("-r");
    tapir.arg(project("pcaps").join(capture));
    tapir.output().unwrap()
}

#[test]
fn a_built_in_rule_is_explained() {
    let output = run("explain", &["--sid", "3000101"], "web-attacks.pcap");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("1:3000101 Directory traversal in a request ("));
    assert!(text.contains("It alerted.\n  packet 7, flow "), "{text}");

    let output = run("explain", &["--sid", "1:3000101"], "http-get.pcap");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("It did not alert."), "{text}");
    assert!(text.contains("^^^^ failed here"), "{text}");
}

#[test]
fn a_rule_that_is_not_loaded_is_a_failure() {
    let output = run("explain", &["--sid", "3000100"], "http-get.pcap");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("No rule has this sid. Near it: "));
    let output = run("explain", &["--sid", "one"], "http-get.pcap");
    assert_eq!(output.status.code(), Some(2));
    let output = run("explain", &["--sid", "1"], "no-such.pcap");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn without_a_rule_all_are_counted() {
    let output = run("explain", &["--json"], "web-attacks.pcap");
    assert!(output.status.success(), "{}", stderr(&output));
    let rules: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let rules = rules.as_array().unwrap();
    let of = |sid: u64| rules.iter().find(|rule| rule["sid"] == sid).unwrap();
    assert_eq!(of(3_000_101)["alerts"], 1);
    // Its threshold is not reached, though it matches.
    assert_eq!(of(3_000_006)["alerts"], 0);
    assert!(of(3_000_006)["matches"].as_u64() > Some(0));
}

#[test]
fn an_explanation_is_limited_to_a_flow() {
    let all = run(
        "explain",
        &["--sid", "3000101", "--json"],
        "web-attacks.pcap",
    );
    let all: serde_json::Value = serde_json::from_str(&stdout(&all)).unwrap();
    let flow = all[0]["rules"][0]["alerts"][0]["flow_id"].as_u64().unwrap();
    let of = |flow: u64| {
        let flow = flow.to_string();
        let args = ["--sid", "3000101", "--flow", &flow, "--json"];
        let output = run("explain", &args, "web-attacks.pcap");
        let read: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        read[0]["rules"][0]["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(of(flow), "alerted");
    assert_eq!(of(1), "silent");
}

#[test]
fn buffers_can_be_pasted_into_a_rule() {
    let output = run("buffers", &["--proto", "http"], "http-get.pcap");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with("http.header "))
        .unwrap();
    let content = line.split_once(' ').unwrap().1.trim_start();
    let content = content.trim_start_matches("http.header").trim_start();
    let rule = format!(
        "alert http any any -> any any (msg:\"pasted\"; http.header; content:{content}; sid:1;)\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pasted.rules");
    std::fs::write(&file, rule).unwrap();
    let output = run(
        "explain",
        &["--sid", "1", "-S", file.to_str().unwrap()],
        "http-get.pcap",
    );
    assert!(
        stdout(&output).contains("It alerted."),
        "{}",
        stdout(&output)
    );
    let output = run("buffers", &["--proto", "nothing"], "http-get.pcap");
    assert_eq!(output.status.code(), Some(2));
}

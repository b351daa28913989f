//! Rules in the spelling of Snort 2 and Snort 3 alert, and alert the same in every other dialect they are converted to.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{captures, project, stderr, stdout, tapir};

/// Capture, sid and packet of an alert.
type Alert = (String, u64, u64);

fn alerts(rules: &Path) -> Vec<Alert> {
    let mut command = tapir();
    for capture in captures() {
        command.arg("-r").arg(capture);
    }
    let output = command
        // One packet may raise more alerts than are kept of it otherwise.
        .args(["-q", "-A", "json", "--set", "packet-alert-max=250", "-S"])
        .arg(rules)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let alert = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        (event["event_type"] == "alert").then(|| {
            let capture = event["pcap_filename"].as_str().unwrap().to_owned();
            let sid = event["alert"]["signature_id"].as_u64().unwrap();
            (capture, sid, event["pcap_cnt"].as_u64().unwrap_or_default())
        })
    };
    let mut found: Vec<Alert> = stdout(&output).lines().filter_map(alert).collect();
    found.sort();
    found
}

fn converted(rules: &Path, to: &str, place: &Path) {
    let output = tapir()
        .args(["convert", "--to", to, "--output"])
        .args([place, rules])
        .output()
        .unwrap();
    assert!(output.status.success(), "to {to}: {}", stderr(&output));
}

/// Rules of a file alert in any dialect as in their own; says how many there are.
fn alert_alike(name: &str) -> usize {
    let rules = project("crates/cli/tests/tapir/dialects").join(name);
    let own = alerts(&rules);
    let text = std::fs::read_to_string(&rules).unwrap();
    let sids: BTreeSet<u64> = text
        .lines()
        .filter(|line| !line.contains("noalert"))
        .filter_map(|line| line.split(" sid:").nth(1)?.split(';').next()?.parse().ok())
        .collect();
    let alerted: BTreeSet<u64> = own.iter().map(|(_, sid, _)| *sid).collect();
    let silent: Vec<_> = sids.difference(&alerted).collect();
    assert!(silent.is_empty(), "{name}: no alert of {silent:?}");
    let folder = tempfile::tempdir().unwrap();
    for to in ["suricata", "snort2", "snort3"] {
        let place = folder.path().join(format!("{to}.rules"));
        converted(&rules, to, &place);
        assert_eq!(alerts(&place), own, "{name} as {to}");
    }
    sids.len()
}

#[test]
fn rules_of_snort_2_alert_alike_in_every_dialect() {
    assert!(alert_alike("snort2.rules") >= 60);
}

/// What is written by hand in the words of each dialect alerts on the same packets.
#[test]
fn three_spellings_of_a_rule_alert_alike() {
    let rules = |name: &str| project("crates/cli/tests/tapir/dialects").join(name);
    let mut snort = alerts(&rules("snort2.rules"));
    snort.extend(alerts(&rules("snort3.rules")));
    snort.sort();
    let suricata = alerts(&rules("suricata.rules"));
    let only = |some: &[Alert], others: &[Alert]| -> Vec<Alert> {
        let lacks = |alert: &&Alert| !others.contains(alert);
        some.iter().filter(lacks).cloned().collect()
    };
    let (left, right) = (only(&snort, &suricata), only(&suricata, &snort));
    assert!(
        left.is_empty() && right.is_empty(),
        "Snort alone: {left:#?}\nSuricata alone: {right:#?}"
    );
    assert_eq!(snort, suricata);
}

#[test]
fn a_header_that_snort_3_names_is_a_buffer_of_suricata() {
    let folder = tempfile::tempdir().unwrap();
    let (snort3, suricata) = (folder.path().join("a"), folder.path().join("b"));
    let rule = "alert http ( http_header:field user-agent; content:\"curl\",depth 4; http_header:field host; content:\"www.example\"; sid:1; )\n";
    std::fs::write(&snort3, rule).unwrap();
    converted(&snort3, "suricata", &suricata);
    let text = std::fs::read_to_string(&suricata).unwrap();
    assert!(text.contains("http.user_agent; content:\"curl\""), "{text}");
    let own = alerts(&snort3);
    assert!(!own.is_empty());
    assert_eq!(alerts(&suricata), own);
}

#[test]
fn rules_of_snort_3_alert_alike_in_every_dialect() {
    assert!(alert_alike("snort3.rules") >= 15);
}

#[test]
fn what_cannot_be_converted_is_said_and_kept_as_a_comment() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.rules");
    let rule = "alert tls any any -> any any (ja3.hash; content:\"a\"; sid:1;)\n";
    std::fs::write(&rules, rule).unwrap();
    let output = tapir()
        .args(["convert", "--to", "snort3"])
        .arg(&rules)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output),
        format!("# not converted: Snort 3 has no buffer `ja3.hash`\n# {rule}")
    );
    assert!(stderr(&output).contains("error[R002]: Snort 3 has no buffer `ja3.hash`"));
}

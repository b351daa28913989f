//! Each capture alerts as its description says, and not otherwise.

use std::collections::BTreeMap;

use crate::{captures, project, stderr, stdout, tapir};

/// (capture, sid) to number of alerts.
type Alerts = BTreeMap<(String, u64), u64>;

fn expected() -> Alerts {
    let text = std::fs::read_to_string(project("pcaps/expected.tsv")).unwrap();
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            (
                (fields[0].to_owned(), fields[1].parse().unwrap()),
                fields[2].parse().unwrap(),
            )
        })
        .collect()
}

fn seen(eve: &str) -> Alerts {
    let mut alerts = Alerts::new();
    for line in eve.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        if event["event_type"] == "alert" {
            let path = event["pcap_filename"].as_str().unwrap();
            let name = path.rsplit('/').next().unwrap().to_owned();
            let sid = event["alert"]["signature_id"].as_u64().unwrap();
            *alerts.entry((name, sid)).or_default() += 1;
        }
    }
    alerts
}

#[test]
fn the_shipped_rules_alert_on_the_captures_as_described() {
    let mut command = tapir();
    for capture in captures() {
        command.arg("-r").arg(capture);
    }
    let output = command.args(["-A", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let (expected, seen) = (expected(), seen(&stdout(&output)));
    let differences: Vec<String> = expected
        .keys()
        .chain(seen.keys())
        .filter(|key| expected.get(key) != seen.get(key))
        .map(|key| {
            format!(
                "{} {}: expected {:?}, seen {:?}",
                key.0,
                key.1,
                expected.get(key),
                seen.get(key)
            )
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_shipped_rule_loads() {
    let output = tapir()
        .args(["-T", "--strict", "-S"])
        .arg(project("rules"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let last = stdout(&output).lines().last().unwrap().to_owned();
    assert!(
        last.starts_with("rules: ") && last.ends_with(" loaded, 0 refused, 0 left out"),
        "{last}"
    );
}

/// The signature ids that alert on a capture, in order.
fn sids_of(capture: &str, rules: &str) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.rules");
    std::fs::write(&file, rules).unwrap();
    let output = tapir()
        .args(["-q", "-A", "json", "-S"])
        .arg(&file)
        .arg("-r")
        .arg(project(capture))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["event_type"] == "alert")
        .map(|event| event["alert"]["signature_id"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_rule_may_ask_of_a_transaction_and_of_the_packet() {
    let rules = r#"
alert http any any -> any any (http.uri; content:"/etc/passwd"; ip.src; content:"|cb 00 71 42|"; sid:1;)
alert http any any -> any any (http.uri; content:"/etc/passwd"; ip.src; content:"|cb 00 71 43|"; sid:2;)
"#;
    assert_eq!(sids_of("pcaps/web-attacks.pcap", rules), [1]);
}

#[test]
fn a_rule_may_ask_how_far_a_transaction_has_come() {
    let rules = r#"
alert http1 any any -> any any (app-layer-state:>request_line; sid:1;)
alert http1 any any -> any any (app-layer-state:<request_line; http.method; content:"GET"; sid:2;)
alert http1 any any -> any any (app-layer-state:>response_body; sid:3;)
"#;
    assert_eq!(sids_of("pcaps/http-get.pcap", rules), [1, 3]);
}

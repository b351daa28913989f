//! `tapir profile`: all that is counted is the same in every run; only times differ.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{project, stderr, stdout, tapir};

/// The visit of `http-get.pcap`: one request for `/weather?city=Lima` by `curl/8.5.0`.
const RULES: &str = "\
alert http any any -> any any (msg:\"Matches\"; http.uri; content:\"city\"; sid:1;)\n\
alert http any any -> any any (msg:\"Never asked for\"; http.user_agent; content:\"nobody\"; sid:2;)\n\
alert http any any -> any any (msg:\"In vain\"; http.method; content:\"GET\"; fast_pattern; http.uri; content:\"nowhere\"; sid:3;)\n\
alert http any any -> any any (msg:\"Transformed\"; http.uri; to_lowercase; content:\"lima\"; sid:4;)\n";

fn profile(rules: &Path, capture: &str, more: &[&str]) -> std::process::Output {
    tapir()
        .args(["profile", "-q", "-r"])
        .arg(project(capture))
        .arg("-S")
        .arg(rules)
        .args(more)
        .output()
        .unwrap()
}

fn figures(rules: &Path, capture: &str) -> Value {
    let output = profile(rules, capture, &["--json", "--sort", "checks"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What was counted of a rule: hits, those in vain, checks, matches.
fn counts(profile: &Value, sid: u32) -> Option<[u64; 4]> {
    let rules = profile["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["sid"] == sid)?;
    let keys = ["hits", "hits_in_vain", "checks", "matches"];
    Some(keys.map(|key| rule[key].as_u64().unwrap()))
}

/// The rows without what differs from run to run, in an order that does not.
pub(crate) fn without_times(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|key, _| {
                    !key.ends_with("_us") && !key.ends_with("_ns") && key != "share_percent"
                });
                members.values_mut().for_each(strip);
            }
            Value::Array(rows) => {
                rows.iter_mut().for_each(strip);
                rows.sort_by_key(Value::to_string);
            }
            _ => {}
        }
    }
    strip(&mut value);
    value
}

#[test]
fn hits_checks_and_matches_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.rules");
    fs::write(&rules, RULES).unwrap();
    let profile = figures(&rules, "pcaps/http-get.pcap");
    assert_eq!(counts(&profile, 1), Some([1, 0, 1, 1]));
    assert_eq!(counts(&profile, 2), None);
    assert_eq!(counts(&profile, 3), Some([1, 1, 1, 0]));
    assert_eq!(counts(&profile, 4), Some([1, 0, 1, 1]));
    assert_eq!(profile["frames"], 12);
    assert_eq!(profile["rules_loaded"], 4);

    let sets = profile["pattern_sets"].as_array().unwrap();
    let set = |buffer: &str, transforms: u32| {
        let found = sets
            .iter()
            .find(|set| set["buffer"] == buffer && set["transforms"] == transforms);
        let set = found.unwrap();
        ["patterns", "scans", "bytes", "hits", "rules_named"].map(|key| set[key].as_u64().unwrap())
    };
    assert_eq!(set("http.uri", 0), [1, 1, 18, 1, 1]);
    assert_eq!(set("http.uri", 1), [1, 1, 18, 1, 1]);
    assert_eq!(set("http.method", 0), [1, 1, 3, 1, 1]);
    assert_eq!(set("http.user_agent", 0), [1, 1, 10, 0, 0]);
    let buffers = profile["buffers"].as_array().unwrap();
    let uri = buffers
        .iter()
        .find(|row| row["buffer"] == "http.uri")
        .unwrap();
    assert_eq!(
        [&uri["pattern_sets"], &uri["scans"], &uri["bytes"]],
        [2, 2, 36]
    );

    let parts = profile["parts"].as_array().unwrap();
    let times = |name: &str| {
        parts
            .iter()
            .find(|part| part["part"] == name)
            .map(|part| part["times"].clone())
    };
    assert_eq!(times("decode"), Some(12.into()));
    assert_eq!(times("scanning"), Some(4.into()));
    assert_eq!(times("rules"), Some(3.into()));
    assert!(times("parse http1").is_some());
    assert_eq!(times("defragment"), None);
}

#[test]
fn what_is_counted_is_the_same_in_every_run() {
    let rules = project("rules/*.rules");
    for capture in [
        "pcaps/web-attacks.pcap",
        "pcaps/ipv4-fragments.pcap",
        "pcaps/smtp.pcap",
    ] {
        let first = without_times(figures(&rules, capture));
        let second = without_times(figures(&rules, capture));
        assert_eq!(first, second);
        assert!(!first["rules"].as_array().unwrap().is_empty());
    }
}

/// A rule that the profile says matched is one that the engine says alerted, and the other way around.
#[test]
fn matches_are_those_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.rules");
    fs::write(&rules, RULES).unwrap();
    let output = tapir()
        .args(["-q", "-A", "json", "-r"])
        .arg(project("pcaps/http-get.pcap"))
        .arg("-S")
        .arg(&rules)
        .output()
        .unwrap();
    let told = stdout(&output);
    let records = told
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut alerted: Vec<u64> = records
        .filter(|record| record["event_type"] == "alert")
        .map(|record| record["alert"]["signature_id"].as_u64().unwrap())
        .collect();
    alerted.sort_unstable();
    assert_eq!(alerted, [1, 4]);
}

#[test]
fn tables_show_the_rows_that_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("a.rules");
    fs::write(&rules, RULES).unwrap();
    let output = profile(
        &rules,
        "pcaps/http-get.pcap",
        &["--sort", "in-vain", "--top", "1"],
    );
    let told = stdout(&output);
    assert!(
        told.contains("Rules by in-vain: 1 of 3 that were tried, 4 loaded\n"),
        "{told}"
    );
    assert!(
        told.contains("1:3:0 In vain\n") && !told.contains("Matches"),
        "{told}"
    );
    assert!(told.contains("Pattern sets: 1 of 4\n"), "{told}");
    let wrong = profile(&rules, "pcaps/http-get.pcap", &["--sort", "sid"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("in-vain"), "{}", stderr(&wrong));
    let none = profile(&rules, "pcaps/nowhere.pcap", &[]);
    assert_eq!(none.status.code(), Some(1));
}

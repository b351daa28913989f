//! The rules that come with Tapir: clean, tested, each of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::{project, stderr, stdout, tapir};

/// The files of a folder that end so.
fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(project(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == end));
    files.sort();
    files
}

/// The numbers of all rules.
fn sids() -> BTreeSet<u64> {
    let text: String = files("rules", "rules")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    text.lines()
        .filter(|line| line.starts_with("alert"))
        .map(|line| line.split(" sid:").nth(1).unwrap())
        .map(|rest| rest.split(';').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn nothing_is_to_be_said_of_them() {
    let output = tapir().arg("check").arg(project("rules")).output().unwrap();
    assert_eq!(stdout(&output), "");
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn all_cases_hold() {
    let output = tapir()
        .arg("test")
        .arg(project("rules/tests"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stdout(&output));
}

#[test]
fn each_is_expected_to_alert_by_a_case_or_on_a_capture() {
    let all = sids();
    assert!(all.len() >= 150, "{}", all.len());
    let mut expected = BTreeSet::new();
    for path in files("rules/tests", "md") {
        let text = fs::read_to_string(path).unwrap();
        let alerts = text.lines().filter_map(|line| line.strip_prefix("alert "));
        expected.extend(alerts.filter_map(|rest| rest.split(' ').next()?.parse::<u64>().ok()));
    }
    let captures = fs::read_to_string(project("pcaps/expected.tsv")).unwrap();
    let rows = captures.lines().filter(|line| !line.starts_with('#'));
    expected.extend(rows.filter_map(|row| row.split('\t').nth(1)?.parse::<u64>().ok()));
    let untested: Vec<_> = all.difference(&expected).collect();
    assert!(untested.is_empty(), "no test of {untested:?}");
}

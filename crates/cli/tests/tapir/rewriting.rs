//! `tapir fmt`, `tapir diff` and `tapir check --fix` on files.

use std::fs;
use std::process::Output;

use crate::{project, stderr, stdout, tapir};

const UNTIDY: &str = "# ours\n  alert  tcp any any -> any  80 ( sid:7;content:\"|47|ET |2F|a|0D0A|\" ;msg: \"a\" ; )\n";
const TIDY: &str =
    "# ours\nalert tcp any any -> any 80 (msg:\"a\"; content:\"GET /a|0d 0a|\"; sid:7;)\n";

fn run(args: &[&str], file: &std::path::Path) -> Output {
    tapir().args(args).arg(file).output().unwrap()
}

#[test]
fn files_are_formatted_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rules");
    fs::write(&file, UNTIDY).unwrap();

    let checked = run(&["fmt", "--check"], &file);
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(stdout(&checked), format!("{}\n", file.display()));
    assert_eq!(fs::read_to_string(&file).unwrap(), UNTIDY);

    assert!(run(&["fmt"], &file).status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), TIDY);
    assert!(run(&["fmt", "--check"], &file).status.success());
}

#[test]
fn changes_are_shown_as_a_patch() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rules");
    fs::write(&file, UNTIDY).unwrap();
    let output = run(&["fmt", "--diff"], &file);
    let (old, new) = (UNTIDY.lines().nth(1).unwrap(), TIDY.lines().nth(1).unwrap());
    let name = file.display();
    assert_eq!(
        stdout(&output),
        format!("--- {name}\n+++ {name}\n@@ -1,2 +1,2 @@\n # ours\n-{old}\n+{new}\n")
    );
}

#[test]
fn a_file_with_a_rule_that_cannot_be_read_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rules");
    let broken = "alert tcp any any -> any 80 ( content:a; sid:8; )\n";
    fs::write(&file, format!("{UNTIDY}{broken}")).unwrap();
    let output = run(&["fmt"], &file);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("a.rules:3:"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        format!("{UNTIDY}{broken}")
    );
    let missing = run(&["fmt"], &folder.path().join("none.rules"));
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn formatting_the_shipped_rules_changes_no_rule() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(project("rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "rules") {
            let copy = folder.path().join(path.file_name().unwrap());
            fs::copy(&path, &copy).unwrap();
            assert!(run(&["fmt"], &copy).status.success());
            let output = tapir().arg("diff").args([&path, &copy]).output().unwrap();
            assert_eq!(stdout(&output), "no difference\n", "{}", path.display());
        }
    }
}

#[test]
fn differences_are_told_rule_by_rule() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (
        folder.path().join("old.rules"),
        folder.path().join("new.rules"),
    );
    let rule = |sid: u32, rest: &str| {
        format!("alert tcp any any -> any 80 (msg:\"rule {sid}\"; {rest}sid:{sid};)\n")
    };
    fs::write(
        &old,
        [
            rule(1, "content:\"a\"; "),
            rule(2, ""),
            rule(3, ""),
            rule(4, "content:\"|41|\"; "),
        ]
        .concat(),
    )
    .unwrap();
    fs::write(
        &new,
        [
            rule(1, "content:\"b\"; rev:2; "),
            format!("#{}", rule(2, "")),
            rule(4, "content:\"A\"; "),
            rule(5, ""),
        ]
        .concat(),
    )
    .unwrap();
    let output = tapir().arg("diff").args([&old, &new]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stdout(&output));
    let same = tapir().arg("diff").args([&old, &old]).output().unwrap();
    assert_eq!(
        (same.status.code(), &*stdout(&same)),
        (Some(0), "no difference\n")
    );
    let json = tapir()
        .args(["diff", "--json"])
        .args([&old, &new])
        .output()
        .unwrap();
    let all: Vec<serde_json::Value> = serde_json::from_str(&stdout(&json)).unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|one| (one["sid"].as_u64().unwrap(), one["what"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (1, "changed"),
            (2, "disabled"),
            (3, "removed"),
            (5, "added")
        ]
    );
}

#[test]
fn fixes_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rules");
    let rule = "alert http any any -> any any (msg:\"m\"; flow:to_server; http.uri; content:\"123\"; depth:3; nocase; classtype:misc-activity; sid:7;)\n";
    fs::write(&file, rule).unwrap();
    assert!(run(&["check", "--fix"], &file).status.success());
    let fixed = fs::read_to_string(&file).unwrap();
    assert_eq!(
        fixed,
        "alert http any any -> any any (msg:\"m\"; flow:to_server; http.uri; content:\"123\"; startswith; classtype:misc-activity; sid:7; rev:1;)\n"
    );
    assert!(run(&["check", "--fix"], &file).status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), fixed);
}

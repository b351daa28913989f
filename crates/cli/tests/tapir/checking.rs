//! `tapir check`: levels, exit codes, selection, forms of output, the configuration.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{stdout, tapir};

/// A rule that lacks a revision and a class, and names a variable of its own.
const RULES: &str = "alert tcp $HOM_NET any -> any 80 (msg:\"a\"; flow:to_server; content:\"login-xq\"; sid:3900001;)\n";

fn check(rules: &str, args: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.rules"), rules).unwrap();
    fs::write(
        folder.path().join("a.yaml"),
        "vars:\n  address-groups:\n    HOME_NET: any\n",
    )
    .unwrap();
    let output = tapir()
        .current_dir(folder.path())
        .arg("check")
        .args(args)
        .arg("a.rules")
        .output()
        .unwrap();
    (output.status.code(), stdout(&output))
}

#[test]
fn a_level_has_one_name() {
    let (code, full) = check(RULES, &["--select", "L002"]);
    assert_eq!(code, Some(0));
    assert!(full.starts_with("hint[L002]:"), "{full}");
    let (_, concise) = check(RULES, &["--select", "L002", "--output", "concise"]);
    assert!(
        concise.starts_with("a.rules:1:") && concise.contains(": hint[L002] "),
        "{concise}"
    );
    let (_, json) = check(RULES, &["--select", "L002", "--output", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json[0]["code"], &json[0]["level"]),
        (&"L002".into(), &"hint".into())
    );
}

#[test]
fn other_programs_have_their_own_words_for_levels() {
    let (_, github) = check(RULES, &["--select", "L002", "--output", "github"]);
    assert!(
        github.starts_with("::notice file=a.rules,line=1,col="),
        "{github}"
    );
    let (_, sarif) = check(RULES, &["--select", "L002", "--output", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"L002".into(), &"note".into())
    );
    assert_eq!(sarif["version"], "2.1.0");
}

#[test]
fn findings_are_chosen_and_allowed() {
    let (_, rest) = check(RULES, &["--ignore", "L", "--output", "concise"]);
    assert_eq!(rest, "");
    let allowed = format!("# tapir: allow L002\n{RULES}");
    assert_eq!(check(&allowed, &["--select", "L002"]).1, "");
}

#[test]
fn an_error_fails() {
    let (code, found) = check(
        "alert tcp any any -> any any (kontent:\"a\"; sid:1;)\n",
        &["--output", "concise"],
    );
    assert_eq!(code, Some(1));
    assert!(found.contains("error[R"), "{found}");
    assert_eq!(check(RULES, &["--output", "yaml"]).0, Some(2));
}

#[test]
fn variables_are_those_of_the_configuration() {
    let select = ["--select", "L036", "--output", "concise"];
    assert_eq!(check(RULES, &select).1, "");
    let (_, found) = check(RULES, &[&select[..], &["-c", "a.yaml"]].concat());
    assert!(found.contains("`HOM_NET`"), "{found}");
    let right = RULES.replace("HOM_NET", "HOME_NET");
    assert_eq!(
        check(&right, &[&select[..], &["-c", "a.yaml"]].concat()).1,
        ""
    );
}

#[test]
fn fixes_leave_nothing_to_fix() {
    // Three fixes that touch one another, and a pattern that two lints mend.
    let rules = "alert tcp any any -> any 80 (msg:\" a \"; flow:to_server; content:\"123\"; nocase; rawbytes; \
        isdataat:!1,relative; reference:url,a.org/x; reference:url,a.org/x; reference:url,a.org/x; sid:3900001;)\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rules");
    fs::write(&file, rules).unwrap();
    let fix = |file: &Path| tapir().args(["check", "--fix"]).arg(file).output().unwrap();
    assert!(fix(&file).status.success());
    let once = fs::read_to_string(&file).unwrap();
    assert!(
        once.matches("reference:").count() == 1 && once.contains("endswith"),
        "{once}"
    );
    assert!(!once.contains("nocase"), "{once}");
    assert!(fix(&file).status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), once);
}

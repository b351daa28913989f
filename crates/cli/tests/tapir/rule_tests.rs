//! `tapir test`: cases in Markdown and in folders of suricata-verify.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::{project, stderr, stdout, tapir};

const RULES: &str = "# Web\n\n```rules\n\
    alert http any any -> any any (msg:\"Traversal\"; http.uri.raw; content:\"../\"; sid:1;)\n\
    alert http any any -> any any (msg:\"Refused\"; http.stat_code; content:\"403\"; sid:2;)\n```\n";

const TRAFFIC: &str = "```traffic\nhttp outside -> home\n> GET /../a HTTP/1.1\n> Host: b\n< HTTP/1.1 403 Forbidden\n```\n";

/// A file with a case for each of these expectations.
fn file(folder: &Path, expected: &[&str]) -> String {
    let mut text = RULES.to_owned();
    for (number, expected) in expected.iter().enumerate() {
        text.push_str(&format!(
            "## Case {number}\n{TRAFFIC}\n```expect\n{expected}\n```\n"
        ));
    }
    let path = folder.join("web.md");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn test(folder: &Path, arguments: &[&str]) -> Output {
    tapir()
        .arg("test")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn cases_pass_and_fail_with_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    file(
        folder.path(),
        &[
            "alert 1 once\nalert 2\nnothing else",
            "no alert 1",
            "alert 2\nnothing else",
        ],
    );
    let output = test(folder.path(), &["web.md"]);
    assert_eq!(output.status.code(), Some(1));
    let told = stdout(&output);
    assert!(!told.contains("Case 0"), "{told}");
    assert!(
        told.contains(
            "FAIL web.md: Case 1\n  expected  no alert 1 (web.md:29)\n  found     alert 1 once"
        ),
        "{told}"
    );
    assert!(
        told.contains("expected  nothing else (web.md:41)\n  found     alert 1 once"),
        "{told}"
    );
    assert!(
        stderr(&output).starts_with("1 passed, 2 failed in "),
        "{}",
        stderr(&output)
    );

    let output = test(folder.path(), &["web.md", "--filter", "Case 0", "-v"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), "ok   web.md: Case 0\n");
}

#[test]
fn a_rule_that_stays_silent_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let text = RULES.replace("../", "..x") + "## One\n" + TRAFFIC + "```expect\nalert 1\n```\n";
    fs::write(folder.path().join("a.md"), text).unwrap();
    let told = stdout(&test(folder.path(), &["a.md"]));
    assert!(
        told.contains("FAILED  content:\"..x\": is not in http.uri.raw"),
        "{told}"
    );
}

#[test]
fn mistakes_are_underlined_and_end_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.md");
    fs::write(
        &path,
        "# A\n```traffic\ntcp home > outside:1\n```\n```expect\nnothing\n```\n",
    )
    .unwrap();
    let output = test(folder.path(), &["a.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stdout(&output).contains(" --> a.md:3:10\n"),
        "{}",
        stdout(&output)
    );
    let output = test(folder.path(), &["nowhere.md"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("nowhere.md: "),
        "{}",
        stderr(&output)
    );
    fs::write(&path, "No case.\n").unwrap();
    assert_eq!(test(folder.path(), &["a.md"]).status.code(), Some(2));
}

#[test]
fn a_wrong_rule_fails_its_cases_in_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = RULES.replace("content:\"403\"", "contnet:\"403\"")
        + "## One\n"
        + TRAFFIC
        + "```expect\nalert 1\n```\n";
    fs::write(folder.path().join("a.md"), text).unwrap();
    let output = test(folder.path(), &["a.md"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("--> a.md:5:"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn machines_read_junit_and_annotations() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), &["alert 1 once", "no alert 1"]);
    let junit = stdout(&test(folder.path(), &["web.md", "--format", "junit"]));
    assert!(
        junit.contains(
            "<testsuite name=\"web.md\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">"
        ),
        "{junit}"
    );
    assert!(
        junit.contains("<failure message=\"expected no alert 1, found alert 1 once (packet "),
        "{junit}"
    );
    let annotated = stdout(&test(folder.path(), &["web.md", "--format", "github"]));
    let begin = "::error file=web.md,line=27,title=Case 1::expected no alert 1, found alert 1 once";
    assert!(
        annotated.starts_with(begin) && annotated.lines().count() == 1,
        "{annotated}"
    );
}

/// A folder in the layout of suricata-verify.
fn verify(folder: &Path, name: &str, yaml: &str) {
    let case = folder.join(name);
    fs::create_dir_all(&case).unwrap();
    fs::copy(project("pcaps/icmp-echo.pcap"), case.join("input.pcap")).unwrap();
    let rule = "alert icmp any any -> any any (msg:\"Echo\"; itype:8; threshold:type limit,track by_rule,count 1,seconds 60; sid:1;)\n";
    fs::write(case.join("test.rules"), rule).unwrap();
    fs::write(case.join("test.yaml"), yaml).unwrap();
}

#[test]
fn folders_of_suricata_verify_are_run() {
    let folder = tempfile::tempdir().unwrap();
    let check = |count: u32, more: &str| {
        format!(
            "args:\n- -k none\nchecks:\n- filter:\n    count: {count}\n    match:\n      event_type: alert\n      alert.signature_id: 1\n      alert.signature.__find: ch\n{more}"
        )
    };
    verify(folder.path(), "a-right", &check(1, ""));
    verify(folder.path(), "b-wrong", &check(2, ""));
    verify(
        folder.path(),
        "c-shell",
        &check(1, "- shell:\n    args: cat eve.json\n"),
    );
    verify(
        folder.path(),
        "d-later",
        &format!("requires:\n  min-version: 99\n{}", check(1, "")),
    );
    let output = test(folder.path(), &[".", "-v"]);
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("ok   ./a-right/test.yaml: a-right\n"),
        "{told}"
    );
    assert!(told.contains("FAIL ./b-wrong/test.yaml: b-wrong\n  expected  2 records of eve.json with event_type: \"alert\""), "{told}");
    assert!(told.contains("  found     1\n"), "{told}");
    assert!(
        told.contains("c-shell: a check is a command of a shell; 1 checks hold\n"),
        "{told}"
    );
    assert!(
        told.contains("d-later: it needs min-version 99\n"),
        "{told}"
    );
    assert!(
        stderr(&output).starts_with("1 passed, 1 failed, 2 skipped in "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn hundreds_of_cases_share_their_rules() {
    let folder = tempfile::tempdir().unwrap();
    file(
        folder.path(),
        &["alert 1 once\nalert 2 once\nnothing else"; 300],
    );
    let output = test(folder.path(), &["web.md"]);
    assert!(
        stderr(&output).starts_with("300 passed, 0 failed"),
        "{}",
        stderr(&output)
    );
}

/// The cases that the page on the notation shows are cases that pass.
#[test]
fn the_examples_of_the_page_hold() {
    let page = fs::read_to_string(project("docs/rule-tests.md")).unwrap();
    let example = page
        .split("````markdown\n")
        .nth(1)
        .unwrap()
        .split("````")
        .next()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("example.md"), example).unwrap();
    let output = test(folder.path(), &["example.md"]);
    assert!(
        stderr(&output).starts_with("2 passed, 0 failed"),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    // Blocks of traffic are plain blocks in the page.
    let rule = "```rules\nalert ip any any -> any any (ip_proto:255; sid:1;)\n```\n";
    let mut blocks = 0;
    for block in page
        .split("\n```\n")
        .filter(|block| block.contains(" -> ") && !block.contains("PROTOCOL"))
    {
        let first = block.lines().next().unwrap_or_default();
        let is_traffic = ["tcp ", "http ", "smtp ", "dns ", "tls ", "icmp "]
            .iter()
            .any(|it| first.starts_with(it));
        if !is_traffic {
            continue;
        }
        blocks += 1;
        let text = format!(
            "{rule}```traffic\n{}\n```\n```expect\nnothing\n```\n",
            block.replace(" @payload.bin", "")
        );
        fs::write(folder.path().join("block.md"), text).unwrap();
        let output = test(folder.path(), &["block.md"]);
        assert!(output.status.success(), "{block}\n{}", stdout(&output));
    }
    assert!(blocks >= 8, "{blocks}");
}

/// Writes a case from a capture, and runs it: the case, and what was noted.
fn from(folder: &Path, capture: &str, rules: &str, more: &[&str]) -> (String, String) {
    fs::write(folder.join("r.rules"), rules).unwrap();
    let capture = project(capture).canonicalize().unwrap();
    let mut arguments = vec!["--from", capture.to_str().unwrap(), "-S", "r.rules"];
    arguments.extend(more);
    let output = test(folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let case = stdout(&output);
    fs::write(folder.join("case.md"), &case).unwrap();
    let passed = test(folder, &["case.md"]);
    assert!(
        stderr(&passed).starts_with("1 passed, 0 failed"),
        "{case}{}",
        stdout(&passed)
    );
    (case, stderr(&output))
}

#[test]
fn a_case_is_written_from_a_capture() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "alert http any any -> any any (msg:\"City\"; http.uri; content:\"city\"; sid:1;)\n\
        alert http any any -> any any (msg:\"Silent\"; http.uri; content:\"nowhere\"; sid:2;)\n";
    let (case, noted) = from(folder.path(), "pcaps/http-get.pcap", rules, &[]);
    assert_eq!(noted, "");
    assert!(case.contains("## City\n\n```traffic\ntcp 192.168.10.20:49152 -> 198.51.100.80:80\n> \"GET /weather?city=Lima HTTP/1.1\\r\\n\"\n"), "{case}");
    assert!(
        case.contains("```expect\nalert 1 once\nnothing else\n```\n"),
        "{case}"
    );
    assert!(!case.contains("Silent"), "{case}");
    // A rule that is to stay silent, with the whole of the capture.
    let (case, _) = from(folder.path(), "pcaps/http-get.pcap", rules, &["--sid", "2"]);
    assert!(
        case.contains("```expect\nno alert 2\nnothing else\n```\n"),
        "{case}"
    );
    let unknown = test(
        folder.path(),
        &["--from", "x.pcap", "-S", "r.rules", "--sid", "x"],
    );
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn a_case_names_the_capture_where_words_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "alert icmp any any -> any any (msg:\"Echo\"; itype:8; sid:1;)\n";
    let (case, noted) = from(folder.path(), "pcaps/icmp-echo.pcap", rules, &[]);
    assert!(noted.contains("the case names "), "{noted}");
    assert!(case.contains("```traffic\ncapture /"), "{case}");
}

/// Cases come along with the rules that the wanted one hangs on.
#[test]
fn a_case_has_the_rules_that_set_its_flow_bits() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "alert http any any -> any any (msg:\"First\"; http.uri; content:\"city\"; flowbits:set,seen; noalert; sid:1;)\n\
        alert http any any -> any any (msg:\"Then\"; flowbits:isset,seen; http.stat_code; content:\"200\"; sid:2;)\n";
    let (case, _) = from(folder.path(), "pcaps/http-get.pcap", rules, &["--sid", "2"]);
    assert!(
        case.contains("sid:1;") && case.contains("alert 2 once\nnothing else"),
        "{case}"
    );
}

/// Whatever alerts on our captures can be put into a case.
#[test]
fn all_captures_give_cases() {
    let folder = tempfile::tempdir().unwrap();
    let rules = project("rules").canonicalize().unwrap();
    let rules = format!("{}/*.rules", rules.display());
    for capture in [
        "web-attacks",
        "dns-tunnel",
        "smtp",
        "tcp-out-of-order",
        "vxlan",
        "ssh-brute-force",
    ] {
        let capture = project(&format!("pcaps/{capture}.pcap"))
            .canonicalize()
            .unwrap();
        let output = test(
            folder.path(),
            &["--from", capture.to_str().unwrap(), "-S", &rules],
        );
        assert!(
            output.status.success(),
            "{}: {}",
            capture.display(),
            stderr(&output)
        );
        fs::write(folder.path().join("case.md"), &output.stdout).unwrap();
        let passed = test(folder.path(), &["case.md"]);
        assert!(
            stderr(&passed).starts_with("1 passed, 0 failed"),
            "{}",
            stdout(&passed)
        );
    }
}

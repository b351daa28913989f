//! Reading, overriding and complaining.

use tapir_config::{Config, parse_size};

const TEXT: &str = "\
%YAML 1.1
---
stream:
  midstream: maybe
  reassembly: {depth: 1mb}
outputs:
  - fast:
      enabled: no
  - eve-log:
      types:
        - alert
        - flow: {a: 1}
empty:
";

#[test]
fn a_path_enters_mappings_lists_and_named_entries() {
    let config = Config::from_text("t.yaml", TEXT).unwrap();
    let root = &config.root;
    assert_eq!(root.size_at("stream.reassembly.depth", 0).unwrap(), 1 << 20);
    assert!(!root.bool_at("outputs.fast.enabled", true).unwrap());
    assert!(!root.bool_at("outputs.0.fast.enabled", true).unwrap());
    let types = root.get("outputs.eve-log.types").unwrap();
    let names: Vec<_> = types
        .items()
        .iter()
        .filter_map(|node| node.named())
        .map(|(n, _)| n)
        .collect();
    assert_eq!(names, ["alert", "flow"]);
    assert!(root.bool_at("empty", true).unwrap());
}

#[test]
fn a_wrong_value_is_underlined() {
    let config = Config::from_text("t.yaml", TEXT).unwrap();
    let error = config
        .root
        .bool_at("stream.midstream", false)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "t.yaml:4:14: error: stream.midstream: expected yes or no, found `maybe`\n   |\n 4 |   midstream: maybe\n   |              ^^^^^"
    );
}

#[test]
fn broken_yaml_names_its_line() {
    let error = Config::from_text("t.yaml", "a:\n  - b\n c: [1, 2\n")
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("t.yaml:"), "{error}");
}

#[test]
fn set_makes_what_is_missing() {
    let mut config = Config::from_text("t.yaml", TEXT).unwrap();
    config.set("stream.midstream=true").unwrap();
    config.set("outputs.1.eve-log.filename=x.json").unwrap();
    config
        .set("vars.address-groups.HOME_NET=[10.0.0.0/8,!10.1.1.1]")
        .unwrap();
    config.set("reputation-files.0=a.list").unwrap();
    let root = &config.root;
    assert!(root.bool_at("stream.midstream", false).unwrap());
    assert_eq!(root.text_at("outputs.eve-log.filename", ""), "x.json");
    assert_eq!(
        root.text_at("vars.address-groups.HOME_NET", ""),
        "[10.0.0.0/8,!10.1.1.1]"
    );
    assert_eq!(
        root.get("reputation-files").unwrap().items()[0].text(),
        Some("a.list")
    );
    assert!(config.set("nothing").is_err());
}

#[test]
fn what_nobody_read_is_listed_once() {
    let config = Config::from_text("t.yaml", TEXT).unwrap();
    let _ = config.root.get("stream.reassembly.depth");
    assert_eq!(
        config.root.unread(),
        ["stream.midstream", "outputs", "empty"]
    );
}

#[test]
fn includes_are_laid_over_and_circles_end() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.yaml"),
        "x: 1\ny: {p: 1, q: 2}\ninclude: b.yaml\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("b.yaml"), "y: {q: 3}\n").unwrap();
    let config = Config::load(&folder.path().join("a.yaml")).unwrap();
    assert_eq!(config.root.to_string(), "x = 1\ny.p = 1\ny.q = 3\n");
    std::fs::write(folder.path().join("b.yaml"), "include: a.yaml\n").unwrap();
    assert!(Config::load(&folder.path().join("a.yaml")).is_err());
}

#[test]
fn sizes() {
    assert_eq!(parse_size("512"), Some(512));
    assert_eq!(parse_size("64 MiB"), Some(64 << 20));
    assert_eq!(parse_size("1.5kb"), Some(1536));
    assert_eq!(parse_size("3 parsecs"), None);
    assert_eq!(parse_size("99999999999999gb"), None);
}

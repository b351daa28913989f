//! A configuration in YAML, and assignments as `--set` makes them: one in each line of a comment `#= `.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tapir_config::{Config, Node, Value};

fuzz_target!(|text: &str| {
    let mut config = match Config::from_text("input.yaml", text) {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let copy = config.clone();
    config.root.merge(copy.root);
    for line in text.lines() {
        if let Some(assignment) = line.strip_prefix("#= ") {
            // An assignment without a key is refused; nothing follows from it.
            let _ = config.set(assignment);
        }
    }
    look_at(&config.root);
    for path in config.root.unread() {
        assert!(
            config.root.get(&path).is_some() || path.contains(".."),
            "{path:?}"
        );
    }
    config.root.read_whole();
    assert!(config.root.unread().is_empty());
});

/// Reads every value as everything it could be.
fn look_at(node: &Node) {
    let (line, column) = node.place.line_column();
    assert!(line >= 1 && column >= 1);
    if let Some(text) = node.text() {
        let _ = (
            tapir_config::parse_bool(text),
            tapir_config::parse_number(text),
            tapir_config::parse_size(text),
        );
    }
    match &node.value {
        Value::Map(entries) => {
            for (key, below) in entries {
                let _ = node.bool_at(key, false).map_err(|error| error.to_string());
                let _ = node.size_at(key, 0).map_err(|error| error.to_string());
                look_at(below);
            }
        }
        Value::List(items) => items.iter().for_each(look_at),
        Value::Null | Value::Scalar(_) => {}
    }
}

//! `test.yaml` as values with types, as the readers of suricata-verify see it.

use serde_json::{Map, Number, Value};
use tapir_config::{Config, Node};

/// Reads a file's text.
pub(super) fn read(name: &str, text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let config = Config::from_text(name, text).map_err(|error| error.to_string())?;
    Ok(value(&config.root))
}

fn value(node: &Node) -> Value {
    match &node.value {
        tapir_config::Value::Null => Value::Null,
        tapir_config::Value::List(items) => items.iter().map(value).collect(),
        tapir_config::Value::Map(entries) => {
            let entries = entries.iter().map(|(key, node)| (key.clone(), value(node)));
            Value::Object(entries.collect())
        }
        tapir_config::Value::Scalar(text) if is_quoted(node) => text.as_str().into(),
        tapir_config::Value::Scalar(text) => plain(text),
    }
}

/// Whether a scalar is text whatever it looks like.
fn is_quoted(node: &Node) -> bool {
    let source = &node.place.source.text;
    let first = source.get(node.place.bytes.clone()).unwrap_or_default();
    first.starts_with(['"', '\'', '|', '>'])
}

/// A scalar without quotes, by the rules of YAML 1.1.
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true.into(),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => false.into(),
        "~" | "null" | "Null" | "NULL" => Value::Null,
        _ => number(text).map_or_else(|| text.into(), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(Number::from);
    }
    // A zero before other digits makes a number octal.
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let is_real = digits.contains('.') && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_real.then(|| text.parse().ok().and_then(Number::from_f64))?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_have_types() {
        let text = "a: 1\nb: '1'\nc: yes\nd: \"no\"\ne: 1.5\nf: 1.2.3\ng: -4\nh: 10.0.0.1\ni:\n- x: ~\n- 0x10\n";
        let expected = json!({
            "a": 1, "b": "1", "c": true, "d": "no", "e": 1.5, "f": "1.2.3", "g": -4, "h": "10.0.0.1",
            "i": [{"x": null}, 16]
        });
        assert_eq!(read("x", text), Ok(expected));
    }
}

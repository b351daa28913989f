//! What a case, or a check of it, asks of where it runs.

use serde_json::Value;

/// The version of Suricata whose behaviour is Tapir's.
pub(super) const VERSION: [u64; 3] = [9, 0, 0];

/// Features under the names that cases ask for.
const FEATURES: [&str; 8] = [
    "HAVE_JA3",
    "HAVE_JA4",
    "HAVE_PCRE_JIT",
    "HAVE_NSS",
    "RUST",
    "MAGIC",
    "PCAP_SET_BUFF",
    "HAVE_PACKET_FANOUT",
];

/// Whether a feature is here.
pub(super) fn has_feature(name: &str) -> bool {
    FEATURES.contains(&name)
}

/// Numbers of a version such as `8.0.1-dev`.
pub(super) fn version(text: &str) -> Vec<u64> {
    let numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|it| !it.is_empty());
    numbers.take(3).filter_map(|it| it.parse().ok()).collect()
}

fn padded(version: &[u64]) -> [u64; 3] {
    std::array::from_fn(|at| version.get(at).copied().unwrap_or(0))
}

/// Whether a version comes after Tapir's.
pub(super) fn is_later(version: &[u64]) -> bool {
    VERSION < padded(version)
}

/// Why something does not apply here; nothing where all that it requires is here.
pub(super) fn unmet(requires: Option<&Value>) -> Option<String> {
    let entries = requires?.as_object()?;
    entries
        .iter()
        .find_map(|(key, want)| unmet_entry(key, want))
}

fn unmet_entry(key: &str, want: &Value) -> Option<String> {
    let text = match want {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let numbers = version(&text);
    let list = || {
        want.as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
    };
    let is_met = match key {
        "min-version" => VERSION >= padded(&numbers),
        "lt-version" => VERSION < padded(&numbers),
        "gt-version" => VERSION > padded(&numbers),
        "version" => VERSION.starts_with(&numbers),
        "features" => {
            let mut names = list().filter_map(Value::as_str);
            return names
                .find(|name| !has_feature(name))
                .map(|name| format!("it needs the feature {name}"));
        }
        "env" => {
            let mut names = list().filter_map(Value::as_str);
            return names
                .find(|name| std::env::var_os(name).is_none())
                .map(|name| format!("it needs the variable {name} of the environment"));
        }
        "os" => std::env::consts::OS.starts_with(&text.to_lowercase()),
        "arch" => std::env::consts::ARCH.starts_with(&text.to_lowercase()),
        "lambda" => return Some("it asks Python whether it applies".to_owned()),
        "script" => return Some("it asks a shell whether it applies".to_owned()),
        _ => true,
    };
    (!is_met).then(|| format!("it needs {key} {text}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_compared_as_they_are_written() {
        let unmet = |value: Value| unmet(Some(&value)).is_some();
        assert!(!unmet(json!({"min-version": 9})) && unmet(json!({"min-version": "9.1"})));
        assert!(unmet(json!({"lt-version": "9.0.0"})) && !unmet(json!({"lt-version": "10"})));
        assert!(!unmet(json!({"version": "9.0"})) && unmet(json!({"version": "8"})));
        assert!(!unmet(json!({"features": ["RUST"]})) && unmet(json!({"features": ["DPDK"]})));
        assert!(unmet(json!({"lambda": "True"})) && !unmet(json!({"pcap": false})));
    }
}

//! Whether an event has what a check asks for: `alert.signature_id: 1`, `smtp.rcpt_to.__len: 2`.

use serde_json::{Map, Value};

/// Whether all of these hold of an event.
pub(super) fn all_hold(wanted: &Map<String, Value>, event: &Value) -> bool {
    wanted.iter().all(|(path, want)| holds(path, want, event))
}

/// Whether one holds.
pub(super) fn holds(path: &str, want: &Value, event: &Value) -> bool {
    let is_there = |path: &Value| match path.as_str() {
        Some(path) => lookup(path, event).is_some_and(|found| !found.is_null()),
        None => false,
    };
    let paths = match want {
        Value::Array(paths) => paths.as_slice(),
        one => std::slice::from_ref(one),
    };
    match path {
        "has-key" => return paths.iter().all(is_there),
        "not-has-key" => return !paths.iter().any(is_there),
        _ => {}
    }
    let found = lookup(path, event);
    let suffix = path.rsplit('.').next().unwrap_or_default();
    let order = || found.as_ref()?.as_f64()?.partial_cmp(&want.as_f64()?);
    let text = |test: fn(&str, &str) -> bool| {
        let (found, want) = (found.as_ref().and_then(Value::as_str), want.as_str());
        found
            .zip(want)
            .is_some_and(|(found, want)| test(found, want))
    };
    match suffix {
        "__gt" => order().is_some_and(|it| it.is_gt()),
        "__gte" => order().is_some_and(|it| it.is_ge()),
        "__lt" => order().is_some_and(|it| it.is_lt()),
        "__lte" => order().is_some_and(|it| it.is_le()),
        _ if suffix.ends_with("__find") => text(|found, want| found.contains(want)),
        _ if suffix.ends_with("__startswith") => text(|found, want| found.starts_with(want)),
        _ if suffix.ends_with("__endswith") => text(|found, want| found.ends_with(want)),
        _ if suffix.ends_with("__contains") => match &found {
            Some(Value::Array(items)) => items.iter().any(|item| equal(item, want)),
            Some(Value::Object(entries)) => {
                want.as_str().is_some_and(|it| entries.contains_key(it))
            }
            Some(Value::String(found)) => want.as_str().is_some_and(|want| found.contains(want)),
            _ => false,
        },
        _ => equal(&found.unwrap_or(Value::Null), want),
    }
}

/// Equality in which 1 and 1.0 are the same, as they are to the readers of suricata-verify.
fn equal(found: &Value, want: &Value) -> bool {
    match (found, want) {
        (Value::Number(found), Value::Number(want)) => {
            found == want || (found.is_f64() || want.is_f64()) && found.as_f64() == want.as_f64()
        }
        // To them, true is 1 and false is 0.
        (Value::Bool(found), Value::Number(want)) | (Value::Number(want), Value::Bool(found)) => {
            want.as_u64() == Some(u64::from(*found))
        }
        (Value::Array(found), Value::Array(want)) => {
            found.len() == want.len()
                && found
                    .iter()
                    .zip(want)
                    .all(|(found, want)| equal(found, want))
        }
        _ => found == want,
    }
}

/// The value at a path such as `alert.metadata.tag[0]`; `__len` is how many there are.
pub(super) fn lookup(path: &str, event: &Value) -> Option<Value> {
    let mut value = event;
    for part in path.split('.') {
        if part == "__len" {
            let length = match value {
                Value::Array(items) => i64::try_from(items.len()).ok(),
                Value::Object(entries) => i64::try_from(entries.len()).ok(),
                Value::String(text) => i64::try_from(text.chars().count()).ok(),
                _ => Some(-1),
            };
            return length.map(Value::from);
        }
        if part.starts_with("__") {
            break;
        }
        let (name, place) = match part.strip_suffix(']').and_then(|it| it.rsplit_once('[')) {
            Some((name, place)) => (name, place.parse::<usize>().ok()),
            None => (part, None),
        };
        let name = if place.is_some() { name } else { part };
        value = value.as_object()?.get(name)?;
        if let Some(place) = place {
            value = value.as_array()?.get(place)?;
        }
    }
    Some(value.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let event = json!({"a": {"b": [1, {"c": "text"}], "d": null}, "n": 7});
        let holds = |path: &str, want: Value| holds(path, &want, &event);
        assert!(holds("a.b[0]", json!(1)) && !holds("a.b[0]", json!("1")));
        assert!(holds("a.b[1].c", json!("text")) && holds("a.b[1].c.__find", json!("ex")));
        assert!(holds("a.b.__len", json!(2)) && holds("n.__len", json!(-1)));
        assert!(
            holds("a.b[1].c.__startswith", json!("te"))
                && !holds("a.b[1].c.__endswith", json!("te"))
        );
        assert!(holds("a.b.__contains", json!(1)) && !holds("a.b.__contains", json!(2)));
        assert!(
            holds("n.__gt", json!(6)) && holds("n.__lte", json!(7)) && !holds("n.__lt", json!(7))
        );
        assert!(holds("has-key", json!(["a.b", "n"])) && !holds("has-key", json!("a.d")));
        assert!(holds("not-has-key", json!("a.x")) && holds("a.x", Value::Null));
        assert!(!holds("a.x.__len", json!(0)));
    }
}

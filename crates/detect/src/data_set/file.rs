//! Files of data sets: a value a line, or JSON objects.

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tapir_rules::sentence;
use tapir_rules::tree::DataKind;

use super::values::{Known, Values, normal};
use super::{Format, Refusal, Request};

/// Reads a file into a set.
pub(super) fn read(
    path: &Path,
    kind: DataKind,
    request: &Request<'_>,
    values: &mut Values,
) -> Result<(), Refusal> {
    let bytes =
        fs::read(path).map_err(|error| format!("data set file {}: {error}", path.display()))?;
    let at =
        |line: usize, what: &str| format!("data set file {}, line {line}: {what}", path.display());
    match &request.format {
        Format::Csv => {
            let mut rated = None;
            for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
                let line = line.trim_ascii();
                if line.is_empty() {
                    continue;
                }
                let (value, about) = match csv_line(kind, line) {
                    Ok(read) => read,
                    Err(Bad::Value) => return Err(at(number + 1, "no value of this type").into()),
                    Err(Bad::Reputation) => {
                        return Err(Refusal::new(
                            at(number + 1, "no reputation from 0 to 65535"),
                            sentence::data_set_bad_reputation(request.name),
                        ));
                    }
                };
                if rated
                    .replace(about.is_some())
                    .is_some_and(|before| before != about.is_some())
                {
                    return Err(Refusal::new(
                        at(number + 1, "some values have a reputation, and some none"),
                        sentence::data_set_mixed(request.name),
                    ));
                }
                values.insert(&value, about);
            }
            Ok(())
        }
        Format::Json {
            lines: true,
            value,
            bare,
            ..
        } => {
            for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                let object = serde_json::from_slice(line)
                    .map_err(|error| at(number + 1, &error.to_string()))?;
                take_object(kind, (value, *bare), object, values)?;
            }
            Ok(())
        }
        Format::Json {
            lines: false,
            array,
            value,
            bare,
        } => {
            let document: Value = serde_json::from_slice(&bytes)
                .map_err(|error| format!("data set file {}: {error}", path.display()))?;
            let list = follow(&document, array).and_then(Value::as_array);
            let list = list.ok_or_else(|| {
                format!("data set file {}: no array at `{array}`", path.display())
            })?;
            list.iter()
                .try_for_each(|object| take_object(kind, (value, *bare), object.clone(), values))
        }
    }
}

/// What is wrong with a line.
enum Bad {
    Value,
    Reputation,
}

fn csv_line(kind: DataKind, line: &[u8]) -> Result<(Vec<u8>, Option<Known>), Bad> {
    let mut fields = line.splitn(2, |&byte| byte == b',');
    let text = fields
        .next()
        .and_then(|value| std::str::from_utf8(value).ok());
    let value = text.and_then(|text| from_text(kind, text.trim(), true));
    let value = value.ok_or(Bad::Value)?;
    let about = fields.next().map(|number| {
        let number = std::str::from_utf8(number).ok()?;
        number.trim().parse().ok().map(Known::Reputation)
    });
    match about {
        Some(None) => Err(Bad::Reputation),
        about => Ok((value, about.flatten())),
    }
}

/// An object without the value is passed over, as one that is about something else; one whose value is no text is
/// wrong.
fn take_object(
    kind: DataKind,
    (key, bare): (&str, bool),
    mut object: Value,
    values: &mut Values,
) -> Result<(), Refusal> {
    let Some(value) = follow(&object, key) else {
        return Ok(());
    };
    let Value::String(text) = value else {
        return Err(Refusal::new(
            format!("`{key}` is no text in {object}"),
            sentence::data_set_not_a_string(),
        ));
    };
    if let Some(value) = from_text(kind, text, false) {
        if bare {
            remove(&mut object, key);
        }
        values.insert(&value, Some(Known::Context(object.to_string().into())));
    }
    Ok(())
}

/// The value at a path of keys joined by dots; the document itself at an empty one.
fn follow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .filter(|key| !key.is_empty())
        .try_fold(value, |value, key| value.get(key))
}

/// Takes the value at a path of keys out.
fn remove(object: &mut Value, path: &str) {
    match path.split_once('.') {
        Some((key, rest)) => {
            if let Some(below) = object.get_mut(key) {
                remove(below, rest);
            }
        }
        None => {
            if let Value::Object(members) = object {
                members.remove(path);
            }
        }
    }
}

/// A value from its text in a file.
pub(super) fn from_text(kind: DataKind, text: &str, base64: bool) -> Option<Vec<u8>> {
    let value = match kind {
        DataKind::String if base64 => STANDARD.decode(text).ok()?,
        DataKind::String => text.as_bytes().to_vec(),
        DataKind::Md5 | DataKind::Sha256 => from_hex(text)?,
        DataKind::Ipv4 => text.parse::<Ipv4Addr>().ok()?.octets().to_vec(),
        DataKind::Ip => match text.parse::<IpAddr>().ok()? {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        },
    };
    normal(kind, &value)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    digits
        .chunks_exact(2)
        .map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?))
        .collect()
}

/// Writes a set; its file is replaced only by a whole one.
pub(super) fn write(path: &Path, kind: DataKind, values: &Values) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("data set file {}: {error}", path.display());
    let mut text = Vec::new();
    for (value, known) in values.sorted() {
        text.extend_from_slice(to_text(kind, value).as_bytes());
        if let Some(reputation) = known.reputation() {
            text.extend_from_slice(format!(",{reputation}").as_bytes());
        }
        text.push(b'\n');
    }
    let draft = path.with_extension("new");
    let mut file = fs::File::create(&draft).map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    fs::rename(&draft, path).map_err(failed)
}

fn to_text(kind: DataKind, value: &[u8]) -> String {
    match kind {
        DataKind::String => STANDARD.encode(value),
        DataKind::Md5 | DataKind::Sha256 => {
            value.iter().map(|byte| format!("{byte:02x}")).collect()
        }
        DataKind::Ipv4 => <[u8; 4]>::try_from(value)
            .map(|v4| Ipv4Addr::from(v4).to_string())
            .unwrap_or_default(),
        DataKind::Ip => <[u8; 16]>::try_from(value)
            .map(|bytes| {
                let v6 = Ipv6Addr::from(bytes);
                v6.to_ipv4_mapped()
                    .map_or_else(|| v6.to_string(), |v4| v4.to_string())
            })
            .unwrap_or_default(),
    }
}

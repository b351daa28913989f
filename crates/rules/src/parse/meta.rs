//! Arguments of the keywords about the rule itself.

use super::arg::Arg;
use crate::Dialect;
use crate::diagnostic::{Code, Read};
use crate::tree::*;

/// The message, its escapes resolved.
pub(crate) fn msg(arg: Arg<'_>, dialect: Dialect) -> Read<Box<str>> {
    let inner = match arg.unquoted() {
        Some(inner) => inner,
        None if dialect == Dialect::Snort2 && !arg.text.contains('"') => arg,
        None => {
            return Err(arg
                .problem(Code::BadQuotes, "the message stands in double quotes")
                .fix(arg.span(), format!("\"{}\"", arg.text.trim_matches('"'))));
        }
    };
    if inner.text.is_empty() {
        return Err(arg.problem(Code::BadArgument, "the message is empty"));
    }
    Ok(unescape(inner.text).into())
}

/// The text without its backslashes, each of which makes the letter after it an ordinary one.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(if letter == '\\' {
            letters.next().unwrap_or('\\')
        } else {
            letter
        });
    }
    plain
}

pub(crate) fn number(arg: Arg<'_>) -> Read<u32> {
    arg.unquoted().unwrap_or(arg).trim().u32()
}

pub(crate) fn sid(arg: Arg<'_>) -> Read<u32> {
    match number(arg)? {
        0 => Err(arg
            .problem(Code::OutOfRange, "a sid of zero")
            .label("at least 1")),
        sid => Ok(sid),
    }
}

pub(crate) fn classtype(arg: Arg<'_>) -> Read<Box<str>> {
    let name = arg.unquoted().unwrap_or(arg).trim();
    let named = name
        .text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if named && !name.is_empty() {
        Ok(name.owned())
    } else {
        Err(arg.expected("the name of a class"))
    }
}

pub(crate) fn reference(arg: Arg<'_>) -> Read<Reference> {
    let (system, id) = arg
        .split_once(',')
        .ok_or_else(|| arg.expected("system and identifier: `cve,2021-44228`"))?;
    let id = id.unquoted().unwrap_or(id).trim();
    if system.is_empty() || id.is_empty() {
        return Err(arg.expected("system and identifier: `cve,2021-44228`"));
    }
    Ok(Reference {
        system: system.owned(),
        id: unescape(id.text).into(),
    })
}

pub(crate) fn target(arg: Arg<'_>) -> Read<TargetSide> {
    match arg.text {
        "src_ip" => Ok(TargetSide::SrcIp),
        "dest_ip" | "dst_ip" => Ok(TargetSide::DestIp),
        _ => Err(arg.expected("`src_ip` or `dest_ip`")),
    }
}

/// `service:http,ftp`; a name this table lacks is kept as it is.
pub(crate) fn service(arg: Arg<'_>) -> Read<Box<[Box<str>]>> {
    let mut services = Vec::new();
    for name in arg.split(',') {
        if name.is_empty() {
            return Err(arg.expected("the names of services"));
        }
        services.push(
            crate::keywords::app_protocol(name.text).map_or_else(|| name.owned(), Into::into),
        );
    }
    Ok(services.into_boxed_slice())
}

/// `requires: feature ja3, version >= 7.0.3 < 8 | >= 8.0.1`.
pub(crate) fn requires(arg: Arg<'_>) -> Read<Requires> {
    let mut requires = Requires::default();
    for part in arg.split(',') {
        let (key, value) = part.word();
        match key.text {
            "feature" if !value.is_empty() => requires.features.push(value.owned()),
            "keyword" if !value.is_empty() => requires.keywords.push(value.owned()),
            "version" => {
                if !requires.versions.is_empty() {
                    return Err(part.problem(Code::Repeated, "`version` is said already"));
                }
                for alternative in value.split('|') {
                    requires.versions.push(versions(alternative)?);
                }
            }
            "" => return Err(arg.expected("`version`, `feature` or `keyword`")),
            _ => requires.unknown.push(part.owned()),
        }
    }
    Ok(requires)
}

fn versions(arg: Arg<'_>) -> Read<Vec<VersionTest>> {
    let mut tests = Vec::new();
    let mut rest = arg;
    while !rest.is_empty() {
        let signs = [
            (">=", IntegerOp::GreaterOrEqual),
            ("<=", IntegerOp::LessOrEqual),
            (">", IntegerOp::Greater),
            ("<", IntegerOp::Less),
        ];
        let found = signs
            .into_iter()
            .find_map(|(sign, op)| Some((rest.strip(sign)?.trim(), op)));
        let Some((after, op)) = found else {
            return Err(rest.expected("`>=`, `>`, `<=` or `<` and a version"));
        };
        let (text, next) = after.word();
        let mut numbers = text.split('.').map(|part| part.u8());
        let major = numbers
            .next()
            .unwrap_or_else(|| Err(text.expected("a version")))?;
        let minor = numbers.next().unwrap_or(Ok(0))?;
        let patch = numbers.next().unwrap_or(Ok(0))?;
        tests.push(VersionTest {
            op,
            version: (major, minor, patch),
        });
        rest = next;
    }
    if tests.is_empty() {
        Err(arg.expected("`>=` and a version"))
    } else {
        Ok(tests)
    }
}

impl Requires {
    /// What is missing here, or `None` when the rule is to be loaded.
    ///
    /// `version` is that of Suricata whose behaviour counts.
    pub fn unmet(
        &self,
        version: (u8, u8, u8),
        has_feature: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let holds = |test: &VersionTest| match test.op {
            IntegerOp::GreaterOrEqual => version >= test.version,
            IntegerOp::Greater => version > test.version,
            IntegerOp::LessOrEqual => version <= test.version,
            _ => version < test.version,
        };
        if !self.versions.is_empty() && !self.versions.iter().any(|tests| tests.iter().all(holds)) {
            return Some("another version".into());
        }
        if let Some(feature) = self.features.iter().find(|feature| !has_feature(feature)) {
            return Some(format!("the feature `{feature}`"));
        }
        let known = |name: &str| crate::keywords::find(Dialect::Suricata, name).is_some();
        if let Some(keyword) = self.keywords.iter().find(|name| !known(name)) {
            return Some(format!("the keyword `{keyword}`"));
        }
        self.unknown.first().map(|what| format!("`{what}`"))
    }
}

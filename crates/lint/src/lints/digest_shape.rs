//! A pattern that no digest holds.
//!
//! # What it does
//! Looks, in buffers with a digest in hexadecimal, for bytes other than hexadecimal digits, and behind `to_md5`, `to_sha1`
//! and `to_sha256`, whose result are raw bytes, for patterns that are longer than the digest.
//!
//! # Why is this bad?
//! The rule never matches.
//!
//! # Example
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; to_md5; content:"5d41402abc4b2a76b9719d911017c592"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert http any any -> any any (msg:"x"; http.uri; to_md5; content:"|5d 41 40 2a bc 4b 2a 76 b9 71 9d 91 10 17 c5 92|"; sid:1; rev:1;)
//! ```

use tapir_rules::Rule;
use tapir_rules::keywords::{mail, tls};
use tapir_rules::tree::Transform;

use crate::lint::Check;
use crate::stretch::Stretch;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L027",
    name: "digest-shape",
    level: Level::Error,
    mends: false,
    text: include_str!("digest_shape.rs"),
    check: Check::Buffer(check),
};

fn check(rule: &Rule, stretch: &Stretch<'_>, report: &mut Report<'_>) {
    let raw = match stretch.transforms.last() {
        Some(Transform::Md5) => Some(16),
        Some(Transform::Sha1) => Some(20),
        Some(Transform::Sha256) => Some(32),
        _ => None,
    };
    let written = stretch.is_plain(&[
        tls::JA3_HASH,
        tls::JA3S_HASH,
        tls::SSH_HASSH,
        tls::SSH_HASSH_SERVER,
        mail::EMAIL_BODY_MD5,
    ]);
    for (option, content) in stretch.required() {
        let bytes = &content.bytes;
        let (message, help) = match raw {
            Some(length) if bytes.len() > length => (
                format!("the digest has {length} raw bytes, and the pattern {}", bytes.len()),
                "write the digest in hexadecimal between `|`",
            ),
            None if written && bytes.len() > 32 => (
                format!("the digest has 32 digits, and the pattern {} bytes", bytes.len()),
                "write the digest in 32 hexadecimal digits",
            ),
            None if written && !bytes.iter().all(u8::is_ascii_hexdigit) => (
                "the digest consists of hexadecimal digits".to_owned(),
                "write the digest in hexadecimal digits",
            ),
            _ => continue,
        };
        report.say(rule, option.span, message, help);
    }
}

//! Fingerprints of hellos: JA3, JA3S and JA4.

use std::fmt::Write;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::hello::{Hello, is_grease};

/// A text and its MD5 digest in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ja3 {
    pub text: Box<str>,
    pub hash: Box<str>,
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn dashed(text: &mut String, values: impl Iterator<Item = u16>) {
    for (place, value) in values.enumerate() {
        let dash = if place > 0 { "-" } else { "" };
        let _ = write!(text, "{dash}{value}");
    }
}

fn meant(values: &[u16]) -> impl Iterator<Item = u16> + '_ {
    values.iter().copied().filter(|&value| !is_grease(value))
}

impl Ja3 {
    /// The fingerprint of a client.
    pub fn of_client(hello: &Hello) -> Self {
        let mut text = format!("{},", hello.legacy_version);
        dashed(&mut text, meant(&hello.ciphers));
        text.push(',');
        dashed(&mut text, meant(&hello.extensions));
        text.push(',');
        dashed(&mut text, meant(&hello.groups));
        text.push(',');
        dashed(&mut text, hello.formats.iter().map(|&format| format.into()));
        Self::of_text(text)
    }

    /// The fingerprint of a server.
    pub fn of_server(hello: &Hello) -> Self {
        let mut text = format!("{},", hello.legacy_version);
        dashed(&mut text, hello.ciphers.iter().copied());
        text.push(',');
        dashed(&mut text, meant(&hello.extensions));
        Self::of_text(text)
    }

    fn of_text(text: String) -> Self {
        Self {
            hash: hex(&Md5::digest(&text)).into(),
            text: text.into(),
        }
    }
}

/// The JA4 fingerprint of a client.
pub(crate) fn ja4(hello: &Hello, is_quic: bool) -> Box<str> {
    let version = meant(&hello.versions).max().unwrap_or(hello.legacy_version);
    let version = match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    };
    let mut ciphers: Vec<u16> = meant(&hello.ciphers).collect();
    let mut extensions: Vec<u16> = meant(&hello.extensions).collect();
    ciphers.sort_unstable();
    let (ciphers_len, extensions_len) = (ciphers.len().min(99), extensions.len().min(99));
    extensions.retain(|kind| !matches!(kind, 0 | 16));
    extensions.sort_unstable();
    let transport = if is_quic { 'q' } else { 't' };
    let named = if hello.extensions.contains(&0) {
        'd'
    } else {
        'i'
    };
    let [first, last] = alpn_ends(hello.alpn.first().map(|name| &**name));
    let signatures: Vec<u16> = meant(&hello.signatures).collect();
    let rest = format!("{}_{}", hex_list(&extensions), hex_list(&signatures));
    let text = format!(
        "{transport}{version}{named}{ciphers_len:02}{extensions_len:02}{first}{last}_{}_{}",
        start_of_digest(&hex_list(&ciphers)),
        start_of_digest(&rest),
    );
    text.into()
}

fn hex_list(values: &[u16]) -> String {
    let mut text = String::with_capacity(values.len() * 5);
    for (place, value) in values.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{value:04x}");
    }
    text
}

fn start_of_digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    hex(digest.get(..6).unwrap_or_default())
}

/// First and last character of the first protocol offered.
fn alpn_ends(name: Option<&[u8]>) -> [char; 2] {
    let Some((&first, &last)) = name.and_then(|name| name.first().zip(name.last())) else {
        return ['0', '0'];
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [first.into(), last.into()];
    }
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    [digit(first >> 4), digit(last & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_of_a_client() {
        let hello = Hello::parse(&super::super::hello::tests::client(), true).unwrap();
        assert_eq!(&*Ja3::of_client(&hello).text, "771,4865,0-10-16-43,29,");
        assert!(ja4(&hello, false).starts_with("t13d0104h2_"));
        assert_eq!(
            &*ja4(&Hello::default(), false),
            "t00i000000_e3b0c44298fc_d2e2adf7177b"
        );
    }
}

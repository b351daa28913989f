//! Writing JSON straight into a byte buffer: no tree, no allocation per value.
//!
//! Whoever knows a part of a record writes it: the outputs the envelope, the protocols their transactions.
//!
//! ```
//! let mut out = Vec::new();
//! let mut json = tapir_json::Json::begin(&mut out);
//! json.text("proto", "TCP");
//! json.bytes("host", b"a\xff");
//! json.close_object();
//! assert_eq!(out, br#"{"proto":"TCP","host":"a\\xff"}"#);
//! ```

#![deny(missing_docs)]
#![forbid(unsafe_code)]

use std::net::IpAddr;

use base64::Engine as _;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What to write for each byte inside a string: 0 itself, `u` a `\u00XX` escape, else a backslash and this.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Appends JSON objects to a buffer it borrows. Commas are put by looking at what stands before, so that
/// parts of a record can be written by different hands.
///
/// Keys are written as they are: they are names in this program, except through [`Json::free_key`].
pub struct Json<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> Json<'b> {
    /// Writes behind what `out` holds already, and begins an object.
    pub fn begin(out: &'b mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out }
    }

    /// A string whose inside `write` appends; it must need no escaping.
    pub fn quoted(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.key(key);
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }

    /// The buffer, for what this type has no method for.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.out
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A key from outside, escaped; its value must follow through [`Json::text_value`] or
    /// [`Json::uint_value`].
    pub fn free_key(&mut self, key: &str) {
        self.comma();
        self.out.push(b'"');
        escape(self.out, key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Begins an object in an array.
    pub fn open(&mut self) {
        self.comma();
        self.out.push(b'{');
    }

    /// Begins an object under a key.
    pub fn open_object(&mut self, key: &str) {
        self.key(key);
        self.out.push(b'{');
    }

    /// Ends an object.
    pub fn close_object(&mut self) {
        self.out.push(b'}');
    }

    /// Begins an array under a key.
    pub fn open_array(&mut self, key: &str) {
        self.key(key);
        self.out.push(b'[');
    }

    /// Begins the array that is the value of a [`Json::free_key`].
    pub fn open_array_value(&mut self) {
        self.out.push(b'[');
    }

    /// Ends an array.
    pub fn close_array(&mut self) {
        self.out.push(b']');
    }

    /// A string.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text_value(value);
    }

    /// A string that needs no escaping, such as a name in this program.
    pub fn word(&mut self, key: &str, value: &'static str) {
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
    }

    /// The string after a key.
    pub fn text_value(&mut self, value: &str) {
        self.out.push(b'"');
        escape(self.out, value.as_bytes());
        self.out.push(b'"');
    }

    /// A string element of an array.
    pub fn text_element(&mut self, value: &str) {
        self.comma();
        self.text_value(value);
    }

    /// Bytes as a string: as they are when they are UTF-8, else everything that is not printable ASCII as `\xHH`.
    pub fn bytes(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.bytes_value(value);
    }

    /// The string of bytes after a key.
    pub fn bytes_value(&mut self, value: &[u8]) {
        match std::str::from_utf8(value) {
            Ok(text) => self.text_value(text),
            Err(_) => {
                self.out.push(b'"');
                for byte in value {
                    if byte.is_ascii() {
                        escape(self.out, std::slice::from_ref(byte));
                    } else {
                        self.out.extend_from_slice(b"\\\\x");
                        push_hex(self.out, *byte);
                    }
                }
                self.out.push(b'"');
            }
        }
    }

    /// A string of bytes as an element of an array.
    pub fn bytes_element(&mut self, value: &[u8]) {
        self.comma();
        self.bytes_value(value);
    }

    /// Bytes as a string of hexadecimal digits.
    pub fn hex(&mut self, key: &str, value: &[u8]) {
        self.quoted(key, |out| {
            value.iter().for_each(|&byte| push_hex(out, byte))
        });
    }

    /// Bytes as a string of printable ASCII: line ends stay, everything else unprintable becomes a dot.
    pub fn printable(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.printable_value(value);
    }

    /// The string of printable ASCII after a key.
    pub fn printable_value(&mut self, value: &[u8]) {
        self.out.push(b'"');
        for &byte in value {
            match byte {
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b' '..=b'~' => self.out.push(byte),
                _ => self.out.push(b'.'),
            }
        }
        self.out.push(b'"');
    }

    /// Bytes in base64; nothing at all for no bytes.
    pub fn base64(&mut self, key: &str, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.key(key);
        self.out.push(b'"');
        let start = self.out.len();
        self.out.resize(start + value.len().div_ceil(3) * 4, 0);
        let room = self.out.get_mut(start..).unwrap_or_default();
        let written = base64::engine::general_purpose::STANDARD
            .encode_slice(value, room)
            .unwrap_or(0);
        self.out.truncate(start + written);
        self.out.push(b'"');
    }

    /// An unsigned number.
    pub fn uint(&mut self, key: &str, value: impl Into<u64>) {
        self.key(key);
        self.uint_value(value);
    }

    /// The unsigned number after a key.
    pub fn uint_value(&mut self, value: impl Into<u64>) {
        push_uint(self.out, value);
    }

    /// A number element of an array.
    pub fn uint_element(&mut self, value: impl Into<u64>) {
        self.comma();
        self.uint_value(value);
    }

    /// A signed number.
    pub fn int(&mut self, key: &str, value: i64) {
        self.key(key);
        self.out
            .extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// A fractional number.
    pub fn float(&mut self, key: &str, value: f64) {
        self.key(key);
        self.float_value(value);
    }

    /// The fractional number after a key; `null` for what JSON has no number for.
    pub fn float_value(&mut self, value: f64) {
        if value.is_finite() {
            self.out.extend_from_slice(value.to_string().as_bytes());
        } else {
            self.out.extend_from_slice(b"null");
        }
    }

    /// A truth value.
    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A number of two hexadecimal digits, as a string.
    pub fn hex_byte(&mut self, key: &str, value: u8) {
        self.key(key);
        self.out.push(b'"');
        push_hex(self.out, value);
        self.out.push(b'"');
    }

    /// An IP address as a string; see [`push_ip`].
    pub fn ip(&mut self, key: &str, ip: IpAddr, compress: bool) {
        self.key(key);
        self.out.push(b'"');
        push_ip(self.out, ip, compress);
        self.out.push(b'"');
    }

    /// Bytes in hexadecimal with colons between them, as link-layer addresses and fingerprints are written.
    pub fn colon_hex(&mut self, key: &str, bytes: &[u8]) {
        self.quoted(key, |out| push_colon_hex(out, bytes));
    }

    /// The same in an array.
    pub fn colon_hex_element(&mut self, bytes: &[u8]) {
        self.comma();
        self.out.push(b'"');
        push_colon_hex(self.out, bytes);
        self.out.push(b'"');
    }

    /// A value that already is JSON.
    pub fn raw(&mut self, key: &str, json: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(json);
    }

    /// Keys with their values that already are JSON, without braces.
    pub fn members(&mut self, json: &[u8]) {
        if !json.is_empty() {
            self.comma();
            self.out.extend_from_slice(json);
        }
    }
}

/// Appends the inside of a JSON string.
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = rest
        .iter()
        .position(|&byte| ESCAPES[usize::from(byte)] != 0)
    {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else {
            return;
        };
        match ESCAPES[usize::from(byte)] {
            b'u' => {
                out.extend_from_slice(b"\\u00");
                push_hex(out, byte);
            }
            letter => out.extend_from_slice(&[b'\\', letter]),
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
}

/// Appends two lower-case hexadecimal digits.
pub fn push_hex(out: &mut Vec<u8>, byte: u8) {
    out.push(HEX[usize::from(byte >> 4)]);
    out.push(HEX[usize::from(byte & 0xf)]);
}

/// Appends a decimal number.
pub fn push_uint(out: &mut Vec<u8>, value: impl Into<u64>) {
    out.extend_from_slice(itoa::Buffer::new().format(value.into()).as_bytes());
}

/// Appends bytes as `00:11:22:33:44:55`.
pub fn push_colon_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for (i, &byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        push_hex(out, byte);
    }
}

/// Appends an IP address. An IPv6 address is written with all its digits, as Suricata does unless told to
/// compress it (RFC 5952).
pub fn push_ip(out: &mut Vec<u8>, ip: IpAddr, compress: bool) {
    match ip {
        IpAddr::V4(ip) => {
            for (i, octet) in ip.octets().into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                push_uint(out, octet);
            }
        }
        IpAddr::V6(ip) if compress => out.extend_from_slice(ip.to_string().as_bytes()),
        IpAddr::V6(ip) => {
            for (i, octet) in ip.octets().into_iter().enumerate() {
                if i > 0 && i % 2 == 0 {
                    out.push(b':');
                }
                push_hex(out, octet);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Json<'_>)) -> String {
        let mut out = Vec::new();
        let mut json = Json::begin(&mut out);
        write(&mut json);
        json.close_object();
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn commas_stand_between_members_only() {
        let text = written(|json| {
            json.open_array("a");
            json.uint_element(1_u8);
            json.text_element("x");
            json.close_array();
            json.open_object("o");
            json.close_object();
            json.members(b"");
            json.members(b"\"m\":null");
            json.bool("b", true);
        });
        assert_eq!(text, r#"{"a":[1,"x"],"o":{},"m":null,"b":true}"#);
    }

    #[test]
    fn escapes_what_json_demands_and_leaves_slashes_alone() {
        assert_eq!(
            written(|j| j.text("k", "a/\"\\\n\u{1}é")),
            "{\"k\":\"a/\\\"\\\\\\n\\u0001é\"}"
        );
        assert_eq!(
            written(|j| j.printable("k", b"a\r\n\t\x80\"")),
            r#"{"k":"a\r\n..\""}"#
        );
    }

    #[test]
    fn addresses_as_suricata_writes_them() {
        let ip = "2001:db8::1".parse().expect("an address");
        assert_eq!(
            written(|j| j.ip("k", ip, false)),
            r#"{"k":"2001:0db8:0000:0000:0000:0000:0000:0001"}"#
        );
        assert_eq!(written(|j| j.ip("k", ip, true)), r#"{"k":"2001:db8::1"}"#);
        assert_eq!(
            written(|j| j.colon_hex("k", &[0, 1, 2, 0xab, 255, 9])),
            r#"{"k":"00:01:02:ab:ff:09"}"#
        );
    }

    proptest! {
        #[test]
        fn any_text_reads_back(key: String, value: String) {
            let text = written(|json| { json.free_key(&key); json.text_value(&value); });
            let back: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
            prop_assert_eq!(back.get(&key).and_then(|v| v.as_str()), Some(value.as_str()));
        }

        #[test]
        fn any_bytes_read_back_from_base64(value: Vec<u8>) {
            let text = written(|json| json.base64("k", &value));
            let back: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
            let decoded = back["k"].as_str().map(|s| {
                base64::engine::general_purpose::STANDARD.decode(s).expect("valid base64")
            });
            prop_assert_eq!(decoded.unwrap_or_default(), value);
        }
    }
}

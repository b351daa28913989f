//! The record of a TLS session.

use tapir_json::Json;
use tapir_packet::Direction::{ToClient, ToServer};

use super::certificate::Certificate;
use super::hello::{Hello, is_grease};
use super::transaction::{Session, Side};
use crate::AppProto;
use crate::record::RecordOptions;

const FROM_PROTO: &str = "from_proto";
const BASIC: &[&str] = &["subject", "issuer", "subjectaltname"];
const EXTENDED: &[&str] = &[
    "subject",
    "issuer",
    "session_resumed",
    "serial",
    "fingerprint",
    "sni",
    "version",
    "not_before",
    "not_after",
    "ja3",
    "ja3s",
    "ja4",
    "subjectaltname",
    "client",
    "client_alpns",
    "server_alpns",
];

/// Which parts are written.
struct Fields<'a>(&'a dyn Fn(&str) -> bool);

impl Fields<'_> {
    fn has(&self, name: &str) -> bool {
        (self.0)(name)
    }
}

impl Session {
    pub(super) fn write_extended(&self, json: &mut Json<'_>, options: &RecordOptions) {
        self.write(
            json,
            &Fields(&|name| {
                EXTENDED.contains(&name) && (name != "ja4" || options.is_on("ja4", true))
            }),
        );
    }

    pub(super) fn write_record(&self, json: &mut Json<'_>, options: &RecordOptions) {
        if let Some(custom) = options.list("custom") {
            return self.write(
                json,
                &Fields(&|name| {
                    name == FROM_PROTO
                        || custom
                            .iter()
                            .any(|wanted| wanted.eq_ignore_ascii_case(name))
                }),
            );
        }
        let is_extended = options.is_on("extended", false);
        let fields = if is_extended { EXTENDED } else { BASIC };
        self.write(
            json,
            &Fields(&|name| match name {
                FROM_PROTO => true,
                "ja4" => options.is_on("ja4", is_extended),
                "session_resumed" => options.is_on("session-resumption", is_extended),
                _ => fields.contains(&name),
            }),
        );
    }

    fn write(&self, json: &mut Json<'_>, fields: &Fields<'_>) {
        let (client, server) = (self.side(ToServer), self.side(ToClient));
        json.open_object("tls");
        if let Some(certificate) = server.certificate.as_deref() {
            write_names(json, certificate, fields);
        }
        if self.resumed && fields.has("session_resumed") {
            json.bool("session_resumed", true);
        }
        if let Some(certificate) = server.certificate.as_deref() {
            write_numbers(json, certificate, fields);
        }
        if let Some(name) = hello_of(client)
            .and_then(|hello| hello.name.as_deref())
            .filter(|_| fields.has("sni"))
        {
            json.bytes("sni", name);
        }
        if fields.has("version") {
            // The server decides; one that never answered has not.
            let version = match server.version {
                0 => client.version,
                decided => decided,
            };
            json.text("version", &version_text(version));
        }
        if let Some(certificate) = server.certificate.as_deref() {
            write_rest(json, certificate, server, fields);
        }
        self.write_fingerprints(json, fields);
        if let Some(certificate) = client
            .certificate
            .as_deref()
            .filter(|_| fields.has("client"))
        {
            let all = Fields(&|name| match name {
                "certificate" => fields.has("client_certificate"),
                "chain" => fields.has("client_chain"),
                _ => EXTENDED.contains(&name),
            });
            json.open_object("client");
            write_names(json, certificate, &all);
            write_numbers(json, certificate, &all);
            write_rest(json, certificate, client, &all);
            json.close_object();
        }
        write_protocols(json, "client_alpns", client, fields);
        write_protocols(json, "server_alpns", server, fields);
        self.write_handshakes(json, fields);
        if self.came_from != AppProto::Unknown && fields.has(FROM_PROTO) {
            json.word(FROM_PROTO, self.came_from.event_name());
        }
        json.close_object();
    }

    fn write_fingerprints(&self, json: &mut Json<'_>, fields: &Fields<'_>) {
        for (name, ja3) in ["ja3", "ja3s"].into_iter().zip(&self.ja3) {
            if let Some(ja3) = ja3.as_ref().filter(|_| fields.has(name)) {
                json.open_object(name);
                json.text("hash", &ja3.hash);
                json.text("string", &ja3.text);
                json.close_object();
            }
        }
        if let Some(ja4) = self.ja4.as_ref().filter(|_| fields.has("ja4")) {
            json.text("ja4", ja4);
        }
    }

    fn write_handshakes(&self, json: &mut Json<'_>, fields: &Fields<'_>) {
        if let Some(hello) =
            hello_of(self.side(ToServer)).filter(|_| fields.has("client_handshake"))
        {
            json.open_object("client_handshake");
            json.text("version", &version_text(hello.version));
            write_values(json, "ciphers", &hello.ciphers);
            write_values(json, "exts", &hello.extensions);
            write_values(json, "sig_algs", &hello.signatures);
            json.close_object();
        }
        if let Some(hello) =
            hello_of(self.side(ToClient)).filter(|_| fields.has("server_handshake"))
        {
            json.open_object("server_handshake");
            json.text("version", &version_text(hello.version));
            if let Some(&cipher) = hello.ciphers.first() {
                json.uint("cipher", cipher);
            }
            write_values(json, "exts", &hello.extensions);
            json.close_object();
        }
    }
}

fn hello_of(side: &Side) -> Option<&Hello> {
    side.hello.as_deref()
}

fn write_values(json: &mut Json<'_>, key: &str, values: &[u16]) {
    if values.iter().all(|&value| is_grease(value)) {
        return;
    }
    json.open_array(key);
    for &value in values.iter().filter(|&&value| !is_grease(value)) {
        json.uint_element(value);
    }
    json.close_array();
}

fn write_names(json: &mut Json<'_>, certificate: &Certificate, fields: &Fields<'_>) {
    if fields.has("subject") {
        json.text("subject", &certificate.subject);
    }
    if fields.has("issuer") {
        json.text("issuerdn", &certificate.issuer);
    }
}

fn write_numbers(json: &mut Json<'_>, certificate: &Certificate, fields: &Fields<'_>) {
    if fields.has("serial") {
        json.text("serial", &certificate.serial);
    }
    if fields.has("fingerprint") {
        json.text("fingerprint", &certificate.fingerprint);
    }
}

fn write_rest(json: &mut Json<'_>, certificate: &Certificate, side: &Side, fields: &Fields<'_>) {
    if fields.has("not_before") {
        json.text("notbefore", &date(certificate.not_before));
    }
    if fields.has("not_after") {
        json.text("notafter", &date(certificate.not_after));
    }
    if let Some(first) = side.chain.first().filter(|_| fields.has("certificate")) {
        json.base64("certificate", first);
    }
    if fields.has("chain") && !side.chain.is_empty() {
        json.open_array("chain");
        for der in &side.chain {
            let mut element = Vec::new();
            let mut writer = Json::begin(&mut element);
            writer.base64("c", der);
            // Base64 needs no escaping: what stands between the quotes after the key is the element.
            let text = element
                .rsplit(|&byte| byte == b'"')
                .nth(1)
                .unwrap_or_default();
            json.bytes_element(text);
        }
        json.close_array();
    }
    if fields.has("subjectaltname") && !certificate.names.is_empty() {
        json.open_array("subjectaltname");
        for name in &certificate.names {
            json.text_element(name);
        }
        json.close_array();
    }
}

fn write_protocols(json: &mut Json<'_>, key: &str, side: &Side, fields: &Fields<'_>) {
    let Some(hello) = hello_of(side).filter(|hello| fields.has(key) && !hello.alpn.is_empty())
    else {
        return;
    };
    json.open_array(key);
    for name in &hello.alpn {
        json.bytes_element(name);
    }
    json.close_array();
}

/// A version as records show it.
fn version_text(version: u16) -> String {
    let text = match version {
        0 => "UNDETERMINED",
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        0x7f00..=0x7f0f => "TLS 1.3 draft-<16",
        0x7f10..=0x7f1c => return format!("TLS 1.3 draft-{}", version & 0xff),
        0xfb17 => "TLS 1.3 draft-23-fb",
        0xfb1a => "TLS 1.3 draft-26-fb",
        _ => return format!("0x{version:04x}"),
    };
    text.to_owned()
}

/// Seconds since 1970 as day and time; the calendar is that of Howard Hinnant's `civil_from_days`.
fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_full() {
        assert_eq!(date(0), "1970-01-01T00:00:00");
        assert_eq!(date(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(date(1_709_164_800), "2024-02-29T00:00:00");
        assert_eq!(date(-1), "1969-12-31T23:59:59");
    }
}

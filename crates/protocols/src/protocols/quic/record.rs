//! What rules and records see of a packet of the handshake.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, tls as keywords};

use super::header::VERSION_2;
use super::parser::Packet;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

impl Transaction for Packet {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction {
            return false;
        }
        let ja3 = self.ja3.as_ref();
        let value = match keyword {
            keywords::QUIC_VERSION => return accepts(Value::Bytes(&self.version.to_be_bytes())),
            keywords::QUIC_CYU_HASH => {
                return self
                    .cyu
                    .iter()
                    .any(|(hash, _)| accepts(Value::Bytes(hash.as_bytes())));
            }
            keywords::QUIC_CYU_STRING => {
                return self
                    .cyu
                    .iter()
                    .any(|(_, text)| accepts(Value::Bytes(text.as_bytes())));
            }
            keywords::QUIC_SNI => self.server_name.as_deref(),
            keywords::QUIC_UA => self.user_agent.as_deref(),
            keywords::JA3_HASH | keywords::JA3S_HASH => ja3.map(|ja3| ja3.hash.as_bytes()),
            keywords::JA3_STRING | keywords::JA3S_STRING => ja3.map(|ja3| ja3.text.as_bytes()),
            keywords::JA4_HASH => self.ja4.as_deref().map(str::as_bytes),
            _ => None,
        };
        value.is_some_and(|value| accepts(Value::Bytes(value)))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("quic");
        json.text("version", &version_name(self.version));
        if let Some(name) = &self.server_name {
            json.bytes("sni", name);
        }
        if let Some(agent) = &self.user_agent {
            json.bytes("ua", agent);
        }
        if !self.cyu.is_empty() {
            json.open_array("cyu");
            for (hash, text) in &self.cyu {
                json.open();
                json.text("hash", hash);
                json.text("string", text);
                json.close_object();
            }
            json.close_array();
        }
        if let Some(ja3) = &self.ja3 {
            json.open_object(if self.direction == Direction::ToServer {
                "ja3"
            } else {
                "ja3s"
            });
            json.text("hash", &ja3.hash);
            json.text("string", &ja3.text);
            json.close_object();
        }
        if let Some(ja4) = &self.ja4 {
            json.text("ja4", ja4);
        }
        self.write_extensions(json);
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("quic", &|json| self.describe(json, options));
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.direction == Direction::ToClient
    }
}

impl Packet {
    fn write_extensions(&self, json: &mut Json<'_>) {
        if self.extensions.is_empty() {
            return;
        }
        json.open_array("extensions");
        for kind in &self.extensions {
            json.open();
            if let Some(name) = extension_name(*kind) {
                json.word("name", name);
            }
            json.uint("type", *kind);
            let values: Vec<&[u8]> = match kind {
                0 => self.server_name.as_deref().into_iter().collect(),
                16 => self.alpn.iter().map(|protocol| &**protocol).collect(),
                _ => Vec::new(),
            };
            if !values.is_empty() {
                json.open_array("values");
                values.iter().for_each(|value| json.bytes_element(value));
                json.close_array();
            }
            json.close_object();
        }
        json.close_array();
    }
}

fn version_name(version: u32) -> String {
    match version.to_be_bytes() {
        [letter @ (b'Q' | b'T'), rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
            [letter, rest[0], rest[1], rest[2]]
                .map(char::from)
                .iter()
                .collect()
        }
        _ if version == VERSION_2 => "v2".to_owned(),
        _ => format!("{version:x}"),
    }
}

/// Names of extensions (IANA, TLS ExtensionType Values).
fn extension_name(kind: u16) -> Option<&'static str> {
    const FIRST: [&str; 36] = [
        "server_name",
        "max_fragment_length",
        "client_certificate_url",
        "trusted_ca_keys",
        "truncated_hmac",
        "status_request",
        "user_mapping",
        "client_authz",
        "server_authz",
        "cert_type",
        "supported_groups",
        "ec_point_formats",
        "srp",
        "signature_algorithms",
        "use_srtp",
        "heartbeat",
        "alpn",
        "status_request_v2",
        "signed_certificate_timestamp",
        "client_certificate_type",
        "server_certificate_type",
        "padding",
        "encrypt_then_mac",
        "extended_master_secret",
        "token_binding",
        "cached_info",
        "tls_lts",
        "compress_certificate",
        "record_size_limit",
        "pwd_protect",
        "pwd_clear",
        "password_salt",
        "ticket_pinning",
        "tls_cert_with_extern_psk",
        "delegated_credentials",
        "session_ticket",
    ];
    if let Some(name) = FIRST.get(usize::from(kind)) {
        return Some(name);
    }
    Some(match kind {
        41 => "pre_shared_key",
        42 => "early_data",
        43 => "supported_versions",
        44 => "cookie",
        45 => "psk_key_exchange_modes",
        47 => "certificate_authorities",
        48 => "oid_filters",
        49 => "post_handshake_auth",
        50 => "signature_algorithms_cert",
        51 => "key_share",
        52 => "transparency_info",
        53 => "connection_id_deprecated",
        54 => "connection_id",
        55 => "external_id_hash",
        56 => "external_session_id",
        57 => "quic_transport_parameters",
        58 => "ticket_request",
        59 => "dnssec_chain",
        0xff01 => "renegotiation_info",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_extensions_are_named() {
        assert_eq!(version_name(u32::from_be_bytes(*b"Q046")), "Q046");
        assert_eq!(version_name(1), "1");
        assert_eq!(version_name(VERSION_2), "v2");
        assert_eq!(extension_name(16), Some("alpn"));
        assert_eq!(extension_name(35), Some("session_ticket"));
        assert_eq!(extension_name(51), Some("key_share"));
        assert_eq!(extension_name(0x0a0a), None);
    }
}

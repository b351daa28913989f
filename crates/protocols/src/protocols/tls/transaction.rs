//! A session: what both sides said before they began to encrypt.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, tls};

use super::certificate::{Certificate, moment};
use super::hello::Hello;
use super::parser::{CLIENT_CERT, CLIENT_HELLO, SERVER_CERT, SERVER_HELLO, is_hidden};
use crate::record::RecordOptions;
use crate::transaction::{Transaction, Value};

/// Messages seen, as `ssl_state` asks for them.
pub(super) mod state {
    pub(in super::super) const CLIENT_HELLO: u64 = 1;
    pub(in super::super) const SERVER_HELLO: u64 = 2;
    pub(in super::super) const CLIENT_KEYX: u64 = 4;
    pub(in super::super) const SERVER_KEYX: u64 = 8;
}

/// Certificates of one side.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) first: Option<Certificate>,
    pub(super) fingerprint: String,
    pub(super) ders: Vec<Box<[u8]>>,
}

/// A session.
#[derive(Debug, Default)]
pub struct Session {
    pub(super) client: Option<Hello>,
    pub(super) server: Option<Hello>,
    /// Of the server and of the client.
    chains: [Chain; 2],
    pub(super) state: u64,
    pub(super) record_version: u16,
    /// The version in a hello of SSL version 2.
    pub(super) old_version: Option<u16>,
}

impl Session {
    fn chain(&self, direction: Direction) -> &Chain {
        &self.chains[direction.index()]
    }

    pub(super) fn chain_mut(&mut self, direction: Direction) -> &mut Chain {
        &mut self.chains[direction.index()]
    }

    fn hello(&self, direction: Direction) -> Option<&Hello> {
        match direction {
            Direction::ToServer => self.client.as_ref(),
            Direction::ToClient => self.server.as_ref(),
        }
    }

    /// The version of the session, as far as it is known.
    fn version(&self) -> u16 {
        self.server
            .as_ref()
            .or(self.client.as_ref())
            .map(|hello| hello.version)
            .or(self.old_version)
            .unwrap_or(self.record_version)
    }

    fn is_resumed(&self) -> bool {
        let (Some(client), Some(server)) = (&self.client, &self.server) else {
            return false;
        };
        let same = !client.session.is_empty() && client.session == server.session;
        server.version != 0x0304
            && self.chain(Direction::ToClient).ders.is_empty()
            && (same || client.has_ticket)
    }
}

/// The name of a version.
fn version_name(version: u16) -> &'static str {
    match version {
        0x0002 | 0x0200 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 | 0x7f00..=0x7fff => "TLS 1.3",
        _ => "UNDETERMINED",
    }
}

/// From which progress of a direction on a keyword has its value.
pub(super) fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
    let client = direction == Direction::ToServer;
    let (hello, certificate) = if client {
        (CLIENT_HELLO, CLIENT_CERT)
    } else {
        (SERVER_HELLO, SERVER_CERT)
    };
    Some(match keyword {
        tls::SNI | tls::JA3_HASH | tls::JA3_STRING if client => hello,
        tls::JA3S_HASH | tls::JA3S_STRING if !client => hello,
        tls::ALPN | tls::RANDOM | tls::RANDOM_TIME | tls::RANDOM_BYTES => hello,
        tls::CERTS
        | tls::CERT_ISSUER
        | tls::CERT_SUBJECT
        | tls::CERT_SERIAL
        | tls::CERT_FINGERPRINT
        | tls::SUBJECTALTNAME => certificate,
        tls::SUBJECT | tls::ISSUERDN | tls::FINGERPRINT | tls::CERT_CHAIN_LEN if !client => {
            certificate
        }
        tls::VERSION | tls::SSL_VERSION | tls::SSL_STATE => 0,
        _ => return None,
    })
}

impl Transaction for Session {
    /// `tls.version` and `ssl_version` are the two bytes of the version as one number, `ssl_state` the messages seen
    /// as bits (client hello, server hello, client key exchange, server key exchange), `tls.cert_chain_len` a count.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let hello = self.hello(direction);
        let chain = self.chain(direction);
        let first = chain.first.as_ref();
        let value = match keyword {
            tls::SNI => hello.and_then(|hello| hello.server_name.as_deref()),
            tls::JA3_HASH | tls::JA3S_HASH => hello.map(|hello| hello.ja3_hash.as_bytes()),
            tls::JA3_STRING | tls::JA3S_STRING => hello.map(|hello| hello.ja3.as_bytes()),
            tls::RANDOM => hello.map(|hello| &*hello.random),
            tls::RANDOM_TIME => hello.and_then(|hello| hello.random.get(..4)),
            tls::RANDOM_BYTES => hello.and_then(|hello| hello.random.get(4..)),
            tls::ALPN => {
                return hello.is_some_and(|hello| {
                    let mut offered = hello.protocols.iter();
                    offered.any(|protocol| accepts(Value::Bytes(protocol)))
                });
            }
            tls::CERTS => {
                return chain.ders.iter().any(|der| accepts(Value::Bytes(der)));
            }
            tls::SUBJECTALTNAME => {
                return first.is_some_and(|first| {
                    let mut names = first.names.iter();
                    names.any(|name| accepts(Value::Bytes(name.as_bytes())))
                });
            }
            tls::CERT_ISSUER | tls::ISSUERDN => first.map(|first| first.issuer.as_bytes()),
            tls::CERT_SUBJECT | tls::SUBJECT => first.map(|first| first.subject.as_bytes()),
            tls::CERT_SERIAL => first.map(|first| first.serial.as_bytes()),
            tls::CERT_FINGERPRINT | tls::FINGERPRINT => Some(chain.fingerprint.as_bytes()),
            tls::CERT_CHAIN_LEN => return accepts(Value::Number(chain.ders.len() as u64)),
            tls::VERSION | tls::SSL_VERSION => {
                return self.version() != 0 && accepts(Value::Number(self.version().into()));
            }
            tls::SSL_STATE => return accepts(Value::Number(self.state)),
            _ => None,
        };
        value
            .filter(|value| !value.is_empty())
            .is_some_and(|value| accepts(Value::Bytes(value)))
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        json.open_object("tls");
        let custom = options.list("custom");
        let extended = options.is_on("extended", true);
        let wants = |field: &str, more: bool| match custom {
            Some(fields) => fields.iter().any(|known| &**known == field),
            None => extended || !more,
        };
        self.certificate_members(json, &wants);
        if wants("sni", true)
            && let Some(name) = self.client.as_ref().and_then(|it| it.server_name.as_ref())
        {
            json.bytes("sni", name);
        }
        if wants("version", true) {
            json.word("version", version_name(self.version()));
        }
        self.hello_members(json, options);
        json.close_object();
    }

    fn records(
        &mut self,
        options: &RecordOptions,
        show: &mut dyn FnMut(&'static str, &dyn Fn(&mut Json<'_>)),
    ) {
        let certified = self.chain(Direction::ToClient).first.is_some();
        let hidden = is_hidden(self.version());
        let resumed = self.is_resumed() && options.is_on("session-resumption", false);
        if self.client.is_some() && (certified || hidden || resumed) {
            show("tls", &|json| self.describe(json, options));
        }
    }
}

impl Session {
    fn certificate_members(&self, json: &mut Json<'_>, wants: &dyn Fn(&str, bool) -> bool) {
        let chain = self.chain(Direction::ToClient);
        let Some(first) = &chain.first else {
            if self.is_resumed() && wants("session_resumed", false) {
                json.bool("session_resumed", true);
            }
            return;
        };
        for (key, field, value, more) in [
            ("subject", "subject", first.subject.clone(), false),
            ("issuerdn", "issuer", first.issuer.clone(), false),
            ("serial", "serial", first.serial.clone(), true),
            (
                "fingerprint",
                "fingerprint",
                chain.fingerprint.clone(),
                true,
            ),
            ("notbefore", "not_before", moment(first.not_before), true),
            ("notafter", "not_after", moment(first.not_after), true),
        ] {
            if (wants(field, more) || wants(key, more)) && !value.is_empty() {
                json.text(key, &value);
            }
        }
        if wants("subjectaltname", true) && !first.names.is_empty() {
            json.open_array("subjectaltname");
            first.names.iter().for_each(|name| json.text_element(name));
            json.close_array();
        }
    }

    fn hello_members(&self, json: &mut Json<'_>, options: &RecordOptions) {
        let custom = |field: &str| {
            options
                .list("custom")
                .is_none_or(|fields| fields.iter().any(|known| &**known == field))
        };
        let fingerprints = options.list("custom").is_some() || options.is_on("ja3", false);
        for (key, hello) in [("ja3", &self.client), ("ja3s", &self.server)] {
            if let Some(hello) = hello
                && fingerprints
                && custom(key)
            {
                json.open_object(key);
                json.text("hash", &hello.ja3_hash);
                json.text("string", &hello.ja3);
                json.close_object();
            }
        }
        if let Some(hello) = self.client.as_ref().filter(|it| !it.protocols.is_empty())
            && custom("client_alpns")
        {
            json.open_array("client_alpns");
            hello.protocols.iter().for_each(|it| json.bytes_element(it));
            json.close_array();
        }
        if let Some(chosen) = self.server.as_ref().and_then(|it| it.protocols.first())
            && custom("server_alpn")
        {
            json.bytes("server_alpn", chosen);
        }
    }
}

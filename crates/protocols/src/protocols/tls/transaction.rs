//! What is known of a TLS session.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, tls as keywords};

use super::certificate::Certificate;
use super::fingerprint::Ja3;
use super::hello::Hello;
use crate::AppProto;
use crate::record::RecordOptions;
use crate::transaction::{CertificateChain, ShowRecord, Transaction, Value};

/// What one side has shown of itself.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub hello: Option<Box<Hello>>,
    /// Version of the session, or of the records until there is one; 0 when nothing was seen.
    pub version: u16,
    pub certificate: Option<Box<Certificate>>,
    pub chain: Vec<Box<[u8]>>,
    pub certificate_is_valid: bool,
    pub certificate_is_expired: bool,
    pub changed_cipher: bool,
    /// Its certificates are to be kept on disk.
    pub keeps: bool,
}

/// The session of a flow.
#[derive(Debug, Default)]
pub struct Session {
    pub(super) sides: [Side; 2],
    pub(super) ja3: [Option<Ja3>; 2],
    pub(super) ja4: Option<Box<str>>,
    pub(super) resumed: bool,
    pub(super) state: u64,
    pub(super) logged: bool,
    /// The protocol that changed to this one.
    pub(super) came_from: AppProto,
    /// The server wants to see a certificate of the client.
    pub(super) asks_certificate: bool,
}

/// Bits of `ssl_state`.
pub(super) mod state {
    pub const CLIENT_HELLO: u64 = 1;
    pub const SERVER_HELLO: u64 = 2;
    pub const CLIENT_KEYS: u64 = 4;
    pub const SERVER_KEYS: u64 = 8;
    pub const UNKNOWN: u64 = 16;
}

impl Session {
    pub(super) fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction.index()]
    }
}

impl Transaction for Session {
    /// | Keyword | Value |
    /// |---|---|
    /// | `tls.version`, `ssl_version` | number: 0x0304 for TLS 1.3, 0x0300 for SSL 3, 2 for SSL 2 |
    /// | `ssl_state` | bits: 1 client_hello, 2 server_hello, 4 client_keyx, 8 server_keyx, 16 unknown |
    /// | `tls.subject`, `tls.issuerdn`, `tls.fingerprint` | bytes |
    /// | `tls_cert_notbefore`, `tls_cert_notafter` | number: seconds since 1970; none for times before |
    /// | `tls_cert_expired`, `tls_cert_valid` | number: 1 or 0, as it was when the certificate came |
    /// | `tls.cert_chain_len` | number |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let side = self.side(direction);
        let hello = side.hello.as_deref();
        let certificate = side.certificate.as_deref();
        let to_server = direction == Direction::ToServer;
        let ja3 = self.ja3[direction.index()].as_ref();
        let bytes = match keyword {
            keywords::ALPN => {
                return hello.is_some_and(|hello| {
                    hello.alpn.iter().any(|name| accepts(Value::Bytes(name)))
                });
            }
            keywords::CERTS => return side.chain.iter().any(|der| accepts(Value::Bytes(der))),
            keywords::SUBJECTALTNAME => {
                return certificate.is_some_and(|certificate| {
                    let mut names = certificate.names.iter();
                    names.any(|name| accepts(Value::Bytes(name.as_bytes())))
                });
            }
            keywords::SNI => hello.and_then(|hello| hello.name.as_deref()),
            keywords::RANDOM => hello.map(|hello| &hello.random[..]),
            keywords::RANDOM_TIME => hello.map(|hello| &hello.random[..4]),
            keywords::RANDOM_BYTES => hello.map(|hello| &hello.random[4..]),
            keywords::CERT_ISSUER | keywords::ISSUERDN => {
                certificate.map(|found| found.issuer.as_bytes())
            }
            keywords::CERT_SUBJECT | keywords::SUBJECT => {
                certificate.map(|found| found.subject.as_bytes())
            }
            keywords::CERT_SERIAL => certificate.map(|found| found.serial.as_bytes()),
            keywords::CERT_FINGERPRINT | keywords::FINGERPRINT => {
                certificate.map(|found| found.fingerprint.as_bytes())
            }
            keywords::JA3_HASH if to_server => ja3.map(|ja3| ja3.hash.as_bytes()),
            keywords::JA3_STRING if to_server => ja3.map(|ja3| ja3.text.as_bytes()),
            keywords::JA3S_HASH if !to_server => ja3.map(|ja3| ja3.hash.as_bytes()),
            keywords::JA3S_STRING if !to_server => ja3.map(|ja3| ja3.text.as_bytes()),
            keywords::JA4_HASH if to_server => self.ja4.as_ref().map(|ja4| ja4.as_bytes()),
            _ => {
                return self
                    .number(keyword, side)
                    .is_some_and(|number| accepts(Value::Number(number)));
            }
        };
        bytes.is_some_and(|bytes| accepts(Value::Bytes(bytes)))
    }

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        self.write_extended(json, options);
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        let server = self.side(Direction::ToClient);
        let resumption = options.is_on("session-resumption", options.is_on("extended", false))
            || options.list("custom").is_some();
        let is_unanswered =
            server.hello.is_none() && self.side(Direction::ToServer).hello.is_some();
        let is_wanted = server.certificate.is_some()
            || is_unanswered
            || (self.resumed && resumption)
            || server
                .hello
                .as_ref()
                .is_some_and(|hello| hello.version > 0x0303);
        if self.logged || !is_wanted {
            return;
        }
        show("tls", &|json| self.write_record(json, options));
    }

    fn keep_certificates(&mut self, side: Direction) {
        self.sides[side.index()].keeps = true;
    }

    fn take_kept_certificates(&mut self, side: Direction) -> Option<CertificateChain> {
        let side = &mut self.sides[side.index()];
        let first = side.certificate.as_deref()?;
        std::mem::take(&mut side.keeps).then(|| CertificateChain {
            certificates: side.chain.clone(),
            subject: first.subject.clone(),
            issuer: first.issuer.clone(),
            fingerprint: first.fingerprint.clone(),
        })
    }

    fn shown(&mut self) {
        self.logged = true;
    }
}

impl Session {
    fn number(&self, keyword: KeywordId, side: &Side) -> Option<u64> {
        let certificate = side.certificate.as_deref();
        match keyword {
            keywords::VERSION | keywords::SSL_VERSION => {
                (side.version != 0).then(|| side.version.into())
            }
            keywords::SSL_STATE => Some(self.state),
            keywords::CERT_NOTBEFORE => u64::try_from(certificate?.not_before).ok(),
            keywords::CERT_NOTAFTER => u64::try_from(certificate?.not_after).ok(),
            keywords::CERT_EXPIRED => certificate.map(|_| side.certificate_is_expired.into()),
            keywords::CERT_VALID => certificate.map(|_| side.certificate_is_valid.into()),
            keywords::CERT_CHAIN_LEN => (!side.chain.is_empty()).then_some(side.chain.len() as u64),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_kept_once_and_of_the_side_that_was_meant() {
        let mut session = Session::default();
        session.keep_certificates(Direction::ToClient);
        assert_eq!(session.take_kept_certificates(Direction::ToClient), None);
        for side in &mut session.sides {
            side.chain = vec![b"der".to_vec().into()];
            side.certificate = Some(Box::new(Certificate {
                subject: "CN=a".into(),
                issuer: "CN=b".into(),
                serial: "01".into(),
                fingerprint: "aa:bb".into(),
                not_before: 0,
                not_after: 1,
                names: Vec::new(),
            }));
        }
        assert_eq!(session.take_kept_certificates(Direction::ToServer), None);
        let kept = session.take_kept_certificates(Direction::ToClient);
        let expected = CertificateChain {
            certificates: vec![b"der".to_vec().into()],
            subject: "CN=a".into(),
            issuer: "CN=b".into(),
            fingerprint: "aa:bb".into(),
        };
        assert_eq!(kept, Some(expected));
        assert_eq!(session.take_kept_certificates(Direction::ToClient), None);
    }
}

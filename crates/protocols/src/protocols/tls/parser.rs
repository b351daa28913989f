//! Records of TLS, and the handshake in them.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_packet::Timestamp;
use tapir_rules::keywords::{KeywordId, tls as keywords};

use super::certificate::Certificate;
use super::fingerprint::{Ja3, ja4};
use super::hello::{Hello, is_version, take};
use super::transaction::{Session, Side, state};
use crate::encryption::Encryption;
use crate::frame::Frames;
use crate::parser::{Input, Orders, Outcome, Parser, Predecessor};
use crate::transaction::{Entry, Transactions};
use crate::{AppProto, Branch, ParserSettings};

/// A handshake message longer than this is not put together.
const LONGEST_MESSAGE: usize = 1 << 18;
/// More certificates than this are not kept.
const MOST_CERTIFICATES: usize = 64;
const MOST_RECORDS: usize = 255;

macro_rules! events {
    ($($event:ident = $name:literal,)*) => {
        /// What can be wrong; its number is its place in the list of names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(dead_code, reason = "rules may ask for events that no certificate raises")]
        pub(crate) enum Event { $(#[doc = $name] $event,)* }
        const NAMES: &[&str] = &[$($name,)*];
    };
}

events! {
    InvalidSsl2Header = "INVALID_SSLV2_HEADER",
    InvalidHeader = "INVALID_TLS_HEADER",
    InvalidRecordVersion = "INVALID_RECORD_VERSION",
    InvalidRecordType = "INVALID_RECORD_TYPE",
    InvalidHandshakeMessage = "INVALID_HANDSHAKE_MESSAGE",
    HeartbeatMessage = "HEARTBEAT_MESSAGE",
    InvalidHeartbeat = "INVALID_HEARTBEAT_MESSAGE",
    OverflowHeartbeat = "OVERFLOW_HEARTBEAT_MESSAGE",
    LeakingHeartbeat = "DATALEAK_HEARTBEAT_MISMATCH",
    HandshakeInvalidLength = "HANDSHAKE_INVALID_LENGTH",
    MultipleNames = "MULTIPLE_SNI_EXTENSIONS",
    InvalidNameType = "INVALID_SNI_TYPE",
    InvalidNameLength = "INVALID_SNI_LENGTH",
    TooManyRecords = "TOO_MANY_RECORDS_IN_PACKET",
    InvalidAlert = "INVALID_ALERT_MESSAGE",
    InvalidCertificate = "INVALID_CERTIFICATE",
    CertificateInvalidLength = "CERTIFICATE_INVALID_LENGTH",
    CertificateInvalidVersion = "CERTIFICATE_INVALID_VERSION",
    CertificateInvalidSerial = "CERTIFICATE_INVALID_SERIAL",
    CertificateInvalidAlgorithm = "CERTIFICATE_INVALID_ALGORITHMIDENTIFIER",
    CertificateInvalidName = "CERTIFICATE_INVALID_X509NAME",
    CertificateInvalidDate = "CERTIFICATE_INVALID_DATE",
    CertificateInvalidExtensions = "CERTIFICATE_INVALID_EXTENSIONS",
    CertificateInvalidDer = "CERTIFICATE_INVALID_DER",
    CertificateInvalidSubject = "CERTIFICATE_INVALID_SUBJECT",
    CertificateInvalidIssuer = "CERTIFICATE_INVALID_ISSUER",
    CertificateInvalidValidity = "CERTIFICATE_INVALID_VALIDITY",
    ErrorMessage = "ERROR_MESSAGE_ENCOUNTERED",
    InvalidRecord = "INVALID_SSL_RECORD",
}

/// Messages of the handshake that may come (RFC 5246, section 7.4; RFC 6066; RFC 5077).
const KNOWN_MESSAGES: [u8; 13] = [0, 1, 2, 4, 11, 12, 13, 14, 15, 16, 20, 21, 22];

/// The length of a message, from its header.
fn length_of([a, b, c]: [u8; 3]) -> usize {
    u32::from_be_bytes([0, a, b, c]) as usize
}

/// Progress of the client's side.
mod client {
    pub const HELLO: u8 = 1;
    pub const CERTIFICATE: u8 = 2;
    pub const HANDSHAKE: u8 = 3;
    pub const FINISHED: u8 = 4;
}

/// Progress of the server's side.
mod server {
    pub const HELLO: u8 = 1;
    pub const CERTIFICATE: u8 = 2;
    pub const HELLO_DONE: u8 = 3;
    pub const HANDSHAKE: u8 = 4;
    pub const FINISHED: u8 = 5;
}

/// The parser of a flow: one transaction, the session.
#[derive(Debug)]
pub struct Tls {
    transactions: Transactions<Session>,
    settings: Arc<ParserSettings>,
    /// Beginning of a handshake message whose rest comes in further records, by direction.
    pending: [Vec<u8>; 2],
    /// Bytes of an encrypted record still to be passed over, by direction.
    passing: [usize; 2],
    /// Length of the client's encrypted heartbeat that was not answered.
    heartbeat: Option<usize>,
    is_encrypted: bool,
}

impl Tls {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        let mut transactions = Transactions::default();
        transactions.open(Session::default());
        Self {
            transactions,
            settings: Arc::clone(settings),
            pending: [Vec::new(), Vec::new()],
            passing: [0; 2],
            heartbeat: None,
            is_encrypted: false,
        }
    }

    fn with(&mut self, change: impl FnOnce(&mut Entry<Session>)) {
        if let Some(entry) = self.transactions.get_mut(0) {
            change(entry);
        }
    }

    fn event(&mut self, event: Event) {
        self.with(|entry| entry.meta.event(event as u8));
    }

    fn fail(&mut self, event: Event) -> Outcome {
        self.event(event);
        Outcome::Failed
    }

    fn advance(&mut self, direction: Direction, progress: [u8; 2]) {
        self.with(|entry| entry.meta.advance(direction, progress[direction.index()]));
    }

    fn side(&self, direction: Direction) -> Option<&Side> {
        self.transactions
            .get(0)
            .map(|entry| entry.tx.side(direction))
    }

    /// Whether what a side sends is encrypted.
    fn is_hidden(&self, direction: Direction) -> bool {
        self.is_encrypted || self.side(direction).is_some_and(|side| side.changed_cipher)
    }

    /// Takes one record off; says how many bytes it had, or what to answer instead.
    fn record(
        &mut self,
        data: &[u8],
        input: &Input<'_>,
        orders: &mut Orders,
    ) -> Result<usize, Outcome> {
        let wait = |needed| Outcome::Incomplete {
            consumed: 0,
            needed,
        };
        let (&[kind, major, minor, high, low], body) = data.split_first_chunk().ok_or(wait(5))?;
        let is_old =
            kind & 0x80 != 0 || (!(20..=24).contains(&kind) && self.is_new(input.direction));
        if is_old {
            return self.old_record(data, input.direction);
        }
        let version = u16::from_be_bytes([major, minor]);
        if !is_version(version) {
            return Err(self.fail(Event::InvalidRecordVersion));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if !(20..=24).contains(&kind) {
            return Err(self.fail(Event::InvalidRecordType));
        }
        if length > 0x4800 {
            return Err(self.fail(Event::InvalidHeader));
        }
        self.note_version(input.direction, version);
        let is_opaque = kind == 23 || (kind == 22 && self.is_hidden(input.direction));
        if is_opaque {
            self.opaque(kind, input.direction, orders);
            let there = body.len().min(length);
            self.passing[input.direction.index()] = length - there;
            return Ok(5 + there);
        }
        let body = body.get(..length).ok_or(wait(5 + length))?;
        match kind {
            20 => self.change_cipher(input.direction),
            21 => self.alert(body, input.direction),
            22 => self.handshake(body, input)?,
            _ => self.heartbeat(body, input.direction),
        }
        Ok(5 + length)
    }

    fn is_new(&self, direction: Direction) -> bool {
        self.side(direction)
            .is_none_or(|side| matches!(side.version, 0 | 2))
    }

    fn note_version(&mut self, direction: Direction, version: u16) {
        self.with(|entry| {
            let side = &mut entry.tx.sides[direction.index()];
            if side.hello.is_none() {
                side.version = version;
            }
        });
    }

    fn old_record(&mut self, data: &[u8], direction: Direction) -> Result<usize, Outcome> {
        let (&[first, second, third, ..], _) =
            data.split_first_chunk::<5>().ok_or(Outcome::Failed)?;
        let (header, mask) = if first & 0x80 != 0 {
            (2, 0x7f)
        } else {
            (3, 0x3f)
        };
        let length = usize::from(u16::from_be_bytes([first & mask, second]));
        if length == 0 {
            return Err(self.fail(Event::InvalidSsl2Header));
        }
        let kind = if header == 2 {
            third
        } else {
            data.get(3).copied().unwrap_or(0)
        };
        let client_hello = direction == ToServer && kind == 1;
        let is_known = self.side(direction).is_some_and(|side| side.version == 2);
        let server_hello = direction == ToClient && kind == 4;
        if !(is_known || client_hello || server_hello) {
            return Err(self.fail(Event::InvalidRecord));
        }
        if data.len() < header + length {
            return Err(Outcome::Incomplete {
                consumed: 0,
                needed: header + length,
            });
        }
        match kind {
            0 if !self.is_hidden(direction) => self.event(Event::ErrorMessage),
            1 if client_hello => {
                self.with(|entry| entry.tx.state |= state::CLIENT_HELLO);
                self.advance(direction, [client::HELLO; 2]);
            }
            2 if direction == ToServer => self.with(|entry| entry.tx.state |= state::CLIENT_KEYS),
            4 if direction == ToClient => {
                self.with(|entry| entry.tx.state |= state::SERVER_HELLO);
                self.advance(direction, [server::HELLO; 2]);
            }
            _ => {}
        }
        self.with(|entry| entry.tx.sides[direction.index()].version = 2);
        Ok(header + length)
    }

    /// A side sends what cannot be read.
    fn opaque(&mut self, kind: u8, direction: Direction, orders: &mut Orders) {
        if kind == 22 {
            return;
        }
        self.advance(direction, [client::FINISHED, server::FINISHED]);
        self.encrypted(orders);
    }

    /// From here on the flow is encrypted.
    fn encrypted(&mut self, orders: &mut Orders) {
        if !self.is_encrypted {
            self.is_encrypted = true;
            self.advance(ToServer, [client::HANDSHAKE; 2]);
            self.advance(ToClient, [server::HANDSHAKE; 2]);
            self.with(|entry| entry.meta.log_now = true);
            orders.inspect_stream = [true; 2];
            let encryption = self.settings.tls.encryption;
            if encryption == Encryption::Bypass {
                self.advance(ToServer, [client::FINISHED; 2]);
                self.advance(ToClient, [server::FINISHED; 2]);
            }
            encryption.begin(orders);
        }
    }

    fn change_cipher(&mut self, direction: Direction) {
        let mut both = false;
        self.with(|entry| {
            let offers = entry.tx.sides[0].hello.as_ref();
            let can_resume =
                offers.is_some_and(|hello| !hello.session_id.is_empty() || hello.has_ticket);
            let server = &entry.tx.sides[1];
            if direction == ToClient
                && server.chain.is_empty()
                && server.version < 0x0304
                && can_resume
            {
                entry.tx.resumed = true;
            }
            entry.tx.sides[direction.index()].changed_cipher = true;
            both = entry.tx.sides.iter().all(|side| side.changed_cipher);
        });
        self.advance(direction, [client::HANDSHAKE, server::HANDSHAKE]);
        if both {
            self.with(|entry| entry.meta.log_now = true);
        }
    }

    fn alert(&mut self, body: &[u8], direction: Direction) {
        if !self.is_hidden(direction) && !matches!(body, [1 | 2, _]) {
            self.event(Event::InvalidAlert);
        }
    }

    fn heartbeat(&mut self, body: &[u8], direction: Direction) {
        if self.is_hidden(direction) {
            // The answer to a heartbeat is as long as the heartbeat.
            match (direction, self.heartbeat) {
                (ToServer, _) => self.heartbeat = Some(body.len()),
                (ToClient, Some(asked)) => {
                    self.heartbeat = None;
                    if body.len() > asked {
                        self.event(Event::LeakingHeartbeat);
                    }
                }
                (ToClient, None) => {}
            }
            return;
        }
        let &[kind @ (1 | 2), high, low, ref rest @ ..] = body else {
            return self.event(Event::InvalidHeartbeat);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if kind == 1 {
            self.event(Event::HeartbeatMessage);
        }
        // Sixteen bytes of padding must follow.
        if length + 16 > rest.len() {
            self.event(Event::OverflowHeartbeat);
        }
        if length == 0 || length + 16 > rest.len() {
            self.event(Event::InvalidHeartbeat);
        }
    }

    /// Reads the messages of a record. One of a known type may go on in the next record.
    fn handshake(&mut self, body: &[u8], input: &Input<'_>) -> Result<(), Outcome> {
        let place = input.direction.index();
        let mut rest = body;
        while !rest.is_empty() {
            let mut begun = std::mem::take(&mut self.pending[place]);
            if let Some((&[kind, a, b, c], got)) = begun.split_first_chunk() {
                let missing = length_of([a, b, c]) - got.len();
                let (more, after) = rest.split_at(missing.min(rest.len()));
                begun.extend_from_slice(more);
                rest = after;
                if more.len() < missing {
                    self.pending[place] = begun;
                    break;
                }
                self.message(kind, begun.get(4..).unwrap_or_default(), input);
                continue;
            }
            let Some((&[kind, a, b, c], after)) = rest.split_first_chunk() else {
                return Err(self.fail(Event::InvalidRecord));
            };
            let length = length_of([a, b, c]);
            let (message, next) = after.split_at(length.min(after.len()));
            if !KNOWN_MESSAGES.contains(&kind) {
                self.event(Event::InvalidHandshakeMessage);
                self.with(|entry| entry.tx.state |= state::UNKNOWN);
            } else if length > LONGEST_MESSAGE {
                return Err(self.fail(Event::HandshakeInvalidLength));
            } else if message.len() == length {
                self.message(kind, message, input);
            } else {
                self.pending[place] = rest.to_vec();
            }
            rest = next;
        }
        Ok(())
    }

    fn message(&mut self, kind: u8, body: &[u8], input: &Input<'_>) {
        let direction = input.direction;
        match (kind, direction) {
            (1, ToServer) | (2, ToClient) => self.hello(body, direction),
            (11, _) => self.certificates(body, direction, input.time),
            (12, ToClient) => self.with(|entry| entry.tx.state |= state::SERVER_KEYS),
            (13, ToClient) => self.with(|entry| entry.tx.asks_certificate = true),
            (14, ToClient) => {
                self.advance(direction, [server::HELLO_DONE; 2]);
                // The record waits for the client's certificate when the server wants one.
                self.with(|entry| entry.meta.log_now |= !entry.tx.asks_certificate);
            }
            (16, ToServer) => {
                self.with(|entry| entry.tx.state |= state::CLIENT_KEYS);
                self.advance(direction, [client::CERTIFICATE; 2]);
            }
            _ => {}
        }
    }

    fn hello(&mut self, body: &[u8], direction: Direction) {
        let from_client = direction == ToServer;
        let Some(mut hello) = Hello::parse(body, from_client) else {
            return self.event(Event::InvalidHandshakeMessage);
        };
        let problems = std::mem::take(&mut hello.problems);
        let (with_ja3, with_ja4) = (self.settings.tls.ja3, self.settings.tls.ja4 && from_client);
        self.with(|entry| {
            for problem in problems {
                entry.meta.event(problem as u8);
            }
            let session = &mut entry.tx;
            session.state |= if from_client {
                state::CLIENT_HELLO
            } else {
                state::SERVER_HELLO
            };
            // A second hello follows when the server asked to try again; the first one counts.
            if from_client && session.sides[0].hello.is_some() {
                return;
            }
            if with_ja3 {
                let ja3 = if from_client {
                    Ja3::of_client
                } else {
                    Ja3::of_server
                };
                session.ja3[direction.index()] = Some(ja3(&hello));
            }
            if with_ja4 {
                session.ja4 = Some(ja4(&hello, false));
            }
            let side = &mut session.sides[direction.index()];
            side.version = hello.version;
            side.hello = Some(Box::new(hello));
        });
        self.advance(direction, [client::HELLO, server::HELLO]);
    }

    fn certificates(&mut self, body: &[u8], direction: Direction, time: Timestamp) {
        let Some((&[a, b, c], mut list)) = body.split_first_chunk() else {
            return self.event(Event::CertificateInvalidLength);
        };
        if u32::from_be_bytes([0, a, b, c]) as usize != list.len() {
            self.event(Event::CertificateInvalidLength);
        }
        let mut chain: Vec<Box<[u8]>> = Vec::new();
        while let Some((&[a, b, c], rest)) = list.split_first_chunk() {
            list = rest;
            let Some(der) = take(&mut list, u32::from_be_bytes([0, a, b, c]) as usize) else {
                self.event(Event::CertificateInvalidLength);
                break;
            };
            if chain.len() < MOST_CERTIFICATES {
                chain.push(der.into());
            }
        }
        if let Some(first) = chain.first() {
            match Certificate::parse(first) {
                Ok(certificate) => self.with(|entry| {
                    let side = &mut entry.tx.sides[direction.index()];
                    let now = time.secs() as i64;
                    side.certificate_is_expired = now > certificate.not_after;
                    side.certificate_is_valid =
                        (certificate.not_before..=certificate.not_after).contains(&now);
                    side.certificate = Some(Box::new(certificate));
                }),
                Err(event) => self.event(event),
            }
        }
        self.with(|entry| {
            entry.tx.sides[direction.index()].chain = chain;
            entry.meta.log_now |= direction == ToServer;
        });
        self.advance(direction, [client::CERTIFICATE, server::CERTIFICATE]);
    }
}

/// Frames, by their places in [`Parser::FRAMES`].
mod frame {
    pub(super) const PDU: u8 = 0;
    pub(super) const HEADER: u8 = 1;
    pub(super) const DATA: u8 = 2;
    pub(super) const ALERT: u8 = 3;
    pub(super) const HEARTBEAT: u8 = 4;
    pub(super) const SSL2_HEADER: u8 = 5;
    pub(super) const SSL2_PDU: u8 = 6;
}

/// Tells of the frames of the record that `data` begins with, at a place in the input; so many of its bytes are used.
fn note_frames(data: &[u8], (from, used): (usize, usize), frames: &mut Frames) {
    const HEADER: usize = 5;
    match data {
        [first, ..] if first & 0x80 != 0 => {
            frames.whole(frame::SSL2_HEADER, from, 5, Some(0));
            frames.whole(frame::SSL2_PDU, from, used, Some(0));
        }
        [kind, _, _, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            frames.whole(frame::PDU, from, HEADER + length, Some(0));
            frames.whole(frame::HEADER, from, HEADER, Some(0));
            let data = match kind {
                21 => frame::ALERT,
                24 => frame::HEARTBEAT,
                _ => frame::DATA,
            };
            frames.whole(data, from + HEADER, length, Some(0));
        }
        _ => {}
    }
}

impl Parser for Tls {
    type Tx = Session;
    const COMPLETE: [u8; 2] = [client::FINISHED, server::FINISHED];
    const BRANCHES: &'static [Branch] = &[Branch {
        name: "",
        states: [
            &[
                ("client_in_progress", 0),
                ("client_hello_done", client::HELLO),
                ("client_cert_done", client::CERTIFICATE),
                ("client_handshake_done", client::HANDSHAKE),
                ("client_finished", client::FINISHED),
            ],
            &[
                ("server_in_progress", 0),
                ("server_hello", server::HELLO),
                ("server_cert_done", server::CERTIFICATE),
                ("server_hello_done", server::HELLO_DONE),
                ("server_handshake_done", server::HANDSHAKE),
                ("server_finished", server::FINISHED),
            ],
        ],
    }];
    const EVENTS: &'static [&'static str] = NAMES;

    const FRAMES: &'static [&'static str] = &[
        "pdu",
        "hdr",
        "data",
        "alert",
        "heartbeat",
        "ssl2.hdr",
        "ssl2.pdu",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        let to_server = direction == ToServer;
        let hello = [client::HELLO, server::HELLO][direction.index()];
        match keyword {
            keywords::SNI | keywords::JA3_HASH | keywords::JA3_STRING | keywords::JA4_HASH => {
                to_server.then_some(hello)
            }
            keywords::JA3S_HASH | keywords::JA3S_STRING => (!to_server).then_some(hello),
            keywords::ALPN | keywords::RANDOM | keywords::RANDOM_TIME | keywords::RANDOM_BYTES => {
                Some(hello)
            }
            keywords::VERSION | keywords::SSL_VERSION | keywords::SSL_STATE => Some(0),
            keywords::CERTS
            | keywords::CERT_ISSUER
            | keywords::CERT_SUBJECT
            | keywords::CERT_SERIAL
            | keywords::CERT_FINGERPRINT
            | keywords::SUBJECTALTNAME
            | keywords::CERT_CHAIN_LEN
            | keywords::SUBJECT
            | keywords::ISSUERDN
            | keywords::FINGERPRINT
            | keywords::CERT_NOTBEFORE
            | keywords::CERT_NOTAFTER
            | keywords::CERT_EXPIRED
            | keywords::CERT_VALID => {
                Some([client::CERTIFICATE, server::CERTIFICATE][direction.index()])
            }
            _ => None,
        }
    }

    fn came_from(&mut self, before: &Predecessor) {
        self.with(|entry| entry.tx.came_from = before.proto);
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let place = input.direction.index();
        let mut data = input.data;
        let mut consumed = 0;
        for _ in 0..MOST_RECORDS {
            let passed = self.passing[place].min(data.len());
            self.passing[place] -= passed;
            take(&mut data, passed);
            consumed += passed;
            if data.is_empty() {
                return Outcome::Done;
            }
            match self.record(data, input, orders) {
                Ok(used) => {
                    note_frames(data, (consumed, used), &mut orders.frames);
                    take(&mut data, used);
                    consumed += used;
                }
                Err(Outcome::Incomplete { needed, .. }) => {
                    return Outcome::Incomplete { consumed, needed };
                }
                Err(outcome) => return outcome,
            }
        }
        if data.is_empty() {
            Outcome::Done
        } else {
            self.fail(Event::TooManyRecords)
        }
    }

    fn end(&mut self, direction: Direction, _: &mut Orders) {
        self.advance(direction, Self::COMPLETE);
    }

    fn transactions(&self) -> &Transactions<Session> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Session> {
        &mut self.transactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::{Transaction, Value};

    fn exchange() -> Vec<u8> {
        let body = super::super::hello::tests::client();
        let mut message = vec![1, 0, 0, body.len() as u8];
        message.extend(body);
        let (first, second) = message.split_at(20);
        let mut data = Vec::new();
        for part in [first, second] {
            data.extend([22, 3, 1, 0, part.len() as u8]);
            data.extend(part);
        }
        data
    }

    fn check(parser: &Tls) {
        let entry = parser.transactions.get(0).unwrap();
        assert_eq!(entry.meta.progress(ToServer), client::HELLO);
        assert!(entry.tx.values(keywords::SNI, ToServer, &mut |value| value
            == Value::Bytes(b"a.b")));
        assert!(
            entry
                .tx
                .values(keywords::VERSION, ToServer, &mut |value| value
                    == Value::Number(0x304))
        );
    }

    #[test]
    fn a_hello_in_two_records_is_read_whole_and_byte_by_byte() {
        let data = exchange();
        let mut whole = Tls::new(AppProto::Tls, &Arc::default());
        let input = Input::new(ToServer, &data);
        assert_eq!(whole.parse(&input, &mut Orders::default()), Outcome::Done);
        check(&whole);
        let mut slow = Tls::new(AppProto::Tls, &Arc::default());
        let mut begin = 0;
        for end in 1..=data.len() {
            match slow.parse(
                &Input::new(ToServer, &data[begin..end]),
                &mut Orders::default(),
            ) {
                Outcome::Done => begin = end,
                Outcome::Incomplete { consumed, .. } => begin += consumed,
                Outcome::Failed => panic!("failed at {end}"),
            }
        }
        check(&slow);
    }

    #[test]
    fn garbage_fails_with_an_event() {
        let mut parser = Tls::new(AppProto::Tls, &Arc::default());
        let input = Input::new(ToServer, &[22, 9, 9, 0, 1, 2]);
        assert_eq!(
            parser.parse(&input, &mut Orders::default()),
            Outcome::Failed
        );
        let events = &parser.transactions.get(0).unwrap().meta.events;
        assert_eq!(events.as_slice(), [Event::InvalidRecordVersion as u8]);
    }
}

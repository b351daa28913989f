//! The messages of both sides, put together to transactions.

use std::sync::Arc;

use tapir_packet::Direction::{self, ToClient, ToServer};
use tapir_rules::keywords::{KeywordId, internet};

use super::request::{Broken, Request, sasl_initial, startup, text};
use super::response::{COPY_DATA, ROW, Response, is_read, response, row_size};
use crate::parser::{Input, Orders, Outcome, Parser};
use crate::protocols::cursor::Cursor;
use crate::transaction::{Entry, Meta, Transactions};
use crate::{AppProto, ParserSettings};

/// Bytes of a message that are read; longer ones are passed over, but for the beginning of a query.
const MAX_MESSAGE: usize = 1 << 20;
/// Messages that a transaction keeps of each side.
const MAX_KEPT: usize = 1024;
/// Type and length.
const HEADER: usize = 5;

const TOO_MANY: u8 = 0;
const MALFORMED_REQUEST: u8 = 1;
const MALFORMED_RESPONSE: u8 = 2;
const INVALID_LENGTH: u8 = 3;

/// What the last message was, as far as it says what the next one can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    /// The client asked for encryption.
    EncryptionAsked,
    /// The server wants a password.
    PasswordAsked,
    /// The server has mechanisms of SASL.
    SaslOffered,
    /// SASL goes on.
    Sasl,
    /// The server is ready for rows.
    CopyIn,
    /// The client sends rows.
    CopyingIn,
    /// The server speaks TLS from here on.
    Encrypted,
}

/// The parser of a connection.
#[derive(Debug)]
pub struct Pgsql {
    settings: Arc<ParserSettings>,
    transactions: Transactions<Query>,
    last: Last,
    /// Bytes of a message that are left out, by direction.
    skip: [usize; 2],
    /// Bytes are missing before the next ones, by direction.
    was_gap: [bool; 2],
    has_begun: bool,
}

/// A request and what the server says to it.
#[derive(Debug, Default)]
pub struct Query {
    /// Its number in the flow, counted from 1.
    pub(super) number: u64,
    pub(super) requests: Vec<Request>,
    pub(super) responses: Vec<Response>,
    /// Rows so far, and bytes in them.
    rows: (u64, u64),
    copied: (u64, u64),
    is_complete: bool,
}

impl Query {
    fn complete(&mut self, meta: &mut Meta) {
        self.is_complete = true;
        meta.advance(ToServer, 1);
        meta.advance(ToClient, 1);
    }
}

/// What to do with data.
enum Step {
    Used(usize),
    /// So many bytes are needed.
    Needs(usize),
}

impl Pgsql {
    pub(crate) fn new(_: AppProto, settings: &Arc<ParserSettings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            transactions: Transactions::default(),
            last: Last::Other,
            skip: [0; 2],
            was_gap: [false; 2],
            has_begun: false,
        }
    }

    fn open(&mut self) -> &mut Entry<Query> {
        if self.transactions.len() > self.settings.pgsql.max_open {
            let waiting = self
                .transactions
                .iter_mut()
                .find(|entry| !entry.tx.is_complete);
            if let Some(Entry { meta, tx }) = waiting {
                tx.complete(meta);
                meta.event(TOO_MANY);
            }
        }
        let number = self.transactions.total() + 1;
        self.transactions.open(Query {
            number,
            ..Query::default()
        })
    }

    /// Passes over a message of which only the length matters.
    fn pass(&mut self, whole: usize, data: &[u8], direction: Direction) -> Step {
        self.skip[direction.index()] = whole.saturating_sub(data.len());
        Step::Used(whole.min(data.len()))
    }

    fn request_step(&mut self, data: &[u8], orders: &mut Orders) -> Result<Step, Broken> {
        if data.first() == Some(&0) {
            return self.startup_step(data, orders);
        }
        let Some((kind, length)) = header(data)? else {
            return Ok(Step::Needs(HEADER));
        };
        let whole = length.saturating_add(1);
        match kind {
            b'd' if matches!(self.last, Last::CopyIn | Last::CopyingIn) => {
                self.copy_in(length.saturating_sub(4) as u64);
                return Ok(self.pass(whole, data, ToServer));
            }
            b'Q' | b'X' | b'p' => {}
            b'c' | b'f' if matches!(self.last, Last::CopyIn | Last::CopyingIn) => {}
            // A message of the extended protocol, or one that is unknown.
            _ => return Ok(self.pass(whole, data, ToServer)),
        }
        if kind == b'X' && length != 4 {
            return Err(Broken::Length);
        }
        let kept = whole.min(MAX_MESSAGE);
        let Some(body) = data.get(HEADER..kept) else {
            return Ok(Step::Needs(kept));
        };
        if kept == whole || kind == b'Q' {
            let is_cut = kept < whole;
            let request = self.request(kind, body, is_cut).ok_or(Broken::Malformed)?;
            if let Some(request) = request {
                self.add_request(request, orders);
            }
        }
        Ok(self.pass(whole, data, ToServer))
    }

    /// A message without a type: its length is small, so it begins with a zero.
    fn startup_step(&mut self, data: &[u8], orders: &mut Orders) -> Result<Step, Broken> {
        const LEAST: usize = 8;
        let Some(length) = Cursor::new(data).u32() else {
            return Ok(Step::Needs(4));
        };
        let whole = usize::try_from(length)
            .ok()
            .filter(|length| (LEAST..=MAX_MESSAGE).contains(length))
            .ok_or(Broken::Length)?;
        let Some(body) = data.get(4..whole) else {
            return Ok(Step::Needs(whole));
        };
        let request = startup(body).ok_or(Broken::Malformed)?;
        self.add_request(request, orders);
        Ok(Step::Used(whole))
    }

    /// The request of a message that is read; nothing when the message has none, or is broken.
    fn request(&self, kind: u8, body: &[u8], is_cut: bool) -> Option<Option<Request>> {
        Some(match kind {
            b'Q' if is_cut => Some(Request::Query(body.into())),
            b'Q' => Some(Request::Query(text(body)?)),
            b'X' => Some(Request::Terminate),
            b'c' => Some(Request::CopyDone),
            b'f' => Some(Request::CopyFail),
            _ => match self.last {
                Last::SaslOffered => Some(sasl_initial(body)?),
                Last::Sasl => Some(Request::SaslResponse(body.into())),
                Last::PasswordAsked => Some(Request::Password(text(body)?)),
                _ => None,
            },
        })
    }

    fn add_request(&mut self, request: Request, orders: &mut Orders) {
        let ends_copy = matches!(request, Request::CopyDone | Request::CopyFail);
        let is_last_word = matches!(request, Request::Terminate | Request::Cancel { .. });
        let goes_on = ends_copy && self.last == Last::CopyingIn;
        self.last = match request {
            Request::Encryption => Last::EncryptionAsked,
            Request::SaslInitial { .. } => Last::Sasl,
            _ => Last::Other,
        };
        let is_open = goes_on && !self.transactions.is_empty();
        if !is_open {
            self.open();
        }
        let Some(Entry { meta, tx }) = self.transactions.last_mut() else {
            return;
        };
        if tx.copied.0 > 0 {
            let (count, size) = std::mem::take(&mut tx.copied);
            tx.requests.push(Request::CopyData { count, size });
        }
        tx.requests.push(request);
        meta.advance(ToServer, 1);
        orders.inspect_stream[ToServer.index()] = true;
        if is_last_word {
            tx.complete(meta);
        }
    }

    fn copy_in(&mut self, size: u64) {
        if self.last == Last::CopyIn {
            self.last = Last::CopyingIn;
            self.open();
        }
        if let Some(Entry { meta, tx }) = self.transactions.last_mut() {
            tx.copied.0 += 1;
            tx.copied.1 += size;
            meta.updated[ToServer.index()] = true;
        }
    }

    fn response_step(&mut self, data: &[u8], orders: &mut Orders) -> Result<Step, Broken> {
        if self.last == Last::EncryptionAsked && data.first() != Some(&b'E') {
            let accepts = match data.first() {
                Some(b'S') => true,
                Some(b'N') => false,
                _ => return Err(Broken::Malformed),
            };
            self.add_response(Response::Encryption(accepts), orders);
            return Ok(Step::Used(1));
        }
        let Some((kind, length)) = header(data)? else {
            return Ok(Step::Needs(HEADER));
        };
        let whole = length.saturating_add(1);
        if kind == ROW {
            if length < 7 {
                return Err(Broken::Length);
            }
            let Some(columns) = data.get(HEADER..).and_then(|rest| Cursor::new(rest).u16()) else {
                return Ok(Step::Needs(HEADER + 2));
            };
            self.count(row_size(length, columns), |tx| &mut tx.rows);
        } else if kind == COPY_DATA {
            self.count(length.saturating_sub(4) as u64, |tx| &mut tx.copied);
        } else if is_read(kind) && whole <= MAX_MESSAGE {
            let Some(body) = data.get(HEADER..whole) else {
                return Ok(Step::Needs(whole));
            };
            self.add_response(response(kind, body)?, orders);
            return Ok(Step::Used(whole));
        }
        Ok(self.pass(whole, data, ToClient))
    }

    fn count(&mut self, size: u64, sums: impl Fn(&mut Query) -> &mut (u64, u64)) {
        self.last = Last::Other;
        if let Some(Entry { meta, tx }) = self.transactions.last_mut() {
            let (count, total) = sums(tx);
            *count += 1;
            *total += size;
            meta.updated[ToClient.index()] = true;
        }
    }

    fn add_response(&mut self, response: Response, orders: &mut Orders) {
        match &response {
            Response::Aside => return,
            Response::Encryption(true) => orders.change = Some((443, AppProto::Tls)),
            _ => {}
        }
        self.last = match &response {
            Response::Encryption(true) => Last::Encrypted,
            Response::CleartextPassword | Response::Md5Password(_) => Last::PasswordAsked,
            Response::Sasl => Last::SaslOffered,
            Response::SaslContinue => Last::Sasl,
            Response::CopyIn(_) => Last::CopyIn,
            _ => Last::Other,
        };
        let is_last = matches!(
            response,
            Response::Encryption(_)
                | Response::CleartextPassword
                | Response::Md5Password(_)
                | Response::Sasl
                | Response::SaslContinue
                | Response::SaslFinal(_)
                | Response::Ready
                | Response::CopyIn(_)
        );
        let Some(Entry { meta, tx }) = self.transactions.last_mut() else {
            return;
        };
        meta.updated[ToClient.index()] = true;
        tx.push_sums(&response);
        if tx.responses.len() < MAX_KEPT && response != Response::CopyDone {
            tx.responses.push(response);
        }
        if is_last {
            tx.complete(meta);
            orders.inspect_stream[ToClient.index()] = true;
        }
    }

    /// Whether data after a gap begins with a message.
    fn is_in_step(&self, data: &[u8], direction: Direction) -> bool {
        let Ok(Some((kind, length))) = header(data) else {
            return false;
        };
        let known = match direction {
            ToServer => b"QXpPBDESCFcdf".contains(&kind),
            ToClient => is_read(kind) || kind == ROW || kind == COPY_DATA,
        };
        known && length <= MAX_MESSAGE
    }

    fn fail(&mut self, broken: Broken, direction: Direction) {
        let event = match (broken, direction) {
            (Broken::Length, _) => INVALID_LENGTH,
            (Broken::Malformed, ToServer) => MALFORMED_REQUEST,
            (Broken::Malformed, ToClient) => MALFORMED_RESPONSE,
        };
        let Entry { meta, tx } = self.open();
        tx.complete(meta);
        meta.event(event);
    }
}

impl Query {
    /// The rows that came before a message are summed up in one.
    fn push_sums(&mut self, response: &Response) {
        let is_done = matches!(response, Response::Complete(_));
        if is_done && self.rows.0 > 0 {
            let (count, size) = std::mem::take(&mut self.rows);
            self.responses.push(Response::Rows { count, size });
        }
        if (is_done || *response == Response::CopyDone) && self.copied.0 > 0 {
            let (count, size) = std::mem::take(&mut self.copied);
            self.responses.push(Response::CopyData { count, size });
        }
    }
}

/// The type and the length that a message begins with, the length counted in; nothing when they are not all there.
fn header(data: &[u8]) -> Result<Option<(u8, usize)>, Broken> {
    let cursor = &mut Cursor::new(data);
    let (Some(kind), Some(length)) = (cursor.u8(), cursor.u32()) else {
        return Ok(None);
    };
    match usize::try_from(length) {
        Ok(length) if length >= 4 => Ok(Some((kind, length))),
        _ => Err(Broken::Length),
    }
}

impl Parser for Pgsql {
    type Tx = Query;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "too_many_transactions",
        "malformed_request",
        "malformed_response",
        "invalid_length",
    ];

    fn place(keyword: KeywordId, direction: Direction) -> Option<u8> {
        (keyword == internet::PGSQL_QUERY && direction == ToServer).then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, orders: &mut Orders) -> Outcome {
        let way = input.direction.index();
        if !std::mem::replace(&mut self.has_begun, true) {
            orders.stream_depth = Some(self.settings.pgsql.stream_depth);
        }
        let mut consumed = input.data.len().min(self.skip[way]);
        self.skip[way] -= consumed;
        while let Some(rest) = input.data.get(consumed..).filter(|rest| !rest.is_empty()) {
            if self.last == Last::Encrypted
                || self.was_gap[way] && !self.is_in_step(rest, input.direction)
            {
                return Outcome::Done;
            }
            self.was_gap[way] = false;
            let step = match input.direction {
                ToServer => self.request_step(rest, orders),
                ToClient => self.response_step(rest, orders),
            };
            match step {
                Ok(Step::Used(bytes)) => consumed += bytes,
                Ok(Step::Needs(needed)) => return Outcome::Incomplete { consumed, needed },
                Err(broken) => {
                    self.fail(broken, input.direction);
                    return Outcome::Failed;
                }
            }
        }
        Outcome::Done
    }

    fn gap(&mut self, direction: Direction, bytes: u64, _: &mut Orders) -> Outcome {
        let skip = &mut self.skip[direction.index()];
        // What is missing of a message that is passed over does not matter.
        match usize::try_from(bytes)
            .ok()
            .and_then(|bytes| skip.checked_sub(bytes))
        {
            Some(left) => *skip = left,
            None => {
                *skip = 0;
                self.was_gap[direction.index()] = true;
            }
        }
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Query> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Query> {
        &mut self.transactions
    }
}

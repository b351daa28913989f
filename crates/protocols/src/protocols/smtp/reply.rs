//! Replies of the server (RFC 5321, section 4.2).

use tapir_packet::Direction;

use super::events;
use super::parser::{Mode, Smtp, Waiting, What};
use crate::AppProto;
use crate::parser::Orders;

/// The codes that servers send, of RFC 5321 and its extensions.
const CODES: [u16; 39] = [
    211, 214, 220, 221, 235, 250, 251, 252, 334, 354, 401, 402, 421, 435, 450, 451, 452, 454, 455,
    500, 501, 502, 503, 504, 511, 521, 522, 525, 530, 534, 535, 541, 543, 550, 551, 552, 553, 554,
    555,
];

/// The code that a line begins with, if it is one that servers send.
fn code(line: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(line.get(..3)?).ok()?;
    let code = digits.parse().ok()?;
    CODES.binary_search(&code).ok().map(|_| code)
}

impl Smtp {
    /// Takes a line of the server; false when it is none of a mail server.
    pub(super) fn reply(&mut self, line: &[u8], orders: &mut Orders) -> bool {
        let waiting = self.waiting.front().copied();
        let asker = waiting.map(|waiting| waiting.tx).or(self.current);
        let Some(code) = code(line) else {
            self.event_of(asker, events::INVALID_REPLY);
            return false;
        };
        let goes_on = line.get(3) == Some(&b'-');
        let Some(waiting) = waiting else {
            if !self.is_welcome {
                // A greeting may have many lines.
                self.is_welcome = !goes_on;
                if code != 220 {
                    self.event_of(asker, events::INVALID_REPLY);
                }
            }
            return true;
        };
        self.answer(waiting, code, goes_on, orders);
        if goes_on {
            let keyword = line.get(4..).unwrap_or_default();
            self.takes_pipelines |=
                self.is_welcome && code == 250 && keyword.eq_ignore_ascii_case(b"PIPELINING");
        } else {
            self.waiting.pop_front();
            orders.inspect_stream[Direction::ToClient.index()] = true;
        }
        true
    }

    fn answer(&mut self, waiting: Waiting, code: u16, goes_on: bool, orders: &mut Orders) {
        match waiting.what {
            What::StartTls if code == 220 && orders.change.is_some() => {
                self.event_of(Some(waiting.tx), events::FAILED_CHANGE);
            }
            What::StartTls if code == 220 => {
                orders.change = Some((0, AppProto::Tls));
                self.complete(waiting.tx, &[Direction::ToServer, Direction::ToClient]);
            }
            What::StartTls => self.event_of(Some(waiting.tx), events::TLS_REJECTED),
            What::Data if code == 354 => {
                self.at_message(waiting.tx, Direction::ToClient);
                if !self.has_begun {
                    self.mode = Mode::Data;
                }
            }
            What::Data => {
                self.event_of(Some(waiting.tx), events::DATA_REJECTED);
                // It was begun before the server agreed.
                if self.mode == Mode::Data && self.has_begun && self.waiting.len() == 1 {
                    self.mode = Mode::Commands;
                    self.has_begun = false;
                }
            }
            What::Reset if code == 250 && !goes_on && !self.is_at_message(waiting.tx) => {
                self.complete(waiting.tx, &[Direction::ToServer, Direction::ToClient]);
            }
            What::EndOfMessage if !goes_on => self.complete(waiting.tx, &[Direction::ToClient]),
            What::EndOfMessage | What::Reset | What::Other => {}
        }
    }
}

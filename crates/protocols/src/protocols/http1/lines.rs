//! First lines: a request or a response begins.

use tapir_packet::Direction;

use super::body::Phase;
use super::event::Event;
use super::head::trim_end;
use super::parser::{Http1, Step};
use super::response;
use super::transaction::{BODY, COMPLETE, Exchange, HEADERS};
use crate::parser::{Input, Orders};

/// Blanks that may follow a request of version 0.9, which has nothing but its line.
const BLANKS_AFTER_09: usize = 16;

impl Http1 {
    pub(super) fn first_line(
        &mut self,
        input: &Input<'_>,
        data: &[u8],
        orders: &mut Orders,
    ) -> Step {
        let direction = input.direction;
        let line = match response::line_len(data, direction, input.eof) {
            Some(len) => data.get(..len).unwrap_or_default(),
            None => return Step::Wait,
        };
        let rest = data.get(line.len()..).unwrap_or_default();
        if matches!(line, b"\r" | b"\n" | b"\r\n") {
            // Empty lines before a message are passed over.
            return Step::Used(line.len());
        }
        let lost = &mut self.lost[direction.index()];
        if *lost {
            let begins = match direction {
                Direction::ToServer => memchr::memmem::find(line, b" HTTP/").is_some(),
                Direction::ToClient => line.starts_with(b"HTTP/"),
            };
            if !begins {
                return Step::Used(line.len());
            }
            *lost = false;
        }
        match direction {
            Direction::ToServer => self.request_line(line, rest, (input.ports[1], orders)),
            Direction::ToClient => self.response_line(line, rest),
        }
        Step::Used(line.len())
    }

    fn request_line(&mut self, line: &[u8], rest: &[u8], (port, orders): (u16, &mut Orders)) {
        let entry = self.transactions.open(Exchange::default());
        let id = entry.meta.id();
        entry.tx.server_port = port;
        if !line.ends_with(b"\n") {
            entry.meta.event(Event::RequestLineIncomplete as u8);
        }
        let odd = entry.tx.request_line(trim_end(line), &self.settings);
        entry.meta.advance(Direction::ToServer, HEADERS);
        for event in odd {
            entry.meta.event(event as u8);
        }
        self.at[0] = Some(id);
        let mut is_09 = entry.tx.is_09;
        if is_09 {
            let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
            let blanks = blanks.count();
            if blanks < rest.len() || blanks > BLANKS_AFTER_09 {
                is_09 = false;
                entry.tx.is_09 = false;
                entry.meta.event(Event::MissingProtocol as u8);
            }
        }
        if is_09 {
            // Version 0.9 has nothing but the line.
            self.finish(Direction::ToServer, orders);
        } else {
            self.phases[0] = Phase::Headers;
        }
    }

    fn response_line(&mut self, line: &[u8], rest: &[u8]) {
        let direction = Direction::ToClient;
        if !self.find_request() {
            return;
        }
        let Some(entry) = self.entry(direction) else {
            return;
        };
        entry.meta.advance(direction, HEADERS);
        if !entry.tx.is_09 && response::is_status_line(line) {
            entry.tx.status_line(trim_end(line));
            if !entry.tx.has_valid_version() {
                entry.meta.event(Event::ResponseProtocol as u8);
            }
            if entry.tx.status().is_none() {
                entry.meta.event(Event::ResponseStatus as u8);
            }
            self.phases[1] = Phase::Headers;
            return;
        }
        // Junk before the line of a response is passed over.
        let is_junk = rest.len() > 1 && (rest.starts_with(b"H") || trim_end(line).len() <= 2);
        if is_junk && !entry.tx.is_09 {
            return;
        }
        // A response of version 0.9 is all body.
        entry.meta.advance(direction, BODY);
        self.begin_body(direction, false);
        self.phases[1] = Phase::UntilClose;
        self.body(direction, line);
    }

    /// Finds the transaction of a response, or opens one; false if there can be none.
    fn find_request(&mut self) -> bool {
        if self.at[1].is_some() {
            return true;
        }
        if self.transactions.find(self.next_response).is_none() {
            let entry = self.transactions.open(Exchange::default());
            self.next_response = entry.meta.id();
            entry.meta.event(Event::UnmatchedResponse as u8);
            entry.meta.advance(Direction::ToServer, COMPLETE);
        }
        self.at[1] = Some(self.next_response);
        true
    }
}

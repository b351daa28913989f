//! Headers: what they say of the message, and of what follows it.

use tapir_packet::Direction;

use super::body::Phase;
use super::event::Event;
use super::head::{Head, Next, Oddities};
use super::parser::{Http1, Step};
use super::transaction::BODY;
use crate::AppProto;
use crate::parser::{Input, Orders};

impl Http1 {
    pub(super) fn header(&mut self, input: &Input<'_>, data: &[u8], orders: &mut Orders) -> Step {
        let direction = input.direction;
        let way = direction.index();
        let is_trailer = self.phases[way] == Phase::Trailer;
        let next = if is_trailer {
            self.trailers[way].take(data, direction, input.eof)
        } else {
            match self.entry(direction) {
                Some(entry) => {
                    let head = &mut entry.tx.side_mut(direction).head;
                    head.take(data, direction, input.eof)
                }
                None => return Step::Failed,
            }
        };
        match next {
            Next::Wait => Step::Wait,
            Next::Header(used) => Step::Used(used),
            Next::End(used) if is_trailer => {
                self.complete(direction);
                Step::Used(used)
            }
            Next::End(used) => {
                if self.headers_over(direction, orders) {
                    Step::Used(used)
                } else {
                    Step::Failed
                }
            }
        }
    }

    /// The headers of a message are there; false if it cannot be read further.
    fn headers_over(&mut self, direction: Direction, orders: &mut Orders) -> bool {
        let Some(entry) = self.entry(direction) else {
            return false;
        };
        entry.meta.advance(direction, BODY);
        for event in events_of(entry.tx.side(direction).head.odd, direction) {
            entry.meta.event(event as u8);
        }
        if direction == Direction::ToServer {
            for event in entry.tx.settle_host() {
                entry.meta.event(event as u8);
            }
        } else if self.takes_interim() || self.changes(orders) {
            return true;
        }
        self.begin_content(direction)
    }

    /// Whether the response is an interim one: another will follow.
    fn takes_interim(&mut self) -> bool {
        let Some(entry) = self.entry(Direction::ToClient) else {
            return false;
        };
        if !entry.tx.is_interim() {
            return false;
        }
        if std::mem::replace(&mut entry.tx.continued, true) {
            entry.meta.event(Event::ContinueAlreadySeen as u8);
        }
        entry.tx.response.head = Head::default();
        self.phases[1] = Phase::Line;
        true
    }

    /// A body follows, or nothing does; false if that cannot be told.
    fn begin_content(&mut self, direction: Direction) -> bool {
        let Some(entry) = self.entry(direction) else {
            return false;
        };
        let delimiter = entry.tx.delimiter(direction);
        for event in delimiter.events {
            entry.meta.event(event as u8);
        }
        match delimiter.phase {
            Ok(Some(phase)) => {
                self.begin_body(direction, true);
                self.phases[direction.index()] = phase;
                true
            }
            Ok(None) => {
                self.complete(direction);
                true
            }
            Err(()) => false,
        }
    }

    /// Whether the response says that something else follows: after CONNECT, or an upgrade.
    fn changes(&mut self, orders: &mut Orders) -> bool {
        let Some(entry) = self.entry(Direction::ToClient) else {
            return false;
        };
        let status = entry.tx.status().unwrap_or_default();
        let connected = entry.tx.method() == b"CONNECT" && (200..300).contains(&status);
        let head = &entry.tx.response.head;
        let has_body = head.get_lax(b"transfer-encoding").is_some()
            || head.get_lax(b"content-length").is_some();
        if !connected && (status != 101 || has_body) {
            return false;
        }
        let upgrade = head.get_lax(b"upgrade").unwrap_or_default();
        let (port, proto) = if connected {
            (entry.tx.target_port(), AppProto::Unknown)
        } else if upgrade.eq_ignore_ascii_case(b"websocket") {
            (0, AppProto::Websocket)
        } else if upgrade.starts_with(b"h2") {
            orders.request = entry.tx.request_fields();
            (0, AppProto::Http2)
        } else {
            (0, AppProto::Unknown)
        };
        self.finish(Direction::ToServer, orders);
        self.finish(Direction::ToClient, orders);
        orders.change = Some((port, proto));
        self.phases = [Phase::Tunnel; 2];
        true
    }
}

/// What is odd about the headers of a message, as events of its direction.
fn events_of(odd: Oddities, direction: Direction) -> impl Iterator<Item = Event> {
    [
        (
            odd.missing_colon,
            [Event::RequestMissingColon, Event::ResponseMissingColon],
        ),
        (
            odd.repeated,
            [Event::RequestRepetition, Event::ResponseRepetition],
        ),
        (
            odd.invalid_name,
            [Event::RequestHeaderInvalid, Event::ResponseHeaderInvalid],
        ),
        (odd.folding, [Event::RequestFolding, Event::ResponseFolding]),
        (
            odd.two_lengths,
            [Event::TwoRequestLengths, Event::TwoResponseLengths],
        ),
        (
            odd.too_many,
            [Event::TooManyRequestHeaders, Event::TooManyResponseHeaders],
        ),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(move |(_, events)| events[direction.index()])
}

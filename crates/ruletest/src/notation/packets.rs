//! Packets of conversations.

use std::time::Duration;

use etherparse::TcpHeader;
use tapir_traffic::connection::{Connection, MSS, Side, flags};
use tapir_traffic::layers::{icmp, icmpv6, ip, protocol, udp};
use tapir_traffic::{Endpoint, Tape, format};

use super::conversation::{Carrier, Conversation, Cut, Order, Step};

/// The first port of clients that name none, and how many there are.
const FIRST_PORT: usize = 40_001;
const PORTS: usize = 25_000;

/// The bytes of a capture file with all that these conversations send.
pub fn capture(conversations: &[Conversation]) -> Vec<u8> {
    let mut tape = Tape::default();
    let mut number = 0_usize;
    for conversation in conversations {
        for time in 0..conversation.times {
            if time > 0 {
                tape.wait(conversation.every);
            }
            let port = u16::try_from(FIRST_PORT + number % PORTS).unwrap_or(u16::MAX);
            number = number.wrapping_add(1);
            Play::new(&mut tape, conversation, port).play();
        }
    }
    format::pcap(tape.frames(), &format::Pcap::default())
}

/// A conversation taking place.
struct Play<'p> {
    tape: &'p mut Tape,
    conversation: &'p Conversation,
    client: Endpoint,
    server: Endpoint,
    /// Where TCP carries it, from its beginning on.
    connection: Option<Connection>,
    cut: Cut,
    /// The last message of each side.
    last: [Vec<u8>; 2],
    handshake: bool,
    close: bool,
}

impl<'p> Play<'p> {
    fn new(tape: &'p mut Tape, conversation: &'p Conversation, port: u16) -> Self {
        let (client, client_port) = conversation.client;
        let (server, server_port) = conversation.server;
        Self {
            tape,
            conversation,
            client: client.port(client_port.unwrap_or(port)),
            server: server.port(server_port),
            connection: None,
            cut: Cut::default(),
            last: [Vec::new(), Vec::new()],
            handshake: true,
            close: true,
        }
    }

    fn play(mut self) {
        let conversation = self.conversation;
        for step in &conversation.steps {
            self.step(step);
        }
        if conversation.carrier == Carrier::Tcp && self.close {
            self.open().close(self.tape);
        }
    }

    /// The connection, opened with the first step that needs it.
    fn open(&mut self) -> Connection {
        let (client, server) = (self.client, self.server);
        match self.connection {
            Some(connection) => connection,
            None => {
                let connection = match self.handshake {
                    true => Connection::open(self.tape, client, server),
                    false => Connection::already_open(client, server),
                };
                *self.connection.insert(connection)
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Say(side, data) => self.say(*side, data),
            Step::Icmp(side, kind, code, rest) => self.icmp(*side, *kind, *code, rest),
            Step::Wait(time) => self.wait(*time),
            Step::Cut(cut) => self.cut = cut.clone(),
            Step::Midstream => (self.handshake, self.close) = (false, false),
            Step::Open => self.close = false,
            Step::Again(side, data) => {
                let mut connection = self.open();
                let last = &self.last[place(*side)];
                let back = i32::try_from(last.len()).unwrap_or(0);
                let data = data.as_ref().unwrap_or(last);
                connection.say_at(self.tape, *side, back.saturating_neg(), flags::data(), data);
                connection.say(self.tape, side.other(), flags::ack(), b"");
            }
            Step::Segment(side, ahead, data) => {
                let connection = self.open();
                connection.say_at(self.tape, *side, *ahead, flags::data(), data);
            }
            Step::Gap(side, bytes) => {
                let mut connection = self.open();
                connection.advance(*side, *bytes as usize);
                self.connection = Some(connection);
            }
            Step::Reset(side) => {
                let mut connection = self.open();
                connection.say(self.tape, *side, flags::rst(), b"");
                self.close = false;
            }
            Step::Flags(side, letters, data) => {
                let mut connection = self.open();
                connection.say(self.tape, *side, header(letters), data);
                self.connection = Some(connection);
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        self.tape.wait(time);
    }

    fn ends(&self, side: Side) -> (Endpoint, Endpoint) {
        match side {
            Side::Client => (self.client, self.server),
            Side::Server => (self.server, self.client),
        }
    }

    fn say(&mut self, side: Side, data: &[u8]) {
        let (from, to) = self.ends(side);
        let packet = match self.conversation.carrier {
            Carrier::Tcp => return self.say_tcp(side, data),
            Carrier::Udp => udp(from, to, data),
            Carrier::Icmp => ip(&from.host, &to.host, protocol::ICMP, data),
            Carrier::Ip(protocol) => ip(&from.host, &to.host, protocol, data),
        };
        self.tape.packet(&from.host, &to.host, packet);
    }

    fn say_tcp(&mut self, side: Side, data: &[u8]) {
        let mut connection = self.open();
        for (ahead, part) in pieces(data, &self.cut) {
            let ahead = i32::try_from(ahead).unwrap_or(i32::MAX);
            connection.say_at(self.tape, side, ahead, flags::data(), part);
        }
        connection.advance(side, data.len());
        connection.say(self.tape, side.other(), flags::ack(), b"");
        self.connection = Some(connection);
        self.last[place(side)] = data.to_vec();
    }

    fn icmp(&mut self, side: Side, kind: u8, code: u8, rest: &[u8]) {
        let (from, to) = self.ends(side);
        let (from, to) = (&from.host, &to.host);
        let packet = if from.ip.is_ipv6() {
            let message = icmpv6(from, to, kind, code, rest);
            ip(from, to, protocol::ICMPV6, &message)
        } else {
            let (word, rest) = rest.split_first_chunk().unwrap_or((&[0; 4], rest));
            ip(from, to, protocol::ICMP, &icmp(kind, code, *word, rest))
        };
        self.tape.packet(from, to, packet);
    }
}

fn place(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}

/// The segments of a message in the order in which they are sent, each with its place in the message.
fn pieces<'d>(data: &'d [u8], cut: &Cut) -> Vec<(usize, &'d [u8])> {
    let mut pieces = Vec::new();
    let (mut rest, mut lengths) = (data, cut.lengths.iter().copied());
    while !rest.is_empty() {
        let length = match lengths.next() {
            Some(length) => length,
            None if cut.repeats => cut.lengths.last().copied().unwrap_or(1),
            None => usize::from(MSS),
        };
        let (piece, more) = rest.split_at(length.clamp(1, rest.len()));
        pieces.push((data.len() - rest.len(), piece));
        rest = more;
    }
    match &cut.order {
        Order::Straight => {}
        Order::Reversed => pieces.reverse(),
        Order::Given(first) => {
            let named: Vec<_> = first
                .iter()
                .filter_map(|at| pieces.get(*at).copied())
                .collect();
            pieces.retain(|piece| !named.contains(piece));
            pieces.splice(0..0, named);
        }
    }
    pieces
}

fn header(letters: &str) -> TcpHeader {
    let has = |letter| letters.contains(letter);
    TcpHeader {
        syn: has('S'),
        ack: has('A'),
        fin: has('F'),
        rst: has('R'),
        psh: has('P'),
        urg: has('U'),
        ..flags::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_as_asked() {
        let cut = |lengths: &[usize], repeats, order| Cut {
            lengths: lengths.to_vec(),
            repeats,
            order,
        };
        let places = |cut: &Cut| -> Vec<(usize, usize)> {
            let pieces = pieces(b"0123456789", cut);
            pieces
                .iter()
                .map(|(at, piece)| (*at, piece.len()))
                .collect()
        };
        assert_eq!(places(&Cut::default()), [(0, 10)]);
        assert_eq!(
            places(&cut(&[4], true, Order::Straight)),
            [(0, 4), (4, 4), (8, 2)]
        );
        assert_eq!(
            places(&cut(&[1, 2], false, Order::Straight)),
            [(0, 1), (1, 2), (3, 7)]
        );
        assert_eq!(
            places(&cut(&[4], true, Order::Reversed)),
            [(8, 2), (4, 4), (0, 4)]
        );
        let given = Order::Given(vec![2, 9]);
        assert_eq!(places(&cut(&[4], true, given)), [(8, 2), (0, 4), (4, 4)]);
    }
}

//! TCP as two hosts speak it.

use etherparse::{TcpHeader, TcpOptionElement};

use crate::host::Endpoint;
use crate::layers::{ip, protocol, tcp_segment};
use crate::tape::Tape;

/// Bytes of the longest segment.
pub const MSS: u16 = 1460;
const WINDOW: u16 = 64_240;
/// First sequence numbers.
const CLIENT_ISN: u32 = 1_000_000;
const SERVER_ISN: u32 = 7_000_000;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one who opened the connection.
    Client,
    /// The other.
    Server,
}

/// Control bits of a segment, as a header without ports and numbers.
pub mod flags {
    use etherparse::TcpHeader;

    /// A segment with nothing set.
    pub fn none() -> TcpHeader {
        TcpHeader {
            window_size: super::WINDOW,
            ..TcpHeader::default()
        }
    }

    /// ACK.
    pub fn ack() -> TcpHeader {
        TcpHeader {
            ack: true,
            ..none()
        }
    }

    /// PSH and ACK, as data has.
    pub fn data() -> TcpHeader {
        TcpHeader { psh: true, ..ack() }
    }

    /// FIN and ACK.
    pub fn fin() -> TcpHeader {
        TcpHeader { fin: true, ..ack() }
    }

    /// RST and ACK.
    pub fn rst() -> TcpHeader {
        TcpHeader { rst: true, ..ack() }
    }

    /// SYN with the usual option.
    pub fn syn() -> TcpHeader {
        let mut header = TcpHeader {
            syn: true,
            ..none()
        };
        super::offer_mss(&mut header);
        header
    }

    /// SYN and ACK.
    pub fn syn_ack() -> TcpHeader {
        TcpHeader { ack: true, ..syn() }
    }
}

fn offer_mss(header: &mut TcpHeader) {
    // Four bytes of options fit.
    let _ = header.set_options(&[TcpOptionElement::MaximumSegmentSize(MSS)]);
}

/// A connection and how far each side has come.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    client: Endpoint,
    server: Endpoint,
    /// What each side sends next.
    client_next: u32,
    server_next: u32,
}

impl Connection {
    /// A connection that nobody has opened yet.
    pub fn new(client: Endpoint, server: Endpoint) -> Self {
        Self {
            client,
            server,
            client_next: CLIENT_ISN,
            server_next: SERVER_ISN,
        }
    }

    /// Opens a connection with the three-way handshake.
    pub fn open(tape: &mut Tape, client: Endpoint, server: Endpoint) -> Self {
        let mut connection = Self::new(client, server);
        connection.say(tape, Side::Client, flags::syn(), b"");
        connection.say(tape, Side::Server, flags::syn_ack(), b"");
        connection.say(tape, Side::Client, flags::ack(), b"");
        connection
    }

    /// A connection that was opened before the tape began.
    pub fn already_open(client: Endpoint, server: Endpoint) -> Self {
        Self {
            client_next: CLIENT_ISN + 1,
            server_next: SERVER_ISN + 1,
            ..Self::new(client, server)
        }
    }

    /// The client says something, the server acknowledges it.
    pub fn client(&mut self, tape: &mut Tape, data: &[u8]) {
        self.talk(tape, Side::Client, data);
    }

    /// The server says something, the client acknowledges it.
    pub fn server(&mut self, tape: &mut Tape, data: &[u8]) {
        self.talk(tape, Side::Server, data);
    }

    /// The client asks, the server answers, each acknowledged.
    pub fn exchange(&mut self, tape: &mut Tape, question: &[u8], answer: &[u8]) {
        self.client(tape, question);
        self.server(tape, answer);
    }

    fn talk(&mut self, tape: &mut Tape, side: Side, data: &[u8]) {
        for part in data.chunks(usize::from(MSS)) {
            self.say(tape, side, flags::data(), part);
        }
        self.say(tape, side.other(), flags::ack(), b"");
    }

    /// The client closes, then the server.
    pub fn close(mut self, tape: &mut Tape) {
        self.say(tape, Side::Client, flags::fin(), b"");
        self.say(tape, Side::Server, flags::fin(), b"");
        self.say(tape, Side::Client, flags::ack(), b"");
    }

    /// Sends one segment in order.
    pub fn say(&mut self, tape: &mut Tape, side: Side, header: TcpHeader, data: &[u8]) {
        let advance = data.len() as u32 + u32::from(header.syn) + u32::from(header.fin);
        self.say_at(tape, side, 0, header, data);
        self.advance_by(side, advance);
    }

    /// Sends one segment `ahead` bytes from where that side is, without moving it: out of order, twice,
    /// overlapping.
    pub fn say_at(
        &self,
        tape: &mut Tape,
        side: Side,
        ahead: i32,
        mut header: TcpHeader,
        data: &[u8],
    ) {
        let (from, to, mine, theirs) = match side {
            Side::Client => (self.client, self.server, self.client_next, self.server_next),
            Side::Server => (self.server, self.client, self.server_next, self.client_next),
        };
        header.sequence_number = mine.wrapping_add_signed(ahead);
        if header.ack && header.acknowledgment_number == 0 {
            header.acknowledgment_number = theirs;
        }
        let segment = tcp_segment(from, to, &header, data);
        let packet = ip(&from.host, &to.host, protocol::TCP, &segment);
        tape.packet(&from.host, &to.host, packet);
    }

    /// Counts bytes as sent that [`Connection::say_at`] sent, or that nobody saw.
    pub fn advance(&mut self, side: Side, bytes: usize) {
        self.advance_by(side, bytes as u32);
    }

    fn advance_by(&mut self, side: Side, bytes: u32) {
        let next = self.next(side);
        *next = next.wrapping_add(bytes);
    }

    /// The number that a side sends next.
    pub fn next(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Client => &mut self.client_next,
            Side::Server => &mut self.server_next,
        }
    }
}

impl Side {
    /// The one who listens.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

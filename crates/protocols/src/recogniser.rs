//! Which protocol a flow speaks, from the first data of both sides.

use tapir_packet::Direction;

use crate::AppProto;
use crate::event::{AppLayerEvent, AppLayerEvents};
use crate::signature::{Circumstances, Opinion, Transport};
use crate::table::{PortElement, ProtocolTable, bit};

/// How a TCP session was joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Midstream {
    /// With its SYN: it is known who the client is.
    #[default]
    No,
    /// With the SYN/ACK: it is known too.
    SynAck,
    /// Later: whoever was seen first is taken for the client.
    Yes,
}

/// The first data of one side, as far as it has come, with what recognition may know of its flow.
#[derive(Debug, Clone, Copy)]
pub struct FirstData<'a> {
    /// What carries it.
    pub transport: Transport,
    /// The way it goes.
    pub direction: Direction,
    /// Port of the client and port of the server.
    pub ports: [u16; 2],
    /// A datagram's payload, or a stream's beginning up to here.
    pub data: &'a [u8],
    /// No more will come this way.
    pub eof: bool,
    /// How the session was joined.
    pub midstream: Midstream,
    /// The TCP handshake is over (TCP fast open carries data before).
    pub established: bool,
    /// Which side sent data first, if one has.
    pub first: Option<Direction>,
    /// Bytes in packets that went to the server so far, headers included.
    pub bytes_to_server: u64,
    /// Stream bytes at hand, to the server and to the client.
    pub at_hand: [u32; 2],
    /// Stream bytes at hand beyond which waiting ends, to the server and to the client: the larger of
    /// [`PATIENCE`] and the smaller of the receiver's window and the reassembly depth.
    pub patience: [u32; 2],
}

/// Bytes of one side that are always waited for.
pub const PATIENCE: u32 = 100_000;

impl<'a> FirstData<'a> {
    /// Data of a flow about which nothing unusual is known.
    pub fn new(
        transport: Transport,
        direction: Direction,
        ports: [u16; 2],
        data: &'a [u8],
    ) -> Self {
        let mut at_hand = [0; 2];
        at_hand[direction.index()] = u32::try_from(data.len()).unwrap_or(u32::MAX);
        Self {
            transport,
            direction,
            ports,
            data,
            eof: false,
            midstream: Midstream::No,
            established: true,
            first: Some(direction),
            bytes_to_server: 0,
            at_hand,
            patience: [PATIENCE; 2],
        }
    }
}

/// What is known of a flow's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// More data may tell.
    Unknown,
    /// The flow speaks this protocol.
    Known(AppProto),
    /// No protocol was recognised, and none will be.
    Failed,
}

/// What [`Recogniser::feed`] has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognition {
    /// What is known now.
    pub verdict: Verdict,
    /// The side taken for the client is the server: client and server of the flow are to change places, as those of
    /// the recogniser already have.
    pub reversed: bool,
    /// The other side sent data first and is to be fed, or parsed, before this side's data is parsed; then
    /// [`Recogniser::settle`] is to be asked.
    pub other_side_first: bool,
    /// What is wrong.
    pub events: AppLayerEvents,
}

/// Bytes looked at after a change of protocol was announced.
const CHANGE_DEPTH: usize = 4096;

/// Recognition of one flow: what each side looked like so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recogniser {
    /// Protocols that probing has ruled out, by side.
    ruled_out: [u64; 2],
    sides: [AppProto; 2],
    flow: AppProto,
    original: AppProto,
    expected: AppProto,
    patterns_done: [bool; 2],
    probes_done: [bool; 2],
    side_done: [bool; 2],
    /// The parser has been given data, or never will be.
    parsing: bool,
    changing: bool,
    /// The server's port to go by after an announced change.
    port: u16,
}

const TO_SERVER: usize = 0;

impl Recogniser {
    /// The protocol of the flow.
    pub fn flow(&self) -> AppProto {
        self.flow
    }

    /// The protocol that data to the server looks like.
    pub fn to_server(&self) -> AppProto {
        self.sides[Direction::ToServer.index()]
    }

    /// The protocol that data to the client looks like.
    pub fn to_client(&self) -> AppProto {
        self.sides[Direction::ToClient.index()]
    }

    /// The protocol before an announced change.
    pub fn original(&self) -> AppProto {
        self.original
    }

    /// The protocol that was announced.
    pub fn expected(&self) -> AppProto {
        self.expected
    }

    /// Whether recognition of a side has ended.
    pub fn is_done(&self, direction: Direction) -> bool {
        self.side_done[direction.index()]
    }

    /// Takes the protocol as known, because another flow announced it.
    pub fn assume(&mut self, proto: AppProto) {
        self.flow = proto;
        self.sides = [proto; 2];
        self.side_done = [true; 2];
        self.parsing = true;
    }

    /// The protocol that was recognised turns out to be one that travels in it.
    pub fn refine(&mut self, proto: AppProto) {
        self.original = self.flow;
        self.flow = proto;
        self.sides = [proto; 2];
        self.side_done = [true; 2];
    }

    /// Exchanges the sides, as the flow's client and server are.
    pub fn swap(&mut self) {
        self.ruled_out.swap(0, 1);
        self.sides.swap(0, 1);
        self.patterns_done.swap(0, 1);
        self.probes_done.swap(0, 1);
        self.side_done.swap(0, 1);
    }

    /// Announces a change of protocol, as STARTTLS, CONNECT and upgrades do. What comes next is recognised anew, as at
    /// server port `port` if that is not 0. False if a change is already under way.
    pub fn announce(&mut self, port: u16, expected: AppProto) -> bool {
        if self.changing {
            return false;
        }
        self.changing = true;
        self.port = port;
        self.expected = expected;
        self.original = self.flow;
        for side in &mut self.sides {
            if *side == AppProto::Unknown {
                *side = self.flow;
            }
        }
        true
    }

    /// Whether an announced change has not happened yet.
    pub fn is_changing(&self) -> bool {
        self.changing
    }

    /// Looks at a side's data. Over TCP the data always begins with the stream's first byte, or after an announced
    /// change with the first byte since.
    pub fn feed(&mut self, table: &ProtocolTable, input: &FirstData<'_>) -> Recognition {
        let mut out = Recognition {
            verdict: Verdict::Unknown,
            reversed: false,
            other_side_first: false,
            events: AppLayerEvents::EMPTY,
        };
        match input.transport {
            Transport::Udp => self.feed_datagram(table, input, &mut out),
            Transport::Tcp if self.changing => self.feed_change(table, input, &mut out),
            Transport::Tcp => {
                let side = self.sides[input.direction.index()];
                if side == AppProto::Unknown && self.flow != AppProto::Failed {
                    self.feed_stream(table, input, &mut out);
                }
            }
        }
        out.verdict = self.verdict();
        out
    }

    fn verdict(&self) -> Verdict {
        match self.flow {
            AppProto::Unknown => Verdict::Unknown,
            AppProto::Failed => Verdict::Failed,
            proto => Verdict::Known(proto),
        }
    }

    /// A stretch of a side's beginning is missing.
    pub fn gap(&mut self, direction: Direction) -> Verdict {
        if self.sides[direction.index()] == AppProto::Unknown {
            self.side_done[direction.index()] = true;
            if self.flow == AppProto::Unknown {
                self.give_up();
            }
        }
        if self.changing {
            self.changing = false;
            self.give_up();
        }
        self.verdict()
    }

    /// Says that data of a side was parsed: from now on the protocol stands.
    pub fn parsed(&mut self) {
        self.parsing = true;
    }

    /// Ends recognition without a result.
    pub fn give_up(&mut self) {
        self.flow = AppProto::Failed;
        self.parsing = true;
        for side in &mut self.sides {
            if *side == AppProto::Unknown {
                *side = AppProto::Failed;
            }
        }
        self.side_done = [true; 2];
    }

    fn feed_stream(&mut self, table: &ProtocolTable, input: &FirstData<'_>, out: &mut Recognition) {
        let side = input.direction.index();
        let other = self.sides[1 - side];
        let (proto, reverse) = self.look(table, input);
        if proto == AppProto::Unknown {
            self.still_unknown(table, input, out);
            return;
        }
        self.sides[side] = proto;
        self.flow = proto;
        if other != AppProto::Unknown && other != proto {
            out.events
                .insert(AppLayerEvent::MismatchProtocolBothDirections);
            // What has been parsed stands; otherwise the server is trusted.
            if self.parsing || input.direction == Direction::ToServer {
                self.flow = other;
            }
        }
        self.side_done[side] = true;
        let mut direction = input.direction;
        let mut first = input.first;
        if reverse && input.midstream == Midstream::Yes && other == AppProto::Unknown {
            self.swap();
            out.reversed = true;
            direction = direction.reverse();
            first = first.map(Direction::reverse);
        }
        if !self.parsing && first.is_some_and(|first| first != direction) {
            out.other_side_first = true;
        } else {
            self.check_first(table, direction, first, out);
        }
    }

    /// After the side that sent data first was fed: whether the other one's data may be parsed now.
    pub fn settle(
        &mut self,
        table: &ProtocolTable,
        direction: Direction,
        first: Option<Direction>,
    ) -> Recognition {
        let mut out = Recognition {
            verdict: Verdict::Unknown,
            reversed: false,
            other_side_first: false,
            events: AppLayerEvents::EMPTY,
        };
        if self.changing {
            // The first side asked for a change, but the second speaks the old protocol: nothing changed.
            self.changing = false;
            out.events.insert(AppLayerEvent::UnexpectedProtocol);
        }
        self.check_first(table, direction, first, &mut out);
        out.verdict = self.verdict();
        out
    }

    /// Some protocols have one side speak first.
    fn check_first(
        &mut self,
        table: &ProtocolTable,
        direction: Direction,
        first: Option<Direction>,
        out: &mut Recognition,
    ) {
        if self.parsing {
            return;
        }
        if let Some(must) = table.first_data(self.flow) {
            if first.is_some_and(|first| first != must) {
                out.events.insert(AppLayerEvent::WrongDirectionFirstData);
                self.give_up();
                return;
            }
            if must != direction {
                // The other side's data is on its way but not acknowledged: look again then.
                let side = direction.index();
                self.sides[side] = AppProto::Unknown;
                self.flow = self.sides[1 - side];
                self.side_done[side] = false;
                self.patterns_done[side] = false;
                self.probes_done[side] = false;
                return;
            }
        }
        self.parsing = true;
    }

    fn still_unknown(
        &mut self,
        table: &ProtocolTable,
        input: &FirstData<'_>,
        out: &mut Recognition,
    ) {
        let side = input.direction.index();
        if input.midstream == Midstream::Yes && self.tried(TO_SERVER) {
            // Half a request cannot be parsed, even if the reply is recognised.
            self.give_up();
            return;
        }
        let other = self.sides[1 - side];
        if other == AppProto::Unknown {
            if self.changing {
                if input.data.len() >= CHANGE_DEPTH || input.eof {
                    self.give_up();
                }
            } else if input.established {
                self.check_patience(input, out);
            }
            return;
        }
        let must = table.first_data(other);
        if !self.parsing && must.is_some_and(|must| must != input.direction) {
            self.give_up();
            return;
        }
        // What a side says at all may be too little for all patterns.
        if self.tried(side) || self.probes_done[side] && input.eof {
            if !input.data.is_empty() {
                self.parsing = true;
            }
            if other != AppProto::Failed && self.tried(side) {
                out.events
                    .insert(AppLayerEvent::DetectProtocolOnlyOneDirection);
            }
            self.sides[side] = AppProto::Failed;
            self.side_done[side] = true;
        }
    }

    /// Patterns and probes have had their say about a side.
    fn tried(&self, side: usize) -> bool {
        self.patterns_done[side] && self.probes_done[side]
    }

    /// Gives up when nothing is left to try, or when too much data would have to be kept.
    fn check_patience(&mut self, input: &FirstData<'_>, out: &mut Recognition) {
        let done = |side: usize| self.side_done[side] || self.tried(side);
        if done(0) && done(1) {
            self.give_up();
            return;
        }
        let much = |side: usize| input.at_hand[side] > input.patience[side];
        let too_much = |side: usize| input.at_hand[side] > input.patience[side].saturating_mul(2);
        let one_sided = |side: usize| {
            let other = 1 - side;
            let silent = input.at_hand[other] == 0;
            let hopeless = self.probes_done[other] && !self.patterns_done[other];
            self.tried(side) && much(side) && (silent || hopeless)
        };
        if (0..2).any(too_much) || (0..2).any(one_sided) {
            out.events.insert(AppLayerEvent::ProtoDetectionSkipped);
            self.give_up();
        }
    }

    fn feed_change(&mut self, table: &ProtocolTable, input: &FirstData<'_>, out: &mut Recognition) {
        let (original, expected, port) = (self.original, self.expected, self.port);
        if expected == AppProto::Websocket {
            // Frames of it are known by the upgrade alone.
            self.assume(expected);
            self.changing = false;
            return;
        }
        *self = Self {
            original,
            expected,
            port,
            changing: true,
            ..Self::default()
        };
        self.feed_stream(table, input, out);
        if self.flow == AppProto::Unknown {
            // Not enough yet: all is as before.
            self.flow = original;
            self.sides = [original; 2];
            return;
        }
        self.changing = false;
        if expected != AppProto::Unknown && self.flow != expected {
            out.events.insert(AppLayerEvent::UnexpectedProtocol);
            if expected == AppProto::Tls {
                out.events.insert(AppLayerEvent::NoTlsAfterStarttls);
            }
        }
    }

    fn feed_datagram(
        &mut self,
        table: &ProtocolTable,
        input: &FirstData<'_>,
        out: &mut Recognition,
    ) {
        let side = input.direction.index();
        if self.sides[side] != AppProto::Unknown {
            return;
        }
        let other = self.sides[1 - side];
        let (proto, reverse) = self.look(table, input);
        self.sides[side] = proto;
        self.side_done[side] = true;
        match (proto, other) {
            (AppProto::Unknown, AppProto::Unknown) => self.sides[side] = AppProto::Failed,
            (AppProto::Unknown, other) => {
                self.flow = other;
                self.sides[side] = other;
            }
            (AppProto::Failed, AppProto::Unknown) => {}
            (AppProto::Failed, other) => self.flow = other,
            (proto, AppProto::Unknown | AppProto::Failed) => self.flow = proto,
            (proto, other) => {
                if proto != other {
                    out.events
                        .insert(AppLayerEvent::MismatchProtocolBothDirections);
                }
            }
        }
        if other == AppProto::Unknown && self.flow == AppProto::Unknown {
            self.flow = AppProto::Failed;
        }
        if reverse && self.flow.is_known() {
            self.swap();
            out.reversed = true;
        }
    }

    /// Tries patterns, then probes. Returns what the data is, and whether it goes the other way.
    fn look(&mut self, table: &ProtocolTable, input: &FirstData<'_>) -> (AppProto, bool) {
        let side = input.direction.index();
        let mut found = (AppProto::Unknown, false);
        if !self.patterns_done[side] {
            found = self.look_for_patterns(table, input);
            if found.0 != AppProto::Unknown {
                let other = 1 - side;
                if self.sides[other] == AppProto::Unknown {
                    // The other side's protocol is known now: probe it for that.
                    self.probes_done[other] = false;
                }
                // DNS may look like DCE/RPC over UDP: there the probes are asked too.
                if !(input.transport == Transport::Udp && found.0 == AppProto::Dcerpc) {
                    return found;
                }
            }
        }
        if !self.probes_done[side] {
            let probed = self.probe(table, input);
            if probed.0 != AppProto::Unknown {
                // What another protocol would have meant for the direction does not count.
                return (probed.0, probed.1 || found.1 && found.0 == probed.0);
            }
        }
        found
    }

    fn look_for_patterns(
        &mut self,
        table: &ProtocolTable,
        input: &FirstData<'_>,
    ) -> (AppProto, bool) {
        let side = input.direction.index();
        let own = self.scan(table, input, input.direction);
        if own.proto != AppProto::Unknown {
            self.patterns_done[side] = true;
            return (own.proto, own.reverse);
        }
        if !table.midstream {
            self.patterns_done[side] = own.exhausted;
            return (AppProto::Unknown, false);
        }
        let reverse = self.scan(table, input, input.direction.reverse());
        self.patterns_done[side] =
            reverse.proto != AppProto::Unknown || own.exhausted && reverse.exhausted;
        (reverse.proto, reverse.reverse)
    }

    fn circumstances(&self, input: &FirstData<'_>) -> Circumstances {
        Circumstances {
            direction: input.direction,
            ports: input.ports,
            to_server: self.to_server(),
            bytes_to_server: input.bytes_to_server,
            midstream: input.midstream != Midstream::No,
        }
    }

    /// Looks for the patterns of one direction.
    fn scan(&self, table: &ProtocolTable, input: &FirstData<'_>, direction: Direction) -> Scan {
        let list = table.patterns(input.transport, direction);
        let data = input.data;
        let searched = data.get(..list.depth).unwrap_or(data);
        let circumstances = self.circumstances(input);
        let mut occurred = false;
        for (proto, pattern) in &list.patterns {
            if !pattern.occurs_in(searched) {
                continue;
            }
            occurred = true;
            if usize::from(pattern.depth) > searched.len() {
                continue;
            }
            let Some(confirm) = &pattern.confirm else {
                return Scan::found(*proto, input.direction != direction);
            };
            if usize::from(confirm.min) > data.len() {
                continue;
            }
            if let Opinion::Mine(way) = (confirm.probe)(data, &circumstances) {
                return Scan::found(*proto, way.is_some_and(|way| way != input.direction));
            }
        }
        let exhausted = if occurred {
            data.len() >= list.confirm
        } else {
            data.len() >= list.depth
        };
        Scan {
            proto: AppProto::Unknown,
            reverse: false,
            exhausted,
        }
    }

    fn probe(&mut self, table: &ProtocolTable, input: &FirstData<'_>) -> (AppProto, bool) {
        let side = input.direction.index();
        let [client, server] = input.ports;
        let server = if self.port == 0 { server } else { self.port };
        let mut any = false;
        for opposite in [false, true] {
            if opposite && !table.midstream {
                break;
            }
            // As if the data went the other way: with the ports changed over.
            let (sport, dport) = if opposite {
                (server, client)
            } else {
                (client, server)
            };
            let at_destination = table.at_port(input.transport, dport);
            let at_source = table.at_port(input.transport, sport);
            let known = self.sides[if opposite { side } else { 1 - side }];
            let by_protocol = known
                .is_known()
                .then(|| table.of_protocol(input.transport, known))
                .flatten();
            let destination = at_destination.map_or(&[][..], |probes| &probes.destination);
            let source = at_source.map_or(&[][..], |probes| &probes.source);
            if by_protocol.is_none() && destination.is_empty() && source.is_empty() {
                continue;
            }
            any = true;
            let mut ruled_out = self.ruled_out[side];
            for element in by_protocol.into_iter().chain(destination).chain(source) {
                if let Some(way) = self.ask(element, input, &mut ruled_out) {
                    self.ruled_out[side] = ruled_out;
                    return (element.proto, way.is_some_and(|way| way != input.direction));
                }
            }
            self.ruled_out[side] = ruled_out;
            if !opposite {
                let mask = at_destination.map_or(0, |probes| probes.mask)
                    | at_source.map_or(0, |probes| probes.mask);
                self.probes_done[side] = ruled_out & mask == mask;
            }
        }
        if !any {
            self.probes_done[side] = true;
        }
        (AppProto::Unknown, false)
    }

    /// Asks one probe. If it says yes, also which way such data goes.
    fn ask(
        &self,
        element: &PortElement,
        input: &FirstData<'_>,
        ruled_out: &mut u64,
    ) -> Option<Option<Direction>> {
        if input.data.len() < usize::from(element.min) || *ruled_out & bit(element.proto) != 0 {
            return None;
        }
        let probe = match input.direction {
            Direction::ToServer => element.to_server,
            Direction::ToClient => element.to_client,
        };
        let opinion = probe.map_or(Opinion::Unsure, |probe| {
            probe(input.data, &self.circumstances(input))
        });
        match opinion {
            Opinion::Mine(way) => Some(way),
            Opinion::Unsure if element.max == 0 || input.data.len() <= usize::from(element.max) => {
                None
            }
            Opinion::Unsure | Opinion::NotMine => {
                *ruled_out |= bit(element.proto);
                None
            }
        }
    }
}

/// The outcome of looking for patterns.
struct Scan {
    proto: AppProto,
    reverse: bool,
    /// More data will not change it.
    exhausted: bool,
}

impl Scan {
    fn found(proto: AppProto, reverse: bool) -> Self {
        Self {
            proto,
            reverse,
            exhausted: true,
        }
    }
}

#[cfg(test)]
mod tests;

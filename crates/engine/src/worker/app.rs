//! The application protocol of a flow: recognised, then parsed.

use tapir_detect::{Part, Recorder};
use tapir_flow::tcp::{AppCursor, Segment, Session};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{
    AppProto, FirstData, Frames, Midstream, Orders, PATIENCE, ProtocolTable, Recognition,
    Transport, Verdict,
};

use super::circumstances::Circumstances;
use super::dialogue::{Readable, Used};
use super::inspector::Inspector;
use super::{Attachment, FlowOf};

impl<R: Recorder> Inspector<R> {
    /// Looks at a datagram.
    pub(super) fn datagram(
        &mut self,
        packet: &Packet<'_>,
        direction: Direction,
        flow: &mut FlowOf,
        seen: &mut Circumstances,
    ) {
        if packet.payload().is_empty() {
            return;
        }
        let before = done(&flow.attachment);
        let mut direction = direction;
        let ports = [flow.client_port(), flow.server_port()];
        if before[direction.index()] {
            return self.parse_datagram(packet, direction, flow, seen);
        }
        let input = FirstData::new(Transport::Udp, direction, ports, packet.payload());
        let known = flow.attachment.app.flow();
        self.recorder.enter(Part::Recognise);
        let recognition = flow.attachment.app.feed(&self.settings.protocols, &input);
        self.recorder.leave();
        self.count_flow(flow.attachment.app.flow(), known, Transport::Udp);
        for event in recognition.events.iter() {
            seen.app_events.insert(event);
        }
        if recognition.reversed {
            flow.swap();
            direction = direction.reverse();
            seen.direction = Some(direction);
        }
        note_ended(&mut flow.attachment, before);
        self.parse_datagram(packet, direction, flow, seen);
    }

    fn parse_datagram(
        &mut self,
        packet: &Packet<'_>,
        direction: Direction,
        flow: &mut FlowOf,
        seen: &mut Circumstances,
    ) {
        let readable = Readable {
            direction,
            data: packet.payload(),
            eof: false,
            transport: Transport::Udp,
            ports: [flow.client_port(), flow.server_port()],
            time: packet.ts,
            hosts: [flow.client(), flow.server()],
        };
        let mut orders = self.orders();
        let attachment = &mut flow.attachment;
        let proto = attachment.app.flow();
        self.recorder.enter(Part::Parse(proto));
        let used = attachment
            .dialogue
            .feed(proto, &self.parsers, &readable, &mut orders);
        self.recorder.leave();
        if self.frames_wanted {
            let frames = attachment.frames.get_or_insert_default();
            frames.begin_datagram(direction);
            frames.note(direction, 0, orders.frames.notes());
        }
        if used.failed {
            seen.parser_failed = true;
            self.count_error(proto, Transport::Udp);
        }
        self.obey(&orders, packet, flow);
    }

    /// Reads what became readable of a stream, as far as recognition needs it.
    pub(super) fn recognise_stream(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        segment: &mut Segment<'_>,
        seen: &mut Circumstances,
    ) {
        self.recorder.enter(Part::Stream);
        let before = done(&flow.attachment);
        let directions: [Option<Direction>; 2] = {
            let mut updates = self.outcome.updates();
            [updates.next(), updates.next()]
        };
        let way = segment.dir;
        for direction in directions.into_iter().flatten() {
            let has_turned = segment.dir != way;
            let direction = if has_turned {
                direction.reverse()
            } else {
                direction
            };
            self.read(packet, flow, direction, segment, seen);
        }
        note_ended(&mut flow.attachment, before);
        self.recorder.leave();
    }

    fn read(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        mut direction: Direction,
        segment: &mut Segment<'_>,
        seen: &mut Circumstances,
    ) {
        let Some(session) = flow.tcp.as_deref() else {
            return;
        };
        let mut cursor = session.app_cursor(direction, &self.outcome);
        let mut has_changed = false;
        loop {
            let before = flow.attachment.app.flow();
            let mut orders = self.orders();
            let heard = self.hear(packet, flow, direction, &mut cursor, &mut orders);
            match heard {
                Heard::Nothing => return,
                Heard::Gap { followed } => {
                    if !followed {
                        self.count_gap_error(before);
                    }
                    self.obey(&orders, packet, flow);
                }
                Heard::Parsed(used) => {
                    if used.failed {
                        seen.parser_failed = true;
                        self.count_error(before, Transport::Tcp);
                    }
                    if has_changed {
                        refuse_change(flow, &mut orders);
                    }
                    self.obey(&orders, packet, flow);
                    if orders.change.is_some() {
                        self.close_dialogue(packet, flow);
                    }
                    if used.bytes == 0 {
                        return;
                    }
                }
                Heard::Recognised(looked) => {
                    self.count_flow(flow.attachment.app.flow(), before, Transport::Tcp);
                    note_events(looked.recognition, seen);
                    if looked.recognition.reversed {
                        turn(flow, segment, seen);
                        direction = direction.reverse();
                        if let Some(session) = flow.tcp.as_deref() {
                            cursor = session.app_cursor(direction, &self.outcome);
                        }
                    }
                    has_changed |= looked.was_changing && !flow.attachment.app.is_changing();
                    self.recognised(packet, flow, (direction, &looked), segment, seen);
                    if !conclude(flow, &cursor, direction, looked.len) {
                        return;
                    }
                    if let Some(session) = flow.tcp.as_deref() {
                        cursor = session.app_cursor(direction, &self.outcome);
                    }
                }
            }
        }
    }

    /// Takes the next piece of a stream: to the parser if the protocol is known, else to those who recognise it.
    fn hear(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        direction: Direction,
        cursor: &mut AppCursor,
        orders: &mut Orders,
    ) -> Heard {
        let app = &flow.attachment.app;
        let is_known = app.is_done(direction) && !app.is_changing();
        let before = app.flow();
        let was_changing = app.is_changing();
        // Most pieces come when the protocol is known, and nobody asks how it all began.
        let beginning = (!is_known).then(|| Beginning::of(flow, self.settings.stream.depth));
        let ports = [flow.client_port(), flow.server_port()];
        let hosts = [flow.client(), flow.server()];
        let attachment = &mut flow.attachment;
        let Some(session) = flow.tcp.as_deref_mut() else {
            return Heard::Nothing;
        };
        let at = session.stream(direction).app_progress();
        let Some(chunk) = session.app_next(cursor, &mut self.outcome) else {
            return Heard::Nothing;
        };
        let (gap, eof) = (chunk.gap, chunk.is_eof || chunk.is_depth);
        if gap > 0 {
            let hopeless = !is_known && attachment.app.gap(direction) == Verdict::Failed;
            let followed = attachment.dialogue.gap(direction, gap, orders);
            if hopeless || !followed {
                session.disable_app();
            }
            session.app_consume(cursor, gap);
            if let Some(frames) = &mut attachment.frames {
                frames.note(direction, at, orders.frames.notes());
            }
            return Heard::Gap { followed };
        }
        if let Some(beginning) = beginning {
            let input = beginning.input(direction, chunk.data, eof);
            self.recorder.enter(Part::Recognise);
            let recognition = attachment.app.feed(&self.settings.protocols, &input);
            self.recorder.leave();
            return Heard::Recognised(Box::new(Looked {
                recognition,
                len: chunk.data.len() as u64,
                before,
                was_changing,
                beginning,
            }));
        }
        attachment.app_read = true;
        attachment.app_updated[direction.index()] = true;
        let readable = Readable {
            direction,
            data: chunk.data,
            eof,
            transport: Transport::Tcp,
            ports,
            time: packet.ts,
            hosts,
        };
        let parsers = &self.parsers;
        self.recorder.enter(Part::Parse(before));
        let used = attachment.dialogue.feed(before, parsers, &readable, orders);
        self.recorder.leave();
        consume(session, cursor, direction, used);
        if self.frames_wanted && attachment.dialogue.state().is_some() {
            let frames = attachment.frames.get_or_insert_default();
            frames.begin_stream(direction, at);
            frames.note(direction, at, orders.frames.notes());
        }
        Heard::Parsed(used)
    }

    /// Recognition has looked at a piece: the other side may have to be read first, and what was said in another
    /// protocol is closed.
    fn recognised(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        (direction, looked): (Direction, &Looked),
        segment: &mut Segment<'_>,
        seen: &mut Circumstances,
    ) {
        let other_side_first = looked.recognition.other_side_first;
        if other_side_first {
            note_ended(&mut flow.attachment, [false; 2]);
            settle_other_side(
                flow,
                direction,
                &looked.beginning,
                &self.settings.protocols,
                seen,
            );
        }
        // The same protocol begins anew, too.
        let has_changed = looked.was_changing && !flow.attachment.app.is_changing();
        if (has_changed || flow.attachment.app.flow() != looked.before)
            && let Some(mut left) = flow.attachment.dialogue.change()
        {
            self.finish_transactions(&mut left, packet, flow, seen, true);
        }
        if other_side_first {
            self.read(packet, flow, direction.reverse(), segment, seen);
        }
    }
}

/// What became of a piece of a stream.
enum Heard {
    /// There was none.
    Nothing,
    /// Bytes were lost; the parser goes on behind them, or cannot.
    Gap { followed: bool },
    /// The parser got it.
    Parsed(Used),
    /// Recognition looked at it.
    Recognised(Box<Looked>),
}

/// A piece of a stream that recognition looked at.
struct Looked {
    recognition: Recognition,
    /// Its length.
    len: u64,
    /// The protocol that the flow was taken for before.
    before: AppProto,
    /// A change of protocol had been announced.
    was_changing: bool,
    beginning: Beginning,
}

fn note_events(recognition: Recognition, seen: &mut Circumstances) {
    for event in recognition.events.iter() {
        seen.app_events.insert(event);
    }
}

/// A protocol that has only just followed another cannot make room for a third.
fn refuse_change(flow: &mut FlowOf, orders: &mut Orders) {
    if orders.change.take().is_some()
        && let Some(state) = flow.attachment.dialogue.state_mut()
    {
        state.change_refused();
    }
}

/// Notes what the parser has used of a stream.
fn consume(session: &mut Session, cursor: &AppCursor, direction: Direction, used: Used) {
    session.app_consume(cursor, used.bytes as u64);
    if used.needed > 0 {
        session.app_require(direction, u32::try_from(used.needed).unwrap_or(u32::MAX));
    }
    if used.failed {
        session.disable_app();
    }
}

impl<R: Recorder> Inspector<R> {
    /// What a parser may ask for, before it does.
    fn orders(&self) -> Orders {
        Orders {
            frames: Frames::new(self.frames_wanted),
            ..Orders::default()
        }
    }

    fn count_error(&mut self, proto: AppProto, transport: Transport) {
        self.own
            .protocols
            .entry((proto, transport))
            .or_default()
            .parser_errors += 1;
    }

    fn count_gap_error(&mut self, proto: AppProto) {
        let key = (proto, Transport::Tcp);
        self.own.protocols.entry(key).or_default().gap_errors += 1;
    }

    /// Counts a flow under the protocol that it was just found to speak.
    pub(super) fn count_flow(&mut self, proto: AppProto, before: AppProto, transport: Transport) {
        if proto != before && proto != AppProto::Unknown {
            self.own
                .protocols
                .entry((proto, transport))
                .or_default()
                .flows += 1;
        }
    }
}

/// Which sides' recognition has ended.
fn done(attachment: &Attachment) -> [bool; 2] {
    [
        attachment.app.is_done(Direction::ToServer),
        attachment.app.is_done(Direction::ToClient),
    ]
}

fn note_ended(attachment: &mut Attachment, before: [bool; 2]) {
    let now = done(attachment);
    for side in 0..2 {
        attachment.app_ended[side] |= now[side] && !before[side];
    }
}

/// The server was taken for the client.
fn turn(flow: &mut FlowOf, segment: &mut Segment<'_>, seen: &mut Circumstances) {
    flow.swap();
    if let Some(session) = flow.tcp.as_deref_mut() {
        session.swap();
    }
    segment.dir = segment.dir.reverse();
    seen.direction = Some(segment.dir);
}

/// Does what a recognition brings: the stream's beginning may go. False when more data is to be waited for.
fn conclude(flow: &mut FlowOf, cursor: &AppCursor, direction: Direction, len: u64) -> bool {
    let ended = done(&flow.attachment);
    let failed = flow.attachment.app.flow() == tapir_protocols::AppProto::Failed;
    let Some(session) = flow.tcp.as_deref_mut() else {
        return false;
    };
    for side in [Direction::ToServer, Direction::ToClient] {
        if ended[side.index()] {
            session.set_recognised(side);
        }
    }
    if failed {
        session.disable_app();
    }
    if ended[direction.index()] {
        flow.attachment.app.parsed();
        // What was recognised is read again, by the parser.
        let parsed = !failed && flow.attachment.app.flow().has_parser();
        if !parsed {
            session.app_consume(cursor, len);
        }
        return len > 0;
    }
    false
}

/// The side that spoke first was not looked at yet.
fn settle_other_side(
    flow: &mut FlowOf,
    direction: Direction,
    circumstances: &Beginning,
    table: &ProtocolTable,
    seen: &mut Circumstances,
) {
    let other = direction.reverse();
    if let Some(session) = flow.tcp.as_deref() {
        // What another protocol consumed may still be kept, to compare what comes again with it.
        let is_untouched = session.stream(other).app_progress() == 0;
        let data = session
            .acked_blocks(other)
            .find(|block| block.offset == 0 && is_untouched)
            .map_or(&[][..], |block| block.data);
        let input = circumstances.input(other, data, false);
        let looked = flow.attachment.app.feed(table, &input);
        for event in looked.events.iter() {
            seen.app_events.insert(event);
        }
    }
    let settled = flow
        .attachment
        .app
        .settle(table, direction, circumstances.first);
    for event in settled.events.iter() {
        seen.app_events.insert(event);
    }
}

/// What recognition may know of a TCP flow.
struct Beginning {
    ports: [u16; 2],
    midstream: Midstream,
    established: bool,
    first: Option<Direction>,
    bytes_to_server: u64,
    at_hand: [u32; 2],
    patience: [u32; 2],
}

impl Beginning {
    fn of(flow: &FlowOf, depth: u32) -> Self {
        let both = |of: fn(&Session, Direction) -> u32| {
            flow.tcp.as_deref().map_or([0; 2], |session| {
                [
                    of(session, Direction::ToServer),
                    of(session, Direction::ToClient),
                ]
            })
        };
        let windows = both(|session, direction| session.stream(direction).window());
        let depth = if depth == 0 { u32::MAX } else { depth };
        Self {
            ports: [flow.client_port(), flow.server_port()],
            midstream: match &flow.tcp {
                Some(session) if session.is_midstream() => Midstream::Yes,
                _ => Midstream::No,
            },
            established: flow
                .tcp
                .as_ref()
                .is_some_and(|session| session.is_established()),
            first: flow.tcp.as_ref().and_then(|session| session.first_data()),
            bytes_to_server: flow.counts(Direction::ToServer).bytes,
            at_hand: both(|session, direction| {
                session.stream(direction).available_for_recognition()
            }),
            patience: windows.map(|window| PATIENCE.max(window.min(depth))),
        }
    }

    fn input<'d>(&self, direction: Direction, data: &'d [u8], eof: bool) -> FirstData<'d> {
        FirstData {
            transport: Transport::Tcp,
            direction,
            ports: self.ports,
            data,
            eof,
            midstream: self.midstream,
            established: self.established,
            first: self.first,
            bytes_to_server: self.bytes_to_server,
            at_hand: self.at_hand,
            patience: self.patience,
        }
    }
}

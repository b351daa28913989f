//! The frames of a flow: what its parser has told of, until rules and records are done with it.

use std::collections::VecDeque;

use smallvec::SmallVec;
use tapir_detect::{FrameView, Recorder, RuleId};
use tapir_flow::tcp::{RawWindow, Session};
use tapir_json::Json;
use tapir_output::{Body, Event, Needs};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{FrameNote, STREAM_FRAME};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::inspector::Inspector;
use crate::finding::Discovery;

/// More frames of a direction than this are not kept: the oldest go.
const MAX_FRAMES: usize = 256;

/// So much of a frame is enough for its record, whether it is whole or not.
const LOGGED_FROM: u64 = 2500;

/// Bytes of a frame that records show.
const SHOWN: usize = 4096;

const EVENT_TYPE: &str = "frame";

/// A frame that is not done with. Offsets are those of the stream, or of the datagram.
#[derive(Debug)]
struct Frame {
    id: u64,
    kind: u8,
    start: u64,
    end: Option<u64>,
    transaction: Option<u64>,
    /// Up to where it was inspected.
    inspected: u64,
    /// It was inspected to its end.
    settled: bool,
    logged: bool,
}

/// The frames of one direction.
#[derive(Debug, Default)]
struct Side {
    /// How many there have been.
    count: u64,
    frames: VecDeque<Frame>,
    /// Rules that have matched frames.
    matched: Vec<(u64, RuleId)>,
}

/// The frames of a flow.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    sides: [Side; 2],
}

/// Bytes of a direction, from the first that is still there on: runs with gaps between them.
pub(super) type Runs<'r> = SmallVec<[RawWindow<'r>; 2]>;

impl Side {
    fn begin(&mut self, kind: u8, start: u64, len: Option<u64>, transaction: Option<u64>) {
        let end = len.map(|len| start.saturating_add(len));
        let mut known = self.frames.iter_mut().rev();
        if let Some(frame) = known.find(|frame| frame.kind == kind && frame.start == start) {
            frame.end = frame.end.or(end);
            frame.transaction = frame.transaction.or(transaction);
            return;
        }
        self.count += 1;
        self.frames.push_back(Frame {
            id: self.count,
            kind,
            start,
            end,
            transaction,
            inspected: start,
            settled: false,
            logged: false,
        });
        if self.frames.len() > MAX_FRAMES {
            self.frames.pop_front();
        }
    }

    fn close(&mut self, kind: u8, end: u64) {
        let mut known = self.frames.iter_mut().rev();
        if let Some(frame) = known.find(|frame| frame.kind == kind && frame.end.is_none()) {
            frame.end = Some(end.max(frame.start));
        }
    }
}

impl Frames {
    /// Takes what a parser said of input that begins at the offset `at`.
    pub(super) fn note(&mut self, direction: Direction, at: u64, notes: &[FrameNote]) {
        let side = &mut self.sides[direction.index()];
        for note in notes {
            match *note {
                FrameNote::Begin {
                    kind,
                    from,
                    len,
                    tx,
                } => side.begin(kind, at.saturating_add(from as u64), len, tx),
                FrameNote::End { kind, at: end } => {
                    side.close(kind, at.saturating_add(end as u64));
                }
            }
        }
    }

    /// The stream of a direction is read from the offset `at` on: it is a frame itself.
    pub(super) fn begin_stream(&mut self, direction: Direction, at: u64) {
        let side = &mut self.sides[direction.index()];
        if side.count == 0 {
            side.begin(STREAM_FRAME, at, None, None);
        }
    }

    /// Another datagram comes.
    pub(super) fn begin_datagram(&mut self, direction: Direction) {
        let side = &mut self.sides[direction.index()];
        side.frames.clear();
        side.matched.clear();
    }

    /// What is to be inspected of the frames of a direction. `last`: nothing will follow.
    pub(super) fn views<'r>(
        &self,
        direction: Direction,
        runs: &Runs<'r>,
        last: bool,
    ) -> SmallVec<[FrameView<'r>; 4]> {
        let mut views = SmallVec::new();
        for frame in &self.sides[direction.index()].frames {
            if frame.settled {
                continue;
            }
            for part in parts(frame, runs) {
                let end = part.offset + part.data.len() as u64;
                let is_end = frame.end == Some(end) || last && frame.end.is_none();
                if end > frame.inspected || is_end {
                    views.push(FrameView {
                        id: frame.id,
                        kind: frame.kind,
                        transaction: frame.transaction,
                        data: part.data,
                        offset: part.offset - frame.start,
                        end: is_end,
                    });
                }
            }
        }
        views
    }

    /// The rules that have matched frames of a direction.
    pub(super) fn matched(&mut self, direction: Direction) -> &mut Vec<(u64, RuleId)> {
        &mut self.sides[direction.index()].matched
    }

    /// Whether something is to be inspected or told of a direction.
    pub(super) fn has_open(&self, direction: Direction) -> bool {
        !self.sides[direction.index()].frames.is_empty()
    }

    /// Writes the members of a frame's record.
    pub(super) fn describe(
        &self,
        json: &mut Json<'_>,
        flow: &FlowOf,
        direction: Direction,
        id: u64,
        runs: &Runs<'_>,
    ) {
        let frames = &self.sides[direction.index()].frames;
        let proto = flow.attachment.app.flow();
        if let Some(frame) = frames.iter().find(|frame| frame.id == id)
            && let Some(name) = proto.frame_name(frame.kind)
        {
            describe(json, frame, name, direction, flow.tcp.is_some(), runs);
        }
    }
}

/// What has come of a frame.
fn parts<'r>(frame: &Frame, runs: &Runs<'r>) -> impl Iterator<Item = RawWindow<'r>> {
    let (start, stop) = (frame.start, frame.end.unwrap_or(u64::MAX));
    runs.clone().into_iter().filter_map(move |run| {
        let end = run.offset + run.data.len() as u64;
        let (from, to) = (run.offset.max(start), end.min(stop));
        if from >= to {
            return None;
        }
        let data = run
            .data
            .get((from - run.offset) as usize..(to - run.offset) as usize)?;
        Some(RawWindow { offset: from, data })
    })
}

fn describe(
    json: &mut Json<'_>,
    frame: &Frame,
    name: &str,
    direction: Direction,
    in_stream: bool,
    runs: &Runs<'_>,
) {
    json.open_object("frame");
    json.text("type", name);
    json.uint("id", frame.id);
    json.word(
        "direction",
        match direction {
            Direction::ToServer => "toserver",
            Direction::ToClient => "toclient",
        },
    );
    if in_stream {
        json.uint("stream_offset", frame.start);
    }
    let mut shown = Vec::new();
    let mut at = frame.start;
    for part in parts(frame, runs) {
        if part.offset > at && at > frame.start {
            shown.extend_from_slice(format!("[{} bytes missing]", part.offset - at).as_bytes());
        }
        at = part.offset + part.data.len() as u64;
        let room = SHOWN.saturating_sub(shown.len());
        shown.extend_from_slice(part.data.get(..room).unwrap_or(part.data));
    }
    let length = frame.end.unwrap_or(at).saturating_sub(frame.start);
    json.uint("length", length);
    json.bool("complete", frame.end == Some(at) && length <= SHOWN as u64);
    json.base64("payload", &shown);
    json.printable("payload_printable", &shown);
    if let Some(tx) = frame.transaction {
        json.uint("tx_id", tx);
    }
    json.close_object();
}

/// Whether some output writes records of frames.
pub(super) fn logs_frames(needs: &Needs) -> bool {
    needs.app.iter().any(|wanted| wanted == EVENT_TYPE)
}

/// The bytes of a direction in which frames lie.
pub(super) fn runs<'r>(
    packet: &Packet<'r>,
    session: Option<&'r Session>,
    direction: Direction,
    last: bool,
) -> Runs<'r> {
    match session {
        Some(session) => session.kept_blocks(direction, last).collect(),
        None => SmallVec::from_iter([RawWindow {
            offset: 0,
            data: packet.payload(),
        }]),
    }
}

impl<R: Recorder> Inspector<R> {
    /// The rules have seen the frames of the packet's direction: records of those that are due are written, and what is
    /// done with is let go.
    pub(super) fn settle_frames(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        seen: &Circumstances,
    ) {
        let (Some(mut frames), Some(direction)) = (flow.attachment.frames.take(), seen.direction)
        else {
            return;
        };
        let last = seen.is_stream_end();
        let logs = logs_frames(&self.needs);
        let read = match flow.tcp.as_deref() {
            Some(session) => session.stream(direction).app_progress(),
            None => u64::MAX,
        };
        let runs = runs(packet, flow.tcp.as_deref(), direction, last);
        let there = runs
            .last()
            .map_or(0, |run| run.offset + run.data.len() as u64);
        let mut records = Vec::new();
        let proto = flow.attachment.app.flow();
        let side = &mut frames.sides[direction.index()];
        for frame in &mut side.frames {
            frame.inspected = frame.inspected.max(there);
            frame.settled |= frame.end.is_some_and(|end| end <= there) || last;
            let is_due = last
                || frame.end.is_none_or(|end| {
                    end <= read || read.saturating_sub(frame.start) >= LOGGED_FROM
                });
            if logs && is_due && !frame.logged {
                frame.logged = true;
                if let Some(name) = proto.frame_name(frame.kind) {
                    let mut bytes = Vec::new();
                    let mut json = Json::begin(&mut bytes);
                    json.word("app_proto", proto.event_name());
                    describe(&mut json, frame, name, direction, flow.tcp.is_some(), &runs);
                    bytes.drain(..1);
                    records.push(bytes);
                }
            }
        }
        let is_done = |frame: &Frame| frame.settled && (frame.logged || !logs);
        side.frames
            .retain(|frame| !is_done(frame) || frame.end.is_some_and(|end| end > read));
        let oldest = side.frames.front().map_or(u64::MAX, |frame| frame.id);
        side.matched.retain(|(id, _)| *id >= oldest);
        for json in records {
            let envelope =
                self.enveloper()
                    .of_packet(packet, self.number(), seen.direction, Some(flow));
            let event = Event {
                packet: self.number(),
                order: self.order(),
                ts: packet.ts,
                envelope,
                body: Body::App {
                    log: EVENT_TYPE,
                    event_type: EVENT_TYPE,
                    variant: None,
                    json: json.into(),
                },
            };
            self.find(Discovery::Event(Box::new(event)));
        }
        drop(runs);
        flow.attachment.frames = Some(frames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_packet::Direction::{ToClient, ToServer};

    fn begin(kind: u8, from: usize, len: Option<u64>) -> FrameNote {
        FrameNote::Begin {
            kind,
            from,
            len,
            tx: None,
        }
    }

    fn runs_of(data: &'static [u8]) -> Runs<'static> {
        SmallVec::from_iter([RawWindow { offset: 0, data }])
    }

    #[test]
    fn what_is_said_twice_counts_once_and_ends_are_found() {
        let mut frames = Frames::default();
        frames.begin_stream(ToServer, 0);
        frames.begin_stream(ToServer, 5);
        frames.note(ToServer, 0, &[begin(0, 0, None), begin(1, 0, Some(2))]);
        frames.note(ToServer, 0, &[begin(1, 0, Some(2))]);
        frames.note(ToServer, 4, &[FrameNote::End { kind: 0, at: 2 }]);
        let views = frames.views(ToServer, &runs_of(b"abcdefgh"), false);
        let shown: Vec<_> = views
            .iter()
            .map(|view| (view.id, view.kind, view.data, view.end))
            .collect();
        let expected: [(u64, u8, &[u8], bool); 3] = [
            (1, STREAM_FRAME, b"abcdefgh", false),
            (2, 0, b"abcdef", true),
            (3, 1, b"ab", true),
        ];
        assert_eq!(shown, expected);
        assert!(!frames.has_open(ToClient));
    }

    #[test]
    fn gaps_part_a_frame() {
        let mut frames = Frames::default();
        frames.note(ToServer, 2, &[begin(0, 0, Some(8))]);
        let runs: Runs<'_> = SmallVec::from_iter([
            RawWindow {
                offset: 0,
                data: b"abcd",
            },
            RawWindow {
                offset: 8,
                data: b"ijkl",
            },
        ]);
        let views = frames.views(ToServer, &runs, false);
        let shown: Vec<_> = views
            .iter()
            .map(|view| (view.offset, view.data, view.end))
            .collect();
        assert_eq!(shown, [(0, &b"cd"[..], false), (6, &b"ij"[..], true)]);
    }

    #[test]
    fn no_more_are_kept_than_is_said() {
        let mut frames = Frames::default();
        for at in 0..2000 {
            frames.note(ToClient, at, &[begin(0, 0, None)]);
        }
        assert_eq!(frames.sides[1].frames.len(), MAX_FRAMES);
        assert_eq!(frames.sides[1].count, 2000);
    }
}

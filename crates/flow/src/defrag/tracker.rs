//! One datagram under way.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use tapir_packet::Fragment;

use super::policy::{DefragPolicy, Span, Then};

/// Fragments of one datagram held at once: the most that 64 KiB can be cut into without overlaps.
const MAX_PIECES: usize = 8192;

/// What precedes the data of a datagram, from a fragment with offset 0.
#[derive(Debug)]
struct Head {
    header: Vec<u8>,
    protocol: u8,
    protocol_at: u16,
}

/// A fragment held, after trimming on arrival.
#[derive(Debug)]
struct Piece {
    data: Vec<u8>,
    /// Bytes at the beginning that a later fragment replaces.
    trim: u32,
    more: bool,
    head: Option<Box<Head>>,
}

/// By place, and at one place by arrival.
type Place = (u32, u32);

fn span((start, _): Place, piece: &Piece) -> Span {
    Span {
        start,
        trim: piece.trim,
        end: start + piece.data.len() as u32,
    }
}

/// What became of a fragment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Admission {
    pub held: bool,
    /// It shares bytes with one held.
    pub overlap: bool,
    /// It would have been held, had there been room.
    pub no_room: bool,
}

#[derive(Debug)]
pub(super) struct Tracker {
    policy: DefragPolicy,
    pieces: BTreeMap<Place, Piece>,
    arrivals: u32,
    seen_last: bool,
    /// The longest piece ever held: how far left of a place one that reaches it can begin.
    longest: u32,
    /// Everything before this offset is there.
    covered: u32,
    bytes: u64,
}

impl Tracker {
    pub(super) fn new(policy: DefragPolicy) -> Self {
        Self {
            policy,
            pieces: BTreeMap::new(),
            arrivals: 0,
            seen_last: false,
            longest: 0,
            covered: 0,
            bytes: 0,
        }
    }

    /// Fragments held.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Bytes taken.
    pub(super) fn memory(&self) -> u64 {
        self.bytes
            + size_of::<Self>() as u64
            + (self.pieces.len() * size_of::<(Place, Piece)>()) as u64
    }

    /// Bytes that holding a fragment would take.
    pub(super) fn cost(fragment: &Fragment<'_>) -> u64 {
        (fragment.data.len() + fragment.header.len() + size_of::<(Place, Piece)>()) as u64
    }

    fn after(&self, place: Place) -> Option<(Place, Span)> {
        let (&place, piece) = self.pieces.range((Excluded(place), Unbounded)).next()?;
        Some((place, span(place, piece)))
    }

    /// The first fragment held that matters to one at `start`.
    fn neighbour(&self, start: u32) -> Option<Place> {
        let at_or_right = self
            .pieces
            .range((start, 0)..)
            .next()
            .map(|(place, _)| *place);
        match at_or_right {
            Some(right) if start > 0 => {
                let left = self.pieces.range(..right).next_back();
                Some(left.map_or(right, |(place, _)| *place))
            }
            _ => {
                let reach = start.saturating_sub(self.longest);
                self.pieces
                    .range((reach, 0)..)
                    .next()
                    .map(|(place, _)| *place)
            }
        }
    }

    /// Takes a fragment, if `room` is left for it.
    pub(super) fn insert(&mut self, fragment: &Fragment<'_>, room: bool) -> Admission {
        let start = u32::from(fragment.offset);
        let end = start + fragment.data.len() as u32;
        let mut admission = Admission::default();
        let Some(trim) = self.resolve(start, end, &mut admission.overlap) else {
            return admission;
        };
        let Some(data) = fragment
            .data
            .get(trim as usize..)
            .filter(|data| !data.is_empty())
        else {
            return admission;
        };
        if !room || self.pieces.len() >= MAX_PIECES {
            admission.no_room = true;
            return admission;
        }
        let start = start + trim;
        let head = (start == 0).then(|| {
            self.bytes += fragment.header.len() as u64;
            Box::new(Head {
                header: fragment.header.to_vec(),
                protocol: fragment.proto,
                protocol_at: fragment.proto_at,
            })
        });
        self.bytes += data.len() as u64;
        self.longest = self.longest.max(data.len() as u32);
        let place = (start, self.arrivals);
        self.arrivals += 1;
        self.seen_last |= !fragment.more;
        self.pieces.insert(
            place,
            Piece {
                data: data.to_vec(),
                trim: 0,
                more: fragment.more,
                head,
            },
        );
        if start <= self.covered {
            self.extend(end);
        }
        admission.held = true;
        admission
    }

    /// Settles a new fragment with those held. Returns how much of its beginning is given up; nothing if all of it.
    fn resolve(&mut self, start: u32, end: u32, overlap: &mut bool) -> Option<u32> {
        let mut trim = 0;
        let mut at = self.neighbour(start);
        while let Some(place) = at {
            let held = span(place, self.pieces.get(&place)?);
            if held.start >= end
                && matches!(
                    self.policy,
                    DefragPolicy::Linux | DefragPolicy::Windows | DefragPolicy::BsdRight
                )
            {
                break;
            }
            let next = self.after(place);
            *overlap |= start < held.end && held.start < end;
            let ruling = self
                .policy
                .judge(start, end, &mut trim, held, next.map(|(_, span)| span));
            if let (Some(trim), Some((next, _))) = (ruling.trim_next, next)
                && let Some(piece) = self.pieces.get_mut(&next)
            {
                piece.trim = trim;
            }
            if let (Some(trim), Some(piece)) = (ruling.trim_held, self.pieces.get_mut(&place)) {
                piece.trim = trim;
            }
            match ruling.then {
                Then::GoOn => at = next.map(|(place, _)| place),
                Then::Discard => return None,
                Then::Keep => {
                    let trimmed_away = self
                        .pieces
                        .get(&place)
                        .is_some_and(|piece| piece.trim as usize >= piece.data.len());
                    if ruling.remove_held || trimmed_away {
                        self.remove(place);
                    }
                    break;
                }
            }
        }
        Some(trim)
    }

    fn remove(&mut self, place: Place) {
        if let Some(piece) = self.pieces.remove(&place) {
            self.bytes -=
                (piece.data.len() + piece.head.map_or(0, |head| head.header.len())) as u64;
            // Bytes that counted as there may have gone with it.
            self.covered = 0;
            self.extend(0);
        }
    }

    /// Everything before `end` is there too: finds how far that reaches now.
    fn extend(&mut self, end: u32) {
        let before = self.covered;
        self.covered = before.max(end);
        let from = if before == 0 {
            (0, 0)
        } else {
            (before, u32::MAX)
        };
        for (&place, piece) in self.pieces.range(from..) {
            if place.0 > self.covered {
                break;
            }
            self.covered = self.covered.max(span(place, piece).end);
        }
    }

    /// Whether the last fragment has come and no byte is missing.
    pub(super) fn is_complete(&self) -> bool {
        let Some((&(start, _), _)) = self.pieces.last_key_value() else {
            return false;
        };
        self.seen_last
            && start <= self.covered
            && self
                .pieces
                .first_key_value()
                .is_some_and(|(place, _)| place.0 == 0)
    }

    /// The datagram, or nothing if it would be larger than its header can say.
    pub(super) fn assemble(&self, v4: bool) -> Option<Vec<u8>> {
        let mut head: Option<&Head> = None;
        let mut data: Vec<u8> = Vec::with_capacity(self.covered as usize);
        let mut previous: Option<(u32, bool)> = None;
        for (&(start, _), piece) in &self.pieces {
            // Behind the end of the datagram only what stands at the place of its last fragment counts.
            if previous.is_some_and(|(place, more)| !more && start > place) {
                break;
            }
            if piece.trim as usize >= piece.data.len() {
                continue;
            }
            if let Some(own) = &piece.head {
                // The datagram is taken to begin anew: its length is this fragment's until others prolong it.
                head = Some(own);
                data.truncate(piece.data.len());
            }
            let trim = if piece.head.is_some() {
                0
            } else {
                piece.trim as usize
            };
            let (from, end) = (start as usize + trim, start as usize + piece.data.len());
            if data.len() < end {
                data.resize(end, 0);
            }
            data.get_mut(from..end)?
                .copy_from_slice(piece.data.get(trim..)?);
            previous = Some((start, piece.more));
        }
        with_header(head?, &data, v4)
    }
}

/// Puts the header before the data and makes it say what it now heads.
fn with_header(head: &Head, data: &[u8], v4: bool) -> Option<Vec<u8>> {
    let mut datagram = Vec::with_capacity(head.header.len() + data.len());
    datagram.extend_from_slice(&head.header);
    datagram.extend_from_slice(data);
    if v4 {
        let header: &mut [u8; 20] = datagram.first_chunk_mut()?;
        let len = u16::try_from(head.header.len() + data.len())
            .ok()?
            .to_be_bytes();
        let old = [header[2], header[3], header[6], header[7]];
        let sum = adjusted_checksum([header[10], header[11]], old, [len[0], len[1], 0, 0]);
        header[2..4].copy_from_slice(&len);
        header[6..8].copy_from_slice(&[0, 0]);
        header[10..12].copy_from_slice(&sum);
    } else {
        const FIXED: usize = 40;
        let len = u16::try_from(head.header.len().checked_sub(FIXED)? + data.len()).ok()?;
        datagram.get_mut(4..6)?.copy_from_slice(&len.to_be_bytes());
        *datagram.get_mut(usize::from(head.protocol_at))? = head.protocol;
    }
    Some(datagram)
}

/// The checksum after a change of two words (RFC 1624, equation 3): a wrong one stays wrong.
fn adjusted_checksum(sum: [u8; 2], old: [u8; 4], new: [u8; 4]) -> [u8; 2] {
    let word = |a, b| u32::from(u16::from_be_bytes([a, b]));
    let inverse = |word: u32| !word & 0xffff;
    let mut total = inverse(word(sum[0], sum[1]));
    for (before, after) in old.chunks_exact(2).zip(new.chunks_exact(2)) {
        total += inverse(word(before[0], before[1])) + word(after[0], after[1]);
    }
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    (!(total as u16)).to_be_bytes()
}

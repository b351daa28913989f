//! Replaying captures: batches in, findings of all workers merged and written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapir_capture::{Batch, CaptureError, CaptureFile, Filter};
use tapir_packet::{Decoder, LinkType};

use crate::crew::Pick;
use crate::engine::Engine;
use crate::offload::OffloadSampler;
use crate::worker::Origin;

/// Frames of a batch. Batches are cut by number alone, so that flows expire at the same packets in every run.
const BATCH: usize = 512;

/// Which packets of which captures to replay.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// The captures, in order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// Keep flows and state from one capture to the next.
    pub continuous: bool,
    /// BPF expression.
    pub filter: Option<String>,
    /// Stop after so many packets, all captures together.
    pub count: Option<u64>,
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Captures done.
    pub files: usize,
    /// Bytes used of the current one.
    pub position: u64,
    /// Its length, where that is known.
    pub length: Option<u64>,
    /// Packets so far, all captures together.
    pub packets: u64,
}

/// What happened to a capture that could not be read, or not to its end.
#[derive(Debug)]
pub enum Trouble {
    /// It gave no packets.
    Unreadable(CaptureError),
    /// It was read up to some point.
    Cut(String),
}

/// Where the packets of a replay go.
pub(crate) trait Inspection {
    /// Whether to end early.
    fn is_stopping(&self) -> bool;
    /// A new input begins, with fresh flows and hosts.
    fn begin(&mut self, origin: Origin);
    /// The input is over at this packet.
    fn end(&mut self, last: u64);
    /// An empty batch to fill.
    fn spare_batch(&mut self) -> Batch;
    /// Takes back a batch that is not needed.
    fn return_batch(&mut self, batch: Batch);
    /// Has a batch inspected: these frames of it, and how far it goes.
    fn inspect(&mut self, batch: Batch, picks: Vec<Pick>, unverified_from: u64, last: u64);
    /// A batch was handed over.
    fn between_batches(&mut self) {}
    /// Waits until everything handed over is done.
    fn drain(&mut self) {}
    /// A decoder to look at checksums with, where offloading is to be recognised.
    fn sampling_decoder(&self) -> Option<Decoder>;
}

impl Engine {
    /// Replays captures. What is wrong with one is told to `trouble`, and the others go on.
    ///
    /// # Errors
    /// When the filter is wrong.
    pub fn replay(
        &mut self,
        replay: &Replay,
        progress: impl FnMut(Progress),
        trouble: impl FnMut(&Path, Trouble),
    ) -> Result<(), CaptureError> {
        run(self, replay, progress, trouble)
    }
}

/// Replays captures into an inspection.
pub(crate) fn run(
    into: &mut impl Inspection,
    replay: &Replay,
    mut progress: impl FnMut(Progress),
    mut trouble: impl FnMut(&Path, Trouble),
) -> Result<(), CaptureError> {
    if let Some(expression) = &replay.filter {
        Filter::compile(expression, LinkType::ETHERNET)?;
    }
    let mut now = Progress::default();
    let mut number = 0;
    for (i, path) in replay.files.iter().enumerate() {
        if into.is_stopping() || replay.count.is_some_and(|most| now.packets >= most) {
            break;
        }
        now.files = i;
        let capture = match CaptureFile::open(path) {
            Ok(capture) => capture,
            Err(error) => {
                trouble(path, Trouble::Unreadable(error));
                continue;
            }
        };
        if i == 0 || !replay.continuous {
            number = 0;
            into.begin(Origin {
                interface: None,
                file: Some(Arc::from(path.display().to_string())),
            });
        }
        let mut feed = Feed {
            capture,
            replay,
            filter: None,
            number,
            sampler: OffloadSampler::default(),
        };
        if let Some(cut) = feed.run(into, &mut now, &mut progress)? {
            trouble(path, cut);
        }
        number = feed.number;
        if !replay.continuous {
            into.end(number);
        }
    }
    if replay.continuous {
        into.end(number);
    }
    Ok(())
}

/// Replays one capture into an inspection, whole and with fresh flows.
pub(crate) fn run_capture(
    into: &mut impl Inspection,
    capture: CaptureFile,
) -> Result<Option<Trouble>, CaptureError> {
    into.begin(Origin {
        interface: None,
        file: Some(Arc::from(capture.name())),
    });
    let mut feed = Feed {
        capture,
        replay: &Replay::default(),
        filter: None,
        number: 0,
        sampler: OffloadSampler::default(),
    };
    let trouble = feed.run(into, &mut Progress::default(), &mut |_| {})?;
    into.end(feed.number);
    Ok(trouble)
}

/// One capture on its way to the workers.
struct Feed<'r> {
    capture: CaptureFile,
    replay: &'r Replay,
    /// The filter as compiled for a link type.
    filter: Option<(LinkType, Filter)>,
    /// Number of the last packet.
    number: u64,
    sampler: OffloadSampler,
}

impl Feed<'_> {
    /// Hands over the capture, batch by batch.
    fn run(
        &mut self,
        into: &mut impl Inspection,
        now: &mut Progress,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Option<Trouble>, CaptureError> {
        let mut decoder = into.sampling_decoder();
        loop {
            let mut batch = into.spare_batch();
            let more = !into.is_stopping() && self.capture.next_batch(&mut batch, BATCH);
            if !more {
                into.return_batch(batch);
                break;
            }
            let left = self
                .replay
                .count
                .map(|most| most.saturating_sub(now.packets));
            let picks = self.select(&batch, left)?;
            let unverified_from = self.unverified_from(&batch, &picks, decoder.as_mut());
            now.packets += picks.len() as u64;
            now.position = self.capture.position();
            now.length = self.capture.length();
            into.inspect(batch, picks, unverified_from, self.number);
            progress(*now);
            into.between_batches();
            if left.is_some_and(|left| left == 0) {
                break;
            }
        }
        into.drain();
        let damage = self.capture.damage();
        Ok(damage.map(|damage| match damage.packets {
            0 => Trouble::Unreadable(CaptureError::NotACapture {
                name: self.capture.name().to_owned(),
                found: damage.message.clone(),
            }),
            _ => Trouble::Cut(damage.to_string()),
        }))
    }

    /// The frames of a batch that are to be inspected, at most `most` of them.
    fn select(&mut self, batch: &Batch, most: Option<u64>) -> Result<Vec<Pick>, CaptureError> {
        let most = most.map_or(usize::MAX, |most| {
            usize::try_from(most).unwrap_or(usize::MAX)
        });
        let mut picks = Vec::with_capacity(batch.len().min(most));
        for (index, frame) in batch.frames().enumerate() {
            if picks.len() >= most {
                break;
            }
            if let Some(expression) = &self.replay.filter {
                let filter = match &mut self.filter {
                    Some((link, filter)) if *link == frame.link => filter,
                    stale => {
                        let filter = Filter::compile(expression, frame.link)?;
                        &mut stale.insert((frame.link, filter)).1
                    }
                };
                if !filter.selects(&frame) {
                    continue;
                }
            }
            self.number += 1;
            picks.push(Pick {
                index: index as u32,
                number: self.number,
            });
        }
        Ok(picks)
    }

    /// The number of the packet from which on checksums say nothing.
    fn unverified_from(
        &mut self,
        batch: &Batch,
        picks: &[Pick],
        decoder: Option<&mut Decoder>,
    ) -> u64 {
        let Some(decoder) = decoder else {
            return u64::MAX;
        };
        picks
            .iter()
            .find(|pick| {
                batch
                    .frame(pick.index as usize)
                    .is_some_and(|frame| self.sampler.ignore_checksums(decoder, &frame))
            })
            .map_or(u64::MAX, |pick| pick.number)
    }
}

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

impl Engine {
    /// Replays captures. What is wrong with one is told to `trouble`, and the others go on.
    ///
    /// # Errors
    /// When the filter is wrong.
    pub fn replay(
        &mut self,
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
            if self.signals().stopping() || replay.count.is_some_and(|most| now.packets >= most) {
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
                self.begin(Origin {
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
            if let Some(cut) = self.feed(&mut feed, &mut now, &mut progress)? {
                trouble(path, cut);
            }
            number = feed.number;
            if !replay.continuous {
                self.end(number);
            }
        }
        if replay.continuous {
            self.end(number);
        }
        Ok(())
    }

    fn feed(
        &mut self,
        feed: &mut Feed<'_>,
        now: &mut Progress,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Option<Trouble>, CaptureError> {
        let mut decoder = self.sampling_decoder();
        loop {
            let mut batch = self.spare_batch();
            let more = !self.signals().stopping() && feed.capture.next_batch(&mut batch, BATCH);
            if !more {
                self.return_batch(batch);
                break;
            }
            let left = feed
                .replay
                .count
                .map(|most| most.saturating_sub(now.packets));
            let picks = feed.select(&batch, left)?;
            let unverified_from = feed.unverified_from(&batch, &picks, decoder.as_mut());
            now.packets += picks.len() as u64;
            now.position = feed.capture.position();
            now.length = feed.capture.length();
            self.inspect(batch, picks, unverified_from, feed.number);
            progress(*now);
            self.attend_to_signals();
            if left.is_some_and(|left| left == 0) {
                break;
            }
        }
        self.drain();
        let damage = feed.capture.damage();
        Ok(damage.map(|damage| match damage.packets {
            0 => Trouble::Unreadable(CaptureError::NotACapture {
                name: feed.capture.name().to_owned(),
                found: damage.message.clone(),
            }),
            _ => Trouble::Cut(damage.to_string()),
        }))
    }
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

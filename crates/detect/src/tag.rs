//! `tag`: packets to be logged because of an alert before them.

use std::time::Duration;

use tapir_packet::Timestamp;
use tapir_rules::tree::{Tag, TagMetric};

/// A tag that is counting down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunningTag {
    metric: TagMetric,
    /// How much there may be in all; 0 is no limit.
    limit: u64,
    so_far: u64,
    started: Timestamp,
    /// The packet that set the tag counts, but is logged by its alert.
    setter: u64,
}

impl RunningTag {
    /// Packets of a tag that names no number, the one that set it included.
    const DEFAULT_PACKETS: u64 = 256;
    /// A tag dies when nothing came under it for this long.
    pub(crate) const IDLE: Duration = Duration::from_secs(600);

    /// A tag set by packet `number`.
    pub(crate) fn start(tag: &Tag, number: u64, now: Timestamp) -> Self {
        let limit = match (tag.metric, tag.count) {
            (TagMetric::Packets, 0) => Self::DEFAULT_PACKETS,
            (_, count) => u64::from(count),
        };
        Self {
            metric: tag.metric,
            limit,
            so_far: 0,
            started: now,
            setter: number,
        }
    }

    /// Whether packet `number` is to be logged; `None` when the tag has run out.
    pub(crate) fn see(&mut self, number: u64, bytes: u64, now: Timestamp) -> Option<bool> {
        let within = match self.metric {
            TagMetric::Packets => {
                self.so_far += 1;
                self.so_far <= self.limit
            }
            TagMetric::Bytes => {
                self.so_far += bytes;
                self.limit == 0 || self.so_far <= self.limit
            }
            TagMetric::Seconds => {
                let age = now.secs().saturating_sub(self.started.secs());
                self.limit == 0 || age <= self.limit
            }
        };
        within.then_some(number != self.setter)
    }
}

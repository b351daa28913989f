//! When things are to be looked at: buckets of one second, in order.

use std::collections::BTreeMap;

/// Handles filed by the second after which they are due.
///
/// A flow or tracker is filed once and left there while packets push its true deadline back; when its second comes up
/// it is filed anew. So a packet costs nothing here, and each flow some work once a timeout.
#[derive(Debug)]
pub(crate) struct Deadlines<H> {
    buckets: BTreeMap<u32, Vec<H>>,
    spare: Vec<Vec<H>>,
}

impl<H> Default for Deadlines<H> {
    fn default() -> Self {
        Self {
            buckets: BTreeMap::new(),
            spare: Vec::new(),
        }
    }
}

impl<H> Deadlines<H> {
    pub(crate) fn file(&mut self, second: u32, handle: H) {
        let spare = &mut self.spare;
        self.buckets
            .entry(second)
            .or_insert_with(|| spare.pop().unwrap_or_default())
            .push(handle);
    }

    /// The earliest bucket whose second lies before `now`.
    pub(crate) fn due(&mut self, now: u32) -> Option<(u32, Vec<H>)> {
        let entry = self.buckets.first_entry()?;
        if *entry.key() < now {
            Some(entry.remove_entry())
        } else {
            None
        }
    }

    /// Takes one handle out of the earliest bucket, due or not.
    pub(crate) fn earliest(&mut self) -> Option<(u32, H)> {
        loop {
            let mut entry = self.buckets.first_entry()?;
            let second = *entry.key();
            match entry.get_mut().pop() {
                Some(handle) => return Some((second, handle)),
                None => drop(entry.remove()),
            }
        }
    }

    /// Gives a bucket's memory back for reuse.
    pub(crate) fn recycle(&mut self, mut bucket: Vec<H>) {
        const KEPT: usize = 16;
        const KEPT_CAPACITY: usize = 4096;
        bucket.clear();
        if self.spare.len() < KEPT && bucket.capacity() <= KEPT_CAPACITY {
            self.spare.push(bucket);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.buckets.clear();
    }
}

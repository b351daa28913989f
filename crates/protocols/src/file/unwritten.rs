//! What has come of files that are, or may be, kept on disk, until it is written: in bounded memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that all files together may hold.
const MOST: usize = 256 << 20;

/// Memory for content that is not written yet. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct StoreBudget(Arc<AtomicUsize>);

impl PartialEq for StoreBudget {
    /// How much is in use makes no two settings differ.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for StoreBudget {}

impl StoreBudget {
    fn take(&self, bytes: usize) -> bool {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= MOST;
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Content of one file.
#[derive(Debug)]
pub(super) struct Unwritten {
    data: Vec<u8>,
    budget: StoreBudget,
}

impl Unwritten {
    pub(super) fn new(budget: &StoreBudget) -> Self {
        Self {
            data: Vec::new(),
            budget: budget.clone(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Adds content, if there is room for it: in the file's own `limit`, and in the memory of all.
    pub(super) fn push(&mut self, data: &[u8], limit: usize) -> bool {
        let fits = self.data.len().saturating_add(data.len()) <= limit;
        if !fits || !self.budget.take(data.len()) {
            return false;
        }
        self.data.extend_from_slice(data);
        true
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.budget.give_back(self.data.len());
        std::mem::take(&mut self.data)
    }
}

impl Clone for Unwritten {
    /// A copy counts like the original, even beyond what there is.
    fn clone(&self) -> Self {
        self.budget.0.fetch_add(self.data.len(), Ordering::Relaxed);
        Self {
            data: self.data.clone(),
            budget: self.budget.clone(),
        }
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.budget.give_back(self.data.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_and_given_back() {
        let budget = StoreBudget::default();
        let used = || budget.0.load(Ordering::Relaxed);
        let mut one = Unwritten::new(&budget);
        assert!(one.push(b"abc", 4) && !one.push(b"de", 4));
        assert_eq!(used(), 3);
        let two = one.clone();
        assert_eq!(used(), 6);
        drop(two);
        assert_eq!(one.take(), b"abc");
        assert_eq!(used(), 0);
        budget.0.store(MOST - 1, Ordering::Relaxed);
        assert!(one.push(b"a", 4) && !one.push(b"b", 4));
        assert_eq!(used(), MOST);
    }
}

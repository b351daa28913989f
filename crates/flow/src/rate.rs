//! Bytes of a flow within a sliding interval.

use std::collections::VecDeque;

/// Bytes per second and direction over the latest seconds.
#[derive(Debug)]
pub(crate) struct RateWindow {
    /// The second of the newest entry.
    newest: u32,
    seconds: VecDeque<[u64; 2]>,
    sums: [u64; 2],
}

/// Longer intervals are taken as this one: an hour.
const LONGEST: u32 = 3600;

impl RateWindow {
    pub(crate) fn new(now: u32, interval: u32) -> Self {
        let seconds = VecDeque::from(vec![[0; 2]; interval.clamp(1, LONGEST) as usize]);
        Self {
            newest: now,
            seconds,
            sums: [0; 2],
        }
    }

    /// Adds bytes that went one way and returns what the window now holds of that way.
    pub(crate) fn add(&mut self, now: u32, bytes: u64, way: usize) -> u64 {
        let passed = now.saturating_sub(self.newest) as usize;
        for _ in 0..passed.min(self.seconds.len()) {
            if let Some([to_client, to_server]) = self.seconds.pop_front() {
                self.sums[0] -= to_client;
                self.sums[1] -= to_server;
            }
            self.seconds.push_back([0; 2]);
        }
        self.newest = self.newest.max(now);
        if let Some(second) = self.seconds.back_mut() {
            second[way] += bytes;
            self.sums[way] += bytes;
        }
        self.sums[way]
    }

    /// Exchanges the directions.
    pub(crate) fn swap(&mut self) {
        self.sums.swap(0, 1);
        self.seconds.iter_mut().for_each(|second| second.swap(0, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_seconds_leave_the_window() {
        let mut window = RateWindow::new(100, 10);
        assert_eq!(window.add(100, 500, 0), 500);
        assert_eq!(window.add(109, 10, 0), 510);
        assert_eq!(window.add(110, 10, 0), 20);
        assert_eq!(window.add(110, 7, 1), 7);
        assert_eq!(window.add(500, 1, 0), 1);
        assert_eq!(
            window.add(400, 1, 0),
            2,
            "a time that runs backwards counts as now"
        );
    }
}

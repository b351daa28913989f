//! Frames with times.

use std::time::Duration;

use crate::format;
use crate::host::Host;
use crate::layers::ethernet_ip;

/// 14 May 2024, 09:00:00 UTC: when every scenario begins.
const START: Duration = Duration::from_secs(1_715_677_200);
/// From one frame to the next.
const STEP: Duration = Duration::from_millis(1);

type Wrap = Box<dyn Fn(&Host, &Host, Vec<u8>) -> Vec<u8>>;

/// A recorder on the wire.
pub struct Tape {
    now: Duration,
    frames: Vec<Recorded>,
    wrap: Wrap,
}

/// A frame on the tape.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// When, since the epoch.
    pub at: Duration,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Default for Tape {
    /// A tape on an Ethernet.
    fn default() -> Self {
        Self::through(|from, to, packet| ethernet_ip(from, to, &packet))
    }
}

impl Tape {
    /// A tape on a wire where IP packets travel inside of something: `wrap` makes frames of them.
    pub fn through(wrap: impl Fn(&Host, &Host, Vec<u8>) -> Vec<u8> + 'static) -> Self {
        Self {
            now: START,
            frames: Vec::new(),
            wrap: Box::new(wrap),
        }
    }

    /// Records an IP packet from one host to another.
    pub fn packet(&mut self, from: &Host, to: &Host, packet: Vec<u8>) {
        let frame = (self.wrap)(from, to, packet);
        self.frame(frame);
    }

    /// Records a frame as it is.
    pub fn frame(&mut self, bytes: Vec<u8>) {
        self.now += STEP;
        self.frames.push(Recorded {
            at: self.now,
            bytes,
        });
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.now += time;
    }

    /// What was recorded.
    pub fn frames(&self) -> &[Recorded] {
        &self.frames
    }

    /// A capture of what was recorded, as an ordinary Ethernet pcap file.
    pub fn capture(&self, name: &'static str, about: &'static str) -> Capture {
        Capture {
            name,
            about,
            bytes: format::pcap(self.frames(), &format::Pcap::default()),
        }
    }
}

/// The bytes of a capture file.
#[derive(Debug, Clone)]
pub struct Capture {
    /// Name of the file.
    pub name: &'static str,
    /// What happens in it, for the table.
    pub about: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

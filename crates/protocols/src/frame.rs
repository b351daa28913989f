//! Frames: stretches of a stream or datagram that parsers have names for, such as the header of a message, for rules
//! and records that look at the bytes as they came.

/// The frame that the whole stream of a direction is, in every protocol.
pub const STREAM_FRAME: u8 = u8::MAX;

/// The name of [`STREAM_FRAME`].
pub const STREAM_FRAME_NAME: &str = "stream";

/// What a parser says of frames while it reads its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameNote {
    /// One begins.
    Begin {
        /// Its kind: the place of its name in [`Parser::FRAMES`](crate::Parser::FRAMES).
        kind: u8,
        /// Where it begins in the input.
        from: usize,
        /// Its length, where that is known.
        len: Option<u64>,
        /// The number of its transaction, where it has one.
        tx: Option<u64>,
    },
    /// The youngest of a kind whose length is not known ends.
    End {
        /// Its kind.
        kind: u8,
        /// Where it ends in the input.
        at: usize,
    },
}

/// Takes what a parser says of frames, if anybody wants to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frames {
    wanted: bool,
    notes: Vec<FrameNote>,
}

impl Frames {
    /// Takes notes only if somebody wants them.
    pub fn new(wanted: bool) -> Self {
        Self {
            wanted,
            notes: Vec::new(),
        }
    }

    /// A frame of known length begins at `from` in the input; all of it need not have come. What is said twice of the
    /// same place counts once.
    #[inline]
    pub fn whole(&mut self, kind: u8, from: usize, len: usize, tx: Option<u64>) {
        if self.wanted {
            self.notes.push(FrameNote::Begin {
                kind,
                from,
                len: Some(len as u64),
                tx,
            });
        }
    }

    /// A frame begins at `from` in the input whose end is not known.
    #[inline]
    pub fn open(&mut self, kind: u8, from: usize, tx: Option<u64>) {
        if self.wanted {
            self.notes.push(FrameNote::Begin {
                kind,
                from,
                len: None,
                tx,
            });
        }
    }

    /// The youngest frame of a kind that is open ends before `at` in the input.
    #[inline]
    pub fn close(&mut self, kind: u8, at: usize) {
        if self.wanted {
            self.notes.push(FrameNote::End { kind, at });
        }
    }

    /// What was said.
    pub fn notes(&self) -> &[FrameNote] {
        &self.notes
    }
}

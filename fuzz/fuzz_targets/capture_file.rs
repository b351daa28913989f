//! A capture file, plain or compressed: frames are given until its end or its damage, and lie within it.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use tapir_capture::{Batch, CaptureFile};

/// A small file may unfold to gigabytes; so much of it shows what there is to see.
const MOST_BATCHES: usize = 64;

fuzz_target!(|input: &[u8]| {
    let Ok(mut capture) = CaptureFile::from_reader("input", Cursor::new(input.to_vec())) else {
        return;
    };
    let mut batch = Batch::default();
    let mut bytes = 0_u64;
    for _ in 0..MOST_BATCHES {
        if !capture.next_batch(&mut batch, 128) {
            assert!(batch.is_empty());
            assert!(!capture.next_batch(&mut batch, 128), "the end is the end");
            break;
        }
        assert!(!batch.is_empty() && batch.len() <= 128);
        assert_eq!(
            batch.frames().count(),
            batch.len(),
            "every frame lies within its batch"
        );
        bytes += batch
            .frames()
            .map(|frame| frame.data.len() as u64)
            .sum::<u64>();
        assert!(bytes <= capture.position(), "frames do not overlap");
    }
    if let Some(damage) = capture.damage() {
        assert!(!damage.to_string().is_empty());
    }
});

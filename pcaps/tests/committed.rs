//! The files in this folder are what the program writes.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use tapir_capture::{Batch, CaptureFile, DamageKind};
use tapir_pcaps::{captures, readme};

const AGAIN: &str = "run `cargo run -p tapir-pcaps` and commit what it writes";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What a file holds once its compression is taken off: how well a library compresses may change.
fn plain(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut reader: Box<dyn Read> = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
        Some("zst") => Box::new(zstd::Decoder::new(bytes).unwrap()),
        Some("xz") => Box::new(liblzma::read::XzDecoder::new(bytes)),
        Some("lz4") => Box::new(lz4_flex::frame::FrameDecoder::new(bytes)),
        _ => Box::new(bytes),
    };
    reader.read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn captures_are_fresh() {
    for capture in captures() {
        let name = capture.name;
        let committed = std::fs::read(path(name)).unwrap_or_default();
        assert!(
            plain(name, &committed) == plain(name, &capture.bytes),
            "{name} is not what the program writes: {AGAIN}"
        );
    }
    let page = std::fs::read_to_string(path("README.md")).unwrap_or_default();
    assert!(page == readme::text(&captures()), "README.md: {AGAIN}");
}

#[test]
fn nothing_else_lies_here() {
    let written: BTreeSet<String> = captures().iter().map(|c| c.name.to_owned()).collect();
    assert_eq!(written.len(), captures().len(), "a name is used twice");
    let here: BTreeSet<String> = std::fs::read_dir(path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".pcap"))
        .collect();
    assert_eq!(here, written);
    let bytes: usize = captures().iter().map(|capture| capture.bytes.len()).sum();
    assert!(bytes < 1 << 20);
}

#[test]
fn every_capture_can_be_read() {
    for capture in captures() {
        let mut file = CaptureFile::open(&path(capture.name)).unwrap();
        let mut batch = Batch::default();
        let mut frames = 0;
        while file.next_batch(&mut batch, 100) {
            frames += batch.len();
        }
        assert!(frames > 0, "{} is empty", capture.name);
        let damage = file.damage().map(|damage| damage.kind);
        let expected = (capture.name == "cut-short.pcap").then_some(DamageKind::Cut);
        assert_eq!(damage, expected, "{}", capture.name);
    }
}

//! Writes `seeds/`: what the targets begin with, cut from the project's captures, rules and configuration.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tapir_capture::{Batch, CaptureFile};
use tapir_fuzz::{LINKS, input};
use tapir_packet::{Decoder, Frame, LinkType};

/// A larger file is a slow seed.
const MOST_BYTES: usize = 4096;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = Seeds(here.join("seeds"));
    for path in files(&here.join("../pcaps"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.contains(".pcap") {
            of_capture(&seeds, &path, &name)?;
        }
    }
    for path in files(&here.join("../rules"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read(&path)?;
        if name.ends_with(".rules") {
            let first = text.iter().take(MOST_BYTES).copied();
            seeds.write("rule_parsing", &name, &[&[1][..], &first.collect::<Vec<_>>()].concat())?;
        } else if name.ends_with(".config") {
            seeds.write("side_files", &name, &text)?;
        }
    }
    let text = fs::read_to_string(here.join("../tapir.yaml"))?;
    for (number, part) in text.split("\n\n").enumerate() {
        seeds.write("configuration", &format!("part-{number:02}.yaml"), part.as_bytes())?;
    }
    Ok(())
}

struct Seeds(PathBuf);

impl Seeds {
    fn write(&self, target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// A capture is a seed as it is, its frames are seeds of `decode`, its fragments and segments of what puts those
/// together.
fn of_capture(seeds: &Seeds, path: &Path, name: &str) -> io::Result<()> {
    let bytes = fs::read(path)?;
    if bytes.len() <= MOST_BYTES {
        seeds.write("capture_file", name, &bytes)?;
    }
    if !(name.ends_with(".pcap") || name.ends_with(".pcapng")) {
        return Ok(());
    }
    let mut capture = CaptureFile::open(path).map_err(io::Error::other)?;
    let mut batch = Batch::default();
    capture.next_batch(&mut batch, 16);
    let mut decoder = Decoder::default();
    let (mut fragments, mut segments) = (Vec::new(), Vec::new());
    for (number, frame) in batch.frames().enumerate() {
        if number == 0 || name.starts_with("malformed") {
            seed_of_frame(seeds, &frame, &format!("{name}-{number:02}"))?;
        }
        for packet in &decoder.decode(&frame) {
            if packet.is_fragment() {
                fragments.push(packet.ip_datagram());
            } else if packet.tcp().is_some() {
                segments.push(packet.ip_datagram());
            }
        }
    }
    if !fragments.is_empty() {
        seeds.write("defragmentation", name, &input(&[0], fragments))?;
    }
    if name.starts_with("tcp") || name.starts_with("http-post") {
        seeds.write("reassembly", name, &input(&[0, 0], segments))?;
    }
    Ok(())
}

fn seed_of_frame(seeds: &Seeds, frame: &Frame<'_>, name: &str) -> io::Result<()> {
    let place = |link: LinkType| LINKS.iter().position(|known| *known == link);
    let link = place(frame.link).unwrap_or_default() as u8;
    seeds.write("decode", name, &[&[link][..], frame.data].concat())
}

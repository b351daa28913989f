//! Writes `seeds/`: what the targets begin with, cut from the project's captures, rules and configuration; and
//! `rule_parsing.dict`, the words of the rule language.

mod rules;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use tapir_capture::{Batch, CaptureFile};
use tapir_fuzz::{LINKS, dialogue, input, parser};
use tapir_packet::{Decoder, Frame, LinkType};
use tapir_rules::{Dialect, keywords};

/// A larger file is a slow seed.
const MOST_BYTES: usize = 4096;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = Seeds(here.join("seeds"));
    for path in files(&here.join("../pcaps"))? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.contains(".pcap") {
            of_capture(&seeds, &path, &name)?;
        }
    }
    for dialogue in dialogue::all_in(&here.join("../crates/protocols/tests/dialogues")) {
        let target = format!("parser_{}", dialogue.name);
        seeds.write(&target, "dialogue", &parser::input(&dialogue.turns))?;
    }
    of_rules(&seeds, &here.join("../rules"))?;
    fs::write(here.join("rule_parsing.dict"), dictionary())?;
    let text = fs::read_to_string(here.join("../tapir.yaml"))?;
    for (number, part) in text.split("\n\n").enumerate() {
        let part = format!("{part}\n#= stream.midstream=yes\n#= outputs.1.eve-log.types.0=x\n");
        seeds.write(
            "configuration",
            &format!("part-{number:02}.yaml"),
            part.as_bytes(),
        )?;
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

/// The rules that use an option that none before them uses; the files beside the rules as they are.
fn of_rules(seeds: &Seeds, folder: &Path) -> io::Result<()> {
    let mut known = BTreeSet::new();
    for path in files(folder)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path)?;
        if name.ends_with(".config") {
            seeds.write("side_files", &name, text.as_bytes())?;
        }
        if !name.ends_with(".rules") {
            continue;
        }
        for (number, rule) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains("sid:"))
        {
            let options: Vec<_> = rule
                .split("; ")
                .filter_map(|part| part.split(':').next())
                .collect();
            let before = known.len();
            known.extend(options.into_iter().map(str::to_owned));
            if known.len() > before {
                let seed = [&[1], rule.as_bytes()].concat();
                seeds.write("rule_parsing", &format!("{name}-{number:02}"), &seed)?;
            }
        }
    }
    for (number, text) in rules::texts().enumerate() {
        seeds.write("rule_parsing", &format!("grammar-{number:02}"), &text)?;
    }
    Ok(())
}

/// Every name of every keyword, as libFuzzer reads a dictionary.
fn dictionary() -> String {
    let names: BTreeSet<_> = keywords::all()
        .flat_map(|(_, row)| {
            [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3].map(|dialect| row.names(dialect))
        })
        .flatten()
        .collect();
    names
        .into_iter()
        .map(|name| format!("\"{name}:\"\n"))
        .collect()
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

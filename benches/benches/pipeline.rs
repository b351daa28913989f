//! The way of a packet, a step longer each time: decoding, the flow it belongs to, the stream it is put into, rules, and
//! whole replays. All over the captures of `pcaps/`.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tapir_capture::{Batch, CaptureFile};
use tapir_config::Config;
use tapir_detect::NoRecord;
use tapir_engine::{LoadedRules, Replay, RuleSources, RunOptions, Session, Settings};
use tapir_flow::tcp::{self, OsPolicy, Outcome, Segment};
use tapir_flow::{FlowConfig, FlowTable, Seed};
use tapir_packet::{Decoder, Direction};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All captures that can be read.
fn captures() -> Vec<PathBuf> {
    let all = tapir_capture::expand(&top().join("pcaps")).expect("a folder");
    let readable = |path: &PathBuf| CaptureFile::open(path).is_ok();
    all.into_iter().filter(readable).collect()
}

/// The packets of captures, in batches as an engine takes them.
fn batches(captures: &[PathBuf]) -> Vec<Batch> {
    let mut batches = Vec::new();
    for path in captures {
        let mut file = CaptureFile::open(path).expect("a capture");
        loop {
            let mut batch = Batch::default();
            let goes_on = file.next_batch(&mut batch, 256);
            batches.push(batch);
            if !goes_on {
                break;
            }
        }
    }
    batches
}

fn packets(criterion: &mut Criterion) {
    let batches = batches(&captures());
    let frames = || batches.iter().flat_map(Batch::frames);
    let mut group = criterion.benchmark_group("packets");
    group.throughput(Throughput::Elements(frames().count() as u64));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::default();
            frames()
                .map(|frame| decoder.decode(&frame).len())
                .sum::<usize>()
        });
    });
    group.bench_function("decode, find the flow", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::default();
            let mut flows: FlowTable<()> = FlowTable::new(FlowConfig::default(), Seed::Fixed(1));
            for (number, frame) in frames().enumerate() {
                for packet in &decoder.decode(&frame) {
                    let _ = black_box(flows.track(packet, number as u64, |_, _| false, |_, _| {}));
                }
            }
            flows.len()
        });
    });
    group.finish();
}

/// One session, its segments put together again and again.
fn reassembly(criterion: &mut Criterion) {
    let capture = top().join("pcaps/http-exe-download.pcap");
    let batches = batches(&[capture]);
    let frames = || batches.iter().flat_map(Batch::frames);
    let bytes: usize = frames().map(|frame| frame.data.len()).sum();
    let mut group = criterion.benchmark_group("reassembly");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("decode, put a stream together", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::default();
            let host = Box::new(|_| OsPolicy::Linux);
            let mut engine = tcp::Engine::new(tcp::Config::default(), host);
            let (mut session, mut outcome) = (None, Outcome::default());
            let mut client = None;
            for frame in frames() {
                for packet in &decoder.decode(&frame) {
                    let sender = (packet.src, packet.sport);
                    let direction = match *client.get_or_insert(sender) == sender {
                        true => Direction::ToServer,
                        false => Direction::ToClient,
                    };
                    if let Some(segment) = Segment::of(packet, direction) {
                        engine.handle(&mut session, &segment, &mut outcome);
                        if let Some(session) = session.as_deref_mut() {
                            engine.prune(session, direction);
                        }
                    }
                }
            }
            black_box(session.is_some())
        });
    });
    group.finish();
}

fn settings() -> Arc<Settings> {
    let text = std::fs::read_to_string(top().join("tapir.yaml")).expect("the configuration");
    let config = Config::from_text("tapir.yaml", &text).expect("a right configuration");
    let mut settings = Settings::new(&config.root, &RunOptions::default()).expect("settings");
    settings.outputs.sinks.clear();
    Arc::new(settings)
}

/// Whole replays without outputs, with the rules that come with Tapir and without any: what is between the two is what
/// rules cost.
fn replays(criterion: &mut Criterion) {
    let (settings, files) = (settings(), captures());
    let frames: usize = batches(&files)
        .iter()
        .map(|batch| batch.frames().count())
        .sum();
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(frames as u64));
    let shipped = vec![top().join("rules").display().to_string()];
    for (name, paths) in [
        ("without rules", Vec::new()),
        ("with the shipped rules", shipped),
    ] {
        let sources = RuleSources {
            paths,
            ..RuleSources::default()
        };
        let rules = LoadedRules::load(&sources, &settings, None).expect("rules");
        let rules = Arc::new(rules);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let replay = Replay {
                    files: files.clone(),
                    ..Replay::default()
                };
                let mut session = Session::new(Arc::clone(&settings), Arc::clone(&rules), NoRecord);
                session
                    .replay(&replay, |_| {}, |_, _| {})
                    .expect("no filter");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, packets, reassembly, replays);
criterion_main!(benches);

//! Throughput of each parser: its sample dialogue, again and again, each time in a flow of its own.

#[allow(dead_code)]
#[path = "../../crates/protocols/tests/parsers/dialogue.rs"]
mod dialogue;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dialogue::Listener;
use tapir_protocols::ParserSettings;

fn parsers(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/protocols/tests/dialogues");
    let settings: Arc<ParserSettings> = Arc::default();
    let mut group = criterion.benchmark_group("parser");
    for dialogue in dialogue::all_in(&folder) {
        let length: usize = dialogue.turns.iter().map(|(_, said)| said.len()).sum();
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(BenchmarkId::from_parameter(&dialogue.name), |bencher| {
            bencher.iter(|| {
                let mut listener = Listener::new(dialogue.proto, dialogue.transport, &settings);
                for (direction, said) in &dialogue.turns {
                    listener.hear(*direction, said);
                }
                black_box(listener.state.total())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parsers);
criterion_main!(benches);

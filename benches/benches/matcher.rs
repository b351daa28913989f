//! Pattern sets of 100, 5,000 and 40,000 patterns over traffic that is half text, a third noise and a sixth records
//! with zeros; single literals; the choice of a literal.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tapir_matcher::{Literal, PatternSet, PatternSetBuilder, Seen, quality};

/// Bytes of traffic, handed over in packets.
const TRAFFIC: usize = 1 << 20;

/// Bytes of one packet.
const PACKET: usize = 1400;

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 24] = [
            "an", "ber", "co", "del", "en", "fa", "gri", "ho", "in", "jo", "ka", "lo", "mer", "nu",
            "or", "pa", "qui", "ra", "sto", "ti", "un", "ver", "wi", "zy",
        ];
        (0..2 + self.below(3))
            .map(|_| SYLLABLES[self.below(SYLLABLES.len())])
            .collect()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A pattern as rules have them: a host, a path, a field, or bytes.
fn pattern(numbers: &mut Numbers) -> (Vec<u8>, bool) {
    let text = match numbers.below(10) {
        0..4 => format!(
            "{}{}.{}",
            numbers.word(),
            numbers.below(100),
            ["com", "net", "org"][numbers.below(3)]
        ),
        4..7 => format!("/{}/{}.php?", numbers.word(), numbers.word()),
        7..9 => format!("{}: {}", numbers.word(), numbers.word()),
        _ => {
            let count = 4 + numbers.below(8);
            return (numbers.bytes(count), false);
        }
    };
    (text.into_bytes(), numbers.below(2) == 0)
}

fn set(patterns: usize) -> PatternSet {
    let mut numbers = Numbers(0x5eed);
    let mut builder = PatternSetBuilder::new();
    while builder.len() < patterns {
        let (bytes, nocase) = pattern(&mut numbers);
        builder.add(&bytes, nocase);
    }
    builder.build()
}

fn traffic() -> Vec<u8> {
    let mut numbers = Numbers(0x7ea);
    let mut traffic = Vec::with_capacity(TRAFFIC + PACKET);
    while traffic.len() < TRAFFIC {
        match numbers.below(6) {
            0..3 => {
                let (path, host, agent) = (numbers.word(), numbers.word(), numbers.word());
                let cookie = numbers.next();
                let text = format!(
                    "GET /{path}/index.html HTTP/1.1\r\nHost: www.{host}.example\r\nUser-Agent: Mozilla/5.0 ({agent})\
                     \r\nAccept: text/html,application/xhtml+xml\r\nCookie: id={cookie:x}\r\n\r\n"
                );
                traffic.extend_from_slice(text.as_bytes());
            }
            3..5 => traffic.extend(numbers.bytes(300)),
            _ => {
                for _ in 0..20 {
                    traffic.extend_from_slice(&(numbers.next() as u16).to_be_bytes());
                    traffic.extend_from_slice(&[0; 10]);
                }
            }
        }
    }
    traffic.truncate(TRAFFIC);
    traffic
}

fn pattern_sets(criterion: &mut Criterion) {
    let traffic = traffic();
    let mut group = criterion.benchmark_group("matcher/search");
    group.throughput(Throughput::Bytes(TRAFFIC as u64));
    for patterns in [1, 10, 100, 5_000, 40_000] {
        let set = set(patterns);
        let mut seen = Seen::new();
        group.bench_with_input(
            BenchmarkId::from_parameter(patterns),
            &set,
            |bencher, set| {
                bencher.iter(|| {
                    let mut hits = 0u32;
                    for packet in traffic.chunks(PACKET) {
                        set.search_once(packet, &mut seen, |_| hits += 1);
                    }
                    hits
                });
            },
        );
    }
    group.finish();
    let mut group = criterion.benchmark_group("matcher/build");
    group.sample_size(10);
    for patterns in [5_000, 40_000] {
        group.bench_function(BenchmarkId::from_parameter(patterns), |bencher| {
            bencher.iter(|| set(patterns))
        });
    }
    group.finish();
}

fn literals(criterion: &mut Criterion) {
    let traffic = traffic();
    let mut group = criterion.benchmark_group("matcher/literal");
    group.throughput(Throughput::Bytes(TRAFFIC as u64));
    for (name, literal) in [
        ("exact", Literal::new(b"/evil/shell.php", false)),
        ("nocase", Literal::new(b"/Evil/Shell.php", true)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                traffic
                    .chunks(PACKET)
                    .filter(|packet| literal.find(packet).is_some())
                    .count()
            });
        });
    }
    group.finish();
    criterion.bench_function("matcher/quality", |bencher| {
        bencher.iter(|| quality(black_box(b"User-Agent: Mozilla/5.0 (evil)|0d 0a|")));
    });
}

criterion_group!(benches, pattern_sets, literals);
criterion_main!(benches);

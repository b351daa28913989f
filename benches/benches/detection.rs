//! The two lookups of a packet alone, on packets decoded beforehand: its flow in a full table, and rules tried on it.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tapir_detect::{
    ActionOrder, AddressKnowledge, CompileConfig, DEFAULT_MAX_ALERTS, DataSetConfig, Detector,
    PacketContext, PacketTraits, RuleSet,
};
use tapir_flow::tcp::StreamEvents;
use tapir_flow::{FlowConfig, FlowTable, Seed};
use tapir_packet::{DecodeConfig, Decoder, Frame, LinkType, Packet, Timestamp};
use tapir_rules::Source;

/// A UDP datagram in a raw IPv4 packet, from 10.0.0.1:4000 to 10.0.0.2:53, without checksums.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let udp = (8 + payload.len()) as u16;
    let mut bytes =
        b"\x45\0\0\0\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x0f\xa0\0\x35\0\0\0\0".to_vec();
    bytes[2..4].copy_from_slice(&(20 + udp).to_be_bytes());
    bytes[24..26].copy_from_slice(&udp.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn decode(bytes: &[u8]) -> Packet<'_> {
    let frame = Frame {
        ts: Timestamp::new(1, 0),
        link: LinkType::RAW,
        data: bytes,
        wire_len: bytes.len() as u32,
    };
    let packets = Decoder::new(DecodeConfig::default()).decode(&frame);
    packets.first().expect("a packet").clone()
}

/// Packets of as many flows, one each, in an order that is not that in which their flows began.
fn of_flows<'a>(packet: &Packet<'a>, count: u32) -> Vec<Packet<'a>> {
    (0..count)
        .map(|number| {
            let number = (u64::from(number) * 48_271 % u64::from(count)) as u32;
            let mut packet = packet.clone();
            packet.src = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
            packet
        })
        .collect()
}

fn flow_lookup(criterion: &mut Criterion) {
    let bytes = datagram(b"a packet of each flow");
    let packet = decode(&bytes);
    let mut group = criterion.benchmark_group("find the flow");
    for count in [1_000, 100_000] {
        let packets = of_flows(&packet, count);
        let mut flows: FlowTable<()> = FlowTable::new(FlowConfig::default(), Seed::Fixed(1));
        let mut find_all = || {
            for packet in &packets {
                let _ = black_box(flows.track(packet, 1, |_, _| false, |_, _| {}));
            }
        };
        find_all();
        group.throughput(Throughput::Elements(packets.len() as u64));
        group.bench_function(format!("among {count}"), |bencher| {
            bencher.iter(&mut find_all)
        });
        assert_eq!(flows.len(), count as usize);
    }
    group.finish();
}

fn compile(text: &str) -> Arc<RuleSet> {
    let source = Source::new("bench.rules", text.as_bytes());
    let file = tapir_rules::load(vec![source], &Default::default());
    let config = CompileConfig {
        addresses: &|_| None,
        ports: &|_| None,
        class: &|_| None,
        source: &|_| text,
        directory: &|_| None,
        action_order: ActionOrder::default(),
        max_alerts: DEFAULT_MAX_ALERTS,
        guess_transactions: false,
        data_sets: DataSetConfig::default(),
        thresholds: &[],
        known: &AddressKnowledge::default(),
        features: &[],
        firewall: None,
        previous: None,
    };
    let (rules, report) = RuleSet::compile(&file.rules, &config);
    assert_eq!(report.loaded, text.lines().count());
    rules
}

/// A rule for each number below `count`.
fn rules(count: u32, rule: impl Fn(u32) -> String) -> String {
    let line = |number| {
        format!(
            "alert udp any any -> any any ({}; sid:{};)\n",
            rule(number),
            number + 1
        )
    };
    (0..count).map(line).collect()
}

/// One packet, tried with rules whose literal it holds, and which fail or match at one step or another.
fn evaluation(criterion: &mut Criterion) {
    let text =
        b"user=admin&session=0123456789abcdef&cmd=list&path=/var/www/html/index.html&len=0040"
            .repeat(8);
    let bytes = datagram(&text);
    let packet = decode(&bytes);
    let context = PacketContext {
        number: 1,
        packet: &packet,
        payload: packet.payload(),
        direction: None,
        flow: None,
        traits: PacketTraits::empty(),
        stream: None,
        app: None,
        stream_events: StreamEvents::NONE,
    };
    let kinds: [(&str, usize, String); 6] = [
        (
            "header alone",
            0,
            rules(100, |n| format!("ttl:{}; dsize:>{n}", 65 + n)),
        ),
        (
            "literal absent",
            0,
            rules(100, |n| format!("content:\"absent{n:04}\"")),
        ),
        (
            "content after content fails",
            0,
            rules(100, |n| {
                format!("content:\"session=\"; content:\"x{n:03}\"; distance:16; within:12")
            }),
        ),
        (
            "byte_test at each place fails",
            0,
            rules(100, |n| {
                format!(
                    "content:\"len=\"; byte_test:4,>,{},0,relative,string,dec",
                    41 + n
                )
            }),
        ),
        (
            "pcre fails",
            0,
            rules(100, |n| {
                format!("content:\"path=\"; pcre:\"/path=\\/[a-z]+\\/{n}[0-9]+/\"")
            }),
        ),
        (
            "four contents and pcre match",
            1,
            rules(1, |_| {
                "content:\"user=\"; content:\"session=\"; distance:5; content:\"cmd=\"; distance:16; \
                 content:\"path=\"; within:20; pcre:\"/^\\/[a-z\\/]+\\.html/R\""
                    .to_owned()
            }),
        ),
    ];
    let mut group = criterion.benchmark_group("evaluation");
    for (name, alerts, text) in kinds {
        let mut detector = Detector::new(compile(&text));
        let mut out = Vec::new();
        detector.inspect(&context, None, &mut out);
        assert_eq!(out.len(), alerts, "{name}");
        group.throughput(Throughput::Elements(text.lines().count() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                detector.inspect(black_box(&context), None, &mut out);
                out.len()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, flow_lookup, evaluation);
criterion_main!(benches);

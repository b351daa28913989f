//! A rule set, one flow, and packets to try it on.

use std::sync::Arc;

use etherparse::PacketBuilder;
use tapir_detect::{
    ActionOrder, AddressKnowledge, Alert, AppProtos, Arbiter, ArbiterLimits, CompileConfig,
    ConfiguredThreshold, DEFAULT_MAX_ALERTS, DataSetConfig, Detector, FlowState, FlowView,
    PacketContext, PacketTraits, PacketVerdict, Report, RuleSet, StreamWindow,
};
use tapir_flow::tcp::StreamEvents;
use tapir_packet::{DecodeConfig, Decoder, Direction, Frame, LinkType, Timestamp};
use tapir_protocols::{AppLayerEvents, AppProto};
use tapir_rules::tree::AddressExpr;
use tapir_rules::{LoadOptions, Source, load};

pub const CLIENT: [u8; 4] = [10, 0, 0, 1];
pub const SERVER: [u8; 4] = [10, 0, 0, 2];
/// No alerts.
pub const NONE: [u32; 0] = [];

/// Compiles rules; what the parser refuses fails the test.
pub fn compile(text: &str, thresholds: &[ConfiguredThreshold]) -> (Arc<RuleSet>, Report) {
    let file = load(
        vec![Source::new("test.rules", text.as_bytes())],
        &LoadOptions::default(),
    );
    let errors: Vec<&str> = file.errors().map(|error| error.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let home: AddressExpr = "10.0.0.0/8".parse().expect("an address list");
    let known = AddressKnowledge::default();
    let config = CompileConfig {
        addresses: &|name| (name == "HOME_NET").then_some(&home),
        ports: &|_| None,
        class: &|_| None,
        source: &|_| text,
        directory: &|_| None,
        action_order: ActionOrder::default(),
        max_alerts: DEFAULT_MAX_ALERTS,
        guess_transactions: false,
        data_sets: DataSetConfig::default(),
        thresholds,
        known: &known,
        features: &[],
        firewall: None,
        previous: None,
    };
    RuleSet::compile(&file.rules, &config)
}

/// A packet to be tried, and the circumstances it comes in.
#[derive(Clone)]
pub struct Trial<'t> {
    pub bytes: Vec<u8>,
    pub direction: Direction,
    pub traits: PacketTraits,
    pub stream: Option<&'t [u8]>,
    pub in_flow: bool,
    pub protocol: AppProto,
    pub stream_events: StreamEvents,
    pub seconds: u64,
}

fn frame(
    source: [u8; 4],
    destination: [u8; 4],
) -> etherparse::PacketBuilderStep<etherparse::IpHeaders> {
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ipv4(source, destination, 64)
}

impl<'t> Trial<'t> {
    fn of(bytes: Vec<u8>, direction: Direction) -> Self {
        Trial {
            bytes,
            direction,
            traits: PacketTraits::ESTABLISHED | PacketTraits::STREAM_ESTABLISHED,
            stream: None,
            in_flow: true,
            protocol: AppProto::Unknown,
            stream_events: StreamEvents::NONE,
            seconds: 1000,
        }
    }

    /// A TCP segment from the client to the server's port 80.
    pub fn tcp(payload: &[u8]) -> Self {
        let step = frame(CLIENT, SERVER).tcp(40000, 80, 1, 512).ack(1);
        let mut bytes = Vec::new();
        step.write(&mut bytes, payload).expect("a frame");
        Self::of(bytes, Direction::ToServer)
    }

    /// A TCP segment from the server back.
    pub fn tcp_back(payload: &[u8]) -> Self {
        let step = frame(SERVER, CLIENT).tcp(80, 40000, 1, 512).ack(1);
        let mut bytes = Vec::new();
        step.write(&mut bytes, payload).expect("a frame");
        Self::of(bytes, Direction::ToClient)
    }

    /// A UDP datagram between these ports.
    pub fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Self {
        let mut bytes = Vec::new();
        frame(from.0, to.0)
            .udp(from.1, to.1)
            .write(&mut bytes, payload)
            .expect("a frame");
        Self::of(bytes, Direction::ToServer)
    }

    pub fn first(mut self) -> Self {
        self.traits |= PacketTraits::FIRST_IN_DIRECTION;
        self
    }

    pub fn with(mut self, traits: PacketTraits) -> Self {
        self.traits |= traits;
        self
    }

    pub fn without(mut self, traits: PacketTraits) -> Self {
        self.traits -= traits;
        self
    }

    /// The segment's bytes were taken into the stream, and this much of it is to be inspected.
    pub fn stream(mut self, data: &'t [u8]) -> Self {
        self.stream = Some(data);
        self.with(PacketTraits::STREAM_ADDED)
    }

    pub fn at(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }
}

/// A detector with everything that it needs.
pub struct Lab {
    pub rules: Arc<RuleSet>,
    pub detector: Detector,
    pub arbiter: Arbiter,
    pub flow: FlowState,
    pub view: FlowView,
    number: u64,
}

impl Lab {
    /// A lab with rules that all compile.
    pub fn new(text: &str) -> Self {
        let (rules, report) = compile(text, &[]);
        assert!(report.refused.is_empty(), "{:?}", report.refused);
        assert!(report.left_out.is_empty(), "{:?}", report.left_out);
        Self::of(rules)
    }

    pub fn of(rules: Arc<RuleSet>) -> Self {
        Lab {
            detector: Detector::new(Arc::clone(&rules)),
            arbiter: Arbiter::new(Arc::clone(&rules), ArbiterLimits::default()),
            rules,
            flow: FlowState::default(),
            view: FlowView {
                id: 1,
                protocol: 6,
                start: Timestamp::new(1000, 0),
                packets: [1, 1],
                bytes: [100, 100],
                stream_sizes: Some([10, 20]),
                closing: false,
                elephant: [false, false],
            },
            number: 0,
        }
    }

    /// Shows the packet to `look`, with all that is known about it.
    fn inspect(&mut self, trial: &Trial<'_>, alone: bool) -> (Vec<Alert>, PacketVerdict) {
        self.number += 1;
        let ts = Timestamp::new(trial.seconds, 0);
        let frame = Frame {
            ts,
            link: LinkType(1),
            data: &trial.bytes,
            wire_len: trial.bytes.len() as u32,
        };
        let packets = Decoder::new(DecodeConfig::default()).decode(&frame);
        let packet = packets.first().expect("a packet");
        let app = AppProtos {
            flow: trial.protocol,
            to_server: trial.protocol,
            to_client: trial.protocol,
            original: trial.protocol,
            events: AppLayerEvents::EMPTY,
        };
        let context = PacketContext {
            number: self.number,
            packet,
            payload: packet.payload(),
            direction: trial.in_flow.then_some(trial.direction),
            flow: trial.in_flow.then_some(&self.view),
            traits: trial.traits,
            stream: trial.stream.map(|data| StreamWindow { offset: 0, data }),
            app: trial.in_flow.then_some(&app),
            stream_events: trial.stream_events,
        };
        let state = trial.in_flow.then_some(&mut self.flow);
        let mut alerts = Vec::new();
        let verdict = if alone {
            self.detector.inspect_alone(
                &context,
                state.map(Into::into),
                &mut self.arbiter,
                &mut alerts,
            )
        } else {
            self.detector
                .inspect(&context, state.map(Into::into), &mut alerts)
        };
        (alerts, verdict)
    }

    /// The alerts of a packet and what becomes of it.
    pub fn verdict(&mut self, trial: &Trial<'_>) -> (Vec<u32>, PacketVerdict) {
        let (alerts, verdict) = self.inspect(trial, true);
        (self.sids(&alerts), verdict)
    }

    /// The alerts of a packet as one worker among several leaves them to the arbiter.
    pub fn candidates(&mut self, trial: &Trial<'_>) -> Vec<u32> {
        let (alerts, _) = self.inspect(trial, false);
        self.sids(&alerts)
    }

    /// The numbers of the rules that alert on a packet.
    pub fn alerts(&mut self, trial: &Trial<'_>) -> Vec<u32> {
        self.verdict(trial).0
    }

    fn sids(&self, alerts: &[Alert]) -> Vec<u32> {
        alerts
            .iter()
            .filter_map(|alert| self.rules.meta(alert.rule))
            .map(|meta| meta.sid)
            .collect()
    }
}

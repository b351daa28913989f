//! From a packet to the few rules that can match it.
//!
//! Every rule is filed once for each kind of packet it can match. One with a literal lies behind that literal, which
//! is looked for together with those of all other rules. One without lies in a list that is walked for every packet,
//! by the port it asks for where it asks for few, and its [`Gate`] throws it out in one comparison. One that asks for
//! an event is looked at only when the event is there.

use rustc_hash::FxHashMap;
use tapir_flow::tcp::StreamEvent;
use tapir_matcher::{PatternId, PatternSet, PatternSetBuilder, Seen, Window};
use tapir_packet::{DecodeEvent, Direction, ip_proto};
use tapir_protocols::AppLayerEvent;

use crate::context::{PacketContext, PacketTraits};
use crate::gate::Gate;
use crate::head::ProtocolTest;
use crate::part::{Part, PatternSetId};
use crate::recorder::Recorder;
use crate::rule::RuleFlags;
use crate::rule_id::RuleId;

/// A rule that asks for more ports than this is filed as if it asked for any.
const MAX_PORTS: usize = 64;

/// What the literal of a rule is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    TcpStream,
    TcpPacket,
    Udp,
    Other,
}

impl Lane {
    pub(crate) const ALL: [Lane; 4] = [Lane::TcpStream, Lane::TcpPacket, Lane::Udp, Lane::Other];

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Lane::TcpStream => "tcp stream",
            Lane::TcpPacket => "tcp payload",
            Lane::Udp => "udp payload",
            Lane::Other => "other payload",
        }
    }

    fn admits(self, protocol: ProtocolTest, flags: RuleFlags) -> bool {
        match self {
            Lane::TcpStream => protocol.admits_tcp() && flags.contains(RuleFlags::STREAM),
            Lane::TcpPacket => {
                protocol.admits_tcp()
                    && (flags.contains(RuleFlags::PACKET) || !flags.contains(RuleFlags::STREAM))
            }
            Lane::Udp => protocol.admits_udp(),
            Lane::Other => protocol.admits_others(),
        }
    }
}

/// The kinds of packets that have lists of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Tcp,
    Udp,
    Other,
}

impl Class {
    const ALL: [Class; 3] = [Class::Tcp, Class::Udp, Class::Other];

    fn admits(self, protocol: ProtocolTest) -> bool {
        match self {
            Class::Tcp => protocol.admits_tcp(),
            Class::Udp => protocol.admits_udp(),
            Class::Other => protocol.admits_others(),
        }
    }

    fn of(context: &PacketContext<'_>) -> Self {
        match context.packet.proto {
            ip_proto::TCP => Class::Tcp,
            ip_proto::UDP => Class::Udp,
            _ => Class::Other,
        }
    }
}

/// An event that rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    Decode(DecodeEvent),
    Stream(StreamEvent),
    App(AppLayerEvent),
}

/// By what a rule is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// These bytes in the payload.
    Literal {
        bytes: Box<[u8]>,
        nocase: bool,
        window: Window,
    },
    /// One of these events.
    Event(Event),
    /// Nothing.
    None,
}

/// Which ports a rule asks for, when they are few.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Ports {
    #[default]
    Any,
    Source(Vec<u16>),
    Destination(Vec<u16>),
}

impl Ports {
    /// The narrower of the two sides of a rule, or any when both are wide.
    pub(crate) fn narrowest(sport: Option<&[(u16, u16)]>, dport: Option<&[(u16, u16)]>) -> Self {
        let list = |ranges: &[(u16, u16)]| {
            let count: usize = ranges
                .iter()
                .map(|(first, last)| usize::from(last - first) + 1)
                .sum();
            (count <= MAX_PORTS).then(|| {
                ranges
                    .iter()
                    .flat_map(|&(first, last)| first..=last)
                    .collect::<Vec<u16>>()
            })
        };
        match (sport.and_then(list), dport.and_then(list)) {
            (Some(source), Some(destination)) if source.len() < destination.len() => {
                Self::Source(source)
            }
            (_, Some(destination)) => Self::Destination(destination),
            (Some(source), None) => Self::Source(source),
            (None, None) => Self::Any,
        }
    }
}

/// How a rule is filed.
#[derive(Debug, Clone)]
pub(crate) struct Filing {
    pub(crate) rule: RuleId,
    pub(crate) gate: Gate,
    pub(crate) protocol: ProtocolTest,
    pub(crate) flags: RuleFlags,
    pub(crate) key: Key,
    pub(crate) ports: Ports,
}

impl Filing {
    /// A packet without a flow counts as one to the server.
    fn admits(&self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => !self.gate.contains(Gate::TO_CLIENT),
            Direction::ToClient => !self.gate.contains(Gate::TO_SERVER),
        }
    }
}

/// Rules behind literals.
#[derive(Debug)]
struct Literals {
    set: PatternSet,
    /// Where the rules of a pattern begin in `rules`; one more entry than there are patterns.
    first: Box<[u32]>,
    rules: Box<[RuleId]>,
}

#[derive(Default)]
struct LiteralsBuilder {
    set: PatternSetBuilder,
    rules: Vec<Vec<RuleId>>,
}

impl LiteralsBuilder {
    fn add(&mut self, bytes: &[u8], nocase: bool, window: Window, rule: RuleId) {
        let id = self.set.add_within(bytes, nocase, window).index();
        if self.rules.len() <= id {
            self.rules.resize_with(id + 1, Vec::new);
        }
        if let Some(rules) = self.rules.get_mut(id) {
            rules.push(rule);
        }
    }

    fn build(self) -> Literals {
        let mut first = Vec::with_capacity(self.rules.len() + 1);
        let mut rules = Vec::with_capacity(self.rules.iter().map(Vec::len).sum());
        first.push(0);
        for behind in self.rules {
            rules.extend(behind);
            first.push(rules.len() as u32);
        }
        Literals {
            set: self.set.build(),
            first: first.into(),
            rules: rules.into(),
        }
    }
}

impl Literals {
    fn behind(&self, pattern: PatternId) -> &[RuleId] {
        let at = pattern.index();
        match (self.first.get(at), self.first.get(at + 1)) {
            (Some(&from), Some(&to)) => self
                .rules
                .get(from as usize..to as usize)
                .unwrap_or_default(),
            _ => &[],
        }
    }

    #[inline]
    fn search<R: Recorder>(
        &self,
        id: PatternSetId,
        data: &[u8],
        (scratch, recorder): (&mut Seen, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        if self.set.is_empty() {
            return;
        }
        recorder.enter(Part::Scan(id));
        let before = found.len();
        self.set.search_once(data, scratch, |pattern| {
            found.extend_from_slice(self.behind(pattern))
        });
        recorder.scanned(data.len(), found.get(before..).unwrap_or_default());
        recorder.leave();
    }
}

/// Rules without a literal, under the gate that they share.
#[derive(Debug, Default)]
struct Gated(Box<[(Gate, Box<[RuleId]>)]>);

impl Gated {
    fn of(mut rules: Vec<(Gate, RuleId)>) -> Self {
        rules.sort_unstable();
        rules.dedup();
        Self(
            rules
                .chunk_by(|a, b| a.0 == b.0)
                .map(|chunk| {
                    let gate = chunk.first().map_or(Gate::empty(), |(gate, _)| *gate);
                    (gate, chunk.iter().map(|(_, rule)| *rule).collect())
                })
                .collect(),
        )
    }

    #[inline]
    fn collect(&self, gate: Gate, found: &mut Vec<RuleId>) {
        for (wanted, rules) in &self.0 {
            if gate.contains(*wanted) {
                found.extend_from_slice(rules);
            }
        }
    }
}

/// The lists that are walked for every packet of a class and direction.
#[derive(Debug, Default)]
struct Always {
    any: Gated,
    by_sport: FxHashMap<u16, Gated>,
    by_dport: FxHashMap<u16, Gated>,
}

#[derive(Default)]
struct AlwaysBuilder {
    any: Vec<(Gate, RuleId)>,
    by_sport: FxHashMap<u16, Vec<(Gate, RuleId)>>,
    by_dport: FxHashMap<u16, Vec<(Gate, RuleId)>>,
}

impl AlwaysBuilder {
    fn add(&mut self, filing: &Filing) {
        let entry = (filing.gate, filing.rule);
        let (map, ports) = match &filing.ports {
            Ports::Any => return self.any.push(entry),
            Ports::Source(ports) => (&mut self.by_sport, ports),
            Ports::Destination(ports) => (&mut self.by_dport, ports),
        };
        for port in ports {
            map.entry(*port).or_default().push(entry);
        }
    }

    fn build(self) -> Always {
        let gated = |map: FxHashMap<u16, Vec<_>>| {
            map.into_iter()
                .map(|(port, list)| (port, Gated::of(list)))
                .collect()
        };
        Always {
            any: Gated::of(self.any),
            by_sport: gated(self.by_sport),
            by_dport: gated(self.by_dport),
        }
    }
}

/// Finds the rules that can match a packet.
#[derive(Debug)]
pub(crate) struct Prefilter {
    /// By lane and direction.
    literals: [[Literals; 2]; 4],
    /// By class and direction.
    always: [[Always; 2]; 3],
    events: FxHashMap<Event, Box<[RuleId]>>,
}

const DIRECTIONS: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

impl Prefilter {
    /// Files rules.
    pub(crate) fn new(filings: &[Filing]) -> Self {
        let mut literals: [[LiteralsBuilder; 2]; 4] = Default::default();
        let mut always: [[AlwaysBuilder; 2]; 3] = Default::default();
        let mut events: FxHashMap<Event, Vec<RuleId>> = FxHashMap::default();
        for filing in filings {
            match &filing.key {
                Key::Event(event) => events.entry(*event).or_default().push(filing.rule),
                Key::Literal {
                    bytes,
                    nocase,
                    window,
                } => {
                    for (lane, builders) in Lane::ALL.into_iter().zip(&mut literals) {
                        for (direction, builder) in DIRECTIONS.into_iter().zip(builders) {
                            if lane.admits(filing.protocol, filing.flags)
                                && filing.admits(direction)
                            {
                                builder.add(bytes, *nocase, *window, filing.rule);
                            }
                        }
                    }
                }
                Key::None => {
                    for (class, builders) in Class::ALL.into_iter().zip(&mut always) {
                        for (direction, builder) in DIRECTIONS.into_iter().zip(builders) {
                            if class.admits(filing.protocol) && filing.admits(direction) {
                                builder.add(filing);
                            }
                        }
                    }
                }
            }
        }
        Self {
            literals: literals.map(|directions| directions.map(LiteralsBuilder::build)),
            always: always.map(|directions| directions.map(AlwaysBuilder::build)),
            events: events
                .into_iter()
                .map(|(event, rules)| (event, rules.into()))
                .collect(),
        }
    }

    /// How many literals are looked for in a lane, and how many rules lie behind them.
    pub(crate) fn size(&self, lane: Lane, direction: Direction) -> (usize, usize) {
        let literals = &self.literals[lane as usize][direction.index()];
        (literals.set.len(), literals.rules.len())
    }

    /// Adds the rules that can match a packet to `found`, some of them perhaps twice.
    pub(crate) fn collect<R: Recorder>(
        &self,
        context: &PacketContext<'_>,
        gate: Gate,
        memory: (&mut Seen, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        if gate.contains(Gate::EVENTS) && !context.traits.contains(PacketTraits::CONTINUED) {
            self.collect_events(context, found);
        }
        // Without a transport that could be decoded, only events say anything about a broken packet.
        if context.is_broken() {
            return;
        }
        let way = context.direction.unwrap_or(Direction::ToServer).index();
        let class = Class::of(context);
        let always = &self.always[class as usize][way];
        always.any.collect(gate, found);
        for (map, port) in [
            (&always.by_sport, context.packet.sport),
            (&always.by_dport, context.packet.dport),
        ] {
            if let Some(gated) = map.get(&port) {
                gated.collect(gate, found);
            }
        }
        if gate.contains(Gate::PAYLOAD) {
            self.collect_literals(context, (class, way), memory, found);
        }
    }

    fn collect_literals<R: Recorder>(
        &self,
        context: &PacketContext<'_>,
        (class, way): (Class, usize),
        (seen, recorder): (&mut Seen, &mut R),
        found: &mut Vec<RuleId>,
    ) {
        let mut search = |lane: Lane, data: &[u8]| {
            let id = PatternSetId::payload(lane, way);
            self.literals[lane as usize][way].search(id, data, (seen, recorder), found);
        };
        if let Some(stream) = context.stream {
            search(Lane::TcpStream, stream.data);
        }
        let payload = context.inspected_payload();
        if payload.is_empty() {
            return;
        }
        match class {
            Class::Udp => search(Lane::Udp, payload),
            Class::Other => search(Lane::Other, payload),
            Class::Tcp => {
                search(Lane::TcpPacket, payload);
                if !context.traits.contains(PacketTraits::STREAM_ADDED) {
                    search(Lane::TcpStream, payload);
                }
            }
        }
    }

    #[cold]
    fn collect_events(&self, context: &PacketContext<'_>, found: &mut Vec<RuleId>) {
        let decode = context.packet.events.iter().map(Event::Decode);
        let stream = context.stream_events.iter().map(Event::Stream);
        let app = context
            .app
            .into_iter()
            .flat_map(|app| app.events.iter().map(Event::App));
        for event in decode.chain(stream).chain(app) {
            if let Some(rules) = self.events.get(&event) {
                found.extend_from_slice(rules);
            }
        }
    }
}

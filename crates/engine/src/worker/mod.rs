//! One worker: frames in, findings out. It owns its flows and everything on a packet's way.

mod alerted;
mod anomalies;
mod app;
mod arp;
mod changeover;
mod circumstances;
mod dialogue;
mod envelope;
mod evidence;
mod exception;
mod expectations;
mod flow_end;
mod flow_record;
mod forwarded;
mod frames;
mod inspector;
mod macs;
mod stream;
mod stream_record;
mod timable;
mod transactions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tapir_detect::{FlowState as DetectState, NoRecord, Part, Recorder};
use tapir_flow::defrag::{Defragmenter, Outcome};
use tapir_flow::tcp::Segment;
use tapir_flow::{
    EndReason, Flow, FlowConfig, FlowFlags, FlowHandle, FlowTable, Seed, Tracked, Untracked,
};
use tapir_output::Needs;
use tapir_packet::{Decoder, Direction, Frame, Packet, Packets, Timestamp};
use tapir_protocols::Recogniser;

pub(crate) use envelope::Origin;
pub(crate) use timable::{Hand, TimableWorker};

use crate::counters::Counters;
use crate::crew::{Answer, Command, Work};
use crate::finding::Finding;
use crate::rules::LoadedRules;
use crate::settings::{ChecksumMode, Settings};
use circumstances::Circumstances;
use dialogue::Dialogue;
use evidence::Evidence;
use exception::Case;
use frames::Frames;
use inspector::Inspector;
use macs::Macs;

/// What the layers above remember of a flow.
#[derive(Debug, Default)]
pub(crate) struct Attachment {
    /// Detection's part.
    pub(crate) detect: DetectState,
    /// Recognition of the application protocol.
    pub(crate) app: Recogniser,
    /// The parser of the protocol.
    pub(crate) dialogue: Dialogue,
    /// Sides whose recognition ended on the packet at hand.
    pub(crate) app_ended: [bool; 2],
    /// The parser has read something while the packet at hand was looked at.
    pub(crate) app_read: bool,
    /// The parser has read something of a direction since transactions were inspected in it.
    pub(crate) app_updated: [bool; 2],
    /// Directions in which a packet was dropped already.
    pub(crate) dropped: [bool; 2],
    /// Link-layer addresses, where outputs show them.
    pub(crate) macs: Option<Box<Macs>>,
    /// The frames that its parser told of, where they are wanted.
    pub(crate) frames: Option<Box<Frames>>,
    /// Packets to be logged should the flow alert, where packets of alerted flows are logged.
    pub(crate) evidence: Option<Box<Evidence>>,
    /// The exception policy that was applied to the flow: for what, and which.
    pub(crate) exception: Option<(&'static str, &'static str)>,
}

type FlowOf = Flow<Attachment>;

/// A worker: decoding, fragments and the flow table; what is done with a flow's packet is its
/// [`Inspector`]'s.
pub(crate) struct Worker<R = NoRecord> {
    settings: Arc<Settings>,
    seed: Seed,
    flow_config: FlowConfig,
    decoder: Decoder,
    defragmenter: Defragmenter,
    flows: FlowTable<Attachment>,
    inspector: Inspector<R>,
    /// Whether checksums of the frame at hand count.
    verified: bool,
    /// The flow of the packet at hand, for the case that its inspection fails.
    current: Option<FlowHandle>,
    /// Flows that have just ended.
    ended: Vec<(FlowOf, EndReason)>,
}

impl Worker {
    /// A worker of the engine, that nobody listens to.
    pub(crate) fn new(
        settings: Arc<Settings>,
        rules: Arc<LoadedRules>,
        needs: Arc<Needs>,
        seed: Seed,
        share: u64,
    ) -> Self {
        Self::with_recorder(settings, rules, needs, (seed, share), NoRecord)
    }
}

impl<R: Recorder> Worker<R> {
    /// A worker among `share` of them: ceilings on memory are divided.
    pub(crate) fn with_recorder(
        settings: Arc<Settings>,
        rules: Arc<LoadedRules>,
        needs: Arc<Needs>,
        (seed, share): (Seed, u64),
        recorder: R,
    ) -> Self {
        let mut flow_config = settings.flow.clone();
        flow_config.memcap /= share.max(1);
        Self {
            decoder: Decoder::new(settings.decode.clone()),
            defragmenter: Defragmenter::new(settings.defrag.clone(), seed),
            flows: FlowTable::new(flow_config.clone(), seed),
            inspector: Inspector::new(Arc::clone(&settings), rules, needs, share.max(1), recorder),
            verified: true,
            current: None,
            ended: Vec::new(),
            settings,
            seed,
            flow_config,
        }
    }

    /// The same worker, with all its flows, and another who hears of every step.
    pub(crate) fn heard_by<S: Recorder>(self, recorder: S) -> Worker<S> {
        Worker {
            settings: self.settings,
            seed: self.seed,
            flow_config: self.flow_config,
            decoder: self.decoder,
            defragmenter: self.defragmenter,
            flows: self.flows,
            inspector: self.inspector.heard_by(recorder),
            verified: self.verified,
            current: self.current,
            ended: self.ended,
        }
    }

    /// Carries out a command.
    pub(crate) fn execute(&mut self, command: Command) -> Answer {
        let mut answer = Answer::default();
        match command {
            Command::Inspect(work) => self.work(&work),
            Command::Begin(origin) => self.begin(origin),
            Command::End(last) => self.end(last),
            Command::Reload(rules) => self.reload(rules),
            Command::Count => answer.counters = Some(Box::new(self.counters())),
            // Who takes times is not decided here.
            Command::Time(_) | Command::Figures => {}
        }
        answer.findings = self.take_findings();
        answer
    }

    fn work(&mut self, work: &Work) {
        for pick in &work.picks {
            if let Some(frame) = work.batch.frame(pick.index as usize) {
                self.frame(&frame, pick.number, pick.number < work.unverified_from);
            }
        }
        if let Some(now) = work.batch.latest() {
            self.time_passes(now, work.last);
        }
    }

    /// Inspects a frame. A panic on its way is caught: the rest of the frame is lost, its flow set aside.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>, number: u64, verified: bool) {
        self.verified = verified && self.settings.checksums != ChecksumMode::Ignore;
        self.current = None;
        self.inspector.at_packet(number);
        if catch_unwind(AssertUnwindSafe(|| self.packets_of(frame))).is_err() {
            self.inspector.own.faults += 1;
            self.inspector.recorder.abandon();
            if let Some(flow) = self.current.and_then(|handle| self.flows.get_mut(handle)) {
                flow.insert_flags(FlowFlags::SET_ASIDE);
            }
        }
    }

    fn packets_of(&mut self, frame: &Frame<'_>) {
        self.inspector.recorder.enter(Part::Decode);
        let packets = self.decoder.decode(frame);
        self.each_packet(packets);
        self.inspector.recorder.leave();
    }

    fn each_packet(&mut self, packets: Packets<'_>) {
        for mut packet in packets {
            if !self.verified {
                packet.ignore_checksums();
            }
            if packet.is_fragment() && !self.fragment(&mut packet) {
                continue;
            }
            self.inspector.recorder.enter(Part::Rest);
            self.packet(&packet);
            self.inspector.recorder.leave();
        }
    }

    /// Takes a fragment; a datagram that it completes is inspected first, as packets of its own. Says whether the
    /// fragment itself is to be inspected.
    fn fragment(&mut self, packet: &mut Packet<'_>) -> bool {
        let settings = &self.settings;
        self.inspector.recorder.enter(Part::Defragment);
        let inserted = self
            .defragmenter
            .insert(packet, |host| settings.hosts.defrag(host));
        self.inspector.recorder.leave();
        if !inserted.events.is_empty() {
            self.decoder.counters.count_events(&inserted.events);
            packet.events.merge(inserted.events);
        }
        match inserted.outcome {
            Outcome::Whole(datagram) => {
                let last = packet.clone();
                let packets = self.decoder.decode_ip(&datagram, &last);
                self.each_packet(packets);
                packet.set_payload_inside();
                true
            }
            Outcome::NoTracker => !self.inspector.except_alone(packet, Case::DefragMemcap),
            Outcome::NotFragment | Outcome::Held | Outcome::Ignored => true,
        }
    }

    fn packet(&mut self, packet: &Packet<'_>) {
        self.inspector.arp(packet);
        let admission = self.inspector.before_flow(packet);
        if !admission.goes_on {
            return;
        }
        let tracked = if packet.wants_flow() && admission.tracked {
            self.inspector.recorder.enter(Part::Flow);
            let tracked = self.track(packet);
            self.inspector.recorder.leave();
            tracked
        } else {
            Ok(None)
        };
        if !self.ended.is_empty() {
            let mut ended = std::mem::take(&mut self.ended);
            for (flow, reason) in ended.drain(..) {
                self.inspector.end(flow, reason);
            }
            self.ended = ended;
        }
        let tracked = match tracked {
            Ok(tracked) => tracked,
            Err(case) if self.inspector.except_alone(packet, case) => return,
            Err(_) => None,
        };
        self.current = tracked.map(|tracked| tracked.flow);
        match tracked.and_then(|tracked| Some((tracked, self.flows.get_mut(tracked.flow)?))) {
            Some((tracked, flow)) => self.inspector.packet_of_flow(packet, flow, &tracked),
            None => drop(
                self.inspector
                    .detect(packet, None, &Circumstances::default(), None),
            ),
        }
    }

    /// The flow of a packet, if it is to have one; an error when there is no room for it.
    fn track(&mut self, packet: &Packet<'_>) -> Result<Option<Tracked>, Case> {
        let (inspector, ended) = (&self.inspector, &mut self.ended);
        let reused = |flow: &FlowOf, packet: &Packet<'_>| {
            Segment::of(packet, direction_of(flow, packet))
                .is_some_and(|segment| inspector.tcp.must_reuse(flow.tcp.as_deref(), &segment))
        };
        let number = inspector.number();
        match self.flows.track(packet, number, reused, |flow, reason| {
            ended.push((flow, reason))
        }) {
            Ok(tracked) => Ok(Some(tracked)),
            Err(Untracked::Memcap) => {
                self.inspector.own.untracked += 1;
                Err(Case::FlowMemcap)
            }
            Err(Untracked::Emergency) => {
                self.inspector.own.untracked += 1;
                Ok(None)
            }
            Err(Untracked::NoFlow | Untracked::ErrorWithoutFlow) => Ok(None),
        }
    }

    /// Flows that were silent for too long at `now` end, after packet `last`.
    pub(crate) fn time_passes(&mut self, now: Timestamp, last: u64) {
        self.inspector.recorder.enter(Part::Flow);
        let ended = &mut self.ended;
        self.flows
            .expire(now, |flow, reason| ended.push((flow, reason)));
        self.defragmenter.expire(now);
        self.finish_ended(last);
        self.inspector.recorder.leave();
    }

    /// The input is over: all flows end after packet `last`.
    pub(crate) fn end(&mut self, last: u64) {
        self.inspector.recorder.enter(Part::Flow);
        let ended = &mut self.ended;
        self.flows.drain(|flow, reason| ended.push((flow, reason)));
        self.finish_ended(last);
        self.inspector.recorder.leave();
    }

    fn finish_ended(&mut self, last: u64) {
        let mut ended = std::mem::take(&mut self.ended);
        for (flow, reason) in ended.drain(..) {
            self.inspector.at_flow_end(last, &flow);
            let inspector = &mut self.inspector;
            if catch_unwind(AssertUnwindSafe(|| inspector.end(flow, reason))).is_err() {
                self.inspector.own.faults += 1;
                self.inspector.recorder.abandon();
            }
        }
        self.ended = ended;
    }

    /// A new input begins: nothing is remembered of another.
    pub(crate) fn begin(&mut self, origin: Origin) {
        self.decoder = Decoder::new(self.settings.decode.clone());
        self.defragmenter = Defragmenter::new(self.settings.defrag.clone(), self.seed);
        self.flows = FlowTable::new(self.flow_config.clone(), self.seed);
        self.inspector.begin(origin);
    }

    /// Other rules are in force from here on.
    pub(crate) fn reload(&mut self, rules: Arc<LoadedRules>) {
        self.inspector.reload(rules);
    }

    /// What hears of every step of the rules.
    pub(crate) fn recorder(&mut self) -> &mut R {
        &mut self.inspector.recorder
    }

    pub(crate) fn counters(&self) -> Counters {
        let mut counters = self.inspector.own.clone();
        counters.decode = self.decoder.counters.clone();
        counters.flow = self.flows.counters();
        counters.defrag = self.defragmenter.counters();
        counters.set_tcp(&self.inspector.tcp);
        counters
    }

    /// What was found since this was last asked.
    pub(crate) fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.inspector.findings)
    }
}

/// The direction that a packet has in its flow.
fn direction_of(flow: &FlowOf, packet: &Packet<'_>) -> Direction {
    let from_client = if packet.sport == packet.dport {
        packet.src == flow.client()
    } else {
        packet.sport == flow.client_port()
    };
    if from_client {
        Direction::ToServer
    } else {
        Direction::ToClient
    }
}

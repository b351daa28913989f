//! What is done with a packet whose flow is known: its stream, its protocol, the rules.

use std::sync::Arc;

use smallvec::SmallVec;
use tapir_detect::{
    Alert, Arbiter, ArbiterLimits, Detector, FlowApp, FlowFrames, FlowSubject, FlowVerdict,
    FrameView, PacketContext, PacketHook, PacketTraits, PacketVerdict, Part, Recorder,
    StreamWindow,
};
use tapir_flow::tcp::{self, RawWindows, Segment, SegmentFlags, Session, StreamEvent};
use tapir_flow::{FlowFlags, FlowState, Tracked};
use tapir_output::Needs;
use tapir_packet::{Packet, ip_proto};
use tapir_protocols::{ParserSettings, StoreKey, Storing, TypeTeller};
use tapir_rules::keywords::{mail, tls};

use super::circumstances::{Circumstances, protos_of, view_of};
use super::envelope::{Enveloper, Origin};
use super::exception::Case;
use super::expectations::Expectations;
use super::frames::{self, Frames, logs_frames};
use super::{Attachment, FlowOf};
use crate::counters::Counters;
use crate::file_type;
use crate::finding::{Discovery, Finding, Place, Stage};
use crate::rules::LoadedRules;
use crate::settings::Settings;
use crate::verdict_counters::FLOW_DROP;

/// Inspects packets of flows, and those without.
pub(super) struct Inspector<R> {
    pub(super) settings: Arc<Settings>,
    /// Settings of parsers, as the rules in force and the outputs want them.
    pub(super) parsers: Arc<ParserSettings>,
    pub(super) rules: Arc<LoadedRules>,
    pub(super) needs: Arc<Needs>,
    pub(super) origin: Origin,
    share: u64,
    pub(super) tcp: tcp::Engine,
    pub(super) outcome: tcp::Outcome,
    detector: Detector,
    /// Hears of every step of the rules.
    pub(super) recorder: R,
    /// Flows that others have announced.
    pub(super) expectations: Expectations,
    /// Of the only worker of an entangled rule set: what crosses flows is settled at once.
    pub(super) arbiter: Option<Arbiter>,
    pub(super) findings: Vec<Finding>,
    /// Where the next finding belongs.
    place: Place,
    /// Alerts of the packet at hand; kept for its memory.
    alerts: Vec<Alert>,
    /// Frames are of use to rules or outputs.
    pub(super) frames_wanted: bool,
    /// The stream at hand carries a file that is to be stored.
    pub(super) deepen: bool,
    /// Counters that nobody else keeps.
    pub(super) own: Counters,
}

impl<R: Recorder> Inspector<R> {
    pub(super) fn new(
        settings: Arc<Settings>,
        rules: Arc<LoadedRules>,
        needs: Arc<Needs>,
        share: u64,
        recorder: R,
    ) -> Self {
        Self {
            tcp: new_tcp(&settings, &rules, share),
            outcome: tcp::Outcome::default(),
            detector: Detector::new(Arc::clone(&rules.set)),
            recorder,
            expectations: Expectations::default(),
            arbiter: rules.set.is_entangled().then(|| new_arbiter(&rules)),
            findings: Vec::new(),
            place: Place {
                packet: 0,
                stage: Stage::Packet,
                flow: 0,
                order: 0,
            },
            alerts: Vec::new(),
            frames_wanted: rules.set.looks_at_frames() || logs_frames(&needs),
            deepen: false,
            own: Counters::default(),
            origin: Origin::default(),
            parsers: parsers_for(&settings, &rules, &needs, R::WATCHES_TRANSACTIONS),
            settings,
            rules,
            needs,
            share,
        }
    }

    /// The same with another who hears of every step. It must want to see as much of transactions as the one before.
    pub(super) fn heard_by<S: Recorder>(self, recorder: S) -> Inspector<S> {
        Inspector {
            recorder,
            settings: self.settings,
            parsers: self.parsers,
            rules: self.rules,
            needs: self.needs,
            origin: self.origin,
            share: self.share,
            tcp: self.tcp,
            outcome: self.outcome,
            detector: self.detector,
            expectations: self.expectations,
            arbiter: self.arbiter,
            findings: self.findings,
            place: self.place,
            alerts: self.alerts,
            frames_wanted: self.frames_wanted,
            deepen: self.deepen,
            own: self.own,
        }
    }

    /// A new input begins.
    pub(super) fn begin(&mut self, origin: Origin) {
        self.origin = origin;
        self.own = Counters::default();
        self.expectations = Expectations::default();
        self.tcp = new_tcp(&self.settings, &self.rules, self.share);
        if self.arbiter.is_some() {
            self.arbiter = Some(new_arbiter(&self.rules));
        }
    }

    pub(super) fn reload(&mut self, rules: Arc<LoadedRules>) {
        self.detector.reload(Arc::clone(&rules.set));
        match &mut self.arbiter {
            Some(arbiter) => arbiter.reload(Arc::clone(&rules.set)),
            None => self.arbiter = rules.set.is_entangled().then(|| new_arbiter(&rules)),
        }
        if compares_overlaps(&rules) {
            self.tcp.enable_overlap_check();
        }
        self.parsers = parsers_for(&self.settings, &rules, &self.needs, R::WATCHES_TRANSACTIONS);
        self.frames_wanted = rules.set.looks_at_frames() || logs_frames(&self.needs);
        self.rules = rules;
    }

    /// Number of the packet at hand.
    pub(super) fn number(&self) -> u64 {
        self.place.packet
    }

    /// Findings belong to this packet from now on.
    pub(super) fn at_packet(&mut self, number: u64) {
        self.place = Place {
            packet: number,
            stage: Stage::Packet,
            flow: 0,
            order: 0,
        };
    }

    /// Findings belong to a flow that ends after packet `last`.
    pub(super) fn at_flow_end(&mut self, last: u64, flow: &FlowOf) {
        self.place = Place {
            packet: last,
            stage: Stage::FlowEnd,
            flow: flow.first_packet(),
            order: 0,
        };
    }

    /// A name for a file that is stored from here on, told by the current place.
    pub(super) fn store_key(&mut self) -> StoreKey {
        let Place {
            packet,
            flow,
            order,
            ..
        } = self.place;
        self.place.order += 1;
        StoreKey {
            packet,
            flow,
            order,
        }
    }

    /// Notes a finding at the current place.
    pub(super) fn find(&mut self, what: Discovery) {
        self.findings.push(Finding {
            place: self.place,
            what,
        });
        self.place.order += 1;
    }

    pub(super) fn order(&self) -> u32 {
        self.place.order
    }

    pub(super) fn enveloper(&self) -> Enveloper<'_> {
        Enveloper {
            origin: &self.origin,
            needs: &self.needs,
            rules: &self.rules,
        }
    }

    /// Inspects a packet of a flow.
    pub(super) fn packet_of_flow(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        tracked: &Tracked,
    ) {
        if self.needs.ether {
            let macs = flow.attachment.macs.get_or_insert_default();
            macs.see(packet, tracked.direction);
        }
        if flow.state().is_bypassed() {
            self.own.bypassed[0] += 1;
            self.own.bypassed[1] += packet.data.len() as u64;
            return;
        }
        if flow.flags().contains(FlowFlags::SET_ASIDE) {
            return;
        }
        flow.attachment.app_ended = [false; 2];
        flow.attachment.app_read = false;
        if self.settings.prevention && flow.attachment.detect.firewall() == FlowVerdict::Drop {
            let seen = Circumstances {
                direction: Some(tracked.direction),
                ..Circumstances::default()
            };
            *self.own.firewall_drops.entry(FLOW_DROP).or_default() += 1;
            return self.drop_record(packet, Some(flow), &seen, "firewall flow drop");
        }
        if self.settings.prevention && flow.attachment.detect.verdict() == FlowVerdict::Drop {
            let seen = Circumstances {
                direction: Some(tracked.direction),
                ..Circumstances::default()
            };
            let reason = flow_drop_reason(flow);
            return self.dropped(packet, Some(flow), &seen, reason);
        }
        let mut seen = Circumstances {
            direction: Some(tracked.direction),
            first: tracked.first_of_direction,
            established: tracked.established,
            ..Circumstances::default()
        };
        match packet.proto {
            ip_proto::TCP => {
                if let Some(segment) = Segment::of(packet, tracked.direction) {
                    self.segment(packet, segment, flow, &mut seen);
                    return self.bypass_if_wanted(flow);
                }
            }
            ip_proto::UDP => self.datagram(packet, tracked.direction, flow, &mut seen),
            _ => {}
        }
        let excepted = seen.parser_failed && self.except(packet, flow, &seen, Case::AppLayerError);
        if !excepted {
            self.detect(packet, Some(flow), &seen, None);
        }
        self.transactions(packet, flow, &seen, false);
        self.bypass_if_wanted(flow);
    }

    fn bypass_if_wanted(&mut self, flow: &mut FlowOf) {
        if !flow.attachment.detect.wants_bypass() {
            return;
        }
        flow.set_state(FlowState::LocalBypassed);
        if let Some(session) = &mut flow.tcp {
            self.tcp.free_data(session);
        }
    }

    /// Asks the firewall about a packet before its flow is known: whether it goes on, and whether it may have a flow.
    pub(super) fn before_flow(&mut self, packet: &Packet<'_>) -> Admission {
        self.at_hook(PacketHook::PreFlow, packet, None, &Circumstances::default())
    }

    /// Asks the firewall at an early hook.
    pub(super) fn at_hook(
        &mut self,
        hook: PacketHook,
        packet: &Packet<'_>,
        mut flow: Option<&mut FlowOf>,
        seen: &Circumstances,
    ) -> Admission {
        let mut admission = Admission {
            goes_on: true,
            tracked: true,
        };
        if !self.rules.set.asks_at(hook) {
            return admission;
        }
        let view = flow.as_deref().map(view_of);
        let context = PacketContext {
            number: self.place.packet,
            packet,
            payload: packet.payload(),
            direction: seen.direction,
            flow: view.as_ref(),
            traits: seen.traits(packet, flow.as_deref()),
            stream: None,
            app: None,
            stream_events: seen.events,
        };
        let mut alerts = Vec::new();
        let state = flow.as_deref_mut().map(|flow| &mut flow.attachment.detect);
        let arbiter = self.arbiter.as_mut();
        self.recorder.enter(Part::Detection);
        let verdict = self
            .detector
            .inspect_at(hook, &context, state, arbiter, &mut alerts);
        self.recorder.leave();
        admission.goes_on = verdict.firewall.is_none() || !self.settings.prevention;
        admission.tracked = !verdict.untracked;
        if !alerts.is_empty() || verdict.firewall.is_some() {
            self.report(packet, flow, seen, &mut alerts, verdict);
        }
        admission
    }

    /// Notes what is anomalous about a packet and tries the rules on it; with `segment` also on what its
    /// stream has ready. Says how far the stream was inspected, 0 for not at all.
    pub(super) fn detect(
        &mut self,
        packet: &Packet<'_>,
        mut flow: Option<&mut FlowOf>,
        seen: &Circumstances,
        segment: Option<&Segment<'_>>,
    ) -> u64 {
        self.anomalies(packet, flow.as_deref(), seen);
        let mut progress = 0;
        if !self.rules.set.is_empty() || R::WATCHES_TRANSACTIONS {
            let mut alerts = std::mem::take(&mut self.alerts);
            let (read, verdict) =
                self.try_rules(packet, flow.as_deref_mut(), seen, segment, &mut alerts);
            progress = read;
            if let (Some(flow), Some(direction)) = (flow.as_deref_mut(), seen.direction) {
                flow.attachment.app_updated[direction.index()] = false;
            }
            self.report(packet, flow.as_deref_mut(), seen, &mut alerts, verdict);
            alerts.clear();
            self.alerts = alerts;
        }
        if let Some(flow) = flow.filter(|flow| flow.attachment.frames.is_some()) {
            self.settle_frames(packet, flow, seen);
        }
        progress
    }

    /// Tries the rules; says how far the stream was inspected, and what is to become of the packet.
    fn try_rules(
        &mut self,
        packet: &Packet<'_>,
        mut flow: Option<&mut FlowOf>,
        seen: &Circumstances,
        segment: Option<&Segment<'_>>,
        alerts: &mut Vec<Alert>,
    ) -> (u64, PacketVerdict) {
        let view = flow.as_deref().map(view_of);
        let app = flow
            .as_deref()
            .map(|flow| protos_of(&flow.attachment.app, seen.app_events));
        let mut context = PacketContext {
            number: self.place.packet,
            packet,
            payload: if packet.is_payload_inside() || packet.is_invalid() {
                &[]
            } else {
                packet.payload()
            },
            direction: seen.direction,
            flow: view.as_ref(),
            traits: seen.traits(packet, flow.as_deref()),
            stream: None,
            app: app.as_ref(),
            stream_events: seen.events,
        };
        let (session, mut attachment) = match flow.take() {
            Some(flow) => (flow.tcp.as_deref(), Some(&mut flow.attachment)),
            None => (None, None),
        };
        let mut frames = attachment
            .as_mut()
            .and_then(|of_flow| of_flow.frames.take());
        let mut views = frames_of(packet, session, frames.as_deref(), seen);
        let mut verdict = PacketVerdict::default();
        let windows = match (session, segment) {
            (Some(session), Some(segment)) if seen.segment.contains(SegmentFlags::ESTABLISHED) => {
                self.tcp.raw_windows(session, segment, &self.outcome, false)
            }
            _ => RawWindows::default(),
        };
        let mut streams = windows.as_slice().iter().map(|window| StreamWindow {
            offset: window.offset,
            data: window.data,
        });
        context.stream = streams.next();
        loop {
            let subject = attachment.as_deref_mut().map(|of_flow| FlowSubject {
                frames: take_frames(&views, frames.as_deref_mut(), seen),
                ..subject_of(of_flow, seen)
            });
            inspect(
                (&mut self.detector, &mut self.recorder),
                self.arbiter.as_mut(),
                &context,
                subject,
                (alerts, &mut verdict),
            );
            context.stream = streams.next();
            if verdict.firewall.is_some() || context.stream.is_none() {
                break;
            }
            // The packet itself is tried once, with the first run of its stream.
            context.payload = &[];
            context.traits |= PacketTraits::CONTINUED;
            views.clear();
        }
        if let Some(of_flow) = attachment {
            of_flow.frames = frames;
        }
        (windows.progress(), verdict)
    }
}

/// What the firewall says of a packet at an early hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Admission {
    /// It is not dropped.
    pub(super) goes_on: bool,
    /// It may belong to a flow.
    pub(super) tracked: bool,
}

/// What is to be inspected of the frames of a packet's direction.
fn frames_of<'r>(
    packet: &Packet<'r>,
    session: Option<&'r Session>,
    frames: Option<&Frames>,
    seen: &Circumstances,
) -> SmallVec<[FrameView<'r>; 4]> {
    let (Some(frames), Some(direction)) = (frames, seen.direction) else {
        return SmallVec::new();
    };
    let last = seen.is_stream_end();
    let runs = frames::runs(packet, session, direction, last);
    frames.views(direction, &runs, last)
}

fn take_frames<'f>(
    views: &'f [FrameView<'f>],
    frames: Option<&'f mut Frames>,
    seen: &Circumstances,
) -> Option<FlowFrames<'f>> {
    let matched = frames?.matched(seen.direction?);
    (!views.is_empty()).then_some(FlowFrames { views, matched })
}

/// What detection works on of a flow.
fn subject_of<'f>(attachment: &'f mut Attachment, seen: &Circumstances) -> FlowSubject<'f> {
    let ended = seen.is_stream_end()
        || seen
            .direction
            .is_some_and(|direction| attachment.dialogue.has_ended(direction));
    FlowSubject {
        state: &mut attachment.detect,
        app: attachment
            .dialogue
            .state_mut()
            .map(|state| FlowApp { state, ended }),
        frames: None,
    }
}

fn inspect<R: Recorder>(
    (detector, recorder): (&mut Detector, &mut R),
    arbiter: Option<&mut Arbiter>,
    context: &PacketContext<'_>,
    state: Option<FlowSubject<'_>>,
    (alerts, verdict): (&mut Vec<Alert>, &mut PacketVerdict),
) {
    let found = detector.inspect_recorded(context, state, arbiter, recorder, alerts);
    verdict.actions |= found.actions;
    verdict.dropped_by = verdict.dropped_by.or(found.dropped_by);
    verdict.suppressed += found.suppressed;
    verdict.discarded += found.discarded;
    verdict.tagged |= found.tagged;
    verdict.firewall = verdict.firewall.or(found.firewall);
}

/// Why the packets of a condemned flow are dropped.
pub(super) fn flow_drop_reason(flow: &FlowOf) -> &'static str {
    match flow.attachment.exception {
        Some((_, "drop_flow" | "reject")) => "exception policy flow drop",
        _ => "flow drop",
    }
}

/// The settings of parsers, with what rules and outputs want to know of files; `all` for somebody who wants to see
/// every value that rules could ask for.
fn parsers_for(
    settings: &Settings,
    rules: &LoadedRules,
    needs: &Needs,
    all: bool,
) -> Arc<ParserSettings> {
    let mut parsers = (*settings.parsers).clone();
    let mut files = (*parsers.files).clone();
    files.content = all;
    rules.set.ask_of_files(&mut files);
    let of_log = |log: &str| needs.app_options.get(log).map_or(&[][..], Vec::as_slice);
    let of_files = of_log("fileinfo");
    let shows_types = of_files
        .iter()
        .any(|options| options.is_on("force-magic", false))
        || needs.file_store.as_ref().is_some_and(|store| store.types);
    files.magic = (all || shows_types || rules.set.asks_for_types())
        .then_some(TypeTeller(file_type::of_beginning));
    if let Some(store) = &needs.file_store {
        files.sha256 = true;
        files.md5 |= store.digests.iter().any(|digest| digest == "md5");
        files.sha1 |= store.digests.iter().any(|digest| digest == "sha1");
        files.stored_limit = store.stream_depth.unwrap_or(settings.stream.depth).into();
        files.storing = match (store.all, rules.set.stores_files()) {
            (true, _) => Storing::Always,
            (false, true) => Storing::OnDemand,
            (false, false) => Storing::Never,
        };
    }
    for digest in of_files
        .iter()
        .filter_map(|options| options.list("force-hash"))
        .flatten()
    {
        match &**digest {
            "md5" => files.md5 = true,
            "sha1" => files.sha1 = true,
            "sha256" => files.sha256 = true,
            _ => {}
        }
    }
    parsers.files = Arc::new(files);
    let shown = |name: &str| {
        of_log("tls").iter().any(|options| {
            let of_extended = options.is_on("extended", false);
            match options.list("custom") {
                Some(listed) => listed.iter().any(|field| field.starts_with(name)),
                None => options.is_on(name, of_extended),
            }
        })
    };
    let ja3 = [
        tls::JA3_HASH,
        tls::JA3_STRING,
        tls::JA3S_HASH,
        tls::JA3S_STRING,
    ];
    parsers.ssh.hassh |= parsers.ssh.hassh_auto
        && (all
            || rules.set.asks_for(&[
                tls::SSH_HASSH,
                tls::SSH_HASSH_SERVER,
                tls::SSH_HASSH_STRING,
                tls::SSH_HASSH_SERVER_STRING,
            ]));
    parsers.tls.ja3 |= parsers.tls.ja3_auto && (all || rules.set.asks_for(&ja3) || shown("ja3"));
    parsers.tls.ja4 |=
        parsers.tls.ja4_auto && (all || rules.set.asks_for(&[tls::JA4_HASH]) || shown("ja4"));
    parsers.smtp.body_md5 |=
        parsers.smtp.body_md5_auto && (all || rules.set.asks_for(&[mail::EMAIL_BODY_MD5]));
    Arc::new(parsers)
}

fn new_arbiter(rules: &LoadedRules) -> Arbiter {
    Arbiter::new(Arc::clone(&rules.set), ArbiterLimits::default())
}

/// Whether data that comes twice has to be compared: it costs keeping what was acknowledged for another window.
fn compares_overlaps(rules: &LoadedRules) -> bool {
    rules
        .set
        .waits_for(StreamEvent::ReassemblyOverlapDifferentData)
}

fn new_tcp(settings: &Arc<Settings>, rules: &LoadedRules, share: u64) -> tcp::Engine {
    let mut config = settings.stream.clone();
    config.check_overlap_different_data |= compares_overlaps(rules);
    config.memcap /= share;
    config.reassembly_memcap /= share;
    let hosts = Arc::clone(settings);
    tcp::Engine::new(config, Box::new(move |host| hosts.hosts.policy(host)))
}

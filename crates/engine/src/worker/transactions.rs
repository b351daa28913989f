//! Records of transactions, and letting them go.

use tapir_detect::{Part, Recorder};
use tapir_flow::FlowFlags;
use tapir_json::Json;
use tapir_output::event::{Anomaly, AnomalyKind, FileContent, FileEnd};
use tapir_output::{Body, Event};
use tapir_packet::{Direction, Packet};
use tapir_protocols::{
    AppProto, AppState, File, FileState, Meta, RecordOptions, StoreKey, Transaction, Transport,
};

use super::FlowOf;
use super::circumstances::Circumstances;
use super::inspector::Inspector;
use crate::finding::Discovery;

/// More open transactions than this are not kept for one flow: the oldest go.
const MAX_OPEN: usize = 1024;

const DIRECTIONS: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

/// Something about a transaction that goes into a record of its own.
struct Entry {
    /// The name under which the log is configured.
    log: &'static str,
    event_type: &'static str,
    variant: Option<usize>,
    json: Vec<u8>,
    tx_id: Option<u64>,
    /// The stored file that it is about.
    stored: Option<StoreKey>,
    /// It is about what the server sent.
    from_server: bool,
}

impl<R: Recorder> Inspector<R> {
    /// Writes the records of a flow's transactions that are due, and lets go of those that are done with.
    /// `last`: the flow is over.
    pub(super) fn transactions(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        seen: &Circumstances,
        last: bool,
    ) {
        let Some(mut state) = flow.attachment.dialogue.take_state() else {
            return;
        };
        self.recorder.enter(Part::Records);
        self.count_transactions(&state, flow);
        self.finish_transactions(&mut state, packet, flow, seen, last);
        self.deepen(flow);
        self.recorder.leave();
        flow.attachment.dialogue.put_state(state);
    }

    fn count_transactions(&mut self, state: &AppState, flow: &mut FlowOf) {
        let new = flow.attachment.dialogue.count(state.total());
        // The one transaction of these protocols is there from the beginning, and not counted.
        let is_session = matches!(flow.attachment.app.flow(), AppProto::Tls | AppProto::Ssh);
        if new > 0 && !is_session {
            let transport = if flow.tcp.is_some() {
                Transport::Tcp
            } else {
                Transport::Udp
            };
            let key = (flow.attachment.app.flow(), transport);
            self.own.protocols.entry(key).or_default().transactions += new;
        }
    }

    /// The same for a parser whose protocol has been left.
    pub(super) fn finish_transactions(
        &mut self,
        state: &mut AppState,
        packet: &Packet<'_>,
        flow: &FlowOf,
        seen: &Circumstances,
        last: bool,
    ) {
        if state.is_empty() {
            return;
        }
        let proto = flow.attachment.app.flow();
        let closed = DIRECTIONS.map(|way| last || flow.attachment.dialogue.has_ended(way));
        let mut entries = Vec::new();
        let excess = state.len().saturating_sub(MAX_OPEN);
        for place in 0..state.len() {
            let goes = last || place < excess;
            let Some(meta) = state.meta(place) else { break };
            let finished = goes || is_finished(meta, closed, state.complete());
            let (due, id) = (!meta.shown && (finished || meta.log_now), meta.id());
            self.event_anomalies(state, place, proto, (packet, flow, seen));
            if due {
                self.transaction_records(state, place, proto, &mut entries);
                if has_number(proto) {
                    entries.iter_mut().for_each(|entry| entry.tx_id = Some(id));
                }
            }
            // Files are told of with packets that go their way.
            let ways = DIRECTIONS
                .map(|way| goes || seen.direction.is_none_or(|of_packet| of_packet == way));
            let mut waits = false;
            for way in DIRECTIONS {
                let told = ways[way.index()];
                let kept = flow.attachment.detect.stores_files()[way.index()];
                let due = self.due_files(state, place, (way, finished, told, kept), &mut waits);
                self.file_records(state, place, (proto, way), &due, &mut entries);
            }
            if self.needs.certificates {
                self.keep_certificates(state, place, packet, flow);
            }
            if let Some(meta) = state.meta_mut(place) {
                meta.log_now = false;
                meta.shown |= finished;
                meta.logged |= finished && !waits;
            }
            for entry in entries.drain(..) {
                self.transaction_record(entry, packet, flow);
            }
        }
        self.release(state, proto, excess);
    }

    /// Hands on the certificates that rules have kept on disk.
    fn keep_certificates(
        &mut self,
        state: &mut AppState,
        place: usize,
        packet: &Packet<'_>,
        flow: &FlowOf,
    ) {
        let Some(transaction) = state.transaction_mut(place) else {
            return;
        };
        let kept = DIRECTIONS.map(|way| (way, transaction.take_kept_certificates(way)));
        for (way, chain) in kept {
            let Some(chain) = chain else { continue };
            let mut envelope = self.enveloper().of_flow(packet, self.number(), flow);
            if way == Direction::ToClient {
                std::mem::swap(&mut envelope.src_ip, &mut envelope.dest_ip);
                std::mem::swap(&mut envelope.src_port, &mut envelope.dest_port);
            }
            let event = Event {
                packet: self.number(),
                order: self.order(),
                ts: packet.ts,
                envelope,
                body: Body::Certificates {
                    side: way,
                    chain: Box::new(chain),
                },
            };
            self.find(Discovery::Event(Box::new(event)));
        }
    }

    /// Lets go of the transactions that are logged and inspected, and of the oldest beyond what is kept.
    fn release(&self, state: &mut AppState, proto: AppProto, mut excess: usize) {
        let inspects = DIRECTIONS.map(|way| self.rules.set.looks_at_transactions(proto, way));
        let is_settled = |meta: &Meta, way: usize| {
            meta.skip[way] || !inspects[way] || meta.inspection[way].complete
        };
        state.release(|meta| {
            let done = (meta.logged && is_settled(meta, 0) && is_settled(meta, 1)) || excess > 0;
            excess = excess.saturating_sub(1);
            done
        });
    }

    fn transaction_records(
        &self,
        state: &mut AppState,
        place: usize,
        proto: AppProto,
        entries: &mut Vec<Entry>,
    ) {
        if self.needs.app.is_empty() {
            return;
        }
        let default = [RecordOptions::default()];
        let name = log_name(proto);
        let variants = self.needs.app_options.get(name);
        let variants = variants.map_or(default.as_slice(), Vec::as_slice);
        let wanted = &self.needs.app;
        let Some(transaction) = state.transaction_mut(place) else {
            return;
        };
        let mut shown = false;
        for (variant, options) in variants.iter().enumerate() {
            let from_server = transaction.is_from_server(options);
            transaction.records(options, &mut |event_type, write| {
                shown = true;
                let log = log_of(proto, event_type);
                // What belongs to another log has but one form.
                let is_shown = log == name || variant == 0;
                if is_shown && wanted.iter().any(|wanted| wanted == log) {
                    entries.push(Entry {
                        log,
                        event_type,
                        variant: (log == name && variants.len() > 1).then_some(variant),
                        json: members(write),
                        tx_id: None,
                        stored: None,
                        from_server,
                    });
                }
            });
        }
        if shown {
            transaction.shown();
        }
    }

    /// The files of a transaction in one direction whose records are due: `told` says whether they may be told of with
    /// the packet at hand, else they wait. What there is of files that are kept on disk is handed on.
    fn due_files(
        &mut self,
        state: &mut AppState,
        place: usize,
        (way, finished, told, kept): (Direction, bool, bool, bool),
        waits: &mut bool,
    ) -> Vec<usize> {
        let mut due = Vec::new();
        let stores = state
            .meta(place)
            .is_some_and(|meta| meta.store_files[way.index()]);
        let Some(transaction) = state.transaction_mut(place) else {
            return due;
        };
        for (number, file) in transaction.files_mut(way).iter_mut().enumerate() {
            if finished {
                file.close(FileState::Truncated);
            }
            if stores {
                file.keep();
            }
            file.keep_if_new(kept);
            self.store(file);
            if file.state() == FileState::Open || file.logged {
                continue;
            }
            if told {
                file.logged = true;
                due.push(number);
            } else {
                *waits = true;
            }
        }
        due
    }

    /// Shows files of a transaction.
    fn file_records(
        &self,
        state: &AppState,
        place: usize,
        (proto, way): (AppProto, Direction),
        due: &[usize],
        entries: &mut Vec<Entry>,
    ) {
        let is_logged = || self.needs.app.iter().any(|wanted| wanted == "fileinfo");
        if due.is_empty() || !(self.needs.file_store.is_some() || is_logged()) {
            return;
        }
        let (Some(transaction), Some(id)) =
            (state.transaction(place), state.meta(place).map(Meta::id))
        else {
            return;
        };
        let default = RecordOptions::default();
        let options = self.needs.options(log_name(proto)).unwrap_or(&default);
        for file in due
            .iter()
            .filter_map(|number| transaction.files(way).get(*number))
        {
            entries.push(Entry {
                log: "fileinfo",
                event_type: "fileinfo",
                variant: None,
                json: members(&|json| {
                    transaction.describe(json, options);
                    json.word("app_proto", proto.event_name());
                    describe_file(json, file, id);
                }),
                tx_id: None,
                stored: file.store_key.filter(|_| file.is_stored()),
                from_server: way == Direction::ToClient,
            });
        }
    }

    /// Hands on what has come of a file that is to be stored.
    fn store(&mut self, file: &mut File) {
        let Some(data) = file.take_unwritten() else {
            return;
        };
        let key = match file.store_key {
            Some(key) => key,
            None => self.store_key(),
        };
        file.store_key = Some(key);
        self.deepen = true;
        let over = file.state() != FileState::Open || !file.is_kept();
        let end = over.then(|| match file.digests().sha256 {
            Some(digest) if file.is_stored() => FileEnd::Whole(digest),
            _ => FileEnd::Lost,
        });
        let content = FileContent { key, data, end };
        self.find(Discovery::Content(Box::new(content)));
    }

    /// Streams that carry files to be stored are followed further than others.
    fn deepen(&mut self, flow: &mut FlowOf) {
        if !std::mem::take(&mut self.deepen) {
            return;
        }
        let depth = self
            .needs
            .file_store
            .as_ref()
            .and_then(|store| store.stream_depth);
        if let (Some(depth), Some(session)) = (depth, flow.tcp.as_deref_mut()) {
            session.set_depth(depth);
        }
    }

    fn transaction_record(&mut self, entry: Entry, packet: &Packet<'_>, flow: &FlowOf) {
        let mut envelope = self.enveloper().of_flow(packet, self.number(), flow);
        if entry.from_server {
            std::mem::swap(&mut envelope.src_ip, &mut envelope.dest_ip);
            std::mem::swap(&mut envelope.src_port, &mut envelope.dest_port);
            if let Some(ether) = &mut envelope.ether {
                ether.turn();
            }
        }
        envelope.tx_id = entry.tx_id;
        let event = Event {
            packet: self.number(),
            order: self.order(),
            ts: packet.ts,
            envelope,
            body: match entry.stored {
                Some(key) => Body::Stored {
                    json: entry.json.into(),
                    key,
                },
                None => Body::App {
                    log: entry.log,
                    event_type: entry.event_type,
                    variant: entry.variant,
                    json: entry.json.into(),
                },
            },
        };
        self.find(Discovery::Event(Box::new(event)));
    }

    /// Notes what the parser found wrong with a transaction since this was last asked.
    fn event_anomalies(
        &mut self,
        state: &mut AppState,
        place: usize,
        proto: AppProto,
        (packet, flow, seen): (&Packet<'_>, &FlowOf, &Circumstances),
    ) {
        let names = state.events();
        let Some(meta) = state.meta_mut(place) else {
            return;
        };
        let new = meta.events.get(meta.events_logged..).unwrap_or_default();
        if new.is_empty() {
            return;
        }
        let new: Vec<&'static str> = new
            .iter()
            .filter_map(|event| names.get(usize::from(*event)).copied())
            .collect();
        let id = meta.id();
        meta.events_logged = meta.events.len();
        if !self.needs.applayer_anomalies {
            return;
        }
        for name in new {
            let mut envelope =
                self.enveloper()
                    .of_packet(packet, self.number(), seen.direction, Some(flow));
            envelope.tx_id = Some(id);
            let body = Body::Anomaly(Box::new(Anomaly {
                kind: AnomalyKind::AppLayer {
                    app_proto: proto.event_name(),
                    layer: "proto_parser",
                },
                event: Some(name),
                code: 0,
                packet: None,
            }));
            let event = Event {
                packet: self.number(),
                order: self.order(),
                ts: packet.ts,
                envelope,
                body,
            };
            self.find(Discovery::Event(Box::new(event)));
        }
    }

    /// What alerts show of a transaction: the members of their records.
    pub(super) fn describe_transaction(&self, flow: &FlowOf, id: u64) -> Option<Box<[u8]>> {
        let state = flow.attachment.dialogue.state()?;
        let place = (0..state.len())
            .find(|&place| state.meta(place).is_some_and(|meta| meta.id() == id))?;
        let transaction = state.transaction(place)?;
        let default = RecordOptions::default();
        let options = self
            .needs
            .options(log_name(flow.attachment.app.flow()))
            .unwrap_or(&default);
        let json = members(&|json| {
            transaction.describe(json, options);
            describe_files(json, transaction, id);
        });
        (!json.is_empty()).then(|| json.into())
    }

    /// Does what a parser asks of its flow.
    pub(super) fn obey(
        &mut self,
        orders: &tapir_protocols::Orders,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
    ) {
        if orders.no_payload_inspection || orders.no_inspection {
            flow.insert_flags(FlowFlags::NO_PAYLOAD_INSPECTION);
        }
        if let Some(session) = flow.tcp.as_deref_mut() {
            if let Some(depth) = orders.stream_depth {
                session.set_depth(depth);
            }
            for way in DIRECTIONS {
                if orders.inspect_stream[way.index()] {
                    session.trigger_raw(way);
                }
                if orders.no_payload_inspection || orders.no_inspection {
                    session.disable_raw(way);
                }
            }
            if orders.no_reassembly {
                session.disable_app();
            }
        }
        if orders.bypass {
            flow.attachment.detect.request_bypass();
        }
        if let Some((port, proto)) = orders.change {
            let attachment = &mut flow.attachment;
            if attachment.app.announce(port, proto) {
                attachment.dialogue.leave(&orders.request);
            } else if let Some(state) = attachment.dialogue.state_mut() {
                state.change_refused();
            }
        }
        if let Some(proto) = orders
            .refined
            .filter(|proto| *proto != flow.attachment.app.flow())
        {
            flow.attachment.app.refine(proto);
            flow.attachment.dialogue.refine(proto);
            if let Some(session) = flow.tcp.as_deref_mut() {
                DIRECTIONS
                    .into_iter()
                    .for_each(|way| session.set_recognised(way));
            }
        }
        if let Some(expected) = &orders.expected_flow {
            self.expectations.add(flow, expected.clone(), packet.ts);
        }
    }
}

/// Whether both sides of a transaction are complete, not to be seen, or closed.
fn is_finished(meta: &Meta, closed: [bool; 2], complete: [u8; 2]) -> bool {
    DIRECTIONS.iter().all(|way| {
        let at = way.index();
        meta.skip[at] || closed[at] || meta.progress(*way) >= complete[at]
    })
}

/// The members that `write` writes of an object.
fn members(write: &dyn Fn(&mut Json<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Json::begin(&mut out));
    out.drain(..1);
    out
}

/// The name under which the log of a protocol is configured.
fn log_name(proto: AppProto) -> &'static str {
    match proto {
        AppProto::Http1 | AppProto::Http => "http",
        AppProto::FtpData => "ftp_data",
        AppProto::BittorrentDht => "bittorrent_dht",
        other => other.name(),
    }
}

/// The log that a record of a protocol belongs to: that of its `event_type`, but for those that share one.
fn log_of(proto: AppProto, event_type: &'static str) -> &'static str {
    match proto {
        AppProto::Http2 | AppProto::Doh2 => log_name(proto),
        _ => event_type,
    }
}

/// Whether records of a protocol's transactions have their number.
fn has_number(proto: AppProto) -> bool {
    matches!(
        proto,
        AppProto::Http1
            | AppProto::Http2
            | AppProto::Doh2
            | AppProto::Smtp
            | AppProto::Ssh
            | AppProto::Ftp
            | AppProto::FtpData
    )
}

fn describe_files(json: &mut Json<'_>, transaction: &dyn Transaction, id: u64) {
    let mut files = DIRECTIONS
        .iter()
        .flat_map(|way| transaction.files(*way))
        .filter(|file| !file.logged)
        .peekable();
    if files.peek().is_none() {
        return;
    }
    json.open_array("files");
    for file in files {
        json.open();
        file_members(json, file, id);
        json.close_object();
    }
    json.close_array();
}

fn describe_file(json: &mut Json<'_>, file: &File, id: u64) {
    json.open_object("fileinfo");
    file_members(json, file, id);
    json.close_object();
}

fn file_members(json: &mut Json<'_>, file: &File, id: u64) {
    json.bytes("filename", &file.name);
    if !file.sids.is_empty() {
        json.open_array("sid");
        file.sids.iter().for_each(|sid| json.uint_element(*sid));
        json.close_array();
    }
    if let Some(magic) = file.magic() {
        json.text("magic", magic);
    }
    json.bool("gaps", file.gaps);
    json.word("state", file.state().name());
    let digests = file.digests();
    if let Some(md5) = &digests.md5 {
        json.hex("md5", md5);
    }
    if let Some(sha1) = &digests.sha1 {
        json.hex("sha1", sha1);
    }
    if let Some(sha256) = &digests.sha256 {
        json.hex("sha256", sha256);
    }
    json.bool("stored", file.is_stored());
    if file.is_stored() {
        // The file store says which: see `UNNUMBERED`.
        json.uint("file_id", 0_u32);
    } else if file.is_kept() {
        json.bool("storing", true);
    }
    json.uint("size", file.size());
    if let Some(range) = &file.range {
        json.uint("start", range.start);
        json.uint("end", range.end);
    }
    json.uint("tx_id", id);
}

//! One rule: its options sorted into conditions, sections, changes and responses.

use tapir_packet::{Direction, TcpFlags};
use tapir_protocols::AppProto;
use tapir_rules::Rule as Tree;
use tapir_rules::keywords::{self, BufferId, Kind, Support};
use tapir_rules::tree::{
    Action, IntegerOp, Opt, OptionKind, ProtocolName, Requires, RuleDirection,
};

use super::kind::Looks;
use super::state::threshold_filter;
use super::{ConfiguredKind, Workshop, filing, hook};
use crate::alert::Actions;
use crate::arbiter::{Filter, FilterKind, Suppression};
use crate::condition::Condition;
use crate::data_set::DataSetUse;
use crate::effect::Effect;
use crate::error::CompileError;
use crate::firewall::FirewallRule;
use crate::gate::Gate;
use crate::head::{Head, ProtocolTest};
use crate::header::HeaderTest;
use crate::header::buffer::is_header_buffer;
use crate::host_bits::HostBit;
use crate::host_condition::HostPart;
use crate::recorder::NO_OPTION;
use crate::rule::{Response, Rule, RuleFlags, RuleKind};
use crate::section::{Section, SectionDraft};
use crate::transaction::{
    self, BitChange, FieldTest, FileStore, FileTest, FileTests, StoreScope, Test, TransactionPart,
};

/// The version of Suricata whose rules these are.
const VERSION: (u8, u8, u8) = (9, 0, 0);

/// Whether the engine has what a rule asks for with `requires`.
pub(super) fn meets_requirements(tree: &Tree, features: &[&str]) -> bool {
    tree.options.iter().all(|option| match &option.kind {
        OptionKind::Requires(requires) => is_met(requires, features),
        _ => true,
    })
}

fn is_met(requires: &Requires, features: &[&str]) -> bool {
    let compare = |op, version: (u8, u8, u8)| match op {
        IntegerOp::Less => VERSION < version,
        IntegerOp::LessOrEqual => VERSION <= version,
        IntegerOp::Greater => VERSION > version,
        _ => VERSION >= version,
    };
    let version = requires.versions.is_empty()
        || requires
            .versions
            .iter()
            .any(|all| all.iter().all(|test| compare(test.op, test.version)));
    version
        && requires.unknown.is_empty()
        && requires
            .features
            .iter()
            .all(|wanted| features.contains(&&**wanted))
        && requires
            .keywords
            .iter()
            .all(|wanted| keywords::find(tapir_rules::Dialect::Suricata, &**wanted).is_some())
}

/// Compiles a rule; `reversed` with its sides exchanged.
pub(super) fn compile(
    shop: &mut Workshop<'_>,
    tree: &Tree,
    reversed: bool,
) -> Result<(Rule, filing::Draft), CompileError> {
    refuse_what_is_not_evaluated(tree)?;
    let mut parts = Parts::default();
    parts.take_hook(tree, shop.config)?;
    let (head, negated) = head(shop, tree)?;
    parts.negated = negated;
    parts.note_option(NO_OPTION);
    for (place, option) in tree.options.iter().enumerate() {
        parts.take(shop, tree, option)?;
        parts.note_option(place as u16);
    }
    parts.finish(shop, tree, if reversed { head.reversed() } else { head })
}

fn refuse_what_is_not_evaluated(tree: &Tree) -> Result<(), CompileError> {
    if let Action::Log | Action::Rewrite = tree.action {
        return Err(CompileError::not_evaluated(
            tree.span.range(),
            tree.action.name(),
        ));
    }
    for option in &tree.options {
        let row = option.keyword.row();
        let is_of_transactions = matches!(row.kind, Kind::Buffer | Kind::Field)
            && (transaction::has_values(option.keyword)
                || option.keyword == keywords::http::URILEN);
        if row.engine == Support::Later && row.kind != Kind::Obsolete && !is_of_transactions {
            return Err(CompileError::not_evaluated(option.span.range(), row.name));
        }
    }
    Ok(())
}

fn head(shop: &mut Workshop<'_>, tree: &Tree) -> Result<(Head, bool), CompileError> {
    let header = &tree.header;
    let refused = |message: String| CompileError::refused(header.span.range(), message);
    let protocol = ProtocolTest::of(header.protocol.name).ok_or_else(|| {
        CompileError::not_evaluated(header.span.range(), "protocol of files or user messages")
    })?;
    let src = shop.addresses.resolve(&header.src).map_err(refused)?;
    let dst = shop.addresses.resolve(&header.dst).map_err(refused)?;
    let sport = shop.ports.resolve(&header.sport).map_err(refused)?;
    let dport = shop.ports.resolve(&header.dport).map_err(refused)?;
    Ok((
        Head {
            protocol,
            src: src.id,
            dst: dst.id,
            sport,
            dport,
        },
        src.negated || dst.negated,
    ))
}

fn actions(action: Action) -> Actions {
    match action {
        Action::Pass => Actions::PASS,
        Action::Drop | Action::Block => Actions::DROP | Actions::ALERT,
        Action::SilentDrop => Actions::DROP,
        Action::Reject => Actions::REJECT_SRC | Actions::DROP | Actions::ALERT,
        Action::RejectDst => Actions::REJECT_DST | Actions::DROP | Actions::ALERT,
        Action::RejectBoth => {
            Actions::REJECT_SRC | Actions::REJECT_DST | Actions::DROP | Actions::ALERT
        }
        Action::Config => Actions::CONFIG,
        Action::Alert | Action::Log | Action::Rewrite | Action::Accept => Actions::ALERT,
    }
}

/// The protocol that flows must carry for a rule to be tried on them.
pub(super) fn app_proto(tree: &Tree) -> Result<Option<AppProto>, CompileError> {
    let ProtocolName::App(name) = tree.header.protocol.name else {
        return Ok(None);
    };
    let known = AppProto::from_name(name);
    known.map(Some).ok_or_else(|| {
        CompileError::not_evaluated(tree.header.span.range(), format!("protocol {name}"))
    })
}

/// The direction that the argument of a buffer names.
fn way_of(part: &str) -> Option<Direction> {
    match part {
        "to_server" => Some(Direction::ToServer),
        "to_client" => Some(Direction::ToClient),
        _ => None,
    }
}

/// A test that may be about one direction alone.
fn directed(towards: Option<Direction>, test: Test) -> Test {
    match towards {
        Some(way) => Test::Towards(way, Box::new(test)),
        None => test,
    }
}

/// What the options being read look at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Current {
    #[default]
    Payload,
    /// A buffer of the packet, by its place in the list.
    Packet(usize),
    /// A buffer of a transaction, by its place in the list.
    Transaction(usize),
    /// A frame, by its place in the list.
    Frame(usize),
}

/// The parts of a rule while its options are read.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) gate: Gate,
    pub(super) flags: RuleFlags,
    pub(super) conditions: Vec<Condition>,
    /// The option that each condition comes from.
    condition_options: Vec<u16>,
    pub(super) payload: SectionDraft,
    pub(super) buffers: Vec<SectionDraft>,
    /// Options that look at buffers of transactions.
    pub(super) sections: Vec<SectionDraft>,
    /// Options that look at a frame, and which.
    pub(super) frames: Vec<SectionDraft>,
    pub(super) frame: Option<(AppProto, u8)>,
    /// Tests of fields, events, bits and states of transactions.
    pub(super) tests: Vec<Test>,
    /// The option that each test comes from.
    test_options: Vec<u16>,
    /// What a match does to bits of the transaction.
    pub(super) bit_changes: Vec<BitChange>,
    pub(super) firewall: Option<FirewallRule>,
    files: FileTests,
    /// The option that the first test of files comes from.
    files_option: Option<u16>,
    pub(super) current: Current,
    /// The direction that what follows is about, where the rule says one.
    towards: Option<Direction>,
    store: Option<FileStore>,
    keeps_certificates: bool,
    pub(super) effects: Vec<Effect>,
    pub(super) bits: Vec<HostBit>,
    data_sets: Vec<DataSetUse>,
    pub(super) response: Response,
    negated: bool,
    pub(super) asks_stream_size: bool,
    pub(super) alert: Option<bool>,
}

impl Parts {
    /// What was added last comes from this option.
    fn note_option(&mut self, place: u16) {
        self.condition_options.resize(self.conditions.len(), place);
        self.test_options.resize(self.tests.len(), place);
        if !self.files.0.is_empty() {
            self.files_option.get_or_insert(place);
        }
    }

    fn take(
        &mut self,
        shop: &mut Workshop<'_>,
        tree: &Tree,
        option: &Opt,
    ) -> Result<(), CompileError> {
        if let OptionKind::BufferPart(keywords::http::HEADER, part) = &option.kind
            && let Some(buffer) = keywords::http::header_field(part)
        {
            return self.enter(tree, option, buffer);
        }
        match &option.kind {
            OptionKind::Buffer(buffer) if *buffer == keywords::payload::BASE64_DATA => {
                self.look(tree, option)
            }
            OptionKind::Buffer(buffer) => self.enter(tree, option, *buffer)?,
            OptionKind::BufferPart(buffer, part)
                if way_of(part).is_some() && transaction::has_values(*buffer) =>
            {
                self.enter_transaction(tree, option, *buffer, way_of(part));
            }
            OptionKind::BufferPart(buffer, name) if *buffer == keywords::flow::FRAME => {
                self.enter_frame(tree, option, name)?;
            }
            OptionKind::Service(_) => {}
            _ if self.take_response(option) => {}
            _ if self.take_condition(shop, option)? => {}
            _ => return self.take_by_keyword(shop, tree, option),
        }
        Ok(())
    }

    fn take_by_keyword(
        &mut self,
        shop: &mut Workshop<'_>,
        tree: &Tree,
        option: &Opt,
    ) -> Result<(), CompileError> {
        use keywords::response;
        let keyword = option.keyword;
        let range = option.span.range();
        if let OptionKind::Dataset(_) | OptionKind::Datarep(_) = &option.kind {
            if let Current::Payload = self.current {
                return Err(CompileError::refused(
                    range,
                    "a data set needs a sticky buffer before it",
                ));
            }
            let used = shop.data_set(tree, option)?;
            self.section().asks.push(used.clone());
            self.data_sets.push(used);
            return Ok(());
        }
        match keyword {
            keywords::payload::FTPBOUNCE => self.tests.push(Test::Bounce),
            keywords::flow::BIDIR_TOSERVER => self.towards = Some(Direction::ToServer),
            keywords::flow::BIDIR_TOCLIENT => self.towards = Some(Direction::ToClient),
            response::ALERT => self.alert = Some(true),
            response::FILESTORE => self.store_files(option)?,
            response::TLS_STORE => self.keeps_certificates = true,
            response::BYPASS => {
                self.gate |= Gate::FLOW;
                self.effects.push(Effect::Bypass);
            }
            _ => match keyword.row().kind {
                Kind::Payload | Kind::Transform | Kind::Modifier
                    if keyword != keywords::payload::DSIZE =>
                {
                    self.look(tree, option);
                }
                Kind::Header | Kind::Payload => {
                    if keyword != keywords::network::IPREP {
                        self.flags |= RuleFlags::PACKET;
                    }
                    self.gate |= gate_of(option);
                    self.conditions.push(Condition::Header(HeaderTest::compile(
                        option,
                        shop.config.known,
                    )?));
                }
                Kind::Field if transaction::is_file_test(keyword) => {
                    let directory = (shop.config.directory)(tree.source);
                    self.files.0.push(FileTest::compile(option, directory)?);
                }
                Kind::Field => {
                    let test = Test::Field(FieldTest::compile(option)?);
                    self.tests.push(directed(self.towards, test));
                }
                Kind::State if keyword == keywords::flow::APP_LAYER_STATE => {
                    self.take_app_state(tree, option)?;
                }
                Kind::State | Kind::Event | Kind::Buffer | Kind::BufferModifier(_) => {
                    return Err(CompileError::not_evaluated(range, keyword.name()));
                }
                Kind::Meta
                | Kind::Response
                | Kind::Obsolete
                | Kind::Refused(_)
                | Kind::Modifier
                | Kind::Transform => {}
            },
        }
        Ok(())
    }

    fn store_files(&mut self, option: &Opt) -> Result<(), CompileError> {
        let argument = match &option.kind {
            OptionKind::Text(text) => text,
            _ => "",
        };
        let store = FileStore::read(argument)
            .map_err(|message| CompileError::refused(option.span.range(), message))?;
        self.gate |= Gate::FLOW;
        match store.scope {
            StoreScope::Flow => {
                let ways = store.ways.unwrap_or([true, true]);
                self.effects.push(Effect::StoreFiles(ways));
            }
            StoreScope::File => self.files.0.push(FileTest::Any),
            StoreScope::Transaction => {}
        }
        self.store = Some(store);
        Ok(())
    }

    /// The option looks at the current buffer.
    fn look(&mut self, tree: &Tree, option: &Opt) {
        if matches!(option.kind, OptionKind::Transform(_)) {
            self.part_from_untransformed();
        }
        let place = tree
            .options
            .iter()
            .position(|other| std::ptr::eq(other, option))
            .unwrap_or(0);
        self.section().options.push((place as u16, option.clone()));
    }

    /// What was looked for in a buffer before a transform is looked for in the buffer as it was.
    fn part_from_untransformed(&mut self) {
        let section = self.section();
        let section_towards = section.towards;
        let plain = section
            .options
            .iter()
            .any(|(_, option)| !matches!(option.kind, OptionKind::Transform(_)));
        let (true, Some(buffer)) = (plain || !section.asks.is_empty(), section.buffer()) else {
            return;
        };
        match self.current {
            Current::Payload => {}
            Current::Packet(_) => {
                self.buffers.push(SectionDraft::of(buffer));
                self.current = Current::Packet(self.buffers.len() - 1);
            }
            Current::Transaction(_) => {
                self.sections.push(SectionDraft {
                    towards: section_towards,
                    ..SectionDraft::of(buffer)
                });
                self.current = Current::Transaction(self.sections.len() - 1);
            }
            Current::Frame(_) => {
                self.frames.push(SectionDraft::of(buffer));
                self.current = Current::Frame(self.frames.len() - 1);
            }
        }
    }

    fn section(&mut self) -> &mut SectionDraft {
        let section = match self.current {
            Current::Payload => None,
            Current::Packet(at) => self.buffers.get_mut(at),
            Current::Transaction(at) => self.sections.get_mut(at),
            Current::Frame(at) => self.frames.get_mut(at),
        };
        section.unwrap_or(&mut self.payload)
    }
}

impl Parts {
    fn enter(&mut self, tree: &Tree, option: &Opt, buffer: BufferId) -> Result<(), CompileError> {
        use keywords::payload::{PKT_DATA, RAW_DATA};
        if buffer == PKT_DATA || buffer == RAW_DATA {
            self.current = Current::Payload;
            return Ok(());
        }
        if transaction::has_values(buffer) {
            self.enter_transaction(tree, option, buffer, self.towards);
            return Ok(());
        }
        if !is_header_buffer(buffer) {
            return Err(CompileError::not_evaluated(
                option.span.range(),
                option.keyword.name(),
            ));
        }
        self.buffers.push(SectionDraft::of(buffer));
        self.current = Current::Packet(self.buffers.len() - 1);
        Ok(())
    }

    /// What follows looks at a buffer of transactions. Options of one buffer belong together wherever they stand, but
    /// for transformed buffers and those that have several values.
    fn enter_transaction(
        &mut self,
        tree: &Tree,
        option: &Opt,
        buffer: BufferId,
        towards: Option<Direction>,
    ) {
        let next = tree
            .options
            .iter()
            .skip_while(|other| !std::ptr::eq(*other, option))
            .nth(1);
        let transformed = next.is_some_and(|next| matches!(next.kind, OptionKind::Transform(_)));
        let known = self.sections.iter().position(|section| {
            section.buffer() == Some(buffer)
                && section.towards == towards
                && section.transforms().next().is_none()
        });
        self.current = match known {
            Some(at) if !transformed && !buffer.row().multi => Current::Transaction(at),
            _ => {
                self.sections.push(SectionDraft {
                    towards,
                    ..SectionDraft::of(buffer)
                });
                Current::Transaction(self.sections.len() - 1)
            }
        };
    }

    /// The event of a parser of that name, such as `http.invalid_status`; false if there is none.
    pub(super) fn transaction_event(&mut self, name: &str) -> bool {
        let Some((proto, event)) = name.split_once('.') else {
            return false;
        };
        let Some(proto) = AppProto::from_name(proto) else {
            return false;
        };
        let covered = AppProto::ALL.iter().filter(|other| proto.covers(**other));
        let found = std::iter::once(&proto)
            .chain(covered)
            .find_map(|candidate| {
                let mut known = candidate.transaction_events().iter();
                let number = known.position(|known| known.eq_ignore_ascii_case(event))?;
                Some(Test::Event(*candidate, number as u8))
            });
        let is_known = found.is_some();
        self.tests.extend(found);
        is_known
    }

    /// What the rule asks of transactions, if anything.
    fn transaction_part(
        &mut self,
        shop: &mut Workshop<'_>,
        tree: &Tree,
    ) -> Result<Option<Box<TransactionPart>>, CompileError> {
        let mut tests = std::mem::take(&mut self.tests);
        let mut options = std::mem::take(&mut self.test_options);
        let files = std::mem::take(&mut self.files);
        if !files.0.is_empty() {
            tests.push(Test::File(files));
            options.push(self.files_option.unwrap_or(NO_OPTION));
        }
        for draft in std::mem::take(&mut self.sections) {
            let towards = draft.towards;
            let first = draft.options.first().map_or(NO_OPTION, |(place, _)| *place);
            if let Some(buffer) = draft.buffer()
                && let Some(section) = draft.compile(shop)?
            {
                tests.push(directed(towards, Test::Buffer(buffer, section)));
                options.push(first);
            }
        }
        let bits = std::mem::take(&mut self.bit_changes);
        let store = self.store.filter(|store| store.scope != StoreScope::Flow);
        if store.is_some() && tests.is_empty() {
            tests.push(Test::File(FileTests(vec![FileTest::Any])));
            options.push(NO_OPTION);
        }
        Ok((!tests.is_empty() || !bits.is_empty()).then(|| {
            Box::new(TransactionPart {
                tests: tests.into(),
                options: options.into(),
                bits: bits.into(),
                both_ways: tree.header.direction == RuleDirection::Transaction,
                store,
                keeps_certificates: self.keeps_certificates,
            })
        }))
    }

    fn finish(
        mut self,
        shop: &mut Workshop<'_>,
        tree: &Tree,
        head: Head,
    ) -> Result<(Rule, filing::Draft), CompileError> {
        let app = app_proto(tree)?;
        if app.is_some() {
            self.gate |= Gate::FLOW;
        }
        self.settle_payload_flags(tree);
        let mut looks = Looks::of(&tree.options);
        looks.payload = !self.payload.options.is_empty();
        looks.buffer = !self.buffers.is_empty();
        looks.transaction = !self.sections.is_empty()
            || self.frame.is_some()
            || !self.tests.is_empty()
            || !self.bit_changes.is_empty()
            || !self.files.0.is_empty()
            || self
                .store
                .is_some_and(|store| store.scope == StoreScope::Transaction);
        looks.app = app.is_some();
        looks.negated = self.negated;
        looks.below_ip = matches!(head.protocol, ProtocolTest::Arp | ProtocolTest::Ethernet);
        looks.directed = self.gate.intersects(Gate::TO_SERVER | Gate::TO_CLIENT);
        let kind = looks.kind(self.flags);
        if kind == RuleKind::Packet {
            self.gate |= Gate::REAL;
        }
        if self.firewall.is_none() {
            self.mark_once(kind);
        }
        let filing = if self.frame.is_some() {
            self.gate |= Gate::FLOW;
            filing::Draft::of_transaction(&self.frames.iter().collect::<Vec<_>>())
        } else if looks.transaction {
            self.gate |= Gate::FLOW;
            filing::Draft::of_transaction(&self.sections.iter().collect::<Vec<_>>())
        } else {
            filing::Draft::of(&self.payload.plain_contents(), &self.conditions)
        };
        let frame = self.frame_part(shop, tree)?;
        let app = app.or(frame.as_deref().map(|part| part.proto));
        let transaction = self.transaction_part(shop, tree)?;
        let payload = std::mem::take(&mut self.payload).compile(shop)?;
        if payload.is_some() && transaction.is_none() && frame.is_none() {
            self.gate |= Gate::PAYLOAD;
        }
        let buffers = std::mem::take(&mut self.buffers)
            .into_iter()
            .filter_map(|draft| draft.compile(shop).transpose())
            .collect::<Result<Box<[Section]>, _>>()?;
        let mut actions = match &self.firewall {
            Some(firewall) => hook::actions_of(firewall.policy),
            None => actions(tree.action),
        };
        if let (Some(alert), None) = (self.alert, &self.firewall) {
            actions.set(Actions::ALERT, alert);
        }
        if tree.action == Action::Block {
            self.flags |= RuleFlags::WHOLE_FLOW;
        }
        self.add_configured(shop, tree)?;
        let host = (!self.bits.is_empty() || !self.data_sets.is_empty()).then(|| {
            Box::new(HostPart {
                bits: self.bits.into(),
                data_sets: self.data_sets.into(),
            })
        });
        let rule = Rule {
            gate: self.gate,
            kind,
            flags: self.flags,
            actions,
            head,
            prompt: filing.option(&tree.options),
            app,
            meta: 0,
            conditions: self.conditions.into(),
            condition_options: self.condition_options.into(),
            payload,
            buffers,
            transaction,
            frame,
            effects: self.effects.into(),
            firewall: self.firewall,
            host,
            response: (!self.response.is_empty()).then(|| Box::new(self.response)),
        };
        Ok((rule, filing))
    }

    /// Whether the payload options of a rule for TCP look at packets or at the stream.
    fn settle_payload_flags(&mut self, tree: &Tree) {
        match tree.header.protocol.name {
            ProtocolName::TcpPkt => self.flags |= RuleFlags::PACKET,
            ProtocolName::TcpStream => self.flags |= RuleFlags::STREAM,
            _ => {}
        }
        let tcp = matches!(
            tree.header.protocol.name,
            ProtocolName::Tcp
                | ProtocolName::Ip
                | ProtocolName::Ip4
                | ProtocolName::Ip6
                | ProtocolName::PktHdr
                | ProtocolName::App(_)
        );
        if !tcp || self.flags.intersects(RuleFlags::PACKET | RuleFlags::STREAM) {
            return;
        }
        self.flags |= RuleFlags::STREAM;
        let anchored = self.payload.plain_contents().iter().any(|content| {
            content.depth.is_some() || content.offset.is_some() || content.startswith
        });
        if anchored || self.asks_stream_size {
            self.flags |= RuleFlags::PACKET;
        }
    }

    /// A rule about nothing but the recognised protocol matches when recognition ends, not on every packet.
    fn mark_once(&mut self, kind: RuleKind) {
        if kind != RuleKind::ProtocolOnly {
            return;
        }
        for condition in &mut self.conditions {
            if let Condition::AppProtocol(test) = condition {
                test.once = true;
            }
        }
    }

    fn add_configured(&mut self, shop: &mut Workshop<'_>, tree: &Tree) -> Result<(), CompileError> {
        for configured in shop
            .config
            .thresholds
            .iter()
            .filter(|configured| configured.is_about(tree))
        {
            match &configured.what {
                ConfiguredKind::Threshold(threshold) => {
                    // What names the rule overrides what the rule says; what names many does not.
                    let has_own = !self.response.filters.is_empty();
                    if configured.sid.is_some() {
                        self.response.filters.clear();
                    } else if has_own {
                        continue;
                    }
                    self.response.filters.push(threshold_filter(threshold));
                }
                &ConfiguredKind::Rate {
                    track,
                    count,
                    seconds,
                    actions,
                    timeout,
                } => {
                    let kind = FilterKind::Rate { actions, timeout };
                    self.response.filters.push(Filter {
                        kind,
                        track,
                        count,
                        seconds,
                    });
                }
                ConfiguredKind::Suppress(None) => {
                    self.response.suppressions.push(Suppression { by: None })
                }
                ConfiguredKind::Suppress(Some((track, hosts))) => {
                    let set = shop
                        .addresses
                        .evaluate_once(hosts)
                        .map_err(CompileError::refused_rule)?;
                    self.response.suppressions.push(Suppression {
                        by: Some((*track, set)),
                    });
                }
            }
        }
        Ok(())
    }
}

/// What a packet must show at first sight for a header test to hold.
fn gate_of(option: &Opt) -> Gate {
    match &option.kind {
        OptionKind::TcpFlags(test) => {
            let bits = TcpFlags::from_bits_retain(test.bits);
            let mut gate = Gate::empty();
            gate.set(
                Gate::BEGINS_OR_ENDS,
                bits.intersects(Gate::BEGINNING_OR_END),
            );
            gate.set(Gate::UNUSUAL_FLAGS, bits.intersects(Gate::UNUSUAL));
            gate
        }
        OptionKind::Integer(test) if option.keyword == keywords::payload::DSIZE => match test.op {
            IntegerOp::Equal if test.a == 0 => Gate::NO_PAYLOAD,
            IntegerOp::Equal
            | IntegerOp::NotEqual
            | IntegerOp::Greater
            | IntegerOp::GreaterOrEqual
            | IntegerOp::Between => Gate::PAYLOAD,
            _ => Gate::empty(),
        },
        _ => Gate::empty(),
    }
}

//! A rule taken apart: its options by what they look at, and what is known of it as a whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tapir_detect::header::buffer::is_header_buffer;
use tapir_detect::{CompiledRule, RuleKind};
use tapir_protocols::AppProto;
use tapir_rules::Rule;
use tapir_rules::keywords::{self, Directions, KeywordId, Kind, flow, http, payload, response};
use tapir_rules::tree::{
    BitAction, Content, FastPattern, FlowFlags, FlowIntOp, Opt, OptionKind, ProtocolName,
    RuleDirection,
};

use crate::LoadedRules;

/// A rule taken apart.
pub(super) struct Subject<'r> {
    pub(super) tree: &'r Rule,
    /// The rule as it is written.
    pub(super) text: Cow<'r, str>,
    /// What became of it; nothing when it is left out.
    pub(super) compiled: Option<CompiledRule<'r>>,
    pub(super) lists: Lists<'r>,
    pub(super) buffers: Vec<Buffer<'r>>,
    /// The application protocol that it is for.
    pub(super) app: AppProto,
    /// Which ways it looks.
    pub(super) directions: Directions,
    pub(super) kind: RuleKind,
    /// The content by which it is found.
    pub(super) fast: Option<Fast<'r>>,
    /// The option that decides first in place of a content: `prefilter`.
    pub(super) prefilter: Option<&'r Opt>,
}

/// The options of a rule that look at no buffer, by what they look at or do.
#[derive(Default)]
pub(super) struct Lists<'r> {
    pub(super) packet: Vec<&'r Opt>,
    pub(super) payload: Vec<&'r Opt>,
    pub(super) base64_data: Vec<&'r Opt>,
    pub(super) postmatch: Vec<&'r Opt>,
    pub(super) tag: Vec<&'r Opt>,
    pub(super) threshold: Vec<&'r Opt>,
}

/// The options that look at one buffer or field.
pub(super) struct Buffer<'r> {
    /// Its row in the table of keywords.
    pub(super) keyword: KeywordId,
    /// Whether packets have it, not transactions.
    pub(super) of_packet: bool,
    pub(super) transforms: Vec<&'r Opt>,
    pub(super) options: Vec<&'r Opt>,
    /// The direction that the rule itself says (`bidir.toclient`).
    direction: Option<Directions>,
}

/// The content by which a rule is found.
#[derive(Clone, Copy)]
pub(super) struct Fast<'r> {
    pub(super) content: &'r Content,
    /// Its buffer among those of the rule; nothing for the payload.
    pub(super) buffer: Option<usize>,
}

impl Fast<'_> {
    /// Whether it is that content of the rule, not just one that is equal.
    pub(super) fn is(&self, content: &Content) -> bool {
        std::ptr::eq(self.content, content)
    }
}

/// Where the next option looks.
#[derive(Clone, Copy)]
enum Place {
    Payload,
    Base64,
    Buffer(usize),
}

/// All rules taken apart, in the order of their files.
pub(super) fn subjects(rules: &LoadedRules) -> Vec<Subject<'_>> {
    let mut compiled = BTreeMap::new();
    for rule in rules.set.compiled() {
        compiled
            .entry((rule.meta.gid, rule.meta.sid))
            .or_insert(rule);
    }
    rules
        .trees
        .iter()
        .map(|tree| {
            let source = rules.report.sources.get(tree.source.0 as usize);
            let text = source.map_or(Cow::Borrowed(""), |source| source.text_of(tree.span));
            Subject::new(tree, text, compiled.get(&(tree.gid, tree.sid)).copied())
        })
        .collect()
}

impl<'r> Subject<'r> {
    pub(super) fn new(
        tree: &'r Rule,
        text: Cow<'r, str>,
        compiled: Option<CompiledRule<'r>>,
    ) -> Self {
        let mut sorter = Sorter {
            lists: Lists::default(),
            buffers: Vec::new(),
            place: Place::Payload,
            direction: None,
        };
        for option in &tree.options {
            sorter.take(option);
        }
        let Sorter {
            lists, mut buffers, ..
        } = sorter;
        buffers.retain(|buffer| !buffer.options.is_empty());
        let mut subject = Self {
            tree,
            text,
            compiled,
            lists,
            buffers,
            app: AppProto::Unknown,
            directions: Directions::Both,
            kind: RuleKind::Packet,
            fast: None,
            prefilter: None,
        };
        subject.app = subject.app_protocol();
        subject.directions = subject.ways();
        subject.kind = compiled.map_or_else(|| subject.likely_kind(), |compiled| compiled.kind);
        subject.choose_first();
        subject
    }

    /// Whether it looks at transactions.
    pub(super) fn is_stateful(&self) -> bool {
        self.buffers.iter().any(|buffer| !buffer.of_packet)
    }

    /// Whether an option says so.
    pub(super) fn has(&self, keyword: KeywordId) -> bool {
        self.options().any(|option| option.keyword == keyword)
    }

    pub(super) fn options(&self) -> impl Iterator<Item = &'r Opt> + use<'r> {
        self.tree.options.iter()
    }

    /// Whether payload options look at packets, and whether they look at the stream.
    pub(super) fn payload_looks(&self) -> (bool, bool) {
        match self.compiled {
            Some(compiled) => (compiled.looks_at_packets, compiled.looks_at_stream),
            None => (false, self.kind == RuleKind::Stream),
        }
    }

    /// The protocol of the header, else the one that all options of an application protocol agree on.
    fn app_protocol(&self) -> AppProto {
        if let ProtocolName::App(name) = self.tree.header.protocol.name {
            return AppProto::from_name(name).unwrap_or_default();
        }
        let mut of_buffers = self.buffers.iter().filter_map(|buffer| {
            let option = buffer.options.first()?;
            match (&option.kind, buffer.keyword.row().protocols) {
                (OptionKind::AppLayerEvent(name), _) => {
                    AppProto::from_name(name.split('.').next().unwrap_or_default())
                }
                (_, [only]) => AppProto::from_name(only),
                _ => None,
            }
        });
        let first = of_buffers.next().unwrap_or_default();
        if of_buffers.all(|other| other == first) {
            first
        } else {
            AppProto::Unknown
        }
    }

    /// What the rule says of its direction, else what its buffers do.
    fn ways(&self) -> Directions {
        let flow = self.tree.flow();
        match (
            flow.contains(FlowFlags::TO_SERVER),
            flow.contains(FlowFlags::TO_CLIENT),
        ) {
            (true, false) => return Directions::ToServer,
            (false, true) => return Directions::ToClient,
            _ => {}
        }
        if self.tree.header.direction == RuleDirection::Transaction {
            return Directions::Both;
        }
        let mut ways = self.buffers.iter().map(Buffer::directions);
        let first = ways.next().unwrap_or(Directions::Both);
        if ways.all(|other| other == first) {
            first
        } else {
            Directions::Both
        }
    }

    /// The kind of a rule that is left out.
    fn likely_kind(&self) -> RuleKind {
        let packet_buffer = self.buffers.iter().any(|buffer| buffer.of_packet);
        let tcp = matches!(
            self.tree.header.protocol.name,
            ProtocolName::Tcp | ProtocolName::TcpStream | ProtocolName::App(_)
        );
        if packet_buffer {
            RuleKind::Packet
        } else if self.is_stateful() {
            RuleKind::AppTransaction
        } else if !self.lists.payload.is_empty() && tcp {
            RuleKind::Stream
        } else if self.lists.payload.is_empty()
            && self.lists.packet.is_empty()
            && self.app.is_known()
        {
            RuleKind::AppLayer
        } else {
            RuleKind::Packet
        }
    }

    /// Settles by what the rule is found.
    fn choose_first(&mut self) {
        let options = &self.tree.options;
        let marked = options
            .iter()
            .position(|option| option.keyword == keywords::meta::PREFILTER)
            .and_then(|at| options.get(at.checked_sub(1)?));
        let contents = self.contents();
        let marked_content = marked.and_then(|option| match &option.kind {
            OptionKind::Content(content) => Some(&**content),
            _ => None,
        });
        self.prefilter = marked.filter(|_| marked_content.is_none());
        if self.prefilter.is_some() {
            return;
        }
        let named = contents
            .iter()
            .find(|(_, content)| content.fast_pattern != FastPattern::Unset)
            .map(|(_, content)| *content);
        let chosen = marked_content.or(named).or_else(|| {
            let rank = |place: &Option<usize>| {
                place.map_or(3, |place| self.buffers.get(place).map_or(3, Buffer::rank))
            };
            let usable = || contents.iter().filter(|(_, content)| !content.negated);
            let best = usable().map(|(place, _)| rank(place)).min()?;
            let candidates: Vec<&Content> = usable()
                .filter(|(place, _)| rank(place) == best)
                .map(|(_, content)| *content)
                .collect();
            match self.compiled {
                Some(_) => tapir_detect::fast_pattern(&candidates),
                None => longest(&candidates),
            }
        });
        self.fast = chosen.and_then(|chosen| {
            let (buffer, content) = contents
                .iter()
                .find(|(_, content)| std::ptr::eq(*content, chosen))?;
            Some(Fast {
                content,
                buffer: *buffer,
            })
        });
    }

    /// The contents of payload and buffers, with the place of their buffer.
    pub(super) fn contents(&self) -> Vec<(Option<usize>, &'r Content)> {
        let content = |option: &&'r Opt| match &option.kind {
            OptionKind::Content(content) => Some(&**content),
            _ => None,
        };
        let of_payload = self.lists.payload.iter().filter_map(content);
        let of_buffers = self.buffers.iter().enumerate().flat_map(|(place, buffer)| {
            let contents = buffer.options.iter().filter_map(content);
            contents.map(move |content| (Some(place), content))
        });
        of_payload
            .map(|content| (None, content))
            .chain(of_buffers)
            .collect()
    }
}

impl Buffer<'_> {
    /// Which ways have it.
    pub(super) fn directions(&self) -> Directions {
        self.direction
            .unwrap_or_else(|| self.keyword.row().direction)
    }

    /// How late its contents are considered as the fast pattern: those that hold next to nothing come with the payload.
    fn rank(&self) -> u8 {
        if [http::METHOD, http::STAT_CODE, http::STAT_MSG, http::COOKIE].contains(&self.keyword) {
            3
        } else {
            2
        }
    }
}

/// The longest content, the first of equals: a guess at the one by which a rule that is left out would be found.
fn longest<'c>(contents: &[&'c Content]) -> Option<&'c Content> {
    contents
        .iter()
        .copied()
        .rev()
        .max_by_key(|content| content.bytes.len())
}

/// Sorts the options of a rule.
struct Sorter<'r> {
    lists: Lists<'r>,
    buffers: Vec<Buffer<'r>>,
    place: Place,
    direction: Option<Directions>,
}

impl<'r> Sorter<'r> {
    fn take(&mut self, option: &'r Opt) {
        match &option.kind {
            OptionKind::Buffer(buffer) | OptionKind::BufferPart(buffer, _) => self.enter(*buffer),
            OptionKind::Transform(_) => {
                if let Place::Buffer(at) = self.place
                    && let Some(buffer) = self.buffers.get_mut(at)
                {
                    buffer.transforms.push(option);
                }
            }
            OptionKind::UriLen(length) => {
                let at = self.buffer(if length.raw { http::URI_RAW } else { http::URI });
                self.buffers[at].options.push(option);
            }
            OptionKind::AppLayerEvent(name) if name.contains('.') => self.field(option),
            OptionKind::FlowBits(bits) => self.bit(option, bits.action),
            OptionKind::XBits(bits) => self.bit(option, bits.action),
            OptionKind::HostBits(bits) => self.bit(option, bits.action),
            OptionKind::FlowInt(int) => {
                let changes = matches!(
                    int.op,
                    FlowIntOp::Set | FlowIntOp::Add | FlowIntOp::Subtract
                );
                self.test_or_change(option, changes);
            }
            OptionKind::Flow(flags) => {
                let of_rule = FlowFlags::TO_SERVER
                    | FlowFlags::TO_CLIENT
                    | FlowFlags::NO_STREAM
                    | FlowFlags::ONLY_STREAM;
                if !(*flags - of_rule).is_empty() {
                    self.lists.packet.push(option);
                }
            }
            OptionKind::Tag(_) => self.lists.tag.push(option),
            OptionKind::Threshold(_) | OptionKind::DetectionFilter(_) => {
                self.lists.threshold.push(option);
            }
            OptionKind::NoAlert | OptionKind::Service(_) => {}
            _ => self.take_by_keyword(option),
        }
    }

    fn take_by_keyword(&mut self, option: &'r Opt) {
        match option.keyword {
            payload::DSIZE | payload::RPC => self.lists.packet.push(option),
            payload::FTPBOUNCE => self.field(option),
            payload::DATASET | payload::DATAREP => self.look(option),
            response::NOALERT | response::ALERT => {}
            flow::BIDIR_TOSERVER => self.direction = Some(Directions::ToServer),
            flow::BIDIR_TOCLIENT => self.direction = Some(Directions::ToClient),
            _ => match option.keyword.row().kind {
                Kind::Payload => self.look(option),
                Kind::Header | Kind::State | Kind::Event => self.lists.packet.push(option),
                Kind::Field => self.field(option),
                Kind::Response => self.lists.postmatch.push(option),
                Kind::Meta
                | Kind::Modifier
                | Kind::BufferModifier(_)
                | Kind::Buffer
                | Kind::Transform
                | Kind::Obsolete
                | Kind::Refused(_) => {}
            },
        }
    }

    fn bit(&mut self, option: &'r Opt, action: BitAction) {
        let changes = !matches!(action, BitAction::IsSet | BitAction::IsNotSet);
        self.test_or_change(option, changes);
    }

    fn test_or_change(&mut self, option: &'r Opt, changes: bool) {
        if changes {
            self.lists.postmatch.push(option);
        } else {
            self.lists.packet.push(option);
        }
    }

    fn enter(&mut self, buffer: KeywordId) {
        self.place = match buffer {
            payload::PKT_DATA | payload::RAW_DATA => Place::Payload,
            payload::BASE64_DATA => Place::Base64,
            _ if buffer.row().multi => Place::Buffer(self.add(buffer)),
            _ => Place::Buffer(self.buffer(buffer)),
        };
    }

    fn look(&mut self, option: &'r Opt) {
        match self.place {
            Place::Payload => self.lists.payload.push(option),
            Place::Base64 => self.lists.base64_data.push(option),
            Place::Buffer(at) => self.buffers[at].options.push(option),
        }
    }

    /// A test of a field stands for itself and leaves the sticky buffer in force.
    fn field(&mut self, option: &'r Opt) {
        let at = self.buffer(option.keyword);
        self.buffers[at].options.push(option);
    }

    /// The place of a buffer, the one before if the rule has named it already.
    fn buffer(&mut self, keyword: KeywordId) -> usize {
        let known = self.buffers.iter().position(|buffer| {
            buffer.keyword == keyword
                && buffer.transforms.is_empty()
                && buffer.direction == self.direction
        });
        known.unwrap_or_else(|| self.add(keyword))
    }

    fn add(&mut self, keyword: KeywordId) -> usize {
        self.buffers.push(Buffer {
            keyword,
            of_packet: is_header_buffer(keyword),
            transforms: Vec::new(),
            options: Vec::new(),
            direction: self.direction,
        });
        self.buffers.len() - 1
    }
}

//! A rule: action, header, options.

use super::{AddressExpr, OptionKind, PortExpr};
use crate::keywords::KeywordId;
use crate::{Dialect, SourceId, Span};

/// A rule as it was written, whatever the dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The source it came from.
    pub source: SourceId,
    /// The text of the rule in its source, without a leading `#`.
    pub span: Span,
    /// The line of its first byte, counted from one.
    pub line: u32,
    /// The dialect it was written in.
    pub dialect: Dialect,
    /// Whether the rule is in force; false for one that is commented out.
    pub enabled: bool,
    /// What happens on a match.
    pub action: Action,
    /// How far the action reaches, where the rule says it: `accept:hook`, `drop:flow`.
    pub scope: Option<ActionScope>,
    /// The scoped rule also raises an alert: `accept:hook,alert`.
    pub scope_alerts: bool,
    /// Protocol, addresses, ports.
    pub header: Header,
    /// The options in the order of evaluation, content modifiers folded into their content.
    pub options: Vec<Opt>,
    /// Signature id; zero when the rule has none.
    pub sid: u32,
    /// Generator id; one unless the rule says otherwise.
    pub gid: u32,
    /// Revision; zero unless the rule says otherwise.
    pub rev: u32,
}

impl Rule {
    /// The message, empty when there is none.
    pub fn msg(&self) -> &str {
        self.options
            .iter()
            .find_map(|option| match &option.kind {
                OptionKind::Msg(text) => Some(&**text),
                _ => None,
            })
            .unwrap_or("")
    }

    /// The class of attack as the rule names it, if it does. The last one counts.
    pub fn classtype(&self) -> Option<&str> {
        self.options
            .iter()
            .rev()
            .find_map(|option| match &option.kind {
                OptionKind::Classtype(name) => Some(&**name),
                _ => None,
            })
    }

    /// The priority that the rule itself sets, if it does (1 is the most urgent).
    pub fn priority(&self) -> Option<u32> {
        self.options
            .iter()
            .rev()
            .find_map(|option| match option.kind {
                OptionKind::Priority(value) => Some(value),
                _ => None,
            })
    }

    /// The flow conditions of all `flow` options together.
    pub fn flow(&self) -> super::FlowFlags {
        self.options
            .iter()
            .fold(super::FlowFlags::empty(), |all, option| match option.kind {
                OptionKind::Flow(flags) => all | flags,
                _ => all,
            })
    }
}

/// What a rule does to what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Raises an alert.
    Alert,
    /// Exempts from further rules.
    Pass,
    /// Drops and raises an alert.
    Drop,
    /// Drops without an alert (Snort's `sdrop`).
    SilentDrop,
    /// Drops every further packet of the flow (Snort 3's `block`).
    Block,
    /// Resets or answers unreachable to the sender.
    Reject,
    /// Resets or answers unreachable to the receiver.
    RejectDst,
    /// Resets or answers unreachable to both sides.
    RejectBoth,
    /// Writes to the log without an alert (Snort's `log`).
    Log,
    /// Rewrites the payload with `replace` (Snort 3's `rewrite`).
    Rewrite,
    /// Steers the application layer with `config` (Suricata's `config`).
    Config,
    /// Accepts in a firewall rule (Suricata's `accept`).
    Accept,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 12] = [
        Action::Alert,
        Action::Pass,
        Action::Drop,
        Action::SilentDrop,
        Action::Block,
        Action::Reject,
        Action::RejectDst,
        Action::RejectBoth,
        Action::Log,
        Action::Rewrite,
        Action::Config,
        Action::Accept,
    ];

    /// One line about it.
    pub const fn help(self) -> &'static str {
        match self {
            Action::Alert => "Raises an alert",
            Action::Pass => "Exempts from further rules",
            Action::Drop => "Drops and raises an alert",
            Action::SilentDrop => "Drops without an alert",
            Action::Block => "Drops every further packet of the flow",
            Action::Reject => "Resets, or answers unreachable, to the sender",
            Action::RejectDst => "Resets, or answers unreachable, to the receiver",
            Action::RejectBoth => "Resets, or answers unreachable, to both sides",
            Action::Log => "Writes to the log without an alert",
            Action::Rewrite => "Rewrites the payload",
            Action::Config => "Steers the application layer",
            Action::Accept => "Accepts, in a firewall rule",
        }
    }

    /// The word that stands before the header in Suricata's spelling, or the dialect's own where
    /// Suricata has none.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Alert => "alert",
            Action::Pass => "pass",
            Action::Drop => "drop",
            Action::SilentDrop => "sdrop",
            Action::Block => "block",
            Action::Reject => "reject",
            Action::RejectDst => "rejectdst",
            Action::RejectBoth => "rejectboth",
            Action::Log => "log",
            Action::Rewrite => "rewrite",
            Action::Config => "config",
            Action::Accept => "accept",
        }
    }
}

/// How far an action reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionScope {
    /// This packet.
    Packet,
    /// The rest of the flow.
    Flow,
    /// This hook of the transaction.
    Hook,
    /// The rest of the transaction.
    Tx,
    /// The rest of the flow, exempt from inspection (`accept:flow,pass`).
    FlowPass,
}

/// Which packets a rule is for. Parts that the rule does not write are `any`.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// How much of the header the rule writes.
    pub form: HeaderForm,
    /// Span from the protocol to the last port.
    pub span: Span,
    /// Protocol.
    pub protocol: Protocol,
    /// Addresses left of the arrow.
    pub src: AddressExpr,
    /// Ports left of the arrow.
    pub sport: PortExpr,
    /// The arrow.
    pub direction: RuleDirection,
    /// Addresses right of the arrow.
    pub dst: AddressExpr,
    /// Ports right of the arrow.
    pub dport: PortExpr,
}

/// How much of its header a rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderForm {
    /// Protocol, addresses, ports and arrow.
    Full,
    /// The protocol or service alone: Snort 3's `alert http ( ... )`.
    ProtocolOnly,
    /// Nothing: Snort 3's `alert ( ... )`.
    Absent,
}

/// The protocol of a header and, after a colon, the hook at which the rule is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Which protocol.
    pub name: ProtocolName,
    /// The hook, as in `tls:client_hello_done` or `tcp:all`.
    pub hook: Option<Box<str>>,
}

/// A protocol that a rule header can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProtocolName {
    /// Anything: `ip`, `any`, or none written.
    Ip,
    /// IPv4: `ip4`, `ipv4`.
    Ip4,
    /// IPv6: `ip6`, `ipv6`.
    Ip6,
    /// TCP, packets and stream.
    Tcp,
    /// TCP, packet payloads only.
    TcpPkt,
    /// TCP, the reassembled stream only.
    TcpStream,
    /// UDP.
    Udp,
    /// ICMP of either version: `icmp`.
    Icmp,
    /// ICMP for IPv4: `icmpv4`.
    IcmpV4,
    /// ICMP for IPv6: `icmpv6`.
    IcmpV6,
    /// SCTP.
    Sctp,
    /// IGMP.
    Igmp,
    /// Any packet, also one without an IP header or one that failed to decode.
    PktHdr,
    /// Ethernet frames.
    Ether,
    /// ARP.
    Arp,
    /// Snort 3's `file`: the rule is about file data, on any protocol that carries files.
    File,
    /// Snort 3's `user`: data that a stream of user messages carries.
    User,
    /// An application protocol under Suricata's name (`http`, `tls`, `ftp-data`, ...).
    App(&'static str),
}

/// The arrow between the two halves of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleDirection {
    /// `->`: from left to right.
    ToRight,
    /// `<>`: either way.
    Either,
    /// `=>`: a transaction whose both directions the rule inspects together.
    Transaction,
}

/// One option of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Opt {
    /// Its row in the table of keywords.
    pub keyword: KeywordId,
    /// From the first byte of the keyword to before the semicolon.
    pub span: Span,
    /// The argument, blanks around it left out; empty when there is none.
    pub value: Span,
    /// What it says.
    pub kind: OptionKind,
}

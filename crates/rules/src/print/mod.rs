//! A tree back to text.

mod option;
mod order;
mod pattern;
mod state;

use std::fmt::{self, Display, Formatter, Write};

use crate::keywords::{self, KeywordId, Kind};
use crate::tree::*;
use crate::{Dialect, Span};
pub(crate) use order::in_order;

impl Rule {
    /// The rule in the spelling of a dialect. What the dialect lacks keeps its principal name.
    pub fn display(&self, dialect: Dialect) -> impl Display + '_ {
        Spelled {
            rule: self,
            dialect,
        }
    }

    /// Whether two rules say the same, wherever they stand.
    pub fn says_the_same(&self, other: &Rule) -> bool {
        let options = |rule: &Rule| {
            rule.options
                .iter()
                .map(|option| (option.keyword, plain(&option.kind)))
                .collect::<Vec<_>>()
        };
        self.applies_as(other) && options(self) == options(other)
    }

    /// Whether two rules mean the same, however their options are spelled and ordered.
    pub fn means_the_same(&self, other: &Rule) -> bool {
        let options = |rule: &Rule| {
            in_order(&rule.options)
                .into_iter()
                .map(|option| (option.keyword, plain(&option.kind)))
                .collect::<Vec<_>>()
        };
        self.applies_as(other) && options(self) == options(other)
    }

    /// Whether two rules do the same to the same packets, apart from their options.
    fn applies_as(&self, other: &Rule) -> bool {
        let head = |rule: &Rule| {
            let header = &rule.header;
            (
                rule.action,
                rule.scope,
                rule.scope_alerts,
                header.form,
                header.protocol.clone(),
                header.direction,
            )
        };
        let ends = |rule: &Rule| {
            let header = &rule.header;
            (
                header.src.clone(),
                header.sport.clone(),
                header.dst.clone(),
                header.dport.clone(),
            )
        };
        head(self) == head(other) && ends(self) == ends(other)
    }

    /// What stands before the options, as it is written.
    pub fn head(&self) -> String {
        Head(self).to_string()
    }

    /// The rule on one line, in the order of its options, as files of a dialect have it.
    pub(crate) fn line(&self, dialect: Dialect) -> String {
        let options = written(&self.options, dialect);
        let options: Vec<String> = options.into_iter().map(|(text, _)| text).collect();
        let blank = if dialect == Dialect::Snort3 { " " } else { "" };
        format!("{} ({blank}{}{blank})", self.head(), options.join(" "))
    }

    /// Where the first option stands that another rule does not say in its place; the whole rule when all are the same.
    pub(crate) fn first_difference(&self, other: &Rule) -> Span {
        let mut pairs = self.options.iter().zip(&other.options);
        let differs = |(own, other): &(&Opt, &Opt)| {
            own.keyword != other.keyword || plain(&own.kind) != plain(&other.kind)
        };
        match pairs.find(differs) {
            Some((own, _)) => own.span,
            None => self
                .options
                .get(other.options.len())
                .map_or(self.span, |own| own.span),
        }
    }

    /// Where the option stood that is at an offset of the rule written in a dialect.
    pub(crate) fn option_at(&self, offset: usize, line: &str, dialect: Dialect) -> Option<Span> {
        let mut place = self.head().len();
        written(&self.options, dialect)
            .into_iter()
            .find_map(|(text, span)| {
                place += line.get(place..)?.find(&text)? + text.len();
                (offset < place).then_some(span)
            })
    }

    /// The options in their canonical order, each as it is written.
    pub fn written_options(&self, dialect: Dialect) -> Vec<String> {
        written(in_order(&self.options), dialect)
            .into_iter()
            .map(|(text, _)| text)
            .collect()
    }
}

/// An option whose text is in its canonical form.
fn plain(kind: &OptionKind) -> OptionKind {
    match kind {
        OptionKind::Metadata(text) => OptionKind::Metadata(metadata(text).into()),
        kind => kind.clone(),
    }
}

/// The text of `metadata` with one blank wherever there are some.
fn metadata(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for entry in text.split(',') {
        if !out.is_empty() {
            out.push(',');
        }
        for word in entry.split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

impl Display for Rule {
    /// Writes the rule in the dialect it was read in.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.display(self.dialect).fmt(f)
    }
}

struct Spelled<'a> {
    rule: &'a Rule,
    dialect: Dialect,
}

impl Display for Spelled<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", Head(self.rule))?;
        for (at, (text, _)) in written(&self.rule.options, self.dialect).iter().enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            f.write_str(text)?;
        }
        f.write_char(')')
    }
}

/// What stands before the options.
struct Head<'a>(&'a Rule);

impl Display for Head<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.action.name())?;
        scope(f, self.0)?;
        header(f, &self.0.header, self.0.dialect)
    }
}

/// Options as a dialect writes them, each with its semicolon, and where it stood.
pub(crate) fn written<'a>(
    options: impl IntoIterator<Item = &'a Opt>,
    dialect: Dialect,
) -> Vec<(String, Span)> {
    let mut buffers = Buffers {
        dialect,
        moved: None,
        sticky: keywords::payload::PKT_DATA,
    };
    let mut all = Vec::new();
    for option in options {
        if buffers.enter(option) {
            continue;
        }
        let mut text = option::Written {
            option,
            dialect,
            moved: buffers.moved,
        }
        .to_string();
        // A backslash would make the semicolon a part of the argument.
        text.push_str(if text.ends_with('\\') { " ;" } else { ";" });
        all.push((text, option.span));
    }
    all
}

/// Snort 2 has no sticky buffers for HTTP: a modifier after each content says where it is.
struct Buffers {
    dialect: Dialect,
    moved: Option<KeywordId>,
    /// The buffer of what has no modifier.
    sticky: KeywordId,
}

impl Buffers {
    /// Takes a sticky buffer in that the dialect writes as a modifier; true when nothing is to be written.
    fn enter(&mut self, option: &Opt) -> bool {
        let id = match option.kind {
            OptionKind::Buffer(id) | OptionKind::BufferPart(id, _) => id,
            _ => return false,
        };
        let part = matches!(option.kind, OptionKind::BufferPart(..));
        let leaves = self.moved.is_some() && id == self.sticky && !part;
        self.moved = match self.dialect {
            Dialect::Snort2 if !part => modifier_for(id),
            _ => None,
        };
        if self.moved.is_none() {
            self.sticky = id;
        }
        // Without a modifier the next content is in the sticky buffer again.
        self.moved.is_some() || leaves
    }
}

/// The modifier that moves a content into a buffer in Snort 2.
pub(crate) fn modifier_for(buffer: KeywordId) -> Option<KeywordId> {
    keywords::all().find_map(|(id, row)| {
        (row.kind == Kind::BufferModifier(buffer) && row.name_in(Dialect::Snort2).is_some())
            .then_some(id)
    })
}

fn scope(f: &mut Formatter<'_>, rule: &Rule) -> fmt::Result {
    let Some(scope) = rule.scope else {
        return Ok(());
    };
    f.write_str(match scope {
        ActionScope::Packet => ":packet",
        ActionScope::Flow => ":flow",
        ActionScope::Hook => ":hook",
        ActionScope::Tx => ":tx",
        ActionScope::FlowPass => ":flow,pass",
    })?;
    if rule.scope_alerts {
        f.write_str(",alert")
    } else {
        Ok(())
    }
}

fn header(f: &mut Formatter<'_>, header: &Header, dialect: Dialect) -> fmt::Result {
    if header.form == HeaderForm::Absent {
        return Ok(());
    }
    let name = match header.protocol.name {
        ProtocolName::App(name) => keywords::app_protocol_in(name, dialect).unwrap_or(name),
        other => other.name(),
    };
    write!(f, " {name}")?;
    if let Some(hook) = &header.protocol.hook {
        write!(f, ":{hook}")?;
    }
    if header.form == HeaderForm::ProtocolOnly {
        return Ok(());
    }
    let arrow = match header.direction {
        RuleDirection::ToRight => "->",
        RuleDirection::Either => "<>",
        RuleDirection::Transaction => "=>",
    };
    write!(
        f,
        " {} {} {arrow} {} {}",
        header.src, header.sport, header.dst, header.dport
    )
}

impl ProtocolName {
    /// The word that a header writes.
    pub const fn name(self) -> &'static str {
        match self {
            ProtocolName::Ip => "ip",
            ProtocolName::Ip4 => "ipv4",
            ProtocolName::Ip6 => "ipv6",
            ProtocolName::Tcp => "tcp",
            ProtocolName::TcpPkt => "tcp-pkt",
            ProtocolName::TcpStream => "tcp-stream",
            ProtocolName::Udp => "udp",
            ProtocolName::Icmp => "icmp",
            ProtocolName::IcmpV4 => "icmpv4",
            ProtocolName::IcmpV6 => "icmpv6",
            ProtocolName::Sctp => "sctp",
            ProtocolName::Igmp => "igmp",
            ProtocolName::PktHdr => "pkthdr",
            ProtocolName::Ether => "ether",
            ProtocolName::Arp => "arp",
            ProtocolName::File => "file",
            ProtocolName::User => "user",
            ProtocolName::App(name) => name,
        }
    }
}

/// Writes the items of a list in brackets.
fn list(f: &mut Formatter<'_>, items: &[impl Display]) -> fmt::Result {
    f.write_char('[')?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        item.fmt(f)?;
    }
    f.write_char(']')
}

impl Display for AddressExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            AddressExpr::Any => f.write_str("any"),
            AddressExpr::Range(range) => range.fmt(f),
            AddressExpr::Var(name) => write!(f, "${name}"),
            AddressExpr::Not(inner) => write!(f, "!{inner}"),
            AddressExpr::List(items) => list(f, items),
        }
    }
}

impl Display for IpRange {
    /// Writes an address, a network, or a range where it is neither.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (first, last, common, width): (std::net::IpAddr, std::net::IpAddr, u32, u32) =
            match *self {
                IpRange::V4(first, last) => (
                    first.into(),
                    last.into(),
                    (first.to_bits() ^ last.to_bits()).leading_zeros(),
                    32,
                ),
                IpRange::V6(first, last) => (
                    first.into(),
                    last.into(),
                    (first.to_bits() ^ last.to_bits()).leading_zeros(),
                    128,
                ),
            };
        if common == width {
            return first.fmt(f);
        }
        match IpRange::network(first, common as u8) {
            Some(network) if network == *self => write!(f, "{first}/{common}"),
            _ => write!(f, "{first}-{last}"),
        }
    }
}

impl Display for PortExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            PortExpr::Any => f.write_str("any"),
            PortExpr::Range(range) if range.first == range.last => range.first.fmt(f),
            PortExpr::Range(range) => write!(f, "{}:{}", range.first, range.last),
            PortExpr::Var(name) => write!(f, "${name}"),
            PortExpr::Not(inner) => write!(f, "!{inner}"),
            PortExpr::List(items) => list(f, items),
        }
    }
}

//! A tree back to text.

mod option;
mod pattern;
mod state;

use std::fmt::{self, Display, Formatter, Write};

use crate::Dialect;
use crate::keywords::{self, KeywordId, Kind};
use crate::tree::*;

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
                .map(|option| (option.keyword, option.kind.clone()))
                .collect::<Vec<_>>()
        };
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
        head(self) == head(other) && ends(self) == ends(other) && options(self) == options(other)
    }
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
        let rule = self.rule;
        f.write_str(rule.action.name())?;
        scope(f, rule)?;
        header(f, &rule.header)?;
        f.write_str(" (")?;
        let mut buffers = Buffers {
            dialect: self.dialect,
            moved: None,
        };
        let mut first = true;
        for option in &rule.options {
            if buffers.enter(option) {
                continue;
            }
            if !std::mem::take(&mut first) {
                f.write_char(' ')?;
            }
            let text = option::Written {
                option,
                dialect: self.dialect,
                moved: buffers.moved,
            }
            .to_string();
            f.write_str(&text)?;
            // A backslash would make the semicolon a part of the argument.
            f.write_str(if text.ends_with('\\') { " ;" } else { ";" })?;
        }
        f.write_char(')')
    }
}

/// Snort 2 has no sticky buffers for HTTP: a modifier after each content says where it is.
struct Buffers {
    dialect: Dialect,
    moved: Option<KeywordId>,
}

impl Buffers {
    /// Takes a sticky buffer in that the dialect writes as a modifier; true when nothing is to be written.
    fn enter(&mut self, option: &Opt) -> bool {
        let id = match option.kind {
            OptionKind::Buffer(id) if self.dialect == Dialect::Snort2 => id,
            OptionKind::BufferPart(..) => {
                self.moved = None;
                return false;
            }
            _ => return false,
        };
        self.moved = modifier_for(id);
        self.moved.is_some()
    }
}

/// The modifier that moves a content into a buffer in Snort 2.
fn modifier_for(buffer: KeywordId) -> Option<KeywordId> {
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

fn header(f: &mut Formatter<'_>, header: &Header) -> fmt::Result {
    if header.form == HeaderForm::Absent {
        return Ok(());
    }
    write!(f, " {}", header.protocol.name.name())?;
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

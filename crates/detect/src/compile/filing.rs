//! By what a rule is found: the choice of its literal.

use tapir_matcher::{Window, quality};
use tapir_rules::tree::{Content, FastPattern, Operand};

use crate::condition::Condition;
use crate::head::ProtocolTest;
use crate::port_set::PortSets;
use crate::prefilter::{Event, Filing, Key, Ports};
use crate::rule::Rule;
use crate::rule_id::RuleId;

/// How a rule is to be filed, before it has its number.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    key: Key,
}

impl Draft {
    /// The best key that the payload options and conditions of a rule offer.
    pub(super) fn of(contents: &[&Content], conditions: &[Condition]) -> Self {
        let event = conditions.iter().find_map(|condition| match condition {
            Condition::DecodeEvent(event) => Some(Event::Decode(*event)),
            Condition::StreamEvent(event) => Some(Event::Stream(*event)),
            Condition::AppEvent(event) => Some(Event::App(*event)),
            _ => None,
        });
        let key = match event {
            Some(event) => Key::Event(event),
            None => literal(contents).unwrap_or(Key::None),
        };
        Self { key }
    }

    /// The filing of the rule with that number.
    pub(super) fn file(&self, id: RuleId, rule: &Rule, ports: &PortSets) -> Filing {
        let listed = |set| {
            if set == crate::port_set::PortSetId::ANY {
                None
            } else {
                ports.get(set)
            }
        };
        let by_port = matches!(
            rule.head.protocol,
            ProtocolTest::Tcp | ProtocolTest::Udp | ProtocolTest::TcpOrUdp | ProtocolTest::Ip
        );
        let narrowest = match (&self.key, by_port) {
            (Key::None, true) => Ports::narrowest(
                listed(rule.head.sport).map(|set| set.ranges()),
                listed(rule.head.dport).map(|set| set.ranges()),
            ),
            _ => Ports::Any,
        };
        Filing {
            rule: id,
            gate: rule.gate,
            protocol: rule.head.protocol,
            flags: rule.flags,
            key: self.key.clone(),
            ports: narrowest,
        }
    }
}

/// The content by which a rule is found: the one that it names itself, else the one that traffic holds least often.
pub fn fast_pattern<'c>(contents: &[&'c Content]) -> Option<&'c Content> {
    let usable = || {
        contents
            .iter()
            .copied()
            .filter(|content| !content.negated && !content.bytes.is_empty())
    };
    let named = usable().find(|content| content.fast_pattern != FastPattern::Unset);
    named.or_else(|| usable().max_by_key(|content| quality(&content.bytes)))
}

/// The literal of the fast pattern.
fn literal(contents: &[&Content]) -> Option<Key> {
    let chosen = fast_pattern(contents)?;
    let bytes = match chosen.fast_pattern {
        FastPattern::Chop { offset, len } => {
            let (from, len) = (usize::from(offset), usize::from(len));
            chosen
                .bytes
                .get(from..from.saturating_add(len))
                .unwrap_or(&chosen.bytes)
        }
        _ => &chosen.bytes,
    };
    let window = match chosen.fast_pattern {
        FastPattern::Chop { .. } => Window::ANYWHERE,
        _ => window(chosen),
    };
    Some(Key::Literal {
        bytes: bytes.into(),
        nocase: chosen.nocase,
        window,
    })
}

/// Where the content has to lie, as far as the rule says so in numbers.
fn window(content: &Content) -> Window {
    if content.is_relative() {
        return Window::ANYWHERE;
    }
    let number = |operand: &Option<Operand>| match operand {
        Some(Operand::Number(number)) => Some(*number),
        _ => None,
    };
    let is_variable = |operand: &Option<Operand>| matches!(operand, Some(Operand::Variable(_)));
    if is_variable(&content.offset) || is_variable(&content.depth) {
        return Window::ANYWHERE;
    }
    let clamp = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    let start = if content.startswith {
        0
    } else {
        number(&content.offset).unwrap_or(0)
    };
    let end = match number(&content.depth) {
        Some(depth) => clamp(start.saturating_add(depth)),
        None if content.startswith => clamp(content.bytes.len() as i64),
        None => u32::MAX,
    };
    Window {
        start: clamp(start),
        end,
    }
}

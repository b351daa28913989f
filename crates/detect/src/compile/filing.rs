//! By what a rule is found: the choice of its literal.

use std::sync::Arc;

use tapir_matcher::{Window, quality};
use tapir_packet::Direction;
use tapir_protocols::AppProto;
use tapir_rules::keywords::{file, flow, http};
use tapir_rules::tree::{Content, FastPattern, Operand, Opt, OptionKind};

use crate::condition::Condition;
use crate::frame;
use crate::gate::Gate;
use crate::head::ProtocolTest;
use crate::port_set::PortSets;
use crate::prefilter::{Event, Filing, Key, Ports};
use crate::rule::Rule;
use crate::rule_id::RuleId;
use crate::section::SectionDraft;
use crate::transaction::{self, Pattern, Test};
use crate::transform::TransformChain;

const DIRECTIONS: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

/// How a rule is to be filed, before it has its number.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    key: Key,
    pattern: Option<Pattern>,
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
        Self { key, pattern: None }
    }

    /// The option of the rule whose literal was chosen.
    pub(super) fn option(&self, options: &[Opt]) -> Option<u16> {
        let (chosen, folds) = match (&self.key, &self.pattern) {
            (_, Some(pattern)) => (&pattern.bytes, pattern.nocase),
            (Key::Literal { bytes, nocase, .. }, None) => (bytes, *nocase),
            _ => return None,
        };
        let is_chosen = |option: &Opt| match &option.kind {
            OptionKind::Content(content) => {
                let whole = content.bytes == *chosen;
                let part = matches!(content.fast_pattern, FastPattern::Chop { .. });
                content.nocase == folds && !content.negated && (whole || part)
            }
            _ => false,
        };
        u16::try_from(options.iter().position(is_chosen)?).ok()
    }

    /// The same for a rule about transactions, from its sections.
    pub(super) fn of_transaction(sections: &[&SectionDraft]) -> Self {
        let contents: Vec<(&SectionDraft, &Content)> = sections
            .iter()
            .flat_map(|section| {
                section
                    .contents()
                    .into_iter()
                    .map(move |content| (*section, content))
            })
            .collect();
        let all: Vec<&Content> = contents.iter().map(|(_, content)| *content).collect();
        let pattern = fast_pattern(&all).and_then(|chosen| {
            let (section, _) = contents
                .iter()
                .find(|(_, content)| std::ptr::eq(*content, chosen))?;
            let keyword = section
                .buffer()
                .filter(|buffer| ![file::NAME, file::MAGIC].contains(buffer))?;
            let transforms: Vec<_> = section.transforms().collect();
            let chain = TransformChain::compile(&transforms).ok()?.map(Arc::new);
            let Key::Literal {
                bytes,
                nocase,
                window,
            } = literal(&[chosen])?
            else {
                return None;
            };
            // What comes in stretches has no fixed beginning.
            let grows = [
                file::DATA,
                http::REQUEST_BODY,
                http::RESPONSE_BODY,
                flow::FRAME,
            ]
            .contains(&keyword);
            Some(Pattern {
                keyword,
                chain,
                bytes,
                nocase,
                window: if grows { Window::ANYWHERE } else { window },
            })
        });
        Self {
            key: Key::None,
            pattern,
        }
    }

    /// The filing of a rule about transactions.
    pub(super) fn file_transaction(&self, id: RuleId, rule: &Rule) -> Option<transaction::Filing> {
        let part = rule.transaction.as_deref()?;
        let mut directions = [
            !rule.gate.contains(Gate::TO_CLIENT),
            !rule.gate.contains(Gate::TO_SERVER),
        ];
        if part.both_ways {
            let answers = part.tests.iter().any(|test| {
                test.keyword().and_then(transaction::direction_of) == Some(Direction::ToClient)
            });
            directions = [!answers, answers];
        }
        let event = part.tests.iter().find_map(|test| match test {
            Test::Event(proto, number) => Some((*proto, *number)),
            _ => None,
        });
        let pattern = self.pattern.clone().filter(|pattern| {
            !part.both_ways
                || DIRECTIONS.iter().all(|direction| {
                    !directions[direction.index()]
                        || AppProto::ALL
                            .iter()
                            .any(|proto| proto.place(pattern.keyword, *direction).is_some())
                })
        });
        let prompted = pattern.is_some() || event.is_some();
        let places = AppProto::ALL
            .iter()
            .filter(|proto| !prompted && proto.has_parser())
            .filter(|proto| {
                rule.app
                    .is_none_or(|app| crate::condition::carries(app, **proto))
            })
            .map(|&proto| {
                (
                    proto,
                    DIRECTIONS.map(|direction| part.place(proto, direction)),
                )
            })
            .filter(|(_, places)| places.iter().any(Option::is_some))
            .collect();
        Some(transaction::Filing {
            rule: id,
            gate: rule.gate,
            directions,
            pattern,
            places,
            event,
        })
    }

    /// The filing of a rule about frames.
    pub(super) fn file_frame(&self, id: RuleId, rule: &Rule) -> Option<frame::Filing> {
        let part = rule.frame.as_deref()?;
        Some(frame::Filing {
            rule: id,
            gate: rule.gate,
            proto: part.proto,
            kind: part.kind,
            pattern: self.pattern.clone(),
        })
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

#[cfg(test)]
mod tests {
    use tapir_rules::keywords::BufferId;
    use tapir_rules::tree::OptionKind;
    use tapir_rules::{Dialect, LoadOptions, Source, load};

    use super::*;

    /// The pattern by which a rule with options for one buffer is found.
    fn pattern(options: &str) -> Option<Pattern> {
        let rule = format!("alert dns any any -> any any ({options}; sid:1;)\n");
        let asked = LoadOptions {
            dialect: Some(Dialect::Suricata),
            ..LoadOptions::default()
        };
        let file = load(vec![Source::new("test.rules", rule.into_bytes())], &asked);
        let mut draft: Option<SectionDraft> = None;
        for (place, option) in (0..).zip(&file.rules[0].options) {
            match (&option.kind, &mut draft) {
                (OptionKind::Buffer(buffer), _) => {
                    let buffer: BufferId = *buffer;
                    draft = Some(SectionDraft::of(buffer));
                }
                (OptionKind::Content(_) | OptionKind::Transform(_), Some(draft)) => {
                    draft.options.push((place, option.clone()));
                }
                _ => {}
            }
        }
        Draft::of_transaction(&[&draft.expect("a buffer")]).pattern
    }

    #[test]
    fn a_literal_behind_transforms_leads_to_its_rule() {
        let plain = pattern(r#"dns.query; content:".example.net"; endswith"#).expect("a literal");
        assert_eq!((&*plain.bytes, plain.chain), (&b".example.net"[..], None));
        let dotted = pattern(r#"dns.query; dotprefix; content:".example.net"; nocase; endswith"#)
            .expect("a literal");
        assert_eq!(&*dotted.bytes, b".example.net");
        assert!(dotted.nocase && dotted.chain.is_some());
        let other = pattern(r#"dns.query; dotprefix; content:".org""#).expect("a literal");
        // Rules with the same transforms are looked for together.
        assert_eq!(dotted.chain, other.chain);
    }
}

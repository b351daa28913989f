//! Rules by port, as Suricata groups them.
//!
//! Tapir's own inspection does without these groups. They are worked out here for those who judge a rule set by
//! them: ports that many rules ask for get a group of their own, all others share one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tapir_detect::{RuleKind, port_ranges};
use tapir_packet::TcpFlags;
use tapir_rules::keywords::Directions;
use tapir_rules::tree::{FlagMode, OptionKind, PortExpr, ProtocolName, RuleDirection};

use super::subject::Subject;
use crate::companions::Variables;
use crate::settings::PortGrouping;

/// What makes a port come before others: the scores of [`score`], in ascending order, and that of ports that the
/// configuration names.
const SCORES: [u32; 6] = [0, 33, 55, 77, 99, 111];
/// The place in [`SCORES`] of a port that the configuration names.
const NAMED: usize = SCORES.len() - 1;

/// What packets a list of groups is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    Udp,
    IcmpV4,
    IcmpV6,
}

/// Ports, both ends inclusive.
type Ports = (u16, u16);

/// A stretch of ports that the same rules ask for.
struct Stretch {
    ports: Ports,
    score: usize,
    rules: usize,
}

/// A rule with the ports that it asks for.
struct Asked {
    /// Place among all rules, in the order of evaluation.
    rule: usize,
    ports: Vec<Ports>,
    /// Place in [`SCORES`].
    score: usize,
}

/// The groups of all rules by transport and direction.
pub(super) fn groups(
    subjects: &[Subject<'_>],
    variables: &Variables,
    grouping: &PortGrouping,
) -> Value {
    let mut ordered: Vec<&Subject<'_>> = subjects.iter().collect();
    ordered.sort_by_key(|subject| subject.compiled.map_or(usize::MAX, |rule| rule.id.index()));
    let mut groups = Groups {
        ordered,
        variables,
        next: 0,
    };
    let mut object = Map::new();
    for (name, transport, first) in [
        ("tcp", Transport::Tcp, &grouping.tcp_first),
        ("udp", Transport::Udp, &grouping.udp_first),
    ] {
        let to_server = groups.by_port(transport, Directions::ToServer, first, grouping.to_server);
        let to_client = groups.by_port(transport, Directions::ToClient, first, grouping.to_client);
        object.insert(
            name.to_owned(),
            json!({"toserver": to_server, "toclient": to_client}),
        );
    }
    for (name, transport) in [("icmpv4", Transport::IcmpV4), ("icmpv6", Transport::IcmpV6)] {
        object.insert(name.to_owned(), groups.of_protocol(transport));
    }
    Value::Object(object)
}

struct Groups<'s, 'r> {
    /// The rules in the order of evaluation, those left out last.
    ordered: Vec<&'s Subject<'r>>,
    variables: &'s Variables,
    /// The number of the next group.
    next: usize,
}

impl Groups<'_, '_> {
    /// The groups of one transport and direction: those of their own first, then the one for all other ports.
    fn by_port(
        &mut self,
        transport: Transport,
        direction: Directions,
        first: &PortExpr,
        most: usize,
    ) -> Vec<Value> {
        let asked = self.asked(transport, direction, first);
        let mut stretches = stretches(&asked);
        stretches.sort_by_key(|stretch| std::cmp::Reverse((stretch.score, stretch.rules)));
        let own = if most == 0 {
            stretches.len()
        } else {
            most.min(stretches.len())
        };
        let (own, others) = stretches.split_at(own);
        let mut listed: Vec<(Ports, usize, Vec<usize>)> = own
            .iter()
            .map(|stretch| (stretch.ports, stretch.score, covering(&asked, &[stretch])))
            .collect();
        if !others.is_empty() {
            let score = others.iter().map(|stretch| stretch.score).max();
            let others: Vec<&Stretch> = others.iter().collect();
            listed.push(((0, u16::MAX), score.unwrap_or(0), covering(&asked, &others)));
        }
        let mut numbers: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        listed
            .into_iter()
            .map(|((port, port2), score, rules)| {
                let number = *numbers
                    .entry(rules.clone())
                    .or_insert_with(|| self.number());
                json!({
                    "port": port,
                    "port2": port2,
                    "rulegroup": self.group(number, &rules, score),
                })
            })
            .collect()
    }

    /// The group of a protocol without ports, for each direction that has rules.
    fn of_protocol(&mut self, transport: Transport) -> Value {
        let mut object = Map::new();
        for (name, direction) in [
            ("toserver", Directions::ToServer),
            ("toclient", Directions::ToClient),
        ] {
            let rules: Vec<usize> = self.tried(transport, direction).collect();
            if !rules.is_empty() {
                let number = self.number();
                object.insert(
                    name.to_owned(),
                    json!({"rulegroup": self.group(number, &rules, 0)}),
                );
            }
        }
        Value::Object(object)
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn group(&self, number: usize, rules: &[usize], score: usize) -> Value {
        let listed: Vec<Value> = rules
            .iter()
            .filter_map(|&rule| self.ordered.get(rule))
            .map(|subject| json!({"sig_id": subject.tree.sid}))
            .collect();
        json!({
            "id": number,
            "rules": listed,
            "stats": {"total": rules.len()},
            "score": SCORES.get(score).copied().unwrap_or_default(),
        })
    }

    /// The rules that are tried on packets of a transport in a direction.
    fn tried(
        &self,
        transport: Transport,
        direction: Directions,
    ) -> impl Iterator<Item = usize> + '_ {
        let rules = self.ordered.iter().enumerate();
        rules.filter_map(move |(place, subject)| {
            let tried = subject.kind != RuleKind::IpOnly
                && (subject.directions == Directions::Both || subject.directions == direction)
                && admits(subject.tree.header.protocol.name, transport);
            tried.then_some(place)
        })
    }

    /// The rules of a transport and direction with the ports that they ask for.
    fn asked(&self, transport: Transport, direction: Directions, first: &PortExpr) -> Vec<Asked> {
        let first = self.ranges(first);
        self.tried(transport, direction)
            .filter_map(|rule| {
                let subject = self.ordered.get(rule)?;
                let header = &subject.tree.header;
                if direction == Directions::ToClient
                    && is_for_syn_alone(subject)
                    && subject.directions == Directions::Both
                    && header.dport != PortExpr::Any
                {
                    return None;
                }
                let (near, far) = match direction {
                    Directions::ToClient => (&header.sport, &header.dport),
                    _ => (&header.dport, &header.sport),
                };
                let mut ports = self.ranges(near);
                if header.direction == RuleDirection::Either {
                    ports = joined(ports, self.ranges(far));
                }
                let named = ports.iter().any(|range| first.contains(range));
                Some(Asked {
                    rule,
                    score: if named { NAMED } else { self.score(subject) },
                    ports,
                })
            })
            .collect()
    }

    /// Ranges of ports; none when the expression stands for none, which the compiler has refused.
    fn ranges(&self, expr: &PortExpr) -> Vec<Ports> {
        port_ranges(expr, &|name| self.variables.ports.get(name)).unwrap_or_default()
    }

    /// How much a rule wants for a group of its own, as a place in [`SCORES`]: rules that are tried often.
    fn score(&self, subject: &Subject<'_>) -> usize {
        let header = &subject.tree.header;
        let ports = if subject.directions == Directions::ToClient {
            &header.sport
        } else {
            &header.dport
        };
        if self.ranges(ports) == [(0, u16::MAX)] {
            return 0;
        }
        let in_payload = !subject.lists.payload.is_empty();
        match subject.fast {
            None if in_payload => 4,
            Some(fast) if fast.content.negated => 3,
            Some(fast) if fast.buffer.is_none() && fast.content.bytes.len() == 1 => 2,
            _ => usize::from(is_for_syn_alone(subject)),
        }
    }
}

/// Whether a rule for a protocol is tried on packets of a transport.
fn admits(protocol: ProtocolName, transport: Transport) -> bool {
    match protocol {
        ProtocolName::Ip | ProtocolName::Ip4 | ProtocolName::Ip6 | ProtocolName::PktHdr => true,
        ProtocolName::Tcp | ProtocolName::TcpPkt | ProtocolName::TcpStream => {
            transport == Transport::Tcp
        }
        ProtocolName::Udp => transport == Transport::Udp,
        ProtocolName::App(_) => matches!(transport, Transport::Tcp | Transport::Udp),
        ProtocolName::Icmp => matches!(transport, Transport::IcmpV4 | Transport::IcmpV6),
        ProtocolName::IcmpV4 => transport == Transport::IcmpV4,
        ProtocolName::IcmpV6 => transport == Transport::IcmpV6,
        _ => false,
    }
}

/// Whether only the first packet of a connection can match.
fn is_for_syn_alone(subject: &Subject<'_>) -> bool {
    subject.options().any(|option| {
        matches!(&option.kind, OptionKind::TcpFlags(test)
            if test.mode == FlagMode::Exact && test.bits == TcpFlags::SYN.bits())
    })
}

/// Both lists of ranges as one, without overlaps.
fn joined(mut ranges: Vec<Ports>, others: Vec<Ports>) -> Vec<Ports> {
    ranges.extend(others);
    ranges.sort_unstable();
    let mut joined: Vec<Ports> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// The ports cut wherever a range begins or ends, in ascending order; those that no rule asks for left out.
fn stretches(asked: &[Asked]) -> Vec<Stretch> {
    // What begins and ends at a port: how many ranges of each score.
    let mut edges: BTreeMap<u32, [i64; SCORES.len()]> = BTreeMap::new();
    for rule in asked {
        for &(first, last) in &rule.ports {
            let mut mark = |port: u32, by: i64| {
                if let Some(count) = edges.entry(port).or_default().get_mut(rule.score) {
                    *count += by;
                }
            };
            mark(first.into(), 1);
            mark(u32::from(last) + 1, -1);
        }
    }
    let mut counts = [0_i64; SCORES.len()];
    let mut found = Vec::with_capacity(edges.len());
    let mut edges = edges.into_iter().peekable();
    while let Some((first, change)) = edges.next() {
        for (count, by) in counts.iter_mut().zip(change) {
            *count += by;
        }
        let rules: i64 = counts.iter().sum();
        let last = edges.peek().map_or(first, |(next, _)| next - 1);
        let ends = (u16::try_from(first), u16::try_from(last));
        if let (Ok(first), Ok(last), true) = (ends.0, ends.1, rules > 0) {
            found.push(Stretch {
                ports: (first, last),
                score: counts.iter().rposition(|&count| count > 0).unwrap_or(0),
                rules: usize::try_from(rules).unwrap_or(0),
            });
        }
    }
    found
}

/// The rules that ask for ports of one of the stretches, in order.
fn covering(asked: &[Asked], stretches: &[&Stretch]) -> Vec<usize> {
    let mut ports: Vec<Ports> = stretches.iter().map(|stretch| stretch.ports).collect();
    ports.sort_unstable();
    asked
        .iter()
        .filter(|rule| {
            rule.ports.iter().any(|&(first, last)| {
                // Stretches do not overlap: the first that ends behind the beginning decides.
                let at = ports.partition_point(|stretch| stretch.1 < first);
                ports.get(at).is_some_and(|stretch| stretch.0 <= last)
            })
        })
        .map(|rule| rule.rule)
        .collect()
}

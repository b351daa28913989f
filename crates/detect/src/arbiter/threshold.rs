//! `threshold`, `detection_filter`, `event_filter` and `rate_filter`: which of many matches become alerts.

use std::net::IpAddr;
use std::time::Duration;

use tapir_packet::Timestamp;
use tapir_rules::tree::{Track, UniqueOn};

use super::PacketFacts;
use crate::alert::Actions;
use crate::expiring::Expiring;
use crate::rule_id::RuleId;

/// How matches are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilterKind {
    /// The first `count` in a period.
    Limit,
    /// Every `count`-th.
    Threshold,
    /// One in a period, when `count` is reached.
    Both,
    /// At `count`, then each time the number has grown by the factor.
    Backoff { multiplier: u32 },
    /// Those after the first `count` in a period; with a field, those after `count` different values of it.
    Detection { unique_on: Option<UniqueOn> },
    /// All; after `count` in a period they get other actions, for `timeout` seconds.
    Rate { actions: Actions, timeout: u32 },
}

/// One filter of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) kind: FilterKind,
    pub(crate) track: Track,
    pub(crate) count: u32,
    pub(crate) seconds: u32,
}

impl Filter {
    /// Whether a match can lose its actions, not only its alert.
    pub(crate) fn can_silence_actions(&self) -> bool {
        !matches!(self.kind, FilterKind::Limit | FilterKind::Rate { .. })
    }

    /// Whether a match can get actions that touch the traffic.
    pub(crate) fn can_change_actions(&self) -> bool {
        matches!(self.kind, FilterKind::Rate { actions, .. } if actions != Actions::ALERT)
    }
}

/// What a filter says about a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// It is an alert.
    Alert,
    /// It is an alert, with these actions.
    AlertWith(Actions),
    /// Its actions are carried out, without an alert.
    Silent,
    /// It counts for nothing.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Rule,
    Host(IpAddr),
    Pair(IpAddr, IpAddr),
    Flow(u64),
}

type Key = (RuleId, u8, Who);

#[derive(Debug)]
struct Tally {
    start: Timestamp,
    count: u32,
    /// For `rate_filter` when its new actions began, for `backoff` the next number to alert at.
    mark: u64,
    ports: Option<Box<PortBits>>,
}

/// Idle tallies without a period of their own are forgotten after an hour.
const IDLE: Duration = Duration::from_secs(3600);

/// The tallies of all filters.
#[derive(Debug)]
pub(crate) struct Thresholds {
    tallies: Expiring<Key, Tally>,
}

impl Thresholds {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            tallies: Expiring::new(limit),
        }
    }

    /// Tallies that found no room.
    pub(crate) fn refused(&self) -> u64 {
        self.tallies.refused()
    }

    /// Bytes that the sets of ports seen take.
    pub(crate) fn port_bytes(&self) -> usize {
        self.tallies
            .values()
            .filter(|tally| tally.ports.is_some())
            .count()
            * size_of::<PortBits>()
    }

    /// Counts a match of `rule` in its `place`-th filter.
    pub(crate) fn rule_on(
        &mut self,
        rule: RuleId,
        place: u8,
        filter: &Filter,
        packet: &PacketFacts,
    ) -> Ruling {
        let Some(who) = who(filter.track, packet) else {
            return Ruling::Nothing;
        };
        let key = (rule, place, who);
        let now = packet.ts;
        let idle_end = now.after(IDLE.max(Duration::from_secs(u64::from(filter.seconds) * 2)));
        if let Some(tally) = self.tallies.get(&key, now) {
            let ruling = tally.again(filter, packet);
            self.tallies.extend(&key, idle_end);
            return ruling;
        }
        let (tally, ruling) = Tally::first(filter, packet);
        self.tallies.insert(key, tally, idle_end, now);
        ruling
    }
}

fn who(track: Track, packet: &PacketFacts) -> Option<Who> {
    Some(match track {
        Track::BySrc => Who::Host(packet.src),
        Track::ByDst => Who::Host(packet.dst),
        Track::IpPair | Track::ByBoth | Track::ByEither => {
            Who::Pair(packet.src.min(packet.dst), packet.src.max(packet.dst))
        }
        Track::ByRule => Who::Rule,
        Track::ByFlow | Track::Tx => Who::Flow(packet.flow?),
    })
}

impl Tally {
    fn first(filter: &Filter, packet: &PacketFacts) -> (Self, Ruling) {
        let mut tally = Self {
            start: packet.ts,
            count: 1,
            mark: 0,
            ports: None,
        };
        let ruling = match filter.kind {
            FilterKind::Limit | FilterKind::Rate { .. } => Ruling::Alert,
            FilterKind::Threshold if filter.count <= 1 => {
                tally.count = 0;
                Ruling::Alert
            }
            FilterKind::Both if filter.count <= 1 => Ruling::Alert,
            FilterKind::Backoff { multiplier } => {
                tally.mark = u64::from(filter.count);
                if filter.count <= 1 {
                    tally.back_off(multiplier)
                } else {
                    Ruling::Nothing
                }
            }
            FilterKind::Detection { unique_on } => {
                tally.see_port(unique_on, packet);
                Ruling::Nothing
            }
            FilterKind::Threshold | FilterKind::Both => Ruling::Nothing,
        };
        (tally, ruling)
    }

    fn again(&mut self, filter: &Filter, packet: &PacketFacts) -> Ruling {
        if let FilterKind::Rate { actions, timeout } = filter.kind {
            return self.rate(filter, actions, timeout, packet.ts);
        }
        if let FilterKind::Backoff { multiplier } = filter.kind {
            self.count = self.count.saturating_add(1);
            return if u64::from(self.count) == self.mark {
                self.back_off(multiplier)
            } else {
                Ruling::Silent
            };
        }
        if !self.within(filter, packet.ts) {
            let (fresh, ruling) = Self::first(filter, packet);
            *self = fresh;
            return ruling;
        }
        let seen_before = match filter.kind {
            FilterKind::Detection { unique_on } => !self.see_port(unique_on, packet),
            _ => false,
        };
        if !seen_before {
            self.count = self.count.saturating_add(1);
        }
        self.within_period(filter)
    }

    fn within_period(&mut self, filter: &Filter) -> Ruling {
        match filter.kind {
            FilterKind::Limit if self.count <= filter.count => Ruling::Alert,
            FilterKind::Limit => Ruling::Silent,
            FilterKind::Threshold if self.count >= filter.count => {
                self.count = 0;
                Ruling::Alert
            }
            FilterKind::Both if self.count == filter.count => Ruling::Alert,
            FilterKind::Both if self.count > filter.count => Ruling::Silent,
            FilterKind::Detection { .. } if self.count > filter.count => Ruling::Alert,
            _ => Ruling::Nothing,
        }
    }

    fn within(&self, filter: &Filter, now: Timestamp) -> bool {
        now <= self.start.after(Duration::from_secs(filter.seconds.into()))
    }

    fn back_off(&mut self, multiplier: u32) -> Ruling {
        self.mark = self.mark.saturating_mul(multiplier.into());
        Ruling::Alert
    }

    fn rate(&mut self, filter: &Filter, actions: Actions, timeout: u32, now: Timestamp) -> Ruling {
        if self.mark != 0 {
            if now.secs().saturating_sub(self.mark) <= u64::from(timeout) {
                return Ruling::AlertWith(actions);
            }
            self.mark = 0;
            return Ruling::Alert;
        }
        if self.within(filter, now) {
            self.count = self.count.saturating_add(1);
            if self.count > filter.count {
                self.mark = now.secs().max(1);
                return Ruling::AlertWith(actions);
            }
        } else {
            self.start = now;
            self.count = 1;
        }
        Ruling::Alert
    }

    /// Notes the packet's port; false when it was seen before in this period.
    fn see_port(&mut self, unique_on: Option<UniqueOn>, packet: &PacketFacts) -> bool {
        let port = match unique_on {
            None => return true,
            Some(UniqueOn::SrcPort) => packet.sport,
            Some(UniqueOn::DstPort) => packet.dport,
        };
        self.ports.get_or_insert_default().insert(port)
    }
}

/// One bit a port.
#[derive(Debug)]
struct PortBits([u64; 1024]);

impl Default for PortBits {
    fn default() -> Self {
        Self([0; 1024])
    }
}

impl PortBits {
    /// False when the port was in already.
    fn insert(&mut self, port: u16) -> bool {
        let (word, bit) = (usize::from(port / 64), 1u64 << (port % 64));
        let fresh = self.0[word] & bit == 0;
        self.0[word] |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn packet(secs: u64, dport: u16) -> PacketFacts {
        PacketFacts {
            number: 1,
            ts: Timestamp::new(secs, 0),
            ip_version: 4,
            src: Ipv4Addr::new(10, 0, 0, 1).into(),
            dst: Ipv4Addr::new(10, 0, 0, 2).into(),
            sport: 1000,
            dport,
            flow: Some(7),
            bytes: 60,
        }
    }

    /// Which matches, one at each of these seconds, are alerts.
    fn alerts(kind: FilterKind, count: u32, seconds: u32, at: &[u64]) -> Vec<bool> {
        let filter = Filter {
            kind,
            track: Track::BySrc,
            count,
            seconds,
        };
        let mut table = Thresholds::new(100);
        let rule = |&secs: &u64| {
            table.rule_on(RuleId(0), 0, &filter, &packet(secs, secs as u16)) == Ruling::Alert
        };
        at.iter().map(rule).collect()
    }

    #[test]
    fn limit_lets_the_first_of_a_period_through() {
        assert_eq!(
            alerts(FilterKind::Limit, 2, 10, &[0, 1, 2, 10, 11, 12, 13]),
            [true, true, false, false, true, true, false]
        );
    }

    #[test]
    fn threshold_lets_every_nth_through() {
        assert_eq!(
            alerts(FilterKind::Threshold, 3, 10, &[0, 1, 2, 3, 4, 5, 30]),
            [false, false, true, false, false, true, false]
        );
        assert_eq!(
            alerts(FilterKind::Threshold, 1, 10, &[0, 1, 2]),
            [true, true, true]
        );
    }

    #[test]
    fn both_lets_one_of_a_period_through() {
        assert_eq!(
            alerts(FilterKind::Both, 2, 10, &[0, 1, 2, 3, 20, 21, 22]),
            [false, true, false, false, false, true, false]
        );
    }

    #[test]
    fn detection_filter_lets_those_beyond_the_count_through() {
        let kind = FilterKind::Detection { unique_on: None };
        assert_eq!(
            alerts(kind, 2, 10, &[0, 1, 2, 3, 20]),
            [false, false, true, true, false]
        );
    }

    #[test]
    fn detection_filter_can_count_different_ports() {
        let filter = Filter {
            kind: FilterKind::Detection {
                unique_on: Some(UniqueOn::DstPort),
            },
            track: Track::ByDst,
            count: 2,
            seconds: 60,
        };
        let mut table = Thresholds::new(10);
        let rulings =
            [80, 80, 81, 80, 82].map(|port| table.rule_on(RuleId(0), 0, &filter, &packet(1, port)));
        use Ruling::{Alert, Nothing};
        assert_eq!(rulings, [Nothing, Nothing, Nothing, Nothing, Alert]);
    }

    #[test]
    fn backoff_grows_by_its_factor() {
        let shown = alerts(FilterKind::Backoff { multiplier: 2 }, 1, 0, &[0; 9]);
        assert_eq!(
            shown,
            [true, true, false, true, false, false, false, true, false]
        );
    }

    #[test]
    fn rate_filter_changes_the_actions_for_a_while() {
        let filter = Filter {
            kind: FilterKind::Rate {
                actions: Actions::DROP,
                timeout: 5,
            },
            track: Track::ByRule,
            count: 2,
            seconds: 10,
        };
        let mut table = Thresholds::new(10);
        let changed: Vec<bool> = [0, 1, 2, 3, 7, 8, 9]
            .iter()
            .map(|&secs| {
                matches!(
                    table.rule_on(RuleId(0), 0, &filter, &packet(secs, 1)),
                    Ruling::AlertWith(_)
                )
            })
            .collect();
        assert_eq!(changed, [false, false, true, true, true, false, true]);
    }
}

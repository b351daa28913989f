//! `iprep`: reputations of addresses, from lists.
//!
//! A categories file has lines of number, short name and description; a list has lines of address or
//! network, category number and score, all joined by commas. Lines that begin with `#` are remarks.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tapir_packet::Packet;
use tapir_rules::tree::{IntegerOp, IntegerTest, IpRep, IpRepSide, IpRepTest};

use super::Sides;

/// Categories have numbers below this.
const MAX_CATEGORIES: u8 = 60;
/// The highest score.
const MAX_SCORE: u8 = 127;
/// Where IPv4 addresses lie among those of IPv6.
const MAPPED: u32 = 96;

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReputationError {
    /// Its number, counted from 1.
    pub line: usize,
    /// What is wrong, in a sentence without a final stop.
    pub message: &'static str,
}

impl fmt::Display for ReputationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ReputationError {}

/// The reputations of addresses, by category.
#[derive(Clone, Debug, Default)]
pub struct Reputation {
    names: Vec<(Box<str>, u8)>,
    categories: FxHashMap<u8, Scores>,
}

/// The scores of one category: of networks by length and address, addresses being networks of one.
#[derive(Clone, Debug, Default)]
struct Scores {
    /// The lengths that occur, the longest first.
    lengths: Vec<u8>,
    networks: FxHashMap<(u8, u128), u8>,
}

impl Reputation {
    /// No categories and no addresses.
    #[must_use]
    pub fn new() -> Self {
        Reputation::default()
    }

    /// Takes the text of a categories file. Lines that are wrong are left out and come back.
    pub fn add_categories(&mut self, text: &str) -> Vec<ReputationError> {
        each_line(text, |line| {
            let (number, rest) = line
                .split_once(',')
                .ok_or("expected number,name,description")?;
            let name = rest.split_once(',').map_or(rest, |(name, _)| name).trim();
            let number = number
                .trim()
                .parse()
                .map_err(|_| "the category is no number")?;
            if number == 0 || number >= MAX_CATEGORIES {
                return Err("the category is not between 1 and 59");
            }
            if name.is_empty() {
                return Err("the category has no name");
            }
            self.names.push((name.into(), number));
            Ok(())
        })
    }

    /// Takes the text of a list. Lines that are wrong are left out and come back.
    ///
    /// Of scores for the same network the last counts.
    pub fn add_list(&mut self, text: &str) -> Vec<ReputationError> {
        each_line(text, |line| {
            let mut parts = line.split(',').map(str::trim);
            let (Some(network), Some(category), Some(score)) =
                (parts.next(), parts.next(), parts.next())
            else {
                return Err("expected address,category,score");
            };
            let category: u8 = category.parse().map_err(|_| "the category is no number")?;
            if category == 0 || category >= MAX_CATEGORIES {
                return Err("the category is not between 1 and 59");
            }
            let score: u8 = score.parse().map_err(|_| "the score is no number")?;
            if score > MAX_SCORE {
                return Err("the score is above 127");
            }
            let (address, length) = read_network(network)?;
            self.categories
                .entry(category)
                .or_default()
                .set(address, length, score);
            Ok(())
        })
    }

    /// The number of a category.
    #[must_use]
    pub fn category(&self, name: &str) -> Option<u8> {
        self.names
            .iter()
            .find(|(known, _)| **known == *name)
            .map(|&(_, number)| number)
    }

    /// The score of an address in a category: that of the narrowest network around it that is
    /// listed.
    #[must_use]
    pub fn score(&self, category: u8, address: IpAddr) -> Option<u8> {
        self.categories.get(&category)?.get(to_bits(address))
    }
}

impl Scores {
    fn set(&mut self, address: u128, length: u8, score: u8) {
        if let Err(place) = self.lengths.binary_search_by(|known| length.cmp(known)) {
            self.lengths.insert(place, length);
        }
        self.networks
            .insert((length, masked(address, length)), score);
    }

    fn get(&self, address: u128) -> Option<u8> {
        self.lengths
            .iter()
            .find_map(|&length| self.networks.get(&(length, masked(address, length))))
            .copied()
    }
}

fn each_line(
    text: &str,
    mut take: impl FnMut(&str) -> Result<(), &'static str>,
) -> Vec<ReputationError> {
    let mut errors = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(message) = take(line) {
            errors.push(ReputationError {
                line: number + 1,
                message,
            });
        }
    }
    errors
}

/// An address, or a network with its length; IPv4 lies in the mapped part of IPv6.
fn read_network(text: &str) -> Result<(u128, u8), &'static str> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.trim().parse().map_err(|_| "this is no address")?;
    let widest: u8 = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length
            .trim()
            .parse()
            .map_err(|_| "the length of the network is no number")?,
        None => widest,
    };
    if length > widest {
        return Err("the network is longer than an address");
    }
    let offset = if address.is_ipv4() { MAPPED as u8 } else { 0 };
    Ok((to_bits(address), offset + length))
}

fn to_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => Ipv6Addr::to_bits(address),
    }
}

fn masked(address: u128, length: u8) -> u128 {
    let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
    address & mask
}

/// An `iprep` of a rule.
#[derive(Clone, Debug)]
pub struct ReputationTest {
    reputation: Arc<Reputation>,
    category: u8,
    sides: Sides,
    asks: Asks,
}

/// What is asked of a score.
#[derive(Clone, Copy, Debug)]
enum Asks {
    Listed(bool),
    Score(IntegerTest),
}

impl ReputationTest {
    pub(super) fn new(asked: &IpRep, reputation: Option<&Arc<Reputation>>) -> Result<Self, String> {
        let reputation = reputation.ok_or(
            "`iprep` needs lists: set `reputation-categories-file` and `reputation-files`",
        )?;
        let category = reputation.category(&asked.category).ok_or_else(|| {
            format!(
                "`{}` is no category of the reputation files",
                asked.category
            )
        })?;
        Ok(ReputationTest {
            reputation: Arc::clone(reputation),
            category,
            sides: match asked.side {
                IpRepSide::Src => Sides::Source,
                IpRepSide::Dst => Sides::Destination,
                IpRepSide::Both => Sides::Both,
                IpRepSide::Any => Sides::Either,
            },
            asks: match asked.test {
                IpRepTest::IsSet => Asks::Listed(true),
                IpRepTest::IsNotSet => Asks::Listed(false),
                IpRepTest::Score(op, a, b) => Asks::Score(score_test(op, a, b)),
            },
        })
    }

    /// Whether the packet's addresses pass. Scores are compared of listed addresses only.
    pub(super) fn holds(&self, packet: &Packet<'_>) -> bool {
        self.sides.pass(packet, |address| {
            let score = self.reputation.score(self.category, address);
            match &self.asks {
                Asks::Listed(listed) => score.is_some() == *listed,
                Asks::Score(test) => score.is_some_and(|score| test.holds(u64::from(score))),
            }
        })
    }

    /// The scores of the addresses, in words.
    pub(super) fn seen(&self, packet: &Packet<'_>) -> String {
        let score = |address| match self.reputation.score(self.category, address) {
            Some(score) => score.to_string(),
            None => "not listed".to_owned(),
        };
        let (src, dst) = (score(packet.src), score(packet.dst));
        format!("the source's is {src}, the destination's {dst}")
    }
}

fn score_test(op: IntegerOp, a: u8, b: u8) -> IntegerTest {
    IntegerTest::new(op, a.into(), b.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn lists() -> Reputation {
        let mut lists = Reputation::new();
        let categories = "# remarks\r\n1,BadHosts,Known bad hosts\r\n2,Google,Known google host\n";
        assert!(lists.add_categories(categories).is_empty());
        let list = "192.0.2.0/24,1,10\r\n192.0.2.7,1,90\n\n2001:db8::/32,1,5\n192.0.2.7, 2, 0\n";
        assert!(lists.add_list(list).is_empty());
        lists
    }

    #[test]
    fn the_narrowest_network_gives_the_score() {
        let lists = lists();
        let bad = lists.category("BadHosts").expect("a category");
        assert_eq!(lists.score(bad, address("192.0.2.1")), Some(10));
        assert_eq!(lists.score(bad, address("192.0.2.7")), Some(90));
        assert_eq!(lists.score(bad, address("192.0.3.1")), None);
        assert_eq!(lists.score(bad, address("2001:db8::1")), Some(5));
        assert_eq!(lists.score(2, address("192.0.2.7")), Some(0));
        assert_eq!(lists.score(2, address("192.0.2.1")), None);
        assert_eq!(lists.category("badhosts"), None);
    }

    #[test]
    fn a_network_of_everything_holds_both_versions_apart() {
        let mut lists = Reputation::new();
        assert!(lists.add_list("0.0.0.0/0,1,1").is_empty());
        assert_eq!(lists.score(1, address("203.0.113.9")), Some(1));
        assert_eq!(lists.score(1, address("2001:db8::9")), None);
        assert!(lists.add_list("::/0,1,2").is_empty());
        assert_eq!(lists.score(1, address("2001:db8::9")), Some(2));
        assert_eq!(lists.score(1, address("203.0.113.9")), Some(1));
    }

    #[test]
    fn lines_that_are_wrong_are_told() {
        let mut lists = Reputation::new();
        let list = "192.0.2.1,1,3\nhost,1,3\n192.0.2.1/33,1,3\n192.0.2.1,60,3\n192.0.2.1,1,128\n1";
        let wrong: Vec<_> = lists
            .add_list(list)
            .iter()
            .map(|error| error.line)
            .collect();
        assert_eq!(wrong, [2, 3, 4, 5, 6]);
        assert_eq!(lists.score(1, address("192.0.2.1")), Some(3));
        let wrong = lists.add_categories("0,a,b\n60,a,b\nx,a,b\n1\n2,,b\n3,short");
        assert_eq!(wrong.len(), 5);
        assert_eq!(lists.category("short"), Some(3));
    }
}

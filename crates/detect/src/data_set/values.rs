//! The values of one data set.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use tapir_rules::tree::DataKind;

/// What a set knows about one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// That it is there.
    Member,
    /// Its reputation.
    Reputation(u16),
    /// JSON text about it.
    Context(Box<str>),
}

impl Known {
    pub(super) fn context(&self) -> Option<&str> {
        match self {
            Known::Context(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn reputation(&self) -> Option<u16> {
        match self {
            Known::Reputation(value) => Some(*value),
            _ => None,
        }
    }
}

/// What came of putting a value in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insertion {
    New,
    Old,
    /// There was no room.
    Refused,
}

/// What a value costs besides its own bytes.
const OVERHEAD: u64 = 48;

/// Values and what is known about them, up to a number of bytes.
#[derive(Debug, Clone)]
pub(super) struct Values {
    known: HashMap<Box<[u8]>, Known>,
    bytes: u64,
    limit: u64,
}

impl Values {
    /// No values; `limit` in bytes, 0 for none.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            known: HashMap::new(),
            bytes: 0,
            limit,
        }
    }

    /// Puts a value in, with what is known about it.
    pub(super) fn insert(&mut self, value: &[u8], about: Option<Known>) -> Insertion {
        if self.known.contains_key(value) {
            return Insertion::Old;
        }
        let cost = value.len() as u64 + OVERHEAD;
        if self.limit != 0 && self.bytes + cost > self.limit {
            return Insertion::Refused;
        }
        self.bytes += cost;
        self.known
            .insert(value.into(), about.unwrap_or(Known::Member));
        Insertion::New
    }

    /// Takes a value out; whether it was there.
    pub(super) fn remove(&mut self, value: &[u8]) -> bool {
        let there = self.known.remove(value).is_some();
        if there {
            self.bytes -= value.len() as u64 + OVERHEAD;
        }
        there
    }

    /// Takes all values out.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.bytes = 0;
    }

    /// What is known about a value, or about a domain that it lies in.
    pub(super) fn find(&self, value: &[u8], subdomains: bool) -> Option<&Known> {
        if let Some(known) = self.known.get(value) {
            return Some(known);
        }
        if !subdomains {
            return None;
        }
        // A domain is kept with the dot before it, or without.
        memchr::memchr_iter(b'.', value)
            .flat_map(|dot| [value.get(dot..), value.get(dot + 1..)])
            .flatten()
            .find_map(|domain| self.known.get(domain))
    }

    /// All values in their order, so that files are the same from run to run.
    pub(super) fn sorted(&self) -> Vec<(&[u8], &Known)> {
        let mut all: Vec<_> = self
            .known
            .iter()
            .map(|(value, known)| (&**value, known))
            .collect();
        all.sort_unstable_by_key(|(value, _)| *value);
        all
    }
}

/// The form in which a set keeps a value; nothing for one that is not of its kind.
pub(super) fn normal(kind: DataKind, value: &[u8]) -> Option<Vec<u8>> {
    let right_size = |size: usize| (value.len() == size).then(|| value.to_vec());
    match kind {
        DataKind::String => Some(value.to_vec()),
        DataKind::Md5 => right_size(16),
        DataKind::Sha256 => right_size(32),
        DataKind::Ipv4 => right_size(4),
        DataKind::Ip => match <[u8; 4]>::try_from(value) {
            Ok(v4) => Some(Ipv4Addr::from(v4).to_ipv6_mapped().octets().to_vec()),
            Err(_) => right_size(16),
        },
    }
}

//! A table whose entries die at a time of their own, and which never grows beyond its limit.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use tapir_packet::Timestamp;

/// How often, in seconds of packet time, dead entries are looked for.
const SWEEP_SECONDS: u64 = 30;

/// Entries by key, each with the last moment at which it counts. Keys come from the network: the hash is keyed.
#[derive(Debug)]
pub(crate) struct Expiring<K, V> {
    entries: HashMap<K, (V, Timestamp)>,
    limit: usize,
    swept: Timestamp,
    refused: u64,
}

impl<K: Hash + Eq, V> Expiring<K, V> {
    /// A table of at most `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: HashMap::new(),
            limit,
            swept: Timestamp::from_nanos(0),
            refused: 0,
        }
    }

    /// The live entry of a key.
    pub(crate) fn get(&mut self, key: &K, now: Timestamp) -> Option<&mut V> {
        match self.entries.get_mut(key) {
            Some((value, until)) if *until >= now => Some(value),
            _ => None,
        }
    }

    /// Sets the last moment of an entry that is there.
    pub(crate) fn extend(&mut self, key: &K, until: Timestamp) {
        if let Some((_, end)) = self.entries.get_mut(key) {
            *end = until;
        }
    }

    /// Makes or replaces an entry; when the table is full of live ones, the new one is not kept.
    pub(crate) fn insert(&mut self, key: K, value: V, until: Timestamp, now: Timestamp) {
        let full = self.entries.len() >= self.limit;
        let due = now.secs() >= self.swept.secs().saturating_add(SWEEP_SECONDS);
        // A full table is swept at most once a second, so that it does not cost time on every insertion.
        if due || (full && now.secs() > self.swept.secs()) {
            self.swept = now;
            self.entries.retain(|_, (_, until)| *until >= now);
        }
        let full = self.entries.len() >= self.limit;
        match self.entries.entry(key) {
            Entry::Occupied(mut old) => {
                old.insert((value, until));
            }
            Entry::Vacant(_) if full => self.refused += 1,
            Entry::Vacant(place) => {
                place.insert((value, until));
            }
        }
    }

    /// Removes an entry; whether a live one was there.
    pub(crate) fn remove(&mut self, key: &K, now: Timestamp) -> bool {
        self.entries
            .remove(key)
            .is_some_and(|(_, until)| until >= now)
    }

    /// How many entries were refused because the table was full.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// The values of all entries, dead ones not yet swept included, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|(value, _)| value)
    }

    /// How many entries there are, dead ones not yet swept included.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_die_and_the_limit_holds() {
        let at = |secs| Timestamp::new(secs, 0);
        let mut table = Expiring::new(2);
        table.insert(1, 'a', at(10), at(1));
        table.insert(2, 'b', at(20), at(1));
        table.insert(3, 'c', at(20), at(2));
        assert_eq!(table.refused(), 1);
        assert_eq!(table.get(&1, at(10)), Some(&mut 'a'));
        assert_eq!(table.get(&1, at(11)), None);
        table.insert(3, 'c', at(20), at(11));
        assert_eq!(table.get(&3, at(11)), Some(&mut 'c'));
        assert!(!table.remove(&1, at(11)));
    }
}

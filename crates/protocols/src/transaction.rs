//! Transactions: what belongs together of what both sides say.

use std::collections::VecDeque;

use smallvec::SmallVec;
use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use crate::file::File;
use crate::record::RecordOptions;

/// A value of a transaction that a rule may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Bytes, whole.
    Bytes(&'a [u8]),
    /// A stretch of something that is inspected while it grows, such as a body or a file.
    Window {
        /// Its bytes.
        data: &'a [u8],
        /// Place of the first byte in the whole.
        offset: u64,
        /// Whether it reaches to the end of the whole, and that is known.
        end: bool,
    },
    /// A number, or a set of flags.
    Number(u64),
}

/// Takes a log record: its `event_type`, and what writes its members.
pub type ShowRecord<'s> = dyn FnMut(&'static str, &dyn Fn(&mut Json<'_>)) + 's;

/// The certificates that a side showed of itself, its own first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateChain {
    /// Each in DER.
    pub certificates: Vec<Box<[u8]>>,
    /// Subject of the first.
    pub subject: Box<str>,
    /// Issuer of the first.
    pub issuer: Box<str>,
    /// SHA-1 of the first, in hexadecimal digits with colons between bytes.
    pub fingerprint: Box<str>,
}

/// What a protocol knows of one transaction.
pub trait Transaction {
    /// Shows the values of a keyword to `accepts`, one after the other, until it says yes, and says whether it did.
    /// A keyword without a value shows none. Values are those of one direction.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool;

    /// Writes the transaction's part of an alert: usually one object under the name of the protocol.
    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions);

    /// Shows the log records that are due now, each with its `event_type` and the members that follow the envelope.
    /// Asked when both sides are complete or [`Meta::log_now`] says so, once for each of the settings that outputs have
    /// for the protocol.
    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>);

    /// The certificates of a side are to be kept on disk, by a protocol that has some.
    fn keep_certificates(&mut self, side: Direction) {
        let _ = side;
    }

    /// The certificates of a side that are to be kept, once.
    fn take_kept_certificates(&mut self, side: Direction) -> Option<CertificateChain> {
        let _ = side;
        None
    }

    /// Records have been shown; a protocol that is logged before it is complete remembers that.
    fn shown(&mut self) {}

    /// Its records are about what the server sent: they have the server's address first.
    fn is_from_server(&self, options: &RecordOptions) -> bool {
        let _ = options;
        false
    }

    /// Which way it goes, of a protocol whose transactions go several: see [`Branch`](crate::Branch).
    fn branch(&self) -> u8 {
        0
    }

    /// A header of its request, of a protocol that has headers.
    fn request_header(&self, name: &str) -> Option<&[u8]> {
        let _ = name;
        None
    }

    /// Files that go in a direction.
    fn files(&self, direction: Direction) -> &[File] {
        let _ = direction;
        &[]
    }

    /// The same, to note what became of them.
    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        let _ = direction;
        &mut []
    }

    /// The rules have seen what there is in a direction: windows move on, what was shown may be forgotten.
    fn inspected(&mut self, direction: Direction) {
        for file in self.files_mut(direction) {
            file.inspected();
        }
    }
}

/// What everybody may know of a transaction.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    id: u64,
    progress: [u8; 2],
    /// What is wrong with it: numbers of the parser's events.
    pub events: SmallVec<[u8; 4]>,
    /// How many of the events are in anomaly records already.
    pub events_logged: usize,
    /// Records are due although a side is not complete.
    pub log_now: bool,
    /// Its final records have been shown; those of its files may be due.
    pub shown: bool,
    /// All its final records have been written.
    pub logged: bool,
    /// Only one side of it was seen, or is to be looked at: the other counts as complete.
    pub skip: [bool; 2],
    /// What inspection keeps with it, by direction.
    pub inspection: [Inspection; 2],
    /// Something changed since it was last inspected, by direction.
    pub updated: [bool; 2],
    /// Rules want its files kept on disk, by direction.
    pub store_files: [bool; 2],
    /// Bits that rules have set on it, as numbers of their names.
    pub bits: SmallVec<[u32; 4]>,
    /// How far the firewall has come with it; nothing without one.
    pub firewall: Option<Box<Passage>>,
}

/// How far the firewall has come with a transaction.
#[derive(Debug, Clone, Default)]
pub struct Passage {
    /// Its states below this progress have been passed, by direction.
    pub passed_below: [u8; 2],
    /// All that is left of it is accepted.
    pub accepted: bool,
    /// Rules that have matched, or have begun to, in their order: number of the rule, and what inspection remembers
    /// of it.
    pub rules: Vec<(u32, u32)>,
}

/// What inspection of one direction of a transaction has got to.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// Values that are there from a lower progress on have been inspected.
    pub done_below: u8,
    /// Nothing is left to be inspected.
    pub complete: bool,
    /// Files that there were.
    pub files: usize,
    /// Rules that were not settled at once, or are not to be tried again, in their order: number of the rule, and what
    /// inspection remembers of it.
    pub rules: Vec<(u32, u32)>,
}

impl Meta {
    /// Its number in the flow, counted from 0.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How far a side has come.
    pub fn progress(&self, direction: Direction) -> u8 {
        self.progress[direction.index()]
    }

    /// A side has come at least so far.
    pub fn advance(&mut self, direction: Direction, progress: u8) {
        let known = &mut self.progress[direction.index()];
        *known = (*known).max(progress);
        self.updated[direction.index()] = true;
    }

    /// Something is wrong with it.
    pub fn event(&mut self, event: u8) {
        if !self.events.contains(&event) {
            self.events.push(event);
            self.updated = [true; 2];
        }
    }
}

/// A transaction with what everybody may know of it.
#[derive(Debug)]
pub struct Entry<T> {
    /// What everybody may know.
    pub meta: Meta,
    /// What the protocol knows.
    pub tx: T,
}

/// The transactions of a flow that are not done with, oldest first.
#[derive(Debug)]
pub struct Transactions<T> {
    list: VecDeque<Entry<T>>,
    next: u64,
}

impl<T> Default for Transactions<T> {
    fn default() -> Self {
        Self {
            list: VecDeque::new(),
            next: 0,
        }
    }
}

impl<T> Transactions<T> {
    /// Begins a transaction.
    pub fn open(&mut self, tx: T) -> &mut Entry<T> {
        let meta = Meta {
            id: self.next,
            updated: [true; 2],
            ..Meta::default()
        };
        self.next += 1;
        self.list.push_back(Entry { meta, tx });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// The youngest that `is` holds for; begun when there is none.
    pub fn find_or_open(
        &mut self,
        is: impl Fn(&Entry<T>) -> bool,
        new: impl FnOnce() -> T,
    ) -> &mut Entry<T> {
        match self.list.iter().rposition(is) {
            Some(place) => &mut self.list[place],
            None => self.open(new()),
        }
    }

    /// Begins a transaction of which one side has nothing to say.
    pub fn open_side(&mut self, direction: Direction, tx: T) -> &mut Entry<T> {
        let entry = self.open(tx);
        entry.meta.skip[direction.reverse().index()] = true;
        entry.meta.advance(direction.reverse(), 1);
        entry
    }

    /// A transaction that is one message, whole from the beginning.
    pub fn open_message(&mut self, direction: Direction, tx: T) -> &mut Meta {
        let meta = &mut self.open_side(direction, tx).meta;
        meta.advance(direction, 1);
        meta
    }

    /// Something is wrong: noted with the youngest, if there is one.
    pub fn note(&mut self, event: u8) {
        if let Some(youngest) = self.list.back_mut() {
            youngest.meta.event(event);
        }
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there have been in all.
    pub fn total(&self) -> u64 {
        self.next
    }

    /// The one of a place in the list.
    pub fn get(&self, place: usize) -> Option<&Entry<T>> {
        self.list.get(place)
    }

    /// The one of a place in the list, to be changed.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Entry<T>> {
        self.list.get_mut(place)
    }

    /// The one of a number.
    pub fn find(&mut self, id: u64) -> Option<&mut Entry<T>> {
        let place = self
            .list
            .binary_search_by_key(&id, |entry| entry.meta.id)
            .ok()?;
        self.list.get_mut(place)
    }

    /// The youngest.
    pub fn last_mut(&mut self) -> Option<&mut Entry<T>> {
        self.list.back_mut()
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry<T>> {
        self.list.iter()
    }

    /// All, oldest first, to be changed.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Entry<T>> {
        self.list.iter_mut()
    }

    /// Lets go of those that `done` says are done with.
    pub fn release(&mut self, mut done: impl FnMut(&Entry<T>) -> bool) {
        // Nearly always the oldest are done first.
        while self.list.front().is_some_and(&mut done) {
            self.list.pop_front();
        }
        if self.list.len() > 1 {
            self.list.retain(|entry| !done(entry));
        }
    }
}

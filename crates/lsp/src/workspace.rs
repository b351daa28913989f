//! What rules of all files say to each other: numbers and flowbits.

use std::path::{Path, PathBuf};

use lsp_types::{DiagnosticSeverity, Location, Url};
use rustc_hash::FxHashMap;
use tapir_lint::Surroundings;
use tapir_rules::Source;

use crate::document::{Document, Turnover};
use crate::position::Text;
use crate::reading::{Depth, Fact, Found, duplicate_code, read};

/// Files that are read of the folders of a workspace, and bytes of them together.
const MOST_FILES: usize = 5000;
const MOST_BYTES: u64 = 512 << 20;

/// All files: those that are open, and those on the disk.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) open: FxHashMap<Url, Document>,
    closed: FxHashMap<Url, Vec<Fact>>,
    /// How many rules in force have a number.
    numbers: FxHashMap<(u32, u32), u32>,
    /// How many rules in force set a flowbit, and how many check it.
    bits: FxHashMap<String, (u32, u32)>,
    pub(crate) around: Surroundings,
}

/// Numbers and flowbits of which another thing is to be said than before, with what held before: whether several
/// rules have the number; whether some rule sets the flowbit, and whether some rule checks it.
#[derive(Debug, Default)]
pub(crate) struct Concerned {
    numbers: FxHashMap<(u32, u32), bool>,
    bits: FxHashMap<String, (bool, bool)>,
}

impl Concerned {
    fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.bits.is_empty()
    }

    fn touches(&self, fact: &Fact) -> bool {
        self.numbers.contains_key(&(fact.gid, fact.sid))
            || fact
                .bits
                .iter()
                .any(|bit| self.bits.contains_key(&bit.name))
    }

    /// Adds what another change concerns.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.numbers.extend(other.numbers);
        self.bits.extend(other.bits);
        self
    }
}

impl Workspace {
    /// Reads the rules below folders.
    pub(crate) fn scan(&mut self, folders: &[PathBuf]) {
        let (mut files, mut bytes) = (Vec::new(), 0);
        for folder in folders {
            collect(folder, &mut files, &mut bytes, 0);
        }
        for file in files {
            if let Ok(uri) = Url::from_file_path(&file) {
                self.read_closed(&uri);
            }
        }
    }

    /// Reads a file anew that is not open; forgets one that is gone.
    pub(crate) fn read_closed(&mut self, uri: &Url) -> Concerned {
        if self.open.contains_key(uri) {
            return Concerned::default();
        }
        let gone = self.closed.remove(uri).unwrap_or_default();
        self.take_from_disk(uri, &gone)
    }

    /// What stands in a file takes the place of what was known of it.
    fn take_from_disk(&mut self, uri: &Url, gone: &[Fact]) -> Concerned {
        let come = self.facts_on_disk(uri);
        let concerned = self.turn_over(gone, &come);
        if !come.is_empty() {
            self.closed.insert(uri.clone(), come);
        }
        concerned
    }

    fn facts_on_disk(&self, uri: &Url) -> Vec<Fact> {
        let path = uri.to_file_path().ok().filter(|path| path.is_file());
        let Some(bytes) = path.and_then(|path| std::fs::read(path).ok()) else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let dialect = Source::new("rules", text.as_bytes()).spoken();
        let text = Text::new(text);
        let lines = (0, text.lines());
        read(&text, lines, dialect, Depth::Facts, &self.around).facts
    }

    pub(crate) fn open(&mut self, uri: Url, version: i32, text: String) -> Concerned {
        let before = self.open.remove(&uri).map(|document| document.facts);
        let closed = self.closed.remove(&uri);
        let gone = [before, closed].into_iter().flatten().flatten();
        let document = Document::open(version, text, &self.around);
        let concerned = self.turn_over(&gone.collect::<Vec<_>>(), &document.facts);
        self.open.insert(uri, document);
        concerned
    }

    pub(crate) fn close(&mut self, uri: &Url) -> Concerned {
        let gone = self.open.remove(uri).map(|document| document.facts);
        self.take_from_disk(uri, &gone.unwrap_or_default())
    }

    /// Changes an open document.
    pub(crate) fn change(
        &mut self,
        uri: &Url,
        change: impl FnOnce(&mut Document, &Surroundings) -> Turnover,
    ) -> Concerned {
        let Some(document) = self.open.get_mut(uri) else {
            return Concerned::default();
        };
        let turnover = change(document, &self.around);
        self.turn_over(&turnover.gone, &turnover.come)
    }

    /// Counts rules that are gone and rules that have come. Returns what became a conflict by that, or no more is.
    fn turn_over(&mut self, gone: &[Fact], come: &[Fact]) -> Concerned {
        let mut concerned = Concerned::default();
        for fact in gone.iter().chain(come).filter(|fact| fact.enabled) {
            let number = (fact.gid, fact.sid);
            concerned
                .numbers
                .entry(number)
                .or_insert(self.is_shared(number));
            for bit in &fact.bits {
                if !concerned.bits.contains_key(&bit.name) {
                    let known = self.is_set_and_checked(&bit.name);
                    concerned.bits.insert(bit.name.clone(), known);
                }
            }
        }
        self.count(gone, false);
        self.count(come, true);
        concerned
            .numbers
            .retain(|number, was| *was != self.is_shared(*number));
        concerned
            .bits
            .retain(|name, was| *was != self.is_set_and_checked(name));
        concerned
    }

    /// Whether several rules have a number.
    fn is_shared(&self, number: (u32, u32)) -> bool {
        self.numbers.get(&number).is_some_and(|count| *count > 1)
    }

    /// Whether some rule sets a flowbit, and whether some rule checks it.
    fn is_set_and_checked(&self, name: &str) -> (bool, bool) {
        let (set, checked) = self.bits.get(name).copied().unwrap_or_default();
        (set > 0, checked > 0)
    }

    /// The open files in which a rule is concerned, but for one.
    pub(crate) fn open_and(&self, concerned: &Concerned, but: &Url) -> Vec<Url> {
        if concerned.is_empty() {
            return Vec::new();
        }
        let others = self.open.iter().filter(|(uri, _)| *uri != but);
        let mut others: Vec<Url> = others
            .filter(|(_, document)| document.facts.iter().any(|fact| concerned.touches(fact)))
            .map(|(uri, _)| uri.clone())
            .collect();
        others.sort();
        others
    }

    fn count(&mut self, facts: &[Fact], more: bool) {
        let step = |count: &mut u32, applies: bool| match (applies, more) {
            (true, true) => *count = count.saturating_add(1),
            (true, false) => *count = count.saturating_sub(1),
            _ => {}
        };
        for fact in facts.iter().filter(|fact| fact.enabled) {
            step(
                self.numbers.entry((fact.gid, fact.sid)).or_default(),
                fact.sid > 0,
            );
            for bit in &fact.bits {
                let counts = self.bits.entry(bit.name.clone()).or_default();
                step(&mut counts.0, bit.sets);
                step(&mut counts.1, bit.checks);
            }
        }
    }

    /// What is to be said of a document because of other rules.
    pub(crate) fn conflicts(&self, document: &Document) -> Vec<Found> {
        let mut all = Vec::new();
        for fact in document.facts.iter().filter(|fact| fact.enabled) {
            let about = |range, severity, code: &str, message: String| Found {
                range,
                rule_line: fact.range.start.line,
                severity,
                code: code.into(),
                message,
                fix: None,
            };
            if self.is_shared((fact.gid, fact.sid)) {
                let message = format!("another rule has the number {}:{} too", fact.gid, fact.sid);
                let (code, severity) = (duplicate_code(), DiagnosticSeverity::ERROR);
                all.push(about(fact.sid_range, severity, &code, message));
            }
            for bit in &fact.bits {
                let (is_set, is_checked) = self.is_set_and_checked(&bit.name);
                if bit.checks && !is_set {
                    let message = format!("no rule of the workspace sets `{}`", bit.name);
                    all.push(about(
                        bit.range,
                        DiagnosticSeverity::WARNING,
                        "L013",
                        message,
                    ));
                } else if bit.sets && !is_checked {
                    let message = format!("no rule of the workspace checks `{}`", bit.name);
                    all.push(about(bit.range, DiagnosticSeverity::HINT, "L014", message));
                }
            }
        }
        all
    }

    /// Names of flowbits, in order.
    pub(crate) fn bit_names(&self) -> Vec<&str> {
        let used = self.bits.iter().filter(|(_, counts)| **counts != (0, 0));
        let mut names: Vec<&str> = used.map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names
    }

    /// The rules of all files, by file.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (&Url, &Fact)> {
        let open = self
            .open
            .iter()
            .map(|(uri, document)| (uri, &document.facts));
        let all = open.chain(&self.closed);
        all.flat_map(|(uri, facts)| facts.iter().map(move |fact| (uri, fact)))
    }

    /// Where rules name a flowbit: those in force that set it, or all.
    pub(crate) fn uses_of(&self, name: &str, setters_only: bool) -> Vec<Location> {
        let mut places: Vec<Location> = self
            .facts()
            .filter(|(_, fact)| fact.enabled || !setters_only)
            .flat_map(|(uri, fact)| fact.bits.iter().map(move |bit| (uri, bit)))
            .filter(|(_, bit)| bit.name == name && (bit.sets || !setters_only))
            .map(|(uri, bit)| Location::new(uri.clone(), bit.range))
            .collect();
        places.sort_by(|a, b| (&a.uri, a.range.start).cmp(&(&b.uri, b.range.start)));
        places
    }

    /// Where rules of a number stand.
    pub(crate) fn rules_of(&self, gid: u32, sid: u32) -> Vec<Location> {
        let mut places: Vec<Location> = self
            .facts()
            .filter(|(_, fact)| (fact.gid, fact.sid) == (gid, sid))
            .map(|(uri, fact)| Location::new(uri.clone(), fact.sid_range))
            .collect();
        places.sort_by(|a, b| (&a.uri, a.range.start).cmp(&(&b.uri, b.range.start)));
        places
    }
}

/// Files of rules below a folder, as far as there is room; links are not followed.
fn collect(folder: &Path, files: &mut Vec<PathBuf>, bytes: &mut u64, depth: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let (path, Ok(meta)) = (entry.path(), entry.metadata()) else {
            continue;
        };
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if meta.is_dir() && !hidden && depth < 16 {
            collect(&path, files, bytes, depth + 1);
        } else if meta.is_file() && path.extension().is_some_and(|end| end == "rules") {
            *bytes = bytes.saturating_add(meta.len());
            if files.len() >= MOST_FILES || *bytes > MOST_BYTES {
                return;
            }
            files.push(path);
        }
    }
}

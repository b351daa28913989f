//! `dataset` and `datarep`: sets of values that buffers are looked up in, and that rules may add to.

mod file;
mod inquiry;
mod values;

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tapir_rules::sentence;
use tapir_rules::tree::{BitAction, DataKind, Datarep, Dataset, IntegerOp, IntegerTest};

pub use inquiry::{DataSetAddition, DataSetInquiry};
use values::{Insertion, Values};

/// Where data sets are, and how large they may be.
#[derive(Debug, Clone, Default)]
pub struct DataSetConfig {
    /// Where files to `load` are looked for when they are not beside the rules.
    pub load_dir: PathBuf,
    /// Where `save` and `state` files are.
    pub state_dir: PathBuf,
    /// Bytes that one set may hold unless its rule says otherwise; 0 is no limit.
    pub memcap: u64,
    /// Whether rules may write to files anywhere, by an absolute name.
    pub allow_absolute: bool,
    /// Whether rules may not write files at all.
    pub deny_write: bool,
    /// Sets that the configuration defines for all rules.
    pub defined: Vec<DataSetDefinition>,
}

/// A data set that the configuration defines.
#[derive(Debug, Clone)]
pub struct DataSetDefinition {
    /// Name.
    pub name: String,
    /// Kind of values.
    pub kind: DataKind,
    /// File to read at start.
    pub load: Option<PathBuf>,
    /// File to read at start and write at the end.
    pub state: Option<PathBuf>,
    /// Bytes it may hold.
    pub memcap: Option<u64>,
}

/// How the values of a set are laid out in its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Format {
    /// A value a line, perhaps with a number after a comma.
    #[default]
    Csv,
    /// JSON objects, each with a value: in an array of a document, or one a line.
    Json {
        lines: bool,
        array: Box<str>,
        value: Box<str>,
        /// Whether what is known about a value leaves the value itself out.
        bare: bool,
    },
}

/// One set of values.
#[derive(Debug)]
struct DataSet {
    name: Box<str>,
    kind: DataKind,
    /// Subdomains of the values count as well.
    subdomains: bool,
    /// Written when the engine stops.
    save: Option<PathBuf>,
    store: Store,
}

/// The values of a set that rules change cannot be read without asking for them first; those of others can, until an
/// operator changes them.
#[derive(Debug)]
enum Store {
    Fixed {
        read: Values,
        /// What takes their place once somebody has changed them by hand.
        by_hand: OnceLock<Mutex<Values>>,
    },
    Changing(Mutex<Values>),
}

/// All data sets of a rule set.
#[derive(Debug)]
pub(crate) struct DataSets {
    config: DataSetConfig,
    sets: Vec<Arc<DataSet>>,
    ids: HashMap<Box<str>, u16>,
    /// Sets whose files are wrong.
    broken: HashSet<Box<str>>,
    /// Sets whose files were not read anew, because they were there before a reload.
    kept: HashMap<Box<str>, Arc<DataSet>>,
}

/// What an option asks of a data set.
#[derive(Debug, Clone)]
pub(crate) struct DataSetUse {
    set: u16,
    what: Asked,
    /// Under which key what the set knows about a value is shown.
    context_key: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    IsSet,
    IsNotSet,
    Set,
    Unset,
    Reputation(IntegerTest),
}

/// Why a data set cannot be used.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// In our words.
    pub(crate) message: String,
    /// In those of a log, where they differ.
    pub(crate) sentence: Option<String>,
}

impl Refusal {
    fn new(message: impl Into<String>, sentence: String) -> Self {
        Self {
            message: message.into(),
            sentence: Some(sentence),
        }
    }
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(message: T) -> Self {
        Self {
            message: message.into(),
            sentence: None,
        }
    }
}

/// What one option says about the set that it uses.
struct Request<'r> {
    name: &'r str,
    kind: Option<DataKind>,
    load: Option<&'r str>,
    save: Option<&'r str>,
    state: Option<&'r str>,
    memcap: Option<u64>,
    format: Format,
    subdomains: bool,
    changes: bool,
    /// Said by the configuration, not by a rule.
    configured: bool,
}

impl DataSets {
    /// The sets that the configuration defines, and what was wrong with the first of those that could not be read.
    /// Sets of a rule set before this one keep what they hold.
    pub(crate) fn new(
        config: DataSetConfig,
        previous: Option<&DataSets>,
    ) -> (Self, Option<String>) {
        let kept = previous.map(|sets| {
            sets.sets
                .iter()
                .map(|set| (set.name.clone(), Arc::clone(set)))
                .collect()
        });
        let defined = config.defined.clone();
        let mut sets = Self {
            config,
            sets: Vec::new(),
            ids: HashMap::new(),
            broken: HashSet::new(),
            kept: kept.unwrap_or_default(),
        };
        let mut wrong = None;
        for set in defined {
            let path = |path: &Option<PathBuf>| {
                path.as_ref()
                    .map(|path| path.to_string_lossy().into_owned())
            };
            let (load, state) = (path(&set.load), path(&set.state));
            let opened = sets.open_set(
                &Request {
                    name: &set.name,
                    kind: Some(set.kind),
                    load: load.as_deref(),
                    save: None,
                    state: state.as_deref(),
                    memcap: set.memcap,
                    format: Format::Csv,
                    subdomains: false,
                    changes: true,
                    configured: true,
                },
                None,
            );
            wrong = wrong.or(opened.err().map(|refusal| refusal.message));
        }
        (sets, wrong)
    }

    /// The use that a `dataset` makes of its set, which is read if it is new. `beside` is where the rules are.
    pub(crate) fn open(
        &mut self,
        option: &Dataset,
        beside: Option<&Path>,
    ) -> Result<DataSetUse, Refusal> {
        let extra = |key: &str| {
            option
                .extra
                .iter()
                .find(|(known, _)| &**known == key)
                .map(|(_, value)| value.clone())
        };
        let format = match option.format.as_deref() {
            Some(kind @ ("json" | "jsonline" | "ndjson")) => Format::Json {
                lines: kind != "json",
                array: extra("array_key").unwrap_or_default(),
                bare: extra("remove_key").is_some(),
                value: extra("value_key").ok_or("a data set in JSON needs `value_key`")?,
            },
            _ => Format::Csv,
        };
        let what = match option.action {
            BitAction::IsSet => Asked::IsSet,
            BitAction::IsNotSet => Asked::IsNotSet,
            BitAction::Set => Asked::Set,
            BitAction::Unset => Asked::Unset,
            _ => return Err("a data set can be set, unset and asked, nothing else".into()),
        };
        let set = self.open_set(
            &Request {
                name: &option.name,
                kind: option.kind,
                load: option.load.as_deref(),
                save: option.save.as_deref(),
                state: option.state.as_deref(),
                memcap: option.memcap,
                format,
                subdomains: extra("match").as_deref() == Some("subdomain"),
                changes: matches!(what, Asked::Set | Asked::Unset),
                configured: false,
            },
            beside,
        )?;
        Ok(DataSetUse {
            set,
            what,
            context_key: extra("context_key"),
        })
    }

    /// The use that a `datarep` makes of its set.
    pub(crate) fn open_reputation(
        &mut self,
        option: &Datarep,
        beside: Option<&Path>,
    ) -> Result<DataSetUse, Refusal> {
        let set = self.open_set(
            &Request {
                name: &option.name,
                kind: option.kind,
                load: option.load.as_deref(),
                save: None,
                state: option.state.as_deref(),
                memcap: option.memcap,
                format: Format::Csv,
                subdomains: false,
                changes: false,
                configured: false,
            },
            beside,
        )?;
        let op = match option.op {
            op @ (IntegerOp::Less | IntegerOp::Greater | IntegerOp::Equal) => op,
            _ => return Err("a reputation is compared with `<`, `>` or `==`".into()),
        };
        let test = IntegerTest::new(op, option.value.into(), 0);
        Ok(DataSetUse {
            set,
            what: Asked::Reputation(test),
            context_key: None,
        })
    }

    fn open_set(&mut self, request: &Request<'_>, beside: Option<&Path>) -> Result<u16, Refusal> {
        if let Some(&id) = self.ids.get(request.name) {
            return self.reopen(id, request);
        }
        if self.broken.contains(request.name) {
            return Err(format!("data set `{}` could not be read", request.name).into());
        }
        for file in request.save.iter().chain(request.state.iter()) {
            if !request.configured {
                self.refuse_unsafe(file)?;
            }
        }
        let kind = request
            .kind
            .ok_or_else(|| format!("data set `{}` needs a `type`", request.name))?;
        let id = u16::try_from(self.sets.len()).map_err(|_| "too many data sets")?;
        let values = match self.kept.get(request.name).filter(|set| set.kind == kind) {
            Some(kept) => kept.values(),
            None => match self.read(request, kind, beside) {
                Ok(values) => values,
                Err(refusal) => {
                    self.broken.insert(request.name.into());
                    return Err(refusal);
                }
            },
        };
        let save = request
            .save
            .or(request.state)
            .map(|file| self.config.state_dir.join(file));
        // Whether anything changes it is known when all rules have been read.
        let store = if request.changes || save.is_some() {
            Store::Changing(Mutex::new(values))
        } else {
            Store::Fixed {
                read: values,
                by_hand: OnceLock::new(),
            }
        };
        let name: Box<str> = request.name.into();
        self.ids.insert(name.clone(), id);
        self.sets.push(Arc::new(DataSet {
            name,
            kind,
            subdomains: request.subdomains,
            save,
            store,
        }));
        Ok(id)
    }

    /// Whether a rule may write to that file.
    fn refuse_unsafe(&self, file: &str) -> Result<(), Refusal> {
        if self.config.deny_write {
            return Err(Refusal::new(
                "rules that save data sets are disabled",
                sentence::data_set_writes_disabled(),
            ));
        }
        let path = Path::new(file);
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(Refusal::new(
                format!("a rule may not leave the data directory: {file}"),
                sentence::data_set_outside(file),
            ));
        }
        if path.is_absolute() && !self.config.allow_absolute {
            return Err(Refusal::new(
                format!("a rule may not name a file by an absolute path: {file}"),
                sentence::data_set_absolute(file),
            ));
        }
        Ok(())
    }

    /// Another option uses a set that is there: it may want to change it.
    fn reopen(&mut self, id: u16, request: &Request<'_>) -> Result<u16, Refusal> {
        let Some(set) = self.sets.get_mut(usize::from(id)) else {
            return Ok(id);
        };
        if request.kind.is_some_and(|kind| kind != set.kind) {
            return Err(Refusal::from(format!(
                "data set `{}` holds values of another type",
                request.name
            )));
        }
        if request.changes && matches!(set.store, Store::Fixed { .. }) {
            *set = Arc::new(DataSet {
                name: set.name.clone(),
                kind: set.kind,
                subdomains: set.subdomains,
                save: set.save.clone(),
                store: Store::Changing(Mutex::new(set.values())),
            });
        }
        Ok(id)
    }

    fn read(
        &self,
        request: &Request<'_>,
        kind: DataKind,
        beside: Option<&Path>,
    ) -> Result<Values, Refusal> {
        let limit = request.memcap.unwrap_or(self.config.memcap);
        let mut values = Values::new(limit);
        if let Some(file) = request.load {
            let near = beside
                .map(|dir| dir.join(file))
                .filter(|path| path.exists());
            let path = near.unwrap_or_else(|| self.config.load_dir.join(file));
            file::read(&path, kind, request, &mut values)?;
        }
        if let Some(file) = request.state {
            let path = self.config.state_dir.join(file);
            if path.exists() {
                file::read(&path, kind, request, &mut values)?;
            }
        }
        Ok(values)
    }

    /// Writes the sets that are to be kept. The errors say which could not be written.
    pub(crate) fn save(&self) -> Vec<String> {
        let saved = self
            .sets
            .iter()
            .filter_map(|set| set.save.as_ref().map(|path| (set, path)));
        saved
            .filter_map(|(set, path)| file::write(path, set.kind, &set.values()).err())
            .collect()
    }
}

impl DataSet {
    fn values(&self) -> Values {
        self.with(Values::clone)
    }

    fn with<T>(&self, ask: impl FnOnce(&Values) -> T) -> T {
        let changed = match &self.store {
            Store::Fixed { read, by_hand } => match by_hand.get() {
                None => return ask(read),
                Some(changed) => changed,
            },
            Store::Changing(values) => values,
        };
        ask(&changed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Values) -> T) -> T {
        let values = match &self.store {
            Store::Fixed { read, by_hand } => by_hand.get_or_init(|| Mutex::new(read.clone())),
            Store::Changing(values) => values,
        };
        change(&mut values.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl DataSetUse {
    /// Whether the answer hangs on what rules did before, in other flows too.
    pub(crate) fn is_changing(&self, sets: &DataSets) -> bool {
        sets.sets
            .get(usize::from(self.set))
            .is_some_and(|set| matches!(set.store, Store::Changing(_)))
    }

    /// Whether the set says yes to a value. `tell` is given what the set knows about it: a key and JSON text.
    pub(crate) fn ask(
        &self,
        sets: &DataSets,
        value: &[u8],
        mut tell: impl FnMut(&str, &str),
    ) -> bool {
        let Some(set) = sets.sets.get(usize::from(self.set)) else {
            return false;
        };
        let Some(value) = values::normal(set.kind, value) else {
            return matches!(self.what, Asked::IsNotSet);
        };
        match self.what {
            Asked::Set => set.change(|values| values.insert(&value, None)) == Insertion::New,
            Asked::Unset => set.change(|values| values.remove(&value)),
            Asked::IsNotSet => !set.with(|values| values.find(&value, set.subdomains).is_some()),
            Asked::IsSet => set.with(|values| {
                let found = values.find(&value, set.subdomains);
                if let (Some(known), Some(key)) = (found, &self.context_key)
                    && let Some(text) = known.context()
                {
                    tell(key, text);
                }
                found.is_some()
            }),
            Asked::Reputation(test) => set.with(|values| {
                values
                    .find(&value, false)
                    .and_then(|known| known.reputation())
                    .is_some_and(|it| test.holds(it.into()))
            }),
        }
    }
}

#[cfg(test)]
mod tests;

//! The configuration tree: YAML values that remember where they were written
//! and whether anybody read them.

use std::cell::Cell;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

use crate::error::ConfigError;

/// A text that configuration came from, kept so that an error can show it.
#[derive(Debug)]
pub struct Source {
    /// What to call it in a message: a path, or `--set`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// Where in which source a value stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The text.
    pub source: Rc<Source>,
    /// The value's first and one-past-last byte in it.
    pub bytes: std::ops::Range<usize>,
}

impl Place {
    /// Line and column, both counted from 1; the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let at = self.bytes.start.min(self.source.text.len());
        let before = &self.source.text.as_bytes()[..at];
        let line_start = before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |i| i + 1);
        let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
        (
            line,
            String::from_utf8_lossy(&before[line_start..])
                .chars()
                .count()
                + 1,
        )
    }
}

/// What a node holds. Every scalar is text: what it means depends on who asks.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing after the colon, `~` or `null`.
    Null,
    /// A plain or quoted scalar, escapes resolved.
    Scalar(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written; a later key replaces an earlier one.
    Map(Vec<(String, Node)>),
}

impl Value {
    /// This value as a list; anything else becomes an empty one first.
    fn list(&mut self) -> &mut Vec<Node> {
        if !matches!(self, Value::List(_)) {
            *self = Value::List(Vec::new());
        }
        match self {
            Value::List(items) => items,
            _ => unreachable!("made a list above"),
        }
    }

    /// The entry of this mapping, made when there is none; anything but a mapping becomes one first.
    fn entry(&mut self, name: &str, place: Place) -> &mut Node {
        if !matches!(self, Value::Map(_)) {
            *self = Value::Map(Vec::new());
        }
        let Value::Map(entries) = self else {
            unreachable!("made a mapping above")
        };
        let at = entries
            .iter()
            .position(|(key, _)| key == name)
            .unwrap_or_else(|| {
                entries.push((name.to_owned(), Node::new(Value::Null, place)));
                entries.len() - 1
            });
        &mut entries[at].1
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
    read: Cell<bool>,
}

impl Node {
    /// A node that nobody has read yet.
    pub fn new(value: Value, place: Place) -> Self {
        Self {
            value,
            place,
            read: Cell::new(false),
        }
    }

    /// An empty mapping without a text behind it.
    pub fn empty() -> Self {
        let source = Rc::new(Source {
            name: String::new(),
            text: String::new(),
        });
        Self::new(
            Value::Map(Vec::new()),
            Place {
                source,
                bytes: 0..0,
            },
        )
    }

    /// The value at a dotted path such as `stream.reassembly.depth` or `outputs.0.eve-log`; a number
    /// picks an element of a list. A list of one-key mappings (`- eve-log:`) is also entered by that key.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let mut node = self;
        node.read.set(true);
        for part in path.split('.') {
            node = node.child(part)?;
            node.read.set(true);
        }
        Some(node)
    }

    fn child(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, node)| node),
            Value::List(items) => match name.parse::<usize>() {
                Ok(index) => items.get(index),
                Err(_) => items.iter().find_map(|item| match &item.value {
                    Value::Map(entries) => entries
                        .iter()
                        .find(|(key, _)| key == name)
                        .map(|(_, node)| node),
                    _ => None,
                }),
            },
            Value::Null | Value::Scalar(_) => None,
        }
    }

    /// The scalar's text; `None` for anything else.
    pub fn text(&self) -> Option<&str> {
        self.read.set(true);
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list; a lone scalar counts as a list of itself, null as the empty list.
    pub fn items(&self) -> Vec<&Node> {
        self.read.set(true);
        match &self.value {
            Value::List(items) => items.iter().inspect(|item| item.read.set(true)).collect(),
            Value::Scalar(_) => vec![self],
            Value::Null | Value::Map(_) => Vec::new(),
        }
    }

    /// The entries of a mapping; empty for anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.read.set(true);
        let entries = match &self.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// An entry of a list such as `outputs:` or `types:` as (name, options): `- alert` gives the name
    /// alone, `- alert: {..}` the name and its mapping.
    pub fn named(&self) -> Option<(&str, Option<&Node>)> {
        self.read.set(true);
        match &self.value {
            Value::Scalar(name) => Some((name, None)),
            Value::Map(entries) => entries.first().map(|(name, node)| {
                node.read.set(true);
                (name.as_str(), Some(node))
            }),
            _ => None,
        }
    }

    /// The text at `path`, or the default.
    pub fn text_at<'a>(&'a self, path: &str, default: &'a str) -> &'a str {
        self.get(path).and_then(Node::text).unwrap_or(default)
    }

    /// The truth value at `path` (yes/no, true/false, on/off, 1/0), or the default.
    ///
    /// # Errors
    /// When the text is none of these words.
    pub fn bool_at(&self, path: &str, default: bool) -> Result<bool, ConfigError> {
        self.parsed_at(path, default, "yes or no", parse_bool)
    }

    /// The whole number at `path`, or the default.
    ///
    /// # Errors
    /// When the text is no whole number in the range of `T`.
    pub fn number_at<T>(&self, path: &str, default: T) -> Result<T, ConfigError>
    where
        T: TryFrom<u64>,
    {
        self.parsed_at(path, default, "a whole number", |text| {
            parse_number(text).and_then(|n| T::try_from(n).ok())
        })
    }

    /// The size in bytes at `path` (`64mb`, `1 MiB`, `512`), or the default.
    ///
    /// # Errors
    /// When the text is no size.
    pub fn size_at(&self, path: &str, default: u64) -> Result<u64, ConfigError> {
        self.parsed_at(path, default, "a size such as 64mb or 1 MiB", parse_size)
    }

    /// The value at `path` as `parse` reads it, or the default when there is none.
    ///
    /// # Errors
    /// Names the place and what was `expected` when `parse` gives nothing.
    pub fn parsed_at<T>(
        &self,
        path: &str,
        default: T,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        match self.get(path) {
            None => Ok(default),
            Some(Node {
                value: Value::Null, ..
            }) => Ok(default),
            Some(node) => node
                .text()
                .and_then(parse)
                .ok_or_else(|| ConfigError::value(node, path, expected)),
        }
    }

    /// Paths that nothing has read, topmost first: a subtree nobody entered is named once.
    pub fn unread(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect_unread("", &mut paths);
        paths
    }

    fn collect_unread(&self, path: &str, paths: &mut Vec<String>) {
        let mut visit = |name: &str, node: &Node| {
            let below = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            if node.read.get() {
                node.collect_unread(&below, paths);
            } else {
                paths.push(below);
            }
        };
        match &self.value {
            Value::Map(entries) => entries.iter().for_each(|(name, node)| visit(name, node)),
            Value::List(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(i, node)| visit(&i.to_string(), node));
            }
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// Marks this node and everything under it as read: its owner takes it whole.
    pub fn read_whole(&self) {
        self.read.set(true);
        match &self.value {
            Value::Map(entries) => entries.iter().for_each(|(_, node)| node.read_whole()),
            Value::List(items) => items.iter().for_each(Node::read_whole),
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// Puts `value` at a dotted path, making the mappings on the way; `outputs.1.x` enters lists, and the
    /// index one past the end appends.
    pub fn set(&mut self, path: &str, value: Node) {
        let (head, rest) = path
            .split_once('.')
            .map_or((path, None), |(h, r)| (h, Some(r)));
        let slot = self.slot(head);
        match rest {
            Some(rest) => slot.set(rest, value),
            None => *slot = value,
        }
    }

    /// The child called `name`, made when there is none.
    fn slot(&mut self, name: &str) -> &mut Node {
        let place = self.place.clone();
        let index = name.parse::<usize>().ok();
        let new_list = index == Some(0) && !matches!(self.value, Value::Map(_));
        if new_list && !matches!(self.value, Value::List(_)) {
            self.value = Value::List(Vec::new());
        }
        if !matches!(self.value, Value::List(_)) {
            return self.value.entry(name, place);
        }
        // A list entered by a name goes to the one-key mapping of that name.
        let Some(index) = index else {
            let items = self.value.list();
            let known = items.iter().position(|item| item.child(name).is_some());
            let at = known.unwrap_or_else(|| {
                items.push(Node::new(Value::Null, place.clone()));
                items.len() - 1
            });
            return items[at].value.entry(name, place);
        };
        let items = self.value.list();
        let index = index.min(items.len());
        if index == items.len() {
            items.push(Node::new(Value::Null, place));
        }
        &mut items[index]
    }

    /// Lays `over` on this tree: mappings are joined key by key, anything else is replaced.
    pub fn merge(&mut self, over: Node) {
        match (&mut self.value, over.value) {
            (Value::Map(mine), Value::Map(theirs)) => {
                for (key, node) in theirs {
                    match mine.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, slot)) => slot.merge(node),
                        None => mine.push((key, node)),
                    }
                }
            }
            (mine, theirs) => {
                *mine = theirs;
                self.place = over.place;
            }
        }
    }

    /// Resolves a relative path of the configuration against the folder of the file that names it.
    pub fn folder(&self) -> Option<&Path> {
        Path::new(&self.place.source.name).parent()
    }
}

/// `key.key = value`, one a line, as `--dump-config` prints it.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn walk(node: &Node, path: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let below = |name: &str| {
                if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{path}.{name}")
                }
            };
            match &node.value {
                Value::Null => writeln!(f, "{path} = (null)"),
                Value::Scalar(text) => writeln!(f, "{path} = {text}"),
                Value::List(items) => {
                    for (i, item) in items.iter().enumerate() {
                        // The peers print the name of an entry as its value, then its options under it.
                        if let Value::Map(entries) = &item.value
                            && let Some((name, _)) = entries.first()
                        {
                            writeln!(f, "{} = {name}", below(&i.to_string()))?;
                        }
                        walk(item, &below(&i.to_string()), f)?;
                    }
                    Ok(())
                }
                Value::Map(entries) => entries
                    .iter()
                    .try_for_each(|(name, node)| walk(node, &below(name), f)),
            }
        }
        walk(self, "", f)
    }
}

/// Reads yes/no, true/false, on/off, 1/0 in any case.
pub fn parse_bool(text: &str) -> Option<bool> {
    const YES: [&str; 4] = ["yes", "true", "on", "1"];
    const NO: [&str; 4] = ["no", "false", "off", "0"];
    if YES.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        Some(true)
    } else if NO.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        Some(false)
    } else {
        None
    }
}

/// Reads a decimal or `0x` hexadecimal number.
pub fn parse_number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Reads a size in bytes: a number, optionally with a fraction, then nothing, `b`, `kb`, `mb`, `gb`
/// or their `KiB` spellings, all powers of 1024.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(1 << shift);
    }
    let scaled = digits.parse::<f64>().ok()? * f64::from(1_u32 << shift);
    (scaled.is_finite() && scaled < 9e15).then_some(scaled as u64)
}

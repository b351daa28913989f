//! YAML text to a [`Node`] tree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle};

use crate::error::ConfigError;
use crate::node::{Node, Place, Source, Value};

/// Mappings and lists inside each other deeper than this are refused: no configuration needs them, and
/// each level costs stack.
const MAX_DEPTH: usize = 64;
/// Aliases may multiply a small text into a huge tree; this many nodes end that.
const MAX_NODES: usize = 1_000_000;

/// Reads the first document of `text`.
///
/// # Errors
/// Where the text is no YAML, or is too deep or too large.
pub fn parse(name: &str, text: &str) -> Result<Node, ConfigError> {
    let source = Rc::new(Source {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let mut builder = Builder {
        source,
        stack: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
    };
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|e| {
            let at = byte_of(text, e.marker().line(), e.marker().col());
            ConfigError::at(
                builder.place(at..at),
                format!("this is no YAML: {}", e.info()),
            )
        })?;
        let bytes = span.byte_range().unwrap_or(0..0);
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.take(event, bytes)?;
    }
    let empty = Node::new(Value::Map(Vec::new()), builder.place(0..0));
    Ok(builder.root.unwrap_or(empty))
}

fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = text.get(start..).unwrap_or("");
    start
        + rest
            .char_indices()
            .nth(column)
            .map_or(rest.trim_end().len(), |(i, _)| i)
}

struct Builder {
    source: Rc<Source>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
}

/// A collection whose end has not come yet; `key` is the mapping key waiting for its value.
struct Open {
    node: Node,
    key: Option<String>,
    anchor: usize,
}

impl Builder {
    fn place(&self, bytes: std::ops::Range<usize>) -> Place {
        Place {
            source: Rc::clone(&self.source),
            bytes,
        }
    }

    fn take(&mut self, event: Event<'_>, bytes: std::ops::Range<usize>) -> Result<(), ConfigError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = Node::new(scalar(text, style), self.place(bytes));
                self.add(node, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Value::List(Vec::new()), anchor, bytes),
            Event::MappingStart(_, anchor, _) => self.open(Value::Map(Vec::new()), anchor, bytes),
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(open) => self.add(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node = node.unwrap_or_else(|| Node::new(Value::Null, self.place(bytes)));
                self.nodes += size(&node);
                self.add(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        value: Value,
        anchor: usize,
        bytes: std::ops::Range<usize>,
    ) -> Result<(), ConfigError> {
        let place = self.place(bytes);
        if self.stack.len() >= MAX_DEPTH {
            return Err(ConfigError::at(
                place,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        self.stack.push(Open {
            node: Node::new(value, place),
            key: None,
            anchor,
        });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), ConfigError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(ConfigError::at(
                node.place,
                format!("more than {MAX_NODES} values"),
            ));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                Some(key) => match entries.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, earlier)) => *earlier = node,
                    None => entries.push((key, node)),
                },
                None => match node.value {
                    Value::Scalar(key) => open.key = Some(key),
                    Value::Null => open.key = Some(String::new()),
                    _ => {
                        return Err(ConfigError::at(
                            node.place,
                            "a key must be plain text".to_owned(),
                        ));
                    }
                },
            },
            Value::Null | Value::Scalar(_) => {}
        }
        Ok(())
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Value {
    if style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL") {
        Value::Null
    } else {
        Value::Scalar(text.into_owned())
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
    }
}

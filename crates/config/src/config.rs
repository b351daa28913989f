//! A configuration file, its includes, and what the command line lays over it.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::ConfigError;
use crate::node::{Node, Place, Source, Value};
use crate::yaml;

/// Includes inside includes deeper than this are taken for a circle.
const MAX_INCLUDE_DEPTH: usize = 16;

/// The whole configuration as a tree.
#[derive(Debug, Clone)]
pub struct Config {
    /// The top of the tree.
    pub root: Node,
}

impl Config {
    /// An empty configuration: every value is its default.
    pub fn empty() -> Self {
        Self {
            root: Node::empty(),
        }
    }

    /// Reads a file and everything it includes.
    ///
    /// # Errors
    /// When a file cannot be read or is no YAML mapping, or when includes form a circle.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            root: load_file(path, 0)?,
        })
    }

    /// Reads a text; `include` is refused, as there is no folder to look in.
    ///
    /// # Errors
    /// When the text is no YAML mapping.
    pub fn from_text(name: &str, text: &str) -> Result<Self, ConfigError> {
        let root = yaml::parse(name, text)?;
        if !matches!(root.value, Value::Map(_)) {
            return Err(ConfigError::at(
                root.place,
                "expected `key: value` lines".to_owned(),
            ));
        }
        Ok(Self { root })
    }

    /// Lays another file over this configuration, as `--include FILE` does.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn include(&mut self, path: &Path) -> Result<(), ConfigError> {
        self.root.merge(load_file(path, 0)?);
        Ok(())
    }

    /// Applies `KEY=VALUE`, KEY being a dotted path.
    ///
    /// # Errors
    /// When there is no `=`, or no key before it.
    pub fn set(&mut self, assignment: &str) -> Result<(), ConfigError> {
        let source = Rc::new(Source {
            name: "--set".to_owned(),
            text: assignment.to_owned(),
        });
        let (key, value) = match assignment.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => (key.trim(), value.trim_start()),
            _ => {
                let place = Place {
                    source,
                    bytes: 0..assignment.len(),
                };
                return Err(ConfigError::at(
                    place,
                    "expected KEY=VALUE, such as stream.midstream=true".to_owned(),
                ));
            }
        };
        let place = Place {
            source,
            bytes: assignment.len() - value.len()..assignment.len(),
        };
        self.root
            .set(key, Node::new(Value::Scalar(value.to_owned()), place));
        Ok(())
    }
}

fn load_file(path: &Path, depth: usize) -> Result<Node, ConfigError> {
    if depth > MAX_INCLUDE_DEPTH {
        return Err(ConfigError::plain(format!(
            "{}: includes nest deeper than {MAX_INCLUDE_DEPTH}; does a file include itself?",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(|e| {
        ConfigError::plain(format!(
            "cannot read the configuration {}: {e}",
            path.display()
        ))
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let mut root = yaml::parse(&path.display().to_string(), &text)?;
    let Value::Map(entries) = &mut root.value else {
        return Err(ConfigError::at(
            root.place,
            "expected `key: value` lines".to_owned(),
        ));
    };
    // What stands behind an `include` counts before what is included.
    let first = entries.iter().position(|(key, _)| key == "include");
    let behind = first.map_or_else(Vec::new, |at| entries.split_off(at));
    let (includes, behind): (Vec<_>, Vec<_>) =
        behind.into_iter().partition(|(key, _)| key == "include");
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    resolve_nested(&mut root, &folder, depth)?;
    let mut behind = Node::new(Value::Map(behind), root.place.clone());
    resolve_nested(&mut behind, &folder, depth)?;
    for (_, include) in includes {
        for item in include.items() {
            let name = item.text().ok_or_else(|| {
                ConfigError::at(item.place.clone(), "expected a file name".to_owned())
            })?;
            root.merge(load_file(&folder.join(name), depth + 1)?);
        }
    }
    root.merge(behind);
    Ok(root)
}

/// A section may be kept in a file of its own: `outputs: !include x.yaml` in the peers' files, and
/// `include: x.yaml` inside a mapping.
fn resolve_nested(node: &mut Node, folder: &Path, depth: usize) -> Result<(), ConfigError> {
    match &mut node.value {
        Value::List(items) => items
            .iter_mut()
            .try_for_each(|item| resolve_nested(item, folder, depth)),
        Value::Map(entries) => {
            for (_, below) in entries.iter_mut() {
                resolve_nested(below, folder, depth)?;
                let Value::Map(inner) = &mut below.value else {
                    continue;
                };
                let named = inner.iter().find(|(key, _)| key == "include");
                let names: Vec<String> = named
                    .map(|(_, files)| match files.text() {
                        Some(name) => vec![name.to_owned()],
                        None => files
                            .items()
                            .into_iter()
                            .filter_map(|item| item.text().map(str::to_owned))
                            .collect(),
                    })
                    .unwrap_or_default();
                if !names.is_empty() {
                    inner.retain(|(key, _)| key != "include");
                }
                for name in names {
                    below.merge(load_file(&folder.join(name), depth + 1)?);
                }
            }
            Ok(())
        }
        Value::Null | Value::Scalar(_) => Ok(()),
    }
}

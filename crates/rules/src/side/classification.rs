//! `classification.config`: the classes of attack, their descriptions and priorities.

use rustc_hash::FxHashMap;

use super::lines::{bad_line, config_line, each_line, said_before};
use crate::{Diagnostic, Source, sentence};

/// The `classification.config` that comes with Tapir.
pub const SHIPPED_CLASSES: &str = include_str!("../../../../rules/classification.config");

/// A class of attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    name: Box<str>,
    description: Box<str>,
    priority: u32,
}

impl Class {
    /// The name that `classtype` uses.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What alerts show.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The priority of rules of the class that set none; 1 is the most urgent.
    pub fn priority(&self) -> u32 {
        self.priority
    }
}

/// The classes of a `classification.config`.
#[derive(Clone, Debug, Default)]
pub struct Classifications {
    classes: Vec<Class>,
    by_name: FxHashMap<String, usize>,
}

impl Classifications {
    /// Reads lines like `config classification: trojan-activity,A Network Trojan was detected,1`. Diagnostics
    /// have the source number zero.
    pub fn parse(source: &Source) -> (Self, Vec<Diagnostic>) {
        let mut all = Classifications::default();
        let diagnostics = each_line(source, |line, _| {
            const FORM: &str = "config classification: NAME,DESCRIPTION,PRIORITY";
            let bad_line = |line, form| bad_line(line, form).says(sentence::bad_class());
            let fields = config_line(line, "classification").ok_or_else(|| bad_line(line, FORM))?;
            let (name, rest) = fields.split_once(',').ok_or_else(|| bad_line(line, FORM))?;
            let comma = rest.text.rfind(',').ok_or_else(|| bad_line(line, FORM))?;
            let (description, priority) =
                (rest.text[..comma].trim(), rest.text[comma + 1..].trim());
            let named = name
                .text
                .starts_with(|first: char| first.is_ascii_alphabetic())
                && name
                    .text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            let priority = priority.parse().map_err(|_| bad_line(line, FORM))?;
            if !named {
                return Err(bad_line(name, "a name of letters, digits, `-` and `_`"));
            }
            let key = name.text.to_ascii_lowercase();
            if all.by_name.contains_key(&key) {
                return Err(said_before(line, name.text));
            }
            all.by_name.insert(key, all.classes.len());
            all.classes.push(Class {
                name: name.owned(),
                description: description.into(),
                priority,
            });
            Ok(())
        });
        (all, diagnostics)
    }

    /// The class of a name, capitals and small letters alike.
    pub fn get(&self, name: &str) -> Option<&Class> {
        let place = self
            .by_name
            .get(name)
            .or_else(|| self.by_name.get(&name.to_ascii_lowercase()))?;
        self.classes.get(*place)
    }

    /// All classes in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_with_commas_in_their_description() {
        let text = "# c\nconfig classification: a-b,First, of all,2\r\nconfig classification: bad\nconfig classification: A-B,x,1\n";
        let (classes, diagnostics) = Classifications::parse(&Source::new("c", text.as_bytes()));
        let class = classes.get("A-b").unwrap();
        assert_eq!(
            (class.name(), class.description(), class.priority()),
            ("a-b", "First, of all", 2)
        );
        assert_eq!(diagnostics.len(), 2);
        assert_eq!(classes.iter().count(), 1);
    }
}

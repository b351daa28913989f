//! What an operator asks of a data set, and changes in it, while rules use it.

use tapir_rules::tree::DataKind;

use super::file;
use super::values::{Insertion, Known};
use super::{DataSet, DataSets};

/// A data set of the rules in force, in the hands of an operator.
#[derive(Debug, Clone, Copy)]
pub struct DataSetInquiry<'s> {
    set: &'s DataSet,
}

/// What came of adding a value to a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataSetAddition {
    /// It is there now.
    Added,
    /// It was there.
    WasThere,
    /// The set has no room for it.
    NoRoom,
}

impl DataSets {
    /// A set by its name and the name of its type, as rules write it.
    pub(crate) fn inquire(&self, name: &str, kind: &str) -> Option<DataSetInquiry<'_>> {
        let kind = DataKind::from_name(kind)?;
        let id = self.ids.get(name)?;
        let set = self.sets.get(usize::from(*id))?;
        (set.kind == kind).then_some(DataSetInquiry { set })
    }
}

impl DataSetInquiry<'_> {
    /// A value from its text, written as in the file of a set; nothing when it is none of its type.
    fn value(&self, text: &str) -> Option<Vec<u8>> {
        file::from_text(self.set.kind, text, true)
    }

    /// Adds a value, with JSON text about it or without; nothing when the value is not one of the set's type.
    pub fn add(&self, text: &str, about: Option<&str>) -> Option<DataSetAddition> {
        let value = self.value(text)?;
        let about = about.map(|json| Known::Context(json.into()));
        let change = |values: &mut super::Values| values.insert(&value, about);
        Some(match self.set.change(change) {
            Insertion::New => DataSetAddition::Added,
            Insertion::Old => DataSetAddition::WasThere,
            Insertion::Refused => DataSetAddition::NoRoom,
        })
    }

    /// Takes a value out; whether it was there. Nothing when it is not one of the set's type.
    pub fn remove(&self, text: &str) -> Option<bool> {
        let value = self.value(text)?;
        Some(self.set.change(|values| values.remove(&value)))
    }

    /// Whether a value is in the set; nothing when it is not one of its type.
    pub fn holds(&self, text: &str) -> Option<bool> {
        let value = self.value(text)?;
        let subdomains = self.set.subdomains;
        Some(
            self.set
                .with(|values| values.find(&value, subdomains).is_some()),
        )
    }

    /// Takes all values out.
    pub fn clear(&self) {
        self.set.change(super::Values::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_set::{DataSetConfig, DataSetDefinition};

    #[test]
    fn a_set_that_no_rule_changes_is_changed_by_hand() {
        let config = DataSetConfig {
            defined: vec![DataSetDefinition {
                name: "seen".into(),
                kind: DataKind::Ipv4,
                load: None,
                state: None,
                memcap: Some(100),
            }],
            ..DataSetConfig::default()
        };
        let (sets, _) = DataSets::new(config, None);
        assert!(sets.inquire("seen", "md5").is_none());
        assert!(sets.inquire("unseen", "ipv4").is_none());
        let set = sets.inquire("seen", "ipv4").expect("the set");
        assert_eq!(set.holds("192.0.2.1"), Some(false));
        assert_eq!(set.add("192.0.2.1", None), Some(DataSetAddition::Added));
        assert_eq!(set.add("192.0.2.1", None), Some(DataSetAddition::WasThere));
        // A value costs 52 bytes: there is room for one.
        assert_eq!(set.add("192.0.2.2", None), Some(DataSetAddition::NoRoom));
        assert_eq!(set.add("example.org", None), None);
        assert_eq!(set.holds("192.0.2.1"), Some(true));
        assert_eq!(set.remove("192.0.2.1"), Some(true));
        assert_eq!(set.remove("192.0.2.1"), Some(false));
        set.add("192.0.2.3", Some("{}"));
        set.clear();
        assert_eq!(set.holds("192.0.2.3"), Some(false));
        assert_eq!(set.add("192.0.2.2", None), Some(DataSetAddition::Added));
    }
}

//! The part of a rule that crosses flows: bits of hosts, and data sets that rules change.

use crate::alert::Alert;
use crate::data_set::{DataSetUse, DataSets};
use crate::host_bits::HostBit;

/// What a rule asks and changes beyond its flow.
#[derive(Debug, Default)]
pub(crate) struct HostPart {
    pub(crate) bits: Box<[HostBit]>,
    /// In the order in which the rule takes their values.
    pub(crate) data_sets: Box<[DataSetUse]>,
}

impl HostPart {
    /// Tests and changes of bits of hosts.
    pub(crate) fn bits(&self) -> &[HostBit] {
        &self.bits
    }

    /// Whether anything here can fail.
    pub(crate) fn is_conditional(&self) -> bool {
        use tapir_rules::tree::BitAction::{IsNotSet, IsSet};
        !self.data_sets.is_empty()
            || self
                .bits
                .iter()
                .any(|bit| matches!(bit.action, IsSet | IsNotSet))
    }

    /// Whether the data sets say yes to the values that the rule took.
    pub(crate) fn ask_data_sets(&self, sets: &DataSets, alert: &mut Alert) -> bool {
        let Some(evidence) = &mut alert.evidence else {
            return self.data_sets.is_empty();
        };
        let values = std::mem::take(&mut evidence.values);
        let context = &mut evidence.context;
        self.data_sets.iter().zip(&values).all(|(wanted, value)| {
            wanted.ask(sets, value, |key, text| {
                context.push((key.into(), text.into()))
            })
        })
    }
}

//! What detection remembers of a flow: its bits and numbers, and what a rule decided for the rest of it.

use smallvec::SmallVec;

use crate::names::NameId;

/// What a rule decided for all further packets of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlowVerdict {
    /// Nothing: packets are inspected.
    #[default]
    Inspect,
    /// A `pass` let the rest of the flow through uninspected.
    Pass,
    /// A `drop` or `reject` condemned the rest of the flow.
    Drop,
}

/// What detection remembers of one flow. A flow that no rule set anything on costs a few words.
#[derive(Debug, Default)]
pub struct FlowState {
    /// The rule set that the rest belongs to; bits set by another count for nothing.
    generation: u32,
    verdict: FlowVerdict,
    /// What the firewall decided.
    firewall: FlowVerdict,
    bypass: bool,
    /// Rules want files kept on disk, by direction.
    stores_files: [bool; 2],
    variables: Option<Box<FlowVariables>>,
}

#[derive(Debug, Default)]
struct FlowVariables {
    /// Sorted.
    bits: SmallVec<[NameId; 8]>,
    ints: SmallVec<[(NameId, u32); 4]>,
    texts: SmallVec<[(NameId, Box<[u8]>); 1]>,
    tags: SmallVec<[SessionTag; 1]>,
}

/// A `tag:session` at work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionTag {
    /// Who set it; a second match of the same rule starts it anew.
    pub(crate) rule: crate::RuleId,
    pub(crate) running: crate::tag::RunningTag,
}

impl FlowState {
    /// What has been decided for the rest of the flow.
    pub fn verdict(&self) -> FlowVerdict {
        self.verdict
    }

    /// Decides for the rest of the flow; the first decision stays.
    pub fn decide(&mut self, verdict: FlowVerdict) {
        if self.verdict == FlowVerdict::Inspect {
            self.verdict = verdict;
        }
    }

    /// What the firewall decided for the rest of the flow: to let it pass, or to drop it.
    pub fn firewall(&self) -> FlowVerdict {
        self.firewall
    }

    /// Whether the rest of the flow is dropped.
    pub fn is_dropped(&self) -> bool {
        self.firewall == FlowVerdict::Drop || self.verdict == FlowVerdict::Drop
    }

    /// The firewall decides for the rest of the flow; the first decision stays.
    pub(crate) fn firewall_decides(&mut self, verdict: FlowVerdict) {
        if self.firewall == FlowVerdict::Inspect {
            self.firewall = verdict;
        }
    }

    /// Whether a rule with `bypass` matched: the rest of the flow need not be looked at by anyone.
    pub fn wants_bypass(&self) -> bool {
        self.bypass
    }

    /// Asks for that.
    pub fn request_bypass(&mut self) {
        self.bypass = true;
    }

    /// Whether rules want the files of the flow kept on disk, by direction.
    pub fn stores_files(&self) -> [bool; 2] {
        self.stores_files
    }

    pub(crate) fn store_files(&mut self, ways: [bool; 2]) {
        self.stores_files[0] |= ways[0];
        self.stores_files[1] |= ways[1];
    }

    /// Makes the state that of a rule set: what another rule set's numbers stand for is forgotten.
    pub(crate) fn belong_to(&mut self, generation: u32) {
        if self.generation != generation {
            self.generation = generation;
            self.variables = None;
        }
    }

    pub(crate) fn has_bit(&self, bit: NameId) -> bool {
        self.variables
            .as_ref()
            .is_some_and(|variables| variables.bits.binary_search(&bit).is_ok())
    }

    pub(crate) fn set_bit(&mut self, bit: NameId) {
        let bits = &mut self.variables.get_or_insert_default().bits;
        if let Err(at) = bits.binary_search(&bit) {
            bits.insert(at, bit);
        }
    }

    pub(crate) fn clear_bit(&mut self, bit: NameId) {
        if let Some(variables) = &mut self.variables
            && let Ok(at) = variables.bits.binary_search(&bit)
        {
            variables.bits.remove(at);
        }
    }

    pub(crate) fn toggle_bit(&mut self, bit: NameId) {
        if self.has_bit(bit) {
            self.clear_bit(bit)
        } else {
            self.set_bit(bit)
        }
    }

    pub(crate) fn int(&self, name: NameId) -> Option<u32> {
        let ints = &self.variables.as_ref()?.ints;
        ints.iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, value)| value)
    }

    pub(crate) fn set_int(&mut self, name: NameId, value: u32) {
        let ints = &mut self.variables.get_or_insert_default().ints;
        match ints.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => ints.push((name, value)),
        }
    }

    /// Keeps what a `pcre` captured into a variable of the flow.
    pub(crate) fn set_text(&mut self, name: NameId, value: &[u8]) {
        let texts = &mut self.variables.get_or_insert_default().texts;
        match texts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value.into(),
            None => texts.push((name, value.into())),
        }
    }

    pub(crate) fn bits(&self) -> &[NameId] {
        self.variables
            .as_ref()
            .map_or(&[], |variables| &variables.bits)
    }

    pub(crate) fn ints(&self) -> &[(NameId, u32)] {
        self.variables
            .as_ref()
            .map_or(&[], |variables| &variables.ints)
    }

    pub(crate) fn texts(&self) -> &[(NameId, Box<[u8]>)] {
        self.variables
            .as_ref()
            .map_or(&[], |variables| &variables.texts)
    }

    pub(crate) fn has_tags(&self) -> bool {
        self.variables
            .as_ref()
            .is_some_and(|variables| !variables.tags.is_empty())
    }

    pub(crate) fn tags_mut(&mut self) -> &mut SmallVec<[SessionTag; 1]> {
        &mut self.variables.get_or_insert_default().tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_decision_stays() {
        let mut state = FlowState::default();
        state.decide(FlowVerdict::Pass);
        state.decide(FlowVerdict::Drop);
        assert_eq!(state.verdict(), FlowVerdict::Pass);
    }

    #[test]
    fn bits_belong_to_the_rule_set_that_set_them() {
        let mut state = FlowState::default();
        state.belong_to(1);
        state.set_bit(NameId(7));
        state.toggle_bit(NameId(8));
        state.toggle_bit(NameId(7));
        assert!(state.has_bit(NameId(8)) && !state.has_bit(NameId(7)));
        state.belong_to(2);
        assert!(!state.has_bit(NameId(8)));
    }
}

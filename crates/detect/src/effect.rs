//! What a match changes in its flow.

use tapir_rules::tree::FlowIntOp;

use crate::condition::IntValue;
use crate::flow_state::FlowState;
use crate::names::NameId;

/// One change that a match makes to its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    SetBit(NameId),
    ClearBit(NameId),
    ToggleBit(NameId),
    /// A calculation with a number of the flow.
    Calculate {
        name: NameId,
        op: FlowIntOp,
        value: IntValue,
    },
    /// All further files of the flow are kept on disk, by direction.
    StoreFiles([bool; 2]),
    /// Nobody need look at the rest of the flow.
    Bypass,
}

impl Effect {
    pub(crate) fn apply(self, state: &mut FlowState) {
        match self {
            Self::SetBit(name) => state.set_bit(name),
            Self::ClearBit(name) => state.clear_bit(name),
            Self::ToggleBit(name) => state.toggle_bit(name),
            Self::Calculate { name, op, value } => calculate(state, name, op, value),
            Self::StoreFiles(ways) => state.store_files(ways),
            Self::Bypass => state.request_bypass(),
        }
    }
}

fn calculate(state: &mut FlowState, name: NameId, op: FlowIntOp, value: IntValue) {
    let value = value.get(state);
    let result = match (op, state.int(name)) {
        (FlowIntOp::Set, _) => value,
        (FlowIntOp::Add, old) => old.unwrap_or(0).wrapping_add(value),
        (FlowIntOp::Subtract, Some(old)) => old.wrapping_sub(value),
        // There is nothing to subtract from, and tests change nothing.
        _ => return,
    };
    state.set_int(name, result);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_added_and_subtracted() {
        let mut state = FlowState::default();
        let (a, b) = (NameId(1), NameId(2));
        let apply = |state: &mut FlowState, name, op, value| {
            Effect::Calculate { name, op, value }.apply(state)
        };
        apply(&mut state, a, FlowIntOp::Subtract, IntValue::Number(1));
        assert_eq!(state.int(a), None);
        apply(&mut state, a, FlowIntOp::Add, IntValue::Number(5));
        apply(&mut state, b, FlowIntOp::Set, IntValue::Variable(a));
        apply(&mut state, a, FlowIntOp::Subtract, IntValue::Number(2));
        assert_eq!((state.int(a), state.int(b)), (Some(3), Some(5)));
    }
}

//! The order in which rules are evaluated.
//!
//! Actions first, as configured; then rules that set a flow's bits or numbers before those that ask for them; then
//! priority; then the order in which the rules were read.

use tapir_rules::tree::{Action, BitAction, FlowIntOp, OptionKind, Rule};

/// Which actions come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionOrder([ActionClass; 4]);

/// Actions that are put in order together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionClass {
    /// `pass`.
    Pass,
    /// `drop` and its like.
    Drop,
    /// `reject` and its like.
    Reject,
    /// All others.
    Alert,
}

impl Default for ActionOrder {
    fn default() -> Self {
        Self([
            ActionClass::Pass,
            ActionClass::Drop,
            ActionClass::Reject,
            ActionClass::Alert,
        ])
    }
}

impl ActionOrder {
    /// An order that names each class once; `None` if it does not.
    pub fn new(order: [ActionClass; 4]) -> Option<Self> {
        let each = [
            ActionClass::Pass,
            ActionClass::Drop,
            ActionClass::Reject,
            ActionClass::Alert,
        ];
        each.iter()
            .all(|class| order.contains(class))
            .then_some(Self(order))
    }

    fn place(self, action: Action) -> u8 {
        let class = match action {
            Action::Pass => ActionClass::Pass,
            Action::Drop | Action::SilentDrop | Action::Block => ActionClass::Drop,
            Action::Reject | Action::RejectDst | Action::RejectBoth => ActionClass::Reject,
            _ => ActionClass::Alert,
        };
        self.0.iter().position(|&known| known == class).unwrap_or(0) as u8
    }
}

/// Where a rule comes among the others: smaller is earlier. Equal ones keep the order in which they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderKey {
    /// The rule is not one of the firewall.
    after_firewall: bool,
    action: u8,
    flow_bits: u8,
    flow_ints: u8,
    flow_texts: u8,
    host_bits: u8,
    x_bits: u8,
    priority: u32,
}

const SETS: u8 = 0;
const ASKS: u8 = 1;
const UNUSED: u8 = 2;

fn note(place: &mut u8, sets: bool) {
    *place = (*place).min(if sets { SETS } else { ASKS });
}

fn changes(action: BitAction) -> bool {
    !matches!(action, BitAction::IsSet | BitAction::IsNotSet)
}

impl OrderKey {
    /// The key of rules that come before all others, in the order in which they were read.
    pub(crate) const FIRST: Self = Self {
        action: 0,
        flow_bits: SETS,
        flow_ints: SETS,
        flow_texts: SETS,
        host_bits: SETS,
        x_bits: SETS,
        priority: 0,
        after_firewall: false,
    };

    /// The key of a rule with that priority.
    pub(crate) fn of(rule: &Rule, priority: u32, actions: ActionOrder) -> Self {
        let mut key = Self {
            action: actions.place(rule.action),
            flow_bits: UNUSED,
            flow_ints: UNUSED,
            flow_texts: UNUSED,
            host_bits: UNUSED,
            x_bits: UNUSED,
            priority,
            after_firewall: true,
        };
        for option in &rule.options {
            match &option.kind {
                OptionKind::FlowBits(bits) => note(&mut key.flow_bits, changes(bits.action)),
                OptionKind::FlowInt(int) => {
                    let sets = matches!(
                        int.op,
                        FlowIntOp::Set | FlowIntOp::Add | FlowIntOp::Subtract
                    );
                    note(&mut key.flow_ints, sets);
                }
                OptionKind::HostBits(bits) => note(&mut key.host_bits, changes(bits.action)),
                OptionKind::XBits(bits) => note(&mut key.x_bits, changes(bits.action)),
                OptionKind::Pcre(pcre) if !pcre.captures.is_empty() => {
                    note(&mut key.flow_texts, true)
                }
                _ => {}
            }
        }
        key
    }
}

//! Rules that wait for what others do to a flow.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tapir_rules::tree::{BitAction, FlowBits, OptionKind};

use super::subject::Subject;

/// Bits of flows that rules about transactions set and that only other rules ask for: by name, who sets them.
///
/// Those who ask are then tried with the transactions, not before them.
pub(super) struct Dependencies<'r>(BTreeMap<&'r str, BTreeSet<u32>>);

/// What rules do with one bit.
#[derive(Default)]
struct Uses {
    set_by: BTreeSet<u32>,
    set_with_transactions: bool,
    asked_with_transactions: bool,
}

impl<'r> Dependencies<'r> {
    /// The dependencies among rules.
    pub(super) fn of(subjects: &[Subject<'r>]) -> Self {
        let mut uses: BTreeMap<&'r str, Uses> = BTreeMap::new();
        for subject in subjects {
            for bits in flow_bits(subject) {
                for name in &bits.names {
                    let uses = uses.entry(name).or_default();
                    match bits.action {
                        BitAction::Set => {
                            uses.set_by.insert(subject.tree.sid);
                            uses.set_with_transactions |= subject.is_stateful();
                        }
                        BitAction::IsSet => uses.asked_with_transactions |= subject.is_stateful(),
                        _ => {}
                    }
                }
            }
        }
        uses.retain(|_, uses| uses.set_with_transactions && !uses.asked_with_transactions);
        Self(
            uses.into_iter()
                .map(|(name, uses)| (name, uses.set_by))
                .collect(),
        )
    }

    /// What a rule depends on, if it does: the rules by number, and the bits in their order.
    pub(super) fn json(&self, subject: &Subject<'_>) -> Option<Value> {
        let mut found: Vec<(u32, &str)> = Vec::new();
        for bits in flow_bits(subject).filter(|bits| bits.action == BitAction::IsSet) {
            for name in &bits.names {
                let set_by = self.0.get(&**name).into_iter().flatten();
                found.extend(set_by.map(|sid| (*sid, &**name)));
            }
        }
        found.sort_unstable();
        found.dedup();
        let mut sids: Vec<u32> = found.iter().map(|(sid, _)| *sid).collect();
        sids.dedup();
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in &found {
            if !names.contains(name) {
                names.push(name);
            }
        }
        (!found.is_empty()).then(|| {
            json!({"flowbits": {"upstream": {"state_modifying_rules": {"sids": sids, "names": names}}}})
        })
    }
}

fn flow_bits<'r>(subject: &Subject<'r>) -> impl Iterator<Item = &'r FlowBits> + use<'r> {
    subject.options().filter_map(|option| match &option.kind {
        OptionKind::FlowBits(bits) => Some(&**bits),
        _ => None,
    })
}

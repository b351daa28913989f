//! The addresses of rule heads: expressions resolved to sets, equal sets kept once.

use std::net::IpAddr;

use rustc_hash::FxHashMap;
use tapir_rules::tree::{AddressExpr, IpRange};

use crate::range_set::RangeSet;

/// How deep lists and variables may be nested.
const MAX_DEPTH: usize = 32;

/// A set of addresses of both families.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct AddressSet {
    pub(crate) v4: RangeSet<u32>,
    pub(crate) v6: RangeSet<u128>,
}

impl AddressSet {
    fn any() -> Self {
        Self {
            v4: RangeSet::all(),
            v6: RangeSet::all(),
        }
    }

    fn of(range: &IpRange) -> Self {
        match range {
            IpRange::V4(first, last) => Self {
                v4: RangeSet::of(vec![(first.to_bits(), last.to_bits())]),
                v6: RangeSet::default(),
            },
            IpRange::V6(first, last) => Self {
                v4: RangeSet::default(),
                v6: RangeSet::of(vec![(first.to_bits(), last.to_bits())]),
            },
        }
    }

    fn of_many<'a>(ranges: impl Iterator<Item = &'a IpRange>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                IpRange::V4(first, last) => v4.push((first.to_bits(), last.to_bits())),
                IpRange::V6(first, last) => v6.push((first.to_bits(), last.to_bits())),
            }
        }
        Self {
            v4: RangeSet::of(v4),
            v6: RangeSet::of(v6),
        }
    }

    fn union(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.union(&other.v4),
            v6: self.v6.union(&other.v6),
        }
    }

    fn without(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.without(&other.v4),
            v6: self.v6.without(&other.v6),
        }
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    pub(crate) fn is_any(&self) -> bool {
        self.v4.is_all() && self.v6.is_all()
    }

    /// Whether the address is a member.
    #[inline]
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => self.v4.contains(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.contains(v6.to_bits()),
        }
    }
}

/// Place of a set in [`AddressSets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AddressSetId(u32);

impl AddressSetId {
    /// The set of all addresses.
    pub(crate) const ANY: Self = Self(0);
}

/// All different address sets of a rule set.
#[derive(Debug)]
pub(crate) struct AddressSets(Vec<AddressSet>);

impl AddressSets {
    /// The set of that number.
    pub(crate) fn get(&self, id: AddressSetId) -> Option<&AddressSet> {
        self.0.get(id.0 as usize)
    }

    /// Whether the address is in the set of that number.
    #[inline]
    pub(crate) fn contains(&self, id: AddressSetId, address: IpAddr) -> bool {
        id == AddressSetId::ANY || self.get(id).is_some_and(|set| set.contains(address))
    }
}

/// Collects address sets while rules are compiled.
pub(crate) struct AddressInterner<'v> {
    lookup: &'v dyn Fn(&str) -> Option<&'v AddressExpr>,
    sets: Vec<AddressSet>,
    ids: FxHashMap<AddressSet, AddressSetId>,
    variables: FxHashMap<Box<str>, AddressSetId>,
}

/// A resolved expression.
pub(crate) struct ResolvedAddresses {
    pub(crate) id: AddressSetId,
    /// Whether anything in it is negated.
    pub(crate) negated: bool,
}

impl<'v> AddressInterner<'v> {
    /// An interner that knows the set of all addresses; `lookup` knows the variables.
    pub(crate) fn new(lookup: &'v dyn Fn(&str) -> Option<&'v AddressExpr>) -> Self {
        let any = AddressSet::any();
        let ids = std::iter::once((any.clone(), AddressSetId::ANY)).collect();
        Self {
            lookup,
            sets: vec![any],
            ids,
            variables: FxHashMap::default(),
        }
    }

    /// The set that an expression stands for; an error says what is wrong with it.
    pub(crate) fn resolve(&mut self, expr: &AddressExpr) -> Result<ResolvedAddresses, String> {
        let negated = self.is_negated(expr, 0);
        if let AddressExpr::Var(name) = expr {
            if let Some(&id) = self.variables.get(name) {
                return Ok(ResolvedAddresses { id, negated });
            }
            let id = self.intern(expr)?;
            self.variables.insert(name.clone(), id);
            return Ok(ResolvedAddresses { id, negated });
        }
        Ok(ResolvedAddresses {
            id: self.intern(expr)?,
            negated,
        })
    }

    /// The set of an expression that no rule head shares.
    pub(crate) fn evaluate_once(&self, expr: &AddressExpr) -> Result<AddressSet, String> {
        self.evaluate(expr, 0)
    }

    fn intern(&mut self, expr: &AddressExpr) -> Result<AddressSetId, String> {
        if matches!(expr, AddressExpr::Any) {
            return Ok(AddressSetId::ANY);
        }
        let set = self.evaluate(expr, 0)?;
        if set.is_empty() {
            return Err("no address is left: everything in the list is negated".into());
        }
        if let Some(&id) = self.ids.get(&set) {
            return Ok(id);
        }
        let id =
            AddressSetId(u32::try_from(self.sets.len()).map_err(|_| "too many address lists")?);
        self.sets.push(set.clone());
        self.ids.insert(set, id);
        Ok(id)
    }

    fn variable(&self, name: &str) -> Result<&'v AddressExpr, String> {
        (self.lookup)(name).ok_or_else(|| format!("address variable `${name}` is not defined"))
    }

    fn is_negated(&self, expr: &AddressExpr, depth: usize) -> bool {
        match expr {
            AddressExpr::Any | AddressExpr::Range(_) => false,
            AddressExpr::Not(_) => true,
            AddressExpr::Var(name) => {
                depth < MAX_DEPTH
                    && self
                        .variable(name)
                        .is_ok_and(|expr| self.is_negated(expr, depth + 1))
            }
            AddressExpr::List(items) => {
                depth < MAX_DEPTH && items.iter().any(|item| self.is_negated(item, depth + 1))
            }
        }
    }

    fn evaluate(&self, expr: &AddressExpr, depth: usize) -> Result<AddressSet, String> {
        if depth > MAX_DEPTH {
            return Err("address lists or variables are nested too deeply".into());
        }
        Ok(match expr {
            AddressExpr::Any => AddressSet::any(),
            AddressExpr::Range(range) => AddressSet::of(range),
            AddressExpr::Var(name) => self.evaluate(self.variable(name)?, depth + 1)?,
            AddressExpr::Not(inner) => AddressSet::any().without(&self.evaluate(inner, depth + 1)?),
            AddressExpr::List(items) => self.evaluate_list(items, depth)?,
        })
    }

    /// The members that are not negated, less those that are; with none of the former, all but the latter.
    fn evaluate_list(&self, items: &[AddressExpr], depth: usize) -> Result<AddressSet, String> {
        let plain = items.iter().filter_map(|item| match item {
            AddressExpr::Range(range) => Some(range),
            _ => None,
        });
        let mut wanted = AddressSet::of_many(plain);
        let mut unwanted = AddressSet::default();
        let mut positive = !wanted.is_empty();
        for item in items {
            match item {
                AddressExpr::Range(_) => {}
                AddressExpr::Not(inner) => {
                    unwanted = unwanted.union(&self.evaluate(inner, depth + 1)?)
                }
                other => {
                    positive = true;
                    wanted = wanted.union(&self.evaluate(other, depth + 1)?);
                }
            }
        }
        let base = if positive { wanted } else { AddressSet::any() };
        Ok(if unwanted.is_empty() {
            base
        } else {
            base.without(&unwanted)
        })
    }

    /// The sets collected.
    pub(crate) fn finish(mut self) -> AddressSets {
        self.sets.shrink_to_fit();
        AddressSets(self.sets)
    }
}

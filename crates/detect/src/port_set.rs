//! The ports of rule heads: expressions resolved to sets, equal sets kept once.

use rustc_hash::FxHashMap;
use tapir_rules::tree::PortExpr;

use crate::range_set::RangeSet;

/// How deep lists and variables may be nested.
const MAX_DEPTH: usize = 32;

/// Place of a set in [`PortSets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PortSetId(u32);

impl PortSetId {
    /// The set of all ports.
    pub(crate) const ANY: Self = Self(0);
}

/// All different port sets of a rule set.
#[derive(Debug)]
pub(crate) struct PortSets(Vec<RangeSet<u16>>);

impl PortSets {
    /// The set of that number.
    pub(crate) fn get(&self, id: PortSetId) -> Option<&RangeSet<u16>> {
        self.0.get(id.0 as usize)
    }

    /// Whether the port is in the set of that number.
    #[inline]
    pub(crate) fn contains(&self, id: PortSetId, port: u16) -> bool {
        id == PortSetId::ANY || self.get(id).is_some_and(|set| set.contains(port))
    }
}

/// The ports that an expression stands for: ranges in ascending order, both ends inclusive. `lookup` knows the variables.
///
/// # Errors
/// What is wrong with the expression: an unknown variable, or lists nested too deeply.
pub fn port_ranges<'v>(
    expr: &PortExpr,
    lookup: &'v dyn Fn(&str) -> Option<&'v PortExpr>,
) -> Result<Vec<(u16, u16)>, String> {
    let set = PortInterner::new(lookup).evaluate(expr, 0)?;
    Ok(set.ranges().to_vec())
}

/// Collects port sets while rules are compiled.
pub(crate) struct PortInterner<'v> {
    lookup: &'v dyn Fn(&str) -> Option<&'v PortExpr>,
    sets: Vec<RangeSet<u16>>,
    ids: FxHashMap<RangeSet<u16>, PortSetId>,
    variables: FxHashMap<Box<str>, PortSetId>,
}

impl<'v> PortInterner<'v> {
    /// An interner that knows the set of all ports; `lookup` knows the variables.
    pub(crate) fn new(lookup: &'v dyn Fn(&str) -> Option<&'v PortExpr>) -> Self {
        let any = RangeSet::all();
        let ids = std::iter::once((any.clone(), PortSetId::ANY)).collect();
        Self {
            lookup,
            sets: vec![any],
            ids,
            variables: FxHashMap::default(),
        }
    }

    /// The set that an expression stands for; an error says what is wrong with it.
    pub(crate) fn resolve(&mut self, expr: &PortExpr) -> Result<PortSetId, String> {
        match expr {
            PortExpr::Any => Ok(PortSetId::ANY),
            PortExpr::Var(name) => {
                if let Some(&id) = self.variables.get(name) {
                    return Ok(id);
                }
                let id = self.intern(expr)?;
                self.variables.insert(name.clone(), id);
                Ok(id)
            }
            _ => self.intern(expr),
        }
    }

    fn intern(&mut self, expr: &PortExpr) -> Result<PortSetId, String> {
        let set = self.evaluate(expr, 0)?;
        if set.is_empty() {
            return Err("no port is left: everything in the list is negated".into());
        }
        if let Some(&id) = self.ids.get(&set) {
            return Ok(id);
        }
        let id = PortSetId(u32::try_from(self.sets.len()).map_err(|_| "too many port lists")?);
        self.sets.push(set.clone());
        self.ids.insert(set, id);
        Ok(id)
    }

    fn evaluate(&self, expr: &PortExpr, depth: usize) -> Result<RangeSet<u16>, String> {
        if depth > MAX_DEPTH {
            return Err("port lists or variables are nested too deeply".into());
        }
        Ok(match expr {
            PortExpr::Any => RangeSet::all(),
            PortExpr::Range(range) => RangeSet::of(vec![(range.first, range.last)]),
            PortExpr::Not(inner) => self.evaluate(inner, depth + 1)?.complement(),
            PortExpr::Var(name) => {
                let expr = (self.lookup)(name)
                    .ok_or_else(|| format!("port variable `${name}` is not defined"))?;
                self.evaluate(expr, depth + 1)?
            }
            PortExpr::List(items) => {
                let (mut wanted, mut unwanted) = (RangeSet::default(), RangeSet::default());
                let mut positive = false;
                for item in items {
                    if let PortExpr::Not(inner) = item {
                        unwanted = unwanted.union(&self.evaluate(inner, depth + 1)?);
                    } else {
                        positive = true;
                        wanted = wanted.union(&self.evaluate(item, depth + 1)?);
                    }
                }
                let base = if positive { wanted } else { RangeSet::all() };
                base.without(&unwanted)
            }
        })
    }

    /// The sets collected.
    pub(crate) fn finish(mut self) -> PortSets {
        self.sets.shrink_to_fit();
        PortSets(self.sets)
    }
}

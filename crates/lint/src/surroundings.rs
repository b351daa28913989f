//! What rules refer to and do not say themselves.

use rustc_hash::FxHashSet;
use tapir_rules::Source;
use tapir_rules::side::{Classifications, References, SHIPPED_CLASSES, SHIPPED_REFERENCES};

/// Classes, systems of references and variables that rules may name.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The classes of attacks.
    pub classes: Classifications,
    /// The systems of references.
    pub references: References,
    /// Names of variables for addresses and ports; `None` when they are not known.
    pub variables: Option<FxHashSet<String>>,
}

impl Default for Surroundings {
    /// What comes with Tapir; variables are not known.
    fn default() -> Self {
        let classes = Source::new("classification.config", SHIPPED_CLASSES.as_bytes());
        let references = Source::new("reference.config", SHIPPED_REFERENCES.as_bytes());
        Surroundings {
            classes: Classifications::parse(&classes).0,
            references: References::parse(&references).0,
            variables: None,
        }
    }
}

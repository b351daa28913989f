//! A variable that nobody defines.
//!
//! # What it does
//! Looks for variables in headers that the configuration does not define.
//!
//! # Why is this bad?
//! The rule is refused when it is loaded with that configuration.
//!
//! # Example
//! ```text
//! alert tcp $EXTERNL_NET any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! ```
//!
//! # Use instead
//! ```text
//! alert tcp $EXTERNAL_NET any -> any 80 (msg:"x"; content:"login"; sid:1; rev:1;)
//! ```

use tapir_rules::tree::{AddressExpr, PortExpr};
use tapir_rules::{Rule, nearest};

use crate::lint::Check;
use crate::{Level, Lint, Report};

pub(super) const LINT: Lint = Lint {
    code: "L036",
    name: "undefined-variable",
    level: Level::Warning,
    mends: false,
    text: include_str!("undefined_variable.rs"),
    check: Check::Rule(check),
};

fn check(rule: &Rule, report: &mut Report<'_>) {
    let Some(known) = &report.surroundings.variables else {
        return;
    };
    let mut named = Vec::new();
    addresses(&rule.header.src, &mut named);
    addresses(&rule.header.dst, &mut named);
    ports(&rule.header.sport, &mut named);
    ports(&rule.header.dport, &mut named);
    for name in named.into_iter().filter(|name| !known.contains(*name)) {
        // Of two that are as near, the first by name.
        let mut names: Vec<&str> = known.iter().map(String::as_str).collect();
        names.sort_unstable();
        let help = match nearest(name, names.into_iter()) {
            Some(near) => format!("did you mean `${near}`?"),
            None => "add it to `vars` of the configuration, or name that with `--config`".to_owned(),
        };
        let message = format!("the configuration has no variable `{name}`");
        report.say(rule, rule.header.span, message, &help);
    }
}

fn addresses<'a>(expr: &'a AddressExpr, names: &mut Vec<&'a str>) {
    match expr {
        AddressExpr::Var(name) => names.push(name),
        AddressExpr::Not(inner) => addresses(inner, names),
        AddressExpr::List(list) => list.iter().for_each(|expr| addresses(expr, names)),
        AddressExpr::Any | AddressExpr::Range(_) => {}
    }
}

fn ports<'a>(expr: &'a PortExpr, names: &mut Vec<&'a str>) {
    match expr {
        PortExpr::Var(name) => names.push(name),
        PortExpr::Not(inner) => ports(inner, names),
        PortExpr::List(list) => list.iter().for_each(|expr| ports(expr, names)),
        PortExpr::Any | PortExpr::Range(_) => {}
    }
}

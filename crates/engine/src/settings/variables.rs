//! `vars:`: the names that rules and the configuration itself refer to.

use tapir_config::Node;

/// Variables inside variables deeper than this are taken for a circle.
const MAX_DEPTH: usize = 16;

/// Reads a list of single ports: `4789`, `[4789, 8472]`, or `$NAME` of `vars.port-groups`.
pub(super) fn port_list(root: &Node, text: &str) -> Option<Vec<u16>> {
    fn read(root: &Node, text: &str, depth: usize, ports: &mut Vec<u16>) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let text = text.trim();
        let inner = text
            .strip_prefix('[')
            .and_then(|t| t.strip_suffix(']'))
            .unwrap_or(text);
        for part in inner
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match part.strip_prefix('$') {
                Some(name) => {
                    let value = root.get(&format!("vars.port-groups.{name}"))?.text()?;
                    read(root, value, depth + 1, ports)?;
                }
                None => ports.push(part.parse().ok()?),
            }
        }
        Some(())
    }
    let mut ports = Vec::new();
    read(root, text, 0, &mut ports)?;
    Some(ports)
}

/// Names and texts of a group of variables.
pub(super) fn group<'a>(root: &'a Node, name: &str) -> Vec<(&'a str, &'a str)> {
    let Some(group) = root.get(name) else {
        return Vec::new();
    };
    group
        .entries()
        .filter_map(|(name, node)| Some((name, node.text()?)))
        .collect()
}

//! The firewall: whether there is one, its rules, and the policies of its hooks.

use std::path::Path;

use tapir_config::{ConfigError, Node};
use tapir_detect::Policy;
use tapir_protocols::AppProto;

/// `firewall:`.
#[derive(Debug, Clone)]
pub struct FirewallSettings {
    /// `firewall.rule-files` below `firewall.rule-path`.
    pub rule_files: Vec<String>,
    /// Policies of the hooks for packets, in the order of [`PacketHook::ALL`](tapir_detect::PacketHook::ALL).
    pub packets: [Policy; 3],
    /// Policies of the hooks for transactions, by protocol and name of the hook, where the configuration says any.
    transactions: Vec<(AppProto, String, Policy)>,
}

impl FirewallSettings {
    /// The policy of a hook for transactions.
    pub fn policy(&self, proto: AppProto, hook: &str) -> Policy {
        self.transactions
            .iter()
            .find(|(known, name, _)| *known == proto && name == hook)
            .map_or(Policy::DROP_FLOW, |(_, _, policy)| *policy)
    }
}

const EXPECTED: &str = "accept:hook, accept:packet, accept:flow, accept:tx, drop:packet, drop:flow or reject:packet, \
                        as far as the hook allows, perhaps with alert after it";

/// The settings; nothing when no firewall is wanted.
pub(super) fn firewall(root: &Node, wanted: bool) -> Result<Option<FirewallSettings>, ConfigError> {
    let configured =
        root.get("firewall.enabled").is_some() && root.bool_at("firewall.enabled", false)?;
    if !configured && !wanted {
        return Ok(None);
    }
    let folder = Path::new(root.text_at("firewall.rule-path", "")).to_owned();
    let files = root.get("firewall.rule-files").map(Node::items);
    let of_all = fallback(root, "firewall.policies.default-policy", None)?;
    let of_packets = fallback(root, "firewall.policies.packet.default-policy", of_all)?;
    let of_packet = |name: &str, default| {
        policy_at(
            root,
            &format!("firewall.policies.packet.{name}"),
            of_packets.unwrap_or(default),
            true,
        )
    };
    let of_apps = fallback(root, "firewall.policies.app.default-policy", of_all)?;
    Ok(Some(FirewallSettings {
        rule_files: files
            .unwrap_or_default()
            .into_iter()
            .filter_map(Node::text)
            .map(|name| folder.join(name).display().to_string())
            .collect(),
        packets: [
            of_packet("pre-flow", Policy::ACCEPT_HOOK)?,
            of_packet("pre-stream", Policy::ACCEPT_HOOK)?,
            of_packet("filter", Policy::DROP_PACKET)?,
        ],
        transactions: transactions(root, of_apps)?,
    }))
}

/// Policies of all hooks that look at transactions.
fn transactions(
    root: &Node,
    of_apps: Option<Policy>,
) -> Result<Vec<(AppProto, String, Policy)>, ConfigError> {
    let mut found = Vec::new();
    for &proto in AppProto::ALL {
        let base = format!("firewall.policies.app.{}", proto.name());
        let of_proto = fallback(root, &format!("{base}.default-policy"), of_apps)?;
        for (hook, name) in proto.hooks() {
            let (branch, state) = name.rsplit_once(':').unwrap_or(("", &name));
            let (base, of_branch) = if branch.is_empty() {
                (base.clone(), of_proto)
            } else {
                let base = format!("{base}.{branch}");
                let of_branch = fallback(root, &format!("{base}.default-policy"), of_proto)?;
                (base, of_branch)
            };
            let default = of_branch.unwrap_or(Policy::DROP_FLOW);
            // The first and the last state answer to the name that all protocols have for them, too.
            let names = [Some(state), common_name(proto, hook, branch)];
            let mut policy = default;
            for state in names.into_iter().flatten() {
                let path = format!("{base}.{}", state.replace('_', "-"));
                if root.get(&path).is_some() {
                    policy = policy_at(root, &path, default, false)?;
                    break;
                }
            }
            if !policy.suits(false) {
                let node = root.get("firewall.policies").unwrap_or(root);
                return Err(ConfigError::value(node, "firewall.policies", EXPECTED));
            }
            found.push((proto, name, policy));
        }
    }
    Ok(found)
}

fn common_name(proto: AppProto, hook: tapir_protocols::Hook, branch: &str) -> Option<&'static str> {
    [
        "request_started",
        "request_complete",
        "response_started",
        "response_complete",
    ]
    .into_iter()
    .find(|name| {
        let full = if branch.is_empty() {
            (*name).to_owned()
        } else {
            format!("{branch}:{name}")
        };
        proto.hook(&full) == Some(hook)
    })
}

/// A policy for hooks that have none of their own.
fn fallback(root: &Node, path: &str, above: Option<Policy>) -> Result<Option<Policy>, ConfigError> {
    match root.get(path) {
        Some(node) => read(node, path).map(Some),
        None => Ok(above),
    }
}

fn policy_at(
    root: &Node,
    path: &str,
    default: Policy,
    packets: bool,
) -> Result<Policy, ConfigError> {
    let Some(node) = root.get(path) else {
        return Ok(default);
    };
    let policy = read(node, path)?;
    if policy.suits(packets) {
        Ok(policy)
    } else {
        Err(ConfigError::value(node, path, EXPECTED))
    }
}

/// A list of an action and what goes beside it.
fn read(node: &Node, path: &str) -> Result<Policy, ConfigError> {
    let wrong = || ConfigError::value(node, path, EXPECTED);
    let mut policy: Option<Policy> = None;
    let mut alert = false;
    let items = node.items();
    let texts: Vec<&str> = if items.is_empty() {
        node.text().into_iter().collect()
    } else {
        items.into_iter().filter_map(Node::text).collect()
    };
    for text in texts {
        match (text, policy) {
            ("alert", _) => alert = true,
            (_, None) => policy = Some(Policy::parse(text).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        }
    }
    policy
        .map(|policy| Policy { alert, ..policy })
        .ok_or_else(wrong)
}

//! `host-os-policy:` and `defrag:`: how the hosts being watched treat what the standards leave open.

use std::net::IpAddr;

use tapir_config::{ConfigError, Node};
use tapir_flow::KeyOptions;
use tapir_flow::defrag::{DefragConfig, DefragHost, DefragPolicy};
use tapir_flow::tcp::OsPolicy;

/// What is known of hosts, by the longest network that an address lies in.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    policies: Networks<(OsPolicy, DefragPolicy)>,
    timeouts: Networks<u32>,
    timeout: u32,
}

impl Hosts {
    /// How a host puts segments together.
    #[inline]
    pub fn policy(&self, host: IpAddr) -> OsPolicy {
        self.policies
            .get(host)
            .map(|(policy, _)| policy)
            .unwrap_or_default()
    }

    /// How a host puts fragments together, and how long it waits for them.
    #[inline]
    pub fn defrag(&self, host: IpAddr) -> DefragHost {
        let policy = self
            .policies
            .get(host)
            .map(|(_, policy)| policy)
            .unwrap_or_default();
        DefragHost {
            policy,
            timeout: self.timeouts.get(host).unwrap_or(self.timeout),
        }
    }
}

/// Values for networks. A handful of networks is configured, so they are asked in turn, longest first.
#[derive(Debug, Clone)]
struct Networks<T> {
    entries: Vec<(u128, u8, T)>,
}

impl<T> Default for Networks<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<T: Copy> Networks<T> {
    fn insert(&mut self, network: (u128, u8), value: T) {
        self.entries.push((network.0, network.1, value));
        // Stable: of two equal networks the later one counts.
        self.entries
            .sort_by_key(|&(_, len, _)| std::cmp::Reverse(len));
    }

    #[inline]
    fn get(&self, host: IpAddr) -> Option<T> {
        let host = bits(host);
        self.entries
            .iter()
            .find(|&&(network, len, _)| (host ^ network) & mask(len) == 0)
            .map(|&(_, _, value)| value)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn mask(len: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0)
}

/// Reads `10.0.0.0/8`, `::1` and the like; IPv4 counts as mapped into IPv6.
fn network(text: &str) -> Option<(u128, u8)> {
    let (address, len) = text
        .trim()
        .split_once('/')
        .map_or((text.trim(), None), |(a, l)| (a, Some(l)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let len = len
        .map_or(Some(longest), |len| len.parse().ok())
        .filter(|&len| len <= longest)?;
    let len = len + (128 - longest);
    Some((bits(address) & mask(len), len))
}

fn networks(node: &Node, path: &str) -> Result<Vec<(u128, u8)>, ConfigError> {
    let mut found = Vec::new();
    for item in node.items() {
        let text = item.text().unwrap_or_default();
        for part in text
            .trim_matches(['[', ']'])
            .split(',')
            .filter(|part| !part.trim().is_empty())
        {
            let network = network(part).ok_or_else(|| {
                ConfigError::value(item, path, "an address or network such as 10.0.0.0/8")
            })?;
            found.push(network);
        }
    }
    Ok(found)
}

/// `host-os-policy:` and `defrag.host-config:`.
pub(super) fn hosts(root: &Node) -> Result<Hosts, ConfigError> {
    let mut hosts = Hosts {
        timeout: root.number_at("defrag.timeout", 60)?,
        ..Hosts::default()
    };
    if let Some(section) = root.get("host-os-policy") {
        for (name, node) in section.entries() {
            let policies = OsPolicy::from_name(name)
                .zip(DefragPolicy::of_os(name))
                .ok_or_else(|| {
                    ConfigError::at(
                        node.place.clone(),
                        format!("host-os-policy: there is no policy `{name}`"),
                    )
                })?;
            for network in networks(node, "host-os-policy")? {
                hosts.policies.insert(network, policies);
            }
        }
    }
    if let Some(section) = root.get("defrag.host-config") {
        for item in section.items() {
            let Some((_, Some(options))) = item.named() else {
                continue;
            };
            let timeout = options.number_at("timeout", hosts.timeout)?;
            if let Some(addresses) = options.get("address") {
                for network in networks(addresses, "defrag.host-config")? {
                    hosts.timeouts.insert(network, timeout);
                }
            }
        }
    }
    Ok(hosts)
}

/// `defrag:`.
pub(super) fn defrag(root: &Node, key: KeyOptions) -> Result<DefragConfig, ConfigError> {
    let default = DefragConfig::default();
    Ok(DefragConfig {
        memcap: root.size_at("defrag.memcap", default.memcap)?,
        trackers: root.number_at("defrag.trackers", default.trackers)?,
        max_fragments: root.number_at("defrag.max-frags", default.max_fragments)?,
        key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_config::Config;

    #[test]
    fn the_longest_network_counts() {
        let text = "host-os-policy:\n  windows: [0.0.0.0/0]\n  linux: [10.0.0.0/8, \"2001:db8::/32\"]\n  bsd: 10.1.2.3\n";
        let hosts = hosts(&Config::from_text("t", text).unwrap().root).unwrap();
        let policy = |address: &str| hosts.policy(address.parse().unwrap());
        assert_eq!(policy("10.1.2.4"), OsPolicy::Linux);
        assert_eq!(policy("10.1.2.3"), OsPolicy::Bsd);
        assert_eq!(policy("192.0.2.1"), OsPolicy::Windows);
        assert_eq!(policy("2001:db8::1"), OsPolicy::Linux);
        assert_eq!(policy("2001:db9::1"), OsPolicy::Bsd);
        assert!(
            super::hosts(
                &Config::from_text("t", "host-os-policy: {linux: 10.0.0.0/33}")
                    .unwrap()
                    .root
            )
            .is_err()
        );
    }
}

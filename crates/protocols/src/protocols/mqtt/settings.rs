//! `app-layer.protocols.mqtt:` of the configuration.

use tapir_config::{ConfigError, Node};

/// Limits of what is kept of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Transactions that may be open at once.
    pub max_open: usize,
    /// Bytes of a message; of a longer one only the length is kept.
    pub max_message: usize,
    /// Topics of a SUBSCRIBE message that rules see.
    pub subscribe_topics: usize,
    /// Topics of an UNSUBSCRIBE message that rules see.
    pub unsubscribe_topics: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_open: 1024,
            max_message: 1 << 20,
            subscribe_topics: 100,
            unsubscribe_topics: 100,
        }
    }
}

impl Settings {
    /// Reads the subtree of the protocol.
    pub fn read(node: &Node) -> Result<Self, ConfigError> {
        let default = Self::default();
        let size = |path: &str, default: usize| {
            node.size_at(path, default as u64)
                .map(|size| usize::try_from(size).unwrap_or(usize::MAX))
        };
        // Without a limit there is none.
        let topics = |path: &str, default: usize| {
            node.number_at(path, default as i64)
                .map(|count| match usize::try_from(count) {
                    Ok(count) if count > 0 => count,
                    _ => usize::MAX,
                })
        };
        Ok(Self {
            max_open: node.number_at("max-tx", default.max_open)?,
            max_message: size("max-msg-length", default.max_message)?,
            subscribe_topics: topics("subscribe-topic-match-limit", default.subscribe_topics)?,
            unsubscribe_topics: topics(
                "unsubscribe-topic-match-limit",
                default.unsubscribe_topics,
            )?,
        })
    }
}

//! Policies: what becomes of traffic, and how far that reaches.

use tapir_protocols::AppProto;

/// What becomes of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyAction {
    /// It may go on.
    Accept,
    /// It is dropped.
    Drop,
    /// It is dropped, and its sender told.
    Reject,
}

/// How far a decision reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The packet.
    Packet,
    /// The flow from here on.
    Flow,
    /// This hook: the next one is asked.
    Hook,
    /// The transaction.
    Transaction,
}

/// What a rule, or a hook without a rule that accepts, does with traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What becomes of it.
    pub action: PolicyAction,
    /// How far that reaches.
    pub reach: Reach,
    /// An alert is raised.
    pub alert: bool,
}

impl Policy {
    /// `accept:hook`.
    pub const ACCEPT_HOOK: Self = Self {
        action: PolicyAction::Accept,
        reach: Reach::Hook,
        alert: false,
    };
    /// `drop:packet`.
    pub const DROP_PACKET: Self = Self {
        action: PolicyAction::Drop,
        reach: Reach::Packet,
        alert: false,
    };
    /// `drop:flow`.
    pub const DROP_FLOW: Self = Self {
        action: PolicyAction::Drop,
        reach: Reach::Flow,
        alert: false,
    };

    /// Reads `accept:hook` and its like; nothing if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (action, reach) = text.split_once(':')?;
        Some(Self {
            action: match action {
                "accept" => PolicyAction::Accept,
                "drop" => PolicyAction::Drop,
                "reject" => PolicyAction::Reject,
                _ => return None,
            },
            reach: match reach {
                "packet" => Reach::Packet,
                "flow" => Reach::Flow,
                "hook" => Reach::Hook,
                "tx" => Reach::Transaction,
                _ => return None,
            },
            alert: false,
        })
    }

    /// Whether it makes sense at a hook: traffic is not dropped by hook or transaction, and packets have no
    /// transaction.
    pub fn suits(self, packets: bool) -> bool {
        match self.action {
            PolicyAction::Accept => !(packets && self.reach == Reach::Transaction),
            PolicyAction::Drop | PolicyAction::Reject => {
                matches!(self.reach, Reach::Packet | Reach::Flow)
            }
        }
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        use PolicyAction::{Accept, Drop, Reject};
        match (self.action, self.reach) {
            (Accept, Reach::Packet) => "accept:packet",
            (Accept, Reach::Flow) => "accept:flow",
            (Accept, Reach::Hook) => "accept:hook",
            (Accept, Reach::Transaction) => "accept:tx",
            (Drop, Reach::Flow) => "drop:flow",
            (Drop, _) => "drop:packet",
            (Reject, Reach::Flow) => "reject:flow",
            (Reject, _) => "reject:packet",
        }
    }
}

/// A hook that looks at packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketHook {
    /// Before the flow is known.
    PreFlow,
    /// Before the stream is followed.
    PreStream,
    /// Every packet.
    Filter,
}

impl PacketHook {
    /// All, in the order in which packets pass them.
    pub const ALL: [Self; 3] = [Self::PreFlow, Self::PreStream, Self::Filter];

    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreFlow => "packet:pre_flow",
            Self::PreStream => "packet:pre_stream",
            Self::Filter => "packet:filter",
        }
    }
}

/// What the firewall is told by the configuration.
pub struct FirewallConfig<'c> {
    /// The first so many sources of rules hold the firewall's.
    pub sources: usize,
    /// The policies of the hooks for packets, in the order of [`PacketHook::ALL`].
    pub packets: [Policy; 3],
    /// The policy of a hook for transactions of a protocol, by the hook's name.
    pub transactions: &'c dyn Fn(AppProto, &str) -> Policy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_and_written() {
        for text in [
            "accept:packet",
            "accept:flow",
            "accept:hook",
            "accept:tx",
            "drop:flow",
        ] {
            assert_eq!(Policy::parse(text).map(Policy::text), Some(text));
        }
        assert_eq!(Policy::parse("accept:foo"), None);
        assert!(!Policy::parse("accept:tx").is_some_and(|policy| policy.suits(true)));
        assert!(!Policy::parse("drop:hook").is_some_and(|policy| policy.suits(false)));
    }
}

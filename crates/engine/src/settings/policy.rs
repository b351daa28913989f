//! Exception policies: what is done with traffic that cannot be inspected as it should.

use tapir_config::{ConfigError, Node};

/// The policy that is chosen by whether traffic can be stopped at all.
const AUTO: &str = "auto";

/// What is done in an exceptional case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExceptionPolicy {
    /// Nothing.
    #[default]
    Ignore,
    /// The packet is dropped.
    DropPacket,
    /// The packet and all that follow of its flow are dropped.
    DropFlow,
    /// The packet is dropped and its sender told.
    Reject,
    /// The packet passes uninspected.
    PassPacket,
    /// The flow passes uninspected.
    PassFlow,
    /// The flow is not looked at any more.
    Bypass,
}

impl ExceptionPolicy {
    /// Its name in records and counters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::DropPacket => "drop_packet",
            Self::DropFlow => "drop_flow",
            Self::Reject => "reject",
            Self::PassPacket => "pass_packet",
            Self::PassFlow => "pass_flow",
            Self::Bypass => "bypass",
        }
    }

    /// The same for a packet that has no flow.
    fn of_packet(self) -> Self {
        match self {
            Self::DropFlow => Self::DropPacket,
            Self::PassFlow => Self::PassPacket,
            Self::Bypass => Self::Ignore,
            other => other,
        }
    }

    fn parse(text: &str, prevention: bool) -> Option<Self> {
        Some(match text {
            "ignore" => Self::Ignore,
            // Without prevention nothing is dropped unless asked for by name.
            AUTO if prevention => Self::DropFlow,
            AUTO => Self::Ignore,
            "drop-packet" => Self::DropPacket,
            "drop-flow" => Self::DropFlow,
            "reject" => Self::Reject,
            "pass-packet" => Self::PassPacket,
            "pass-flow" => Self::PassFlow,
            "bypass" => Self::Bypass,
            _ => return None,
        })
    }
}

/// The policies of the engine's tables, of TCP and of parsers.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExceptionPolicies {
    /// `defrag.memcap-policy`
    pub defrag_memcap: ExceptionPolicy,
    /// `flow.memcap-policy`
    pub flow_memcap: ExceptionPolicy,
    /// `stream.midstream-policy`
    pub midstream: ExceptionPolicy,
    /// `stream.memcap-policy`
    pub session_memcap: ExceptionPolicy,
    /// `stream.reassembly.memcap-policy`
    pub reassembly_memcap: ExceptionPolicy,
    /// `app-layer.error-policy`
    pub app_layer_error: ExceptionPolicy,
}

impl ExceptionPolicies {
    /// The policies that do something, with the names that count them.
    pub(crate) fn counted(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            ("defrag.memcap", self.defrag_memcap),
            ("flow.memcap", self.flow_memcap),
            ("tcp.midstream", self.midstream),
            ("tcp.ssn_memcap", self.session_memcap),
            ("tcp.reassembly", self.reassembly_memcap),
            ("app_layer.error", self.app_layer_error),
        ]
        .into_iter()
        .filter(|(_, policy)| *policy != ExceptionPolicy::Ignore)
        .map(|(name, policy)| (name, policy.name()))
    }
}

pub(super) fn policies(root: &Node, prevention: bool) -> Result<ExceptionPolicies, ConfigError> {
    const EXPECTED: &str =
        "ignore, drop-packet, drop-flow, reject, pass-packet, pass-flow, bypass or auto";
    let general = root.parsed_at(
        "exception-policy",
        ExceptionPolicy::parse(AUTO, prevention).unwrap_or_default(),
        EXPECTED,
        |text| ExceptionPolicy::parse(text, prevention),
    )?;
    if let Some(text) = root.get("exception-policy").and_then(Node::text) {
        tracing::info!(target: "exception-policy", "master exception-policy set to: {text}");
    }
    let of = |path: &str, default| {
        root.parsed_at(path, default, EXPECTED, |text| {
            ExceptionPolicy::parse(text, prevention)
        })
    };
    // Midstream pick-up that is on is no exception to `auto`.
    let automatic = root.text_at("exception-policy", AUTO) == AUTO;
    let midstream_default = if automatic && root.bool_at("stream.midstream", false)? {
        ExceptionPolicy::Ignore
    } else {
        general
    };
    let midstream = of("stream.midstream-policy", midstream_default)?;
    check_midstream(root, midstream)?;
    Ok(ExceptionPolicies {
        defrag_memcap: of("defrag.memcap-policy", general)?.of_packet(),
        flow_memcap: of("flow.memcap-policy", general)?.of_packet(),
        midstream,
        session_memcap: of("stream.memcap-policy", general)?,
        reassembly_memcap: of("stream.reassembly.memcap-policy", general)?,
        app_layer_error: of("app-layer.error-policy", general)?,
    })
}

/// A policy for a whole flow cannot apply to one packet, and sessions that are picked up are no exceptions.
fn check_midstream(root: &Node, policy: ExceptionPolicy) -> Result<(), ConfigError> {
    let Some(node) = root.get("stream.midstream-policy") else {
        return Ok(());
    };
    let enabled = root.bool_at("stream.midstream", false)?;
    let refused = match policy {
        ExceptionPolicy::DropPacket | ExceptionPolicy::PassPacket => true,
        ExceptionPolicy::DropFlow | ExceptionPolicy::Reject | ExceptionPolicy::Bypass => enabled,
        ExceptionPolicy::Ignore | ExceptionPolicy::PassFlow => false,
    };
    if refused {
        let expected = if enabled {
            "ignore or pass-flow, as stream.midstream is on"
        } else {
            "ignore, drop-flow, reject, pass-flow or bypass: a midstream session is treated as a whole"
        };
        return Err(ConfigError::value(
            node,
            "stream.midstream-policy",
            expected,
        ));
    }
    Ok(())
}

//! What the configuration says, in the types of those who need it.

mod control;
mod decode;
mod detect;
mod firewall;
mod flow;
mod grouping;
mod hosts;
mod policy;
mod protocols;
mod stream;
mod variables;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tapir_config::{ConfigError, Node};
use tapir_flow::FlowConfig;
use tapir_flow::defrag::DefragConfig;
use tapir_flow::tcp;
use tapir_output::{OutputConfig, SinkConfig};
use tapir_packet::DecodeConfig;
use tapir_protocols::{ParserSettings, ProtocolTable};

pub use control::ControlSettings;
pub use detect::{DetectSettings, RuleSources};
pub use firewall::FirewallSettings;
pub use grouping::PortGrouping;
pub use hosts::Hosts;
pub use policy::{ExceptionPolicies, ExceptionPolicy};

/// What is done about checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumMode {
    /// They are verified.
    Verify,
    /// They are verified until it shows that the sender left them to its network card.
    Auto,
    /// Every packet counts as intact.
    Ignore,
}

/// How a run differs from what the configuration says.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Packets come from an interface.
    pub live: bool,
    /// Inspection threads; by default one a core.
    pub workers: Option<usize>,
    /// Drop and reject as an inline system would.
    pub prevention: bool,
    /// A firewall is wanted, whatever the configuration says.
    pub firewall: bool,
    /// What is done about checksums, when the command line says it.
    pub checksums: Option<ChecksumMode>,
    /// Where logs go, when the command line says it.
    pub log_dir: Option<PathBuf>,
}

/// Settings of a run.
#[derive(Debug)]
pub struct Settings {
    /// Packets come from an interface.
    pub live: bool,
    /// Inspection threads.
    pub workers: usize,
    /// Drop and reject as an inline system would.
    pub prevention: bool,
    /// What is done about checksums.
    pub checksums: ChecksumMode,
    /// Folder of the logs.
    pub log_dir: PathBuf,
    /// How often a live run writes statistics; zero for never.
    pub stats_interval: Duration,
    /// Decoder.
    pub decode: DecodeConfig,
    /// Flow table.
    pub flow: FlowConfig,
    /// Defragmentation.
    pub defrag: DefragConfig,
    /// TCP engine.
    pub stream: tcp::Config,
    /// `stream.bypass`: a session of which nothing more will be reassembled is not looked at any more.
    pub bypass_beyond_depth: bool,
    /// What is done with TCP segments in exceptional cases.
    pub policies: ExceptionPolicies,
    /// Hosts whose treatment of overlaps is known.
    pub hosts: Hosts,
    /// Application protocols to recognise.
    pub protocols: ProtocolTable,
    /// Settings of the parsers of application protocols.
    pub parsers: Arc<ParserSettings>,
    /// Rules: variables, files beside them, limits.
    pub detect: DetectSettings,
    /// The firewall, where there is one.
    pub firewall: Option<FirewallSettings>,
    /// The control socket, where there is to be one.
    pub control: Option<ControlSettings>,
    /// Outputs.
    pub outputs: OutputConfig,
}

impl Settings {
    /// Reads the settings of a run.
    ///
    /// # Errors
    /// The first value of the wrong form, with its place.
    pub fn new(root: &Node, options: &RunOptions) -> Result<Self, ConfigError> {
        let log_dir = options
            .log_dir
            .clone()
            .unwrap_or_else(|| PathBuf::from(root.text_at("default-log-dir", ".")));
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let flow = flow::flow(root)?;
        let firewall = firewall::firewall(root, options.firewall)?;
        // A firewall that lets everything through would be none.
        let prevention = options.prevention || firewall.is_some();
        let mut stream = stream::stream(root, prevention)?;
        let checksums = checksums(root, options)?;
        if options.checksums == Some(ChecksumMode::Ignore) {
            stream.checksum_validation = false;
        }
        let protocols = protocols::protocols(root)?;
        let stats_enabled = root.bool_at("stats.enabled", true)?;
        let stats_interval = root.number_at("stats.interval", 8_u64)?;
        let mut outputs = OutputConfig::from_yaml(root, &log_dir, options.live, prevention)?;
        if !stats_enabled {
            for sink in &mut outputs.sinks {
                if let SinkConfig::Eve(eve) = sink {
                    eve.types.stats = None;
                }
            }
            outputs
                .sinks
                .retain(|sink| !matches!(sink, SinkConfig::Stats(_)));
        }
        Ok(Self {
            live: options.live,
            // Packets that came through a tunnel may belong to a flow outside: workers are chosen by the tunnel.
            workers: match flow.key.recursion {
                true => options.workers.unwrap_or_else(cores).max(1),
                false => 1,
            },
            prevention,
            checksums,
            stats_interval: Duration::from_secs(if stats_enabled { stats_interval } else { 0 }),
            decode: decode::decode(root)?,
            defrag: hosts::defrag(root, flow.key)?,
            flow,
            bypass_beyond_depth: root.bool_at("stream.bypass", false)?,
            stream,
            policies: policy::policies(root, prevention)?,
            hosts: hosts::hosts(root)?,
            parsers: Arc::new(protocols::parsers(root, &protocols)?),
            protocols,
            detect: detect::detect(root)?,
            firewall,
            control: control::control(root, options.live)?,
            outputs,
            log_dir,
        })
    }
}

fn checksums(root: &Node, options: &RunOptions) -> Result<ChecksumMode, ConfigError> {
    let key = if options.live {
        "pcap.0.checksum-checks"
    } else {
        "pcap-file.checksum-checks"
    };
    let configured = root.parsed_at(
        key,
        ChecksumMode::Auto,
        "yes, no or auto",
        |text| match text {
            "auto" | "kernel" => Some(ChecksumMode::Auto),
            _ => tapir_config::parse_bool(text).map(|verify| {
                if verify {
                    ChecksumMode::Verify
                } else {
                    ChecksumMode::Ignore
                }
            }),
        },
    )?;
    Ok(match options.checksums {
        // This is said of streams alone.
        Some(ChecksumMode::Ignore) => ChecksumMode::Verify,
        Some(said) => said,
        None => configured,
    })
}

#[cfg(test)]
mod tests {
    use tapir_config::Config;

    use super::*;

    #[test]
    fn checksums_are_ignored_where_the_configuration_says_so() {
        let settings = |text: &str, checksums| {
            let config = Config::from_text("test", text).expect("a configuration");
            let options = RunOptions {
                checksums,
                ..RunOptions::default()
            };
            let settings = Settings::new(&config.root, &options).expect("settings");
            (settings.checksums, settings.stream.checksum_validation)
        };
        let off = "pcap-file: {checksum-checks: no}";
        assert_eq!(settings("{}", None), (ChecksumMode::Auto, true));
        assert_eq!(settings(off, None), (ChecksumMode::Ignore, true));
        let said = Some(ChecksumMode::Ignore);
        assert_eq!(settings("{}", said), (ChecksumMode::Verify, false));
        assert_eq!(
            settings(off, Some(ChecksumMode::Verify)),
            (ChecksumMode::Verify, true)
        );
    }
}

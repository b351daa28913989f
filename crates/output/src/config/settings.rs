//! The `outputs:` section of a configuration file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tapir_config::{ConfigError, Node, parse_bool, parse_number};

use super::eve_settings::{check_digests, eve};
use super::{
    CalendarUnit, Destination, FastConfig, FileConfig, FileStoreConfig, Lz4Options, OutputConfig,
    PcapCondition, PcapLogConfig, Rotation, SinkConfig, StatsLogConfig, SyslogConfig, SyslogTarget,
    SyslogTransport,
};
use crate::channel::{syslog_facility, syslog_severity};

impl OutputConfig {
    /// Reads `outputs`, `sensor-name` and `heartbeat` from the top of a configuration.
    ///
    /// # Errors
    /// When a value is of the wrong form, or asks for what cannot be done; the place is told.
    pub fn from_yaml(
        root: &Node,
        log_dir: &Path,
        live: bool,
        prevention: bool,
    ) -> Result<Self, ConfigError> {
        let mut config = Self {
            log_dir: log_dir.to_owned(),
            live,
            prevention,
            sensor_name: root
                .get("sensor-name")
                .and_then(Node::text)
                .map(str::to_owned),
            ..Self::default()
        };
        let seconds: u64 = root.number_at("heartbeat.output-flush-interval", 0)?;
        if seconds > 0 {
            config.flush_interval = Duration::from_secs(seconds);
        }
        let Some(outputs) = root.get("outputs") else {
            return Ok(config);
        };
        for item in outputs.items() {
            let Some((name, options)) = item.named() else {
                continue;
            };
            let empty = Node::empty();
            let options = options.unwrap_or(&empty);
            if !options.bool_at("enabled", false)? {
                options.read_whole();
                continue;
            }
            if name == "file-store" {
                config.file_store = Some(file_store(root, options)?);
                continue;
            }
            match sink(name, options)? {
                Some(sink) => config.sinks.push(sink),
                None => tracing::warn!("there is no output `{name}`; it is left out"),
            }
        }
        let writes_anomalies = |sink: &&SinkConfig| match sink {
            SinkConfig::Eve(eve) => eve.types.anomaly.is_some(),
            _ => false,
        };
        if config.sinks.iter().filter(writes_anomalies).count() > 1 {
            // The words are those that scripts around Suricata look for.
            return Err(ConfigError::value(
                outputs,
                "outputs",
                "only one 'anomaly' logger can be enabled",
            ));
        }
        Ok(config)
    }
}

fn sink(name: &str, options: &Node) -> Result<Option<SinkConfig>, ConfigError> {
    Ok(Some(match name {
        "eve-log" => SinkConfig::Eve(Box::new(eve(options)?)),
        "fast" => SinkConfig::Fast(FastConfig {
            destination: destination(options, "fast.log")?,
            colour: false,
            ipv6_compress: options.bool_at("ipv6-compress", false)?,
        }),
        "syslog" => {
            let target = syslog_target(options, "error")?;
            SinkConfig::Syslog(SyslogConfig { target })
        }
        "stats" => SinkConfig::Stats(stats_log(options)?),
        "tls-store" => {
            SinkConfig::Certificates(PathBuf::from(options.text_at("certs-log-dir", "")))
        }
        "pcap-log" => SinkConfig::Pcap(pcap_log(options)?),
        _ => return Ok(None),
    }))
}

fn file_store(root: &Node, options: &Node) -> Result<FileStoreConfig, ConfigError> {
    options.parsed_at("version", 2_u8, "2", |text| {
        text.parse().ok().filter(|version| *version == 2)
    })?;
    check_digests(options)?;
    let listed = options.get("force-hash").map(Node::items);
    let digests = listed.iter().flatten().filter_map(|item| item.text());
    if let Some(xff) = options.get("xff") {
        xff.read_whole();
    }
    Ok(FileStoreConfig {
        types: options.bool_at("force-magic", false)?,
        digests: digests.map(str::to_owned).collect(),
        dir: PathBuf::from(options.text_at("dir", "filestore")),
        all: options.bool_at("force-filestore", false)?,
        write_records: options.bool_at("write-fileinfo", false)?,
        max_open: options.number_at("max-open-files", 0)?,
        stream_depth: stream_depth(root, options)?,
    })
}

/// The depth to which streams are reassembled for stored files, where it is more than the general one.
fn stream_depth(root: &Node, options: &Node) -> Result<Option<u32>, ConfigError> {
    if options.get("stream-depth").is_none() {
        return Ok(None);
    }
    let wanted = options.size_at("stream-depth", 0)?;
    let general = root.size_at("stream.reassembly.depth", 0)?;
    if wanted != 0 && wanted <= general {
        // The words are those that scripts around Suricata look for.
        tracing::warn!(
            "file-store.stream-depth value {wanted} has no effect since it's less than \
             stream.reassembly.depth value"
        );
        return Ok(None);
    }
    Ok(Some(u32::try_from(wanted).unwrap_or(u32::MAX)))
}

fn stats_log(options: &Node) -> Result<StatsLogConfig, ConfigError> {
    // There is one set of counters whatever the number of threads.
    options.bool_at("totals", true)?;
    options.bool_at("threads", false)?;
    Ok(StatsLogConfig {
        destination: destination(options, "stats.log")?,
        zeros: options.bool_at("null-values", false)?,
    })
}

/// `filetype`, `filename` and what goes with them.
pub(super) fn destination(options: &Node, default_name: &str) -> Result<Destination, ConfigError> {
    let name = options.text_at("filename", default_name);
    let key = if options.get("filetype").is_some() {
        "filetype"
    } else {
        "type"
    };
    let kind = options.text_at(key, "regular");
    Ok(match kind {
        "regular" | "file" => Destination::File(FileConfig {
            name: PathBuf::from(name),
            append: options.bool_at("append", true)?,
            mode: options.parsed_at(
                "filemode",
                None,
                "permissions in octal, such as 644",
                |text| u32::from_str_radix(text, 8).ok().map(Some),
            )?,
            rotate: rotation(options)?,
        }),
        "unix_stream" => Destination::UnixStream(PathBuf::from(name)),
        "unix_dgram" => Destination::UnixDatagram(PathBuf::from(name)),
        "syslog" => Destination::Syslog(syslog_target(options, "info")?),
        "null" | "nullsink" => Destination::Null,
        _ => {
            let expected =
                "regular, unix_stream, unix_dgram, syslog or null (there is no redis output)";
            let node = options.get(key).unwrap_or(options);
            return Err(ConfigError::value(node, key, expected));
        }
    })
}

fn rotation(options: &Node) -> Result<Option<Rotation>, ConfigError> {
    options.parsed_at(
        "rotate-interval",
        None,
        "minute, hour, day, or a time such as 30s, 10m, 2h or 1d",
        |text| parse_rotation(text).map(Some),
    )
}

fn parse_rotation(text: &str) -> Option<Rotation> {
    let unit = match text {
        "minute" => Some(CalendarUnit::Minute),
        "hour" => Some(CalendarUnit::Hour),
        "day" => Some(CalendarUnit::Day),
        _ => None,
    };
    if let Some(unit) = unit {
        return Some(Rotation::Boundary(unit));
    }
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let seconds = match unit.trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let total = digits
        .parse::<u64>()
        .ok()?
        .checked_mul(seconds)
        .filter(|total| *total > 0)?;
    Some(Rotation::Every(Duration::from_secs(total)))
}

fn syslog_target(options: &Node, default_level: &str) -> Result<SyslogTarget, ConfigError> {
    let defaults = SyslogTarget::default();
    let transport = match options.get("server").and_then(Node::text) {
        Some(host) if host.contains(':') => SyslogTransport::Udp(host.to_owned()),
        Some(host) => SyslogTransport::Udp(format!("{host}:514")),
        None => defaults.transport,
    };
    let level = syslog_severity(default_level).unwrap_or(defaults.severity);
    Ok(SyslogTarget {
        transport,
        identity: options.text_at("identity", &defaults.identity).to_owned(),
        facility: options.parsed_at(
            "facility",
            defaults.facility,
            "a syslog facility such as local5 or daemon",
            syslog_facility,
        )?,
        severity: options.parsed_at(
            "level",
            level,
            "a syslog level such as Info or Error",
            syslog_severity,
        )?,
    })
}

fn pcap_log(options: &Node) -> Result<PcapLogConfig, ConfigError> {
    let defaults = PcapLogConfig::default();
    let lz4 = options.parsed_at("compression", false, "none or lz4", |text| match text {
        "none" => Some(false),
        "lz4" => Some(true),
        _ => None,
    })?;
    let checksum = options.bool_at("lz4-checksum", false)?;
    options.parsed_at("lz4-level", 0, "a number from 0 to 16", |text| {
        parse_number(text).filter(|level| *level <= 16)
    })?;
    Ok(PcapLogConfig {
        name: options.text_at("filename", &defaults.name).to_owned(),
        dir: options
            .get("dir")
            .or_else(|| options.get("sguil-base-dir"))
            .and_then(Node::text)
            .map(PathBuf::from),
        multi: options.parsed_at("mode", false, "normal or multi", |text| match text {
            "normal" => Some(false),
            "multi" => Some(true),
            _ => None,
        })?,
        limit: options.size_at("limit", defaults.limit)?.max(4096),
        max_files: options.parsed_at("max-files", None, "a number of files", |text| {
            Some(parse_number(text).and_then(|n| usize::try_from(n).ok())?)
                .map(|n| Some(n).filter(|n| *n > 0))
        })?,
        micros: options.parsed_at("ts-format", false, "sec or usec", |text| match text {
            "sec" => Some(false),
            "usec" => Some(true),
            _ => None,
        })?,
        lz4: lz4.then_some(Lz4Options { checksum }),
        condition: options.parsed_at(
            "conditional",
            defaults.condition,
            "all, alerts or tag",
            |text| {
                Some(match text {
                    "all" => PcapCondition::All,
                    "alerts" => PcapCondition::Alerts,
                    "tag" => PcapCondition::Tag,
                    _ => return None,
                })
            },
        )?,
        use_stream_depth: options.bool_at("use-stream-depth", false)?,
        honor_pass_rules: options.bool_at("honor-pass-rules", false)?,
        bpf_filter: options
            .get("bpf-filter")
            .and_then(Node::text)
            .map(str::to_owned),
    })
}

/// True unless the node says no.
pub(super) fn is_on(options: Option<&Node>) -> Result<bool, ConfigError> {
    let Some(options) = options else {
        return Ok(true);
    };
    if let Some(text) = options.text() {
        return parse_bool(text).ok_or_else(|| ConfigError::value(options, "enabled", "yes or no"));
    }
    options.bool_at("enabled", true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_config::Config;

    pub(super) fn read(text: &str) -> Result<OutputConfig, String> {
        let config = Config::from_text("t.yaml", text).map_err(|error| error.to_string())?;
        OutputConfig::from_yaml(&config.root, Path::new("/log"), false, false)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_usual_outputs() {
        let config = read(concat!(
            "sensor-name: probe\n",
            "outputs:\n",
            "  - fast:\n      enabled: yes\n      filename: f.log\n      append: no\n",
            "  - eve-log:\n      enabled: no\n",
            "  - stats:\n      enabled: yes\n      null-values: yes\n",
            "  - lua:\n      enabled: no\n",
        ));
        let config = config.expect("reads");
        assert_eq!(config.sensor_name.as_deref(), Some("probe"));
        let [SinkConfig::Fast(fast), SinkConfig::Stats(stats)] = &config.sinks[..] else {
            panic!("two outputs: {:?}", config.sinks)
        };
        let expected = FileConfig {
            append: false,
            ..FileConfig::named("f.log")
        };
        assert_eq!(fast.destination, Destination::File(expected));
        assert!(stats.zeros);
    }

    #[test]
    fn a_packet_log() {
        let config = read(concat!(
            "outputs:\n",
            "  - pcap-log:\n      enabled: yes\n      filename: log.%t\n      limit: 1gb\n",
            "      max-files: 3\n      mode: multi\n      ts-format: usec\n      compression: lz4\n",
            "      conditional: alerts\n",
        ));
        let config = config.expect("reads");
        let [SinkConfig::Pcap(pcap)] = &config.sinks[..] else {
            panic!("one output")
        };
        assert_eq!(
            (pcap.limit, pcap.max_files, pcap.multi, pcap.micros),
            (1 << 30, Some(3), true, true)
        );
        assert_eq!(
            (pcap.lz4, pcap.condition),
            (Some(Lz4Options::default()), PcapCondition::Alerts)
        );
    }

    #[test]
    fn what_cannot_be_done_is_said_at_its_place() {
        let error = read("outputs:\n  - eve-log:\n      enabled: yes\n      filetype: redis\n");
        let error = error.expect_err("redis is refused");
        assert!(
            error.starts_with("t.yaml:4:17: error: filetype: expected regular"),
            "{error}"
        );
        let error = read("outputs:\n  - pcap-log:\n      enabled: yes\n      mode: sguil\n");
        assert!(error.expect_err("refused").contains("normal or multi"));
    }

    #[test]
    fn rotation_intervals() {
        assert_eq!(
            parse_rotation("hour"),
            Some(Rotation::Boundary(CalendarUnit::Hour))
        );
        assert_eq!(
            parse_rotation("10m"),
            Some(Rotation::Every(Duration::from_secs(600)))
        );
        assert_eq!(
            parse_rotation("90"),
            Some(Rotation::Every(Duration::from_secs(90)))
        );
        assert_eq!(parse_rotation("0s"), None);
        assert_eq!(parse_rotation("often"), None);
    }
}

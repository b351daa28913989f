//! The `eve-log` output of a configuration file.

use tapir_config::{ConfigError, Node};

use tapir_protocols::RecordOptions;

use super::settings::{destination, is_on};
use super::{AlertOptions, AnomalyOptions, DropOptions, EveConfig, EveTypes, StatsOptions, Xff};

pub(super) fn eve(options: &Node) -> Result<EveConfig, ConfigError> {
    let community = options.bool_at("community-id", false)?;
    let seed: u16 = options.number_at("community-id-seed", 0)?;
    if options.bool_at("threaded", false)? {
        tracing::warn!("eve-log: threaded: one file is written whatever the number of threads");
    }
    // Records are always gathered into large writes.
    options.size_at("buffer-size", 0)?;
    Ok(EveConfig {
        destination: destination(options, "eve.json")?,
        prefix: options.text_at("prefix", "").to_owned(),
        metadata: options.bool_at("metadata", true)?,
        ethernet: options.bool_at("ethernet", false)?,
        suricata_version: options.bool_at("suricata-version", false)?,
        community_id: community.then_some(seed),
        pcap_file: options.bool_at("pcap-file", false)?,
        ipv6_compress: options.bool_at("ipv6-compress", false)?,
        sensor_id: options.parsed_at("sensor-id", None, "a whole number", |text| {
            text.parse().ok().map(Some)
        })?,
        xff: xff(options)?,
        types: types(options)?,
    })
}

fn xff(options: &Node) -> Result<Option<Xff>, ConfigError> {
    let Some(xff) = options.get("xff") else {
        return Ok(None);
    };
    if !xff.bool_at("enabled", false)? {
        xff.read_whole();
        return Ok(None);
    }
    Ok(Some(Xff {
        overwrite: xff.parsed_at(
            "mode",
            false,
            "extra-data or overwrite",
            |text| match text {
                "extra-data" => Some(false),
                "overwrite" => Some(true),
                _ => None,
            },
        )?,
        reverse: xff.parsed_at(
            "deployment",
            true,
            "reverse or forward",
            |text| match text {
                "reverse" => Some(true),
                "forward" => Some(false),
                _ => None,
            },
        )?,
        header: xff.text_at("header", "X-Forwarded-For").to_owned(),
    }))
}

fn types(options: &Node) -> Result<EveTypes, ConfigError> {
    let mut types = EveTypes::default();
    let Some(list) = options.get("types") else {
        return Ok(types);
    };
    for item in list.items() {
        let Some((name, options)) = item.named() else {
            continue;
        };
        if !is_on(options)? {
            if let Some(options) = options {
                options.read_whole();
            }
            continue;
        }
        let empty = Node::empty();
        let options = options.unwrap_or(&empty);
        match name {
            "alert" => types.alert = Some(alert(options)?),
            "drop" => types.drop = Some(drop_options(options)?),
            "anomaly" => types.anomaly = Some(anomaly(options)?),
            "stats" => types.stats = Some(stats(options)?),
            "flow" => types.flow = true,
            "netflow" => types.netflow = true,
            "metadata" => types.metadata = true,
            name => {
                check_digests(options)?;
                let name = event_type(name).to_owned();
                let mut wanted = record_options(options);
                if name == "dns"
                    && wanted.word("version").is_none()
                    && let Ok(version) = std::env::var("SURICATA_EVE_DNS_VERSION")
                {
                    wanted.set("version", &version);
                }
                types.app_options.insert(name.clone(), wanted);
                if name == "ftp" && !types.app.iter().any(|known| known == "ftp_data") {
                    // The connections that carry the data are told with the others.
                    types.app.push("ftp_data".to_owned());
                }
                types.app.push(name);
            }
        }
    }
    Ok(types)
}

/// `force-hash` names digests that exist.
pub(super) fn check_digests(options: &Node) -> Result<(), ConfigError> {
    let Some(listed) = options.get("force-hash") else {
        return Ok(());
    };
    let known = |item: &&Node| matches!(item.text(), Some("md5" | "sha1" | "sha256"));
    if listed.items().iter().all(known) {
        return Ok(());
    }
    // The words are those that scripts around Suricata look for.
    Err(ConfigError::value(
        listed,
        "Invalid configuration: force-hash algorithm",
        "md5, sha1 or sha256",
    ))
}

/// What a type's options say of its records.
fn record_options(options: &Node) -> RecordOptions {
    let mut read = RecordOptions::default();
    for (name, value) in options.entries() {
        match value.text() {
            Some(text) => read.set(name, text),
            None => {
                let items = value.items();
                let words = items.iter().filter_map(|item| item.text());
                read.set_list(name, words.map(str::to_owned));
            }
        }
    }
    read
}

/// The `event_type` of the records that a name under `types` stands for.
fn event_type(name: &str) -> &str {
    match name {
        "files" => "fileinfo",
        "bittorrent-dht" => "bittorrent_dht",
        "stream" => "stream_tcp",
        name => name,
    }
}

fn alert(options: &Node) -> Result<AlertOptions, ConfigError> {
    let mut alert = AlertOptions::default();
    if let Some(metadata) = options.get("metadata") {
        if metadata.text().is_some() {
            let on = options.bool_at("metadata", true)?;
            (alert.app_layer, alert.flow, alert.rule_metadata) = (on, on, on);
        } else {
            alert.app_layer = metadata.bool_at("app-layer", true)?;
            alert.flow = metadata.bool_at("flow", true)?;
            alert.rule_metadata = metadata.bool_at("rule.metadata", true)?;
            alert.rule_text = metadata.bool_at("rule.raw", false)?;
            alert.references = metadata.bool_at("rule.reference", false)?;
        }
    }
    alert.payload = options.bool_at("payload", false)?;
    alert.payload_printable = options.bool_at("payload-printable", false)?;
    alert.payload_length = options.bool_at("payload-length", false)?;
    alert.packet = options.bool_at("packet", false)?;
    alert.http_body = options.bool_at("http-body", false)?;
    alert.http_body_printable = options.bool_at("http-body-printable", false)?;
    alert.tagged_packets = options.bool_at("tagged-packets", false)?;
    alert.verdict = options.bool_at("verdict", false)?;
    alert.xff = xff(options)?;
    let default = alert.payload_buffer_size as u64;
    let size = options.size_at("payload-buffer-size", default)?;
    alert.payload_buffer_size = usize::try_from(size)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| {
            let node = options.get("payload-buffer-size").unwrap_or(options);
            ConfigError::value(node, "payload-buffer-size", "a size above zero")
        })?;
    Ok(alert)
}

fn drop_options(options: &Node) -> Result<DropOptions, ConfigError> {
    Ok(DropOptions {
        alerts: options.bool_at("alerts", false)?,
        all_packets: options.parsed_at("flows", false, "start or all", |text| match text {
            "start" => Some(false),
            "all" => Some(true),
            _ => None,
        })?,
        verdict: options.bool_at("verdict", false)?,
    })
}

fn anomaly(options: &Node) -> Result<AnomalyOptions, ConfigError> {
    let defaults = AnomalyOptions::default();
    Ok(AnomalyOptions {
        decode: options.bool_at("types.decode", defaults.decode)?,
        stream: options.bool_at("types.stream", defaults.stream)?,
        applayer: options.bool_at("types.applayer", defaults.applayer)?,
        packet_header: options.bool_at("packethdr", false)?,
    })
}

fn stats(options: &Node) -> Result<StatsOptions, ConfigError> {
    let totals = options.bool_at("totals", true)?;
    let threads = options.bool_at("threads", false)?;
    if !totals && !threads {
        let node = options.get("totals").unwrap_or(options);
        return Err(ConfigError::value(
            node,
            "totals",
            "yes, unless `threads` is",
        ));
    }
    Ok(StatsOptions {
        totals,
        deltas: options.bool_at("deltas", false)?,
        zeros: options.bool_at("null-values", true)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapir_config::Config;

    fn read(text: &str) -> EveConfig {
        let config = Config::from_text("t.yaml", text).expect("YAML");
        eve(&config.root).expect("reads")
    }

    #[test]
    fn types_with_and_without_options() {
        let config = read(concat!(
            "community-id: yes\ncommunity-id-seed: 7\n",
            "types:\n",
            "  - alert:\n      payload: yes\n      payload-buffer-size: 4 KiB\n",
            "      metadata:\n        flow: no\n        rule:\n          raw: yes\n",
            "  - anomaly:\n      enabled: yes\n      types:\n        decode: yes\n",
            "  - frame:\n      enabled: no\n",
            "  - http\n  - files\n",
            "  - drop:\n      flows: all\n",
            "  - stats:\n      null-values: no\n",
            "  - flow\n",
        ));
        assert_eq!(config.community_id, Some(7));
        let types = config.types;
        let alert = AlertOptions {
            payload: true,
            flow: false,
            rule_text: true,
            ..AlertOptions::default()
        };
        assert_eq!(types.alert, Some(alert));
        assert_eq!(
            types.anomaly,
            Some(AnomalyOptions {
                decode: true,
                ..AnomalyOptions::default()
            })
        );
        assert_eq!(
            types.drop,
            Some(DropOptions {
                all_packets: true,
                ..DropOptions::default()
            })
        );
        assert_eq!(
            types.stats,
            Some(StatsOptions {
                zeros: false,
                ..StatsOptions::default()
            })
        );
        assert_eq!(types.app, ["http", "fileinfo"]);
        assert!(types.flow && !types.netflow);
    }

    #[test]
    fn metadata_switched_off_whole() {
        let config = read("types:\n  - alert:\n      metadata: no\n      packet: yes\n");
        let expected = AlertOptions {
            app_layer: false,
            flow: false,
            rule_metadata: false,
            packet: true,
            ..AlertOptions::default()
        };
        assert_eq!(config.types.alert, Some(expected));
    }
}

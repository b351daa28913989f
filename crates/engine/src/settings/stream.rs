//! `stream:` of the configuration.

use tapir_config::{ConfigError, Node, parse_bool};
use tapir_flow::tcp::{Config, UrgentPolicy};

/// How TCP sessions are followed. `prevention` tells what `inline: auto` means.
pub(super) fn stream(root: &Node, prevention: bool) -> Result<Config, ConfigError> {
    let default = Config::default();
    let inline = root.parsed_at(
        "stream.inline",
        prevention,
        "yes, no or auto",
        |text| match text {
            "auto" => Some(prevention),
            _ => parse_bool(text),
        },
    )?;
    let depth = root.size_at("stream.reassembly.depth", u64::from(default.depth))?;
    let chunk = |way: &str, default: u16| -> Result<u16, ConfigError> {
        let path = format!("stream.reassembly.{way}-chunk-size");
        let size = root.size_at(&path, u64::from(default))?;
        Ok(u16::try_from(size).unwrap_or(u16::MAX))
    };
    let urgent = |path: &str, default: UrgentPolicy| {
        root.parsed_at(
            path,
            default,
            "oob, inline, drop or gap",
            UrgentPolicy::from_name,
        )
    };
    let policy = root.text_at("stream.midstream-policy", "ignore");
    Ok(Config {
        inline,
        midstream: root.bool_at("stream.midstream", default.midstream)?,
        midstream_pickup_allowed: matches!(policy, "ignore" | "auto" | "pass-flow"),
        async_oneside: root.bool_at("stream.async-oneside", default.async_oneside)?,
        checksum_validation: root
            .bool_at("stream.checksum-validation", default.checksum_validation)?,
        drop_invalid: root.bool_at("stream.drop-invalid", default.drop_invalid)?,
        max_synack_queued: root.number_at("stream.max-synack-queued", default.max_synack_queued)?,
        max_syn_queued: root.number_at("stream.max-syn-queued", default.max_syn_queued)?,
        liberal_timestamps: root
            .bool_at("stream.liberal-timestamps", default.liberal_timestamps)?,
        depth: u32::try_from(depth).unwrap_or(u32::MAX),
        memcap: root.size_at("stream.memcap", default.memcap)?,
        reassembly_memcap: root.size_at("stream.reassembly.memcap", default.reassembly_memcap)?,
        toserver_chunk_size: chunk("toserver", default.toserver_chunk_size)?,
        toclient_chunk_size: chunk("toclient", default.toclient_chunk_size)?,
        raw: root.bool_at("stream.reassembly.raw", default.raw)?,
        check_overlap_different_data: root.bool_at(
            "stream.reassembly.check-overlap-different-data",
            default.check_overlap_different_data,
        )?,
        urgent: urgent("stream.reassembly.urgent.policy", default.urgent)?,
        urgent_oob_limit: urgent(
            "stream.reassembly.urgent.oob-limit-policy",
            default.urgent_oob_limit,
        )?,
        max_regions: root.number_at("stream.reassembly.max-regions", default.max_regions)?,
    })
}

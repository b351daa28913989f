//! `flow:`, `flow-timeouts:`, `vlan:` and what else decides about flows.

use tapir_config::{ConfigError, Node};
use tapir_flow::{
    FlowConfig, KeyOptions, ProtocolTimeouts, RateTracking, StateTimeouts, TimeoutTable,
};

/// Settings of the flow table.
pub(super) fn flow(root: &Node) -> Result<FlowConfig, ConfigError> {
    let default = FlowConfig::default();
    Ok(FlowConfig {
        memcap: root.size_at("flow.memcap", default.memcap)?,
        emergency_recovery: root
            .number_at("flow.emergency-recovery", default.emergency_recovery)?,
        timeouts: timeouts(root)?,
        key: KeyOptions {
            vlan: root.bool_at("vlan.use-for-tracking", true)?,
            recursion: root.bool_at("decoder.recursion-level.use-for-tracking", true)?,
        },
        midstream: root.bool_at("stream.midstream", false)?,
        rate_tracking: rate_tracking(root)?,
    })
}

fn rate_tracking(root: &Node) -> Result<Option<RateTracking>, ConfigError> {
    let bytes = root.size_at("flow.rate-tracking.bytes", 0)?;
    let interval = root.parsed_at(
        "flow.rate-tracking.interval",
        0,
        "a number of seconds",
        |text| text.trim_end_matches('s').trim().parse().ok(),
    )?;
    Ok((bytes > 0 && interval > 0).then_some(RateTracking { bytes, interval }))
}

fn timeouts(root: &Node) -> Result<TimeoutTable, ConfigError> {
    let default = TimeoutTable::default();
    Ok(TimeoutTable {
        tcp: of_protocol(root, "tcp", default.tcp)?,
        udp: of_protocol(root, "udp", default.udp)?,
        icmp: of_protocol(root, "icmp", default.icmp)?,
        other: of_protocol(root, "default", default.other)?,
    })
}

fn of_protocol(
    root: &Node,
    name: &str,
    default: ProtocolTimeouts,
) -> Result<ProtocolTimeouts, ConfigError> {
    let states = |prefix: &str, default: StateTimeouts| -> Result<StateTimeouts, ConfigError> {
        let of = |state: &str, seconds| {
            root.number_at(&format!("flow-timeouts.{name}.{prefix}{state}"), seconds)
        };
        Ok(StateTimeouts {
            new: of("new", default.new)?,
            established: of("established", default.established)?,
            closed: of("closed", default.closed)?,
            bypassed: of("bypassed", default.bypassed)?,
        })
    };
    Ok(ProtocolTimeouts {
        normal: states("", default.normal)?,
        emergency: states("emergency-", default.emergency)?,
    })
}

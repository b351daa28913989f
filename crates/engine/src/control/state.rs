//! Commands that ask how things are.

use serde_json::{Map, Value, json};
use tapir_control::Reply;

use super::text;
use crate::engine::Engine;
use crate::rings::Rings;
use crate::settings::Settings;

pub(super) fn uptime(engine: &mut Engine, _: Option<&mut Rings>, _: &Map<String, Value>) -> Reply {
    Reply::done(engine.elapsed().as_secs())
}

pub(super) fn running_mode(
    engine: &mut Engine,
    rings: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    Reply::done(match (rings, engine.ring_workers()) {
        (Some(_), _) => "workers",
        (None, 1) => "single",
        (None, _) => "autofp",
    })
}

pub(super) fn capture_mode(
    engine: &mut Engine,
    rings: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    Reply::done(match (rings, engine.settings().live) {
        _ if engine.queue.is_some() => "UNIX_SOCKET",
        (Some(_), _) => "AF_PACKET_DEV",
        (None, true) => "PCAP_DEV",
        (None, false) => "PCAP_FILE",
    })
}

pub(super) fn conf_get(
    engine: &mut Engine,
    _: Option<&mut Rings>,
    arguments: &Map<String, Value>,
) -> Reply {
    let name = match text(arguments, "variable") {
        Ok(name) => name,
        Err(reply) => return reply,
    };
    let control = engine.settings().control.as_ref();
    match control.and_then(|control| control.configured.get(name)) {
        Some(value) => Reply::done(value.as_str()),
        None => Reply::refused("Unable to get value"),
    }
}

pub(super) fn dump_counters(
    engine: &mut Engine,
    rings: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    let counters = engine.count(rings);
    let tree = engine.stats_tree(&counters);
    let mut top = Map::new();
    top.insert("uptime".to_owned(), tree.uptime.into());
    for (name, value) in &tree.counters {
        nest(&mut top, name, *value);
    }
    Reply::done(top)
}

/// Puts a counter where the dots of its name say.
fn nest(into: &mut Map<String, Value>, name: &str, value: u64) {
    match name.split_once('.') {
        None => {
            into.insert(name.to_owned(), value.into());
        }
        Some((group, rest)) => {
            let inner = into.entry(group).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                nest(inner, rest, value);
            }
        }
    }
}

pub(super) fn iface_list(
    engine: &mut Engine,
    _: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    let names = engine.interfaces();
    Reply::done(json!({ "count": names.len(), "ifaces": names }))
}

pub(super) fn iface_stat(
    engine: &mut Engine,
    rings: Option<&mut Rings>,
    arguments: &Map<String, Value>,
) -> Reply {
    let name = match text(arguments, "iface") {
        Ok(name) => name.to_owned(),
        Err(reply) => return reply,
    };
    if !engine.interfaces().contains(&name) {
        return Reply::refused("interface not found");
    }
    let counters = engine.count(rings);
    let kernel = engine.kernel_counters(&name);
    let of_tcp = counters.tcp.iter();
    let invalid: u64 = of_tcp
        .filter(|(counter, _)| *counter == "tcp.invalid_checksum")
        .map(|(_, value)| *value)
        .sum();
    Reply::done(json!({
        "pkts": kernel.received,
        "drop": kernel.dropped,
        "bypassed": counters.bypassed[0],
        "invalid-checksums": invalid,
    }))
}

/// The ceilings on memory, by the names under which Suricata changes them.
fn memcaps(settings: &Settings) -> [(&'static str, u64); 4] {
    [
        ("stream", settings.stream.memcap),
        ("stream-reassembly", settings.stream.reassembly_memcap),
        ("flow", settings.flow.memcap),
        ("defrag", settings.defrag.memcap),
    ]
}

pub(super) fn memcap_list(
    engine: &mut Engine,
    _: Option<&mut Rings>,
    _: &Map<String, Value>,
) -> Reply {
    let all = memcaps(engine.settings()).into_iter();
    let rows = all.map(|(name, bytes)| json!({ "name": name, "value": size(bytes) }));
    Reply::done(rows.collect::<Vec<Value>>())
}

pub(super) fn memcap_show(
    engine: &mut Engine,
    _: Option<&mut Rings>,
    arguments: &Map<String, Value>,
) -> Reply {
    let name = match text(arguments, "config") {
        Ok(name) => name,
        Err(reply) => return reply,
    };
    let all = memcaps(engine.settings());
    match all.iter().find(|(known, _)| *known == name) {
        Some((_, bytes)) => Reply::done(json!({ "value": size(*bytes) })),
        None => Reply::refused("Memcap value not found. Use 'memcap-list' to see all"),
    }
}

/// Bytes in the greatest unit of which there is at least one.
fn size(bytes: u64) -> String {
    match bytes {
        0 => "unlimited".to_owned(),
        _ if bytes >> 30 > 0 => format!("{}gb", bytes >> 30),
        _ if bytes >> 20 > 0 => format!("{}mb", bytes >> 20),
        _ => format!("{}kb", bytes >> 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_nest_by_their_names() {
        let mut top = Map::new();
        nest(&mut top, "decoder.pkts", 3);
        nest(&mut top, "decoder.event.ipv4.trunc_pkt", 1);
        nest(&mut top, "uptime", 9);
        let expected = json!({
            "decoder": { "pkts": 3, "event": { "ipv4": { "trunc_pkt": 1 } } },
            "uptime": 9,
        });
        assert_eq!(Value::from(top), expected);
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size(0), "unlimited");
        assert_eq!(size(64 << 20), "64mb");
        assert_eq!(size(3 << 30), "3gb");
        assert_eq!(size(4096), "4kb");
    }
}

//! What becomes of packets for which there is no memory.

use serde_json::Value;

use crate::{project, tapir};

/// The records of a replay in which traffic can be stopped.
fn records(capture: &str, settings: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tapir();
    command
        .args(["-q", "--simulate-ips", "-l"])
        .arg(folder.path())
        .arg("-r")
        .arg(project(capture));
    for setting in settings {
        command.args(["--set", setting]);
    }
    let status = command.status().unwrap();
    assert!(status.success(), "{status}");
    std::fs::read_to_string(folder.path().join("eve.json"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn drops(records: &[Value]) -> Vec<&Value> {
    records
        .iter()
        .filter(|record| record["event_type"] == "drop")
        .map(|record| &record["drop"]["reason"])
        .collect()
}

fn last_stats(records: &[Value]) -> &Value {
    &records
        .iter()
        .rfind(|record| record["event_type"] == "stats")
        .unwrap()["stats"]
}

#[test]
fn fragments_without_room_are_dropped_when_asked_for() {
    let settings = ["defrag.trackers=0", "defrag.memcap-policy=drop-packet"];
    let records = records("pcaps/ipv4-fragments.pcap", &settings);
    assert_eq!(drops(&records), ["defrag memcap"; 3]);
    let stats = last_stats(&records);
    assert_eq!(stats["ips"]["drop_reason"]["defrag_memcap"], 3);
    assert_eq!(
        stats["exception_policy"]["defrag"]["memcap"]["drop_packet"],
        3
    );
}

#[test]
fn a_policy_for_flows_drops_packets_that_have_none() {
    let settings = ["flow.memcap=2000", "flow.memcap-policy=drop-flow"];
    let records = records("pcaps/port-scan.pcap", &settings);
    let dropped = drops(&records);
    assert!(!dropped.is_empty() && dropped.iter().all(|reason| **reason == "flow memcap"));
    let stats = last_stats(&records);
    assert_eq!(stats["flow"]["memcap"], dropped.len());
    assert_eq!(stats["ips"]["drop_reason"]["flow_memcap"], dropped.len());
}

#[test]
fn without_a_policy_they_are_inspected() {
    let settings = [
        "exception-policy=ignore",
        "flow.memcap=2000",
        "defrag.trackers=0",
    ];
    for capture in ["pcaps/port-scan.pcap", "pcaps/ipv4-fragments.pcap"] {
        assert!(drops(&records(capture, &settings)).is_empty());
    }
}

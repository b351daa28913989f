//! Rules and records about frames.

use serde_json::Value;

use super::{project, stdout, tapir};

/// The records that rules raise on a capture.
fn records(capture: &str, rules: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.rules");
    std::fs::write(&path, rules).unwrap();
    let output = tapir()
        .args(["-q", "-A", "json", "-r"])
        .arg(project(&format!("pcaps/{capture}")))
        .arg("-S")
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn frames_of(records: &[Value], sid: u64) -> Vec<&Value> {
    records
        .iter()
        .filter(|record| record["alert"]["signature_id"] == sid)
        .map(|record| &record["frame"])
        .collect()
}

#[test]
fn a_request_in_three_segments_is_one_frame() {
    let rules = r#"
alert http any any -> any any (flow:to_server; frame:http1.request; content:"GET /weather"; startswith; content:"|0d 0a 0d 0a|"; endswith; bsize:91; sid:1;)
alert http1 any any -> any any (flow:to_client; frame:response; content:"drizzle|0a|"; endswith; sid:2;)
alert http1 any any -> any any (frame:request; content:"drizzle"; sid:3;)
alert http1 any any -> any any (frame:stream; content:"curl/8"; sid:4;)
"#;
    let seen = records("http-get.pcap", rules);
    let [request] = frames_of(&seen, 1)[..] else {
        panic!("one alert about the request: {seen:?}");
    };
    assert_eq!(request["type"], "request");
    assert_eq!(request["stream_offset"], 0);
    assert_eq!(request["length"], 91);
    assert_eq!(request["complete"], true);
    assert_eq!(request["tx_id"], 0);
    assert!(
        request["payload_printable"]
            .as_str()
            .unwrap()
            .ends_with("curl/8.5.0\r\nAccept: */*\r\n\r\n")
    );
    let [response] = frames_of(&seen, 2)[..] else {
        panic!("one alert about the response: {seen:?}");
    };
    assert_eq!(response["length"], 102);
    assert_eq!(frames_of(&seen, 3).len(), 0);
    assert_eq!(frames_of(&seen, 4).len(), 1);
}

#[test]
fn datagrams_and_lines_are_frames() {
    let rules = r#"
alert udp any any -> any 53 (frame:dns.pdu; content:"|01 00 00 01|"; offset:2; depth:4; sid:1;)
alert smtp any any -> any any (flow:to_server; frame:smtp.command_line; content:"HELO"; startswith; content:"|0d 0a|"; endswith; sid:2;)
alert smtp any any -> any any (flow:to_client; frame:response_line; content:"220"; startswith; sid:3;)
"#;
    let questions = records("dns.pcap", rules);
    let asked = frames_of(&questions, 1);
    assert!(!asked.is_empty(), "{questions:?}");
    assert!(asked.iter().all(|frame| frame["type"] == "pdu"));
    let mail = records("smtp.pcap", rules);
    let [greeting] = frames_of(&mail, 2)[..] else {
        panic!("one greeting: {mail:?}");
    };
    assert_eq!(greeting["payload_printable"], "HELO pc.invalid\r\n");
    assert_eq!(frames_of(&mail, 3).len(), 1);
}

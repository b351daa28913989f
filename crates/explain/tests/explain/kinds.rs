//! One explanation of each kind.

use tapir_explain::Query;

use crate::{capture, explained};

/// What is said of rule 1, with the default configuration but for `changes`.
fn text(rules: &str, name: &str, changes: &[&str]) -> String {
    explained(rules, &Query::of(1), capture(name), changes).text(false)
}

fn of_web(rules: &str) -> String {
    text(rules, "http-get.pcap", &[])
}

#[test]
fn a_match_says_where() {
    insta::assert_snapshot!(of_web(
        r#"alert http any any -> any any (msg:"It"; http.uri; content:"weather"; content:"Lima"; distance:0; sid:1;)"#
    ));
}

#[test]
fn the_head() {
    insta::assert_snapshot!(
        "head_of_addresses",
        of_web(r#"alert tcp $HOME_NET any -> 10.9.9.9 any (msg:"It"; content:"x"; sid:1;)"#)
    );
    insta::assert_snapshot!(
        "head_of_ports",
        of_web(r#"alert tcp any any -> any $SSH_PORTS (msg:"It"; content:"x"; sid:1;)"#)
    );
}

#[test]
fn the_state_of_the_flow() {
    insta::assert_snapshot!(of_web(
        r#"alert icmp any any -> any any (msg:"It"; flow:established; itype:8; sid:1;)"#
    ));
    insta::assert_snapshot!(
        "midstream",
        text(
            r#"alert tcp any any -> any any (msg:"It"; flow:established,to_server; content:"GET"; sid:1;)"#,
            "tcp-midstream.pcap",
            &[]
        )
    );
}

#[test]
fn the_application_protocol() {
    insta::assert_snapshot!(of_web(
        r#"alert tls any any -> any any (msg:"It"; tls.sni; content:"x"; sid:1;)"#
    ));
}

#[test]
fn the_prefilter_and_a_content() {
    insta::assert_snapshot!(of_web(
        r#"alert http any any -> any any (msg:"It"; http.stat_code; content:"404"; sid:1;)"#
    ));
}

#[test]
fn a_distance() {
    insta::assert_snapshot!(of_web(
        r#"alert http any any -> any any (msg:"It"; http.uri; content:"city"; content:"weather"; distance:0; sid:1;)"#
    ));
}

#[test]
fn an_expression() {
    insta::assert_snapshot!(of_web(
        r#"alert http any any -> any any (msg:"It"; http.uri; content:"weather"; pcre:"/city=Q/"; sid:1;)"#
    ));
}

#[test]
fn a_bit_and_who_sets_it() {
    insta::assert_snapshot!(of_web(
        r#"
alert http any any -> any any (msg:"It"; flowbits:isset,seen; http.uri; content:"weather"; sid:1;)
alert http any any -> any any (msg:"Sets"; flowbits:set,seen; http.uri; content:"nothing like it"; sid:2;)
"#
    ));
}

/// The line of the part that failed.
fn failed(rules: &str, changes: &[&str]) -> String {
    let text = text(rules, "http-get.pcap", changes);
    let line = text.lines().find(|line| line.contains("FAILED"));
    line.unwrap_or(&text).trim().to_owned()
}

#[test]
fn what_a_packet_has_instead() {
    let cases = [
        ("ttl:12;", "FAILED  ttl:12: the packet's is 64"),
        ("flags:SF;", "FAILED  flags:SF: the segment has S"),
        ("fragbits:M;", "FAILED  fragbits:M: the packet has D"),
        ("ipopts:rr;", "FAILED  ipopts:rr: the packet has no options"),
        ("vlan.id:7;", "FAILED  vlan.id:7: the packet has none"),
        ("ip_proto:17;", "FAILED  ip_proto:17: the packet's is 6"),
        (
            "flow.age:>100;",
            "FAILED  flow.age:>100: the flow is 0 seconds old",
        ),
        (
            "flowint:count,>,2;",
            "FAILED  flowint:count,>,2: it is not set in the flow",
        ),
        (
            "flow.pkts_toclient:>99;",
            "FAILED  flow.pkts_toclient:>99: 0 packets went to the client",
        ),
    ];
    for (option, says) in cases {
        let rule = format!("alert tcp any any -> any any (msg:\"It\"; {option} sid:1;)");
        assert_eq!(failed(&rule, &[]), says);
    }
}

#[test]
fn a_bit_that_is_set_too_late() {
    let rules = r#"
alert http any any -> any any (msg:"It"; flow:to_server; flowbits:isset,seen; http.uri; content:"weather"; sid:1;)
alert http any any -> any any (msg:"Sets"; flow:to_client; flowbits:set,seen; http.stat_code; content:"200"; sid:2;)
"#;
    let says = failed(rules, &[]);
    assert!(
        says.contains("set by 2 (local.rules:3), 2 matched later, in packet "),
        "{says}"
    );
}

#[test]
fn a_line_of_the_threshold_file() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("threshold.config");
    std::fs::write(&path, "# ours\nsuppress gen_id 1, sig_id 1\n").expect("a place for it");
    let change = format!("threshold-file={}", path.display());
    let rule = r#"alert http any any -> any any (msg:"It"; http.uri; content:"weather"; sid:1;)"#;
    let text = text(rule, "http-get.pcap", &[&change]);
    let says = format!("a suppress is about it ({}:2)", path.display());
    assert!(text.contains(&says), "{text}");
}

#[test]
fn a_threshold() {
    insta::assert_snapshot!(of_web(
        r#"alert http any any -> any any (msg:"It"; http.uri; content:"weather"; threshold:type threshold,track by_src,count 9,seconds 60; sid:1;)"#
    ));
}

#[test]
fn a_pass_rule() {
    insta::assert_snapshot!(of_web(
        r#"
pass http any any -> any any (msg:"Pass"; http.uri; content:"weather"; sid:2;)
alert http any any -> any any (msg:"It"; http.uri; content:"weather"; sid:1;)
"#
    ));
}

#[test]
fn a_gap() {
    insta::assert_snapshot!(text(
        r#"alert tcp any any -> any any (msg:"It"; flow:established,to_server; content:"not there"; sid:1;)"#,
        "tcp-gap.pcap",
        &[]
    ));
}

#[test]
fn what_is_not_loaded() {
    insta::assert_snapshot!(
        "refused",
        of_web(r#"alert tcp any any -> any any (msg:"It"; contnet:"x"; sid:1;)"#)
    );
    insta::assert_snapshot!(
        "commented",
        of_web("# alert tcp any any -> any any (msg:\"It\"; content:\"x\"; sid:1;)\n")
    );
    insta::assert_snapshot!(
        "unknown",
        of_web(r#"alert tcp any any -> any any (msg:"Other"; content:"x"; sid:3;)"#)
    );
}

/// The first data segment of a capture with a wrong checksum, written beside the tests' other files.
fn with_wrong_checksum() -> std::path::PathBuf {
    let mut bytes = std::fs::read(capture("http-get.pcap")).expect("the capture");
    let at = bytes
        .windows(4)
        .position(|it| it == b"GET ")
        .expect("a request");
    // The checksum of a TCP header without options stands four bytes before its end.
    bytes[at - 4] ^= 0x55;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong-checksum.pcap");
    std::fs::write(&path, bytes).expect("a place for it");
    path
}

#[test]
fn a_wrong_checksum() {
    let rule = r#"alert http any any -> any any (msg:"It"; http.uri; content:"weather"; sid:1;)"#;
    let text = explained(rule, &Query::of(1), with_wrong_checksum(), &[]).text(false);
    insta::assert_snapshot!(text);
}

#[test]
fn one_packet_and_every_attempt() {
    let rule =
        r#"alert tcp any any -> any any (msg:"It"; content:"HTTP"; content:"absent"; sid:1;)"#;
    let query = Query {
        packet: Some(9),
        all: true,
        ..Query::of(1)
    };
    let explanation = explained(rule, &query, capture("http-get.pcap"), &[]);
    let json = explanation.json();
    let attempts = json[0]["attempts"].as_array().expect("attempts");
    assert!(!attempts.is_empty());
    for attempt in attempts {
        assert_eq!(attempt["packet"], 9);
        assert_eq!(attempt["steps"][0]["outcome"], "passed");
        assert_eq!(attempt["steps"][1]["outcome"], "failed");
        assert_eq!(attempt["prefilter"], false);
    }
}

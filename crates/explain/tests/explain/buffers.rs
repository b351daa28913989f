//! What buffers hold.

use std::sync::Arc;

use tapir_engine::RuleSources;
use tapir_explain::{BufferQuery, Buffers, watch};
use tapir_protocols::AppProto;

use crate::{capture, load, replay, settings};

fn seen(name: &str, query: &BufferQuery) -> Buffers {
    let settings = settings(&[]);
    let sources = RuleSources {
        disabled: true,
        ..RuleSources::default()
    };
    let rules = Arc::new(load(sources, &settings));
    watch(
        Arc::new(settings),
        rules,
        &replay(capture(name)),
        query,
        |_| {},
        |path, trouble| panic!("{}: {trouble:?}", path.display()),
    )
    .expect("no filter")
}

#[test]
fn a_request_and_its_response() {
    insta::assert_snapshot!(seen("http-get.pcap", &BufferQuery::default()).text());
}

#[test]
fn a_question() {
    insta::assert_snapshot!(seen("dns.pcap", &BufferQuery::default()).text());
}

#[test]
fn another_protocol_is_not_shown() {
    let query = BufferQuery {
        proto: AppProto::from_name("tls"),
        ..BufferQuery::default()
    };
    assert!(seen("http-get.pcap", &query).is_empty());
    assert!(!seen("tls.pcap", &query).is_empty());
}

#[test]
fn a_name_is_shared_by_the_versions_of_http() {
    let query = BufferQuery {
        proto: AppProto::from_name("http"),
        ..BufferQuery::default()
    };
    let json = seen("http-get.pcap", &query).json();
    assert_eq!(json[0]["direction"], "to_server");
    assert_eq!(json[0]["values"]["http.method"][0]["content"], "GET");
    assert_eq!(json[1]["values"]["http.stat_code"][0]["bytes"], 3);
}

use super::*;
use tapir_traffic::connection::Side;

fn read(text: &str) -> Vec<Conversation> {
    match traffic(text, std::slice::from_ref(&(0..text.len())), Path::new(".")) {
        Ok(Traffic::Conversations(conversations)) => conversations,
        other => panic!("{other:?}"),
    }
}

fn said(text: &str) -> Vec<(Side, String)> {
    let mut said = Vec::new();
    for step in read(text).into_iter().flat_map(|it| it.steps) {
        match step {
            Step::Say(side, data) => said.push((side, String::from_utf8(data).unwrap())),
            other => panic!("{other:?}"),
        }
    }
    said
}

#[test]
fn http_messages_get_their_ends_and_lengths() {
    let text = "http\n> POST /a HTTP/1.1\n> Host: b\n>\n> x=1\n> y\n< HTTP/1.1 200 OK\n\n< HTTP/1.1 304 Not Modified\n";
    let expected = [
        (
            Side::Client,
            "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nx=1\ny",
        ),
        (Side::Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (Side::Server, "HTTP/1.1 304 Not Modified\r\n\r\n"),
    ];
    assert_eq!(
        said(text),
        expected.map(|(side, text)| (side, text.to_owned()))
    );
}

#[test]
fn lengths_that_are_said_stay() {
    let text = "http\n> POST / HTTP/1.1\n> content-length: 9\n>= \"ab\"\n>=\"c\"\n";
    assert_eq!(
        said(text)[0].1,
        "POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc"
    );
}

#[test]
fn lines_of_one_side_are_one_message() {
    let text = "smtp\n< 220 hi\n> EHLO a\n> NOOP\n\n> QUIT\n";
    let expected = [
        (Side::Server, "220 hi\r\n"),
        (Side::Client, "EHLO a\r\nNOOP\r\n"),
        (Side::Client, "QUIT\r\n"),
    ];
    assert_eq!(
        said(text),
        expected.map(|(side, text)| (side, text.to_owned()))
    );
}

#[test]
fn bytes_go_on_in_indented_lines() {
    let text = "udp home -> outside:9\n> \"a\"\n  \"b\" |63|\n> \"d\"";
    let expected = [
        (Side::Client, "abc".to_owned()),
        (Side::Client, "d".to_owned()),
    ];
    assert_eq!(said(text), expected);
}

#[test]
fn heads_name_hosts_ports_and_repetition() {
    let it = &read("tcp 10.0.0.1:5 -> 10.0.0.2:6 3 times every 2s")[0];
    assert_eq!((it.client.1, it.server.1, it.times), (Some(5), 6, 3));
    assert_eq!(it.every.as_secs(), 2);
    let it = &read("dns [2001:db8::1]:7 -> outside6")[0];
    assert_eq!((it.client.1, it.server.1), (Some(7), 53));
    assert!(it.server.0.ip.is_ipv6());
    assert_eq!(read("http 2 times")[0].times, 2);
}

fn mistake(text: &str) -> String {
    let source = tapir_rules::Source::new("case.md", text.as_bytes());
    match traffic(text, std::slice::from_ref(&(0..text.len())), Path::new(".")) {
        Err(mistake) => mistake.render(&source, false),
        Ok(traffic) => panic!("{traffic:?}"),
    }
}

#[test]
fn mistakes_are_underlined() {
    let all: Vec<String> = [
        "> GET / HTTP/1.1",
        "tcp home -> outside\n> \"a\"",
        "tcp home - outside:1",
        "tcp home -> 10.0.0.300:1",
        "tcp home -> outside6:1",
        "tcp home -> outside:70000",
        "udp home -> outside:9\n> GET",
        "udp home -> outside:9\nclient reset",
        "http\nsegments",
        "http\nserver explode",
        "http\nwait 5",
        "dns\n> AB www.example",
        "dns\n> A www..example",
        "dns\n> A www.example\n< A www.example 1.2.3",
        "icmp\n> ping",
        "tls\n> helo a",
        "http\nclient flags XY",
        "http\nsegments 5 backwards",
        "capture nowhere.pcap",
    ]
    .iter()
    .map(|text| mistake(text))
    .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

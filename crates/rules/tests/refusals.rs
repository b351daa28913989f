//! What Suricata refuses, and what it takes.

use tapir_rules::{Code, Dialect, LoadOptions, Severity, Source, load};

fn codes(dialect: Dialect, rule: &str) -> Vec<Code> {
    let file = load(
        vec![Source::new("test", rule.as_bytes())],
        &LoadOptions {
            dialect: Some(dialect),
            ..LoadOptions::default()
        },
    );
    assert_eq!(file.rules.len() + file.refused, 1, "{rule}");
    file.diagnostics
        .into_iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| found.code)
        .collect()
}

fn refused(header: &str, options: &str) -> Vec<Code> {
    codes(
        Dialect::Suricata,
        &format!("alert {header} (msg:\"m\"; {options} sid:1;)"),
    )
}

#[test]
fn modifiers_that_exclude_each_other() {
    for (options, code) in [
        ("content:\"AA\"; depth:50; depth:20;", Code::Repeated),
        ("content:\"AA\"; offset:20; offset:20;", Code::Repeated),
        (
            "threshold:type limit,track by_src,count 1,seconds 9; threshold:type both,track by_src,count 1,seconds 9;",
            Code::Repeated,
        ),
        (
            "http.uri; content:\"AA\"; pkt_data; threshold:type limit,track by_src,count 1,seconds 9; \
             detection_filter:track by_src,count 1,seconds 9;",
            Code::Repeated,
        ),
        ("depth:50; content:\"AA\";", Code::NothingToModify),
        ("content:\"AAAA\"; depth:3;", Code::NeverMatches),
        (
            "content:\"A\"; content:\"AAAA\"; within:3;",
            Code::NeverMatches,
        ),
        (
            "content:\"A\"; content:\"AA\"; within:3; depth:9;",
            Code::Contradiction,
        ),
        ("content:\"AA\"; startswith; depth:9;", Code::Contradiction),
        ("content:\"AA\"; depth:d;", Code::UnknownName),
        (
            "content:\"A\"; content:!\"B\"; fast_pattern; offset:6;",
            Code::BadFastPattern,
        ),
        (
            "content:\"A\"; content:\"B\"; fast_pattern:only; offset:6;",
            Code::BadFastPattern,
        ),
        ("content:\"AB\"; fast_pattern:1,2;", Code::BadFastPattern),
        ("content:AA;", Code::BadQuotes),
        ("content:\"AA\" depth:20;", Code::MissingSemicolon),
        ("nocase;", Code::NothingToModify),
    ] {
        assert_eq!(
            refused("tcp any any -> any any", options),
            [code],
            "{options}"
        );
    }
}

#[test]
fn sizes_without_room() {
    for options in [
        "dsize:10; content:\"more than ten bytes\";",
        "dsize:5<>10; content:\"AAAA\"; offset:8;",
        "dsize:10; content:\"boom\"; content:\"loom\"; distance:10;",
        "dsize:6; content:\"boom\"; content:\"loom\"; distance:2;",
        "http.uri; bsize:3; content:\"abcd\";",
        "http.uri; bsize:3; bsize:>3;",
    ] {
        assert_eq!(
            refused("tcp any any -> any any", options),
            [Code::NeverMatches],
            "{options}"
        );
    }
    for options in [
        "dsize:10; content:\"boom\"; content:\"loom\"; distance:-10;",
        "dsize:10; content:\"abcd\"; depth:4; content:\"ab\"; offset:8; depth:2;",
        "dsize:>3; content:\"abcdef\";",
        "http.uri; bsize:>3; bsize:<9;",
        "dsize:3; content:!\"abcdef\";",
    ] {
        assert_eq!(refused("tcp any any -> any any", options), [], "{options}");
    }
}

#[test]
fn buffers_protocols_and_directions() {
    for (header, options, code) in [
        (
            "http any any -> any any",
            "http.host; content:\"ALLCAPS\";",
            Code::UnsuitablePattern,
        ),
        (
            "http any any -> any any",
            "http.host; content:\"a.example\"; nocase;",
            Code::UnsuitablePattern,
        ),
        (
            "http any any -> any any",
            "http.method; content:\"GET \";",
            Code::UnsuitablePattern,
        ),
        (
            "tcp any any -> any any",
            "file.data; strip_whitespace; content:\"a b\";",
            Code::UnsuitablePattern,
        ),
        (
            "http any any -> any any",
            "http.uri; content:\"a\"; http_header;",
            Code::BufferMisuse,
        ),
        (
            "http any any -> any any",
            "http.uri; pcre:\"/a/P\";",
            Code::BufferMisuse,
        ),
        (
            "tcp any any -> any any",
            "to_md5; content:\"a\";",
            Code::BufferMisuse,
        ),
        (
            "tcp any any -> any any",
            "base64_data; content:\"a\";",
            Code::BufferMisuse,
        ),
        (
            "http any any -> any any",
            "http.request_body; base64_decode; base64_data; content:\"a\"; fast_pattern;",
            Code::BadFastPattern,
        ),
        (
            "dns any any -> any any",
            "dce_stub_data; content:\"a\";",
            Code::ProtocolConflict,
        ),
        (
            "smb any any -> any any",
            "ja4.hash; content:\"a\";",
            Code::ProtocolConflict,
        ),
        (
            "http any any -> any any",
            "http.uri; content:\"a\"; http.stat_code; content:\"200\";",
            Code::DirectionConflict,
        ),
        (
            "http any any -> any any",
            "flow:to_client; http.uri; content:\"a\";",
            Code::DirectionConflict,
        ),
        (
            "http any any => any any",
            "http.uri; content:\"a\";",
            Code::DirectionConflict,
        ),
        (
            "tcp any any -> any any",
            "flow:established,stateless;",
            Code::Contradiction,
        ),
        (
            "http any any -> any any",
            "flowbits:isset,a; flowbits:isnotset,a;",
            Code::Contradiction,
        ),
        (
            "tcp any any -> any any",
            "content:\"a\"; byte_extract:1,0,v; http.uri; byte_jump:v,0;",
            Code::UnknownName,
        ),
    ] {
        assert_eq!(refused(header, options), [code], "{header} {options}");
    }
}

#[test]
fn buffers_protocols_and_directions_that_agree() {
    for (header, options) in [
        (
            "http any any -> any any",
            "http.host; dotprefix; content:\".example\"; nocase;",
        ),
        (
            "http any any => any any",
            "http.uri; content:\"a\"; http.stat_code; content:\"200\";",
        ),
        ("http2 any any -> any any", "http.uri; content:\"a\";"),
        (
            "tcp any any -> any any",
            "content:\"a\"; http_uri; content:\"b\"; http_header; pcre:\"/c/P\";",
        ),
        ("http any any -> any any", "http.uri; pcre:\"/a/UR\";"),
        (
            "http any any -> any any",
            "flowbits:set,a; flowbits:isset,a;",
        ),
    ] {
        assert_eq!(refused(header, options), [], "{header} {options}");
    }
}

#[test]
fn modifiers_become_sticky_buffers() {
    let text = "alert tcp any any -> any any (content:\"a\"; http_uri; content:\"b\"; distance:0; http_uri; content:\"c\"; pcre:\"/d/H\"; sid:1;)";
    for dialect in [Dialect::Suricata, Dialect::Snort2] {
        let file = load(
            vec![Source::new("test", text.as_bytes())],
            &LoadOptions {
                dialect: Some(dialect),
                ..LoadOptions::default()
            },
        );
        assert_eq!(
            file.rules[0].display(Dialect::Suricata).to_string(),
            "alert tcp any any -> any any (http.uri; content:\"a\"; content:\"b\"; distance:0; pkt_data; content:\"c\"; \
             http.header; pcre:\"/d/\"; sid:1;)"
        );
    }
}

#[test]
fn snort_says_it_in_its_own_way() {
    let file = load(
        vec![Source::new(
            "test",
            "alert http ( msg:\"m; n\"; http_header:field host; content:!\"a\",nocase,depth 4,fast_pattern; bufferlen:3<=>9; service:http; sid:1; gid:3; )".as_bytes(),
        )],
        &LoadOptions::default(),
    );
    assert_eq!(file.diagnostics, []);
    let rule = &file.rules[0];
    assert_eq!(
        (rule.dialect, rule.gid, rule.msg()),
        (Dialect::Snort3, 3, "m; n")
    );
    assert_eq!(
        rule.display(Dialect::Suricata).to_string(),
        "alert http (msg:\"m\\; n\"; http.header:field host; content:!\"a\"; nocase; depth:4; fast_pattern; bsize:2-10; service:http; sid:1; gid:3;)"
    );
    assert_eq!(
        codes(
            Dialect::Snort2,
            "alert tcp any any -> any 80 (content:\"a\"; uricontent:\"b\"; ttl:5-; urilen:7<>8; sid:1;)"
        ),
        []
    );
}

//! A tree that is printed and read again is the same tree.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use tapir_rules::keywords::{KeywordId, flow, http, meta, network, payload};
use tapir_rules::tree::*;
use tapir_rules::{
    Dialect, LoadOptions, Opt, OptionKind, Rule, Source, SourceId, Span, convert, format, load,
};

fn read(text: &str, dialect: Dialect) -> tapir_rules::RuleFile {
    load(
        vec![Source::new("printed", text.as_bytes())],
        &LoadOptions {
            dialect: Some(dialect),
            ..LoadOptions::default()
        },
    )
}

fn addresses() -> impl Strategy<Value = AddressExpr> {
    let v4 = (any::<u32>(), 0u8..=32).prop_filter_map("a network", |(bits, prefix)| {
        IpRange::network(Ipv4Addr::from_bits(bits).into(), prefix)
    });
    let v6 = (any::<u128>(), 0u8..=128).prop_filter_map("a network", |(bits, prefix)| {
        IpRange::network(Ipv6Addr::from_bits(bits).into(), prefix)
    });
    let range = (any::<u32>(), any::<u32>()).prop_map(|(a, b)| {
        IpRange::V4(Ipv4Addr::from_bits(a.min(b)), Ipv4Addr::from_bits(a.max(b)))
    });
    let leaf = prop_oneof![
        Just(AddressExpr::Any),
        prop_oneof![v4, v6, range].prop_map(AddressExpr::Range),
        "[A-Z][A-Z_0-9]{0,9}".prop_map(|name| AddressExpr::Var(name.into())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(AddressExpr::List),
            inner.prop_map(|inner| if inner == AddressExpr::Any {
                inner
            } else {
                AddressExpr::Not(Box::new(inner))
            }),
        ]
    })
}

fn ports() -> impl Strategy<Value = PortExpr> {
    let range = (any::<u16>(), any::<u16>()).prop_map(|(a, b)| {
        PortExpr::Range(PortRange {
            first: a.min(b),
            last: a.max(b),
        })
    });
    let leaf = prop_oneof![
        Just(PortExpr::Any),
        range,
        "[A-Z][A-Z_0-9]{0,9}".prop_map(|name| PortExpr::Var(name.into()))
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(PortExpr::List),
            inner.prop_map(|inner| if inner == PortExpr::Any {
                inner
            } else {
                PortExpr::Not(Box::new(inner))
            }),
        ]
    })
}

fn content() -> impl Strategy<Value = Content> {
    let place = prop::option::of(0i64..60_000);
    (
        prop::collection::vec(any::<u8>(), 1..24),
        any::<(bool, bool)>(),
        0u8..4,
        place.clone(),
        place,
        any::<bool>(),
    )
        .prop_map(
            |(bytes, (negated, nocase), shape, first, second, endswith)| {
                let len = bytes.len() as i64;
                let mut content = Content {
                    bytes: bytes.into(),
                    negated,
                    nocase,
                    endswith,
                    ..Content::default()
                };
                let second = second.map(|number| Operand::Number(number.max(len)));
                match shape {
                    0 => (content.offset, content.depth) = (first.map(Operand::Number), second),
                    1 => {
                        (content.distance, content.within) =
                            (first.map(|number| Operand::Number(-number)), second)
                    }
                    2 => content.startswith = true,
                    _ => {}
                }
                content
            },
        )
}

fn integer(bits: u8) -> impl Strategy<Value = IntegerTest> {
    let most = (1u64 << bits) - 1;
    (0u8..8, 1..most, 1..most).prop_map(move |(op, a, b)| {
        let (low, high) = (a.min(b), a.max(b));
        let test = |op, a, b| IntegerTest::new(op, a, b);
        match op {
            0 => test(IntegerOp::Equal, a, 0),
            1 => test(IntegerOp::NotEqual, a, 0),
            2 => test(IntegerOp::Less, a, 0),
            3 => test(IntegerOp::LessOrEqual, a, 0),
            4 => test(IntegerOp::Greater, a, 0),
            5 => test(IntegerOp::GreaterOrEqual, a, 0),
            6 if high - low > 1 => test(IntegerOp::Between, low, high),
            7 if high - low > 1 => test(IntegerOp::NotBetween, low, high),
            _ => test(IntegerOp::Masked, a, a & b),
        }
    })
}

fn byte_test() -> impl Strategy<Value = ByteTest> {
    (
        1i64..=8,
        any::<u64>(),
        -60_000i64..60_000,
        any::<(bool, bool)>(),
        0u8..7,
        prop::option::of(1u32..),
    )
        .prop_map(
            |(bytes, value, offset, (negated, relative), op, bitmask)| ByteTest {
                bytes: Operand::Number(bytes),
                op: [
                    ByteOp::Less,
                    ByteOp::LessOrEqual,
                    ByteOp::Greater,
                    ByteOp::GreaterOrEqual,
                    ByteOp::Equal,
                    ByteOp::And,
                    ByteOp::Xor,
                ][usize::from(op)],
                negated,
                value: Operand::Number(value),
                offset: Operand::Number(offset),
                relative,
                endian: if negated { Endian::Little } else { Endian::Big },
                string: None,
                bitmask,
            },
        )
}

fn option() -> impl Strategy<Value = (KeywordId, OptionKind)> {
    prop_oneof![
        content().prop_map(|content| (payload::CONTENT, OptionKind::Content(Box::new(content)))),
        "[ -~\u{a1}-\u{ff}]{1,40}".prop_map(|text| (meta::MSG, OptionKind::Msg(text.into()))),
        integer(8).prop_map(|test| (network::TTL, OptionKind::Integer(Box::new(test)))),
        integer(32).prop_map(|test| (network::TCP_SEQ, OptionKind::Integer(Box::new(test)))),
        byte_test().prop_map(|test| (payload::BYTE_TEST, OptionKind::ByteTest(Box::new(test)))),
        Just((http::URI, OptionKind::Buffer(http::URI))),
        Just((payload::PKT_DATA, OptionKind::Buffer(payload::PKT_DATA))),
        "[a-z][a-z0-9.]{0,12}".prop_map(|name| {
            let bits = FlowBits {
                action: BitAction::IsSet,
                names: vec![name.into()],
                all: false,
                group: None,
            };
            (flow::FLOWBITS, OptionKind::FlowBits(Box::new(bits)))
        }),
        ("[a-zA-Z0-9^$.*()\\[\\]/]{1,20}", any::<[bool; 4]>()).prop_map(
            |(pattern, [negated, caseless, relative, dotall])| {
                let pcre = Pcre {
                    pattern: pattern.into(),
                    negated,
                    caseless,
                    relative,
                    dotall,
                    ..Pcre::default()
                };
                (payload::PCRE, OptionKind::Pcre(Box::new(pcre)))
            }
        ),
    ]
}

prop_compose! {
    fn rule()(
        src in addresses(), sport in ports(), dst in addresses(), dport in ports(),
        options in prop::collection::vec(option(), 0..8), sid in 1u32.., either in any::<bool>(),
    ) -> Rule {
        let option = |(keyword, kind)| Opt { keyword, span: Span::default(), value: Span::default(), kind };
        let mut options: Vec<Opt> = options.into_iter().map(option).collect();
        options.push(option((meta::SID, OptionKind::Sid(sid))));
        let direction = if either { RuleDirection::Either } else { RuleDirection::ToRight };
        let protocol = Protocol { name: ProtocolName::Tcp, hook: None };
        Rule {
            source: SourceId(0), span: Span::default(), line: 1, dialect: Dialect::Suricata, enabled: true,
            action: Action::Alert, scope: None, scope_alerts: false,
            header: Header { form: HeaderForm::Full, span: Span::default(), protocol, src, sport, direction, dst, dport },
            options, sid, gid: 1, rev: 0,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_rules_read_the_same(rule in rule()) {
        let text = rule.to_string();
        let file = read(&text, Dialect::Suricata);
        prop_assert!(file.diagnostics.iter().all(|found| found.severity < tapir_rules::Severity::Error), "{text}\n{:?}", file.diagnostics);
        prop_assert!(file.rules[0].says_the_same(&rule), "{text}\n{:#?}", file.rules[0].options);
    }

    #[test]
    fn formatting_keeps_the_meaning_and_is_done_once(rule in rule(), blanks in "[ \t]{0,3}") {
        let text = format!("# a\n{blanks}{rule}\n\n#{rule}");
        let source = Source::new("a", text.as_bytes());
        let once = format(&source, Some(Dialect::Suricata));
        prop_assert!(once.diagnostics.is_empty(), "{text}\n{:?}", once.diagnostics);
        let formatted = String::from_utf8(once.text.clone()).unwrap();
        let file = read(&formatted, Dialect::Suricata);
        prop_assert!(file.rules[0].means_the_same(&rule), "{text}\n{formatted}");
        let twice = format(&Source::new("a", once.text), Some(Dialect::Suricata));
        prop_assert!(twice.changes.is_empty(), "{formatted}\n{}", String::from_utf8_lossy(&twice.text));
    }

    #[test]
    fn what_is_converted_can_be_read(rule in rule(), which in 0usize..RULES.len(), to in 0usize..3) {
        let to = [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3][to];
        let generated = rule.to_string();
        for (dialect, text) in [(Dialect::Suricata, &*generated), RULES[which]] {
            let result = convert(&Source::new("a", text.as_bytes()), Some(dialect), to);
            let converted = String::from_utf8(result.text).unwrap();
            let file = read(&converted, to);
            prop_assert_eq!(file.refused, 0, "{}\n{}", text, converted);
            prop_assert_eq!(file.rules.len() + result.diagnostics.len(), 1, "{}\n{}", text, converted);
        }
    }

    #[test]
    fn no_text_stops_the_parser(text in "(alert|drop|#|rem)[ a-z0-9$!:,;\"|\\\\()\\[\\]<>=./*#\u{e9}\n\r-]{0,200}", dialect in 0usize..3) {
        let dialect = [Dialect::Suricata, Dialect::Snort2, Dialect::Snort3][dialect];
        let file = load(
            vec![Source::new("any", text.as_bytes())],
            &LoadOptions { dialect: Some(dialect), disabled: true, ..LoadOptions::default() },
        );
        let renderer = tapir_rules::Renderer::new(&file.sources);
        for found in &file.diagnostics {
            prop_assert!(!renderer.render(found).is_empty());
        }
    }

    #[test]
    fn broken_rules_do_not_stop_the_parser(
        cut in 0usize..600, edits in prop::collection::vec((0usize..600, "[ -~]"), 0..4), which in 0usize..RULES.len(),
    ) {
        let (dialect, text) = RULES[which];
        let mut text = text.to_owned();
        for (at, letter) in &edits {
            let at = at % text.len();
            text.replace_range(at..at + 1, letter);
        }
        let whole = read(&text, dialect);
        prop_assert!(whole.rules.len() + whole.refused <= 2);
        prop_assert!(!edits.is_empty() || whole.rules.len() == 1, "{:?}", whole.diagnostics);
        for rule in &whole.rules {
            let printed = rule.to_string();
            let again = read(&printed, dialect);
            prop_assert!(again.rules.len() == 1 && again.rules[0].says_the_same(rule), "{text}\n{printed}\n{:?}", again.diagnostics);
        }
        let bytes = text.as_bytes();
        load(vec![Source::new("cut", &bytes[..cut % bytes.len()])], &LoadOptions { dialect: Some(dialect), ..LoadOptions::default() });
    }
}

/// Rules with much in them.
const RULES: [(Dialect, &str); 5] = [
    (
        Dialect::Suricata,
        r#"alert tcp [10.0.0.0/8,!$X] 1:9 -> any any (msg:"a\;b"; flow:established,to_server; content:!"|0d 0a|x"; offset:1; depth:9; content:"abc"; nocase; distance:1; within:9; pcre:"/(a|b)/Ri, flow:n"; byte_extract:2,0,v,align 4; byte_test:4,!&,0x10,-3,relative,string,hex,bitmask 0xf; isdataat:!v,relative; threshold:type both, track by_src, count 1, seconds 2; flowbits:set,a; reference:url,a.example; metadata:k v, l w; sid:1; rev:2;)"#,
    ),
    (
        Dialect::Suricata,
        r#"alert http any any -> any any (msg:"b"; http.uri; content:"/a"; startswith; bsize:>3; to_lowercase; xor:offset 1,"0a0b"; pkt_data; byte_jump:4,0,relative,little,post_offset -3; entropy: value > 5.5; ttl:3-7; vlan.id:5,all; xbits:set,a,track ip_src,expire 9; iprep:any,x,>,30; tag:host,5,packets,src; classtype:x; requires:version >= 8; target:src_ip; sid:1;)"#,
    ),
    (
        Dialect::Suricata,
        r#"drop tcp any any <> any any (content:"a"; http_uri; content:"b"; http_header; pcre:"/c/P"; byte_math:bytes 2,offset 0,oper +,rvalue 3,result r,relative; byte_test:2,>,r,0,relative; content:"d"; detection_filter:track by_dst,count 3,seconds 4; flags:S,12; fragbits:+MD; ip_proto:!17; geoip:src,FR,DE; stream_size:both,>,4; asn1:oversize_length 9; http.user_agent; dataset:isset,x; sid:1;)"#,
    ),
    (
        Dialect::Snort2,
        r#"alert tcp $A any -> any 80 (msg:"c"; content:"a"; http_uri; content:"b"; distance:0; http_uri; pcre:"/c/R"; file_data; content:"d"; fast_pattern:only; isdataat:4,relative; uricontent:"e"; pkt_data; content:"f"; rawbytes; flowbits:set,x&y,g; dsize:3<>9; ttl:5-; urilen:3<>9,norm; byte_test:2,>,3,0,relative; sd_pattern:2,email; sid:1;)"#,
    ),
    (
        Dialect::Snort3,
        r#"alert tcp any any -> any any ( msg:"d; e"; http_header:field host; content:!"a;b",nocase,depth 4,offset 2,fast_pattern,fast_pattern_offset 1,fast_pattern_length 2; bufferlen:3<=>9,relative; regex:"/a/i",fast_pattern; service:http,ssl; ber_data:0x30; tag:session,packets 5; stream_size:>4,to_client; sd_pattern:"x",threshold 3; rem:"r"; gid:3; sid:1; )"#,
    ),
];

/// The rules that come with the project, printed in the dialect they are written in.
#[test]
fn shipped_rules_print_the_same() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in files.map(|entry| entry.path()).filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "rules")
    }) {
        let file = load(
            vec![Source::new(
                path.display().to_string(),
                std::fs::read(&path).unwrap(),
            )],
            &LoadOptions::default(),
        );
        assert_eq!(file.refused, 0, "{}", path.display());
        for rule in &file.rules {
            let again = read(&rule.to_string(), rule.dialect);
            assert!(again.rules[0].says_the_same(rule), "{rule}");
        }
    }
}

use serde_json::{Value, json};
use tapir_config::Config;

use super::dependencies::Dependencies;
use super::subject::subjects;
use super::{content, groups, patterns, rule, write_analysis};
use crate::settings::{RunOptions, Settings};
use crate::{LoadedRules, RuleSources};

fn load(rules: &str, configuration: &str) -> (LoadedRules, Settings) {
    let config = Config::from_text("test", configuration).unwrap();
    let settings = Settings::new(&config.root, &RunOptions::default()).unwrap();
    let sources = RuleSources {
        texts: vec![("test.rules".to_owned(), rules.as_bytes().to_vec())],
        keeps_trees: true,
        ..RuleSources::default()
    };
    let rules = LoadedRules::load(&sources, &settings, None).unwrap();
    assert_eq!(rules.report.refused, 0, "{:?}", rules.report.diagnostics);
    (rules, settings)
}

fn analysed(rules: &str) -> Vec<Value> {
    let (rules, _) = load(rules, "");
    let subjects = subjects(&rules);
    let dependencies = Dependencies::of(&subjects);
    subjects
        .iter()
        .map(|subject| rule::rule(subject, &dependencies, false))
        .collect()
}

fn grouped(rules: &str, configuration: &str) -> Value {
    let (rules, settings) = load(rules, configuration);
    groups::groups(
        &subjects(&rules),
        &rules.companions.variables,
        &settings.detect.grouping,
    )
}

/// First and last port, number of the group and rules of each group to the server.
fn to_server(groups: &Value) -> Vec<(u64, u64, u64, Vec<u64>)> {
    let number = |value: &Value| value.as_u64().unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    list(&groups["tcp"]["toserver"])
        .iter()
        .map(|group| {
            let rules = list(&group["rulegroup"]["rules"]);
            (
                number(&group["port"]),
                number(&group["port2"]),
                number(&group["rulegroup"]["id"]),
                rules.iter().map(|rule| number(&rule["sig_id"])).collect(),
            )
        })
        .collect()
}

#[test]
fn a_rule_about_the_payload() {
    let text = r#"alert tcp any 1024: -> 10.0.0.0/8 any (msg:"Odd"; flow:established,to_server; content:"a b"; nocase; content:"cd"; distance:2; within:9; flowbits:set,odd; noalert; sid:7; rev:3;)"#;
    assert_eq!(
        analysed(text),
        [json!({
            "raw": text,
            "id": 7,
            "gid": 1,
            "rev": 3,
            "msg": "Odd",
            "class": "threat detection",
            "app_proto": "unknown",
            "requirements": ["payload", "flow"],
            "type": "stream",
            "flags": ["src_any", "dp_any", "noalert", "need_stream", "toserver", "prefilter"],
            "pkt_engines": [{"name": "payload", "is_mpm": true}, {"name": "packet", "is_mpm": false}],
            "frame_engines": [],
            "lists": {
                "packet": {"matches": [{"name": "flow", "flow": {"flags": ["to_server", "established"]}}]},
                "payload": {"matches": [
                    {"name": "content", "content": {
                        "pattern": "a|20|b", "length": 3, "nocase": true, "negated": false,
                        "starts_with": false, "ends_with": false, "is_mpm": true, "no_double_inspect": false,
                        "fast_pattern": false, "relative_next": true,
                    }},
                    {"name": "content", "content": {
                        "pattern": "cd", "length": 2, "nocase": false, "negated": false,
                        "starts_with": false, "ends_with": false, "is_mpm": false, "no_double_inspect": false,
                        "distance": 2, "within": 9, "fast_pattern": false, "relative_next": false,
                    }},
                ]},
                "postmatch": {"matches": [{"name": "flowbits", "flowbits": {"cmd": "set", "names": ["odd"]}}]},
            },
            "mpm": {
                "buffer": "payload",
                "pattern": "a|20|b", "length": 3, "nocase": true, "negated": false,
                "starts_with": false, "ends_with": false, "is_mpm": true, "no_double_inspect": false,
                "fast_pattern": false, "relative_next": true,
            },
        })]
    );
}

#[test]
fn options_about_headers_and_state() {
    let rules = analysed(concat!(
        "alert ip any any -> any any (ipopts:lsrr; flowbits:isset,a|b; sid:1;)\n",
        "alert tcp any any -> any any (tcp.window:!1024; flowint:n,>=,4; flowint:n,+,1; sid:2;)\n",
        "alert ip any any -> any any (xbits:set,x,track ip_pair,expire 30; dsize:3<>9; sid:3;)\n",
        "alert tcp any any -> any any (tcp.session:setup,closing; app-layer-protocol:!tls|http; flow.elephant:both; sid:4;)\n",
    ));
    let packet = |rule: usize| rules[rule]["lists"]["packet"]["matches"].clone();
    let postmatch = |rule: usize| rules[rule]["lists"]["postmatch"]["matches"].clone();
    assert_eq!(
        packet(0),
        json!([
            {"name": "ipopts", "ipopts": {"option": "lsrr"}},
            {"name": "flowbits", "flowbits": {"cmd": "isset", "names": ["a", "b"], "operator": "or"}},
        ])
    );
    assert_eq!(
        packet(1),
        json!([
            {"name": "tcp.window", "window": {"diff": 1024}},
            {"name": "flowint", "flowint": {"cmd": "gte", "var": "n", "value": 4}},
        ])
    );
    assert_eq!(
        postmatch(1),
        json!([{"name": "flowint", "flowint": {"cmd": "add", "var": "n", "value": 1}}])
    );
    assert_eq!(
        packet(2),
        json!([{"name": "dsize", "dsize": {"range": {"min": 3, "max": 9}}}])
    );
    assert_eq!(
        postmatch(2),
        json!([{"name": "xbits", "xbits": {"cmd": "set", "name": "x", "track": "ip_pair", "expire": 30}}])
    );
    assert_eq!(
        packet(3),
        json!([
            {"name": "tcp.session", "tcp_session": {"phases": ["setup", "closing"]}},
            {"name": "app-layer-protocol", "app_layer_protocol": {
                "protocols": ["http", "tls", "http2", "http_any"], "mode": "direction", "negated": true,
            }},
            {"name": "flow.elephant", "flow_elephant": {"dir": "both"}},
        ])
    );
}

#[test]
fn buffers_of_transactions_have_engines() {
    let rules = analysed(concat!(
        "alert http any any -> any any (http.method; content:\"DELETE\"; http.uri; content:\"/x\"; sid:1;)\n",
        "alert http1 any any => any any (http.uri; content:\"/download\"; http.stat_code; content:\"200\"; sid:2;)\n",
        "alert smb any any -> any any (flow:to_server; file.data; content:\"one\"; within:8; sid:3;)\n",
        "alert tcp any any -> any any (ftpbounce; sid:4;)\n",
    ));
    let engines = |rule: usize| -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let engines = rules[rule]["engines"].as_array().unwrap();
        engines
            .iter()
            .map(|engine| {
                (
                    text(&engine["name"]),
                    text(&engine["direction"]),
                    text(&engine["app_proto"]),
                )
            })
            .collect()
    };
    let engine =
        |name: &str, way: &str, app: &str| (name.to_owned(), way.to_owned(), app.to_owned());
    assert_eq!(rules[0]["app_proto"], "http_any");
    // The buffer of the fast pattern comes first, and methods are no good as one.
    assert_eq!(rules[0]["mpm"]["buffer"], "http_uri");
    assert_eq!(
        engines(0),
        [
            engine("http_uri", "toserver", "http2"),
            engine("http_uri", "toserver", "http"),
            engine("http_method", "toserver", "http2"),
            engine("http_method", "toserver", "http"),
        ]
    );
    assert_eq!(
        engines(1),
        [
            engine("http_uri", "toserver", "http"),
            engine("http_stat_code", "toclient", "http"),
        ]
    );
    assert_eq!(engines(2), [engine("file_data", "toserver", "smb")]);
    let content = &rules[2]["engines"][0]["matches"][0]["content"];
    assert_eq!(
        (&content["depth"], content.get("within")),
        (&json!(8), None)
    );
    assert_eq!(
        rules[2]["notes"],
        json!(["'within' option for pattern w/o previous content was converted to 'depth'"])
    );
    assert_eq!(rules[2]["type"], "app_tx");
    assert_eq!(
        engines(3),
        [engine("ftp:request_complete:generic", "toserver", "ftp")]
    );
}

#[test]
fn a_rule_waits_for_bits_that_only_transactions_set() {
    let rules = analysed(concat!(
        "alert http any any -> any any (http.uri; content:\"a\"; flowbits:set,one; sid:1;)\n",
        "alert http any any -> any any (http.uri; content:\"a\"; flowbits:set,two; sid:2;)\n",
        "alert http any any -> any any (http.uri; content:\"a\"; flowbits:isset,two; sid:3;)\n",
        "alert tcp any any -> any any (content:\"a\"; flowbits:set,three; sid:4;)\n",
        "alert tcp any any -> any any (flowbits:isset,three|two|one; sid:5;)\n",
    ));
    assert_eq!(
        rules[4]["dependencies"],
        json!({"flowbits": {"upstream": {"state_modifying_rules": {"sids": [1], "names": ["one"]}}}})
    );
    assert!(
        rules[..4]
            .iter()
            .all(|rule| rule.get("dependencies").is_none())
    );
}

#[test]
fn remarks_on_expressions() {
    let rules = analysed(concat!(
        r#"alert ip any any -> any any (pcre:"/a|\X++h/"; sid:1;)"#,
        "\n",
        r#"alert ip any any -> any any (pcre:"/a\\Xh/"; sid:2;)"#,
    ));
    assert_eq!(
        rules[0]["notes"],
        json!(["pcre with \\X (Unicode extended grapheme cluster) may be slow"])
    );
    assert_eq!(rules[1].get("notes"), None);
}

#[test]
fn patterns_are_shown_as_rules_write_them() {
    assert_eq!(content::shown(b"a b\r\n;c\xff"), "a|20|b|0D 0A 3B|c|FF|");
    assert_eq!(content::shown(b""), "");
}

#[test]
fn patterns_are_counted_by_buffer() {
    let (rules, _) = load(
        concat!(
            "alert tcp any any -> any any (content:\"same\"; sid:1;)\n",
            "alert tcp any any -> any any (content:\"same\"; content:!\"other\"; sid:2;)\n",
            "alert http any any -> any any (http.uri; content:\"same\"; sid:3;)\n",
        ),
        "",
    );
    let pattern = |pattern: &str, count: u32, first: u32, negated: bool| {
        json!({"pattern": pattern, "patlen": pattern.len(), "cnt": count, "mpm": first,
               "flags": {"nocase": false, "negated": negated, "depth": false, "offset": false, "endswith": false}})
    };
    assert_eq!(
        patterns::patterns(&subjects(&rules)),
        json!({"buffers": [
            {"name": "http_uri", "patterns": [pattern("same", 1, 1, false)]},
            {"name": "payload", "patterns": [pattern("other", 1, 0, true), pattern("same", 2, 2, false)]},
        ]})
    );
}

#[test]
fn ports_that_more_rules_ask_for_come_first() {
    let groups = grouped(
        concat!(
            "alert tcp any any -> any 200 (flow:to_server; content:\"abc\"; sid:2;)\n",
            "alert tcp any any -> any 300 (flow:to_server; content:\"abc\"; sid:3;)\n",
            "alert tcp any any -> any 200:300 (flow:to_server; content:\"abc\"; sid:4;)\n",
            "alert tcp any any -> any [700,600] (flow:to_server; content:\"abc\"; sid:5;)\n",
            "alert tcp any any -> any 443 (flow:to_server; content:\"abc\"; sid:6;)\n",
        ),
        "",
    );
    assert_eq!(
        to_server(&groups),
        [
            // The configuration names it.
            (443, 443, 0, vec![6]),
            (200, 200, 1, vec![2, 4]),
            (300, 300, 2, vec![3, 4]),
            (201, 299, 3, vec![4]),
            // The same rules are the same group.
            (600, 600, 4, vec![5]),
            (700, 700, 4, vec![5]),
        ]
    );
    assert_eq!(groups["tcp"]["toclient"], json!([]));
}

#[test]
fn ports_beyond_the_limit_share_a_group() {
    let groups = grouped(
        concat!(
            "alert tcp any any -> any 1 (flow:to_server; content:\"abc\"; sid:1;)\n",
            "alert tcp any any -> any 2 (flow:to_server; content:\"abc\"; sid:2;)\n",
            "alert tcp any any -> any 3 (flow:to_server; content:\"abc\"; sid:3;)\n",
        ),
        "detect: {profile: custom, custom-values: {toserver-groups: 1}}",
    );
    assert_eq!(
        to_server(&groups),
        [(1, 1, 0, vec![1]), (0, 65535, 1, vec![2, 3])]
    );
}

#[test]
fn four_files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, mut settings) = load(
        "alert tcp any any -> any 80 (content:\"a\"; sid:1;)\nalert udp any any -> any any (content:\"b\"; filestore; sid:2;)\n",
        "",
    );
    settings.log_dir = folder.path().to_owned();
    write_analysis(&rules, &settings).unwrap();
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let numbers: Vec<Value> = read("rules.json")
        .iter()
        .map(|rule| rule["id"].clone())
        .collect();
    assert_eq!(numbers, [json!(1), json!(2)]);
    let words = std::fs::read_to_string(folder.path().join("rules_analysis.txt")).unwrap();
    assert!(words.starts_with("== Sid: 1 ==\nalert tcp"), "{words}");
    assert_eq!(
        words.matches("Warning: Rule requires file-store").count(),
        1
    );
    assert_eq!(read("patterns.json").len(), 1);
    assert_eq!(read("rule_group.json").len(), 1);
}

use proptest::prelude::*;
use tapir_matcher::Limits;
use tapir_rules::{Dialect, LoadOptions, Opt, OptionKind, Source, load};

use super::*;
use crate::error::{CompileError, CompileErrorKind};
use crate::names::Names;
use crate::recorder::{NoRecord, OptionVerdict};

/// The payload options of a rule, as the rule's author writes them.
fn options(text: &str, dialect: Dialect) -> Vec<Opt> {
    let rule = format!("alert tcp any any -> any any ({text}; sid:1; rev:1;)\n");
    let options = LoadOptions {
        dialect: Some(dialect),
        ..LoadOptions::default()
    };
    let file = load(vec![Source::new("test.rules", rule.into_bytes())], &options);
    let rule = file
        .rules
        .first()
        .unwrap_or_else(|| panic!("{text}: {:?}", file.diagnostics));
    let about_rule =
        |option: &&Opt| !matches!(option.kind, OptionKind::Sid(_) | OptionKind::Rev(_));
    rule.options.iter().filter(about_rule).cloned().collect()
}

fn compile(options: &[Opt]) -> Result<(Program, Names), CompileError> {
    let mut names = Names::default();
    let program = Program::compile((0..).zip(options), &mut names)?;
    Ok((program, names))
}

fn holds_in(text: &str, dialect: Dialect, buffer: &InspectBuffer<'_>) -> bool {
    let (program, _) = compile(&options(text, dialect)).expect("options that compile");
    program.run(buffer, &mut ProgramScratch::default(), &mut NoRecord)
}

/// Whether options in Suricata's language hold for a payload.
fn holds(text: &str, data: &[u8]) -> bool {
    holds_in(
        text,
        Dialect::Suricata,
        &InspectBuffer::whole("payload", data),
    )
}

#[test]
fn contents_stand_where_they_may() {
    assert!(holds(r#"content:"b"; offset:1; depth:1"#, b"abc"));
    assert!(!holds(r#"content:"b"; offset:2"#, b"abc"));
    assert!(!holds(r#"content:"c"; depth:2"#, b"abc"));
    assert!(holds(r#"content:"C"; nocase"#, b"abc"));
    assert!(
        holds(r#"content:"ab"; startswith"#, b"abc")
            && !holds(r#"content:"bc"; startswith"#, b"abc")
    );
    assert!(
        holds(r#"content:"bc"; endswith"#, b"bcabc") && !holds(r#"content:"ab"; endswith"#, b"abc")
    );
    assert!(holds(r#"content:!"x""#, b"abc") && !holds(r#"content:!"b""#, b"abc"));
    assert!(holds(r#"content:!"c"; depth:2"#, b"abc"));
    assert!(holds(r#"content:"|61 62|c|22|""#, b"abc\""));
}

#[test]
fn contents_count_from_each_other() {
    assert!(holds(
        r#"content:"a"; content:"c"; distance:1; within:1"#,
        b"abc"
    ));
    assert!(!holds(r#"content:"a"; content:"c"; within:1"#, b"abc"));
    assert!(holds(
        r#"content:"c"; content:"a"; distance:-3; within:1"#,
        b"abc"
    ));
    assert!(!holds(r#"content:"b"; content:"a"; distance:0"#, b"abc"));
    assert!(holds(r#"content:"a"; content:!"x"; within:2"#, b"abc"));
    assert!(!holds(r#"content:"a"; content:!"c"; within:2"#, b"abc"));
}

#[test]
fn a_later_place_is_tried_when_what_follows_fails() {
    assert!(holds(
        r#"content:"a"; content:"b"; within:1; content:"c"; within:1"#,
        b"ab.a.abc"
    ));
    assert!(holds(
        r#"content:"a"; isdataat:!2,relative; content:"."; distance:0"#,
        b"aaa."
    ));
    assert!(holds(
        r#"content:"a"; byte_test:1,=,7,0,relative"#,
        b"a\x01a\x07"
    ));
    assert!(holds(r#"content:"a"; content:!"b"; within:1"#, b"abac"));
    assert!(holds(r#"pcre:"/a./"; content:"c"; within:1"#, b"abxaxc"));
    assert!(holds(r#"content:"a"; pcre:"/^c/R""#, b"abac"));
    assert!(!holds(r#"content:"a"; pcre:"/^d/R""#, b"abac"));
}

#[test]
fn data_at_a_position() {
    assert!(holds("isdataat:2", b"abc") && !holds("isdataat:3", b"abc"));
    assert!(holds("isdataat:!3", b"abc") && !holds("isdataat:!2", b"abc"));
    assert!(holds(r#"content:"a"; isdataat:2,relative"#, b"abc"));
    assert!(!holds(r#"content:"a"; isdataat:3,relative"#, b"abc"));
    assert!(holds(r#"content:"c"; isdataat:!1,relative"#, b"cabc"));
    assert!(!holds(r#"content:"b"; isdataat:!1,relative"#, b"cabc"));
}

#[test]
fn numbers_are_tested() {
    assert!(holds("byte_test:2,=,0x0102,0", b"\x01\x02"));
    assert!(holds("byte_test:2,=,0x0201,0,little", b"\x01\x02"));
    assert!(holds("byte_test:2,>,41,1,string,dec", b"x42"));
    assert!(holds("byte_test:1,!&,0x80,0", b"\x7f") && !holds("byte_test:1,!&,0x80,0", b"\xff"));
    assert!(holds("byte_test:1,=,3,0,bitmask 0x0c", b"\x0e"));
    assert!(!holds("byte_test:2,=,1,1", b"\x00\x00"));
    assert!(!holds("byte_test:1,=,1,-1", b"\x01"));
}

#[test]
fn jumps_move_the_cursor() {
    let after = r#"; content:"c"; distance:0; within:1"#;
    let jump = |jump: &str, data: &[u8]| holds(&format!("byte_jump:{jump}{after}"), data);
    assert!(jump("1,0", b"\x02abc"));
    assert!(jump("1,0,multiplier 2", b"\x01abc"));
    assert!(jump("1,0,align", b"\x01....c"));
    assert!(jump("1,0,from_beginning", b"\x02.c"));
    assert!(jump("1,0,from_end,post_offset -2", b"\x00ac."));
    assert!(jump("1,0,post_offset -1", b"\x03abc") && !jump("1,0,post_offset -1", b"\x03ab.c"));
    assert!(jump("2,1,string,dec", b"x02abc"));
    assert!(
        !jump("1,0", b"\x03abc"),
        "a jump to the end is beyond the buffer"
    );
    assert!(holds(
        r#"content:"a"; byte_jump:1,0,relative; content:"c"; within:1"#,
        b"a\x01bc"
    ));
}

#[test]
fn variables_are_extracted_and_calculated_with() {
    assert!(holds(
        r#"byte_extract:1,0,len; content:"c"; offset:len; depth:1"#,
        b"\x03abc"
    ));
    assert!(!holds(
        r#"byte_extract:1,0,len; content:"c"; offset:len; depth:1"#,
        b"\x02abc"
    ));
    assert!(holds("byte_extract:1,0,len; isdataat:len", b"\x02ab"));
    assert!(!holds("byte_extract:1,0,len; isdataat:len", b"\x03ab"));
    assert!(holds(
        "byte_extract:1,0,one; byte_test:1,=,one,1",
        b"\x07\x07"
    ));
    let math = "byte_math:bytes 1,offset 0,oper -,rvalue 1,result less; byte_test:1,=,less,1";
    assert!(holds(math, b"\x07\x06") && !holds(math, b"\x07\x07"));
    let divided = "byte_extract:1,0,by; byte_math:bytes 1,offset 1,oper /,rvalue by,result out; byte_test:1,=,out,2";
    assert!(holds(divided, b"\x02\x08\x04") && !holds(divided, b"\x00\x08\x00"));
    let within = r#"content:"a"; byte_extract:1,0,len,relative; content:"c"; within:len"#;
    assert!(holds(within, b"a\x02bc") && !holds(within, b"a\x01bc"));
}

#[test]
fn base64_is_looked_into() {
    let rule = |content: &str| {
        format!(r#"content:"x="; base64_decode:relative; base64_data; content:"{content}""#)
    };
    assert!(holds(&rule("api"), b"x=VGFwaXI=") && !holds(&rule("apo"), b"x=VGFwaXI="));
    let part = r#"base64_decode:bytes 4, offset 1; base64_data; content:"Tap"; endswith"#;
    assert!(holds(part, b".VGFwaXI="));
    let options = options(&rule("api"), Dialect::Suricata);
    let seen: Vec<&[u8]> = contents(options.iter())
        .map(|content| &*content.bytes)
        .collect();
    assert_eq!(seen, [b"x="], "what is decoded is not in the buffer");
}

#[test]
fn elements_are_walked_in_snort_rules() {
    let data = b"\x30\x06\x02\x01\x07\x04\x01x";
    let buffer = InspectBuffer::whole("payload", data);
    let rule = |text: &str| holds_in(text, Dialect::Snort3, &buffer);
    assert!(rule(
        r#"ber_data:0x30; ber_skip:0x02; ber_data:0x04; content:"x",within 1"#
    ));
    assert!(rule(
        r#"ber_data:0x30; ber_skip:0x05,optional; ber_data:0x02"#
    ));
    assert!(!rule(r#"ber_data:0x31"#));
}

#[test]
fn groups_fill_variables() {
    let text = r#"pcre:"/user=(\w+) id=(\d+)/,pkt:user,flow:id""#;
    let (program, mut names) =
        compile(&options(text, Dialect::Suricata)).expect("options that compile");
    let mut scratch = ProgramScratch::default();
    scratch.begin();
    let buffer = InspectBuffer::whole("payload", b"user=tapir id=42");
    assert!(program.run(&buffer, &mut scratch, &mut NoRecord));
    let mut seen = Vec::new();
    scratch.captures(|name, value| seen.push((name.to_owned(), value.to_vec())));
    assert_eq!(seen, [("user".to_owned(), b"tapir".to_vec())]);
    let id = names.intern("id");
    scratch.flow_captures(|name, value| assert_eq!((name, value), (id, &b"42"[..])));
    scratch.begin();
    scratch.captures(|name, _| panic!("{name} is from the rule before"));
}

#[test]
fn an_expression_at_its_limit_neither_matches_nor_not() {
    let mut data = vec![b'a'; 60];
    data.push(b'!');
    assert!(!holds(r#"pcre:"/^(a+)+$/""#, &data));
    assert!(!holds(r#"pcre:!"/^(a+)+$/""#, &data));
    assert!(holds(r#"pcre:!"/b/""#, &data));
}

#[test]
fn what_is_not_evaluated_is_said() {
    let error = |text: &str| {
        compile(&options(text, Dialect::Suricata))
            .expect_err("no program")
            .kind
    };
    let replace = error(r#"content:"a"; replace:"b""#);
    assert_eq!(
        replace,
        CompileErrorKind::NotEvaluated {
            keyword: "replace".into()
        }
    );
}

#[test]
fn steps_are_limited() {
    let text =
        r#"content:"a"; content:"a"; within:40; content:"a"; within:40; content:"b"; within:1"#;
    let (program, _) = compile(&options(text, Dialect::Suricata)).expect("options that compile");
    let mut data = vec![b'a'; 200];
    data.extend(*b"ab");
    let buffer = InspectBuffer::whole("payload", &data);
    let run = |limit| {
        let mut scratch = ProgramScratch::new(Limits::default(), limit);
        program.run(&buffer, &mut scratch, &mut NoRecord)
    };
    assert!(!run(3000) && run(u32::MAX));
}

#[test]
fn the_trace_tells_each_step() {
    #[derive(Default)]
    struct Trace(Vec<(u16, usize, bool)>);
    impl Recorder for Trace {
        const ENABLED: bool = true;
        fn option(&mut self, verdict: OptionVerdict<'_>) {
            assert_eq!(verdict.buffer, "payload");
            self.0
                .push((verdict.option, verdict.offset, verdict.matched));
        }
    }
    let text = r#"content:"a"; content:"b"; within:1; isdataat:!9"#;
    let (program, _) = compile(&options(text, Dialect::Suricata)).expect("options that compile");
    let mut trace = Trace::default();
    let buffer = InspectBuffer::whole("payload", b"a.ab");
    assert!(program.run(&buffer, &mut ProgramScratch::default(), &mut trace));
    let expected = [
        (0, 0, true),
        (1, 1, false),
        (0, 2, true),
        (1, 3, true),
        (2, 4, true),
    ];
    assert_eq!(trace.0, expected);
}

/// One content of a chain, without negation.
#[derive(Debug, Clone)]
struct Link {
    bytes: Vec<u8>,
    offset: Option<usize>,
    depth: Option<usize>,
    distance: Option<i64>,
    within: Option<usize>,
    endswith: bool,
}

impl Link {
    fn text(&self) -> String {
        let mut text = format!(r#"content:"{}""#, String::from_utf8_lossy(&self.bytes));
        let mut add = |name: &str, value: Option<i64>| {
            if let Some(value) = value {
                text.push_str(&format!("; {name}:{value}"));
            }
        };
        add("offset", self.offset.map(|value| value as i64));
        add("depth", self.depth.map(|value| value as i64));
        add("distance", self.distance);
        add("within", self.within.map(|value| value as i64));
        if self.endswith {
            text.push_str("; endswith");
        }
        text
    }

    fn may_stand_at(&self, start: usize, before: usize, len: usize) -> bool {
        let end = start + self.bytes.len();
        let from = before as i64 + self.distance.unwrap_or(0);
        let relative = self.distance.is_some() || self.within.is_some();
        start >= self.offset.unwrap_or(0)
            && self
                .depth
                .is_none_or(|depth| end <= self.offset.unwrap_or(0) + depth)
            && (!relative || start as i64 >= from)
            && self
                .within
                .is_none_or(|within| end as i64 <= from + within as i64)
            && (!self.endswith || end == len)
    }
}

/// Whether there are places for all links, by trying all.
fn places_exist(links: &[Link], data: &[u8], before: usize) -> bool {
    let Some((link, rest)) = links.split_first() else {
        return true;
    };
    data.windows(link.bytes.len())
        .enumerate()
        .filter(|(start, window)| {
            *window == link.bytes && link.may_stand_at(*start, before, data.len())
        })
        .any(|(start, _)| places_exist(rest, data, start + link.bytes.len()))
}

fn letters(size: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b')], size)
}

fn link() -> impl Strategy<Value = Link> {
    let place = prop_oneof![
        Just((None, None, None, None)),
        (0usize..4, 0usize..6).prop_map(|(offset, more)| (Some(offset), Some(more), None, None)),
        (-1i64..4).prop_map(|distance| (None, None, Some(distance), None)),
        (0usize..6).prop_map(|more| (None, None, None, Some(more))),
        (-1i64..4, 0usize..6).prop_map(|(distance, more)| (None, None, Some(distance), Some(more))),
    ];
    (letters(1..4), place, proptest::bool::weighted(0.1)).prop_map(|(bytes, place, endswith)| {
        let (offset, depth, distance, within) = place;
        let len = bytes.len();
        let (depth, within) = (depth.map(|more| more + len), within.map(|more| more + len));
        Link {
            bytes,
            offset,
            depth,
            distance,
            within,
            endswith,
        }
    })
}

proptest! {
    #[test]
    fn chains_hold_when_there_are_places_for_all(
        links in proptest::collection::vec(link(), 1..5),
        data in letters(0..24),
    ) {
        let text = links.iter().map(Link::text).collect::<Vec<_>>().join("; ");
        prop_assert_eq!(holds(&text, &data), places_exist(&links, &data, 0), "{}", text);
    }

    #[test]
    fn no_payload_is_too_odd(data in proptest::collection::vec(any::<u8>(), 0..64)) {
        let text = r#"byte_extract:4,0,n,little; content:"a"; byte_jump:2,-1,relative,multiplier 9; content:"b"; \
            distance:n; within:n; byte_math:bytes 4,offset 0,oper <<,rvalue n,result m,relative; isdataat:m,relative; \
            byte_test:8,>,n,m,relative; asn1:oversize_length 100,relative_offset 1; pcre:"/(.)\1/R""#;
        holds(text, &data);
    }
}

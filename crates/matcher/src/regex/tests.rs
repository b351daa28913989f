use super::*;

fn find(expression: &str, flags: RegexFlags, haystack: &[u8]) -> Option<(usize, usize)> {
    let regex = Regex::new(expression.as_bytes(), flags).expect("a valid expression");
    regex.find(&mut RegexScratch::default(), haystack)
}

#[test]
fn flags_do_what_their_letters_say() {
    let none = RegexFlags::empty();
    assert_eq!(find("b+", none, b"abbc"), Some((1, 3)));
    assert_eq!(find("B+", none, b"abbc"), None);
    assert_eq!(find("B+", RegexFlags::CASELESS, b"abbc"), Some((1, 3)));
    assert_eq!(find("a.b", none, b"a\nb"), None);
    assert_eq!(find("a.b", RegexFlags::DOTALL, b"a\nb"), Some((0, 3)));
    assert_eq!(find("^b", RegexFlags::MULTILINE, b"a\nb"), Some((2, 3)));
    assert_eq!(find("a  b", RegexFlags::EXTENDED, b"ab"), Some((0, 2)));
    assert_eq!(find("b", RegexFlags::ANCHORED, b"ab"), None);
    assert_eq!(find("b$", none, b"b\n"), Some((0, 1)));
    assert_eq!(find("b$", RegexFlags::DOLLAR_ENDONLY, b"b\n"), None);
    assert_eq!(find("b+", RegexFlags::UNGREEDY, b"bbb"), Some((0, 1)));
}

#[test]
fn groups_are_kept() {
    let regex = Regex::new(br"(\w+)=(\d+)(x)?", RegexFlags::empty()).expect("valid");
    let mut scratch = RegexScratch::default();
    assert_eq!(regex.groups(), 3);
    assert_eq!(regex.find_at(&mut scratch, b"a=1 bc=22", 3), Some((4, 9)));
    assert_eq!(scratch.group(1), Some((4, 6)));
    assert_eq!(scratch.group(2), Some((7, 9)));
    assert_eq!(scratch.group(3), None);
    assert_eq!(regex.find(&mut scratch, b"none"), None);
    assert_eq!(scratch.group(0), None);
    assert_eq!(regex.find_at(&mut scratch, b"a=1", 4), None);
}

#[test]
fn captures_come_back_for_a_back_reference() {
    let regex = Regex::new(br"(a|b)x\1", RegexFlags::NO_CAPTURES).expect("valid");
    assert_eq!(regex.groups(), 1);
    assert_eq!(
        regex.find(&mut RegexScratch::default(), b"axbxb"),
        Some((2, 5))
    );
    let without = Regex::new(br"(a|b)x", RegexFlags::NO_CAPTURES).expect("valid");
    assert_eq!(without.groups(), 0);
}

#[test]
fn a_wrong_expression_says_where() {
    let error = Regex::new(b"ab(c", RegexFlags::empty()).expect_err("a parenthesis is open");
    assert_eq!(error.offset, 4);
    assert!(error.message.contains("parenthesis"), "{error}");
}

#[test]
fn a_runaway_match_is_stopped_and_counted() {
    let regex = Regex::new(b"^(a+)+$", RegexFlags::empty()).expect("valid");
    let mut scratch = RegexScratch::default();
    let mut haystack = vec![b'a'; 40];
    haystack.push(b'b');
    assert_eq!(regex.find(&mut scratch, &haystack), None);
    assert_eq!(scratch.failures(), 1);
}

#[test]
fn threads_share_an_expression() {
    let regex = Regex::new(b"[0-9]{3}", RegexFlags::empty()).expect("valid");
    let found = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| regex.find(&mut RegexScratch::default(), b"ab123")))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect::<Vec<_>>()
    });
    assert_eq!(found, [Some((2, 5)); 4]);
}

use proptest::prelude::*;

use super::*;

type Wanted = (Vec<u8>, bool, Window);

fn set_of(patterns: &[Wanted]) -> (PatternSet, Vec<PatternId>) {
    let mut builder = PatternSetBuilder::new();
    let ids = patterns
        .iter()
        .map(|(bytes, nocase, window)| builder.add_within(bytes, *nocase, *window))
        .collect();
    (builder.build(), ids)
}

fn hits(set: &PatternSet, haystack: &[u8]) -> Vec<(PatternId, usize)> {
    let mut hits = Vec::new();
    set.search(haystack, |id, end| hits.push((id, end)));
    hits.sort_unstable();
    hits
}

/// Every occurrence, by comparing every pattern everywhere.
fn naive(patterns: &[Wanted], ids: &[PatternId], haystack: &[u8]) -> Vec<(PatternId, usize)> {
    let mut hits = Vec::new();
    for ((bytes, nocase, window), &id) in patterns.iter().zip(ids) {
        for start in window.start as usize..haystack.len() {
            let end = start + bytes.len();
            let Some(found) = haystack.get(start..end) else {
                break;
            };
            let equal = if *nocase {
                found.eq_ignore_ascii_case(bytes)
            } else {
                found == bytes
            };
            if equal && !bytes.is_empty() && end <= window.end as usize {
                hits.push((id, end));
            }
        }
    }
    hits.sort_unstable();
    hits.dedup();
    hits
}

fn anywhere(bytes: &[u8], nocase: bool) -> Wanted {
    (bytes.to_vec(), nocase, Window::ANYWHERE)
}

#[test]
fn equal_patterns_share_an_id() {
    let mut builder = PatternSetBuilder::new();
    let first = builder.add(b"Evil", true);
    assert_eq!(builder.add(b"evIL", true), first);
    assert_ne!(builder.add(b"evil", false), first);
    assert_ne!(
        builder.add_within(b"evil", true, Window { start: 1, end: 9 }),
        first
    );
    assert_eq!(builder.add(b"12", true), builder.add(b"12", false));
    assert_eq!(builder.len(), 4);
}

#[test]
fn nothing_is_found_by_nothing() {
    assert!(hits(&PatternSetBuilder::new().build(), b"abc").is_empty());
    let (set, _) = set_of(&[anywhere(b"", false)]);
    assert!(hits(&set, b"abc").is_empty());
}

#[test]
fn each_pattern_once() {
    let (set, ids) = set_of(&[anywhere(b"abab", false), anywhere(b"B", true)]);
    let mut seen = Seen::new();
    for _ in 0..2 {
        let mut found = Vec::new();
        set.search_once(b"abababab", &mut seen, |id| found.push(id));
        found.sort_unstable();
        assert_eq!(found, ids);
    }
}

#[test]
fn many_patterns_with_one_fragment_in_common() {
    let patterns: Vec<Wanted> = (0..400)
        .map(|number| anywhere(format!("{number}zqxj{number}").as_bytes(), number % 2 == 0))
        .collect();
    let (set, ids) = set_of(&patterns);
    let haystack = b"12zqxj123ZQXJ123 7ZQXJ7 399zqxj399".repeat(3);
    assert_eq!(hits(&set, &haystack), naive(&patterns, &ids, &haystack));
}

fn bytes() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(b'a'),
        Just(b'A'),
        Just(b'b'),
        Just(b'@'),
        Just(b'`'),
        Just(0u8),
        any::<u8>()
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let window = prop_oneof![
        3 => Just(Window::ANYWHERE),
        1 => (0u32..20, 0u32..60).prop_map(|(start, end)| Window { start, end }),
    ];
    (
        proptest::collection::vec(bytes(), 1..9),
        any::<bool>(),
        window,
    )
}

proptest! {
    #[test]
    fn finds_what_comparing_everywhere_finds(
        patterns in proptest::collection::vec(wanted(), 1..80),
        haystack in proptest::collection::vec(bytes(), 0..160),
        planted in any::<proptest::sample::Index>(),
    ) {
        let mut haystack = haystack;
        haystack.extend_from_slice(&planted.get(&patterns).0);
        let (set, ids) = set_of(&patterns);
        prop_assert_eq!(hits(&set, &haystack), naive(&patterns, &ids, &haystack));
    }
}

#[test]
fn patterns_near_the_start_are_found_there_and_nowhere_else() {
    let near = |bytes: &[u8], start, end| (bytes.to_vec(), false, Window { start, end });
    let mut patterns = vec![
        near(b"\x06", 3, 4),
        near(b"ab", 0, 2),
        near(b"abc", 60, 64),
        near(b"abc", 60, 65),
        near(b"\0\0\0\0\0", 0, 64),
        anywhere(b"z", false),
        anywhere(b"cd", false),
    ];
    // So many that they are kept in layers.
    patterns.extend((0..40u8).map(|number| anywhere(&[b'k', number, number, b'k'], false)));
    let (set, ids) = set_of(&patterns);
    for shift in 0..70 {
        let mut haystack = vec![b'.'; shift];
        haystack.extend_from_slice(b"ab\x06abcd\0\0\0\0\0\0z\x06zabc");
        haystack.resize(200, b'-');
        haystack.extend_from_slice(b"z\x06abcd");
        assert_eq!(
            hits(&set, &haystack),
            naive(&patterns, &ids, &haystack),
            "{shift}"
        );
    }
}

//! Rules: the first byte chooses the dialect or leaves it to be recognised, the rest is a file of rules. What is
//! read, printed and read again is the same; what is refused can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tapir_rules::{Dialect, LoadOptions, Renderer, RuleFile, Source, load};

/// Showing is much slower than finding.
const MOST_SHOWN: usize = 8;

fn read(text: &[u8], dialect: Option<Dialect>) -> RuleFile {
    let options = LoadOptions {
        dialect,
        disabled: true,
        ..LoadOptions::default()
    };
    load(vec![Source::new("input.rules", text)], &options)
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, text)) = input.split_first() else {
        return;
    };
    let dialect = match choice % 4 {
        1 => Some(Dialect::Suricata),
        2 => Some(Dialect::Snort2),
        3 => Some(Dialect::Snort3),
        _ => None,
    };
    let file = read(text, dialect);
    let renderer = Renderer::new(&file.sources);
    for found in file.diagnostics.iter().take(MOST_SHOWN) {
        assert!(!renderer.render(found).is_empty());
    }
    for rule in file.rules.iter().filter(|rule| rule.enabled) {
        let printed = rule.to_string();
        let again = read(printed.as_bytes(), Some(rule.dialect));
        assert_eq!(again.rules.len(), 1, "{printed:?}\n{:?}", again.diagnostics);
        assert!(
            again.rules[0].says_the_same(rule),
            "{printed:?}\n{:?}\n{:?}",
            rule.options,
            again.rules[0].options
        );
    }
});

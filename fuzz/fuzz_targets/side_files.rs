//! The files beside the rules: classes, references, limits, messages, variables of a snort.conf.

#![no_main]

use std::cell::Cell;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tapir_rules::side::{Classifications, References, SidMap, parse_thresholds, read_snort_conf};
use tapir_rules::{Renderer, Source};

/// Showing is much slower than finding.
const MOST_SHOWN: usize = 8;

fuzz_target!(|input: &[u8]| {
    let source = Source::new("input", input);
    let mut found = Classifications::parse(&source).1;
    found.extend(References::parse(&source).1);
    found.extend(parse_thresholds(&source).1);
    found.extend(SidMap::parse(&source).1);
    let sources = [source];
    let renderer = Renderer::new(&sources);
    for diagnostic in found.iter().take(MOST_SHOWN) {
        assert!(!renderer.render(diagnostic).is_empty());
    }
    // Whatever it includes is itself once more: a circle, which would go on for thousands of files.
    let left = Cell::new(4);
    let conf = read_snort_conf(Path::new("snort.conf"), &|_| {
        left.set(left.get() - 1_i32);
        if left.get() < 0 {
            return Err("no such file".to_owned());
        }
        Ok(input.to_vec())
    });
    assert!(conf.is_ok());
});

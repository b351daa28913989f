//! Loads files of rules and says what became of them; with `-p` also whether each rule, printed and read again,
//! says the same: `load [-d suricata|snort2|snort3] [-q] [-p] FILE...`.

use std::time::Instant;

use tapir_rules::{Dialect, LoadOptions, Severity, Source, load};

fn main() -> std::io::Result<()> {
    let mut options = LoadOptions::default();
    let (mut sources, mut quiet, mut reprint) = (Vec::new(), false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-q" => quiet = true,
            "-p" => reprint = true,
            "-d" => {
                options.dialect = match arguments.next().as_deref() {
                    Some("snort2") => Some(Dialect::Snort2),
                    Some("snort3") => Some(Dialect::Snort3),
                    _ => Some(Dialect::Suricata),
                }
            }
            name => sources.push(Source::new(name, std::fs::read(name)?)),
        }
    }
    let begin = Instant::now();
    let file = load(sources, &options);
    let took = begin.elapsed();
    let least = if quiet {
        Severity::Error
    } else {
        Severity::Hint
    };
    for diagnostic in file
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity >= least)
    {
        let Some(source) = file.source(diagnostic.source) else {
            continue;
        };
        let (line, column) = source.position(diagnostic.span.start);
        let text = source.text_of(diagnostic.span);
        println!(
            "{}:{line}:{column}: {:?} {}: {} [{}] {}",
            source.name,
            diagnostic.severity,
            diagnostic.code,
            diagnostic.message,
            diagnostic.label,
            text
        );
    }
    if reprint {
        print_again(&file);
    }
    println!(
        "{} loaded, {} refused, {} skipped, in {took:?}",
        file.rules.len(),
        file.refused,
        file.skipped
    );
    Ok(())
}

/// Prints each rule, reads it again and says where the two differ.
fn print_again(file: &tapir_rules::RuleFile) {
    for rule in &file.rules {
        let text = rule.to_string();
        let options = LoadOptions {
            dialect: Some(rule.dialect),
            ..LoadOptions::default()
        };
        let again = load(vec![Source::new("printed", text.as_bytes())], &options);
        match again.rules.first() {
            Some(other) if other.says_the_same(rule) => {}
            _ => println!("line {} is printed otherwise: {text}", rule.line),
        }
    }
}

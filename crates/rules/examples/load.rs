//! Loads files of rules and says what became of them: `load [-d suricata|snort2|snort3] [-q] FILE...`.

use std::time::Instant;

use tapir_rules::{Dialect, LoadOptions, Severity, Source, load};

fn main() -> std::io::Result<()> {
    let mut options = LoadOptions::default();
    let (mut sources, mut quiet) = (Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-q" => quiet = true,
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
        Severity::Note
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
    println!(
        "{} loaded, {} refused, {} skipped, in {took:?}",
        file.rules.len(),
        file.refused,
        file.skipped
    );
    Ok(())
}

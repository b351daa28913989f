//! Measures how common bytes and pairs of bytes are in files of traffic, and prints the tables of
//! `src/rarity/table.rs`.
//!
//! ```text
//! cargo run -p tapir-matcher --example measure_rarity -- payloads.bin ...
//! ```
//!
//! The files hold nothing but payload bytes, one packet after the other.

use std::{env, error::Error, fs};

use tapir_matcher::rarity::{CLASSES, class_of, members_of};

/// Cost of a probability in quarters of a bit, at most 255.
fn cost(probability: f64) -> u8 {
    (-probability.log2() * 4.0).round().clamp(0.0, 255.0) as u8
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut single = vec![0f64; CLASSES];
    let mut pairs = vec![0f64; CLASSES * CLASSES];
    for path in env::args().skip(1) {
        let bytes = fs::read(path)?;
        for pair in bytes.windows(2) {
            let (first, second) = (class_of(pair[0]), class_of(pair[1]));
            single[first] += 1.0;
            pairs[first * CLASSES + second] += 1.0;
        }
    }
    let total: f64 = single.iter().sum();
    println!("//! Costs measured by `examples/measure_rarity.rs`: quarters of a bit.\n");
    println!("use super::CLASSES;\n");
    println!("/// Cost of a byte of each class, whatever stands before it.");
    println!("pub(super) const SINGLE: [u8; CLASSES] = [");
    let row: Vec<u8> = (0..CLASSES)
        .map(|class| {
            let spread = total + CLASSES as f64;
            cost((single[class] + 1.0) / spread / f64::from(members_of(class)))
        })
        .collect();
    print_row(&row, "    ");
    println!("];\n");
    println!("/// Cost of a byte of each class after a byte of the row's class.");
    println!("pub(super) const AFTER: [[u8; CLASSES]; CLASSES] = [");
    for first in 0..CLASSES {
        println!("    [");
        let row: Vec<u8> = (0..CLASSES)
            .map(|second| {
                // Smoothed towards the single frequency, as if a thousand pairs had been seen.
                let prior = (single[second] + 1.0) / (total + CLASSES as f64);
                let seen = pairs[first * CLASSES + second] + 1000.0 * prior;
                cost(seen / (single[first] + 1000.0) / f64::from(members_of(second)))
            })
            .collect();
        print_row(&row, "        ");
        println!("    ],");
    }
    println!("];");
    Ok(())
}

fn print_row(row: &[u8], indent: &str) {
    for part in row.chunks(22) {
        let numbers: Vec<String> = part.iter().map(u8::to_string).collect();
        println!("{indent}{},", numbers.join(", "));
    }
}

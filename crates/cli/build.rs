//! Puts the rules of `rules/` into the binary, so that it does its main job without any file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    // Asked when the script runs: it may have been compiled for a checkout elsewhere.
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let folder = Path::new(&package).join("../../rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<_> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rules")
        })
        .collect();
    assert!(
        !names.is_empty(),
        "no rules to put into the binary in {}",
        folder.display()
    );
    names.sort();
    let mut code = String::from("&[\n");
    for path in names {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.canonicalize().expect("a file that was just listed");
        writeln!(code, "    ({name:?}, include_bytes!({path:?})),").expect("writing to a string");
        println!("cargo::rerun-if-changed={}", path.display());
    }
    code.push_str("]\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("shipped_rules.rs");
    fs::write(out, code).expect("the output folder is writable");
}

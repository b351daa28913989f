//! Puts the rules of `rules/` into the binary, so that it does its main job without any file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
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

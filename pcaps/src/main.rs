//! Writes the captures and their table beside this program's source.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let captures = tapir_pcaps::captures();
    for capture in &captures {
        std::fs::write(folder.join(capture.name), &capture.bytes)?;
    }
    std::fs::write(
        folder.join("README.md"),
        tapir_pcaps::readme::text(&captures),
    )?;
    let total: usize = captures.iter().map(|capture| capture.bytes.len()).sum();
    println!(
        "{} captures, {total} bytes, in {}",
        captures.len(),
        folder.display()
    );
    Ok(())
}

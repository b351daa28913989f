//! The table of captures.

use std::fmt::Write as _;

use crate::Capture;

const INTRODUCTION: &str = "\
# Captures

Small captures of normal and of hostile traffic. `cargo run -p tapir-pcaps` writes them, and this page, from the
scenarios in `src/scenarios/`: to see what is in a capture, read its scenario; to change it, change that. A test
fails when the files here are not those the program writes.

`expected.tsv` says which rules of `../rules/` alert on each, and how often, and that no others do: it is reasoned
from the scenarios, not copied from a run. Watch one with

```sh
tapir -r pcaps/web-attacks.pcap -S 'rules/*.rules'
```

Attackers have addresses of 203.0.113.0/24, servers on the Internet of 198.51.100.0/24 (RFC 5737), the watched
network is 192.168.10.0/24 and 2001:db8:10::/64 (RFC 3849).

";

/// The page for these captures.
pub fn text(captures: &[Capture]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("| capture | what happens |\n|---|---|\n");
    for capture in captures {
        // Writing to a string does not fail.
        let _ = writeln!(page, "| `{}` | {} |", capture.name, capture.about);
    }
    page
}

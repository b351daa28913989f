//! Options that tell something and stop.

use std::fmt::Write as _;

use tapir_protocols::AppProto;
use tapir_rules::keywords;

use crate::args::InfoArgs;

/// What was asked for, as text; nothing when nothing was.
pub(crate) fn asked(info: &InfoArgs) -> Option<String> {
    let mut out = String::new();
    let written = if info.version {
        writeln!(out, "{}", version())
    } else if info.build_info {
        build_info(&mut out)
    } else if let Some(keyword) = &info.list_keywords {
        list_keywords(&mut out, keyword)
    } else if info.list_app_layer_protos {
        list_protocols(&mut out)
    } else if info.list_app_layer_hooks {
        list_hooks(&mut out)
    } else if info.list_runmodes {
        out.push_str(RUNMODES);
        Ok(())
    } else {
        return None;
    };
    // A string takes all that is written to it.
    written.ok().map(|()| out)
}

const RUNMODES: &str = "\
replay       -r PATH        captures; deterministic with any number of workers
af-packet    -i IFACE       AF_PACKET rings, one a worker
pcap         -i IFACE --capture pcap   libpcap

--runmode single is --workers 1; autofp and workers leave the number to --workers.
";

fn version() -> String {
    format!("tapir {}", env!("CARGO_PKG_VERSION"))
}

fn build_info(out: &mut String) -> std::fmt::Result {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    writeln!(out, "{}", version())?;
    writeln!(out, "rule language: Suricata 9, Snort 2.9, Snort 3")?;
    writeln!(out, "target: {arch} {os}")?;
    writeln!(out, "profile: {profile}")?;
    out.push_str(
        "capture: files (pcap, pcapng; gzip, zstd, lz4, xz), libpcap, AF_PACKET (TPACKET_V3)\n\
         regular expressions: PCRE2 with JIT\n\
         allocator: mimalloc\n",
    );
    Ok(())
}

/// `all`, or the name of one keyword.
fn list_keywords(out: &mut String, wanted: &str) -> std::fmt::Result {
    for (_, row) in keywords::all() {
        if wanted == row.name {
            writeln!(out, "= {} =\n{}", row.name, row.help)?;
            if !row.aliases.is_empty() {
                let names: Vec<&str> = row.aliases.iter().map(|alias| alias.name).collect();
                writeln!(out, "also written: {}", names.join(", "))?;
            }
        } else if wanted == "all" || wanted == "csv" {
            writeln!(out, "{:<32} {}", row.name, row.help)?;
        }
    }
    Ok(())
}

fn list_protocols(out: &mut String) -> std::fmt::Result {
    writeln!(out, "=========Supported App Layer Protocols=========")?;
    for proto in AppProto::ALL.iter().filter(|proto| proto.is_known()) {
        writeln!(out, "{}", proto.name())?;
    }
    Ok(())
}

/// The hooks that a rule can name after its protocol.
fn list_hooks(out: &mut String) -> std::fmt::Result {
    for proto in AppProto::ALL {
        for (_, hook) in proto.hooks() {
            writeln!(out, "{}:{hook}", proto.name())?;
        }
    }
    Ok(())
}

//! Options that tell something and stop.

use tapir_protocols::AppProto;
use tapir_rules::keywords;

use crate::args::Args;

/// Tells what was asked for; false when nothing was.
pub(crate) fn tell(args: &Args) -> bool {
    let info = &args.info;
    if info.version {
        println!("tapir {}", env!("CARGO_PKG_VERSION"));
    } else if info.build_info {
        build_info();
    } else if let Some(keyword) = &info.list_keywords {
        list_keywords(keyword);
    } else if info.list_app_layer_protos {
        list_protocols();
    } else if info.list_app_layer_hooks {
        list_hooks();
    } else if info.list_runmodes {
        list_runmodes();
    } else {
        return false;
    }
    true
}

fn build_info() {
    println!("tapir {}", env!("CARGO_PKG_VERSION"));
    println!("rule language: Suricata 9, Snort 2.9, Snort 3");
    println!(
        "target: {} {}",
        std::env::consts::ARCH,
        std::env::consts::OS
    );
    println!(
        "profile: {}",
        if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        }
    );
    println!("capture: files (pcap, pcapng; gzip, zstd, lz4, xz), libpcap, AF_PACKET (TPACKET_V3)");
    println!("regular expressions: PCRE2 with JIT");
    println!("allocator: mimalloc");
}

/// `all`, or the name of one keyword.
fn list_keywords(wanted: &str) {
    for (_, row) in keywords::all() {
        if wanted != "all" && wanted != "csv" && row.name != wanted {
            continue;
        }
        if wanted == row.name {
            println!("= {} =", row.name);
            println!("{}", row.help);
            if !row.aliases.is_empty() {
                let names: Vec<&str> = row.aliases.iter().map(|alias| alias.name).collect();
                println!("also written: {}", names.join(", "));
            }
        } else {
            println!("{:<32} {}", row.name, row.help);
        }
    }
}

fn list_protocols() {
    println!("=========Supported App Layer Protocols=========");
    for proto in AppProto::ALL.iter().filter(|proto| proto.is_known()) {
        println!("{}", proto.name());
    }
}

/// The hooks that a rule can name after its protocol.
fn list_hooks() {
    for proto in AppProto::ALL {
        for (_, hook) in proto.hooks() {
            println!("{}:{hook}", proto.name());
        }
    }
}

fn list_runmodes() {
    println!("replay       -r PATH        captures; deterministic with any number of workers");
    println!("af-packet    -i IFACE       AF_PACKET rings, one a worker");
    println!("pcap         -i IFACE --capture pcap   libpcap");
    println!(
        "\n--runmode single is --workers 1; autofp and workers leave the number to --workers."
    );
}

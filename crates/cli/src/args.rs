//! The command line: one definition from which parsing, `--help`, completions and the manual page come.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum, ValueHint};

use crate::commands::buffers::BuffersArgs;
use crate::commands::check::CheckArgs;
use crate::commands::convert::ConvertArgs;
use crate::commands::ctl::CtlArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::explain::ExplainArgs;
use crate::commands::fmt::FmtArgs;
use crate::commands::list::ListArgs;
use crate::commands::profile::ProfileArgs;
use crate::commands::test::TestArgs;

const EXAMPLES: &str = "\
Examples:
  tapir -r capture.pcap
      Replay a capture against the rules that come with Tapir; alerts go to the terminal.
  tapir -r captures/ -S emerging.rules -l logs
      Replay every capture below a folder against your own rules; logs/eve.json and logs/fast.log.
  tapir -r capture.pcap -S +local.rules -A cmg
      Your rules beside the built-in ones; alerts with a dump of the packet.
  tapir -i eth0 -c tapir.yaml
      Watch an interface until interrupted. A stock suricata.yaml works as it is.
  tapir -A console -i eth0 -c snort.conf
      The same, the way Snort is started: variables and rules come from snort.conf.
  tapir -T -S local.rules
      Check configuration and rules, say what is wrong with them, and stop.
  tapir -r capture.pcap.zst -A json 'tcp port 80' | jq .alert.signature
      Only packets that a BPF filter selects; EVE JSON on standard output.

Exit status: 0 fine, 1 something failed, 2 wrong usage.";

/// Inspects packets: reads captures or watches an interface, and says what matches the rules.
#[derive(Debug, Parser)]
#[command(
    name = "tapir",
    version,
    disable_version_flag = true,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    subcommand_help_heading = "Other commands"
)]
pub struct Args {
    /// What to do instead of inspecting packets.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to read, or where to listen.
    #[command(flatten, next_help_heading = "Packets")]
    pub input: InputArgs,

    /// Which rules.
    #[command(flatten, next_help_heading = "Rules")]
    pub rules: RuleArgs,

    /// Which configuration.
    #[command(flatten, next_help_heading = "Configuration")]
    pub config: ConfigArgs,

    /// Where the results go.
    #[command(flatten, next_help_heading = "Output")]
    pub output: OutputArgs,

    /// How to run.
    #[command(flatten, next_help_heading = "Running")]
    pub run: RunArgs,

    /// What to tell instead of running.
    #[command(flatten, next_help_heading = "Information")]
    pub info: InfoArgs,
}

/// Commands beside inspection.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check rules: what is wrong with them, slow, or doubtful
    Check(CheckArgs),
    /// Command a running Tapir: reload rules, show counters, take times, stop
    Ctl(CtlArgs),
    /// Say why a rule alerted on a capture, or did not
    Explain(Box<ExplainArgs>),
    /// Show what the sticky buffers of a capture hold
    Buffers(Box<BuffersArgs>),
    /// Write rules in their canonical spelling and order
    Fmt(FmtArgs),
    /// Write rules in the spelling of another dialect
    Convert(ConvertArgs),
    /// Say what is different between two sets of rules
    Diff(DiffArgs),
    /// List keywords, buffers, protocols, actions or lints
    List(ListArgs),
    /// Say what each rule, pattern set and part of inspection costs on a capture
    Profile(Box<ProfileArgs>),
    /// Run unit tests of rules: cases in Markdown, or in folders of suricata-verify
    Test(TestArgs),
    /// Print a completion script for a shell: `tapir completions bash > /etc/bash_completion.d/tapir`
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page: `tapir man | man -l -`
    Man,
}

/// Options that choose packets.
#[derive(Debug, clap::Args)]
pub struct InputArgs {
    /// Replay a capture file, every capture below a folder, or standard input (`-`).
    ///
    /// pcap and pcapng, also compressed with gzip, zstd, lz4 or xz. May be repeated.
    #[arg(short = 'r', long = "read", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub read: Vec<PathBuf>,

    /// Replay the captures named in a file, one path a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub pcap_list: Vec<PathBuf>,

    /// Replay every capture below a folder (as `-r FOLDER`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub pcap_dir: Vec<PathBuf>,

    /// Keep flows and state from one capture file to the next
    #[arg(long, alias = "pcap-file-continuous")]
    pub pcap_continuous: bool,

    /// Replay captures that clients name at the control socket (`tapir ctl pcap-file FILE DIR`)
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", value_hint = ValueHint::FilePath)]
    pub unix_socket: Option<PathBuf>,

    /// Accepted for Suricata's sake: folders are always read with what is below them
    #[arg(long, hide = true)]
    pub pcap_file_recursive: bool,

    /// Watch a network interface; may be repeated
    #[arg(short = 'i', long, value_name = "IFACE")]
    pub interface: Vec<String>,

    /// How to capture: AF_PACKET rings where permitted, otherwise libpcap
    #[arg(long, value_enum, default_value_t = CaptureMethod::Auto)]
    pub capture: CaptureMethod,

    /// Watch an interface through AF_PACKET rings
    #[arg(long, value_name = "IFACE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub af_packet: Option<String>,

    /// Watch an interface through libpcap
    #[arg(long, value_name = "IFACE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub pcap: Option<String>,

    /// Bytes of each packet to take from an interface
    #[arg(short = 'P', long, value_name = "BYTES")]
    pub snaplen: Option<u32>,

    /// Do not put the interface into promiscuous mode
    #[arg(short = 'p', long)]
    pub no_promiscuous: bool,

    /// Capture buffer in bytes, such as 64mb (per ring for AF_PACKET)
    #[arg(long, value_name = "SIZE")]
    pub buffer_size: Option<String>,

    /// Read the BPF filter from a file
    #[arg(short = 'F', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub bpf_file: Option<PathBuf>,

    /// Stop after this many packets
    #[arg(short = 'n', long, value_name = "N")]
    pub count: Option<u64>,

    /// BPF filter: only packets it selects are inspected (`tcp port 80 and host 10.0.0.1`)
    #[arg(value_name = "BPF")]
    pub bpf: Vec<String>,
}

/// How live packets are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CaptureMethod {
    /// AF_PACKET where permitted, otherwise libpcap.
    Auto,
    /// TPACKET_V3 rings with fanout, one a worker.
    AfPacket,
    /// libpcap.
    Pcap,
}

/// Options that choose rules.
#[derive(Debug, Clone, clap::Args)]
pub struct RuleArgs {
    /// Load these rules instead of any others; with `+FILE`, beside the others
    ///
    /// A file, a folder (every `*.rules` in it) or a pattern such as `rules/*.rules`. May be repeated.
    #[arg(short = 'S', value_name = "[+]RULES", value_hint = ValueHint::AnyPath)]
    pub exclusive: Vec<String>,

    /// Be a firewall with these rules: what none of them accepts is dropped
    ///
    /// They come instead of the firewall rules of the configuration. With captures, the verdicts are only recorded.
    #[arg(long = "firewall-rules-exclusive", value_name = "RULES", value_hint = ValueHint::AnyPath)]
    pub firewall: Vec<String>,

    /// Load these rules beside those of the configuration (Suricata's spelling of `-S +RULES`)
    #[arg(short = 's', value_name = "RULES", value_hint = ValueHint::AnyPath)]
    pub additional: Vec<String>,

    /// Load these rules instead of any others (Snort's spelling of `-S`)
    #[arg(short = 'R', value_name = "RULES", value_hint = ValueHint::AnyPath)]
    pub snort: Vec<String>,

    /// The dialect of all rule files; each is recognised on its own without this
    #[arg(long, value_enum)]
    pub dialect: Option<DialectArg>,

    /// Exit with status 1 when a rule is refused
    #[arg(long, alias = "init-errors-fatal")]
    pub strict: bool,

    /// Accepted for Suricata's sake: arguments of keywords are always read strictly
    #[arg(long, value_name = "KEYWORDS", num_args = 0..=1, require_equals = true, hide = true)]
    pub strict_rule_keywords: Option<Option<String>>,

    /// Load no rules: only flows, statistics and other records
    #[arg(long)]
    pub disable_detection: bool,

    /// Write how rules were understood to rules.json, rules_analysis.txt, patterns.json and rule_group.json,
    /// and stop
    #[arg(long)]
    pub engine_analysis: bool,
}

/// The rule dialects by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectArg {
    /// Suricata 9.
    Suricata,
    /// Snort 2.9.
    Snort2,
    /// Snort 3.
    Snort3,
}

/// Options that choose configuration.
#[derive(Debug, Clone, clap::Args)]
pub struct ConfigArgs {
    /// Configuration: a tapir.yaml, a suricata.yaml, or a snort.conf
    #[arg(short = 'c', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Set one value of the configuration, such as stream.midstream=true; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// Lay another YAML file over the configuration; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub include: Vec<PathBuf>,

    /// Folder for data that outlives a run, such as data sets
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data_dir: Option<PathBuf>,

    /// Print the whole configuration as `key = value` lines and stop
    #[arg(long)]
    pub dump_config: bool,

    /// Check configuration and rules, report, and stop
    #[arg(short = 'T', long)]
    pub test: bool,
}

/// Options that choose output.
#[derive(Debug, clap::Args)]
pub struct OutputArgs {
    /// Print alerts on standard output in this form
    #[arg(short = 'A', long, value_enum, value_name = "FORM", ignore_case = true)]
    pub alerts: Option<AlertForm>,

    /// Write logs into this folder
    #[arg(short = 'l', long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub log_dir: Option<PathBuf>,

    /// No progress, no summary
    #[arg(short = 'q', long)]
    pub quiet: bool,

    /// Say more of what goes on; repeat for still more
    #[arg(short = 'v', long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Colour on the terminal
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

/// What `-A` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AlertForm {
    /// One line an alert, coloured on a terminal.
    Console,
    /// One line an alert.
    #[value(alias = "alert_fast")]
    Fast,
    /// An alert with its packet's headers.
    #[value(alias = "alert_full")]
    Full,
    /// Headers and a hex dump of the packet.
    #[value(alias = "alert_cmg")]
    Cmg,
    /// Comma-separated values.
    #[value(alias = "alert_csv")]
    Csv,
    /// EVE JSON.
    #[value(alias = "alert_json")]
    Json,
    /// Nothing.
    None,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options that choose how to run.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Inspection threads [default: one a core]
    #[arg(short = 'w', long, value_name = "N")]
    pub workers: Option<usize>,

    /// Checksums: `all` verifies them, `none` takes every packet as intact [default: as configured]
    #[arg(short = 'k', long = "checksums", value_enum, value_name = "MODE")]
    pub checksums: Option<ChecksumMode>,

    /// Treat drop and reject rules as an inline system would, without an inline system
    #[arg(long)]
    pub simulate_ips: bool,

    /// Accepted from Suricata: `single` means one worker, others leave the choice to Tapir
    #[arg(long, value_name = "MODE")]
    pub runmode: Option<String>,

    /// Accepted from Suricata: nothing that Tapir writes hangs on chance
    #[arg(long, hide = true)]
    pub no_random: bool,

    /// Write the process id to this file while running
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub pidfile: Option<PathBuf>,
}

/// What `-k` takes; Snort's finer modes verify all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChecksumMode {
    /// Verify.
    #[value(alias = "noip", alias = "notcp", alias = "noudp", alias = "noicmp")]
    All,
    /// Take all as intact.
    None,
}

/// Options that print something and stop.
#[derive(Debug, clap::Args)]
pub struct InfoArgs {
    /// Print the version
    #[arg(short = 'V', long)]
    pub version: bool,

    /// Print how this binary was built
    #[arg(long)]
    pub build_info: bool,

    /// List the rule keywords, or explain one
    #[arg(long, value_name = "KEYWORD", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub list_keywords: Option<String>,

    /// List the application protocols that rules can name
    #[arg(long)]
    pub list_app_layer_protos: bool,

    /// List the hooks that rules can name after a protocol, as in `http1:request_line`
    #[arg(long)]
    pub list_app_layer_hooks: bool,

    /// List the ways to run
    #[arg(long)]
    pub list_runmodes: bool,
}

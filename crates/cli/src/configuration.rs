//! From the command line to settings: which configuration file, what is laid over it, which rules.

use std::path::{Path, PathBuf};

use tapir_config::Config;
use tapir_engine::{ChecksumMode, RuleSources, RunOptions};
use tapir_rules::Dialect;

use crate::Failure;
use crate::args::{AlertForm, Args, ChecksumMode as ChecksumArg, DialectArg};

/// The configuration that holds without any other.
pub(crate) const BUILT_IN: &str = include_str!("../../../tapir.yaml");

/// The rules that come with Tapir, in the binary.
const SHIPPED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/shipped_rules.rs"));

/// A configuration, and where its rules come from.
pub(crate) struct Configuration {
    pub(crate) config: Config,
    pub(crate) sources: RuleSources,
    /// Whether logs are to be written to files.
    pub(crate) writes_files: bool,
}

/// Reads the configuration that the command line asks for.
pub(crate) fn configuration(args: &Args) -> Result<Configuration, Failure> {
    let mut rule_files = Vec::new();
    let mut inline = None;
    let given = args.config.config.as_deref();
    let mut config = match given {
        Some(path) if is_snort_conf(path) => {
            let mut config = built_in()?;
            let conf = snort_conf(path)?;
            for assignment in &conf.assignments {
                config.set(assignment)?;
            }
            rule_files = conf.rule_files;
            inline = conf.inline;
            config
        }
        Some(path) => Config::load(path)?,
        None => built_in()?,
    };
    for path in &args.config.include {
        config.include(path)?;
    }
    for assignment in &args.config.set {
        config.set(assignment)?;
    }
    if let Some(folder) = &args.config.data_dir {
        config.set(&format!("default-data-dir={}", folder.display()))?;
    }
    if let Some(path) = &args.input.unix_socket {
        // Without the socket there would be nothing to do.
        config.set("unix-command.enabled=yes")?;
        config.set("engine.init-failure-fatal=yes")?;
        if !path.as_os_str().is_empty() {
            config.set(&format!("unix-command.filename={}", path.display()))?;
        }
    }
    let snort = given.is_some_and(is_snort_conf);
    let writes_files = args.output.log_dir.is_some() || (given.is_some() && !snort);
    let mut sources = sources(args, &config, given.is_none(), rule_files);
    sources.texts.extend(inline);
    Ok(Configuration {
        config,
        sources,
        writes_files,
    })
}

fn built_in() -> Result<Config, Failure> {
    Ok(Config::from_text("tapir.yaml (built in)", BUILT_IN)?)
}

/// A file named `*.conf`: Snort's, or at least no YAML.
fn is_snort_conf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "conf")
}

struct SnortConf {
    assignments: Vec<String>,
    rule_files: Vec<String>,
    inline: Option<(String, Vec<u8>)>,
}

fn snort_conf(path: &Path) -> Result<SnortConf, Failure> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let conf = tapir_rules::side::read_snort_conf(path, &read)?;
    let mut assignments = Vec::new();
    for (group, variables) in [
        ("address-groups", &conf.addresses),
        ("port-groups", &conf.ports),
    ] {
        assignments.extend(
            variables
                .iter()
                .map(|(name, text)| format!("vars.{group}.{name}={text}")),
        );
    }
    for (key, file) in [
        ("classification-file", &conf.classification),
        ("reference-config-file", &conf.reference),
        ("threshold-file", &conf.threshold),
    ] {
        assignments.extend(file.iter().map(|file| format!("{key}={}", file.display())));
    }
    for missing in &conf.missing {
        tracing::warn!("{}: {missing}", path.display());
    }
    for (line, text) in &conf.ignored {
        tracing::debug!("{}:{line}: no use for `{text}`", path.display());
    }
    let inline = (!conf.inline_rules.is_empty()).then(|| {
        (
            path.display().to_string(),
            conf.inline_rules.join("\n").into_bytes(),
        )
    });
    let rule_files = conf
        .rule_files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Ok(SnortConf {
        assignments,
        rule_files,
        inline,
    })
}

/// Which rules to load. `-S` and `-R` replace all others, `-S +FILE` and `-s` add.
fn sources(
    args: &Args,
    config: &Config,
    built_in: bool,
    mut rule_files: Vec<String>,
) -> RuleSources {
    let rules = &args.rules;
    let exclusive: Vec<String> = rules
        .exclusive
        .iter()
        .filter(|name| !name.starts_with('+'))
        .chain(&rules.snort)
        .cloned()
        .collect();
    let added = rules
        .exclusive
        .iter()
        .filter_map(|name| name.strip_prefix('+'))
        .map(str::to_owned);
    let added = added.chain(rules.additional.iter().cloned());
    let mut sources = RuleSources {
        dialect: rules.dialect.map(|dialect| match dialect {
            DialectArg::Suricata => Dialect::Suricata,
            DialectArg::Snort2 => Dialect::Snort2,
            DialectArg::Snort3 => Dialect::Snort3,
        }),
        disabled: rules.disable_detection,
        keeps_trees: rules.engine_analysis,
        firewall: (!rules.firewall.is_empty()).then(|| rules.firewall.clone()),
        ..RuleSources::default()
    };
    if !exclusive.is_empty() {
        sources.paths = exclusive;
    } else {
        let folder = PathBuf::from(config.root.text_at("default-rule-path", ""));
        if let Some(files) = config.root.get("rule-files") {
            let names = files
                .items()
                .into_iter()
                .filter_map(tapir_config::Node::text);
            let paths = names.map(|name| folder.join(name));
            // A firewall may well do without rules that find threats.
            let paths = paths.filter(|path| rules.firewall.is_empty() || path.exists());
            rule_files.extend(paths.map(|path| path.display().to_string()));
        }
        if built_in && rule_files.is_empty() {
            sources.texts = SHIPPED
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.to_vec()))
                .collect();
        }
        sources.paths = rule_files;
    }
    sources.paths.extend(added);
    sources
}

/// How the run differs from what the configuration says.
pub(crate) fn run_options(args: &Args, config: &Config, live: bool) -> RunOptions {
    let single = args.run.runmode.as_deref() == Some("single");
    RunOptions {
        live,
        workers: args.run.workers.or(single.then_some(1)),
        prevention: args.run.simulate_ips
            || config
                .root
                .get("stream.inline-mode")
                .is_some_and(|node| node.text() == Some("yes")),
        firewall: !args.rules.firewall.is_empty(),
        checksums: args.run.checksums.map(|mode| match mode {
            ChecksumArg::All => ChecksumMode::Verify,
            ChecksumArg::None => ChecksumMode::Ignore,
        }),
        log_dir: args.output.log_dir.clone(),
    }
}

/// The form in which alerts are printed; without any other output, one line each.
pub(crate) fn alert_form(args: &Args, writes_files: bool) -> AlertForm {
    args.output.alerts.unwrap_or(if writes_files {
        AlertForm::None
    } else {
        AlertForm::Console
    })
}

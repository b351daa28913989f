//! What rules depend on besides their own text: variables, files beside them, limits.

use std::path::{Path, PathBuf};

use tapir_config::{ConfigError, Node};
use tapir_detect::{
    ActionClass, ActionOrder, DEFAULT_MAX_ALERTS, DataSetConfig, DataSetDefinition,
};
use tapir_rules::Dialect;
use tapir_rules::tree::DataKind;

use super::grouping::{PortGrouping, grouping};
use super::variables::group;

/// Where rules come from.
#[derive(Debug, Clone, Default)]
pub struct RuleSources {
    /// Files, folders and patterns, in the order in which they are read.
    pub paths: Vec<String>,
    /// The same for rules of the firewall; those of the configuration without any.
    pub firewall: Option<Vec<String>>,
    /// Texts that lie in no file: name and content.
    pub texts: Vec<(String, Vec<u8>)>,
    /// The dialect of all of them; recognised by the content without one.
    pub dialect: Option<Dialect>,
    /// Whether no rules are loaded at all.
    pub disabled: bool,
    /// Whether rules are also kept as they were written, for [`write_analysis`](crate::write_analysis).
    pub keeps_trees: bool,
}

/// What rules depend on besides their own text.
#[derive(Debug, Clone)]
pub struct DetectSettings {
    /// Address variables: name and text.
    pub addresses: Vec<(String, String)>,
    /// Port variables: name and text.
    pub ports: Vec<(String, String)>,
    /// `classification-file`.
    pub classification: Option<PathBuf>,
    /// `reference-config-file`.
    pub reference: Option<PathBuf>,
    /// `threshold-file`.
    pub threshold: Option<PathBuf>,
    /// `reputation-categories-file`.
    pub reputation_categories: Option<PathBuf>,
    /// `reputation-files`, below `default-reputation-path`.
    pub reputation_files: Vec<PathBuf>,
    /// `geoip-database`.
    pub geoip_database: Option<PathBuf>,
    /// `action-order`.
    pub action_order: ActionOrder,
    /// `packet-alert-max`.
    pub max_alerts: usize,
    /// Whether rules that look at packets name the only transaction there is: `detect.guess-applayer-tx`.
    pub guess_transactions: bool,
    /// `detect.flowbits.max-per-signature`.
    pub max_flowbits: Option<u32>,
    /// Data sets.
    pub data_sets: DataSetConfig,
    /// Limits of one regular expression: `pcre.match-limit` and `pcre.match-limit-recursion`.
    pub pcre_limits: [u32; 2],
    /// How an analysis groups rules by port.
    pub grouping: PortGrouping,
    /// `rule-files` below `default-rule-path`.
    pub rule_files: Vec<String>,
}

pub(super) fn detect(root: &Node) -> Result<DetectSettings, ConfigError> {
    let file = |key: &str| root.get(key).and_then(Node::text).map(PathBuf::from);
    let pairs = |name: &str| {
        group(root, name)
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect()
    };
    let list = |key: &str, folder: &str| -> Vec<PathBuf> {
        let folder = Path::new(root.text_at(folder, "")).to_owned();
        let items = root.get(key).map(Node::items).unwrap_or_default();
        items
            .into_iter()
            .filter_map(Node::text)
            .map(|name| folder.join(name))
            .collect()
    };
    let max_alerts: usize = root.number_at("packet-alert-max", DEFAULT_MAX_ALERTS)?;
    Ok(DetectSettings {
        addresses: pairs("vars.address-groups"),
        ports: pairs("vars.port-groups"),
        classification: file("classification-file"),
        reference: file("reference-config-file"),
        threshold: file("threshold-file"),
        reputation_categories: file("reputation-categories-file"),
        reputation_files: list("reputation-files", "default-reputation-path"),
        geoip_database: file("geoip-database"),
        action_order: action_order(root)?,
        max_alerts: if max_alerts == 0 {
            DEFAULT_MAX_ALERTS
        } else {
            max_alerts
        },
        guess_transactions: root.bool_at("detect.guess-applayer-tx", false)?,
        max_flowbits: max_flowbits(root)?,
        data_sets: data_sets(root)?,
        pcre_limits: [
            root.number_at("pcre.match-limit", 3500)?,
            root.number_at("pcre.match-limit-recursion", 1500)?,
        ],
        grouping: grouping(root)?,
        rule_files: list("rule-files", "default-rule-path")
            .into_iter()
            .map(|path| path.display().to_string())
            .collect(),
    })
}

fn max_flowbits(root: &Node) -> Result<Option<u32>, ConfigError> {
    const KEY: &str = "detect.flowbits.max-per-signature";
    match root.get(KEY) {
        Some(_) => root.number_at(KEY, 0).map(Some),
        None => Ok(None),
    }
}

fn action_order(root: &Node) -> Result<ActionOrder, ConfigError> {
    let Some(node) = root.get("action-order") else {
        return Ok(ActionOrder::default());
    };
    let wrong = || {
        ConfigError::value(
            node,
            "action-order",
            "pass, drop, reject and alert, each once",
        )
    };
    let classes: Option<Vec<ActionClass>> = node
        .items()
        .into_iter()
        .map(|item| match item.text()? {
            "pass" => Some(ActionClass::Pass),
            "drop" => Some(ActionClass::Drop),
            "reject" => Some(ActionClass::Reject),
            "alert" => Some(ActionClass::Alert),
            _ => None,
        })
        .collect();
    classes
        .and_then(|classes| <[ActionClass; 4]>::try_from(classes).ok())
        .and_then(ActionOrder::new)
        .ok_or_else(wrong)
}

fn data_sets(root: &Node) -> Result<DataSetConfig, ConfigError> {
    let data_dir = PathBuf::from(root.text_at("default-data-dir", "."));
    let mut config = DataSetConfig {
        load_dir: data_dir.clone(),
        state_dir: data_dir,
        memcap: root.size_at("datasets.defaults.memcap", 0)?,
        allow_absolute: root.bool_at("datasets.rules.allow-absolute-filenames", false)?,
        deny_write: !root.bool_at("datasets.rules.allow-write", true)?,
        defined: Vec::new(),
    };
    let Some(section) = root.get("datasets") else {
        return Ok(config);
    };
    for (name, node) in section.entries() {
        if matches!(name, "defaults" | "limits" | "rules") {
            continue;
        }
        let kind = node.parsed_at(
            "type",
            None,
            "string, md5, sha256, ipv4, ip or the like",
            |text| DataKind::from_name(text).map(Some),
        )?;
        let Some(kind) = kind else { continue };
        let path = |key: &str| node.get(key).and_then(Node::text).map(PathBuf::from);
        config.defined.push(DataSetDefinition {
            name: name.to_owned(),
            kind,
            load: path("load"),
            state: path("state"),
            memcap: node.parsed_at("memcap", None, "a size such as 10mb", |text| {
                tapir_config::parse_size(text).map(Some)
            })?,
        });
    }
    Ok(config)
}

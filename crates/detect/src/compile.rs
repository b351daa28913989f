//! From rule trees to a rule set.

mod filing;
mod frame;
mod hook;
mod kind;
mod lists;
mod rule;
mod state;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tapir_rules::tree::{AddressExpr, Opt, OptionKind, PortExpr, RuleDirection};
use tapir_rules::{Rule as Tree, SourceId};

use crate::address_set::AddressInterner;
use crate::data_set::{DataSetConfig, DataSetUse, DataSets};
use crate::error::{CompileError, CompileErrorKind};
use crate::firewall::FirewallConfig;
use crate::frame as frame_rules;
use crate::header::AddressKnowledge;
use crate::ip_only::IpOnly;
use crate::names::Names;
use crate::order::{ActionOrder, OrderKey};
use crate::port_set::PortInterner;
use crate::prefilter::Prefilter;
use crate::rule::{Rule, RuleKind};
use crate::rule_id::RuleId;
use crate::rule_set::RuleSet;
use crate::transaction;

/// A class of attack, from `classification.config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class<'c> {
    /// Its text for people.
    pub description: &'c str,
    /// Its priority.
    pub priority: u32,
}

/// All that rules depend on besides their own text.
///
/// It is made of questions rather than tables: whoever has read the configuration answers them.
pub struct CompileConfig<'c> {
    /// What an address variable stands for; the name comes without its dollar.
    pub addresses: &'c dyn Fn(&str) -> Option<&'c AddressExpr>,
    /// What a port variable stands for.
    pub ports: &'c dyn Fn(&str) -> Option<&'c PortExpr>,
    /// A class of attack by its short name.
    pub class: &'c dyn Fn(&str) -> Option<Class<'c>>,
    /// The text of a source of rules.
    pub source: &'c dyn Fn(SourceId) -> &'c str,
    /// The directory that a source of rules lies in, if it is a file.
    pub directory: &'c dyn Fn(SourceId) -> Option<&'c Path>,
    /// Which actions come first.
    pub action_order: ActionOrder,
    /// How many alerts one packet may raise.
    pub max_alerts: usize,
    /// Whether rules that look at packets name the only transaction there is: `guess-applayer-tx`.
    pub guess_transactions: bool,
    /// Where data sets are, and how large they may be.
    pub data_sets: DataSetConfig,
    /// Limits on alerts from `threshold.config`.
    pub thresholds: &'c [ConfiguredThreshold],
    /// Countries and reputations of addresses, for `geoip` and `iprep`.
    pub known: &'c AddressKnowledge,
    /// Names of the features that `requires` may ask for.
    pub features: &'c [&'c str],
    /// The firewall, where there is one.
    pub firewall: Option<FirewallConfig<'c>>,
    /// The rule set that this one takes over from: names keep their numbers and data sets their content.
    pub previous: Option<&'c RuleSet>,
}

use hook::FirewallBuilder;
use rule::app_proto;

pub use filing::fast_pattern;
pub use lists::{ConfiguredKind, ConfiguredThreshold};

/// How many alerts one packet may raise unless the configuration says otherwise.
pub const DEFAULT_MAX_ALERTS: usize = 15;

/// What became of the rules of a compilation.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many rules are in force.
    pub loaded: usize,
    /// Data sets of the configuration that could not be read.
    pub data_set_error: Option<String>,
    /// Rules that are wrong: their places in the list compiled, and why.
    pub refused: Vec<(usize, CompileError)>,
    /// How many rules use a keyword that is not evaluated, by keyword.
    pub left_out: BTreeMap<String, usize>,
    /// How many rules ask, with `requires`, for what is not there.
    pub skipped: usize,
}

/// What is being collected while rules are compiled.
pub(crate) struct Workshop<'w> {
    config: &'w CompileConfig<'w>,
    addresses: AddressInterner<'w>,
    ports: PortInterner<'w>,
    pub(crate) names: Names,
    data_sets: DataSets,
}

/// A rule on its way into the set.
struct Draft {
    key: OrderKey,
    rule: Rule,
    filing: filing::Draft,
    meta: crate::meta::RuleMeta,
    /// The rule with its sides exchanged, of a rule for both ways.
    twin: Option<Rule>,
}

static GENERATIONS: AtomicU32 = AtomicU32::new(1);

impl RuleSet {
    /// Compiles rules. Those that cannot be compiled are left out, and the report says which and why.
    pub fn compile<'c>(trees: &[Tree], config: &'c CompileConfig<'c>) -> (Arc<RuleSet>, Report) {
        let (data_sets, data_set_error) = DataSets::new(
            config.data_sets.clone(),
            config.previous.map(|previous| &previous.data_sets),
        );
        let mut report = Report {
            data_set_error,
            ..Report::default()
        };
        let mut workshop = Workshop {
            config,
            addresses: AddressInterner::new(config.addresses),
            ports: PortInterner::new(config.ports),
            names: config
                .previous
                .map(|previous| previous.names.clone())
                .unwrap_or_default(),
            data_sets,
        };
        let mut drafts = Vec::with_capacity(trees.len());
        for (place, tree) in trees.iter().enumerate().filter(|(_, tree)| tree.enabled) {
            match workshop.draft(tree) {
                Ok(Some(draft)) => {
                    report.loaded += 1;
                    drafts.push(draft);
                }
                Ok(None) => report.skipped += 1,
                Err(error) => match error.kind {
                    CompileErrorKind::Refused => report.refused.push((place, error)),
                    CompileErrorKind::NotEvaluated { keyword } => {
                        *report.left_out.entry(keyword).or_default() += 1
                    }
                },
            }
        }
        drafts.sort_by_key(|draft| draft.key);
        (Arc::new(workshop.assemble(drafts)), report)
    }
}

impl Workshop<'_> {
    fn draft(&mut self, tree: &Tree) -> Result<Option<Draft>, CompileError> {
        if !rule::meets_requirements(tree, self.config.features) {
            return Ok(None);
        }
        let (rule, filing) = rule::compile(self, tree, false)?;
        let meta = lists::meta(tree, self.config);
        let key = if rule.firewall.is_some() {
            OrderKey::FIRST
        } else {
            OrderKey::of(tree, meta.priority, self.config.action_order)
        };
        let both_ways =
            tree.header.direction == RuleDirection::Either && rule.head.reversed() != rule.head;
        let twin = if both_ways {
            Some(rule::compile(self, tree, true)?.0)
        } else {
            None
        };
        Ok(Some(Draft {
            key,
            rule,
            filing,
            meta,
            twin,
        }))
    }

    /// The use that an option makes of a data set.
    fn data_set(&mut self, tree: &Tree, option: &Opt) -> Result<DataSetUse, CompileError> {
        let beside = (self.config.directory)(tree.source);
        let used = match &option.kind {
            OptionKind::Dataset(asked) => self.data_sets.open(asked, beside),
            OptionKind::Datarep(asked) => self.data_sets.open_reputation(asked, beside),
            _ => Err("no data set".into()),
        };
        used.map_err(|refusal| {
            CompileError::refused(option.span.range(), refusal.message).says(refusal.sentence)
        })
    }

    fn assemble(self, drafts: Vec<Draft>) -> RuleSet {
        let mut firewall = self.config.firewall.as_ref().map(FirewallBuilder::new);
        let (addresses, ports) = (self.addresses.finish(), self.ports.finish());
        let mut rules: Vec<Rule> = Vec::with_capacity(drafts.len());
        let mut filings = Vec::with_capacity(drafts.len());
        let mut metas = Vec::with_capacity(drafts.len());
        let mut ip_only = Vec::new();
        let mut transactions = Vec::new();
        let mut frames = Vec::new();
        let mut file = |rules: &mut Vec<Rule>, rule: Rule, filing: &filing::Draft| {
            let id = RuleId(rules.len() as u32);
            match (&rule.firewall, rule.kind) {
                (Some(part), _) => {
                    if let Some(firewall) = &mut firewall {
                        firewall.add(id, part);
                    }
                }
                (None, RuleKind::IpOnly) => ip_only.push((id, rule.head)),
                (None, _) if rule.frame.is_some() => frames.extend(filing.file_frame(id, &rule)),
                (None, RuleKind::AppTransaction) => {
                    transactions.extend(filing.file_transaction(id, &rule))
                }
                (None, _) => filings.push(filing.file(id, &rule, &ports)),
            }
            rules.push(rule);
        };
        for mut draft in drafts {
            draft.rule.meta = metas.len() as u32;
            draft.rule.settle_data_sets(&self.data_sets);
            file(&mut rules, draft.rule, &draft.filing);
            if let Some(mut twin) = draft.twin {
                twin.meta = metas.len() as u32;
                twin.settle_data_sets(&self.data_sets);
                file(&mut rules, twin, &draft.filing);
            }
            metas.push(draft.meta);
        }
        let tagging = |(place, rule): (usize, &Rule)| {
            let tags = rule
                .response
                .as_ref()
                .is_some_and(|response| !response.host_tags.is_empty());
            tags.then_some(RuleId(place as u32))
        };
        let firewall = firewall.map(|builder| Box::new(builder.build(&mut rules, &mut metas)));
        RuleSet {
            firewall,
            prefilter: Prefilter::new(&filings),
            transactions: transaction::Prefilter::new(transactions),
            frames: frame_rules::Prefilter::new(frames),
            ip_only: IpOnly::new(&ip_only, &addresses),
            host_tagging: rules.iter().enumerate().filter_map(tagging).collect(),
            entangled: rules.iter().any(Rule::is_entangled),
            rules: rules.into(),
            metas: metas.into(),
            addresses,
            ports,
            names: self.names,
            data_sets: self.data_sets,
            generation: GENERATIONS.fetch_add(1, Ordering::Relaxed),
            max_alerts: self.config.max_alerts,
            guess_transactions: self.config.guess_transactions,
        }
    }
}

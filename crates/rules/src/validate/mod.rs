//! What Suricata refuses in a rule that reads well: contradictions between its options.

mod buffers;
mod direction;
mod protocol;
mod size;

use crate::Dialect;
use crate::diagnostic::{Code, Problem, Problems, Severity};
use crate::keywords::{flow, windows};
use crate::load::{DataSetFiles, Environment};
use crate::sentence;
use crate::tree::{Action, BitAction, OptionKind, Rule};

/// Checks a rule; errors refuse it.
pub(crate) fn validate(rule: &Rule, environment: &Environment, problems: &mut Problems) {
    if rule.dialect != Dialect::Suricata {
        return;
    }
    buffers::check(rule, problems);
    buffers::check_variables(rule, problems);
    size::check(rule, problems);
    protocol::check(rule, problems);
    direction::check(rule, problems);
    flowbits(rule, problems);
    data_set_files(rule, environment.data_set_files, problems);
    if let Some(most) = environment.max_flowbits {
        count_flowbits(rule, most, problems);
    }
    singles(rule, problems);
}

/// Tests of one bit that exclude each other, and commands that do nothing beside a test.
fn flowbits(rule: &Rule, problems: &mut Problems) {
    let bits = rule.options.iter().filter_map(|option| match &option.kind {
        OptionKind::FlowBits(bits) => Some((option, bits)),
        _ => None,
    });
    let bits: Vec<_> = bits.collect();
    for (at, (option, later)) in bits.iter().enumerate() {
        for (_, earlier) in &bits[..at] {
            let Some(name) = later.names.iter().find(|name| earlier.names.contains(name)) else {
                continue;
            };
            if earlier.names.len() > 1 || later.names.len() > 1 {
                continue;
            }
            use BitAction::{IsNotSet, IsSet, Set, Toggle, Unset};
            let pair = (earlier.action, later.action);
            let severity = match pair {
                (IsSet, IsNotSet)
                | (IsNotSet, IsSet)
                | (Set, Toggle)
                | (Toggle, Set)
                | (Unset, Toggle)
                | (Toggle, Unset) => Severity::Error,
                (IsSet, Set)
                | (Set, IsSet)
                | (IsNotSet, Unset)
                | (Unset, IsNotSet)
                | (Set, Unset)
                | (Unset, Set) => Severity::Warning,
                _ => continue,
            };
            let message = match severity {
                Severity::Error => format!("what the rule does with `{name}` excludes itself"),
                _ => {
                    format!("one of the two things that the rule does with `{name}` has no effect")
                }
            };
            problems.push(
                Problem::new(Code::Contradiction, option.span, message)
                    .severity(severity)
                    .says(sentence::flowbits(
                        severity == Severity::Error,
                        pair.0,
                        pair.1,
                    )),
            );
        }
    }
}

/// Refuses a rule that names a file for a data set which it may not write.
fn data_set_files(rule: &Rule, allowed: DataSetFiles, problems: &mut Problems) {
    for option in &rule.options {
        let files = match &option.kind {
            OptionKind::Dataset(set) => [&set.save, &set.state],
            OptionKind::Datarep(rep) => [&None, &rep.state],
            _ => continue,
        };
        for file in files.into_iter().flatten() {
            let (message, sentence) = if allowed.denied {
                (
                    "rules that save data sets are disabled",
                    sentence::data_set_writes_disabled(),
                )
            } else if file.split(['/', '\\']).any(|part| part == "..") {
                (
                    "a rule may not leave the data directory",
                    sentence::data_set_outside(file),
                )
            } else if file.starts_with('/') && !allowed.absolute {
                (
                    "a rule may not name a file by an absolute path",
                    sentence::data_set_absolute(file),
                )
            } else {
                continue;
            };
            problems.push(Problem::new(Code::BadPath, option.span, message).says(sentence));
        }
    }
}

/// Refuses a rule with more flowbits than the configuration allows.
fn count_flowbits(rule: &Rule, most: u32, problems: &mut Problems) {
    let bits = rule
        .options
        .iter()
        .filter(|option| matches!(option.kind, OptionKind::FlowBits(_)));
    if let Some(option) = bits.clone().nth(most as usize) {
        let message = format!("{} flowbits are more than the {most} allowed", bits.count());
        problems.push(
            Problem::new(Code::OutOfRange, option.span, message)
                .says(sentence::too_many_flowbits(rule.sid, most)),
        );
    }
}

/// Options that do not bear company of their own or of another kind.
fn singles(rule: &Rule, problems: &mut Problems) {
    let mut versions = 0;
    if rule.action == Action::Accept
        && let Some(option) = rule.options.iter().find(|option| matches!(&option.kind, OptionKind::Content(content) if content.replace.is_some()))
    {
        problems.push(Problem::new(Code::Contradiction, option.span, "keyword 'replace' is not allowed in firewall mode"));
    }
    for (at, option) in rule.options.iter().enumerate() {
        if option.keyword == windows::SMB_VERSION {
            versions += 1;
            if versions == 2 {
                problems.push(
                    Problem::new(
                        Code::Repeated,
                        option.span,
                        "the rule has a `smb.version` already",
                    )
                    .says(sentence::repeated_option("smb.version")),
                );
            }
        }
        if option.keyword == crate::keywords::meta::PREFILTER && at > 0 {
            let before = &rule.options[at - 1];
            let several = matches!(&before.kind, OptionKind::AppLayerProtocol(protocols) if protocols.names.len() > 1);
            if before.keyword == flow::APP_LAYER_PROTOCOL && several {
                problems.push(
                    Problem::new(
                        Code::BadArgument,
                        option.span,
                        "several protocols cannot decide first",
                    )
                    .says(sentence::prefilter_of_list("app-layer-protocol")),
                );
            }
        }
    }
}

//! What is different between two sets of rules.

use std::collections::BTreeMap;

use crate::tree::OptionKind;
use crate::{Rule, RuleFile};

/// A rule that is not the same in both sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its group.
    pub gid: u32,
    /// Its number.
    pub sid: u32,
    /// Its message, the newer one.
    pub msg: String,
    /// File and line in the old set.
    pub old: Option<(String, u32)>,
    /// File and line in the new set.
    pub new: Option<(String, u32)>,
    /// What is different; empty for a rule that is in one of the sets only.
    pub aspects: Vec<Aspect>,
}

/// In what a rule differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Aspect {
    /// No longer commented out.
    Enabled,
    /// Commented out now.
    Disabled,
    /// In another file.
    Moved,
    /// The revision, before and after.
    Revision(u32, u32),
    /// The message, before and after.
    Message(String, String),
    /// Action and header, before and after.
    Header(String, String),
    /// Options that are gone, and that are new.
    Options(Vec<String>, Vec<String>),
    /// References, class and metadata that are gone, and that are new.
    Metadata(Vec<String>, Vec<String>),
    /// The same options in another order.
    Order,
    /// The same rule in another spelling.
    Spelling,
}

impl Difference {
    /// Whether the rule detects something else than before.
    pub fn is_changed(&self) -> bool {
        let place =
            |aspect: &Aspect| matches!(aspect, Aspect::Enabled | Aspect::Disabled | Aspect::Moved);
        self.aspects.iter().any(|aspect| !place(aspect))
    }

    /// Whether it changed, and only in what it says of itself.
    pub fn is_metadata_only(&self) -> bool {
        let body = |aspect: &Aspect| {
            matches!(
                aspect,
                Aspect::Header(..) | Aspect::Options(..) | Aspect::Order | Aspect::Spelling
            )
        };
        self.is_changed() && !self.aspects.iter().any(body)
    }
}

/// A rule with the set it is of.
type Known<'a> = (&'a RuleFile, &'a Rule);

/// Compares two sets, rule by rule, in the order of their numbers; with `spelling` also how they are written.
///
/// Rules that are commented out count when the sets were loaded with them.
pub fn differences(old: &RuleFile, new: &RuleFile, spelling: bool) -> Vec<Difference> {
    let mut pairs: BTreeMap<(u32, u32), [Option<Known<'_>>; 2]> = BTreeMap::new();
    for (side, file) in [old, new].into_iter().enumerate() {
        for rule in &file.rules {
            let slot = &mut pairs.entry((rule.gid, rule.sid)).or_default()[side];
            // Of several with one number the one in force counts, or the newest.
            let better = slot
                .is_none_or(|(_, known)| (rule.enabled, rule.rev) >= (known.enabled, known.rev));
            if better {
                *slot = Some((file, rule));
            }
        }
    }
    pairs
        .into_iter()
        .filter_map(|((gid, sid), [old, new])| {
            let aspects = match (old, new) {
                (Some(old), Some(new)) => {
                    let aspects = aspects(old, new, spelling);
                    if aspects.is_empty() {
                        return None;
                    }
                    aspects
                }
                _ => Vec::new(),
            };
            Some(Difference {
                gid,
                sid,
                msg: new.or(old).map_or("", |(_, rule)| rule.msg()).to_owned(),
                old: old.map(place),
                new: new.map(place),
                aspects,
            })
        })
        .collect()
}

fn place((file, rule): Known<'_>) -> (String, u32) {
    let name = file.source(rule.source).map_or("", |source| &*source.name);
    (name.to_owned(), rule.line)
}

fn aspects(old: Known<'_>, new: Known<'_>, spelling: bool) -> Vec<Aspect> {
    let mut all = Vec::new();
    let (was, is) = (old.1, new.1);
    match (was.enabled, is.enabled) {
        (true, false) => all.push(Aspect::Disabled),
        (false, true) => all.push(Aspect::Enabled),
        _ => {}
    }
    if place(old).0 != place(new).0 {
        all.push(Aspect::Moved);
    }
    if was.rev != is.rev {
        all.push(Aspect::Revision(was.rev, is.rev));
    }
    let texts = (old.0.text(was), new.0.text(is));
    if texts.0 == texts.1 && was.dialect == is.dialect {
        return all;
    }
    if !was.means_the_same(is) {
        all.extend(contents(was, is));
    } else if spelling {
        all.push(Aspect::Spelling);
    }
    all
}

/// Parts of a rule: its options by what they are about.
struct Sorted {
    body: Vec<String>,
    meta: Vec<String>,
}

fn sorted(rule: &Rule, dialect: crate::Dialect) -> Sorted {
    let of = |meta: bool| {
        let mut part = rule.clone();
        part.options.retain(|option| match option.kind {
            OptionKind::Msg(_) | OptionKind::Sid(_) | OptionKind::Gid(_) | OptionKind::Rev(_) => {
                false
            }
            OptionKind::Reference(_) | OptionKind::Classtype(_) | OptionKind::Metadata(_) => meta,
            _ => !meta,
        });
        part.written_options(dialect)
            .into_iter()
            .map(|text| text.trim_end_matches(';').trim_end().to_owned())
            .collect()
    };
    Sorted {
        body: of(false),
        meta: of(true),
    }
}

fn contents(was: &Rule, is: &Rule) -> Vec<Aspect> {
    let mut all = Vec::new();
    if was.msg() != is.msg() {
        all.push(Aspect::Message(was.msg().into(), is.msg().into()));
    }
    let (before, after) = (was.head(), is.head());
    if before != after {
        all.push(Aspect::Header(before, after));
    }
    let (before, after) = (sorted(was, is.dialect), sorted(is, is.dialect));
    let (gone, come) = without_common(&before.body, &after.body);
    if !gone.is_empty() || !come.is_empty() {
        all.push(Aspect::Options(gone, come));
    } else if before.body != after.body {
        all.push(Aspect::Order);
    }
    let (gone, come) = without_common(&before.meta, &after.meta);
    if !gone.is_empty() || !come.is_empty() {
        all.push(Aspect::Metadata(gone, come));
    }
    all
}

/// What only the first list has, and what only the second; an option that stands twice counts twice.
fn without_common(before: &[String], after: &[String]) -> (Vec<String>, Vec<String>) {
    let mut come: Vec<String> = after.to_vec();
    let mut gone = Vec::new();
    for text in before {
        match come.iter().position(|other| other == text) {
            Some(at) => drop(come.remove(at)),
            None => gone.push(text.clone()),
        }
    }
    (gone, come)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoadOptions, Source, load};

    fn set(files: &[(&str, &str)]) -> RuleFile {
        let sources = files
            .iter()
            .map(|(name, text)| Source::new(*name, text.as_bytes()))
            .collect();
        let options = LoadOptions {
            disabled: true,
            ..LoadOptions::default()
        };
        load(sources, &options)
    }

    fn rule(sid: u32, rest: &str) -> String {
        format!("alert tcp any any -> any any (msg:\"m\"; {rest} sid:{sid};)\n")
    }

    fn aspects_of(old: &str, new: &str) -> Vec<Aspect> {
        let found = differences(&set(&[("a", old)]), &set(&[("a", new)]), false);
        found.into_iter().flat_map(|one| one.aspects).collect()
    }

    #[test]
    fn spelling_alone_is_no_difference() {
        let (old, new) = (rule(1, "content:\"|41|\";"), rule(1, "content:\"A\";"));
        assert_eq!(aspects_of(&old, &new), []);
        let found = differences(&set(&[("a", &old)]), &set(&[("a", &new)]), true);
        assert_eq!(found[0].aspects, [Aspect::Spelling]);
    }

    #[test]
    fn each_aspect_is_told() {
        let plain = rule(1, "");
        assert_eq!(aspects_of(&plain, &format!("#{plain}")), [Aspect::Disabled]);
        assert_eq!(
            aspects_of(&plain, &rule(1, "ttl:5;")),
            [Aspect::Options(vec![], vec!["ttl:5".into()])]
        );
        assert_eq!(
            aspects_of(&rule(1, "rev:1;"), &rule(1, "rev:2; classtype:x;")),
            [
                Aspect::Revision(1, 2),
                Aspect::Metadata(vec![], vec!["classtype:x".into()])
            ]
        );
        let ordered = |a: &str, b: &str| rule(1, &format!("content:\"{a}\"; content:\"{b}\";"));
        assert_eq!(
            aspects_of(&ordered("a", "b"), &ordered("b", "a")),
            [Aspect::Order]
        );
        assert_eq!(
            aspects_of(&plain, &plain.replace("any (", "80 (")),
            [Aspect::Header(
                "alert tcp any any -> any any".into(),
                "alert tcp any any -> any 80".into()
            )]
        );
    }

    #[test]
    fn rules_come_go_and_move() {
        let (one, two, three) = (rule(1, ""), rule(2, ""), rule(3, ""));
        let old = set(&[("a", &(one + &two)), ("b", "")]);
        let new = set(&[("a", &three), ("b", &two)]);
        let found = differences(&old, &new, false);
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.sid,
                    one.old.is_some(),
                    one.new.is_some(),
                    one.aspects.len(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [(1, true, false, 0), (2, true, true, 1), (3, false, true, 0)]
        );
        assert_eq!(found[1].aspects, [Aspect::Moved]);
    }
}

//! Cases in Markdown: headings make sections, blocks of code say what is in them.

use std::ops::Range;
use std::path::Path;

use tapir_rules::Source;

use crate::case::{Case, RuleKey};
use crate::expect::expectations;
use crate::mistake::{Mistake, Read};
use crate::notation::{Scanner, beside, lines, traffic};

/// A stretch of the file under one heading.
#[derive(Debug, Default)]
struct Section {
    /// The heading's text; empty before the first one.
    name: String,
    /// How many `#` its heading has.
    level: usize,
    /// The heading in the file.
    span: Range<usize>,
    /// Place of the section that this one is part of.
    parent: Option<usize>,
    rules: Vec<Range<usize>>,
    traffic: Vec<Range<usize>>,
    expect: Vec<Range<usize>>,
    /// Files of rules that it names.
    files: Vec<String>,
    /// Settings that it changes.
    set: Vec<String>,
}

/// Whether a text has blocks of a case.
pub(crate) fn has_cases(text: &str) -> bool {
    text.lines().any(|line| {
        matches!(
            fence(line).map(|(_, word)| word),
            Some("traffic" | "expect")
        )
    })
}

/// Reads the cases of a file, each a case or what is wrong with it.
pub(crate) fn cases(path: &Path, text: &str) -> (Source, Vec<Read<Case>>) {
    let name = path.display().to_string();
    let source = Source::new(name.as_str(), text.as_bytes());
    let folder = path.parent().unwrap_or(Path::new(""));
    let cases = match sections(text, folder) {
        Err(mistake) => vec![Err(mistake)],
        Ok(sections) => (0..sections.len())
            .filter_map(|at| case(path, &source, text, (&sections, at)).transpose())
            .collect(),
    };
    (source, cases)
}

/// The mark of a fence and the first word behind it.
fn fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let first = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(first).len();
    let (mark, info) = line.split_at(length);
    let word = info.split_whitespace().next().unwrap_or_default();
    (length >= 3).then_some((mark, word))
}

fn sections(text: &str, folder: &Path) -> Read<Vec<Section>> {
    let mut sections = vec![Section::default()];
    let mut lines = lines(text, 0..text.len());
    while let Some(line) = lines.next() {
        if let Some((mark, word)) = fence(line.rest()) {
            let block = block(&mut lines, mark, &line)?;
            let section = sections.last_mut();
            let blocks = section.and_then(|section| match word {
                "rules" => Some(&mut section.rules),
                "traffic" => Some(&mut section.traffic),
                "expect" => Some(&mut section.expect),
                _ => None,
            });
            blocks
                .into_iter()
                .for_each(|blocks| blocks.push(block.clone()));
        } else if let Some((level, name)) = heading(line.rest()) {
            let mut parent = Some(sections.len() - 1);
            while let Some(above) = parent.and_then(|at| sections.get(at)) {
                if above.level < level {
                    break;
                }
                parent = above.parent;
            }
            sections.push(Section {
                name: name.to_owned(),
                level,
                span: line.line_span(),
                parent,
                ..Section::default()
            });
        } else if let Some(section) = sections.last_mut() {
            setting(line, section, folder)?;
        }
    }
    Ok(sections)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let is_one = (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(' '));
    is_one.then(|| (level, rest.trim().trim_end_matches('#').trim_end()))
}

/// The lines up to the end of a fence.
fn block<'t>(
    lines: &mut impl Iterator<Item = Scanner<'t>>,
    mark: &str,
    opening: &Scanner<'_>,
) -> Read<Range<usize>> {
    let mut start = None;
    for line in lines {
        let place = line.place();
        let start = *start.get_or_insert(place);
        let text = line.rest().trim();
        if text.starts_with(mark)
            && text
                .trim_start_matches(mark.chars().next().unwrap_or('`'))
                .is_empty()
        {
            return Ok(start..place);
        }
    }
    Err(Mistake::new(opening.line_span(), "the block does not end")
        .help(format!("close it with a line {mark}")))
}

/// `rules: FILE` and `set: KEY=VALUE`, lines of their own among the prose.
fn setting(mut line: Scanner<'_>, section: &mut Section, folder: &Path) -> Read<()> {
    let is_file = line.take("rules:");
    if !is_file && !line.take("set:") {
        return Ok(());
    }
    line.skip_spaces();
    let (value, span) = (line.rest().trim(), line.rest_span());
    if is_file {
        let path = beside(folder, value);
        let pattern = value.contains(['*', '?', '[']);
        if value.is_empty() || !(pattern || path.exists()) {
            return Err(Mistake::new(span, "there is no such file of rules")
                .label(path.display().to_string())
                .help("the path begins in the folder of this file"));
        }
        section.files.push(path.display().to_string());
    } else if value.contains('=') {
        section.set.push(value.to_owned());
    } else {
        return Err(Mistake::new(span, "this sets nothing").help(
            "write `set: KEY=VALUE`, as in `set: vars.address-groups.HOME_NET=[10.0.0.0/8]`",
        ));
    }
    Ok(())
}

fn case(
    path: &Path,
    source: &Source,
    text: &str,
    (sections, at): (&[Section], usize),
) -> Read<Option<Case>> {
    let Some(section) = sections.get(at) else {
        return Ok(None);
    };
    let first = match (section.traffic.first(), section.expect.first()) {
        (None, None) => return Ok(None),
        (Some(traffic), None) => {
            return Err(Mistake::new(
                first_line(text, traffic),
                "nothing is expected of this traffic",
            )
            .help("add a block ```expect to this section, as in `alert 1000001 once`"));
        }
        (None, Some(expect)) => {
            return Err(Mistake::new(
                first_line(text, expect),
                "there is no traffic to expect this of",
            )
            .help("add a block ```traffic to this section"));
        }
        (Some(traffic), Some(_)) => traffic,
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let place = if section.name.is_empty() {
        first.start
    } else {
        section.span.start
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Some(Case {
        file: path.to_owned(),
        name: if section.name.is_empty() {
            stem.into_owned()
        } else {
            section.name.clone()
        },
        line: line_of(source, place),
        rules: rule_key(source, text, (sections, at)),
        traffic: traffic(text, &section.traffic, folder)?,
        expected: expectations(source, text, &section.expect)?,
    }))
}

fn first_line(text: &str, block: &Range<usize>) -> Range<usize> {
    lines(text, block.clone())
        .next()
        .map_or(block.start..block.start, |line| line.line_span())
}

fn line_of(source: &Source, offset: usize) -> u32 {
    source.position(u32::try_from(offset).unwrap_or(u32::MAX)).0
}

/// The rules of a section and of all that it is part of. They keep their lines: whatever else is in the file is
/// blank.
fn rule_key(source: &Source, text: &str, (sections, at): (&[Section], usize)) -> RuleKey {
    let mut above = Vec::new();
    let mut next = Some(at);
    while let Some(section) = next.and_then(|at| sections.get(at)) {
        above.push(section);
        next = section.parent;
    }
    above.reverse();
    let mut key = RuleKey::default();
    let mut kept = String::new();
    let mut end = 0;
    for section in above {
        key.files.extend(section.files.iter().cloned());
        key.set.extend(section.set.iter().cloned());
        for block in &section.rules {
            let between = text.get(end..block.start).unwrap_or_default();
            kept.extend(between.chars().filter(|c| *c == '\n'));
            kept.push_str(text.get(block.clone()).unwrap_or_default());
            end = block.end;
        }
    }
    if end > 0 {
        key.text = Some((source.name.to_string(), kept));
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# Rules\n\n```rules\nA\n```\nset: a=b\n## One\n```traffic\nudp home -> outside:1\n> \"x\"\n```\n\
        ```expect\nno alert 1\n```\n## Two\n```rules\nB\n```\n```traffic\n```\n```expect\nnothing\n```\n\
        ```sh\n## no heading\n```\n### Three\nset: c=d\n```traffic\n```\n```expect\nnothing\n```\n";

    fn read(text: &str) -> Vec<Case> {
        let (_, cases) = cases(Path::new("x/case.md"), text);
        cases
            .into_iter()
            .map(|case| case.expect("no mistake"))
            .collect()
    }

    #[test]
    fn sections_have_the_rules_of_those_above() {
        let cases = read(FILE);
        let names: Vec<_> = cases.iter().map(|case| (&*case.name, case.line)).collect();
        assert_eq!(names, [("One", 7), ("Two", 15), ("Three", 27)]);
        let text = |at: usize| cases[at].rules.text.clone().unwrap().1;
        assert_eq!(text(0), "\n\n\nA\n");
        // The other rule stays in its line, the seventeenth.
        assert_eq!(text(1), format!("\n\n\nA\n{}B\n", "\n".repeat(12)));
        assert_eq!(text(2), text(1));
        assert_eq!(cases[2].rules.set, ["a=b", "c=d"]);
        assert_eq!(cases[0].rules.set, ["a=b"]);
    }

    #[test]
    fn a_file_without_headings_is_one_case() {
        let cases = read("~~~traffic\n~~~\n\n~~~expect\nnothing\n~~~\n");
        assert_eq!((&*cases[0].name, cases[0].line), ("case", 2));
    }

    #[test]
    fn mistakes_are_underlined() {
        let all: Vec<String> = [
            "```rules\nx",
            "# A\n```traffic\nudp home -> outside:1\n```\n",
            "# A\n```expect\nnothing\n```\n",
            "rules: nowhere.rules\n",
            "set: something\n",
            "```traffic\n```\n```expect\nalert\n```",
            "```traffic\n```\n```expect\nalert 7 twice\n```",
            "```traffic\n```\n```expect\nalert 7 at least often\n```",
            "```traffic\n```\n```expect\nno alert 1:x\n```",
            "```traffic\n```\n```expect\nalarm 7\n```",
        ]
        .iter()
        .map(|text| {
            let (source, mut cases) = cases(Path::new("case.md"), text);
            match cases.remove(0) {
                Err(mistake) => mistake.render(&source, false),
                Ok(case) => panic!("{case:?}"),
            }
        })
        .collect();
        insta::assert_snapshot!(all.join("\n\n"));
    }
}

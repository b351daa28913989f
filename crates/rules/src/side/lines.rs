//! The lines of a side file.

use crate::diagnostic::{Code, Diagnostic, Problem, Severity};
use crate::parse::arg::{Arg, decode};
use crate::{Source, SourceId};

/// Calls `read` with each line that says something, lines that end with a backslash joined, and collects what
/// it complains about.
pub(super) fn each_line(
    source: &Source,
    mut read: impl FnMut(Arg<'_>, u32) -> Result<(), Box<Problem>>,
) -> Vec<Diagnostic> {
    let text = source
        .text
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&source.text);
    let mut offset = source.text.len() - text.len();
    let (mut number, mut diagnostics) = (0u32, Vec::new());
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    while let Some(line) = lines.next() {
        number += 1;
        let (start, first) = (offset, number);
        offset += line.len();
        let mut joined = line.to_vec();
        let is_comment = line.trim_ascii_start().starts_with(b"#");
        // Only the newest line is looked at, so that many short ones cost no more than one long one.
        let mut newest = 0;
        while !is_comment && let Some(cut) = continued(&joined[newest..]) {
            // Offsets stay what they were: blanks take the place of what joins the lines.
            joined[newest + cut..].fill(b' ');
            let Some(next) = lines.next() else { break };
            number += 1;
            offset += next.len();
            newest = joined.len();
            joined.extend_from_slice(next);
        }
        let text = decode(&joined);
        let arg = Arg::new(&text, u32::try_from(start).unwrap_or(u32::MAX)).trim();
        if arg.is_empty() || arg.text.starts_with('#') {
            continue;
        }
        if let Err(problem) = read(arg, first) {
            diagnostics.push(problem.in_source(SourceId(0)));
        }
    }
    diagnostics
}

/// Where the backslash is that joins a line with the next.
fn continued(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    (line.last() == Some(&b'\\')).then(|| line.len() - 1)
}

/// A line that does not have the form of the file's lines.
pub(super) fn bad_line(arg: Arg<'_>, expected: &str) -> Box<Problem> {
    arg.problem(Code::BadLine, "this line cannot be read")
        .label(format!("expected `{expected}`"))
}

/// A line that says again what another has said.
pub(super) fn said_before(arg: Arg<'_>, name: &str) -> Box<Problem> {
    arg.problem(
        Code::Repeated,
        format!("`{name}` is there already; the first one counts"),
    )
    .severity(Severity::Warning)
}

/// The rest of a line that begins with `config KIND:`.
pub(super) fn config_line<'a>(arg: Arg<'a>, kind: &str) -> Option<Arg<'a>> {
    let (config, rest) = arg.word();
    if config.text != "config" {
        return None;
    }
    Some(rest.strip(kind)?.trim().strip(":")?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        each_line(&Source::new("test", text.as_bytes()), |arg, number| {
            found.push((
                arg.text.split_whitespace().collect::<Vec<_>>().join(" "),
                number,
            ));
            Ok(())
        });
        found
    }

    #[test]
    fn a_backslash_joins_lines_but_not_those_of_a_comment() {
        let text = "a \\\n b \\\n c\n# d \\\ne\n\\\n\\\nf\ng \\";
        let expected = [("a b c", 1), ("e", 5), ("f", 6), ("g", 9)];
        assert_eq!(
            lines(text),
            expected.map(|(text, number)| (text.to_owned(), number))
        );
    }

    #[test]
    fn half_a_million_joined_lines_are_one() {
        let text = "\\\n".repeat(500_000) + "end";
        assert_eq!(lines(&text), [("end".to_owned(), 1)]);
    }
}

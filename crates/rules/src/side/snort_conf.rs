//! `snort.conf` of Snort 2.9: its variables and what it includes.

use std::path::{Path, PathBuf};

use super::lines::each_line;
use crate::Source;
use crate::parse::arg::Arg;
use crate::tree::{AddressExpr, PortExpr};

/// What a `snort.conf` says that rules need.
#[derive(Clone, Debug, Default)]
pub struct SnortConf {
    /// `ipvar`, and `var` with an address: name and text, in the order of the file.
    pub addresses: Vec<(String, String)>,
    /// `portvar`, and `var` with ports.
    pub ports: Vec<(String, String)>,
    /// Other `var`s: paths and such, with the variables in them resolved.
    pub paths: Vec<(String, String)>,
    /// Files with rules that are included.
    pub rule_files: Vec<PathBuf>,
    /// Rules that stand in the file itself.
    pub inline_rules: Vec<String>,
    /// The included file with `config classification` lines.
    pub classification: Option<PathBuf>,
    /// The included file with `config reference` lines.
    pub reference: Option<PathBuf>,
    /// The included file with `suppress`, `event_filter` and such lines.
    pub threshold: Option<PathBuf>,
    /// Lines of no use here: file, line and first words.
    pub ignored: Vec<(u32, String)>,
    /// Included files that could not be read, and why.
    pub missing: Vec<String>,
}

/// How deep files may include others.
const MAX_DEPTH: u32 = 16;
/// Variables within variables may multiply a short text: a value grows no longer than this, in bytes.
const MAX_VALUE: usize = 4096;
/// How many files may be included.
const MAX_FILES: usize = 4096;

/// Reads a `snort.conf` and what it includes. `read` gives the bytes of a file or says why it cannot.
///
/// # Errors
/// When the file itself cannot be read. Included files that cannot be read are in [`SnortConf::missing`].
pub fn read_snort_conf(
    path: &Path,
    read: &dyn Fn(&Path) -> Result<Vec<u8>, String>,
) -> Result<SnortConf, String> {
    let text = read(path)?;
    let mut reader = Reader {
        conf: SnortConf::default(),
        read,
        files: 0,
    };
    reader.file(path, text, 0);
    Ok(reader.conf)
}

struct Reader<'a> {
    conf: SnortConf,
    read: &'a dyn Fn(&Path) -> Result<Vec<u8>, String>,
    files: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, text: Vec<u8>, depth: u32) {
        self.files += 1;
        let source = Source::new(path.display().to_string(), text);
        each_line(&source, |line, number| {
            self.line(path, line, number, depth);
            Ok(())
        });
    }

    fn line(&mut self, path: &Path, line: Arg<'_>, number: u32, depth: u32) {
        let (word, rest) = line.word();
        match word.text {
            "ipvar" | "portvar" | "var" => self.variable(word.text, rest),
            "include" => self.include(path, rest, depth),
            "config" if rest.text.starts_with("classification") => {
                self.conf.classification = Some(path.to_owned())
            }
            "config" if rest.text.starts_with("reference") => {
                self.conf.reference = Some(path.to_owned())
            }
            "suppress" | "threshold" | "event_filter" | "rate_filter" => {
                self.conf.threshold = Some(path.to_owned())
            }
            "alert" | "drop" | "pass" | "reject" | "log" | "sdrop" | "activate" | "dynamic"
                if depth == 0 =>
            {
                self.conf.inline_rules.push(line.text.to_owned());
            }
            "alert" | "drop" | "pass" | "reject" | "log" | "sdrop" => {
                if self.conf.rule_files.last().is_none_or(|last| last != path) {
                    self.conf.rule_files.push(path.to_owned());
                }
            }
            _ => {
                let shown: String = line
                    .text
                    .split_whitespace()
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ");
                self.conf.ignored.push((number, shown));
            }
        }
    }

    /// A later definition takes the place of an earlier one.
    fn variable(&mut self, word: &str, rest: Arg<'_>) {
        let (name, value) = rest.word();
        let (name, value) = (name.text.to_owned(), value.text.to_owned());
        let list = match word {
            "ipvar" => &mut self.conf.addresses,
            "portvar" => &mut self.conf.ports,
            _ if self.is_path(&value) => {
                let value = self.expand(&value);
                set(&mut self.conf.paths, name, value);
                return;
            }
            _ if value.parse::<AddressExpr>().is_ok() => &mut self.conf.addresses,
            _ if value.parse::<PortExpr>().is_ok() => &mut self.conf.ports,
            _ => {
                let value = self.expand(&value);
                set(&mut self.conf.paths, name, value);
                return;
            }
        };
        set(list, name, value);
    }

    /// Whether a value is nothing but another variable, and that one is a path.
    fn is_path(&self, value: &str) -> bool {
        let Some(named) = value.strip_prefix('$') else {
            return false;
        };
        self.conf.paths.iter().any(|(known, _)| known == named)
    }

    /// The text with `$NAME` and `$(NAME)` replaced. Unknown variables stay, and those that would make it too long.
    fn expand(&self, text: &str) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            expanded.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            let (name, len) = match after.strip_prefix('(') {
                Some(inner) => {
                    let end = inner.find(')').unwrap_or(inner.len());
                    (&inner[..end], (end + 2).min(after.len()))
                }
                None => {
                    let end = after
                        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                        .unwrap_or(after.len());
                    (&after[..end], end)
                }
            };
            match self
                .conf
                .paths
                .iter()
                .rev()
                .find(|(known, _)| known == name)
            {
                Some((_, value)) if expanded.len() + value.len() <= MAX_VALUE => {
                    expanded.push_str(value)
                }
                _ => expanded.push_str(&rest[dollar..dollar + 1 + len]),
            }
            rest = &after[len..];
        }
        expanded.push_str(rest);
        expanded
    }

    fn include(&mut self, from: &Path, rest: Arg<'_>, depth: u32) {
        let name = self.expand(rest.unquoted().unwrap_or(rest).text);
        let path = from.parent().unwrap_or(Path::new("")).join(&name);
        if path
            .extension()
            .is_some_and(|extension| extension == "rules")
        {
            self.conf.rule_files.push(path);
            return;
        }
        if depth >= MAX_DEPTH || self.files >= MAX_FILES {
            self.conf
                .missing
                .push(format!("{}: included too deeply", path.display()));
            return;
        }
        match (self.read)(&path) {
            Ok(text) => self.file(&path, text, depth + 1),
            Err(reason) => self.conf.missing.push(reason),
        }
    }
}

fn set(list: &mut Vec<(String, String)>, name: String, value: String) {
    match list.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => list.push((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Result<Vec<u8>, String> {
        let text = match path.to_str() {
            Some("etc/snort.conf") => {
                "ipvar HOME_NET [10.0.0.0/8,\\\n 192.168.0.0/16]\nipvar EXTERNAL_NET !$HOME_NET\nportvar HTTP_PORTS [80,8080]\n\
                 var RULE_PATH ../rules\nvar SUB $RULE_PATH/sub\nvar OLD 10.1.1.1\nconfig checksum_mode: all\npreprocessor frag3_global: \\\n  x 1\n\
                 include classification.config\ninclude $SUB/local.rules\ninclude gone.conf\ninclude snort.conf\n\
                 alert tcp any any -> any any (msg:\"a\"; sid:1;)\n"
            }
            Some("etc/classification.config") => "config classification: a,b,1\n",
            _ => return Err(format!("{}: not there", path.display())),
        };
        Ok(text.as_bytes().to_vec())
    }

    #[test]
    fn variables_and_includes() {
        let conf = read_snort_conf(Path::new("etc/snort.conf"), &read).unwrap();
        assert_eq!(conf.addresses[0].0, "HOME_NET");
        assert!(
            conf.addresses[0].1.parse::<AddressExpr>().is_ok(),
            "{}",
            conf.addresses[0].1
        );
        assert_eq!(conf.addresses[2], ("OLD".into(), "10.1.1.1".into()));
        assert_eq!(
            conf.rule_files[0],
            Path::new("etc/../rules/sub/local.rules")
        );
        assert_eq!(
            conf.classification.as_deref(),
            Some(Path::new("etc/classification.config"))
        );
        assert_eq!(conf.inline_rules.len(), 1);
        assert!(
            conf.missing
                .iter()
                .any(|reason| reason.contains("gone.conf"))
        );
        assert!(
            conf.ignored
                .iter()
                .any(|(_, text)| text == "preprocessor frag3_global:")
        );
    }

    #[test]
    fn variables_that_multiply_stay_short() {
        let mut text = "var A0 /some/where\nvar ALIAS $A0\ninclude $ALIAS/a.rules\n".to_owned();
        for i in 1..60 {
            text += &format!("var A{i} $A{0}/$A{0}\n", i - 1);
        }
        let read = |_: &Path| Ok(text.clone().into_bytes());
        let conf = read_snort_conf(Path::new("snort.conf"), &read).unwrap();
        assert!(
            conf.paths
                .iter()
                .all(|(_, value)| value.len() <= 2 * MAX_VALUE)
        );
        assert_eq!(conf.rule_files, [Path::new("/some/where/a.rules")]);
    }

    #[test]
    fn a_file_that_includes_itself_ends() {
        let conf = read_snort_conf(Path::new("etc/snort.conf"), &read).unwrap();
        assert!(
            conf.missing
                .iter()
                .any(|reason| reason.contains("too deeply"))
        );
    }
}

//! Tests of files that a transaction carries.

use std::path::Path;

use rustc_hash::FxHashSet;
use tapir_packet::Direction;
use tapir_protocols::{AppProto, File, FileSettings, FileState, Transaction};
use tapir_rules::keywords::{KeywordId, file};
use tapir_rules::tree::{IntegerTest, Opt, OptionKind};

use crate::error::CompileError;

/// All that a rule asks of one file: the same file must pass each test.
#[derive(Debug, Default)]
pub(crate) struct FileTests(pub(crate) Vec<FileTest>);

/// One test of a file.
#[derive(Debug)]
pub(crate) enum FileTest {
    /// Bytes somewhere in the name, in letters of any case; these are small.
    Name { text: Box<[u8]>, negated: bool },
    /// The end of the name, behind a dot.
    Extension { text: Box<[u8]>, negated: bool },
    /// Bytes somewhere in the name of its type, in letters of any case; these are small.
    Type { text: Box<[u8]>, negated: bool },
    /// The size of a complete file.
    Size(Box<IntegerTest>),
    /// Nothing: there is a file, and it may be stored.
    Any,
    /// The digest is in a list.
    Digest { list: DigestList, negated: bool },
}

/// Digests of one kind.
#[derive(Debug)]
pub(crate) enum DigestList {
    /// MD5.
    Md5(FxHashSet<[u8; 16]>),
    /// SHA-1.
    Sha1(FxHashSet<[u8; 20]>),
    /// SHA-256.
    Sha256(FxHashSet<[u8; 32]>),
}

/// Whether files of a protocol go in a direction, and from which progress on.
pub(crate) fn place(proto: AppProto, direction: Direction) -> Option<u8> {
    proto.place(file::DATA, direction)
}

/// Whether a keyword is a test of a file.
pub(crate) fn is_file_test(keyword: KeywordId) -> bool {
    [
        file::FILENAME,
        file::FILEEXT,
        file::FILEMAGIC,
        file::FILESIZE,
        file::FILEMD5,
        file::FILESHA1,
        file::FILESHA256,
    ]
    .contains(&keyword)
}

/// What `filestore` has kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStore {
    /// How much a match is about.
    pub(crate) scope: StoreScope,
    /// The directions; nothing for that of the match.
    pub(crate) ways: Option<[bool; 2]>,
}

/// How much is kept on disk because of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreScope {
    /// The files that matched.
    File,
    /// All files of the transaction.
    Transaction,
    /// All files of the flow from here on.
    Flow,
}

impl FileStore {
    /// What the argument of `filestore` asks for: a direction, a scope, both or neither.
    ///
    /// # Errors
    /// If it has another word.
    pub(crate) fn read(argument: &str) -> Result<Self, String> {
        let mut read = Self {
            scope: StoreScope::File,
            ways: None,
        };
        let words = argument.split(',').map(str::trim);
        for word in words.filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "request" | "to_server" => read.ways = Some([true, false]),
                "response" | "to_client" => read.ways = Some([false, true]),
                "both" => read.ways = Some([true, true]),
                "file" => read.scope = StoreScope::File,
                "tx" => read.scope = StoreScope::Transaction,
                "flow" | "ssn" => read.scope = StoreScope::Flow,
                _ => return Err(format!("`{word}` is no direction or scope of files")),
            }
        }
        Ok(read)
    }

    /// A rule matched a transaction: marks what is to be stored. `meant` are the rule's tests of files.
    pub(crate) fn apply(
        self,
        meant: Option<&FileTests>,
        direction: Direction,
        transaction: &mut dyn Transaction,
        all: &mut [bool; 2],
    ) {
        let ways = self.ways.unwrap_or_else(|| {
            let mut ways = [false; 2];
            ways[direction.index()] = true;
            ways
        });
        match self.scope {
            StoreScope::Flow => {}
            StoreScope::Transaction => {
                all[0] |= ways[0];
                all[1] |= ways[1];
            }
            StoreScope::File if ways[direction.index()] => {
                let files = transaction.files_mut(direction).iter_mut();
                files
                    .filter(|file| meant.is_none_or(|meant| meant.hold_for(file)))
                    .for_each(File::keep);
                // A rule matches once: what comes later in the transaction is meant too.
                all[direction.index()] |= meant.is_none_or(FileTests::ask_nothing);
            }
            StoreScope::File => {}
        }
    }
}

impl FileTests {
    /// Whether one of the files passes all tests.
    pub(crate) fn hold(&self, transaction: &dyn Transaction, direction: Direction) -> bool {
        transaction
            .files(direction)
            .iter()
            .any(|file| self.hold_for(file))
    }

    fn hold_for(&self, file: &File) -> bool {
        self.0.iter().all(|test| test.holds(file))
    }

    /// Whether every file passes.
    fn ask_nothing(&self) -> bool {
        self.0.iter().all(|test| matches!(test, FileTest::Any))
    }
}

impl FileTest {
    /// The test that an option asks for. Lists are read from `directory`, if their names are relative.
    ///
    /// # Errors
    /// If a list cannot be read, or the keyword is none of a file.
    pub(crate) fn compile(option: &Opt, directory: Option<&Path>) -> Result<Self, CompileError> {
        let refused = |message: String| CompileError::refused(option.value.range(), message);
        match (&option.kind, option.keyword) {
            (OptionKind::Integer(test), file::FILESIZE) => Ok(Self::Size(test.clone())),
            (OptionKind::Text(text), file::FILENAME) => {
                let (text, negated) = unquoted(text);
                let text = text.to_ascii_lowercase().into();
                Ok(Self::Name { text, negated })
            }
            (OptionKind::Text(text), file::FILEMAGIC) => {
                let (text, negated) = unquoted(text);
                let text = text.to_ascii_lowercase().into();
                Ok(Self::Type { text, negated })
            }
            (OptionKind::Text(text), file::FILEEXT) => {
                let (text, negated) = unquoted(text);
                let text = text.to_ascii_lowercase().into();
                Ok(Self::Extension { text, negated })
            }
            (OptionKind::Text(text), keyword) => {
                let (path, negated) = unquoted(text);
                let path = String::from_utf8_lossy(&path).into_owned();
                let path = directory.map_or_else(|| path.clone().into(), |at| at.join(&path));
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| refused(format!("{}: {error}", path.display())))?;
                let list = DigestList::read(keyword, &text)
                    .ok_or_else(|| refused(format!("{}: not a list of digests", path.display())))?;
                Ok(Self::Digest { list, negated })
            }
            _ => Err(CompileError::not_evaluated(
                option.span.range(),
                option.keyword.name(),
            )),
        }
    }

    pub(super) fn ask(&self, settings: &mut FileSettings) {
        if let Self::Digest { list, .. } = self {
            match list {
                DigestList::Md5(_) => settings.md5 = true,
                DigestList::Sha1(_) => settings.sha1 = true,
                DigestList::Sha256(_) => settings.sha256 = true,
            }
        }
    }

    fn holds(&self, file: &File) -> bool {
        match self {
            Self::Name { text, negated } => {
                let name = file.name.to_ascii_lowercase();
                memchr::memmem::find(&name, text).is_some() != *negated
            }
            Self::Extension { text, negated } => {
                let name = file.name.to_ascii_lowercase();
                let found = name
                    .strip_suffix(&**text)
                    .is_some_and(|before| before.ends_with(b"."));
                found != *negated
            }
            Self::Any => true,
            Self::Type { text, negated } => file.magic().is_some_and(|name| {
                let name = name.to_ascii_lowercase();
                memchr::memmem::find(name.as_bytes(), text).is_some() != *negated
            }),
            Self::Size(test) => match file.state() {
                FileState::Closed => test.holds(file.size()),
                FileState::Open => {
                    use tapir_rules::tree::IntegerOp::{Greater, GreaterOrEqual};
                    matches!(test.op, Greater | GreaterOrEqual) && test.holds(file.size())
                }
                _ => false,
            },
            Self::Digest { list, negated } => {
                list.contains(file).is_some_and(|found| found != *negated)
            }
        }
    }
}

impl DigestList {
    fn read(keyword: KeywordId, text: &str) -> Option<Self> {
        Some(match keyword {
            file::FILEMD5 => Self::Md5(digests(text)?),
            file::FILESHA1 => Self::Sha1(digests(text)?),
            file::FILESHA256 => Self::Sha256(digests(text)?),
            _ => return None,
        })
    }

    /// Whether a file's digest is in the list; nothing while it has none.
    fn contains(&self, file: &File) -> Option<bool> {
        if file.state() != FileState::Closed {
            return None;
        }
        let digests = file.digests();
        Some(match self {
            Self::Md5(list) => list.contains(digests.md5.as_ref()?),
            Self::Sha1(list) => list.contains(digests.sha1.as_ref()?),
            Self::Sha256(list) => list.contains(digests.sha256.as_ref()?),
        })
    }
}

/// One digest a line, in hexadecimal digits; what follows it on the line is a remark.
fn digests<const N: usize>(text: &str) -> Option<FxHashSet<[u8; N]>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let digits = line.split_whitespace().next()?.as_bytes();
            let mut digest = [0; N];
            if digits.len() != 2 * N {
                return None;
            }
            for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
                let pair = std::str::from_utf8(pair).ok()?;
                *byte = u8::from_str_radix(pair, 16).ok()?;
            }
            Some(digest)
        })
        .collect()
}

/// `"text"`, or `!"text"`: the text, and whether it is negated.
pub(super) fn unquoted(argument: &str) -> (Box<[u8]>, bool) {
    let argument = argument.trim();
    let (rest, negated) = match argument.strip_prefix('!') {
        Some(rest) => (rest.trim(), true),
        None => (argument, false),
    };
    (rest.trim_matches('"').as_bytes().into(), negated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filestore_names_directions_and_scopes() {
        let read = |text| FileStore::read(text);
        let expected = |scope, ways| Ok(FileStore { scope, ways });
        assert_eq!(read(""), expected(StoreScope::File, None));
        let both = Some([true, true]);
        assert_eq!(read("both, flow"), expected(StoreScope::Flow, both));
        let back = Some([false, true]);
        assert_eq!(read("response,tx"), expected(StoreScope::Transaction, back));
        assert!(read("sideways").is_err());
    }

    #[test]
    fn lists_have_a_digest_a_line() {
        let text = "# sums\n900150983cd24fb0d6963f7d28e17f72  abc.txt\n\n";
        let list: FxHashSet<[u8; 16]> = digests(text).expect("a list");
        assert_eq!(list.len(), 1);
        assert_eq!(digests::<16>("9001"), None);
        assert_eq!(digests::<16>("zz0150983cd24fb0d6963f7d28e17f72"), None);
    }
}

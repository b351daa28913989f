//! Semantic tokens: which part of a rule is what.

use lsp_types::{SemanticToken, SemanticTokenType};

use crate::document::Document;

/// The types of tokens, in the order of their numbers.
pub(crate) const TYPES: [SemanticTokenType; 7] = [
    SemanticTokenType::COMMENT,
    SemanticTokenType::KEYWORD,
    SemanticTokenType::TYPE,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
];

const COMMENT: u32 = 0;
const ACTION: u32 = 1;
const PROTOCOL: u32 = 2;
const VARIABLE: u32 = 3;
const OPTION: u32 = 4;
const STRING: u32 = 5;
const NUMBER: u32 = 6;

/// Lines that are coloured at once; editors ask for what they show.
const MOST_LINES: u32 = 20_000;

/// The tokens of lines.
pub(crate) fn tokens(document: &Document, first: u32, last: u32) -> Vec<SemanticToken> {
    let mut block = document.block(first);
    let first = block.first;
    let last = last
        .min(document.text.lines())
        .min(first.saturating_add(MOST_LINES));
    let mut out = Tokens {
        all: Vec::new(),
        line: 0,
        start: 0,
    };
    let mut scan = Scan::default();
    for number in first..=last {
        let line = document.text.line(number);
        scan.line(line, |from, to, kind| {
            out.push(line, (number, from, to), kind)
        });
        if number == block.last {
            scan = Scan::default();
            block = document.block(number.saturating_add(1));
        }
    }
    out.all
}

struct Tokens {
    all: Vec<SemanticToken>,
    line: u32,
    start: u32,
}

impl Tokens {
    fn push(&mut self, line: &str, (number, from, to): (u32, usize, usize), kind: u32) {
        let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>() as u32;
        let start = units(line.get(..from).unwrap_or_default());
        let delta_line = number - self.line;
        let delta_start = if delta_line == 0 {
            start.saturating_sub(self.start)
        } else {
            start
        };
        self.all.push(SemanticToken {
            delta_line,
            delta_start,
            length: units(line.get(from..to).unwrap_or_default()),
            token_type: kind,
            token_modifiers_bitset: 0,
        });
        (self.line, self.start) = (number, start);
    }
}

/// Where in a rule the scan is.
#[derive(Debug, Default)]
struct Scan {
    /// Words of the header so far.
    words: usize,
    /// Parentheses that are open.
    depth: usize,
    /// In the argument of an option.
    in_argument: bool,
}

impl Scan {
    fn line(&mut self, line: &str, mut token: impl FnMut(usize, usize, u32)) {
        let bytes = line.as_bytes();
        let mut at = line.len() - line.trim_start().len();
        if line.trim_start().starts_with('#') {
            return token(at, line.len(), COMMENT);
        }
        while let Some(&byte) = bytes.get(at) {
            let end = match byte {
                b'"' => string_end(bytes, at),
                _ if is_word(byte) => bytes
                    .get(at..)
                    .unwrap_or_default()
                    .iter()
                    .position(|byte| !is_word(*byte))
                    .map_or(bytes.len(), |end| at + end),
                _ => at + 1,
            };
            let kind = self.kind(bytes.get(at..end).unwrap_or_default());
            if let Some(kind) = kind {
                token(at, end, kind);
            }
            at = end.max(at + 1);
        }
    }

    /// What a piece of the text is.
    fn kind(&mut self, piece: &[u8]) -> Option<u32> {
        match piece.first()? {
            b'(' => self.depth += 1,
            b')' => self.depth = self.depth.saturating_sub(1),
            b'"' => return Some(STRING),
            b';' => self.in_argument = false,
            b':' if self.depth > 0 => self.in_argument = true,
            b'$' => return Some(VARIABLE),
            first if is_word(*first) => {
                let is_number = piece.iter().all(u8::is_ascii_digit);
                if self.depth == 0 {
                    self.words += 1;
                    return match self.words {
                        1 => Some(ACTION),
                        2 => Some(PROTOCOL),
                        _ => is_number.then_some(NUMBER),
                    };
                }
                return match (self.in_argument, is_number) {
                    (false, _) => Some(OPTION),
                    (true, true) => Some(NUMBER),
                    (true, false) => None,
                };
            }
            _ => {}
        }
        None
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-$".contains(&byte)
}

/// The place behind the quote that ends a string.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

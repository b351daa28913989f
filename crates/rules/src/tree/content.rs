//! Patterns: `content` and `pcre`.

use super::Operand;

/// A `content` with its modifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The bytes looked for, escapes and hex resolved.
    pub bytes: Box<[u8]>,
    /// `content:!"..."`: the rule matches when the bytes are not there.
    pub negated: bool,
    /// ASCII letters match in either case.
    pub nocase: bool,
    /// `rawbytes`: the payload before normalisation.
    pub rawbytes: bool,
    /// The pattern must begin the buffer.
    pub startswith: bool,
    /// The pattern must end the buffer.
    pub endswith: bool,
    /// Where the search starts, counted from the beginning of the buffer.
    pub offset: Option<Operand>,
    /// How many bytes after `offset` the pattern must end in.
    pub depth: Option<Operand>,
    /// Where the search starts, counted from the end of the previous match.
    pub distance: Option<Operand>,
    /// How many bytes after `distance` the pattern must end in.
    pub within: Option<Operand>,
    /// Whether this is the pattern to look for first.
    pub fast_pattern: FastPattern,
    /// Bytes to put in its place, inline.
    pub replace: Option<Box<[u8]>>,
}

impl Content {
    /// Whether the search starts from the previous match.
    pub fn is_relative(&self) -> bool {
        self.distance.is_some() || self.within.is_some()
    }
}

/// The `fast_pattern` modifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FastPattern {
    /// Not written.
    #[default]
    Unset,
    /// `fast_pattern`: this content is the one for the prefilter.
    Preferred,
    /// `fast_pattern:only`: and it need not be verified afterwards.
    Only,
    /// `fast_pattern:OFFSET,LENGTH`: that part of it.
    Chop {
        /// First byte of the part.
        offset: u16,
        /// Number of bytes.
        len: u16,
    },
}

/// A regular expression.
///
/// Flags that name a buffer (`/U`, `/H`, ...) are lowered to a sticky buffer before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pcre {
    /// The expression between the delimiters. Bytes beyond ASCII are written `\xNN`.
    pub pattern: Box<str>,
    /// `pcre:!"..."`.
    pub negated: bool,
    /// `i`: letters match in either case.
    pub caseless: bool,
    /// `m`: `^` and `$` also match at line ends.
    pub multiline: bool,
    /// `s`: the dot matches a line end too.
    pub dotall: bool,
    /// `x`: blanks and comments in the expression are ignored.
    pub extended: bool,
    /// `A`: only at the start.
    pub anchored: bool,
    /// `E`: the dollar matches only at the very end.
    pub dollar_endonly: bool,
    /// `G`: quantifiers are not greedy unless followed by `?`.
    pub ungreedy: bool,
    /// `R`: from the end of the previous match.
    pub relative: bool,
    /// `B`: the payload before normalisation.
    pub rawbytes: bool,
    /// `O`: the configured match limit does not apply.
    pub no_limit: bool,
    /// Names for what the groups capture, in order.
    pub captures: Vec<Capture>,
    /// The groups have said so themselves, by their names in the expression.
    pub captures_by_name: bool,
    /// Snort 3's `regex`: matched by a streaming automaton there; `fast_pattern` may be set.
    pub regex: bool,
    /// Snort 3's `regex` with `fast_pattern`.
    pub fast_pattern: bool,
}

/// What a group of a `pcre` fills: `pcre:"/(.*)/, pkt:name"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Where the value goes.
    pub scope: CaptureScope,
    /// Name of the variable.
    pub name: Box<str>,
}

/// Where a captured value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptureScope {
    /// Nowhere: the group only comes before another.
    Nowhere,
    /// `flow:`: a variable of the flow.
    Flow,
    /// `pkt:`: a variable of the packet.
    Packet,
    /// `alert:`: shown with the alert.
    Alert,
}

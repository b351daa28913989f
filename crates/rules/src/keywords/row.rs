//! What a row of the table holds.

use super::{BufferId, KeywordId};
use crate::dialect::{Dialect, Dialects};

/// A keyword of the rule language.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// Its name; Suricata's where Suricata has it.
    pub name: &'static str,
    /// The dialects that know it by that name.
    pub dialects: Dialects,
    /// Its other names.
    pub aliases: &'static [Alias],
    /// What sort of thing it is.
    pub kind: Kind,
    /// What argument it takes.
    pub argument: Grammar,
    /// The application protocols it needs (one of them), under Suricata's names; empty for any.
    pub protocols: &'static [&'static str],
    /// The directions in which it has a value.
    pub direction: Directions,
    /// Whether a transaction can have several values (Suricata's multi-buffers).
    pub multi: bool,
    /// Whether the engine evaluates it.
    pub engine: Support,
    /// One line about it.
    pub help: &'static str,
}

/// Another name of a keyword.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The name.
    pub name: &'static str,
    /// The dialects that know it.
    pub dialects: Dialects,
}

/// What sort of thing a keyword is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Says something about the rule.
    Meta,
    /// A test of payload or buffer.
    Payload,
    /// Changes the content before it.
    Modifier,
    /// Changes the buffer of the content before it.
    BufferModifier(BufferId),
    /// Names the buffer of what follows.
    Buffer,
    /// Changes the sticky buffer before it.
    Transform,
    /// A test of a packet's headers or addresses.
    Header,
    /// A test of, or a change to, flow, host or other state.
    State,
    /// A test of a field of an application protocol.
    Field,
    /// A test of an event.
    Event,
    /// Something done after a match, or a limit on alerts.
    Response,
    /// Out of use: read, and without effect.
    Obsolete,
    /// Out of use: refused, with this to read.
    Refused(&'static str),
}

/// What argument a keyword takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// None.
    None,
    /// Any text, or none.
    Optional,
    /// Any text.
    Text,
    /// A string in double quotes, perhaps negated.
    Quoted,
    /// An unsigned number.
    Number,
    /// An integer comparison (`>5`, `3-7`, `!1`), in so many bits.
    Integer(u8),
    /// The same, where names stand for numbers too.
    IntegerOrName(u8),
    /// One of these words, perhaps several joined by commas, perhaps negated.
    Words(&'static [&'static str]),
    /// A grammar of its own, read by the parser under the name of the keyword.
    Own,
}

/// The directions in which a buffer or field has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Directions {
    /// Both.
    Both,
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// Whether the engine evaluates a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Support {
    /// It does.
    Evaluated,
    /// It knows the grammar only; rules that use the keyword are left out and counted.
    Later,
}

impl Keyword {
    /// All names of the keyword in a dialect, the principal one first.
    pub fn names(&self, dialect: Dialect) -> impl Iterator<Item = &'static str> {
        let principal = self.dialects.contains(dialect.set()).then_some(self.name);
        let others = self
            .aliases
            .iter()
            .filter(move |alias| alias.dialects.contains(dialect.set()))
            .map(|alias| alias.name);
        principal.into_iter().chain(others)
    }

    /// The first name in a dialect; `None` when the dialect lacks the keyword.
    pub fn name_in(&self, dialect: Dialect) -> Option<&'static str> {
        self.names(dialect).next()
    }

    pub(super) const fn new(kind: Kind, argument: Grammar, help: &'static str) -> Self {
        Keyword {
            name: "",
            dialects: Dialects::SURICATA,
            aliases: &[],
            kind,
            argument,
            protocols: &[],
            direction: Directions::Both,
            multi: false,
            engine: Support::Later,
            help,
        }
    }

    /// The engine evaluates it.
    pub(super) const fn evaluated(mut self) -> Self {
        self.engine = Support::Evaluated;
        self
    }

    /// Snort 2 and 3 know it by the same name.
    pub(super) const fn common(mut self) -> Self {
        self.dialects = Dialects::all();
        self
    }

    /// Only these dialects know it by its principal name.
    pub(super) const fn only(mut self, dialects: Dialects) -> Self {
        self.dialects = dialects;
        self
    }

    /// Has these other names.
    pub(super) const fn aliases(mut self, aliases: &'static [Alias]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Needs one of these protocols.
    pub(super) const fn of(mut self, protocols: &'static [&'static str]) -> Self {
        self.protocols = protocols;
        self
    }

    /// Only the client's side has it.
    pub(super) const fn to_server(mut self) -> Self {
        self.direction = Directions::ToServer;
        self
    }

    /// Only the server's side has it.
    pub(super) const fn to_client(mut self) -> Self {
        self.direction = Directions::ToClient;
        self
    }

    /// There can be several in a transaction.
    pub(super) const fn multi(mut self) -> Self {
        self.multi = true;
        self
    }
}

/// Names in Suricata.
pub(super) const fn suricata(name: &'static str) -> Alias {
    Alias {
        name,
        dialects: Dialects::SURICATA,
    }
}

/// Names in Snort 2.
pub(super) const fn snort2(name: &'static str) -> Alias {
    Alias {
        name,
        dialects: Dialects::SNORT2,
    }
}

/// Names in Snort 3.
pub(super) const fn snort3(name: &'static str) -> Alias {
    Alias {
        name,
        dialects: Dialects::SNORT3,
    }
}

/// Names in all three.
pub(super) const fn everywhere(name: &'static str) -> Alias {
    Alias {
        name,
        dialects: Dialects::all(),
    }
}

/// A sticky buffer.
pub(super) const fn buffer(help: &'static str) -> Keyword {
    Keyword::new(Kind::Buffer, Grammar::None, help)
}

/// A modifier that moves the content before it into a buffer, in Suricata and Snort 2.
pub(super) const fn moves_to(buffer: KeywordId, help: &'static str) -> Keyword {
    Keyword::new(Kind::BufferModifier(buffer), Grammar::None, help)
        .only(Dialects::SURICATA.union(Dialects::SNORT2))
}

/// A test of a field of an application protocol.
pub(super) const fn field(argument: Grammar, help: &'static str) -> Keyword {
    Keyword::new(Kind::Field, argument, help)
}

/// Rows of one family: a constant each, and the static that holds them.
macro_rules! family {
    ($number:literal; $($id:ident = $name:literal, $row:expr;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($id),* }
        $(
            #[doc = concat!("The row of `", $name, "`.")]
            pub const $id: $crate::keywords::KeywordId =
                $crate::keywords::KeywordId::new($number, Place::$id as u8);
        )*
        pub(super) static ROWS: &[$crate::keywords::Keyword] =
            &[$($crate::keywords::Keyword { name: $name, ..$row }),*];
    };
}

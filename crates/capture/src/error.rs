//! What can go wrong with a source of packets.

use std::fmt;
use std::io;

/// A source that gives no packets at all.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The file cannot be opened or its beginning cannot be read.
    #[error("{name}: {source}")]
    Io {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The file is no capture.
    #[error("{name}: not a capture file: {found}")]
    NotACapture {
        /// The file.
        name: String,
        /// What it is instead.
        found: String,
    },
    /// The file's packets begin with something that is not decoded.
    #[error("{name}: packets of link type {link}{} cannot be decoded", named(*.link))]
    UnknownLink {
        /// The file or interface.
        name: String,
        /// The LINKTYPE_ number.
        link: u16,
    },
    /// A filter expression is wrong.
    #[error("filter `{expression}`: {message}")]
    Filter {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        message: String,
    },
    /// An interface cannot be watched.
    #[error("interface {interface}: {message}")]
    Interface {
        /// Its name.
        interface: String,
        /// Why, and what to do.
        message: String,
    },
}

fn named(link: u16) -> String {
    tapir_packet::LinkType(link)
        .name()
        .map_or_else(String::new, |name| format!(" ({name})"))
}

/// A capture that could not be read to its end. What came before was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What sort of damage it is.
    pub kind: DamageKind,
    /// Packets read before it.
    pub packets: u64,
    /// Where it begins, in bytes of the uncompressed file.
    pub offset: u64,
    /// What is wrong there.
    pub message: String,
}

/// Sorts of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// The file ends within a record, as when its writer was stopped.
    Cut,
    /// A record contradicts the format: where the next one begins is unknown.
    Malformed,
    /// Reading or decompressing failed.
    Unreadable,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DamageKind::Cut => "cut",
            DamageKind::Malformed => "malformed",
            DamageKind::Unreadable => "unreadable",
        };
        let s = if self.packets == 1 { "" } else { "s" };
        write!(
            f,
            "{what} at byte {} after {} packet{s}: {}",
            self.offset, self.packets, self.message
        )
    }
}

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

/// A capture whose end could not be read. What came before it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Packets read before it.
    pub packets: u64,
    /// Where it begins, in bytes of the uncompressed file.
    pub offset: u64,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cut at byte {} after {} packets: {}",
            self.offset, self.packets, self.message
        )
    }
}

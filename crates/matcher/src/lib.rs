//! Many patterns over one buffer, single literals, and regular expressions with limits.
//!
//! - [`PatternSet`] searches a buffer for tens of thousands of patterns in one pass.
//! - [`Literal`] is one pattern, small enough to keep hundreds of thousands of them.
//! - [`Regex`] is PCRE2 with machine code made on first use and limits on the work of a match.
//! - [`rarity`] tells which of a rule's literals traffic holds least often.
//!
//! ```
//! use tapir_matcher::{PatternSetBuilder, Regex, RegexFlags, RegexScratch};
//!
//! let mut builder = PatternSetBuilder::new();
//! let shell = builder.add(b"/bin/sh", false);
//! let host = builder.add(b"evil.example", true);
//! let set = builder.build();
//!
//! let mut hits = Vec::new();
//! set.search(b"GET http://EVIL.example/?/bin/sh", |pattern, end| hits.push((pattern, end)));
//! hits.sort();
//! assert_eq!(hits, [(shell, 32), (host, 23)]);
//!
//! let regex = Regex::new(br"\?(/\w+)+$", RegexFlags::empty())?;
//! assert_eq!(regex.find(&mut RegexScratch::default(), b"/?/bin/sh"), Some((1, 9)));
//! # Ok::<(), tapir_matcher::RegexError>(())
//! ```

#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

mod literal;
#[allow(unsafe_code)]
mod pattern_set;
pub mod rarity;
#[allow(unsafe_code)]
mod regex;

pub use literal::Literal;
pub use pattern_set::{PatternId, PatternSet, PatternSetBuilder, Seen, Window};
pub use rarity::quality;
pub use regex::{Limits, Regex, RegexError, RegexFlags, RegexScratch};

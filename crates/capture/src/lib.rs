//! Where packets come from: capture files and live interfaces.
//!
//! | to | use |
//! |---|---|
//! | read a capture file, plain or compressed | [`CaptureFile`] |
//! | find the captures below a folder or in a list | [`expand`], [`read_list`] |
//! | watch an interface through libpcap | [`LibpcapSource`] |
//! | watch an interface through AF_PACKET rings | [`Ring`] |
//! | select packets by a BPF expression | [`Filter`] |
//!
//! Files give [`Batch`]es: many frames and the bytes that they lie in, shared between threads. A plain file
//! is mapped and its frames are ranges of the map; anything else is read into an arena that is used again.
//!
//! ```
//! use tapir_capture::{Batch, CaptureFile};
//!
//! // An Ethernet capture without packets.
//! let header = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
//! let mut capture = CaptureFile::from_reader("empty", std::io::Cursor::new(header)).unwrap();
//! let mut batch = Batch::default();
//! assert!(!capture.next_batch(&mut batch, 512));
//! assert!(capture.damage().is_none());
//! ```
#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]
#![allow(unsafe_code)]

mod batch;
mod compression;
mod error;
mod file;
mod filter;
mod live;
mod paths;

pub use batch::{Batch, FrameMeta};
pub use error::{CaptureError, Damage, DamageKind};
pub use file::CaptureFile;
pub use filter::Filter;
#[cfg(target_os = "linux")]
pub use live::{FanoutMode, Ring, RingOptions, UnknownFanoutMode, af_packet_permitted};
pub use live::{Interface, KernelCounters, LibpcapOptions, LibpcapSource, interfaces};
pub use paths::{expand, read_list};

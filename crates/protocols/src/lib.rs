//! Application protocols: which one a flow speaks.
//!
//! Each protocol is a module with what tells it apart: patterns its data begins with, and probes that look closer,
//! at certain ports or wherever a pattern was found. A [`ProtocolTable`] holds those that the configuration wants; a
//! [`Recogniser`] per flow is fed the first data of both sides until it knows the protocol or gives up.
//!
//! ```
//! use tapir_packet::Direction;
//! use tapir_protocols::{AppProto, FirstData, ProtocolTable, Recogniser, Transport, Verdict};
//!
//! let table = ProtocolTable::default();
//! let mut flow = Recogniser::default();
//! let part = FirstData::new(Transport::Tcp, Direction::ToServer, [40000, 8080], b"GE");
//! assert_eq!(flow.feed(&table, &part).verdict, Verdict::Unknown);
//! let request = FirstData::new(Transport::Tcp, Direction::ToServer, [40000, 8080], b"GET / HTTP/1.1\r\n");
//! assert_eq!(flow.feed(&table, &request).verdict, Verdict::Known(AppProto::Http1));
//! ```

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod app_proto;
mod event;
mod protocols;
mod recogniser;
mod signature;
mod table;

pub use app_proto::AppProto;
pub use event::{AppLayerEvent, AppLayerEvents};
pub use recogniser::{FirstData, Midstream, PATIENCE, Recogniser, Recognition, Verdict};
pub use signature::Transport;
pub use table::{DetectionPorts, Enabled, ProtocolSettings, ProtocolTable};

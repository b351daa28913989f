//! Application protocols: which one a flow speaks, and what is said in it.
//!
//! Each protocol is a module with what tells it apart: patterns its data begins with, and probes that look closer,
//! at certain ports or wherever a pattern was found. A [`ProtocolTable`] holds those that the configuration wants; a
//! [`Recogniser`] per flow is fed the first data of both sides until it knows the protocol or gives up. From then on an
//! [`AppState`] takes the bytes: the protocol's [`Parser`] turns them into transactions, whose values the rules ask for
//! by keyword ([`Transaction::values`]) and which write their own records.
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
mod encryption;
mod event;
mod file;
mod frame;
mod hook;
mod names;
mod open_limit;
mod parser;
mod protocols;
mod recogniser;
mod record;
mod signature;
mod state;
mod table;
mod transaction;

pub use app_proto::AppProto;
pub use encryption::Encryption;
pub use event::{AppLayerEvent, AppLayerEvents};
pub use file::{
    Digests, File, FileRange, FileSettings, FileState, MAGIC_BYTES, StoreBudget, StoreKey, Storing,
    TypeTeller,
};
pub use frame::{FrameNote, Frames, STREAM_FRAME, STREAM_FRAME_NAME};
pub use hook::{Branch, Hook};
pub use names::number_named;
pub use open_limit::OpenLimit;
pub use parser::{ExpectedFlow, Input, Orders, Outcome, Parser, Predecessor, Request};
pub use protocols::enip::{ATTRIBUTE as CIP_ATTRIBUTE, CLASS as CIP_CLASS};
pub use protocols::ftp::Settings as FtpSettings;
pub use protocols::http1::Settings as Http1Settings;
pub use protocols::http2::Settings as Http2Settings;
pub use protocols::http2::setting_number as http2_setting;
pub use protocols::joined::{JoinLimits, JoinedFiles};
pub use protocols::modbus::{
    Access as ModbusAccess, Category as ModbusCategory, Request as ModbusRequest,
};
pub use protocols::mqtt::Settings as MqttSettings;
pub use protocols::pgsql::Settings as PgsqlSettings;
pub use protocols::smb::Settings as SmbSettings;
pub use protocols::smtp::Settings as SmtpSettings;
pub use protocols::ssh::Settings as SshSettings;
pub use protocols::tls::Settings as TlsSettings;
pub use protocols::websocket::Settings as WebsocketSettings;
pub use recogniser::{FirstData, Midstream, PATIENCE, Recogniser, Recognition, Verdict};
pub use record::RecordOptions;
pub use signature::Transport;
pub use state::{AppState, ParserSettings};
pub use table::{DetectionPorts, Enabled, ProtocolSettings, ProtocolTable};
pub use transaction::{
    CertificateChain, Entry, Inspection, Meta, Passage, ShowRecord, Transaction, Transactions,
    Value,
};

//! WebSocket (RFC 6455), as it follows an upgrade of HTTP.

mod message;
mod parser;
mod settings;

pub use message::{flag, opcode_number};
pub use parser::Websocket;
pub use settings::Settings;

use crate::AppProto;
use crate::signature::Signature;

/// It is known by the upgrade alone: its bytes are like any others.
pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Websocket);

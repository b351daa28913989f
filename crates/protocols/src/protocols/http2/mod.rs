//! HTTP/2 (RFC 9113).

mod doh;
mod event;
mod frame;
mod hpack;
mod parser;
mod record;
mod settings;
mod stream;
mod values;

pub use frame::{error_number, setting_number, type_number};
pub use parser::Http2;
pub use settings::Settings;

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, Signature};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Http2).patterns(&[
    Pattern::tcp(ToServer, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").nocase(),
    Pattern::tcp(ToClient, &[0, 0]).confirmed_by(
        probe_settings,
        FRAME_HEADER as u16,
        FRAME_HEADER as u16,
    ),
]);

const FRAME_HEADER: usize = 9;

/// The server begins with a SETTINGS frame (section 3.4).
fn probe_settings(data: &[u8], _: &Circumstances) -> Opinion {
    const SETTINGS: u8 = 4;
    const ACK: u8 = 1;
    const DEFAULT_MAX_FRAME: u32 = 16384;
    let Some(&[l0, l1, l2, kind, flags, stream, ..]) = data.first_chunk::<FRAME_HEADER>() else {
        return Opinion::Unsure;
    };
    let length = u32::from_be_bytes([0, l0, l1, l2]);
    let reserved = stream & 0x80 != 0;
    Opinion::settled(
        kind == SETTINGS && flags & !ACK == 0 && !reserved && length <= DEFAULT_MAX_FRAME,
    )
}

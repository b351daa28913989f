//! File transfer, control connection (RFC 959).

mod parser;
mod port;
mod settings;
mod transaction;

pub use parser::Ftp;
pub use settings::Settings;

use memchr::memchr;
use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Ftp)
    .patterns(&[
        Pattern::tcp(ToClient, b"220 (").nocase(),
        Pattern::tcp(ToServer, b"FEAT").nocase(),
        Pattern::tcp(ToServer, b"USER ").nocase(),
        Pattern::tcp(ToServer, b"PASS ").nocase(),
        Pattern::tcp(ToServer, b"PORT ").nocase(),
        Pattern::tcp(ToServer, b"QUIT")
            .nocase()
            .confirmed_by(probe_port, 0, 0),
    ])
    .probes(&[PortProbe {
        transport: Transport::Tcp,
        ports: Ports::Destination(&[21]),
        min: 0,
        max: 5,
        to_server: None,
        to_client: Some(probe_greeting),
    }]);

/// The server's greeting. Mail servers send the same, so the client must not look like something else.
fn probe_greeting(data: &[u8], circumstances: &Circumstances) -> Opinion {
    let Some((&[two, second, zero, mark, _], _)) = data.split_first_chunk() else {
        return Opinion::Unsure;
    };
    if [two, second, zero] != *b"220" || !matches!(mark, b' ' | b'-') {
        return Opinion::NotMine;
    }
    let client_may_be = match circumstances.to_server {
        AppProto::Ftp => true,
        AppProto::Unknown => circumstances.bytes_to_server > 4,
        _ => false,
    };
    if client_may_be && memchr(b'\n', &data[4..]).is_some() {
        Opinion::MINE
    } else {
        Opinion::Unsure
    }
}

/// Mail clients say QUIT too: the port tells.
fn probe_port(_: &[u8], circumstances: &Circumstances) -> Opinion {
    const FTP_PORT: u16 = 21;
    let [_, server] = circumstances.ports;
    Opinion::settled(server == FTP_PORT)
}

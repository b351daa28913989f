//! Server Message Block, versions 1 to 3, over NetBIOS session or direct TCP ([MS-CIFS], [MS-SMB2], RFC 1002).

mod bounded;
mod command;
mod frame;
mod kerberos;
mod ntlmssp;
mod parser;
mod pipe;
mod settings;
mod status;
mod transaction;
mod version1;
mod version2;

pub(super) use bounded::Bounded;
pub use parser::Smb;
pub use settings::Settings;

use tapir_packet::Direction::{self, ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, Pattern, PortProbe, Ports, Signature, Transport};

/// The header of the session, and that of version 1.
const SHORTEST: u16 = 36;

const fn magic(direction: Direction, magic: &'static [u8]) -> Pattern {
    Pattern::tcp(direction, magic).within(4, 8)
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Smb)
    .patterns(&[
        magic(ToServer, b"\xffSMB").confirmed_by(probe, SHORTEST, SHORTEST),
        magic(ToClient, b"\xffSMB").confirmed_by(probe, SHORTEST, SHORTEST),
        magic(ToServer, b"\xfeSMB").confirmed_by(probe, SHORTEST, SHORTEST),
        magic(ToClient, b"\xfeSMB").confirmed_by(probe, SHORTEST, SHORTEST),
        magic(ToServer, b"\xfdSMB").confirmed_by(probe_encrypted, SHORTEST, SHORTEST),
        magic(ToClient, b"\xfdSMB").confirmed_by(probe_encrypted, SHORTEST, SHORTEST),
    ])
    .probes(&[PortProbe {
        transport: Transport::Tcp,
        ports: Ports::Destination(&[445]),
        min: 0,
        max: SHORTEST,
        to_server: Some(probe),
        to_client: Some(probe),
    }]);

/// A NetBIOS session message (RFC 1002, 4.3.1).
struct SessionMessage<'a> {
    kind: u8,
    length: usize,
    data: &'a [u8],
}

const SESSION_MESSAGE: u8 = 0;

impl<'a> SessionMessage<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[kind, l0, l1, l2], data) = bytes.split_first_chunk()?;
        Some(Self {
            kind,
            length: u32::from_be_bytes([0, l0, l1, l2]) as usize,
            data,
        })
    }

    fn is_valid(&self) -> bool {
        matches!(self.kind, SESSION_MESSAGE | 0x81..=0x85)
    }

    fn is_smb(&self) -> bool {
        self.is_valid() && matches!(self.data, [0xfd..=0xff, b'S', b'M', b'B', ..])
    }

    fn needs_more(&self) -> bool {
        self.is_valid() && self.length >= 4 && self.data.len() < 4
    }
}

fn probe(data: &[u8], circumstances: &Circumstances) -> Opinion {
    if data.len() < usize::from(SHORTEST) {
        return Opinion::Unsure;
    }
    let Some(message) = SessionMessage::read(data) else {
        return Opinion::NotMine;
    };
    if message.is_smb() {
        let way = if circumstances.midstream {
            way_of(message.data)
        } else {
            None
        };
        return Opinion::Mine(way);
    }
    if message.needs_more() {
        return Opinion::Unsure;
    }
    // A small NetBIOS message may come first.
    if message.is_valid() && message.kind != SESSION_MESSAGE {
        const LONGEST_PRELUDE: usize = 256;
        return match message.data.get(message.length..) {
            Some(next) if next.len() >= 8 => {
                Opinion::settled(SessionMessage::read(next).is_some_and(|m| m.is_smb()))
            }
            _ if message.length < LONGEST_PRELUDE => Opinion::Unsure,
            _ => Opinion::NotMine,
        };
    }
    Opinion::NotMine
}

/// Version 1 and 2 say whether a message is a response.
fn way_of(smb: &[u8]) -> Option<Direction> {
    const RESPONSE_1: u8 = 0x80;
    const RESPONSE_2: u8 = 0x01;
    let (flags, bit) = match smb.first()? {
        0xff => (smb.get(9)?, RESPONSE_1),
        0xfe => (smb.get(16)?, RESPONSE_2),
        _ => return None,
    };
    Some(if flags & bit != 0 { ToClient } else { ToServer })
}

/// Encrypted messages do not say: the port must.
fn probe_encrypted(data: &[u8], circumstances: &Circumstances) -> Opinion {
    const SMB_PORT: u16 = 445;
    match (probe(data, circumstances), circumstances.ports) {
        (Opinion::Mine(_), [SMB_PORT, server]) if server != SMB_PORT => {
            Opinion::Mine(Some(circumstances.direction.reverse()))
        }
        (opinion, _) => opinion,
    }
}

#[cfg(test)]
mod tests;

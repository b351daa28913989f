//! Network File System, versions 2 to 4, over ONC RPC (RFC 5531, 1813, 7530).

mod call;
mod frames;
mod names;
mod parser;
mod reader;
mod transaction;
mod version3;
mod version4;

pub use parser::Nfs;

use tapir_packet::Direction::{self, ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Probe, Signature, Transport};

const fn at_port(transport: Transport, probe: Probe) -> PortProbe {
    PortProbe {
        transport,
        ports: Ports::Destination(&[2049]),
        min: 0,
        max: 32,
        to_server: Some(probe),
        to_client: Some(probe),
    }
}

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::Nfs).probes(&[
    at_port(Transport::Tcp, probe_stream),
    at_port(Transport::Udp, probe_datagram),
]);

const CALL: u32 = 0;
const REPLY: u32 = 1;

/// The `n`-th word.
fn word(data: &[u8], n: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*data.get(n * 4..)?.first_chunk()?))
}

/// A stream of records, each behind its length.
fn probe_stream(data: &[u8], circumstances: &Circumstances) -> Opinion {
    const LAST: u32 = 1 << 31;
    const LONGEST_REPLY: u32 = 35_000;
    let Some(mark) = word(data, 0) else {
        return Opinion::Unsure;
    };
    let (length, message) = (mark & !LAST, data.get(4..).unwrap_or_default());
    let Some(kind) = word(message, 1) else {
        return Opinion::Unsure;
    };
    let way = match kind {
        CALL => ToServer,
        REPLY => ToClient,
        _ => return Opinion::NotMine,
    };
    if way != circumstances.direction && !circumstances.midstream {
        return Opinion::NotMine;
    }
    let plausible = match way {
        ToServer => length >= 40,
        ToClient => (24..=LONGEST_REPLY).contains(&length) && word(message, 0) != Some(0),
    };
    if plausible {
        judge(message, way)
    } else {
        Opinion::NotMine
    }
}

/// One message a datagram.
fn probe_datagram(data: &[u8], circumstances: &Circumstances) -> Opinion {
    let shortest = match circumstances.direction {
        ToServer => 48,
        ToClient => 24,
    };
    let kind = match circumstances.direction {
        ToServer => CALL,
        ToClient => REPLY,
    };
    if data.len() < shortest || word(data, 1) != Some(kind) {
        return Opinion::NotMine;
    }
    judge(data, circumstances.direction)
}

fn judge(message: &[u8], way: Direction) -> Opinion {
    match way {
        ToServer => judge_call(message),
        ToClient => judge_reply(message),
    }
}

fn judge_call(message: &[u8]) -> Opinion {
    const RPC_VERSION: u32 = 2;
    const NFS_PROGRAM: u32 = 100_003;
    const LAST_PROCEDURE: u32 = 21;
    let words = [2, 3, 4, 5, 6].map(|n| word(message, n));
    let [
        Some(rpc),
        Some(program),
        Some(version),
        Some(procedure),
        Some(credentials),
    ] = words
    else {
        return Opinion::Unsure;
    };
    // None, Unix, short-hand, DES, Kerberos, RPCSEC_GSS.
    let known_credentials = matches!(credentials, 0..=4 | 6);
    let is_nfs =
        program == NFS_PROGRAM && (2..=4).contains(&version) && procedure <= LAST_PROCEDURE;
    if rpc == RPC_VERSION && is_nfs && known_credentials {
        Opinion::Mine(Some(ToServer))
    } else {
        Opinion::NotMine
    }
}

/// An accepted call, as far as the reply has come: nothing in it names the program.
fn judge_reply(message: &[u8]) -> Opinion {
    const ACCEPTED: u32 = 0;
    const SUCCESS: u32 = 0;
    let accepted = word(message, 2).is_none_or(|state| state == ACCEPTED);
    let verifier = word(message, 4)
        .map_or(0, |length| length as usize)
        .div_ceil(4);
    let succeeded = word(message, verifier.saturating_add(5)).is_none_or(|state| state == SUCCESS);
    if accepted && succeeded {
        Opinion::Mine(Some(ToClient))
    } else {
        Opinion::NotMine
    }
}

#[cfg(test)]
mod tests;

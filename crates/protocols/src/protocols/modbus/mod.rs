//! Modbus over TCP (MODBUS Messaging on TCP/IP, 1.0b; MODBUS Application Protocol, 1.1b3).

mod function;
mod message;
mod parser;
mod record;

pub use function::{Access, Category, function_number};
pub use message::Request;
pub use parser::Modbus;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature =
    Signature::new(AppProto::Modbus)
        .off_by_default()
        .probes(&[PortProbe {
            transport: Transport::Tcp,
            ports: Ports::Destination(&[502]),
            min: 0,
            max: 16,
            to_server: Some(probe),
            to_client: Some(probe),
        }]);

/// Transaction, protocol 0, length, unit, function.
fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    let Some(&[_, _, protocol0, protocol1, length0, length1, _, _]) = data.first_chunk() else {
        return Opinion::Unsure;
    };
    let length = u16::from_be_bytes([length0, length1]);
    Opinion::settled([protocol0, protocol1] == [0, 0] && (2..=254).contains(&length))
}

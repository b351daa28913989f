//! The sample protocol of Suricata's parser template: messages as `LENGTH:TEXT`.

mod parser;

pub use parser::Template;

use memchr::memchr;

use crate::AppProto;
use crate::signature::{Circumstances, Opinion, PortProbe, Ports, Signature, Transport};

pub(crate) const SIGNATURE: Signature =
    Signature::new(AppProto::Template)
        .off_by_default()
        .probes(&[PortProbe {
            transport: Transport::Tcp,
            ports: Ports::Destination(&[7000]),
            min: 0,
            max: 16,
            to_server: Some(probe),
            to_client: Some(probe),
        }]);

fn probe(data: &[u8], _: &Circumstances) -> Opinion {
    match memchr(b':', data) {
        Some(end) if end > 0 => Opinion::settled(data[..end].iter().all(u8::is_ascii_digit)),
        Some(_) => Opinion::NotMine,
        None => Opinion::Unsure,
    }
}

//! Names of packet types and flags.

use super::message::flag;
use crate::names::place;

/// Types of control packets by number; the first is reserved (MQTT 5.0, section 2.1.2).
const TYPES: [&str; 16] = [
    "unassigned",
    "connect",
    "connack",
    "publish",
    "puback",
    "pubrec",
    "pubrel",
    "pubcomp",
    "subscribe",
    "suback",
    "unsubscribe",
    "unsuback",
    "pingreq",
    "pingresp",
    "disconnect",
    "auth",
];

/// The name of a type of packets; nothing for the reserved one.
pub(super) fn packet_type(number: u8) -> Option<&'static str> {
    TYPES
        .get(usize::from(number))
        .copied()
        .filter(|_| number != 0)
}

/// The number of a type of packets, for rules.
pub fn type_number(name: &str) -> Option<u64> {
    place(&TYPES, name)
}

/// The bit of a flag of every packet's header, for rules.
pub fn header_flag(name: &str) -> Option<u64> {
    match name {
        "dup" => Some(0x8),
        "retain" => Some(0x1),
        _ => None,
    }
}

/// The bit of a flag of the packet that opens a connection, for rules.
pub fn connect_flag(name: &str) -> Option<u64> {
    let bit = match name {
        "username" => flag::USER,
        "password" => flag::PASSWORD,
        "will_retain" => flag::WILL_RETAIN,
        "will" => flag::WILL,
        "clean_session" => flag::CLEAN_SESSION,
        _ => return None,
    };
    Some(bit.into())
}

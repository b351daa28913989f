//! BitTorrent's distributed hash table (BEP 5): bencoded dictionaries whose first key gives them away.

mod bencode;
mod message;
mod parser;

pub use parser::BittorrentDht;

use tapir_packet::Direction::{ToClient, ToServer};

use crate::AppProto;
use crate::signature::{Pattern, Signature};

const QUERY: &[u8] = b"d1:ad2:id20:";
const RESPONSE: &[u8] = b"d1:rd2:id20:";
const ERROR: &[u8] = b"d1:eli20";

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::BittorrentDht).patterns(&[
    Pattern::udp(ToServer, QUERY),
    Pattern::udp(ToClient, QUERY),
    Pattern::udp(ToServer, RESPONSE),
    Pattern::udp(ToClient, RESPONSE),
    Pattern::udp(ToServer, ERROR),
    Pattern::udp(ToClient, ERROR),
]);

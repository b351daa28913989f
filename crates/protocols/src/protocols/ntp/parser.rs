//! Packets of network time.

use std::sync::Arc;

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The fields up to the transmit timestamp.
const HEADER: usize = 48;
/// Where the reference identifier is.
const REFERENCE: usize = 12;

const MALFORMED_DATA: u8 = 1;

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Ntp {
    transactions: Transactions<Packet>,
}

/// A packet: each is a transaction.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packet {
    version: u8,
    mode: u8,
    stratum: u8,
    reference: [u8; 4],
}

impl Ntp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Packet {
    /// Reads a packet (RFC 5905, section 7.3); nothing when it is none.
    fn parse(data: &[u8]) -> Option<Self> {
        let header = data.first_chunk::<HEADER>()?;
        let version = header[0] >> 3 & 7;
        let reference = header.get(REFERENCE..)?.first_chunk::<4>()?;
        matches!(version, 3 | 4).then_some(Self {
            version,
            mode: header[0] & 7,
            stratum: header[1],
            reference: *reference,
        })
    }
}

/// Modes of an association, by number (RFC 5905, section 7.3).
const MODES: [&str; 8] = [
    "reserved",
    "symmetric_active",
    "symmetric_passive",
    "client",
    "server",
    "broadcast",
    "control",
    "private",
];

/// The number of a mode, for rules.
pub fn mode_number(name: &str) -> Option<u64> {
    crate::names::place(&MODES, name)
}

impl Parser for Ntp {
    type Tx = Packet;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &[
        "unsolicited_response",
        "malformed_data",
        "not_request",
        "not_response",
    ];

    fn place(keyword: KeywordId, _: Direction) -> Option<u8> {
        matches!(
            keyword,
            internet::NTP_VERSION
                | internet::NTP_MODE
                | internet::NTP_STRATUM
                | internet::NTP_REFERENCE_ID
        )
        .then_some(1)
    }

    fn parse(&mut self, input: &Input<'_>, _: &mut Orders) -> Outcome {
        let Some(packet) = Packet::parse(input.data) else {
            self.transactions.note(MALFORMED_DATA);
            return Outcome::Failed;
        };
        self.transactions.open_message(input.direction, packet);
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Packet> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Packet> {
        &mut self.transactions
    }
}

impl Transaction for Packet {
    fn values(
        &self,
        keyword: KeywordId,
        _: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        accepts(match keyword {
            internet::NTP_VERSION => Value::Number(self.version.into()),
            internet::NTP_MODE => Value::Number(self.mode.into()),
            internet::NTP_STRATUM => Value::Number(self.stratum.into()),
            internet::NTP_REFERENCE_ID => Value::Bytes(&self.reference),
            _ => return false,
        })
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("ntp");
        json.uint("version", self.version);
        json.uint("mode", self.mode);
        json.uint("stratum", self.stratum);
        json.colon_hex("reference_id", &self.reference);
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ntp", &|json| self.describe(json, options));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_read_and_a_cut_one_is_not() {
        let mut data = [0; HEADER];
        data[0] = 0x24;
        data[1] = 2;
        data[REFERENCE..REFERENCE + 4].copy_from_slice(b"LOCL");
        let expected = Packet {
            version: 4,
            mode: 4,
            stratum: 2,
            reference: *b"LOCL",
        };
        assert_eq!(Packet::parse(&data), Some(expected));
        assert_eq!(Packet::parse(&data[..HEADER - 1]), None);
        data[0] = 0x3c;
        assert_eq!(Packet::parse(&data), None);
    }
}

//! One transaction a message.

use std::sync::Arc;

use tapir_json::{Json, push_hex};
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use crate::parser::{Input, Orders, Outcome, Parser};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Transactions, Value};
use crate::{AppProto, ParserSettings};

/// The parser of a flow.
#[derive(Debug, Default)]
pub struct Ntp {
    transactions: Transactions<Message>,
}

/// A message and the way it went (RFC 5905, section 7.3).
#[derive(Debug)]
pub struct Message {
    direction: Direction,
    version: u8,
    mode: u8,
    stratum: u8,
    reference: [u8; 4],
}

const MALFORMED: u8 = 0;

/// The mode of a name.
pub fn mode(name: &str) -> Option<u64> {
    const NAMES: [&str; 8] = [
        "reserved",
        "symmetric_active",
        "symmetric_passive",
        "client",
        "server",
        "broadcast",
        "control",
        "private",
    ];
    let place = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(place as u64)
}

impl Ntp {
    pub(crate) fn new(_: AppProto, _: &Arc<ParserSettings>) -> Self {
        Self::default()
    }
}

impl Message {
    fn read(direction: Direction, data: &[u8]) -> Option<Self> {
        let header = data.first_chunk::<48>()?;
        let [first, stratum, ..] = *header;
        let version = first >> 3 & 7;
        matches!(version, 3 | 4).then_some(Self {
            direction,
            version,
            mode: first & 7,
            stratum,
            reference: [header[12], header[13], header[14], header[15]],
        })
    }
}

impl Parser for Ntp {
    type Tx = Message;
    const COMPLETE: [u8; 2] = [1, 1];
    const EVENTS: &'static [&'static str] = &["malformed_data", "not_request", "not_response"];

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
        let Some(message) = Message::read(input.direction, input.data) else {
            if let Some(last) = self.transactions.last_mut() {
                last.meta.event(MALFORMED);
            }
            return Outcome::Failed;
        };
        let meta = &mut self.transactions.open(message).meta;
        meta.advance(Direction::ToServer, 1);
        meta.advance(Direction::ToClient, 1);
        meta.skip[input.direction.reverse().index()] = true;
        Outcome::Done
    }

    fn transactions(&self) -> &Transactions<Message> {
        &self.transactions
    }

    fn transactions_mut(&mut self) -> &mut Transactions<Message> {
        &mut self.transactions
    }
}

impl Transaction for Message {
    /// Version, mode and stratum are numbers.
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != self.direction {
            return false;
        }
        let number = match keyword {
            internet::NTP_VERSION => self.version,
            internet::NTP_MODE => self.mode,
            internet::NTP_STRATUM => self.stratum,
            internet::NTP_REFERENCE_ID => return accepts(Value::Bytes(&self.reference)),
            _ => return false,
        };
        accepts(Value::Number(number.into()))
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("ntp");
        json.uint("version", self.version);
        json.uint("mode", self.mode);
        json.uint("stratum", self.stratum);
        json.quoted("reference_id", |out| {
            for (place, byte) in self.reference.iter().enumerate() {
                if place > 0 {
                    out.push(b':');
                }
                push_hex(out, *byte);
            }
        });
        json.close_object();
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ntp", &|json| self.describe(json, options));
    }

    fn is_from_server(&self, _: &RecordOptions) -> bool {
        self.direction == Direction::ToClient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_version_mode_and_reference() {
        let mut data = [0; 48];
        data[0] = 0x23;
        data[1] = 2;
        data[12..16].copy_from_slice(b"LOCL");
        let message = Message::read(Direction::ToServer, &data).expect("a message");
        assert_eq!((message.version, message.mode, message.stratum), (4, 3, 2));
        assert_eq!(message.reference, *b"LOCL");
        assert_eq!(mode("client"), Some(3));
        data[0] = 0x0b;
        assert!(Message::read(Direction::ToServer, &data).is_none());
        assert!(Message::read(Direction::ToServer, &data[..47]).is_none());
    }
}

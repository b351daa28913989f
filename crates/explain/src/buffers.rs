//! What the sticky buffers of a capture hold, as rules see them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tapir_capture::CaptureError;
use tapir_detect::{FlowState, PacketContext, Recorder, TransactionSight};
use tapir_engine::{LoadedRules, Progress, Replay, Session, Settings, Trouble};
use tapir_packet::Direction;
use tapir_protocols::{AppProto, Value};
use tapir_rules::keywords::{self, Keyword, KeywordId, Kind};

use crate::excerpt::as_content;
use crate::text::ends;

/// Bytes that are kept of a value.
const MOST_BYTES: usize = 1 << 16;

/// Transactions that are kept.
const MOST_TRANSACTIONS: usize = 100_000;

/// Values that are kept of one buffer of a transaction.
const MOST_VALUES: usize = 1024;

/// Bytes of a value that a line shows.
const SHOWN: usize = 256;

/// What is to be shown.
#[derive(Debug, Clone, Default)]
pub struct BufferQuery {
    /// Only transactions of this protocol, and of those inside it.
    pub proto: Option<AppProto>,
    /// Only those of this flow, by its number in the records.
    pub flow: Option<u64>,
}

/// A value that rules may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BufferValue {
    /// Bytes, and how many there are in all.
    Bytes(Vec<u8>, u64),
    /// A number.
    Number(u64),
}

/// One side of a transaction: its values by keyword.
#[derive(Debug)]
struct SideValues {
    proto: AppProto,
    packet: u64,
    source: (IpAddr, u16),
    destination: (IpAddr, u16),
    values: Vec<(KeywordId, Vec<BufferValue>)>,
}

/// What names a side of a transaction: flow, number of the transaction, direction.
type Key = (u64, u64, usize);

/// The values of all transactions.
#[derive(Debug, Default)]
pub struct Buffers {
    query: BufferQuery,
    sides: BTreeMap<Key, SideValues>,
    /// Flow and number of the transactions, as they came.
    order: Vec<(u64, u64)>,
    left_out: u64,
    place: Option<(u64, u64, Ends)>,
}

type Ends = ((IpAddr, u16), (IpAddr, u16));

/// Replays captures and keeps what the transactions show to rules.
///
/// # Errors
/// When the filter of the replay is wrong.
pub fn watch(
    settings: Arc<Settings>,
    rules: Arc<LoadedRules>,
    replay: &Replay,
    query: &BufferQuery,
    progress: impl FnMut(Progress),
    trouble: impl FnMut(&Path, Trouble),
) -> Result<Buffers, CaptureError> {
    let buffers = Buffers {
        query: query.clone(),
        ..Buffers::default()
    };
    let mut session = Session::new(settings, rules, buffers);
    session.replay(replay, progress, trouble)?;
    Ok(std::mem::take(session.recorder()))
}

impl Recorder for Buffers {
    const ENABLED: bool = true;
    const WATCHES_TRANSACTIONS: bool = true;

    fn packet(&mut self, context: &PacketContext<'_>, _: &FlowState) {
        let packet = context.packet;
        let ends = ((packet.src, packet.sport), (packet.dst, packet.dport));
        self.place = context.flow.map(|flow| (flow.id, context.number, ends));
    }

    fn transaction(&mut self, seen: Option<TransactionSight<'_>>) {
        let (Some(seen), Some((flow, packet, (source, destination)))) = (seen, self.place) else {
            return;
        };
        let asks_proto = |wanted: AppProto| wanted == seen.proto || wanted.covers(seen.proto);
        let is_wanted = self.query.proto.is_none_or(asks_proto)
            && self.query.flow.is_none_or(|wanted| wanted == flow);
        if !is_wanted {
            return;
        }
        let key = (flow, seen.number, seen.direction.index());
        if !self.sides.contains_key(&key) {
            if self.sides.len() >= MOST_TRANSACTIONS {
                self.left_out = self.left_out.saturating_add(1);
                return;
            }
            let other = (flow, seen.number, 1 - seen.direction.index());
            if !self.sides.contains_key(&other) {
                self.order.push((flow, seen.number));
            }
        }
        let side = self.sides.entry(key).or_insert_with(|| SideValues {
            proto: seen.proto,
            packet,
            source,
            destination,
            values: Vec::new(),
        });
        side.take(&seen);
    }
}

impl SideValues {
    /// Takes what there is to be seen now: values are seen anew, windows go on where the last one ended.
    fn take(&mut self, seen: &TransactionSight<'_>) {
        self.take_files(seen);
        for (keyword, row) in keywords::all() {
            let is_about = matches!(row.kind, Kind::Buffer | Kind::Field)
                && belongs(row, seen.proto)
                && seen.proto.place(keyword, seen.direction).is_some();
            if !is_about {
                continue;
            }
            let mut whole = Vec::new();
            let known = self.values.iter_mut().find(|(it, _)| *it == keyword);
            let mut windows = known
                .map(|(_, values)| std::mem::take(values))
                .unwrap_or_default();
            let mut number = 0;
            seen.transaction
                .values(keyword, seen.direction, &mut |value| {
                    match value {
                        Value::Bytes(data) => whole.push(BufferValue::of(data)),
                        Value::Number(number) => whole.push(BufferValue::Number(number)),
                        Value::Window { data, offset, .. } => {
                            if windows.len() <= number {
                                windows.push(BufferValue::Bytes(Vec::new(), 0));
                            }
                            if let Some(window) = windows.get_mut(number) {
                                window.append(data, offset);
                            }
                            number += 1;
                        }
                    }
                    whole.len().max(number) >= MOST_VALUES
                });
            let values = if whole.is_empty() { windows } else { whole };
            self.keep(keyword, values);
        }
    }

    /// What is known of files beside their content.
    fn take_files(&mut self, seen: &TransactionSight<'_>) {
        let files = seen.transaction.files(seen.direction);
        let names = files.iter().map(|file| BufferValue::of(&file.name));
        let types = files.iter().filter_map(|file| file.magic());
        let types = types.map(|name| BufferValue::of(name.as_bytes()));
        for (keyword, values) in [
            (keywords::file::NAME, names.take(MOST_VALUES).collect()),
            (keywords::file::MAGIC, types.take(MOST_VALUES).collect()),
        ] {
            self.keep(keyword, values);
        }
    }

    /// Keeps the values of a keyword in place of those of before.
    fn keep(&mut self, keyword: KeywordId, values: Vec<BufferValue>) {
        if values.is_empty() {
            return;
        }
        match self.values.iter_mut().find(|(it, _)| *it == keyword) {
            Some((_, place)) => *place = values,
            None => self.values.push((keyword, values)),
        }
    }
}

/// Whether a keyword is one of the protocol's, and not one that only shares its parser.
fn belongs(row: &Keyword, proto: AppProto) -> bool {
    let of = |name: &&str| {
        let named = AppProto::from_name(name);
        named.is_some_and(|named| named == proto || named.covers(proto) || proto.covers(named))
    };
    row.protocols.is_empty() || row.protocols.iter().any(of)
}

impl BufferValue {
    fn of(data: &[u8]) -> Self {
        let kept = data.get(..MOST_BYTES).unwrap_or(data);
        Self::Bytes(kept.to_vec(), data.len() as u64)
    }

    /// Adds a window of something that grows.
    fn append(&mut self, data: &[u8], offset: u64) {
        let Self::Bytes(bytes, length) = self else {
            return;
        };
        let end = offset.saturating_add(data.len() as u64);
        let known = length.saturating_sub(offset);
        let news = usize::try_from(known)
            .ok()
            .and_then(|known| data.get(known..));
        let room = MOST_BYTES.saturating_sub(bytes.len());
        if let Some(news) = news {
            bytes.extend_from_slice(news.get(..room).unwrap_or(news));
        }
        *length = end.max(*length);
    }

    /// As a rule would write it.
    fn written(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Bytes(bytes, length) => {
                let shown = bytes.get(..SHOWN).unwrap_or(bytes);
                let more = length.saturating_sub(shown.len() as u64);
                let rest = if more > 0 {
                    format!(" and {more} bytes more")
                } else {
                    String::new()
                };
                format!("\"{}\"{rest}", as_content(shown))
            }
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Number(number) => json!(number),
            Self::Bytes(bytes, length) => json!({ "content": as_content(bytes), "bytes": length }),
        }
    }
}

impl Buffers {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The sides of transactions in their order in the capture, what goes to the server first.
    fn each(&self) -> impl Iterator<Item = (&Key, &SideValues)> {
        self.order.iter().flat_map(|(flow, number)| {
            let both = (*flow, *number, 0)..=(*flow, *number, 1);
            self.sides.range(both)
        })
    }

    /// The values, a line each, by transaction.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for ((flow, transaction, way), side) in self.each() {
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(
                out,
                "flow {flow}, transaction {transaction}, {} {}, packet {}, {}",
                side.proto.name(),
                way_name(*way),
                side.packet,
                ends(side.source, side.destination)
            );
            for (keyword, values) in &side.values {
                for value in values {
                    let _ = writeln!(out, "  {:<28} {}", keyword.name(), value.written());
                }
            }
        }
        if self.left_out > 0 {
            let _ = writeln!(
                out,
                "more transactions were left out: choose with --flow or --proto"
            );
        }
        out
    }

    /// The same as an array with an object for each side of a transaction.
    pub fn json(&self) -> Json {
        let of_side = |((flow, transaction, way), side): (&Key, &SideValues)| {
            let values: serde_json::Map<String, Json> = side
                .values
                .iter()
                .map(|(keyword, values)| {
                    let values = values.iter().map(BufferValue::json).collect();
                    (keyword.name().to_owned(), values)
                })
                .collect();
            json!({
                "flow_id": flow,
                "tx_id": transaction,
                "app_proto": side.proto.name(),
                "direction": way_name(*way),
                "packet": side.packet,
                "src_ip": side.source.0.to_string(),
                "src_port": side.source.1,
                "dest_ip": side.destination.0.to_string(),
                "dest_port": side.destination.1,
                "values": values,
            })
        };
        self.each().map(of_side).collect()
    }
}

fn way_name(way: usize) -> &'static str {
    if way == Direction::ToServer.index() {
        "to_server"
    } else {
        "to_client"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_joined_where_they_overlap() {
        let mut value = BufferValue::Bytes(Vec::new(), 0);
        value.append(b"abc", 0);
        value.append(b"bcde", 1);
        value.append(b"abc", 0);
        assert_eq!(value, BufferValue::Bytes(b"abcde".to_vec(), 5));
        assert_eq!(value.written(), "\"abcde\"");
        // Bytes that were never shown are missing, and counted.
        value.append(b"z", 9);
        assert_eq!(value, BufferValue::Bytes(b"abcdez".to_vec(), 10));
    }

    #[test]
    fn a_long_value_is_cut_and_its_length_said() {
        let value = BufferValue::of(&[b'x'; 300]);
        let written = value.written();
        assert!(written.starts_with("\"xxx") && written.ends_with("\" and 44 bytes more"));
    }
}

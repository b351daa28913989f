//! Questions and answers: `> A www.example`, `< A www.example 192.0.2.1`, `< NXDOMAIN A www.example`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use tapir_traffic::connection::Side;
use tapir_traffic::dns::{Message, code_number, labels, type_number};

use super::payload::{begins, payload};
use super::scanner::Scanner;
use crate::mistake::{Mistake, Read};

/// Reads what a side says, as a message. A question takes the next number, an answer the last one.
pub(crate) fn message(
    line: &mut Scanner<'_>,
    side: Side,
    number: &mut u16,
    folder: &Path,
) -> Read<Vec<u8>> {
    let code = match (side, code_number(line.peek())) {
        (Side::Server, Some(code)) => {
            line.word();
            Some(code)
        }
        _ => None,
    };
    let (word, span) = line.word();
    let unnamed = || {
        word.strip_prefix("TYPE")
            .and_then(|number| number.parse().ok())
    };
    let kind = type_number(word).or_else(unnamed).ok_or_else(|| {
        Mistake::new(span, "this is no type of record")
            .help("a type, then the name: `> A www.example`; types without a name are `TYPE64`")
    })?;
    let (name, span) = line.word();
    let name = labels(name).ok_or_else(|| {
        Mistake::new(span, "this is no name").label("labels have 1 to 63 letters")
    })?;
    let answer = match side {
        Side::Client => {
            *number = number.wrapping_add(1);
            None
        }
        Side::Server => Some((code.unwrap_or(0), records(line, kind, folder)?)),
    };
    line.end()?;
    let message = Message {
        id: *number,
        name,
        kind,
        answer,
    };
    Ok(message.bytes())
}

/// The data of each record, up to the end of the line.
fn records(line: &mut Scanner<'_>, kind: u16, folder: &Path) -> Read<Vec<Vec<u8>>> {
    let mut records = Vec::new();
    while !line.at_end() {
        line.skip_spaces();
        let place = line.place();
        let data = if begins(line.rest()) {
            let bytes = payload(line, folder)?;
            if kind == TXT { strings(&bytes) } else { bytes }
        } else {
            let (word, span) = line.word();
            let wrong = || {
                Mistake::new(span, "this is no data of such a record").help(
                "addresses for A and AAAA, names for CNAME, NS, PTR and MX, text in quotes for TXT, for others bytes: `|00 01|`",
            )
            };
            data(kind, word).ok_or_else(wrong)?
        };
        if data.len() > 60_000 {
            return Err(Mistake::new(line.since(place), "the record is too long"));
        }
        records.push(data);
    }
    Ok(records)
}

const TXT: u16 = 16;

fn data(kind: u16, word: &str) -> Option<Vec<u8>> {
    match kind {
        1 => Some(word.parse::<Ipv4Addr>().ok()?.octets().to_vec()),
        28 => Some(word.parse::<Ipv6Addr>().ok()?.octets().to_vec()),
        2 | 5 | 12 => labels(word),
        15 => Some([&[0, 10][..], &labels(word)?].concat()),
        TXT => Some(strings(word.as_bytes())),
        _ => None,
    }
}

/// Text as strings of at most 255 bytes, each behind its length.
fn strings(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return vec![0];
    }
    let mut bytes = Vec::new();
    for part in text.chunks(255) {
        bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        bytes.extend(part);
    }
    bytes
}

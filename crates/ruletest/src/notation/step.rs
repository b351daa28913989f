//! Lines of a conversation that say what happens rather than what is said: `segments 10 reversed`, `server reset`.

use std::path::Path;

use tapir_traffic::connection::Side;

use super::conversation::{Carrier, Cut, Order, Step};
use super::payload::{begins, payload};
use super::scanner::Scanner;
use crate::mistake::{Mistake, Read};

/// What such a line may say, for a message.
const ABOUT: &str = "lines of a conversation begin with `>` (the client says), `<` (the server says), `wait`, \
    `segments`, `midstream`, `open`, `client` or `server`";
/// What a side may do.
const DEEDS: &str = "a side may do `again`, `segment at N`, `gap N`, `reset` and `flags SAFRPU`";

/// Reads the line.
pub(crate) fn step(line: &mut Scanner<'_>, carrier: Carrier, folder: &Path) -> Read<Step> {
    let (word, span) = line.word();
    let of_tcp = matches!(
        word,
        "segments" | "midstream" | "open" | "client" | "server"
    );
    if of_tcp && carrier != Carrier::Tcp {
        return Err(Mistake::new(span, format!("`{word}` is about TCP"))
            .label("this conversation has none"));
    }
    let step = match word {
        "wait" => Step::Wait(line.time()?),
        "segments" => Step::Cut(cut(line)?),
        "midstream" => Step::Midstream,
        "open" => Step::Open,
        "client" => deed(line, Side::Client, folder)?,
        "server" => deed(line, Side::Server, folder)?,
        _ => {
            return Err(
                Mistake::new(span, "the line is not understood").help(format!(
                    "{ABOUT}; a conversation begins with its protocol: {}",
                    super::head::protocols()
                )),
            );
        }
    };
    line.end()?;
    Ok(step)
}

fn cut(line: &mut Scanner<'_>) -> Read<Cut> {
    let mut cut = Cut::default();
    if !line.take_word("whole") {
        while !matches!(line.peek(), "" | "reversed" | "order") {
            let length = line.number("the length of a segment", 1..65_001)?;
            cut.lengths.push(usize::try_from(length).unwrap_or(1));
        }
        cut.repeats = cut.lengths.len() == 1;
        if cut.lengths.is_empty() {
            return Err(Mistake::new(line.line_span(), "how long are the segments?").help(
                "`segments 10` cuts every 10 bytes, `segments 4 8` into 4, 8 and the rest, `segments whole` no more",
            ));
        }
    }
    if line.take_word("reversed") {
        cut.order = Order::Reversed;
    } else if line.take_word("order") {
        let mut order = Vec::new();
        while !line.at_end() {
            let place = line.number("the place of a segment", 1..65_001)?;
            order.push(usize::try_from(place).unwrap_or(1).saturating_sub(1));
        }
        cut.order = Order::Given(order);
    }
    Ok(cut)
}

fn deed(line: &mut Scanner<'_>, side: Side, folder: &Path) -> Read<Step> {
    let (word, span) = line.word();
    let bytes_follow = |line: &mut Scanner<'_>| {
        line.skip_spaces();
        begins(line.rest())
    };
    Ok(match word {
        "again" if bytes_follow(line) => Step::Again(side, Some(payload(line, folder)?)),
        "again" => Step::Again(side, None),
        "gap" => {
            let bytes = line.number("how many bytes are missing", 1..1 << 30)?;
            Step::Gap(side, u32::try_from(bytes).unwrap_or(1))
        }
        "reset" => Step::Reset(side),
        "segment" => {
            line.take_word("at");
            let (word, span) = line.word();
            let ahead = word.parse::<i32>().map_err(|_| {
                Mistake::new(span, "where is the segment?")
                    .help("so many bytes from what comes next: `client segment at 10 \"data\"`, `at -4` for bytes before")
            })?;
            Step::Segment(side, ahead, payload(line, folder)?)
        }
        "flags" => {
            let (letters, span) = line.word();
            if letters.is_empty() || !letters.chars().all(|c| "SAFRPU0".contains(c)) {
                return Err(Mistake::new(span, "these are no flags").help(
                    "letters of SYN, ACK, FIN, RST, PSH and URG, as in `client flags SF`; `0` for none",
                ));
            }
            let data = match bytes_follow(line) {
                true => payload(line, folder)?,
                false => Vec::new(),
            };
            Step::Flags(side, letters.to_owned(), data)
        }
        _ => return Err(Mistake::new(span, "what does this side do?").help(DEEDS)),
    })
}

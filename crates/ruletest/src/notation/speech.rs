//! What the sides say, line by line, made into the bytes of their messages.

use std::path::Path;

use tapir_traffic::connection::Side;

use super::conversation::{Carrier, Conversation, Step};
use super::dns;
use super::head::Speech;
use super::payload::payload;
use super::scanner::Scanner;
use crate::mistake::{Mistake, Read};
use tapir_traffic::tls::{ClientHello, server_hello};

/// Bytes of the longest payload of a datagram.
const LONGEST_DATAGRAM: usize = 65_000;

/// A conversation being read.
pub(crate) struct Speaker<'f> {
    pub(crate) conversation: Conversation,
    speech: Speech,
    folder: &'f Path,
    /// A message whose lines are not all read yet.
    message: Option<Message>,
    /// Number of the last question, or echo.
    number: u16,
}

/// A message of lines, up to now.
struct Message {
    side: Side,
    lines: Vec<String>,
    /// Bytes behind the lines.
    raw: Vec<u8>,
}

impl<'f> Speaker<'f> {
    pub(crate) fn new((conversation, speech): (Conversation, Speech), folder: &'f Path) -> Self {
        Self {
            conversation,
            speech,
            folder,
            message: None,
            number: 0,
        }
    }

    /// Something else happens.
    pub(crate) fn step(&mut self, step: Step) {
        self.end_message();
        self.conversation.steps.push(step);
    }

    /// Reads a line that begins with `>` or `<`.
    pub(crate) fn say(&mut self, line: &mut Scanner<'_>) -> Read<()> {
        let side = if line.take(">") {
            Side::Client
        } else {
            line.skip(1);
            Side::Server
        };
        if line.take("=") {
            let bytes = payload(line, self.folder)?;
            line.end()?;
            match self.speech {
                Speech::Message | Speech::Lines => self.message(side).raw.extend(bytes),
                _ => self.send(side, bytes, line)?,
            }
            return Ok(());
        }
        match self.speech {
            Speech::Bytes => {
                let bytes = payload(line, self.folder)?;
                line.end()?;
                self.send(side, bytes, line)
            }
            Speech::Message | Speech::Lines => {
                line.take(" ");
                let text = line.rest().to_owned();
                if !self.message(side).raw.is_empty() {
                    self.end_message();
                }
                self.message(side).lines.push(text);
                Ok(())
            }
            Speech::Dns => {
                let message = dns::message(line, side, &mut self.number, self.folder)?;
                let framed = self.conversation.carrier == Carrier::Tcp;
                let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
                let bytes = match framed {
                    true => [&length.to_be_bytes()[..], &message].concat(),
                    false => message,
                };
                self.send(side, bytes, line)
            }
            Speech::Tls => {
                let bytes = hello(line, side)?;
                self.send(side, bytes, line)
            }
            Speech::Icmp => self.icmp(line, side),
        }
    }

    /// Bytes of the line before go on in this one.
    pub(crate) fn go_on(&mut self, line: &mut Scanner<'_>) -> Read<()> {
        let bytes = payload(line, self.folder)?;
        line.end()?;
        let last = match &mut self.message {
            Some(message) => Some(&mut message.raw),
            None => match self.conversation.steps.last_mut() {
                Some(Step::Say(_, data)) if self.speech == Speech::Bytes => Some(data),
                _ => None,
            },
        };
        let last = last.ok_or_else(|| {
            Mistake::new(line.line_span(), "there are no bytes that could go on here")
        })?;
        last.extend(bytes);
        Ok(())
    }

    fn send(&mut self, side: Side, bytes: Vec<u8>, line: &Scanner<'_>) -> Read<()> {
        if self.conversation.carrier != Carrier::Tcp && bytes.len() > LONGEST_DATAGRAM {
            return Err(
                Mistake::new(line.line_span(), "this is too long for a packet")
                    .label(format!("{} bytes, at most {LONGEST_DATAGRAM}", bytes.len())),
            );
        }
        self.conversation.steps.push(Step::Say(side, bytes));
        Ok(())
    }

    /// The message of a side that is being read.
    fn message(&mut self, side: Side) -> &mut Message {
        if self
            .message
            .as_ref()
            .is_some_and(|message| message.side != side)
        {
            self.end_message();
        }
        self.message.get_or_insert_with(|| Message {
            side,
            lines: Vec::new(),
            raw: Vec::new(),
        })
    }

    /// The message at hand is complete.
    pub(crate) fn end_message(&mut self) {
        if let Some(message) = self.message.take() {
            let side = message.side;
            let bytes = match self.speech {
                Speech::Message => message.with_header(),
                _ => message.into_lines(),
            };
            self.conversation.steps.push(Step::Say(side, bytes));
        }
    }

    fn icmp(&mut self, line: &mut Scanner<'_>, side: Side) -> Read<()> {
        let version6 = self.conversation.client.0.ip.is_ipv6();
        let (word, span) = line.word();
        let echo = match (word, version6) {
            ("echo", false) => Some(8),
            ("reply", false) => Some(0),
            ("echo", true) => Some(128),
            ("reply", true) => Some(129),
            ("type", _) => None,
            _ => {
                return Err(Mistake::new(span, "this is no ICMP message").help(
                    "write `> echo \"data\"`, `< reply \"data\"` or `> type 3 code 1 |00 00 00 00|`",
                ));
            }
        };
        let (kind, code, mut rest) = match echo {
            Some(kind) => {
                if word == "echo" {
                    self.number = self.number.wrapping_add(1);
                }
                let [high, low] = self.number.to_be_bytes();
                (kind, 0, vec![0, 1, high, low])
            }
            None => {
                let kind = byte(line.number("the type", 0..256)?);
                let code = match line.take_word("code") {
                    true => byte(line.number("the code", 0..256)?),
                    false => 0,
                };
                (kind, code, Vec::new())
            }
        };
        if !line.at_end() {
            rest.extend(payload(line, self.folder)?);
        }
        line.end()?;
        if rest.len() > LONGEST_DATAGRAM {
            return Err(Mistake::new(
                line.line_span(),
                "this is too long for a packet",
            ));
        }
        rest.resize(rest.len().max(4), 0);
        self.conversation
            .steps
            .push(Step::Icmp(side, kind, code, rest));
        Ok(())
    }
}

fn byte(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// `hello NAME alpn h2,http/1.1` of a client, `hello` of a server.
fn hello(line: &mut Scanner<'_>, side: Side) -> Read<Vec<u8>> {
    let (word, span) = line.word();
    if word != "hello" {
        return Err(Mistake::new(span, "this is no TLS message")
            .help("write `> hello www.example`, `< hello`, or bytes behind `>=`"));
    }
    if side == Side::Server {
        line.end()?;
        return Ok(server_hello());
    }
    let mut hello = ClientHello::default();
    if !matches!(line.peek(), "" | "alpn") {
        hello.server_name = Some(line.word().0.to_owned());
    }
    if line.take_word("alpn") {
        hello.alpn = line.word().0.split(',').map(str::to_owned).collect();
    }
    line.end()?;
    Ok(hello.bytes())
}

impl Message {
    fn into_lines(self) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        for line in &self.lines {
            bytes.extend(line.as_bytes());
            bytes.extend(b"\r\n");
        }
        bytes.extend(self.raw);
        bytes
    }

    /// A start line, fields, an empty line and a body, whose length is said where nothing else says it.
    fn with_header(self) -> Vec<u8> {
        if self.lines.is_empty() {
            return self.raw;
        }
        let end = self.lines.iter().position(String::is_empty);
        let (head, body) = self.lines.split_at(end.unwrap_or(self.lines.len()));
        let mut content = body.get(1..).unwrap_or_default().join("\n").into_bytes();
        content.extend(&self.raw);
        let mut bytes = Vec::new();
        for line in head {
            bytes.extend(line.as_bytes());
            bytes.extend(b"\r\n");
        }
        if wants_length(head, self.side, content.is_empty()) {
            bytes.extend(format!("Content-Length: {}\r\n", content.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(content);
        bytes
    }
}

/// Whether a message has to say how long its body is, and does not.
fn wants_length(head: &[String], side: Side, is_empty: bool) -> bool {
    let says = head.iter().skip(1).any(|line| {
        let name = line.split(':').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("content-length")
            || name.eq_ignore_ascii_case("transfer-encoding")
    });
    let status = head
        .first()
        .and_then(|line| line.split(' ').nth(1))
        .unwrap_or_default();
    let has_none = status.starts_with('1') || status == "204" || status == "304" || status == "101";
    !says && !(is_empty && (side == Side::Client || has_none))
}

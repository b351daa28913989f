//! One mail: its envelope and its message.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, file, mail};

use super::message::Message;
use crate::file::File;
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// A mail, from the first command to the end of its message.
#[derive(Debug, Default)]
pub struct Mail {
    pub(super) helo: Option<Vec<u8>>,
    pub(super) from: Option<Vec<u8>>,
    pub(super) to: Vec<Vec<u8>>,
    pub(super) message: Option<Box<Message>>,
    /// The message as one file, where it is not taken apart.
    pub(super) raw: Vec<File>,
    pub(super) is_done: bool,
}

/// The field of a message behind a keyword that has one value.
fn field(keyword: KeywordId) -> Option<&'static [u8]> {
    Some(match keyword {
        mail::EMAIL_FROM => b"from",
        mail::EMAIL_SUBJECT => b"subject",
        mail::EMAIL_TO => b"to",
        mail::EMAIL_CC => b"cc",
        mail::EMAIL_DATE => b"date",
        mail::EMAIL_MESSAGE_ID => b"message-id",
        mail::EMAIL_X_MAILER => b"x-mailer",
        _ => return None,
    })
}

/// Addresses of a list, which commas part unless quoted.
fn addresses(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    list.split(move |&byte| {
        is_quoted ^= byte == b'"';
        byte == b',' && !is_quoted
    })
    .map(<[u8]>::trim_ascii)
    .filter(|address| !address.is_empty())
}

fn array<'a>(json: &mut Json<'_>, key: &str, values: impl Iterator<Item = &'a [u8]>) {
    let mut values = values.peekable();
    if values.peek().is_none() {
        return;
    }
    json.open_array(key);
    for value in values {
        json.bytes_element(value);
    }
    json.close_array();
}

/// How a field of a message stands in records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    /// Its parts between commas.
    List,
    /// It may be there several times.
    Array,
}

/// Fields that records have if asked for: name in the record, name in the message, whether `extended` asks for it.
const EXTRA: [(&str, &str, Shape, bool); 16] = [
    ("reply_to", "reply-to", Shape::Text, false),
    ("bcc", "bcc", Shape::List, true),
    ("message_id", "message-id", Shape::Text, true),
    ("subject", "subject", Shape::Text, true),
    ("x_mailer", "x-mailer", Shape::Text, true),
    ("user_agent", "user-agent", Shape::Text, true),
    ("received", "received", Shape::Array, false),
    ("x_originating_ip", "x-originating-ip", Shape::Text, false),
    ("in_reply_to", "in-reply-to", Shape::Text, false),
    ("references", "references", Shape::Text, false),
    ("importance", "importance", Shape::Text, false),
    ("priority", "priority", Shape::Text, false),
    ("sensitivity", "sensitivity", Shape::Text, false),
    ("organization", "organization", Shape::Text, false),
    ("content_md5", "content-md5", Shape::Text, false),
    ("date", "date", Shape::Text, false),
];

/// What alerts have of a message, too.
fn write_message(json: &mut Json<'_>, message: &Message) {
    if let Some(from) = message.all(b"from").next().filter(|from| !from.is_empty()) {
        json.bytes("from", from);
    }
    array(json, "to", message.all(b"to").take(1).flat_map(addresses));
    array(json, "cc", message.all(b"cc").take(1).flat_map(addresses));
    json.word("status", "PARSE_DONE");
    array(
        json,
        "attachment",
        message.files.iter().map(|file| &file.name[..]),
    );
    array(json, "url", message.urls.iter().rev().map(|url| &url[..]));
}

/// What is only in records.
fn write_extra(json: &mut Json<'_>, message: &Message, options: &RecordOptions) {
    let custom = options.list("custom").unwrap_or_default();
    let is_extended = options.is_on("extended", false);
    for (key, field, shape, extended) in EXTRA {
        let is_asked = custom
            .iter()
            .any(|name| &**name == key || name.eq_ignore_ascii_case(field));
        if !(is_asked || (is_extended && extended)) {
            continue;
        }
        let mut values = message.all(field.as_bytes());
        match shape {
            Shape::Array => array(json, key, values),
            Shape::List => array(json, key, values.take(1).flat_map(addresses)),
            Shape::Text => {
                if let Some(value) = values.next() {
                    json.bytes(key, value);
                }
            }
        }
    }
    let wants_md5 = |what: &str| {
        options
            .list("md5")
            .is_some_and(|list| list.iter().any(|name| &**name == what))
    };
    if wants_md5("subject")
        && let Some(subject) = message.all(b"subject").next()
    {
        use md5::Digest as _;
        json.hex("subject_md5", &md5::Md5::digest(subject));
    }
    if wants_md5("body")
        && let Some(digest) = &message.body_md5
    {
        json.text("body_md5", digest);
    }
}

impl Mail {
    /// Writes what is known of it; with options, all that records have.
    fn write(&self, json: &mut Json<'_>, options: Option<&RecordOptions>) {
        json.open_object("smtp");
        if let Some(helo) = &self.helo {
            json.bytes("helo", helo);
        }
        if let Some(from) = &self.from {
            json.bytes("mail_from", from);
        }
        array(json, "rcpt_to", self.to.iter().map(|to| &to[..]));
        json.close_object();
        if let Some(message) = &self.message {
            json.open_object("email");
            write_message(json, message);
            if let Some(options) = options {
                write_extra(json, message, options);
            }
            json.close_object();
        }
    }
}

impl Transaction for Mail {
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        if direction != Direction::ToServer {
            return false;
        }
        let message = self.message.as_deref();
        match keyword {
            mail::SMTP_HELO => self
                .helo
                .as_deref()
                .is_some_and(|helo| accepts(Value::Bytes(helo))),
            mail::SMTP_MAIL_FROM => self
                .from
                .as_deref()
                .is_some_and(|from| accepts(Value::Bytes(from))),
            mail::SMTP_RCPT_TO => self.to.iter().any(|to| accepts(Value::Bytes(to))),
            mail::EMAIL_URL => message
                .is_some_and(|message| message.urls.iter().any(|url| accepts(Value::Bytes(url)))),
            mail::EMAIL_RECEIVED => message.is_some_and(|message| {
                message.all(b"received").any(|by| accepts(Value::Bytes(by)))
            }),
            mail::EMAIL_BODY_MD5 => message
                .and_then(|message| message.body_md5.as_deref())
                .is_some_and(|digest| accepts(Value::Bytes(digest.as_bytes()))),
            file::DATA => self
                .files(direction)
                .iter()
                .filter_map(File::window)
                .any(&mut *accepts),
            file::NAME => self
                .files(direction)
                .iter()
                .any(|file| accepts(Value::Bytes(&file.name))),
            _ => field(keyword)
                .zip(message)
                .and_then(|(name, message)| message.all(name).next())
                .is_some_and(|value| accepts(Value::Bytes(value))),
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        self.write(json, None);
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("smtp", &|json| self.write(json, Some(options)));
    }

    fn files(&self, direction: Direction) -> &[File] {
        match &self.message {
            _ if direction == Direction::ToClient => &[],
            Some(message) => &message.files,
            None => &self.raw,
        }
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        match &mut self.message {
            _ if direction == Direction::ToClient => &mut [],
            Some(message) => &mut message.files,
            None => &mut self.raw,
        }
    }
}

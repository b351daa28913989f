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
    pub(super) helo: Vec<u8>,
    pub(super) from: Option<Vec<u8>>,
    pub(super) to: Vec<Vec<u8>>,
    pub(super) message: Option<Box<Message>>,
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

fn write_message(json: &mut Json<'_>, message: &Message, options: &RecordOptions) {
    json.open_object("email");
    json.word("status", message.status());
    if let Some(from) = message.all(b"from").next() {
        json.bytes("from", from);
    }
    array(json, "to", message.all(b"to").take(1).flat_map(addresses));
    array(json, "cc", message.all(b"cc").take(1).flat_map(addresses));
    for name in options.list("custom").unwrap_or_default() {
        let (key, name): (&str, &[u8]) = match &**name {
            "subject" => ("subject", b"subject"),
            "date" => ("date", b"date"),
            "message-id" | "message_id" => ("message_id", b"message-id"),
            "x-mailer" | "x_mailer" => ("x_mailer", b"x-mailer"),
            "received" => {
                array(json, "received", message.all(b"received"));
                continue;
            }
            _ => continue,
        };
        if let Some(value) = message.all(name).next() {
            json.bytes(key, value);
        }
    }
    let wants_md5 = |what: &str| {
        options
            .list("md5")
            .is_some_and(|list| list.iter().any(|name| &**name == what))
    };
    if wants_md5("body")
        && let Some(digest) = &message.body_md5
    {
        json.text("body_md5", digest);
    }
    if wants_md5("subject")
        && let Some(subject) = message.all(b"subject").next()
    {
        use md5::Digest as _;
        json.hex("subject_md5", &md5::Md5::digest(subject));
    }
    array(
        json,
        "attachment",
        message.files.iter().map(|file| &file.name[..]),
    );
    array(json, "url", message.urls.iter().map(|url| &url[..]));
    json.close_object();
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
            mail::SMTP_HELO => !self.helo.is_empty() && accepts(Value::Bytes(&self.helo)),
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

    fn describe(&self, json: &mut Json<'_>, options: &RecordOptions) {
        json.open_object("smtp");
        if !self.helo.is_empty() {
            json.bytes("helo", &self.helo);
        }
        if let Some(from) = &self.from {
            json.bytes("mail_from", from);
        }
        array(json, "rcpt_to", self.to.iter().map(|to| &to[..]));
        json.close_object();
        if let Some(message) = &self.message {
            write_message(json, message, options);
        }
    }

    fn records(&mut self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("smtp", &|json| self.describe(json, options));
    }

    fn files(&self, direction: Direction) -> &[File] {
        match &self.message {
            Some(message) if direction == Direction::ToServer => &message.files,
            _ => &[],
        }
    }

    fn files_mut(&mut self, direction: Direction) -> &mut [File] {
        match &mut self.message {
            Some(message) if direction == Direction::ToServer => &mut message.files,
            _ => &mut [],
        }
    }
}

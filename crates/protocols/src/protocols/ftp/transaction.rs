//! One command of file transfer with the replies to it.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::{KeywordId, internet};

use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

/// A command and the replies to it.
#[derive(Debug, Default)]
pub struct Command {
    pub(super) name: Vec<u8>,
    pub(super) argument: Vec<u8>,
    pub(super) is_known: bool,
    pub(super) is_cut: bool,
    pub(super) replies: Vec<Reply>,
    pub(super) reply_is_cut: bool,
    pub(super) port: Option<u16>,
    pub(super) is_active: bool,
    pub(super) is_answered: bool,
    /// The last line of its reply is to come.
    pub(super) is_in_reply: bool,
}

/// One line of a reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) line: Vec<u8>,
}

impl Reply {
    /// The code and the text behind it.
    pub(super) fn parts(&self) -> (Option<&[u8]>, &[u8]) {
        match self.line.split_first_chunk::<3>() {
            // What stands between code and text says whether more lines follow.
            Some((code, rest)) if code.iter().all(u8::is_ascii_digit) => {
                (Some(code), rest.get(1..).unwrap_or_default())
            }
            _ => (None, &self.line),
        }
    }
}

impl Command {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    fn mode(&self) -> Option<&'static str> {
        if self.is("PORT") || self.is("EPRT") {
            Some("active")
        } else if self.is("PASV") || self.is("EPSV") {
            Some("passive")
        } else {
            None
        }
    }

    fn answered(&self) -> &'static str {
        if self.is_answered { "yes" } else { "no" }
    }

    fn write_replies(&self, json: &mut Json<'_>) {
        if self.replies.iter().any(|reply| reply.parts().0.is_some()) {
            json.open_array("completion_code");
            for code in self.replies.iter().filter_map(|reply| reply.parts().0) {
                json.bytes_element(code);
            }
            json.close_array();
        }
        if !self.replies.is_empty() {
            json.open_array("reply");
            for reply in &self.replies {
                json.bytes_element(reply.parts().1);
            }
            json.close_array();
        }
    }
}

impl Transaction for Command {
    /// | keyword | value |
    /// |---|---|
    /// | `ftp.mode` | bytes: `active` or `passive`, once the port is known |
    /// | `ftp.reply_received` | bytes: `yes` or `no` |
    /// | `ftp.dynamic_port` | number |
    fn values(
        &self,
        keyword: KeywordId,
        direction: Direction,
        accepts: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        let to_server = direction == Direction::ToServer;
        match keyword {
            internet::FTP_COMMAND if to_server && self.is_known => {
                accepts(Value::Bytes(&self.name))
            }
            internet::FTP_COMMAND_DATA if to_server && !self.argument.is_empty() => {
                accepts(Value::Bytes(&self.argument))
            }
            internet::FTP_REPLY if !to_server => self
                .replies
                .iter()
                .any(|reply| accepts(Value::Bytes(reply.parts().1))),
            internet::FTP_COMPLETION_CODE if !to_server => self
                .replies
                .iter()
                .filter_map(|reply| reply.parts().0)
                .any(|code| accepts(Value::Bytes(code))),
            internet::FTP_MODE if self.port.is_some() => self
                .mode()
                .is_some_and(|mode| accepts(Value::Bytes(mode.as_bytes()))),
            internet::FTP_REPLY_RECEIVED => {
                self.is_known && accepts(Value::Bytes(self.answered().as_bytes()))
            }
            internet::FTP_DYNAMIC_PORT => self
                .port
                .is_some_and(|port| accepts(Value::Number(port.into()))),
            _ => false,
        }
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("ftp");
        if self.is_known {
            json.bytes("command", &self.name);
            if !self.argument.is_empty() {
                json.bytes("command_data", &self.argument);
                json.bool("command_truncated", self.is_cut);
            }
        }
        self.write_replies(json);
        if let Some(port) = self.port {
            json.uint("dynamic_port", port);
        }
        if let Some(mode) = self.mode() {
            json.word("mode", mode);
        }
        json.word("reply_received", self.answered());
        json.bool("reply_truncated", self.reply_is_cut);
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("ftp", &|json| self.describe(json, options));
    }
}

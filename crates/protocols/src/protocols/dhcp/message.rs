//! Messages (RFC 2131, section 2) and their options (RFC 2132).

use super::HEADER;
use super::super::cursor::Cursor;

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) is_request: bool,
    pub(super) id: u32,
    /// Addresses: of the client as it knows itself, assigned, of the next server, of the relay.
    pub(super) client: [u8; 4],
    pub(super) assigned: [u8; 4],
    pub(super) next_server: [u8; 4],
    pub(super) relay: [u8; 4],
    pub(super) client_mac: Box<[u8]>,
    pub(super) options: Vec<DhcpOption>,
    /// An option whose content makes no sense, or that is cut.
    pub(super) is_malformed: bool,
    /// The options do not end.
    pub(super) is_truncated: bool,
}

/// An option: its code and its content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DhcpOption {
    pub(super) code: u8,
    pub(super) content: Box<[u8]>,
}

pub(super) const SUBNET_MASK: u8 = 1;
pub(super) const ROUTERS: u8 = 3;
pub(super) const DNS_SERVERS: u8 = 6;
pub(super) const HOSTNAME: u8 = 12;
pub(super) const REQUESTED_IP: u8 = 50;
pub(super) const LEASE_TIME: u8 = 51;
const OVERLOAD: u8 = 52;
pub(super) const TYPE: u8 = 53;
pub(super) const PARAMETERS: u8 = 55;
pub(super) const RENEWAL_TIME: u8 = 58;
pub(super) const REBINDING_TIME: u8 = 59;
pub(super) const VENDOR_CLASS: u8 = 60;
pub(super) const CLIENT_ID: u8 = 61;

impl Message {
    /// Reads a datagram.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        const COOKIE: &[u8] = b"\x63\x82\x53\x63";
        let (header, rest) = data.split_first_chunk::<HEADER>()?;
        let mut cursor = Cursor::new(header);
        let is_request = cursor.u8()? == 1;
        cursor.take(1)?;
        let mac_length = usize::from(cursor.u8()?);
        cursor.take(1)?;
        let id = cursor.u32()?;
        // Seconds and flags.
        cursor.take(4)?;
        let mut address = || -> Option<[u8; 4]> { cursor.take(4)?.try_into().ok() };
        let [client, assigned, next_server, relay] =
            [address()?, address()?, address()?, address()?];
        let hardware = cursor.take(16)?;
        let server_name = cursor.take(64)?;
        let file = cursor.take(128)?;
        if cursor.rest() != COOKIE {
            return None;
        }
        let mut message = Self {
            is_request,
            id,
            client,
            assigned,
            next_server,
            relay,
            client_mac: hardware.get(..mac_length).unwrap_or(hardware).into(),
            options: Vec::new(),
            is_malformed: false,
            is_truncated: false,
        };
        message.read_options(rest);
        // The fields for names may hold options too (RFC 2132, section 9.3).
        let overload = message.number(OVERLOAD).unwrap_or_default();
        if overload & 1 != 0 {
            message.read_options(file);
        }
        if overload & 2 != 0 {
            message.read_options(server_name);
        }
        Some(message)
    }

    fn read_options(&mut self, data: &[u8]) {
        const PAD: u8 = 0;
        const END: u8 = 255;
        let mut cursor = Cursor::new(data);
        while let Some(code) = cursor.u8() {
            match code {
                PAD => {}
                END => return,
                code => {
                    let length = cursor.u8().map(usize::from);
                    let Some(content) = length.and_then(|length| cursor.take(length)) else {
                        self.is_malformed = true;
                        return;
                    };
                    self.is_malformed |= is_malformed(code, content);
                    self.options.push(DhcpOption {
                        code,
                        content: content.into(),
                    });
                }
            }
        }
        self.is_truncated = true;
    }

    /// The content of an option.
    pub(super) fn option(&self, code: u8) -> Option<&[u8]> {
        self.options
            .iter()
            .find(|option| option.code == code)
            .map(|option| &*option.content)
    }

    /// The number that an option holds.
    pub(super) fn number(&self, code: u8) -> Option<u32> {
        number(self.option(code)?)
    }
}

/// A number of one or four bytes.
pub(super) fn number(content: &[u8]) -> Option<u32> {
    match content {
        [one] => Some(u32::from(*one)),
        four => four.try_into().ok().map(u32::from_be_bytes),
    }
}

fn is_malformed(code: u8, content: &[u8]) -> bool {
    match code {
        LEASE_TIME | RENEWAL_TIME | REBINDING_TIME => content.len() != 4,
        TYPE => content.len() != 1,
        CLIENT_ID => content.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A request with these options.
    pub(in super::super) fn message(options: &[u8]) -> Vec<u8> {
        let mut data = vec![0; HEADER];
        data[..8].copy_from_slice(b"\x01\x01\x06\0\x01\x02\x03\x04");
        data[28..34].copy_from_slice(b"\x02\0\0\0\0\x01");
        data[236..240].copy_from_slice(b"\x63\x82\x53\x63");
        data.extend_from_slice(options);
        data
    }

    #[test]
    fn options_are_read_to_their_end() {
        let data = message(b"\x35\x01\x03\0\x33\x04\0\0\x0e\x10\xff\x0c\x01a");
        let message = Message::read(&data).expect("a message");
        assert_eq!((message.id, message.is_request), (0x0102_0304, true));
        assert_eq!(*message.client_mac, *b"\x02\0\0\0\0\x01");
        assert_eq!((message.number(TYPE), message.number(LEASE_TIME)), (Some(3), Some(3600)));
        assert!(message.option(HOSTNAME).is_none());
        assert!(!message.is_malformed && !message.is_truncated);
    }

    #[test]
    fn options_hide_in_the_fields_for_names() {
        let mut data = message(b"\x34\x01\x03\xff");
        data[108..112].copy_from_slice(b"\x0c\x01a\xff");
        data[44..48].copy_from_slice(b"\x3c\x01b\xff");
        let message = Message::read(&data).expect("a message");
        assert_eq!(message.option(HOSTNAME), Some(&b"a"[..]));
        assert_eq!(message.option(VENDOR_CLASS), Some(&b"b"[..]));
    }

    #[test]
    fn what_is_cut_is_noted() {
        let cut = Message::read(&message(b"\x0c\x09abc")).expect("a message");
        assert!(cut.is_malformed);
        let endless = Message::read(&message(b"\x0c\x01a")).expect("a message");
        assert!(endless.is_truncated);
        assert_eq!(Message::read(&[0; 239]), None);
    }
}

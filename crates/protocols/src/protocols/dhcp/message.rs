//! Messages and their options (RFC 2131, 2132).

/// The fixed fields and the magic cookie.
const HEADER: usize = 240;
const SERVER_NAME: std::ops::Range<usize> = 44..108;
const BOOT_FILE: std::ops::Range<usize> = 108..236;

pub(super) const SUBNET_MASK: u8 = 1;
pub(super) const ROUTERS: u8 = 3;
pub(super) const DNS_SERVERS: u8 = 6;
pub(super) const HOSTNAME: u8 = 12;
pub(super) const REQUESTED_IP: u8 = 50;
pub(super) const LEASE_TIME: u8 = 51;
pub(super) const OVERLOAD: u8 = 52;
pub(super) const KIND: u8 = 53;
pub(super) const PARAMETERS: u8 = 55;
pub(super) const RENEWAL_TIME: u8 = 58;
pub(super) const REBINDING_TIME: u8 = 59;
pub(super) const VENDOR_CLASS: u8 = 60;
pub(super) const CLIENT_ID: u8 = 61;
const PAD: u8 = 0;
const END: u8 = 255;

/// Options that a message keeps; more than any real one has.
const MAX_OPTIONS: usize = 512;

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// It goes to the client.
    pub(super) from_server: bool,
    pub(super) operation: u8,
    pub(super) id: u32,
    pub(super) client: [u8; 4],
    pub(super) assigned: [u8; 4],
    pub(super) next_server: [u8; 4],
    pub(super) relay: [u8; 4],
    pub(super) hardware: Vec<u8>,
    /// Code and content, in order.
    pub(super) options: Vec<(u8, Box<[u8]>)>,
    /// The options end within one, or without an end.
    pub(super) is_truncated: bool,
}

impl Message {
    /// Reads a message; nothing when its fixed part is not whole.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (header, rest) = data.split_at_checked(HEADER)?;
        let address = |place: usize| header.get(place..)?.first_chunk::<4>().copied();
        let hardware_length = usize::from(*header.get(2)?).min(16);
        let mut message = Self {
            operation: *header.first()?,
            id: u32::from_be_bytes(address(4)?),
            client: address(12)?,
            assigned: address(16)?,
            next_server: address(20)?,
            relay: address(24)?,
            hardware: header.get(28..)?.get(..hardware_length)?.to_vec(),
            ..Self::default()
        };
        message.is_truncated = !message.read_options(rest);
        // Fields that are not needed may hold more options.
        let overload = message.option(OVERLOAD).and_then(|data| data.first());
        let overload = overload.copied().unwrap_or(0);
        if matches!(overload, 1 | 3) {
            message.is_truncated |= !message.read_options(header.get(BOOT_FILE)?);
        }
        if matches!(overload, 2 | 3) {
            message.is_truncated |= !message.read_options(header.get(SERVER_NAME)?);
        }
        Some(message)
    }

    /// Reads options up to their end; whether there was one.
    fn read_options(&mut self, mut data: &[u8]) -> bool {
        while let Some((&code, rest)) = data.split_first() {
            if code == END {
                return true;
            }
            if code == PAD {
                data = rest;
                continue;
            }
            let Some((&length, rest)) = rest.split_first() else {
                return false;
            };
            let Some((content, rest)) = rest.split_at_checked(length.into()) else {
                return false;
            };
            let content = match code {
                // The first byte is the type of the identifier.
                CLIENT_ID => match content {
                    [_, identifier @ ..] if !identifier.is_empty() => identifier,
                    _ => return false,
                },
                LEASE_TIME | RENEWAL_TIME | REBINDING_TIME if content.len() < 4 => return false,
                _ => content,
            };
            if self.options.len() < MAX_OPTIONS {
                self.options.push((code, content.into()));
            }
            data = rest;
        }
        false
    }

    /// The first option of a code.
    pub(super) fn option(&self, code: u8) -> Option<&[u8]> {
        self.options
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, content)| &**content)
    }

    /// The seconds in the first option of a code.
    pub(super) fn seconds(&self, code: u8) -> Option<u32> {
        self.option(code).and_then(seconds)
    }
}

/// The seconds that an option holds.
pub(super) fn seconds(content: &[u8]) -> Option<u32> {
    content.first_chunk::<4>().copied().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(options: &[u8]) -> Vec<u8> {
        let mut data = vec![0; HEADER];
        data[..3].copy_from_slice(&[1, 1, 6]);
        data[4..8].copy_from_slice(&[1, 2, 3, 4]);
        data[236..].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
        data.extend_from_slice(options);
        data
    }

    #[test]
    fn options_are_read_up_to_their_end() {
        let data = sample(&[0, 53, 1, 3, 61, 3, 1, 8, 9, 51, 4, 0, 0, 1, 0, 255, 7]);
        let message = Message::parse(&data).expect("a message");
        assert_eq!((message.id, message.is_truncated), (0x0102_0304, false));
        assert_eq!(message.option(KIND), Some(&[3][..]));
        assert_eq!(message.option(CLIENT_ID), Some(&[8, 9][..]));
        assert_eq!(message.seconds(LEASE_TIME), Some(256));
        for cut in HEADER..data.len() - 2 {
            assert!(
                Message::parse(&data[..cut])
                    .expect("a message")
                    .is_truncated
            );
        }
        assert_eq!(Message::parse(&data[..HEADER - 1]), None);
    }

    #[test]
    fn fields_that_are_overloaded_hold_options() {
        let mut data = sample(&[52, 1, 3, 255]);
        data[BOOT_FILE][..7].copy_from_slice(&[51, 4, 0, 0, 0, 9, 255]);
        data[SERVER_NAME][..7].copy_from_slice(&[3, 4, 10, 0, 0, 1, 255]);
        let message = Message::parse(&data).expect("a message");
        assert_eq!(message.seconds(LEASE_TIME), Some(9));
        assert_eq!(message.option(ROUTERS), Some(&[10, 0, 0, 1][..]));
        assert!(!message.is_truncated);
    }
}

//! Who logs in, as NTLM says it ([MS-NLMP], 2.2.1.3).

/// The message by which a client proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authenticate {
    /// The domain of the user.
    pub domain: Vec<u8>,
    /// The user.
    pub user: Vec<u8>,
    /// The client's machine.
    pub host: Vec<u8>,
    /// Version of the client's system.
    pub version: Option<String>,
    /// Part of it points to where nothing is.
    pub broken: bool,
}

/// Text of two bytes a character as ASCII.
pub fn narrow(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|&byte| byte != 0).collect()
}

fn short(data: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*data.get(place..)?.first_chunk()?))
}

fn word(data: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(place..)?.first_chunk()?))
}

/// What came of looking for the message in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Nothing,
    /// There is one that cannot be read.
    Malformed,
    /// There is one.
    Message(Authenticate),
}

/// Looks for the message in the token of a session setup, whatever is wrapped around it.
pub fn find(token: &[u8]) -> Found {
    const MAGIC: &[u8] = b"NTLMSSP\0";
    const AUTHENTICATE: u32 = 3;
    let Some(place) = memchr::memmem::find(token, MAGIC) else {
        return Found::Nothing;
    };
    let message = token.get(place..).unwrap_or_default();
    match word(message, MAGIC.len()) {
        Some(AUTHENTICATE) => read(message).map_or(Found::Malformed, Found::Message),
        Some(_) => Found::Nothing,
        None => Found::Malformed,
    }
}

fn read(message: &[u8]) -> Option<Authenticate> {
    const HAS_VERSION: u32 = 0x0200_0000;
    let mut broken = false;
    let mut field = |place: usize| -> Option<Vec<u8>> {
        let length = usize::from(short(message, place)?);
        let offset = word(message, place + 4)? as usize;
        let text = message
            .get(offset..)
            .and_then(|rest| rest.get(..length))
            .unwrap_or_else(|| {
                broken = true;
                &[]
            });
        Some(narrow(text))
    };
    let (domain, user, host) = (field(28)?, field(36)?, field(44)?);
    let flags = word(message, 60)?;
    let version = match message.get(64..72) {
        Some(&[major, minor, b0, b1, _, _, _, revision]) if flags & HAS_VERSION != 0 => {
            let build = u16::from_le_bytes([b0, b1]);
            Some(format!("{major}.{minor} build {build} rev {revision}"))
        }
        _ => None,
    };
    Some(Authenticate {
        domain,
        user,
        host,
        version,
        broken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_domain_are_found() {
        let mut message = b"xxNTLMSSP\0\x03\0\0\0".to_vec();
        message.extend_from_slice(&[0; 16]);
        for (length, offset) in [(4u16, 72u32), (2, 76), (2, 78)] {
            message.extend_from_slice(&length.to_le_bytes());
            message.extend_from_slice(&length.to_le_bytes());
            message.extend_from_slice(&offset.to_le_bytes());
        }
        message.extend_from_slice(&[0; 8]);
        message.extend_from_slice(&0x0200_0000u32.to_le_bytes());
        message.extend_from_slice(&[10, 0, 0x61, 0x4a, 0, 0, 0, 15]);
        message.extend_from_slice(b"D\0O\0u\0h\0");
        let Found::Message(found) = find(&message) else {
            panic!("not found");
        };
        assert_eq!(
            (&*found.domain, &*found.user, &*found.host),
            (&b"DO"[..], &b"u"[..], &b"h"[..])
        );
        assert_eq!(found.version.as_deref(), Some("10.0 build 19041 rev 15"));
        assert_eq!(find(&message[..30]), Found::Malformed);
        assert_eq!(find(b"none"), Found::Nothing);
    }
}

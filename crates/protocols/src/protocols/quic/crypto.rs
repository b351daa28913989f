//! The keys of initial packets, which follow from what anybody can see (RFC 9001, section 5).

use std::fmt;

use ring::aead::{self, quic};
use ring::hkdf;
use tapir_packet::Direction;

use super::header::{Header, VERSION_2};

/// The keys of both directions.
pub(super) struct Keys {
    sides: [Side; 2],
}

struct Side {
    packet: aead::LessSafeKey,
    iv: [u8; aead::NONCE_LEN],
    header: quic::HeaderProtectionKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// How many bytes are asked for.
#[derive(Clone, Copy)]
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

const SALT_1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];
/// Drafts 29 to 32.
const SALT_DRAFT_29: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
    0x43, 0x90, 0xa8, 0x99,
];
/// Drafts 23 to 28.
const SALT_DRAFT_23: [u8; 20] = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65,
    0xbe, 0xf9, 0xf5, 0x02,
];
const SALT_2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb,
    0xf9, 0xbd, 0x2e, 0xd9,
];

fn salt(version: u32) -> Option<&'static [u8; 20]> {
    Some(match version {
        1 | 0xff00_0021..=0xff00_0022 => &SALT_1,
        0xff00_001d..=0xff00_0020 => &SALT_DRAFT_29,
        0xff00_0017..=0xff00_001c => &SALT_DRAFT_23,
        VERSION_2 => &SALT_2,
        _ => return None,
    })
}

/// A label as TLS 1.3 writes it (RFC 8446, section 7.1).
fn expand(secret: &hkdf::Prk, label: &str, out: &mut [u8]) -> Option<()> {
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_length = [u8::try_from(label.len() + 6).ok()?];
    let info = [
        &length[..],
        &label_length,
        b"tls13 ",
        label.as_bytes(),
        &[0],
    ];
    let okm = secret.expand(&info, Length(out.len())).ok()?;
    okm.fill(out).ok()
}

impl Keys {
    /// The keys that follow from the first packet's version and identifier; nothing for versions that are not known.
    pub(super) fn new(version: u32, identifier: &[u8]) -> Option<Self> {
        let initial = hkdf::Salt::new(hkdf::HKDF_SHA256, salt(version)?).extract(identifier);
        let side = |label| {
            let mut secret = [0; 32];
            expand(&initial, label, &mut secret)?;
            Side::new(
                &hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret),
                version,
            )
        };
        Some(Self {
            sides: [side("client in")?, side("server in")?],
        })
    }

    /// The frames of a packet; nothing when it cannot be decrypted.
    pub(super) fn open(
        &self,
        direction: Direction,
        header: &Header<'_>,
        packet: &[u8],
    ) -> Option<Vec<u8>> {
        self.sides.get(direction.index())?.open(header, packet)
    }
}

impl Side {
    fn new(secret: &hkdf::Prk, version: u32) -> Option<Self> {
        let [key_label, iv_label, header_label] = if version == VERSION_2 {
            ["quicv2 key", "quicv2 iv", "quicv2 hp"]
        } else {
            ["quic key", "quic iv", "quic hp"]
        };
        let (mut key, mut iv, mut header) = ([0; 16], [0; aead::NONCE_LEN], [0; 16]);
        expand(secret, key_label, &mut key)?;
        expand(secret, iv_label, &mut iv)?;
        expand(secret, header_label, &mut header)?;
        Some(Self {
            packet: aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, &key).ok()?),
            iv,
            header: quic::HeaderProtectionKey::new(&quic::AES_128, &header).ok()?,
        })
    }

    fn open(&self, header: &Header<'_>, packet: &[u8]) -> Option<Vec<u8>> {
        // The sample is taken as if the packet number had four bytes.
        const LONGEST_NUMBER: usize = 4;
        let sample = packet
            .get(header.len + LONGEST_NUMBER..)?
            .get(..self.header.algorithm().sample_len())?;
        let mask = self.header.new_mask(sample).ok()?;
        let first = packet.first()? ^ mask[0] & 0x0f;
        let count = usize::from(first & 3) + 1;
        let mut plain_header = packet.get(..header.len + count)?.to_vec();
        *plain_header.first_mut()? = first;
        let mut nonce = self.iv;
        for (place, byte) in plain_header.iter_mut().skip(header.len).enumerate() {
            *byte ^= mask.get(place + 1)?;
            *nonce.get_mut(aead::NONCE_LEN - count + place)? ^= *byte;
        }
        let end = header.len.checked_add(header.rest)?;
        let mut payload = packet.get(header.len + count..end)?.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let length = self
            .packet
            .open_in_place(nonce, aead::Aad::from(&plain_header), &mut payload)
            .ok()?
            .len();
        payload.truncate(length);
        Some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9001, appendix A.1: the client's key from its first connection identifier.
    #[test]
    fn keys_follow_from_the_identifier() {
        let identifier = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
        let initial = hkdf::Salt::new(hkdf::HKDF_SHA256, &SALT_1).extract(&identifier);
        let mut secret = [0; 32];
        expand(&initial, "client in", &mut secret).expect("a secret");
        assert_eq!(secret[..4], [0xc0, 0x0c, 0xf1, 0x51]);
        let secret = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret);
        let mut key = [0; 16];
        expand(&secret, "quic key", &mut key).expect("a key");
        assert_eq!(key[..4], [0x1f, 0x36, 0x96, 0x13]);
        assert!(Keys::new(0x5130_3436, &identifier).is_none());
    }
}

//! Payloads of version 2 (RFC 7296, section 3).

use smallvec::SmallVec;

use crate::protocols::cursor::Cursor;

const SECURITY_ASSOCIATION: u8 = 33;
const KEY_EXCHANGE: u8 = 34;
const NONCE: u8 = 40;
const NOTIFY: u8 = 41;
const ENCRYPTED: u8 = 46;

pub(super) const ENCRYPTION: u8 = 1;
pub(super) const PSEUDORANDOM: u8 = 2;
pub(super) const INTEGRITY: u8 = 3;
pub(super) const DIFFIE_HELLMAN: u8 = 4;
pub(super) const SEQUENCE_NUMBERS: u8 = 5;

/// Payloads, and transforms of a message, that are looked at.
const MOST_PAYLOADS: usize = 128;
const MOST_TRANSFORMS: usize = 512;

/// A transform: its kind and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transform {
    pub(super) kind: u8,
    pub(super) number: u16,
}

/// What a message says.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    /// What each payload says comes next.
    pub(super) kinds: Vec<u8>,
    pub(super) notifications: Vec<u16>,
    pub(super) key_exchange: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    /// Transforms of all proposals.
    pub(super) transforms: Vec<Transform>,
    /// What is wrong with the proposals.
    pub(super) flaws: SmallVec<[Flaw; 4]>,
}

/// What can be wrong with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    NoEncryption,
    WeakEncryption,
    WeakPseudorandom,
    WeakDiffieHellman,
    WeakIntegrity,
    NoDiffieHellman,
    NoIntegrity,
    Invalid,
    Unknown,
}

impl Payloads {
    /// Reads payloads, the first one of a kind, as far as they can be read.
    pub(super) fn read(first: u8, data: &[u8]) -> Self {
        const HEADER: usize = 4;
        let mut payloads = Self::default();
        let mut kind = first;
        let mut cursor = Cursor::new(data);
        let mut next_payload = || {
            let next = cursor.u8()?;
            cursor.u8()?;
            let length = usize::from(cursor.u16()?).checked_sub(HEADER)?;
            Some((next, cursor.take(length)?))
        };
        while kind != 0 && payloads.kinds.len() < MOST_PAYLOADS {
            let Some((next, content)) = next_payload() else {
                break;
            };
            payloads.kinds.push(next);
            payloads.payload(kind, content);
            // What is encrypted names the first payload within it, and nothing follows.
            if kind == ENCRYPTED {
                break;
            }
            kind = next;
        }
        payloads
    }

    fn payload(&mut self, kind: u8, data: &[u8]) {
        const GROUP_AND_RESERVED: usize = 4;
        match kind {
            SECURITY_ASSOCIATION => self.proposals(data),
            KEY_EXCHANGE => {
                self.key_exchange = data.get(GROUP_AND_RESERVED..).unwrap_or_default().to_vec();
            }
            NONCE => self.nonce = data.to_vec(),
            NOTIFY => {
                let mut cursor = Cursor::new(data);
                cursor.u16();
                self.notifications.extend(cursor.u16());
            }
            _ => {}
        }
    }

    fn proposals(&mut self, data: &[u8]) {
        const HEADER: usize = 4;
        let mut cursor = Cursor::new(data);
        let mut next = || {
            cursor.u16()?;
            let length = usize::from(cursor.u16()?).checked_sub(HEADER)?;
            cursor.take(length)
        };
        while let Some(proposal) = next() {
            if self.transforms.len() >= MOST_TRANSFORMS || self.proposal(proposal).is_none() {
                return;
            }
        }
    }

    fn proposal(&mut self, data: &[u8]) -> Option<()> {
        const HEADER: usize = 8;
        const AUTHENTICATION_HEADER: u8 = 2;
        let mut cursor = Cursor::new(data);
        cursor.u8()?;
        let protocol = cursor.u8()?;
        let spi = cursor.u8()?;
        let count = cursor.u8()?;
        cursor.take(spi.into())?;
        let mut transforms: SmallVec<[Transform; 8]> = SmallVec::new();
        for _ in 0..count {
            cursor.u16()?;
            let length = usize::from(cursor.u16()?);
            let kind = cursor.u8()?;
            cursor.u8()?;
            let number = cursor.u16()?;
            cursor.take(length.checked_sub(HEADER)?)?;
            transforms.push(Transform { kind, number });
        }
        self.judge(&transforms);
        if protocol == AUTHENTICATION_HEADER {
            self.flaw(Flaw::NoEncryption);
        }
        self.transforms.extend(transforms);
        Some(())
    }

    fn flaw(&mut self, flaw: Flaw) {
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    fn judge(&mut self, transforms: &[Transform]) {
        for transform in transforms {
            if let Some(flaw) = transform.flaw() {
                self.flaw(flaw);
            }
        }
        let has = |wanted: fn(&Transform) -> bool| transforms.iter().any(wanted);
        if !has(|transform| transform.kind == DIFFIE_HELLMAN) {
            self.flaw(Flaw::NoDiffieHellman);
        }
        // Ciphers that authenticate need nothing else for it.
        if !has(|transform| transform.kind == INTEGRITY && transform.number != 0)
            && !has(Transform::is_authenticating)
        {
            self.flaw(Flaw::NoIntegrity);
        }
    }
}

impl Transform {
    fn flaw(&self) -> Option<Flaw> {
        Some(match (self.kind, self.number) {
            (ENCRYPTION, 1..=9 | 11) => Flaw::WeakEncryption,
            (PSEUDORANDOM, 0) | (DIFFIE_HELLMAN, 0) => Flaw::Invalid,
            (PSEUDORANDOM, 1 | 2) => Flaw::WeakPseudorandom,
            (INTEGRITY, 1..=7) => Flaw::WeakIntegrity,
            (DIFFIE_HELLMAN, 1 | 2 | 5 | 22) => Flaw::WeakDiffieHellman,
            (ENCRYPTION..=SEQUENCE_NUMBERS, _) => return None,
            _ => Flaw::Unknown,
        })
    }

    fn is_authenticating(&self) -> bool {
        self.kind == ENCRYPTION && matches!(self.number, 14..=16 | 18..=21 | 25..=28)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_proposals_are_told_of() {
        let data =
            b"\x29\0\0\x24\0\0\0\x20\x01\x01\0\x03\x03\0\0\x08\x01\0\0\x03\x03\0\0\x08\x02\0\0\x05\
            \0\0\0\x08\x04\0\0\x02\0\0\0\x08\0\0\x40\x04";
        let payloads = Payloads::read(SECURITY_ASSOCIATION, data);
        assert_eq!(payloads.kinds, [NOTIFY, 0]);
        assert_eq!(payloads.notifications, [16388]);
        assert_eq!(payloads.transforms.len(), 3);
        assert_eq!(
            payloads.flaws[..],
            [
                Flaw::WeakEncryption,
                Flaw::WeakDiffieHellman,
                Flaw::NoIntegrity
            ]
        );
        for cut in 0..data.len() {
            assert!(
                Payloads::read(SECURITY_ASSOCIATION, &data[..cut])
                    .kinds
                    .len()
                    < 2
            );
        }
    }
}

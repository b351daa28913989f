//! Elements of ASN.1's basic encoding rules (X.690, 8.1), as far as the protocols here use them.

/// The header of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    /// Class (two bits), constructed flag and low tag number, as encoded.
    pub identifier: u8,
    /// Length of the content.
    pub len: usize,
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;

/// Why no header could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The data ends within it.
    Short,
    /// It is none, or one with a tag number or length beyond what protocols use here.
    Wrong,
}

/// Reads a header and returns it with what follows.
pub(super) fn header(data: &[u8]) -> Result<(Element, &[u8]), Unreadable> {
    const LONG: u8 = 0x80;
    const HIGH_TAG: u8 = 0x1f;
    const MOST_LENGTH_BYTES: usize = 4;
    let [identifier, length, rest @ ..] = data else {
        return Err(Unreadable::Short);
    };
    if identifier & HIGH_TAG == HIGH_TAG || *length == LONG {
        return Err(Unreadable::Wrong);
    }
    if length & LONG == 0 {
        return Ok((
            Element {
                identifier: *identifier,
                len: usize::from(*length),
            },
            rest,
        ));
    }
    let count = usize::from(length & !LONG);
    if count > MOST_LENGTH_BYTES {
        return Err(Unreadable::Wrong);
    }
    let (length, rest) = rest.split_at_checked(count).ok_or(Unreadable::Short)?;
    let len = length
        .iter()
        .fold(0, |len: usize, byte| len << 8 | usize::from(*byte));
    Ok((
        Element {
            identifier: *identifier,
            len,
        },
        rest,
    ))
}

/// Reads a small unsigned integer and returns it with what follows.
pub(super) fn integer(data: &[u8]) -> Result<(u32, &[u8]), Unreadable> {
    let (element, rest) = header(data)?;
    if element.identifier != INTEGER || element.len == 0 || element.len > 4 {
        return Err(Unreadable::Wrong);
    }
    let (bytes, rest) = rest
        .split_at_checked(element.len)
        .ok_or(Unreadable::Short)?;
    Ok((
        bytes
            .iter()
            .fold(0, |value: u32, byte| value << 8 | u32::from(*byte)),
        rest,
    ))
}

/// Elements that follow one another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next one: identifier and content.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (head, rest) = header(self.0).ok()?;
        let (content, rest) = rest.split_at_checked(head.len)?;
        self.0 = rest;
        Some((head.identifier, content))
    }

    /// The next one if it has this identifier; else it stays.
    pub(super) fn tagged_bytes(&mut self, identifier: u8) -> Option<&'a [u8]> {
        if self.0.first() != Some(&identifier) {
            return None;
        }
        self.next().map(|(_, content)| content)
    }

    /// The same, copied.
    pub(super) fn tagged(&mut self, identifier: u8) -> Option<Box<[u8]>> {
        self.tagged_bytes(identifier).map(Into::into)
    }

    /// A string of octets.
    pub(super) fn text(&mut self) -> Option<Box<[u8]>> {
        self.tagged(OCTET_STRING)
    }

    /// A number under an identifier.
    pub(super) fn number(&mut self, identifier: u8) -> Option<u32> {
        number(self.tagged_bytes(identifier)?)
    }
}

/// The content of an integer that is not negative.
pub(super) fn number(content: &[u8]) -> Option<u32> {
    // A leading zero keeps large numbers from being negative.
    let content = match content {
        [0, rest @ ..] if rest.len() == 4 => rest,
        other => other,
    };
    ((1..=4).contains(&content.len())).then(|| {
        content
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_short_and_long() {
        assert_eq!(
            header(&[0x30, 3, 1]).unwrap().0,
            Element {
                identifier: SEQUENCE,
                len: 3
            }
        );
        assert_eq!(header(&[0x30, 0x82, 1, 0]).unwrap().0.len, 256);
        assert_eq!(header(&[0x30, 0x82, 1]), Err(Unreadable::Short));
        assert_eq!(header(&[0x30, 0x85, 0, 0, 0, 0, 1]), Err(Unreadable::Wrong));
        assert_eq!(integer(&[2, 1, 5, 9]), Ok((5, &[9][..])));
    }
}

//! Elements in the basic encoding rules of ASN.1 (ITU-T X.690): a type, a length, content.

/// Longest type and longest length that are read, in bytes beyond the first.
const LONGEST: usize = 4;

/// An element at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// The bytes of the type as one number.
    pub(super) kind: u32,
    /// The first byte of the type: class, whether it is constructed, short tag.
    pub(super) lead: u8,
    /// Bytes before the content.
    pub(super) header: usize,
    /// Length of the content as it is written; nothing if it lasts until its end is marked.
    pub(super) len: Option<usize>,
    /// What is there of the content.
    pub(super) content: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads the header of an element.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let lead = *data.first()?;
        let mut kind = u32::from(lead);
        let mut at = 1;
        if lead & 0x1f == 0x1f {
            loop {
                let byte = *data.get(at)?;
                if at > LONGEST - 1 {
                    return None;
                }
                kind = kind << 8 | u32::from(byte);
                at += 1;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let first = *data.get(at)?;
        at += 1;
        let len = match first {
            0x80 => None,
            0x81.. => {
                let count = usize::from(first & 0x7f);
                let bytes = data.get(at..at + count)?;
                at += count;
                let significant = bytes.iter().skip_while(|byte| **byte == 0);
                if significant.clone().count() > LONGEST {
                    return None;
                }
                Some(significant.fold(0usize, |len, byte| len << 8 | usize::from(*byte)))
            }
            short => Some(usize::from(short)),
        };
        let rest = data.get(at..)?;
        let content = len.and_then(|len| rest.get(..len)).unwrap_or(rest);
        Some(Self {
            kind,
            lead,
            header: at,
            len,
            content,
        })
    }

    pub(super) fn is_constructed(&self) -> bool {
        self.lead & 0x20 != 0
    }

    /// Whether it is a primitive of the universal class with this tag.
    pub(super) fn is_primitive(&self, tag: u8) -> bool {
        self.lead == tag
    }

    /// Whether all of its content is there.
    pub(super) fn is_whole(&self) -> bool {
        self.len.is_none_or(|len| self.content.len() == len)
    }
}

/// Where the content of an element of this type starts that stands at the cursor.
pub(super) fn content_start(data: &[u8], cursor: usize, kind: u32) -> Option<usize> {
    let element = Element::read(data.get(cursor..)?)?;
    (element.kind == kind).then_some(cursor + element.header)
}

/// Where the element ends that stands at the cursor, if it is of this type; the cursor itself if it is of another and
/// optional.
pub(super) fn behind(data: &[u8], cursor: usize, kind: u32, optional: bool) -> Option<usize> {
    let element = Element::read(data.get(cursor..)?)?;
    if element.kind != kind {
        return optional.then_some(cursor);
    }
    let end = cursor + element.header + element.len?;
    (end <= data.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lengths() {
        let element = Element::read(b"\x02\x01\x05rest").expect("an element");
        assert_eq!(
            (element.kind, element.header, element.content),
            (2, 2, &b"\x05"[..])
        );
        let element = Element::read(b"\x30\x82\x00\x03abc").expect("an element");
        assert_eq!(
            (element.header, element.len, element.content),
            (4, Some(3), &b"abc"[..])
        );
        assert!(element.is_constructed() && element.is_whole());
        let element = Element::read(b"\x9f\x81\x01\x02ab").expect("an element");
        assert_eq!((element.kind, element.header), (0x9f8101, 4));
        assert_eq!(Element::read(b"\x30\x84\xff"), None);
        assert!(
            !Element::read(b"\x04\x05abc")
                .expect("an element")
                .is_whole()
        );
    }

    #[test]
    fn elements_are_entered_or_skipped() {
        let data = b"\x30\x06\x02\x01\x07\x04\x01x";
        assert_eq!(content_start(data, 0, 0x30), Some(2));
        assert_eq!(behind(data, 2, 2, false), Some(5));
        assert_eq!(behind(data, 2, 4, false), None);
        assert_eq!(behind(data, 2, 4, true), Some(2));
        assert_eq!(behind(data, 5, 4, false), Some(8));
        assert_eq!(behind(data, 9, 4, true), None);
    }
}

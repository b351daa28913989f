//! Frames of initial packets (RFC 9000, section 19, and Google's stream frames).

use super::super::cursor::Cursor;
use super::header::variable;

/// Bytes of the handshake.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crypto<'a> {
    /// Their place in the handshake.
    pub(super) offset: u64,
    pub(super) data: &'a [u8],
}

/// The handshake in the frames of a packet; nothing when they are broken.
pub(super) fn crypto(payload: &[u8]) -> Option<Vec<Crypto<'_>>> {
    let mut cursor = Cursor::new(payload);
    let mut found = Vec::new();
    while !cursor.is_empty() {
        match variable(&mut cursor)? {
            // Padding, ping.
            0 | 1 => {}
            kind @ (2 | 3) => skip_acknowledgement(&mut cursor, kind == 3)?,
            6 => {
                let offset = variable(&mut cursor)?;
                let length = usize::try_from(variable(&mut cursor)?).ok()?;
                found.push(Crypto {
                    offset,
                    data: cursor.take(length)?,
                });
            }
            // A connection that is closed: nothing follows that would matter.
            0x1c | 0x1d => break,
            _ => return None,
        }
    }
    Some(found)
}

fn skip_acknowledgement(cursor: &mut Cursor<'_>, with_counts: bool) -> Option<()> {
    variable(cursor)?;
    variable(cursor)?;
    let ranges = variable(cursor)?;
    variable(cursor)?;
    for _ in 0..ranges {
        variable(cursor)?;
        variable(cursor)?;
    }
    if with_counts {
        for _ in 0..3 {
            variable(cursor)?;
        }
    }
    Some(())
}

/// A message of tags with values, as Google's versions begin with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tags<'a>(pub(super) Vec<([u8; 4], &'a [u8])>);

/// The messages of tags in the frames of a packet of Google's; nothing when they are broken.
pub(super) fn tags(payload: &[u8]) -> Option<Vec<Tags<'_>>> {
    const STREAM: u8 = 0x80;
    let mut cursor = Cursor::new(payload);
    let mut found = Vec::new();
    while !cursor.is_empty() {
        let kind = cursor.u8()?;
        if kind & STREAM == 0 {
            // Padding, or what would have to be known in full to be skipped.
            if kind == 0 {
                continue;
            }
            break;
        }
        cursor.take(usize::from(kind & 3) + 1)?;
        let offset = usize::from(kind >> 2 & 7);
        cursor.take(if offset == 0 { 0 } else { offset + 1 })?;
        let data = if kind & 0x20 != 0 {
            let length = usize::from(cursor.u16()?);
            cursor.take(length)?
        } else {
            let rest = cursor.rest();
            cursor.take(rest.len())?
        };
        found.extend(read_tags(data));
    }
    Some(found)
}

/// The message at the beginning of a stream: name, number of tags, and where the value of each ends.
fn read_tags(data: &[u8]) -> Option<Tags<'_>> {
    let mut cursor = Cursor::new(data);
    let name = cursor.take(4)?;
    if ![&b"CHLO"[..], b"REJ\0", b"SHLO"].contains(&name) {
        return None;
    }
    let count = u16::from_le_bytes(cursor.take(2)?.try_into().ok()?);
    cursor.take(2)?;
    let mut ends = Vec::new();
    for _ in 0..count {
        let tag: [u8; 4] = cursor.take(4)?.try_into().ok()?;
        let end = u32::from_le_bytes(cursor.take(4)?.try_into().ok()?);
        ends.push((tag, usize::try_from(end).ok()?));
    }
    let (values, mut from) = (cursor.rest(), 0);
    let mut tags = Tags::default();
    for (tag, end) in ends {
        tags.0
            .push((tag, values.get(from..end).unwrap_or_default()));
        from = end;
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_is_found_between_other_frames() {
        let payload = b"\0\0\x01\x02\x05\0\0\x01\x06\x00\x02ab\x06\x02\x01c\x1c";
        let found = crypto(payload).expect("frames");
        assert_eq!(
            found[1],
            Crypto {
                offset: 2,
                data: b"c"
            }
        );
        assert_eq!(crypto(b"\x06\0\x09a"), None);
        assert_eq!(crypto(b"\x3f"), None);
    }

    #[test]
    fn tags_have_values() {
        let mut payload = b"\x80\x01CHLO\x02\0\0\0SNI\0\x03\0\0\0UAID\x05\0\0\0abcde".to_vec();
        let found = tags(&payload).expect("a message");
        assert_eq!(
            found[0].0,
            [(*b"SNI\0", &b"abc"[..]), (*b"UAID", &b"de"[..])]
        );
        payload.truncate(12);
        assert_eq!(tags(&payload), Some(Vec::new()));
    }
}

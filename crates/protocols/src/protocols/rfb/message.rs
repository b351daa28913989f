//! Messages of the handshake (RFC 6143, section 7).

use crate::protocols::cursor::Cursor;

/// A version: three digits and three digits.
pub(super) type Version = [[u8; 3]; 2];

/// The bytes of a version message.
pub(super) const VERSION_LENGTH: usize = 12;

/// What a server says of its screen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) format: PixelFormat,
    pub(super) name: Box<[u8]>,
}

/// How a pixel is sent; colours are red, green and blue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PixelFormat {
    pub(super) bits: u8,
    pub(super) depth: u8,
    pub(super) is_big_endian: bool,
    pub(super) is_true_color: bool,
    pub(super) max: [u16; 3],
    pub(super) shift: [u8; 3],
}

/// The version in a message that is all there; nothing when it is something else.
pub(super) fn version(message: &[u8]) -> Option<Version> {
    let rest = message.strip_prefix(b"RFB ")?;
    let [a, b, c, b'.', d, e, f, b'\n'] = *rest else {
        return None;
    };
    let digits = [[a, b, c], [d, e, f]];
    digits.as_flattened().is_ascii().then_some(digits)
}

/// A text behind its length; nothing when it is not all there.
pub(super) fn reason<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = cursor.u32()?;
    cursor.take(usize::try_from(length).ok()?)
}

/// The screen; nothing when it is not all there.
pub(super) fn screen(cursor: &mut Cursor<'_>) -> Option<Screen> {
    let (width, height) = (cursor.u16()?, cursor.u16()?);
    let format = PixelFormat {
        bits: cursor.u8()?,
        depth: cursor.u8()?,
        is_big_endian: cursor.u8()? != 0,
        is_true_color: cursor.u8()? != 0,
        max: [cursor.u16()?, cursor.u16()?, cursor.u16()?],
        shift: [cursor.u8()?, cursor.u8()?, cursor.u8()?],
    };
    let _padding = cursor.take(3)?;
    Some(Screen {
        width,
        height,
        format,
        name: reason(cursor)?.into(),
    })
}

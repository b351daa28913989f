//! Objects in application messages (IEEE 1815, 4.2.2.7).

use super::super::cursor::Cursor;
use super::layout::{self, Field};

/// The header of the points of a group and variation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) group: u8,
    pub(super) variation: u8,
    pub(super) qualifier: u8,
    pub(super) start: u32,
    pub(super) stop: u32,
    pub(super) count: u32,
}

/// Why objects are not read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Malformed,
    /// Of a group and variation that is not known.
    Unknown,
    TooManyPoints,
    TooManyObjects,
}

/// What a field of a point holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Content<'a> {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a [u8]),
}

/// Is shown objects and points as they are read.
pub(super) trait Visitor {
    fn object(&mut self, object: &Object);
    /// A point begins; its prefix is an index or a length.
    fn point(&mut self, index: u32, prefix: u32, size: Option<u32>);
    fn field(&mut self, name: &'static str, content: Content<'_>);
    fn point_end(&mut self);
    fn object_end(&mut self);
}

/// Points of a message.
const MAX_POINTS: u32 = 16_384;
/// Objects of a message.
const MAX_OBJECTS: usize = 2_048;

impl Object {
    /// What stands before each point: 0 nothing, 1 to 3 an index, 4 to 6 a length.
    pub(super) fn prefix_code(&self) -> u8 {
        self.qualifier >> 4 & 7
    }

    /// How the points are numbered.
    pub(super) fn range_code(&self) -> u8 {
        self.qualifier & 0xf
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut object = Self {
            group: cursor.u8()?,
            variation: cursor.u8()?,
            qualifier: cursor.u8()?,
            ..Self::default()
        };
        match object.range_code() {
            code @ (0..=5) => {
                let width = 1 << (code % 3);
                object.start = little(cursor, width)?;
                object.stop = little(cursor, width)?;
                object.count = object.stop.checked_sub(object.start)?.checked_add(1)?;
            }
            6 => {}
            code @ (7..=9) => object.count = little(cursor, 1 << (code - 7))?,
            11 => object.count = little(cursor, 1)?,
            _ => return None,
        }
        Some(object)
    }
}

fn little(cursor: &mut Cursor<'_>, width: usize) -> Option<u32> {
    u32::try_from(little64(cursor, width)?).ok()
}

fn little64(cursor: &mut Cursor<'_>, width: usize) -> Option<u64> {
    let bytes = cursor.take(width)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}

/// Reads all objects.
///
/// # Errors
/// What keeps the rest from being read.
pub(super) fn read(
    data: &[u8],
    is_read_request: bool,
    visitor: &mut dyn Visitor,
) -> Result<(), Flaw> {
    let mut cursor = Cursor::new(data);
    let (mut points, mut objects) = (0_u32, 0);
    while !cursor.is_empty() {
        objects += 1;
        if objects > MAX_OBJECTS {
            return Err(Flaw::TooManyObjects);
        }
        let object = Object::read(&mut cursor).ok_or(Flaw::Malformed)?;
        points = points.saturating_add(object.count);
        if points > MAX_POINTS {
            return Err(Flaw::TooManyPoints);
        }
        visitor.object(&object);
        let result = read_points(&object, &mut cursor, is_read_request, visitor);
        visitor.object_end();
        result?;
    }
    Ok(())
}

fn read_points(
    object: &Object,
    cursor: &mut Cursor<'_>,
    is_read_request: bool,
    visitor: &mut dyn Visitor,
) -> Result<(), Flaw> {
    const FREE_FORMAT: u8 = 11;
    // Who asks for points does not send them, except to say which file.
    let has_data = !is_read_request || object.range_code() == FREE_FORMAT;
    if object.variation == 0 || object.count == 0 || !has_data {
        return Ok(());
    }
    let fields = layout::fields(object.group, object.variation);
    if let Some([Field::State(width)]) = fields {
        return read_states(object, *width, cursor, visitor).ok_or(Flaw::Malformed);
    }
    for place in 0..object.count {
        let code = object.prefix_code();
        let prefix = match code {
            0 => Some(0),
            1..=6 => little(cursor, 1 << ((code - 1) % 3)),
            _ => None,
        }
        .ok_or(Flaw::Malformed)?;
        let size = (code >= 4).then_some(prefix);
        let index = if (1..=3).contains(&code) {
            prefix
        } else {
            object.start.saturating_add(place)
        };
        visitor.point(index, prefix, size);
        let result = match (size, fields) {
            (Some(size), _) => match cursor.take(size as usize) {
                Some(bytes) => read_sized(object, bytes, fields, visitor),
                None => Err(Flaw::Malformed),
            },
            (None, Some(fields)) => read_fields(fields, cursor, visitor).ok_or(Flaw::Malformed),
            (None, None) => Err(Flaw::Unknown),
        };
        visitor.point_end();
        result?;
    }
    Ok(())
}

/// Points of a few bits each, packed.
fn read_states(
    object: &Object,
    width: u8,
    cursor: &mut Cursor<'_>,
    visitor: &mut dyn Visitor,
) -> Option<()> {
    let per_byte = u32::from(8 / width);
    let mask = (1 << width) - 1;
    let bytes = cursor.take(object.count.div_ceil(per_byte) as usize)?;
    for place in 0..object.count {
        let byte = bytes.get((place / per_byte) as usize)?;
        let state = byte >> (place % per_byte * u32::from(width)) & mask;
        visitor.point(object.start.saturating_add(place), 0, None);
        visitor.field("state", Content::Unsigned(state.into()));
        visitor.point_end();
    }
    Some(())
}

fn read_fields(fields: &[Field], cursor: &mut Cursor<'_>, visitor: &mut dyn Visitor) -> Option<()> {
    for field in fields {
        let mut unsigned = |name, width| -> Option<()> {
            let number = little64(cursor, width)?;
            visitor.field(name, Content::Unsigned(number));
            Some(())
        };
        match *field {
            Field::State(_) => return None,
            Field::U8(name) => unsigned(name, 1)?,
            Field::U16(name) => unsigned(name, 2)?,
            Field::U32(name) => unsigned(name, 4)?,
            Field::U64(name) => unsigned(name, 8)?,
            Field::Time48(name) => unsigned(name, 6)?,
            Field::Bits(bits) => {
                let mut byte = cursor.u8()?;
                for (name, width) in bits {
                    let mask = u8::MAX >> (8 - width);
                    visitor.field(name, Content::Unsigned((byte & mask).into()));
                    byte = byte.checked_shr((*width).into()).unwrap_or(0);
                }
            }
            Field::I16(name) => {
                let number = i16::from_le_bytes(cursor.take(2)?.try_into().ok()?);
                visitor.field(name, Content::Signed(number.into()));
            }
            Field::I32(name) => {
                let number = i32::from_le_bytes(cursor.take(4)?.try_into().ok()?);
                visitor.field(name, Content::Signed(number.into()));
            }
            Field::F32(name) => {
                let number = f32::from_le_bytes(cursor.take(4)?.try_into().ok()?);
                visitor.field(name, Content::Float(number.into()));
            }
            Field::F64(name) => {
                let number = f64::from_le_bytes(cursor.take(8)?.try_into().ok()?);
                visitor.field(name, Content::Float(number));
            }
        }
    }
    Some(())
}

/// A point whose length is known: of files, strings, or of what is not known.
fn read_sized(
    object: &Object,
    bytes: &[u8],
    fields: Option<&[Field]>,
    visitor: &mut dyn Visitor,
) -> Result<(), Flaw> {
    let mut cursor = Cursor::new(bytes);
    let result = match (object.group, object.variation, fields) {
        (70, variation, _) => read_file(variation, &mut cursor, visitor),
        (110..=113, _, _) => {
            visitor.field("data", Content::Text(bytes));
            Some(())
        }
        (_, _, Some(fields)) => read_fields(fields, &mut cursor, visitor),
        (_, _, None) => return Err(Flaw::Unknown),
    };
    result.ok_or(Flaw::Malformed)
}

/// A file: what is asked of it, how that went, or a piece of it.
fn read_file(variation: u8, cursor: &mut Cursor<'_>, visitor: &mut dyn Visitor) -> Option<()> {
    use Field::{Time48, U16, U32};
    const COMMAND: &[Field] = &[
        U16("filename_offset"),
        U16("filename_size"),
        Time48("created"),
        U16("permissions"),
        U32("authentication_key"),
        U32("file_size"),
        U16("operational_mode"),
        U16("maximum_block_size"),
        U16("request_id"),
    ];
    const STATUS: &[Field] = &[
        U32("file_handle"),
        U32("file_size"),
        U16("maximum_block_size"),
        U16("request_id"),
        Field::U8("status_code"),
    ];
    const DESCRIPTOR: &[Field] = &[
        U16("filename_offset"),
        U16("filename_size"),
        U16("file_type"),
        U32("file_size"),
        Time48("created_timestamp"),
        U16("permissions"),
        U16("request_id"),
    ];
    let (fields, text): (&[Field], &'static str) = match variation {
        2 => (
            &[
                U16("username_offset"),
                U16("username_size"),
                U16("password_offset"),
                U16("password_size"),
                U32("authentication_key"),
            ],
            "username",
        ),
        3 => (COMMAND, "filename"),
        4 => (STATUS, "optional_text"),
        5 => (&[U32("file_handle"), U32("block_number")], "file_data"),
        6 => (
            &[
                U32("file_handle"),
                U32("block_number"),
                Field::U8("status_code"),
            ],
            "optional_text",
        ),
        7 => (DESCRIPTOR, "filename"),
        8 => (&[], "file_specification"),
        _ => return None,
    };
    read_fields(fields, cursor, visitor)?;
    visitor.field(text, Content::Text(cursor.rest()));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Visitor for Seen {
        fn object(&mut self, object: &Object) {
            self.0
                .push(format!("{}/{}", object.group, object.variation));
        }
        fn point(&mut self, index: u32, prefix: u32, size: Option<u32>) {
            self.0.push(format!("{index} {prefix} {size:?}"));
        }
        fn field(&mut self, name: &'static str, content: Content<'_>) {
            self.0.push(format!("{name} {content:?}"));
        }
        fn point_end(&mut self) {}
        fn object_end(&mut self) {}
    }

    fn seen(data: &[u8]) -> (Vec<String>, Result<(), Flaw>) {
        let mut seen = Seen::default();
        let result = read(data, false, &mut seen);
        (seen.0, result)
    }

    #[test]
    fn points_have_fields_and_packed_points_states() {
        let (shown, result) = seen(b"\x50\x01\x00\x07\x08\x02\x34\x01\x07\x01\x05\x00");
        assert_eq!(result, Ok(()));
        assert_eq!(
            shown,
            [
                "80/1",
                "7 0 None",
                "state Unsigned(0)",
                "8 0 None",
                "state Unsigned(1)",
                "52/1",
                "0 0 None",
                "delay_secs Unsigned(5)",
            ]
        );
    }

    #[test]
    fn flaws_end_the_reading() {
        assert_eq!(seen(b"\x34\x01\x07\x01\x05").1, Err(Flaw::Malformed));
        assert_eq!(seen(b"\xc8\x01\x07\x01\x05").1, Err(Flaw::Unknown));
        assert_eq!(
            seen(b"\x01\x01\x02\0\0\0\0\xff\xff\xff\xff").1,
            Err(Flaw::Malformed)
        );
        assert_eq!(seen(b"\x34\x01\x08\xff\xff").1, Err(Flaw::TooManyPoints));
    }
}

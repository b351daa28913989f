//! Bytes around a place of a buffer.

/// Bytes before the place that are shown.
const BEFORE: usize = 8;

/// Bytes that are shown in all.
const SHOWN: usize = 32;

/// Bytes of a line of a dump.
const LINE: usize = 16;

/// Some bytes of a buffer, and which of them are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Excerpt {
    /// Place of the first byte in the whole buffer.
    pub(crate) start: u64,
    pub(crate) bytes: Box<[u8]>,
    /// How many bytes of the buffer there are.
    pub(crate) of: u64,
}

impl Excerpt {
    /// The bytes around a place of `data`, which begins at `base` of its buffer.
    pub(crate) fn around(data: &[u8], base: u64, place: usize) -> Self {
        let from = place.min(data.len()).saturating_sub(BEFORE);
        let to = from.saturating_add(SHOWN).min(data.len());
        Self {
            start: base.saturating_add(from as u64),
            bytes: data.get(from..to).unwrap_or_default().into(),
            of: base.saturating_add(data.len() as u64),
        }
    }

    /// Lines with place, hex and text.
    pub(crate) fn lines(&self) -> Vec<String> {
        let chunks = self.bytes.chunks(LINE).enumerate();
        chunks
            .map(|(number, chunk)| {
                let place = self.start.saturating_add((number * LINE) as u64);
                let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
                let text: String = chunk.iter().map(|byte| shown(*byte)).collect();
                format!("{place:>6}  {:<47}  {text}", hex.join(" "))
            })
            .collect()
    }
}

fn shown(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' {
        char::from(byte)
    } else {
        '.'
    }
}

/// Bytes as a `content` writes them: what cannot be printed, or would have to be escaped, in hex between bars.
pub(crate) fn as_content(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut in_hex = false;
    for byte in bytes {
        let plain = (byte.is_ascii_graphic() || *byte == b' ') && !br#"|";\:"#.contains(byte);
        if plain == in_hex {
            text.push('|');
            in_hex = !in_hex;
        } else if in_hex {
            text.push(' ');
        }
        if plain {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("{byte:02X}"));
        }
    }
    if in_hex {
        text.push('|');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_in_a_content() {
        assert_eq!(as_content(b"GET /a"), "GET /a");
        assert_eq!(as_content(b"a\r\nb"), "a|0D 0A|b");
        assert_eq!(as_content(b"|;"), "|7C 3B|");
        assert_eq!(as_content(b"\x00x\x01"), "|00|x|01|");
        assert_eq!(as_content(b""), "");
    }

    #[test]
    fn an_excerpt_begins_before_its_place_and_ends_with_the_data() {
        let data: Vec<u8> = (b'a'..=b'z').collect();
        let excerpt = Excerpt::around(&data, 100, 20);
        assert_eq!(excerpt.start, 112);
        assert_eq!(&*excerpt.bytes, b"mnopqrstuvwxyz");
        assert_eq!(excerpt.of, 126);
        let lines = excerpt.lines();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("   112  6d 6e 6f") && lines[0].ends_with("  mnopqrstuvwxyz"));
        assert_eq!(Excerpt::around(b"", 0, 5).lines(), Vec::<String>::new());
    }
}

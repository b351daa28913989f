//! External data representation (RFC 4506).

/// Reads numbers and texts one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    /// A number of four bytes.
    pub fn word(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(*self.take(4)?.first_chunk()?))
    }

    /// A number of eight bytes.
    pub fn long(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(*self.take(8)?.first_chunk()?))
    }

    /// Bytes behind their length, filled up to a multiple of four.
    pub fn opaque(&mut self) -> Option<&'a [u8]> {
        let length = self.word()? as usize;
        let bytes = self.take(length)?;
        // The last one of a message need not be filled up.
        let fill = length.wrapping_neg() % 4;
        self.take(fill.min(self.0.len()))?;
        Some(bytes)
    }

    /// A list of words.
    pub fn words(&mut self) -> Option<&'a [u8]> {
        let count = self.word()? as usize;
        self.take(count.checked_mul(4)?)
    }
}

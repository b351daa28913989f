//! The bytes that remain to be decoded.

/// What a layer is decoded from: bytes, and where in the packet they lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: u32,
}

impl<'a> Layer<'a> {
    /// All of a packet.
    pub(crate) fn of(data: &'a [u8]) -> Self {
        Layer { bytes: data, at: 0 }
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.bytes.len()
    }

    /// What follows the first `len` bytes; nothing is left when there are fewer.
    #[inline]
    pub(crate) fn skip(self, len: usize) -> Self {
        let len = len.min(self.bytes.len());
        Layer {
            bytes: self.bytes.get(len..).unwrap_or_default(),
            at: self.at + len as u32,
        }
    }

    /// The first `len` bytes, or all when there are fewer.
    #[inline]
    pub(crate) fn take(self, len: usize) -> Self {
        Layer {
            bytes: self.bytes.get(..len).unwrap_or(self.bytes),
            ..self
        }
    }

    /// The first `N` bytes.
    #[inline]
    pub(crate) fn first<const N: usize>(self) -> Option<&'a [u8; N]> {
        self.bytes.first_chunk()
    }

    /// The two bytes at an offset, in network order.
    #[inline]
    pub(crate) fn u16_at(self, offset: usize) -> Option<u16> {
        let bytes = self.bytes.get(offset..)?.first_chunk()?;
        Some(u16::from_be_bytes(*bytes))
    }

    /// The byte at an offset.
    #[inline]
    pub(crate) fn u8_at(self, offset: usize) -> Option<u8> {
        self.bytes.get(offset).copied()
    }
}

//! Transforms of a sticky buffer.

/// What happens to a buffer before it is inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transform {
    /// `to_md5`
    Md5,
    /// `to_sha1`
    Sha1,
    /// `to_sha256`
    Sha256,
    /// `strip_whitespace`
    StripWhitespace,
    /// `compress_whitespace`
    CompressWhitespace,
    /// `url_decode`
    UrlDecode,
    /// `to_lowercase`
    Lowercase,
    /// `to_uppercase`
    Uppercase,
    /// `dotprefix`: a dot before, for domains.
    Dotprefix,
    /// `domain`: the registered domain of a host name.
    Domain,
    /// `tld`: the public suffix of a host name.
    Tld,
    /// `xor`: with a key, repeated.
    Xor {
        /// First byte that is combined; those before it stay.
        offset: u32,
        /// The key.
        key: XorKey,
    },
    /// `from_base64`
    FromBase64(FromBase64),
    /// `header_lowercase`: the names of HTTP headers.
    HeaderLowercase,
    /// `strip_pseudo_headers`: headers of HTTP/2 that begin with a colon.
    StripPseudoHeaders,
    /// `pcrexform`: what the first group of the expression captures.
    Pcre(Box<str>),
    /// `gunzip`: with the greatest size of the result.
    Gunzip(u32),
    /// `zlib_deflate`: with the greatest size of the result.
    ZlibDeflate(u32),
    /// `subslice`
    Subslice(Subslice),
    /// `luaxform`: the script and its arguments.
    Lua(Box<str>),
}

/// The key of `xor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XorKey {
    /// Written in the rule.
    Fixed(Box<[u8]>),
    /// Taken from the buffer: `extract 4 0`.
    Extracted {
        /// Number of bytes.
        bytes: u8,
        /// Where they are.
        offset: u32,
    },
}

/// `from_base64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromBase64 {
    /// Encoded bytes to take; all when `None`.
    pub bytes: Option<u32>,
    /// Where they start.
    pub offset: u32,
    /// How strict the decoder is.
    pub mode: Base64Mode,
}

/// How strict a base64 decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base64Mode {
    /// Blanks are skipped (RFC 2045).
    Rfc2045,
    /// Decoding stops at the first byte that is not of the alphabet (RFC 4648).
    Rfc4648,
    /// Only a whole, well-formed text is decoded.
    Strict,
}

/// `subslice`: a part of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subslice {
    /// First byte; from the end when negative.
    pub offset: i64,
    /// Number of bytes; up to the last when `None`, from the end when negative.
    pub len: Option<i64>,
    /// `truncate`: take what is there when the buffer is shorter.
    pub truncate: bool,
}

//! `gunzip` and `zlib_deflate`: what a compressed buffer expands to, up to a limit.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

/// Expands gzip (RFC 1952), at most to `most` bytes.
pub(super) fn gunzip(input: &[u8], most: u32, output: &mut Vec<u8>) {
    expand(GzDecoder::new(input), most, output);
}

/// Expands zlib (RFC 1950), at most to `most` bytes.
pub(super) fn zlib(input: &[u8], most: u32, output: &mut Vec<u8>) {
    expand(ZlibDecoder::new(input), most, output);
}

/// What came before an error is kept: a buffer that ends early is no reason to see nothing.
fn expand(decoder: impl Read, most: u32, output: &mut Vec<u8>) {
    let _ = decoder.take(u64::from(most)).read_to_end(output);
}

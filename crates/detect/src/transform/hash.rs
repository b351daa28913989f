//! `to_md5`, `to_sha1`, `to_sha256`: the digest of the buffer, as bytes.

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

pub(super) fn md5(input: &[u8], output: &mut Vec<u8>) {
    output.extend_from_slice(&Md5::digest(input));
}

pub(super) fn sha1(input: &[u8], output: &mut Vec<u8>) {
    output.extend_from_slice(&Sha1::digest(input));
}

pub(super) fn sha256(input: &[u8], output: &mut Vec<u8>) {
    output.extend_from_slice(&Sha256::digest(input));
}

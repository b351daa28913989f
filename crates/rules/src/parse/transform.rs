//! Arguments of transforms.

use super::arg::Arg;
use crate::diagnostic::{Code, Read};
use crate::keywords::{KeywordId, transform as row};
use crate::tree::{Base64Mode, FromBase64, Subslice, Transform, XorKey};

/// The greatest size of an unpacked buffer when none is written.
const MAX_UNPACKED: u32 = 1024;

/// Reads a transform.
pub(crate) fn transform(id: KeywordId, arg: Arg<'_>) -> Read<Transform> {
    Ok(match id {
        row::TO_MD5 => Transform::Md5,
        row::TO_SHA1 => Transform::Sha1,
        row::TO_SHA256 => Transform::Sha256,
        row::STRIP_WHITESPACE => Transform::StripWhitespace,
        row::COMPRESS_WHITESPACE => Transform::CompressWhitespace,
        row::URL_DECODE => Transform::UrlDecode,
        row::TO_LOWERCASE => Transform::Lowercase,
        row::TO_UPPERCASE => Transform::Uppercase,
        row::DOTPREFIX => Transform::Dotprefix,
        row::DOMAIN => Transform::Domain,
        row::TLD => Transform::Tld,
        row::HEADER_LOWERCASE => Transform::HeaderLowercase,
        row::STRIP_PSEUDO_HEADERS => Transform::StripPseudoHeaders,
        row::XOR => xor(arg)?,
        row::FROM_BASE64 => Transform::FromBase64(from_base64(arg)?),
        row::PCREXFORM => pcrexform(arg)?,
        row::GUNZIP => Transform::Gunzip(max_size(arg)?),
        row::ZLIB_DEFLATE => Transform::ZlibDeflate(max_size(arg)?),
        row::SUBSLICE => Transform::Subslice(subslice(arg)?),
        _ => Transform::Lua(arg.owned()),
    })
}

/// `xor:"0a0b"`, `xor:offset 2,"0a"`, `xor:offset 4,extract 2 0`.
fn xor(arg: Arg<'_>) -> Read<Transform> {
    let (mut offset, mut key) = (0, None);
    for part in arg.split(',') {
        let (word, rest) = part.word();
        match word.text {
            "offset" => offset = rest.u32()?,
            "extract" => {
                let (bytes, at) = rest.word();
                let bytes = bytes.u8()?;
                if bytes == 0 {
                    return Err(rest.problem(Code::OutOfRange, "a key has one byte at least"));
                }
                key = Some(XorKey::Extracted {
                    bytes,
                    offset: at.u32()?,
                });
            }
            _ => key = Some(XorKey::Fixed(hex(part)?)),
        }
    }
    let key = key.ok_or_else(|| {
        arg.problem(Code::BadArgument, "the key is missing")
            .label("expected a key in hex in double quotes")
    })?;
    Ok(Transform::Xor { offset, key })
}

/// Bytes written in hex in double quotes.
fn hex(arg: Arg<'_>) -> Read<Box<[u8]>> {
    let expected = || arg.expected("a key in hex in double quotes: `\"0d0ac8ff\"`");
    let digits = arg.unquoted().ok_or_else(expected)?.text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    let key: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    key.filter(|key| !key.is_empty() && key.len() <= 255)
        .map(Vec::into_boxed_slice)
        .ok_or_else(expected)
}

fn from_base64(arg: Arg<'_>) -> Read<FromBase64> {
    let mut decode = FromBase64 {
        bytes: None,
        offset: 0,
        mode: Base64Mode::Rfc4648,
    };
    for part in arg.split(',').filter(|part| !part.is_empty()) {
        let (word, rest) = part.word();
        match word.text {
            "bytes" => decode.bytes = Some(rest.u32()?),
            "offset" => decode.offset = rest.u32()?,
            "mode" => {
                decode.mode = match rest.text {
                    "rfc2045" => Base64Mode::Rfc2045,
                    "rfc4648" => Base64Mode::Rfc4648,
                    "strict" => Base64Mode::Strict,
                    _ => return Err(rest.expected("`rfc2045`, `rfc4648` or `strict`")),
                }
            }
            _ => return Err(part.expected("`bytes`, `offset` or `mode`")),
        }
    }
    Ok(decode)
}

fn pcrexform(arg: Arg<'_>) -> Read<Transform> {
    match arg.unquoted() {
        Some(pattern) if !pattern.is_empty() => {
            Ok(Transform::Pcre(super::regex::ascii(pattern.text).into()))
        }
        _ => Err(arg.problem(Code::BadQuotes, "the expression stands in double quotes")),
    }
}

fn max_size(arg: Arg<'_>) -> Read<u32> {
    if arg.is_empty() {
        return Ok(MAX_UNPACKED);
    }
    match arg.strip("max-size") {
        Some(size) => {
            let size = size.trim();
            let test = super::integer::integer(size, 32, crate::Dialect::Suricata)?;
            if test.a == 0 {
                return Err(size.problem(Code::OutOfRange, "nothing would be unpacked"));
            }
            Ok(test.a as u32)
        }
        None => Err(arg.expected("`max-size` and a number")),
    }
}

fn subslice(arg: Arg<'_>) -> Read<Subslice> {
    let bound = |arg: Arg<'_>| arg.signed(-65_535, 65_535);
    let mut parts = arg.split(',');
    let mut slice = Subslice {
        offset: bound(parts.next().unwrap_or(arg))?,
        len: None,
        truncate: false,
    };
    for part in parts {
        match part.text {
            "truncate" => slice.truncate = true,
            _ if slice.len.is_none() && !slice.truncate => slice.len = Some(bound(part)?),
            _ => return Err(part.expected("`truncate`")),
        }
    }
    Ok(slice)
}

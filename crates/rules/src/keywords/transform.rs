//! Transforms of a sticky buffer.

use super::row::*;

const fn transform(argument: Grammar, help: &'static str) -> Keyword {
    Keyword::new(Kind::Transform, argument, help).evaluated()
}

family! { 2;
    TO_MD5 = "to_md5", transform(Grammar::None, "The MD5 digest of the buffer");
    TO_SHA1 = "to_sha1", transform(Grammar::None, "The SHA-1 digest of the buffer");
    TO_SHA256 = "to_sha256", transform(Grammar::None, "The SHA-256 digest of the buffer");
    STRIP_WHITESPACE = "strip_whitespace", transform(Grammar::None, "The buffer without blanks");
    COMPRESS_WHITESPACE = "compress_whitespace", transform(Grammar::None, "The buffer with runs of blanks made one");
    URL_DECODE = "url_decode", transform(Grammar::None, "The buffer with percent escapes resolved");
    TO_LOWERCASE = "to_lowercase", transform(Grammar::None, "The buffer in small letters");
    TO_UPPERCASE = "to_uppercase", transform(Grammar::None, "The buffer in capitals");
    DOTPREFIX = "dotprefix", transform(Grammar::None, "The buffer with a dot before it");
    DOMAIN = "domain", transform(Grammar::None, "The registered domain of a host name");
    TLD = "tld", transform(Grammar::None, "The public suffix of a host name");
    XOR = "xor", transform(Grammar::Own, "The buffer combined with a key");
    FROM_BASE64 = "from_base64", transform(Grammar::Own, "The buffer decoded from base64");
    HEADER_LOWERCASE = "header_lowercase", transform(Grammar::None, "HTTP headers with their names in small letters");
    STRIP_PSEUDO_HEADERS = "strip_pseudo_headers", transform(Grammar::None, "HTTP headers without HTTP/2's pseudo headers");
    PCREXFORM = "pcrexform", transform(Grammar::Own, "What a regular expression captures of the buffer");
    GUNZIP = "gunzip", transform(Grammar::Own, "The buffer unpacked from gzip");
    ZLIB_DEFLATE = "zlib_deflate", transform(Grammar::Own, "The buffer unpacked from zlib");
    SUBSLICE = "subslice", transform(Grammar::Own, "A part of the buffer");
    LUAXFORM = "luaxform", Keyword::new(Kind::Transform, Grammar::Own, "The buffer through a Lua function");
}

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use tapir_rules::tree::{Base64Mode, FromBase64, Subslice, XorKey};

use super::*;

fn transformed(transform: &Description, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    assert_eq!(apply(transform, input, &mut output), Step::Done);
    output
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn digests_are_those_of_the_standards() {
    // The test vectors for "abc" of RFC 1321, RFC 3174 and FIPS 180-2.
    assert_eq!(
        hex(&transformed(&Description::Md5, b"abc")),
        "900150983cd24fb0d6963f7d28e17f72"
    );
    assert_eq!(
        hex(&transformed(&Description::Sha1, b"abc")),
        "a9993e364706816aba3e25717850c26c9cd0d89d"
    );
    assert_eq!(
        hex(&transformed(&Description::Sha256, b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn text_is_changed_byte_by_byte() {
    assert_eq!(
        transformed(&Description::StripWhitespace, b" a\t b\x0b\r\n"),
        b"ab"
    );
    assert_eq!(
        transformed(&Description::CompressWhitespace, b"a \t b\r\nc"),
        b"a b\rc"
    );
    assert_eq!(transformed(&Description::Lowercase, b"aBC\xc4"), b"abc\xc4");
    assert_eq!(transformed(&Description::Uppercase, b"aBc"), b"ABC");
    assert_eq!(
        transformed(&Description::UrlDecode, b"a%20b+c%2"),
        b"a b c%2"
    );
    assert_eq!(
        transformed(&Description::UrlDecode, b"%zz%4g%41%%41"),
        b"%zz%4gA%%41"
    );
}

#[test]
fn host_names_are_cut_at_their_suffix() {
    assert_eq!(
        transformed(&Description::Dotprefix, b"a.example"),
        b".a.example"
    );
    assert_eq!(
        transformed(&Description::Domain, b"www.shop.example.co.uk"),
        b"example.co.uk"
    );
    assert_eq!(
        transformed(&Description::Tld, b"www.shop.example.co.uk"),
        b"co.uk"
    );
    assert_eq!(transformed(&Description::Domain, b"co.uk"), b"");
}

#[test]
fn header_fields() {
    let fields = b":path: /A\r\nHost: Example\r\nX-One: Two: Three\r\n";
    assert_eq!(
        transformed(&Description::StripPseudoHeaders, fields),
        b"Host: Example\r\nX-One: Two: Three\r\n"
    );
    assert_eq!(
        transformed(
            &Description::HeaderLowercase,
            b"HOST: Example\r\nX-One: Two: Three\r\n"
        ),
        b"host: Example\r\nx-one: Two: Three\r\n"
    );
}

#[test]
fn keys_are_fixed_or_taken_from_the_buffer() {
    let fixed = |offset| Description::Xor {
        offset,
        key: XorKey::Fixed([1, 2].into()),
    };
    assert_eq!(transformed(&fixed(0), b"\x01\x02\x03"), b"\x00\x00\x02");
    assert_eq!(transformed(&fixed(1), b"A\x01\x02"), b"A\x00\x00");
    let taken = Description::Xor {
        offset: 1,
        key: XorKey::Extracted {
            bytes: 1,
            offset: 0,
        },
    };
    assert_eq!(transformed(&taken, b"\x42\x2a\x2b"), b"\x42hi");
    let mut output = Vec::new();
    assert_eq!(apply(&fixed(4), b"abc", &mut output), Step::Unchanged);
}

#[test]
fn base64_by_each_mode() {
    let decode = |mode, bytes, offset, input: &[u8]| {
        let mut output = Vec::new();
        let transform = Description::FromBase64(FromBase64 {
            bytes,
            offset,
            mode,
        });
        (apply(&transform, input, &mut output), output)
    };
    let done = |text: &[u8]| (Step::Done, text.to_vec());
    assert_eq!(
        decode(Base64Mode::Rfc4648, None, 0, b"VGFwaXI=x"),
        done(b"Tapir")
    );
    assert_eq!(
        decode(Base64Mode::Rfc4648, None, 0, b"VGFw.aXI="),
        done(b"Tap")
    );
    assert_eq!(
        decode(Base64Mode::Rfc4648, None, 0, b"VGFwaXI"),
        done(b"Tapir")
    );
    assert_eq!(
        decode(Base64Mode::Rfc4648, None, 2, b"..VGFw"),
        done(b"Tap")
    );
    assert_eq!(
        decode(Base64Mode::Rfc4648, Some(4), 0, b"VGFwaXI="),
        done(b"Tap")
    );
    assert_eq!(
        decode(Base64Mode::Rfc4648, Some(8), 0, b"VGFwaXI="),
        (Step::Unchanged, vec![])
    );
    assert_eq!(
        decode(Base64Mode::Rfc2045, None, 0, b"VG Fw\r\naXI="),
        done(b"Tapir")
    );
    assert_eq!(
        decode(Base64Mode::Strict, None, 0, b"VGFwaXI="),
        done(b"Tapir")
    );
    assert_eq!(
        decode(Base64Mode::Strict, None, 0, b"VG FwaXI="),
        (Step::Failed, vec![])
    );
    assert_eq!(
        decode(Base64Mode::Rfc4648, None, 0, b"..."),
        (Step::Failed, vec![])
    );
}

#[test]
fn expansion_stops_at_its_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&[b'a'; 100_000]).expect("memory");
    let bomb = encoder.finish().expect("memory");
    assert_eq!(transformed(&Description::Gunzip(64), &bomb), [b'a'; 64]);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(b"some text, and some text")
        .expect("memory");
    let deflated = encoder.finish().expect("memory");
    assert_eq!(
        transformed(&Description::ZlibDeflate(1024), &deflated),
        b"some text, and some text"
    );
    assert_eq!(transformed(&Description::Gunzip(64), b"no gzip"), b"");
}

#[test]
fn parts_of_a_buffer() {
    let part = |offset, len, truncate| {
        transformed(
            &Description::Subslice(Subslice {
                offset,
                len,
                truncate,
            }),
            b"this is text",
        )
    };
    assert_eq!(part(5, Some(2), false), b"is");
    assert_eq!(part(-4, None, false), b"text");
    assert_eq!(part(0, Some(-5), false), b"this is");
    assert_eq!(part(8, Some(-8), false), b" is ");
    assert_eq!(part(8, Some(9), false), b"");
    assert_eq!(part(8, Some(9), true), b"text");
    assert_eq!(part(-99, Some(4), true), b"this");
    assert_eq!(part(-99, Some(4), false), b"");
}

proptest! {
    #[test]
    fn no_input_is_too_odd(
        input in proptest::collection::vec(any::<u8>(), 0..200),
        offset in -300i64..300,
        len in proptest::option::of(-300i64..300),
        truncate: bool,
    ) {
        let part = Description::Subslice(Subslice { offset, len, truncate });
        let mut output = Vec::new();
        apply(&part, &input, &mut output);
        prop_assert!(output.is_empty() || input.windows(output.len()).any(|window| window == output));
        for transform in [Description::UrlDecode, Description::CompressWhitespace, Description::StripWhitespace] {
            output.clear();
            apply(&transform, &input, &mut output);
            prop_assert!(output.len() <= input.len());
        }
    }

    #[test]
    fn base64_decodes_what_was_encoded(data in proptest::collection::vec(any::<u8>(), 1..100)) {
        use ::base64::Engine;
        let encoded = ::base64::engine::general_purpose::STANDARD.encode(&data);
        let mut output = Vec::new();
        base64::decode_until_foreign(encoded.as_bytes(), &mut output);
        prop_assert_eq!(output, data);
    }
}

//! Captures of every form, whole and damaged.

use std::io::Write;

use proptest::prelude::*;
use tapir_capture::{Batch, CaptureError, CaptureFile, Filter, expand, read_list};
use tapir_packet::{LinkType, Timestamp};

#[derive(Debug, PartialEq, Clone)]
struct Seen {
    ts: Timestamp,
    data: Vec<u8>,
    wire_len: u32,
}

fn all(mut capture: CaptureFile, most: usize) -> (Vec<Seen>, Option<String>) {
    let mut batch = Batch::default();
    let mut seen = Vec::new();
    while capture.next_batch(&mut batch, most) {
        seen.extend(batch.frames().map(|f| Seen {
            ts: f.ts,
            data: f.data.to_vec(),
            wire_len: f.wire_len,
        }));
    }
    (seen, capture.damage().map(ToString::to_string))
}

fn streamed(bytes: &[u8]) -> Result<(Vec<Seen>, Option<String>), CaptureError> {
    let bytes = bytes.to_vec();
    Ok(all(
        CaptureFile::from_reader("test", std::io::Cursor::new(bytes))?,
        2,
    ))
}

fn mapped(bytes: &[u8]) -> Result<(Vec<Seen>, Option<String>), CaptureError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Ok(all(CaptureFile::open(file.path())?, 2))
}

/// A number in the byte order under test.
fn n32(big: bool, value: u32) -> [u8; 4] {
    if big {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    }
}

fn n16(big: bool, value: u16) -> [u8; 2] {
    if big {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    }
}

fn pcap(magic: u32, big: bool, packets: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(n32(big, magic));
    bytes.extend(n16(big, 2));
    bytes.extend(n16(big, 4));
    for value in [0, 0, 65535, 1] {
        bytes.extend(n32(big, value));
    }
    for (secs, fraction, data) in packets {
        let len = data.len() as u32;
        for value in [*secs, *fraction, len, len + 10] {
            bytes.extend(n32(big, value));
        }
        if magic == 0xa1b2_cd34 {
            bytes.extend([0; 8]);
        }
        bytes.extend_from_slice(data);
    }
    bytes
}

fn block(big: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut padded = body.to_vec();
    padded.resize(body.len().next_multiple_of(4), 0);
    let len = padded.len() as u32 + 12;
    [&n32(big, kind)[..], &n32(big, len), &padded, &n32(big, len)].concat()
}

fn section(big: bool) -> Vec<u8> {
    block(
        big,
        0x0a0d_0d0a,
        &[
            &n32(big, 0x1a2b_3c4d)[..],
            &n16(big, 1),
            &n16(big, 0),
            &[0xff; 8],
        ]
        .concat(),
    )
}

fn interface(big: bool, options: &[u8]) -> Vec<u8> {
    block(
        big,
        1,
        &[&n16(big, 1)[..], &[0, 0], &n32(big, 0), options].concat(),
    )
}

fn enhanced(big: bool, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
    let len = data.len() as u32;
    let head = [interface, (ticks >> 32) as u32, ticks as u32, len, len]
        .map(|value| n32(big, value))
        .concat();
    block(big, 6, &[&head, data].concat())
}

#[test]
fn classic_files_of_each_magic_and_byte_order() {
    for big in [false, true] {
        for (magic, nanos) in [(0xa1b2_c3d4, 5000), (0xa1b2_3c4d, 5), (0xa1b2_cd34, 5000)] {
            let bytes = pcap(magic, big, &[(7, 5, b"abc"), (8, 0, b""), (9, 1, b"defgh")]);
            for read in [streamed(&bytes), mapped(&bytes)] {
                let (seen, damage) = read.unwrap();
                assert_eq!(damage, None);
                assert_eq!(seen.len(), 3);
                assert_eq!(
                    seen[0],
                    Seen {
                        ts: Timestamp::new(7, nanos),
                        data: b"abc".to_vec(),
                        wire_len: 13
                    }
                );
                assert_eq!(seen[2].data, b"defgh");
            }
        }
    }
}

#[test]
fn sections_interfaces_and_resolutions() {
    let nanoseconds = [&n16(true, 9)[..], &n16(true, 1), &[9, 0, 0, 0]].concat();
    let offset = [&n16(true, 14)[..], &n16(true, 8), &100_i64.to_be_bytes()].concat();
    let bytes = [
        section(false),
        interface(false, &[]),
        enhanced(false, 0, 2_000_003, b"one"),
        block(false, 3, &[&n32(false, 4)[..], b"four"].concat()),
        block(false, 5, b"statistics"),
        section(true),
        interface(true, &nanoseconds),
        interface(true, &offset),
        enhanced(true, 0, 3_000_000_004, b"two"),
        enhanced(true, 1, 1_000_000, b"three"),
    ]
    .concat();
    for read in [streamed(&bytes), mapped(&bytes)] {
        let (seen, damage) = read.unwrap();
        assert_eq!(damage, None);
        let times: Vec<_> = seen
            .iter()
            .map(|s| (s.ts.nanos(), s.data.as_slice()))
            .collect();
        assert_eq!(
            times,
            [
                (2_000_003_000, &b"one"[..]),
                (0, b"four"),
                (3_000_000_004, b"two"),
                (101_000_000_000, b"three"),
            ]
        );
    }
}

#[test]
fn a_cut_file_gives_what_is_whole_and_says_where_it_ends() {
    let whole = pcap(0xa1b2_c3d4, false, &[(1, 0, b"abcd"), (2, 0, b"efgh")]);
    for cut in 45..whole.len() {
        for read in [streamed(&whole[..cut]), mapped(&whole[..cut])] {
            let (seen, damage) = read.unwrap();
            assert_eq!(seen.len(), 1);
            let record_known = cut >= 60;
            let missing = if record_known { 64 } else { 60 } - cut;
            let message = damage.unwrap();
            let expected = format!("cut at byte 44 after 1 packet: the file ends {missing} byte");
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}

/// Every compression of the same bytes, in two parts where the format allows it.
fn compressed(plain: &[u8]) -> [Vec<u8>; 4] {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let lz4 = |bytes: &[u8]| {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let xz = |bytes: &[u8]| {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (head, tail) = plain.split_at(50);
    [
        [gzip(head), gzip(tail)].concat(),
        [zstd(head), zstd(tail)].concat(),
        [lz4(head), lz4(tail)].concat(),
        [xz(head), xz(tail)].concat(),
    ]
}

#[test]
fn compressed_files_read_as_plain_ones() {
    let packets: Vec<Vec<u8>> = (0..200_u32)
        .map(|i| (0..i).map(|j| (i * j * 7 + j * j) as u8).collect())
        .collect();
    let packets: Vec<_> = packets.iter().map(|data| (1, 0, &data[..])).collect();
    let plain = pcap(0xa1b2_c3d4, false, &packets);
    let expected = streamed(&plain).unwrap();
    assert_eq!(expected.0.len(), 200);
    for form in compressed(&plain) {
        assert_eq!(mapped(&form).unwrap(), expected);
        let (seen, damage) = streamed(&form[..form.len() / 2]).unwrap();
        assert!(seen.len() < 200 && expected.0.starts_with(&seen));
        assert!(damage.unwrap().starts_with("cut at byte "));
    }
}

#[test]
fn progress_of_a_compressed_file_is_that_of_the_file() {
    let [gzip, ..] = compressed(&pcap(
        0xa1b2_c3d4,
        false,
        &[(1, 0, b"abcd"), (2, 0, b"efgh")],
    ));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&gzip).unwrap();
    let mut capture = CaptureFile::open(file.path()).unwrap();
    assert_eq!(capture.length(), Some(gzip.len() as u64));
    let mut batch = Batch::default();
    while capture.next_batch(&mut batch, 10) {}
    assert_eq!(capture.position(), gzip.len() as u64);
}

#[test]
fn a_hostile_length_is_not_believed() {
    let header = pcap(0xa1b2_c3d4, false, &[(1, 0, b"abcd")]);
    let long = [&header[..], &[0; 8], &n32(false, 262_145), &[0; 4000]].concat();
    for read in [streamed(&long), mapped(&long)] {
        let (seen, damage) = read.unwrap();
        assert_eq!(seen.len(), 1);
        let damage = damage.unwrap();
        assert!(
            damage.starts_with("malformed at byte 44 after 1 packet: a packet of 262145 bytes"),
            "{damage}"
        );
    }
    let blocks = [
        section(false),
        interface(false, &[]),
        enhanced(false, 0, 1, b"abcd"),
    ]
    .concat();
    let mut torn = enhanced(false, 0, 2, b"efgh");
    let end = torn.len() - 4;
    torn[end] ^= 4;
    for bad in [
        torn,
        [n32(false, 6), n32(false, 8), n32(false, 8)].concat(),
        [n32(false, 6), n32(false, 0x0100_0004), n32(false, 0)].concat(),
        enhanced(false, 1, 2, b"efgh"),
    ] {
        let bytes = [&blocks[..], &bad, &blocks].concat();
        for read in [streamed(&bytes), mapped(&bytes)] {
            let (seen, damage) = read.unwrap();
            assert_eq!(seen.len(), 1);
            let damage = damage.unwrap();
            assert!(damage.starts_with("malformed at byte 84 after"), "{damage}");
        }
    }
}

/// Gives bytes without end and counts them.
struct Endless {
    head: std::io::Cursor<Vec<u8>>,
    given: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl std::io::Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let n = match self.head.read(to)? {
            0 => {
                to.fill(0);
                to.len()
            }
            n => n,
        };
        self.given
            .fetch_add(n as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(n)
    }
}

#[test]
fn no_more_is_read_than_a_record_may_need() {
    // A block that says it has 16 MiB, of which most never come to an end; then records of no bytes.
    let block = [n32(false, 99), n32(false, 16 << 20)].concat();
    let starts = [
        [section(false), interface(false, &[]), block.clone()].concat(),
        [section(false), block].concat(),
        pcap(0xa1b2_c3d4, false, &[]),
    ];
    for head in starts {
        let given = std::sync::Arc::default();
        let endless = Endless {
            head: std::io::Cursor::new(head),
            given: std::sync::Arc::clone(&given),
        };
        let capture = CaptureFile::from_reader("endless", endless);
        if let Ok(mut capture) = capture {
            let mut batch = Batch::default();
            for _ in 0..20 {
                capture.next_batch(&mut batch, 512);
            }
        }
        assert!(given.load(std::sync::atomic::Ordering::Relaxed) < 18 << 20);
    }
}

#[test]
fn what_is_no_capture_is_told_by_name() {
    for (bytes, found) in [
        (&b""[..], "it is empty"),
        (b"GIF89a", "it begins with 47 49 46 38"),
        (&pcap(0xa1b2_c3d4, false, &[])[..20], "it ends after 20"),
    ] {
        for error in [streamed(bytes).unwrap_err(), mapped(bytes).unwrap_err()] {
            assert!(error.to_string().contains(found), "{error}");
        }
    }
    let mut infiniband = pcap(0xa1b2_c3d4, false, &[]);
    infiniband[20] = 247;
    let mut description = interface(false, &[]);
    description[8] = 247;
    for bytes in [
        infiniband,
        [section(true), section(false), description].concat(),
    ] {
        for error in [streamed(&bytes).unwrap_err(), mapped(&bytes).unwrap_err()] {
            let error = error.to_string();
            assert!(
                error.ends_with("packets of link type 247 cannot be decoded"),
                "{error}"
            );
        }
    }
}

#[test]
fn folders_are_read_in_the_order_of_their_paths() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    for name in ["c.pcap", "b/x.pcap", "a.pcap"] {
        std::fs::write(folder.path().join(name), b"").unwrap();
    }
    std::fs::write(
        folder.path().join("list"),
        "# captures\na.pcap\n\n/x/y.pcap\n",
    )
    .unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path().join("dangling")).unwrap();
    let below = |path: std::path::PathBuf| {
        path.strip_prefix(folder.path())
            .unwrap()
            .display()
            .to_string()
    };
    let files: Vec<_> = expand(folder.path())
        .unwrap()
        .into_iter()
        .map(below)
        .collect();
    assert_eq!(files, ["a.pcap", "b/x.pcap", "c.pcap", "list"]);
    let listed = read_list(&folder.path().join("list")).unwrap();
    assert_eq!(listed, [folder.path().join("a.pcap"), "/x/y.pcap".into()]);
}

#[test]
fn filters_select_and_complain() {
    let mut frame = vec![0; 60];
    frame[12..14].copy_from_slice(&[8, 0]);
    frame[14] = 0x45;
    frame[23] = 6;
    let frame = tapir_packet::Frame {
        ts: Timestamp::default(),
        link: LinkType::ETHERNET,
        data: &frame,
        wire_len: 60,
    };
    assert!(
        Filter::compile("tcp", LinkType::ETHERNET)
            .unwrap()
            .selects(&frame)
    );
    assert!(
        !Filter::compile("udp", LinkType::ETHERNET)
            .unwrap()
            .selects(&frame)
    );
    // Lengths are those on the wire, not those captured.
    let longer = tapir_packet::Frame {
        wire_len: 1000,
        ..frame
    };
    let filter = Filter::compile("greater 500", LinkType::ETHERNET).unwrap();
    assert!(!filter.selects(&frame) && filter.selects(&longer));
    let error = Filter::compile("tcp prot 80", LinkType::ETHERNET)
        .err()
        .unwrap()
        .to_string();
    assert!(error.starts_with("filter `tcp prot 80`: "), "{error}");
}

proptest! {
    /// Whatever the bytes are: no panic, and reading in any portions finds the same.
    #[test]
    fn hostile_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0..4_usize, most in 1..5_usize) {
        let starts = [pcap(0xa1b2_c3d4, false, &[]), pcap(0xa1b2_cd34, true, &[]), [section(false), interface(false, &[])].concat(), Vec::new()];
        bytes.splice(0..0, starts[start].iter().copied());
        let streamed = CaptureFile::from_reader("x", std::io::Cursor::new(bytes.clone())).map(|c| all(c, most));
        let mapped = mapped(&bytes);
        match (streamed, mapped) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(_), Err(_)) => {}
            (one, other) => prop_assert!(false, "{:?} {:?}", one.is_ok(), other.is_ok()),
        }
    }
}

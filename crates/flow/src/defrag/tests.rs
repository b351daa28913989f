use super::*;
use proptest::prelude::*;

/// An IPv4 header of 20 bytes with a right checksum.
fn header() -> Vec<u8> {
    let mut header = vec![
        0x45, 0, 0, 0, 0, 1, 0x20, 0, 64, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
    ];
    let sum = checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes
        .chunks_exact(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let sum: u32 = words.sum();
    !(((sum & 0xffff) + (sum >> 16)) as u16)
}

fn fragment<'a>(header: &'a [u8], offset: u16, data: &'a [u8], more: bool) -> Fragment<'a> {
    Fragment {
        id: 1,
        offset,
        more,
        data,
        header,
        proto: 1,
        proto_at: 9,
    }
}

/// Sends `(letter, offset, length)`, the last with no more to come, and returns the letter that won each 8 bytes.
fn reassemble(policy: DefragPolicy, fragments: &[(u8, u16, usize)]) -> (String, Vec<bool>) {
    let header = header();
    let mut tracker = Tracker::new(policy);
    let mut overlaps = Vec::new();
    for (n, &(letter, offset, len)) in fragments.iter().enumerate() {
        assert!(!tracker.is_complete(), "whole before the last fragment");
        let data = vec![letter; len];
        let admission = tracker.insert(
            &fragment(&header, offset, &data, n + 1 < fragments.len()),
            true,
        );
        overlaps.push(admission.overlap);
    }
    assert!(tracker.is_complete());
    let datagram = tracker.assemble(true).unwrap();
    assert_eq!(checksum(&datagram[..20]), 0, "the header's checksum");
    assert_eq!(
        usize::from(u16::from_be_bytes([datagram[2], datagram[3]])),
        datagram.len()
    );
    assert_eq!(datagram[6..8], [0, 0]);
    let letters = datagram[20..].chunks(8).map(|unit| {
        assert!(
            unit.iter().all(|byte| *byte == unit[0]),
            "a unit of two fragments"
        );
        char::from(unit[0])
    });
    (letters.collect(), overlaps)
}

/// The fragments of "Target-Based Fragmentation Reassembly" (J. Novak, 2005): nine without overlaps, eight over them.
const NOVAK: [(u8, u16, usize); 17] = [
    (b'A', 0, 24),
    (b'B', 32, 16),
    (b'C', 48, 24),
    (b'D', 80, 8),
    (b'E', 104, 16),
    (b'F', 120, 24),
    (b'G', 144, 16),
    (b'H', 160, 16),
    (b'I', 176, 8),
    (b'J', 8, 32),
    (b'K', 48, 24),
    (b'L', 72, 24),
    (b'M', 96, 24),
    (b'N', 128, 8),
    (b'O', 152, 8),
    (b'P', 160, 8),
    (b'Q', 176, 16),
];

#[test]
fn each_policy_as_published() {
    let expected = [
        (DefragPolicy::Bsd, "AAAJJBCCCLLLMMMFFFGGHHIQ"),
        (DefragPolicy::Linux, "AAAJJBKKKLLLMMMFFFGGPHQQ"),
        (DefragPolicy::Windows, "AAAJBBCCCLLLMEEFFFGGHHIQ"),
        (DefragPolicy::Solaris, "AAAJBBCCCLLLMMMFFFGGHHIQ"),
        (DefragPolicy::First, "AAAJBBCCCLDLMEEFFFGGHHIQ"),
        (DefragPolicy::Last, "AJJJJBKKKLLLMMMFNFGOPHQQ"),
        (DefragPolicy::BsdRight, "AJJJBBKKKLDLMEEFNFGOPHQQ"),
    ];
    for (policy, letters) in expected {
        let (got, overlaps) = reassemble(policy, &NOVAK);
        assert_eq!(got, letters, "{policy:?}");
        assert!(overlaps[..9].iter().all(|overlap| !overlap), "{policy:?}");
        assert!(overlaps[9..].iter().any(|overlap| *overlap), "{policy:?}");
    }
}

#[test]
fn what_lies_behind_the_last_fragment_is_left_out() {
    let header = header();
    let mut tracker = Tracker::new(DefragPolicy::Bsd);
    assert!(
        tracker
            .insert(&fragment(&header, 16, b"cccccccc", true), true)
            .held
    );
    assert!(
        tracker
            .insert(&fragment(&header, 0, b"aaaaaaaa", true), true)
            .held
    );
    assert!(
        tracker
            .insert(&fragment(&header, 8, b"bbbbbbbb", false), true)
            .held
    );
    assert!(tracker.is_complete());
    assert_eq!(tracker.assemble(true).unwrap()[20..], *b"aaaaaaaabbbbbbbb");
}

#[test]
fn an_empty_last_fragment_adds_nothing() {
    let header = header();
    let mut tracker = Tracker::new(DefragPolicy::Windows);
    assert_eq!(
        tracker.insert(&fragment(&header, 8, b"", false), true),
        Admission::default()
    );
    assert_eq!(tracker.len(), 0);
}

#[test]
fn ipv6_loses_its_fragment_header() {
    let mut header = vec![0x60, 0, 0, 0, 0, 24, 60, 64];
    header.extend_from_slice(&[1; 32]);
    header.extend_from_slice(&[44, 0, 1, 4, 0, 0, 0, 0]);
    let mut tracker = Tracker::new(DefragPolicy::Linux);
    for (offset, data, more) in [(8, b"bbbbbbbb", false), (0, b"aaaaaaaa", true)] {
        let fragment = Fragment {
            id: 7,
            offset,
            more,
            data,
            header: &header,
            proto: 17,
            proto_at: 40,
        };
        assert!(tracker.insert(&fragment, true).held);
    }
    let datagram = tracker.assemble(false).unwrap();
    assert_eq!(
        datagram[40], 17,
        "the extension header is followed by what the fragment header announced"
    );
    assert_eq!(datagram[4..6], 24u16.to_be_bytes(), "payload length");
    assert_eq!(datagram[48..], *b"aaaaaaaabbbbbbbb");
}

#[test]
fn a_flood_is_bounded() {
    let header = header();
    for policy in [
        DefragPolicy::Last,
        DefragPolicy::Linux,
        DefragPolicy::BsdRight,
    ] {
        let mut tracker = Tracker::new(policy);
        tracker.insert(&fragment(&header, 65528, b"z", false), true);
        let mut refused = false;
        for n in 0..20_000u16 {
            let data = [n as u8; 16];
            refused |= tracker
                .insert(&fragment(&header, (n % 8000) * 8 + 8, &data, true), true)
                .no_room;
        }
        assert!(tracker.len() <= 8192, "{policy:?}");
        assert_eq!(refused, tracker.len() == 8192, "{policy:?}");
    }
}

/// An Ethernet frame on a VLAN with an ICMP fragment.
fn frame(vlan: u16, id: u16, offset: u16, more: bool, data: &[u8]) -> Vec<u8> {
    let mut ip = header();
    ip[2..4].copy_from_slice(&(20 + data.len() as u16).to_be_bytes());
    ip[4..6].copy_from_slice(&id.to_be_bytes());
    ip[6..8].copy_from_slice(&((offset / 8) | if more { 0x2000 } else { 0 }).to_be_bytes());
    ip[10..12].copy_from_slice(&[0, 0]);
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    [
        &[0; 12][..],
        &[0x81, 0],
        &vlan.to_be_bytes(),
        &[8, 0],
        &ip,
        data,
    ]
    .concat()
}

fn insert(defragmenter: &mut Defragmenter, second: u64, data: &[u8]) -> Inserted {
    let mut decoder = tapir_packet::Decoder::new(tapir_packet::DecodeConfig::default());
    let frame = tapir_packet::Frame {
        ts: Timestamp::new(second, 0),
        link: tapir_packet::LinkType::ETHERNET,
        data,
        wire_len: data.len() as u32,
    };
    let packets = decoder.decode(&frame);
    defragmenter.insert(&packets[0], |_| DefragHost::default())
}

#[test]
fn a_datagram_is_whole_with_its_last_fragment() {
    let mut held = Defragmenter::new(DefragConfig::default(), Seed::Fixed(1));
    assert_eq!(
        insert(&mut held, 1, &frame(5, 1, 8, false, b"bbbb")).outcome,
        Outcome::Held
    );
    let other_vlan = insert(&mut held, 1, &frame(6, 1, 0, true, b"xxxxxxxx"));
    assert_eq!((other_vlan.outcome, held.len()), (Outcome::Held, 2));
    let Outcome::Whole(datagram) =
        insert(&mut held, 2, &frame(5, 1, 0, true, b"\x08\0aaaaaa")).outcome
    else {
        panic!("not whole");
    };
    assert_eq!(datagram[20..], *b"\x08\0aaaaaabbbb");
    let counters = held.counters();
    assert_eq!(
        (
            counters.ipv4_fragments,
            counters.ipv4_reassembled,
            held.len()
        ),
        (3, 1, 1)
    );
    held.expire(Timestamp::new(61, 0));
    assert_eq!(held.len(), 1);
    held.expire(Timestamp::new(62, 0));
    assert_eq!(
        (
            held.len(),
            held.counters().memuse,
            held.counters().tracker_timeout
        ),
        (0, 0, 1)
    );
}

#[test]
fn a_late_fragment_begins_anew() {
    let mut held = Defragmenter::new(DefragConfig::default(), Seed::Fixed(1));
    insert(&mut held, 1, &frame(5, 1, 0, true, b"aaaaaaaa"));
    let late = insert(&mut held, 61, &frame(5, 1, 8, false, b"bbbb"));
    assert_eq!(
        (late.outcome, held.counters().tracker_soft_reuse),
        (Outcome::Held, 1)
    );
}

#[test]
fn limits_hold() {
    let config = DefragConfig {
        trackers: 2,
        max_fragments: 3,
        ..DefragConfig::default()
    };
    let mut held = Defragmenter::new(config, Seed::Fixed(1));
    for id in 1..=3 {
        assert_eq!(
            insert(&mut held, id.into(), &frame(5, id, 0, true, b"aaaaaaaa")).outcome,
            Outcome::Held
        );
    }
    assert_eq!(
        (held.len(), held.counters().tracker_hard_reuse),
        (2, 1),
        "the first datagram made room"
    );
    assert_eq!(
        insert(&mut held, 3, &frame(5, 3, 16, true, b"cccccccc")).outcome,
        Outcome::Held
    );
    let refused = insert(&mut held, 3, &frame(5, 3, 8, true, b"bbbbbbbb"));
    assert_eq!(refused.outcome, Outcome::Ignored);
    assert!(refused.events.contains(DecodeEvent::Ipv4FragIgnored));
    let large = insert(&mut held, 3, &frame(5, 9, 65_520, false, &[0; 40]));
    assert!(large.events.contains(DecodeEvent::Ipv4FragPktTooLarge));
    assert_eq!(held.len(), 2);
}

fn policies() -> impl Strategy<Value = DefragPolicy> {
    prop::sample::select(vec![
        DefragPolicy::First,
        DefragPolicy::Last,
        DefragPolicy::Bsd,
        DefragPolicy::BsdRight,
        DefragPolicy::Linux,
        DefragPolicy::Windows,
        DefragPolicy::Solaris,
    ])
}

proptest! {
    #[test]
    fn order_does_not_matter_without_overlaps(
        policy in policies(),
        data in prop::collection::vec(any::<u8>(), 9..600),
        units in 1usize..8,
        order in prop::collection::vec(any::<u32>(), 80),
    ) {
        let header = header();
        let size = units * 8;
        let last = (data.len() - 1) / size;
        let mut pieces: Vec<_> = data.chunks(size).enumerate().collect();
        pieces.sort_by_key(|(n, _)| order[*n]);
        let mut tracker = Tracker::new(policy);
        for (sent, (n, piece)) in pieces.iter().enumerate() {
            prop_assert!(!tracker.is_complete() || sent == 0);
            let admission = tracker.insert(&fragment(&header, (n * size) as u16, piece, *n < last), true);
            prop_assert!(admission.held && !admission.overlap);
        }
        prop_assert!(tracker.is_complete());
        let datagram = tracker.assemble(true).unwrap();
        prop_assert_eq!(&datagram[20..], &data[..]);
        prop_assert_eq!(checksum(&datagram[..20]), 0);
    }

    #[test]
    fn nothing_breaks_a_tracker(
        policy in policies(),
        fragments in prop::collection::vec((0u16..40, 0usize..80, any::<bool>()), 0..60),
    ) {
        let header = header();
        let mut tracker = Tracker::new(policy);
        for (offset, len, more) in fragments {
            tracker.insert(&fragment(&header, offset * 8, &vec![7; len], more), true);
            if tracker.is_complete() {
                prop_assert!(tracker.assemble(true).is_some());
            }
        }
        let held: usize = tracker.len();
        prop_assert!(tracker.memory() >= held as u64);
    }
}

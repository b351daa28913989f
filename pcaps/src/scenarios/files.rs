//! What other captures hold, in files of other forms.

use std::io::Write as _;

use super::{icmp, names, web};
use crate::format::{ETHERNET, Interface, LINUX_COOKED, Pcap, RAW_IP, pcap, pcapng_section};
use crate::hosts::Host;
use crate::layers::ip_ether_type;
use crate::{Capture, Tape};
use tapir_traffic::tape::Recorded;

pub(super) fn captures() -> Vec<Capture> {
    let visit = visit();
    let cut = visit.len() - 10;
    vec![
        Capture {
            name: "cut-short.pcap",
            about: "the visit of http-get.pcap; the file ends within its last packet",
            bytes: visit.get(..cut).unwrap_or_default().to_vec(),
        },
        onion(
            "big-endian.pcap",
            "a question for a name of the onion network, in a file of a big-endian machine",
            Pcap {
                big_endian: true,
                ..Pcap::default()
            },
        ),
        onion(
            "nanoseconds.pcap",
            "the same with times in nanoseconds",
            Pcap {
                nanoseconds: true,
                ..Pcap::default()
            },
        ),
        linux_cooked(),
        several_interfaces(),
        Capture {
            name: "http-get.pcap.gz",
            about: "http-get.pcap, compressed by gzip in two members",
            bytes: gzip(&visit),
        },
        Capture {
            name: "http-get.pcap.zst",
            about: "http-get.pcap, compressed by zstd",
            bytes: zstd::encode_all(&visit[..], 19).expect("memory takes all that is written"),
        },
        Capture {
            name: "http-get.pcap.xz",
            about: "http-get.pcap, compressed by xz",
            bytes: xz(&visit),
        },
        Capture {
            name: "http-get.pcap.lz4",
            about: "http-get.pcap, compressed by lz4",
            bytes: lz4(&visit),
        },
    ]
}

fn visit() -> Vec<u8> {
    pcap(web::visit().frames(), &Pcap::default())
}

fn onion(name: &'static str, about: &'static str, how: Pcap) -> Capture {
    let mut tape = Tape::default();
    names::onion(&mut tape);
    let bytes = pcap(tape.frames(), &how);
    Capture { name, about, bytes }
}

/// Linux's own header (LINKTYPE_LINUX_SLL2): protocol, interface 2, Ethernet, to us, the sender's address.
fn linux_cooked() -> Capture {
    let mut tape = Tape::through(|from, _, packet| {
        let protocol = ip_ether_type(&packet).to_be_bytes();
        let header = [
            &protocol[..],
            &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6],
            &from.mac,
            &[0, 0],
        ];
        [&header.concat()[..], &packet].concat()
    });
    icmp::timestamp(&mut tape);
    let how = Pcap {
        link: LINUX_COOKED,
        ..Pcap::default()
    };
    Capture {
        name: "linux-cooked.pcap",
        about: "a timestamp request, captured on all interfaces of a Linux machine",
        bytes: pcap(tape.frames(), &how),
    }
}

/// A section with an Ethernet interface and one of bare IP, then one of a big-endian machine.
fn several_interfaces() -> Capture {
    let recorded = |tape: &Tape, interface: u32| -> Vec<(u32, Recorded)> {
        tape.frames()
            .iter()
            .map(|frame| (interface, frame.clone()))
            .collect()
    };
    let mut ethernet = Tape::default();
    icmp::timestamp(&mut ethernet);
    let mut bare = Tape::through(|_: &Host, _: &Host, packet| packet);
    names::onion(&mut bare);
    let interfaces = [
        Interface {
            link: ETHERNET,
            decimals: 6,
        },
        Interface {
            link: RAW_IP,
            decimals: 9,
        },
    ];
    let both = [recorded(&ethernet, 0), recorded(&bare, 1)].concat();
    let first = pcapng_section(false, &interfaces, &both);
    let second = pcapng_section(true, &interfaces[..1], &recorded(&ethernet, 0));
    Capture {
        name: "several-interfaces.pcapng",
        about: "pcapng of two sections: a timestamp request on Ethernet and a question for an onion name on bare IP; \
                then another timestamp request, in the other byte order",
        bytes: [first, second].concat(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let member = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder
            .write_all(bytes)
            .and_then(|()| encoder.finish())
            .expect("memory takes all that is written")
    };
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    [member(head), member(tail)].concat()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("memory takes all that is written")
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder
        .write_all(bytes)
        .expect("memory takes all that is written");
    encoder.finish().expect("memory takes all that is written")
}

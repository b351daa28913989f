//! Live capture on a pair of virtual interfaces, in a network namespace that vanishes with its thread.
//! Where that is not permitted, a test says that it was skipped.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::{CString, c_int};
use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use tapir_capture::{Batch, LibpcapOptions, LibpcapSource, Ring, RingOptions};
use tapir_packet::Frame;

const PATIENCE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(50);

/// Runs a test in a namespace of its own with interfaces `left` and `right`, joined.
fn between_interfaces(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        // SAFETY: no pointers are passed; only this thread changes its namespace.
        if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
            println!(
                "SKIPPED: no network namespace: {}",
                io::Error::last_os_error()
            );
            return;
        }
        // Without IPv6 no interface speaks of its own accord.
        let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
        let made = ip("link add left type veth peer name right")
            .and_then(|()| ip("link set left up"))
            .and_then(|()| ip("link set right up"));
        match made {
            Ok(()) => test(),
            Err(e) => println!("SKIPPED: no virtual interfaces: {e}"),
        }
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn ip(arguments: &str) -> io::Result<()> {
    let status = Command::new("ip")
        .args(arguments.split_whitespace())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("ip {arguments}: {status}"))),
    }
}

/// Sends frames out of an interface.
struct Sender {
    fd: c_int,
    address: libc::sockaddr_ll,
}

impl Sender {
    fn open(interface: &str) -> Self {
        let name = CString::new(interface).unwrap();
        // SAFETY: the name lives through the call; an address of zero bytes is a value; no other pointers.
        let (fd, index, mut address) = unsafe {
            (
                libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0),
                libc::if_nametoindex(name.as_ptr()),
                std::mem::zeroed::<libc::sockaddr_ll>(),
            )
        };
        assert!(fd >= 0 && index > 0, "{}", io::Error::last_os_error());
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_ifindex = index as c_int;
        address.sll_halen = 6;
        Self { fd, address }
    }

    fn send(&self, frame: &[u8]) {
        // SAFETY: pointers and lengths describe the frame and the address, which live through the call.
        let sent = unsafe {
            libc::sendto(
                self.fd,
                frame.as_ptr().cast(),
                frame.len(),
                0,
                std::ptr::from_ref(&self.address).cast(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        };
        assert_eq!(sent, frame.len() as isize, "{}", io::Error::last_os_error());
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // SAFETY: the descriptor is this value's own.
        unsafe { libc::close(self.fd) };
    }
}

/// UDP over IPv4 to port 53, the source port and a number in it.
fn datagram(port: u16, number: u32) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    frame.extend([
        0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    ]);
    frame.extend(port.to_be_bytes());
    frame.extend([0, 53, 0, 40, 0, 0]);
    frame.extend(number.to_be_bytes());
    frame.resize(14 + 60, 0xaa);
    frame
}

fn tagged(frame: &[u8], vlan: u8) -> Vec<u8> {
    [&frame[..12], &[0x81, 0, 0x20, vlan], &frame[12..]].concat()
}

/// Takes from a source until so many frames came or patience ended.
fn until(wanted: usize, mut take: impl FnMut(&mut Vec<Vec<u8>>)) -> Vec<Vec<u8>> {
    let (mut frames, start) = (Vec::new(), Instant::now());
    while frames.len() < wanted && start.elapsed() < PATIENCE {
        take(&mut frames);
    }
    frames
}

fn from_ring(ring: &mut Ring, frames: &mut Vec<Vec<u8>>) {
    ring.next_block(TICK, |frame: Frame<'_>, _| {
        assert!(frame.ts.secs() > 1_600_000_000);
        frames.push(frame.data.to_vec());
    })
    .unwrap();
}

fn from_libpcap(source: &mut LibpcapSource, frames: &mut Vec<Vec<u8>>) {
    let mut batch = Batch::default();
    source.next_batch(&mut batch, 64).unwrap();
    frames.extend(batch.frames().map(|frame| {
        assert!(frame.ts.secs() > 1_600_000_000);
        frame.data.to_vec()
    }));
}

fn small(filter: Option<&str>) -> RingOptions {
    RingOptions {
        block_size: 1 << 16,
        blocks: 16,
        filter: filter.map(str::to_owned),
        ..RingOptions::default()
    }
}

#[test]
fn a_ring_lends_what_was_sent() {
    between_interfaces(|| {
        let mut ring = Ring::open("right", &small(None)).unwrap();
        let sent: Vec<_> = (0..400).map(|i| datagram(1000, i)).collect();
        let sender = Sender::open("left");
        sent.iter().for_each(|frame| sender.send(frame));
        assert_eq!(
            until(sent.len(), |frames| from_ring(&mut ring, frames)),
            sent
        );
        let counters = ring.counters();
        assert_eq!((counters.received, counters.dropped), (400, 0));
    });
}

#[test]
fn rings_of_a_group_share_flows() {
    between_interfaces(|| {
        let options = RingOptions {
            fanout_group: Some(77),
            ..small(None)
        };
        let mut rings = [(); 2].map(|()| Ring::open("right", &options).unwrap());
        let sender = Sender::open("left");
        for i in 0..400 {
            sender.send(&datagram(1000 + (i % 40) as u16, i));
        }
        let mut ring_of_flow = HashMap::new();
        let (mut seen, start) = (0, Instant::now());
        while seen < 400 && start.elapsed() < PATIENCE {
            for (i, ring) in rings.iter_mut().enumerate() {
                seen += ring
                    .next_block(TICK, |frame, _| {
                        let port = frame.data[34..36].to_vec();
                        assert_eq!(*ring_of_flow.entry(port).or_insert(i), i);
                    })
                    .unwrap();
            }
        }
        assert_eq!((seen, ring_of_flow.len()), (400, 40));
        let of_first = ring_of_flow.values().filter(|&&ring| ring == 0).count();
        assert!((1..40).contains(&of_first), "one ring has all flows");
    });
}

#[test]
fn vlan_tags_and_filters_are_seen_as_on_the_wire() {
    between_interfaces(|| {
        let mut all = Ring::open("right", &small(None)).unwrap();
        let mut five = Ring::open("right", &small(Some("vlan 5 and udp port 53"))).unwrap();
        let mut untagged = Ring::open("right", &small(Some("udp src port 7"))).unwrap();
        let sent = [
            datagram(7, 1),
            tagged(&datagram(7, 2), 5),
            tagged(&datagram(7, 3), 6),
            datagram(8, 4),
        ];
        let sender = Sender::open("left");
        sent.iter().for_each(|frame| sender.send(frame));
        assert_eq!(until(4, |frames| from_ring(&mut all, frames)), sent);
        assert_eq!(until(1, |frames| from_ring(&mut five, frames)), sent[1..2]);
        assert!(until(1, |frames| from_ring(&mut untagged, frames)).contains(&sent[0]));
    });
}

#[test]
fn libpcap_gives_what_was_sent() {
    between_interfaces(|| {
        let options = LibpcapOptions {
            timeout_ms: 20,
            filter: Some("udp".to_owned()),
            ..LibpcapOptions::default()
        };
        let mut source = LibpcapSource::open("right", &options).unwrap();
        let sent: Vec<_> = (0..400).map(|i| datagram(1000, i)).collect();
        let sender = Sender::open("left");
        sent.iter().for_each(|frame| sender.send(frame));
        assert_eq!(
            until(sent.len(), |frames| from_libpcap(&mut source, frames)),
            sent
        );
        let counters = source.counters();
        assert_eq!((counters.received, counters.dropped), (400, 0));
    });
}

/// Takes from a source for a while; what comes meanwhile is not looked at.
fn let_pass(mut take: impl FnMut(&mut Vec<Vec<u8>>)) {
    let start = Instant::now();
    while start.elapsed() < 4 * TICK {
        take(&mut Vec::new());
    }
}

#[test]
fn an_interface_that_comes_back_is_taken_up_again() {
    between_interfaces(|| {
        let mut ring = Ring::open("right", &small(None)).unwrap();
        let options = LibpcapOptions {
            timeout_ms: 20,
            ..LibpcapOptions::default()
        };
        let mut source = LibpcapSource::open("right", &options).unwrap();
        for (away, back) in [
            (vec!["link set right down"], vec!["link set right up"]),
            (
                vec!["link del right"],
                vec![
                    "link add left type veth peer name right",
                    "link set left up",
                    "link set right up",
                ],
            ),
        ] {
            away.iter().for_each(|step| ip(step).unwrap());
            let_pass(|frames| from_ring(&mut ring, frames));
            let_pass(|frames| from_libpcap(&mut source, frames));
            back.iter().for_each(|step| ip(step).unwrap());
            let_pass(|frames| from_ring(&mut ring, frames));
            let_pass(|frames| from_libpcap(&mut source, frames));
            let sent = [datagram(9, 1)];
            Sender::open("left").send(&sent[0]);
            assert_eq!(until(1, |frames| from_ring(&mut ring, frames)), sent);
            assert_eq!(until(1, |frames| from_libpcap(&mut source, frames)), sent);
        }
        assert_eq!(ring.counters().interruptions, 2);
        // libpcap from 1.10 on waits by itself for an interface that is only down.
        assert!((1..=2).contains(&source.counters().interruptions));
    });
}

#[test]
fn what_cannot_be_watched_is_told() {
    between_interfaces(|| {
        let unknown = Ring::open("nowhere", &small(None))
            .err()
            .unwrap()
            .to_string();
        assert!(
            unknown.starts_with("interface nowhere: no such interface"),
            "{unknown}"
        );
        let filter = Ring::open("right", &small(Some("prot 7")))
            .err()
            .unwrap()
            .to_string();
        assert!(filter.starts_with("filter `prot 7`: "), "{filter}");
        let options = RingOptions {
            block_size: 5000,
            ..small(None)
        };
        let size = Ring::open("right", &options).err().unwrap().to_string();
        assert!(size.contains("power of two"), "{size}");
        assert!(LibpcapSource::open("nowhere", &LibpcapOptions::default()).is_err());
    });
}

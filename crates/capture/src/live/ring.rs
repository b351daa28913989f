//! AF_PACKET rings, version 3: the kernel writes packets into blocks of shared memory, and lends a block
//! at a time (packet(7); Documentation/networking/packet_mmap.rst of the kernel).

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use memmap2::{MmapMut, MmapOptions};
use tapir_packet::{Frame, LinkType, Timestamp};

use super::KernelCounters;
use super::socket::{PacketSocket, interface_index};
use crate::error::CaptureError;
use crate::filter::Filter;

/// How to open a ring.
#[derive(Debug, Clone)]
pub struct RingOptions {
    /// Bytes of one block; a power of two. Larger blocks cost latency, smaller ones system calls.
    pub block_size: u32,
    /// Number of blocks.
    pub blocks: u32,
    /// Whether to see packets for other hosts.
    pub promiscuous: bool,
    /// How long a block that is not full waits before it is lent, in milliseconds.
    pub block_timeout_ms: u32,
    /// Group number that the rings of one interface share, so that each flow goes to one of them.
    pub fanout_group: Option<u16>,
    /// BPF expression.
    pub filter: Option<String>,
}

impl Default for RingOptions {
    fn default() -> Self {
        Self {
            block_size: 1 << 20,
            blocks: 64,
            promiscuous: true,
            block_timeout_ms: 10,
            fanout_group: None,
            filter: None,
        }
    }
}

const ETH_P_ALL: u16 = libc::ETH_P_ALL as u16;
const ETH_P_8021Q: u16 = 0x8100;
/// Two MAC addresses: where a VLAN tag that the card took off belongs.
const VLAN_AT: usize = 12;

/// One ring of an interface.
pub struct Ring {
    // The map goes before the socket: fields are dropped in this order.
    map: MmapMut,
    socket: PacketSocket,
    interface: String,
    link: LinkType,
    block_size: usize,
    blocks: usize,
    next: usize,
    promiscuous: bool,
    counters: KernelCounters,
    /// A frame whose VLAN tag had to be put back.
    tagged: Vec<u8>,
    down: Option<Instant>,
}

/// Whether this process may open packet sockets.
pub fn af_packet_permitted() -> bool {
    PacketSocket::open().is_ok()
}

impl Ring {
    /// Opens a ring on an interface.
    ///
    /// # Errors
    /// When the interface does not exist, this process may not watch it, its packets cannot be decoded, the
    /// filter is wrong, or memory is short.
    pub fn open(interface: &str, options: &RingOptions) -> Result<Self, CaptureError> {
        let failed = |what: &'static str| {
            move |e: io::Error| CaptureError::Interface {
                interface: interface.to_owned(),
                message: format!("{what}: {e}"),
            }
        };
        let socket = PacketSocket::open().map_err(|e| CaptureError::Interface {
            interface: interface.to_owned(),
            message: format!(
                "cannot open a packet socket: {e} (this needs CAP_NET_RAW; root has it)"
            ),
        })?;
        let index = interface_index(interface).map_err(failed("no such interface"))?;
        let hardware = socket
            .hardware_type(interface)
            .map_err(failed("cannot ask for its type"))?;
        let link = link_of(hardware).ok_or_else(|| CaptureError::Interface {
            interface: interface.to_owned(),
            message: format!(
                "hardware type {hardware} is not captured through AF_PACKET; try --capture pcap"
            ),
        })?;
        if let Some(expression) = &options.filter {
            let program = Filter::compile(expression, link)?.instructions();
            socket
                .attach(&program)
                .map_err(failed("the kernel refuses the filter"))?;
        }
        let map = share_memory(&socket, options).map_err(failed("cannot set up its ring"))?;
        socket
            .bind(index, ETH_P_ALL)
            .map_err(failed("cannot bind to it"))?;
        if options.promiscuous {
            join_promiscuous(&socket, index).map_err(failed("cannot make it promiscuous"))?;
        }
        if let Some(group) = options.fanout_group {
            // Fragments are put together before the hash, so that they follow their flow.
            let mode = libc::PACKET_FANOUT_HASH | (libc::PACKET_FANOUT_FLAG_DEFRAG as libc::c_uint);
            let value = u32::from(group) | mode << 16;
            socket
                .set(libc::SOL_PACKET, libc::PACKET_FANOUT, &value)
                .map_err(failed("cannot join its fanout"))?;
        }
        Ok(Self {
            map,
            socket,
            interface: interface.to_owned(),
            link,
            block_size: options.block_size as usize,
            blocks: options.blocks as usize,
            next: 0,
            promiscuous: options.promiscuous,
            counters: KernelCounters::default(),
            tagged: Vec::new(),
            down: None,
        })
    }

    /// Lends the frames of the next block to `inspect`, without copying, and gives the block back. Waits up
    /// to `timeout` for one; says how many frames there were. A frame whose checksum the sender left to its
    /// network card comes with `false`.
    ///
    /// An interface that goes down is waited for and taken up again when it is back.
    ///
    /// # Errors
    /// When the socket fails for good.
    pub fn next_block(
        &mut self,
        timeout: Duration,
        mut inspect: impl FnMut(Frame<'_>, bool),
    ) -> Result<usize, CaptureError> {
        if self.down.is_some() && !self.revive(timeout) {
            return Ok(0);
        }
        if !self.is_ready()
            && let Err(e) = self.socket.wait(timeout)
        {
            return self.lost(e).map(|()| 0);
        }
        if !self.is_ready() {
            return Ok(0);
        }
        let start = self.next * self.block_size;
        let mut tagged = std::mem::take(&mut self.tagged);
        let block = self
            .map
            .get(start..start + self.block_size)
            .unwrap_or_default();
        let frames = each_frame(block, self.link, &mut tagged, &mut inspect);
        self.tagged = tagged;
        self.give_back();
        Ok(frames)
    }

    fn status(&self) -> &AtomicU32 {
        let block = self.next * self.block_size;
        let desc = self.map[block..]
            .as_ptr()
            .cast::<libc::tpacket_block_desc>();
        // SAFETY: each block begins with its descriptor; blocks are page-aligned, so the status is aligned.
        // The kernel changes it behind our back, therefore it is only touched atomically.
        unsafe { AtomicU32::from_ptr((&raw const (*desc).hdr.bh1.block_status).cast_mut()) }
    }

    fn is_ready(&self) -> bool {
        self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER as u32 != 0
    }

    fn give_back(&mut self) {
        self.status()
            .store(libc::TP_STATUS_KERNEL as u32, Ordering::Release);
        self.next = (self.next + 1) % self.blocks;
    }

    fn lost(&mut self, error: io::Error) -> Result<(), CaptureError> {
        match error.raw_os_error() {
            Some(libc::ENETDOWN | libc::ENODEV | libc::ENXIO) => {
                tracing::warn!("interface {} went down; waiting for it", self.interface);
                self.down = Some(Instant::now());
                Ok(())
            }
            _ => Err(CaptureError::Interface {
                interface: self.interface.clone(),
                message: error.to_string(),
            }),
        }
    }

    /// Tries to watch the interface again; false while it is away.
    fn revive(&mut self, timeout: Duration) -> bool {
        let bound = interface_index(&self.interface).and_then(|index| {
            self.socket.bind(index, ETH_P_ALL)?;
            if self.promiscuous {
                join_promiscuous(&self.socket, index)
            } else {
                Ok(())
            }
        });
        if bound.is_err() {
            std::thread::sleep(timeout);
            return false;
        }
        let away = self
            .down
            .take()
            .map_or(Duration::ZERO, |since| since.elapsed());
        tracing::warn!(
            "interface {} is back after {:.0} s",
            self.interface,
            away.as_secs_f64()
        );
        true
    }

    /// What the kernel counted since the ring was opened.
    pub fn counters(&mut self) -> KernelCounters {
        // The kernel starts from zero after each reading.
        if let Ok(stats) = self
            .socket
            .get::<libc::tpacket_stats_v3>(libc::SOL_PACKET, libc::PACKET_STATISTICS)
        {
            self.counters.received += u64::from(stats.tp_packets);
            self.counters.dropped += u64::from(stats.tp_drops);
        }
        self.counters
    }
}

/// Ethernet and loopback frames, and tunnels that carry bare IP.
fn link_of(hardware: u16) -> Option<LinkType> {
    const ETHER: u16 = libc::ARPHRD_ETHER;
    const LOOPBACK: u16 = libc::ARPHRD_LOOPBACK;
    const NONE: u16 = libc::ARPHRD_NONE;
    const PPP: u16 = libc::ARPHRD_PPP;
    match hardware {
        ETHER | LOOPBACK => Some(LinkType::ETHERNET),
        NONE | PPP => Some(LinkType::RAW),
        _ => None,
    }
}

fn share_memory(socket: &PacketSocket, options: &RingOptions) -> io::Result<MmapMut> {
    const FRAME: u32 = 2048;
    let size = (options.block_size as usize)
        .checked_mul(options.blocks as usize)
        .filter(|&size| {
            size > 0 && options.block_size.is_power_of_two() && options.block_size >= 4096
        })
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "block size must be a power of two from 4096 on",
            )
        })?;
    let version = libc::tpacket_versions::TPACKET_V3 as c_int;
    socket.set(libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
    let request = libc::tpacket_req3 {
        tp_block_size: options.block_size,
        tp_block_nr: options.blocks,
        tp_frame_size: FRAME,
        tp_frame_nr: (size / FRAME as usize) as u32,
        tp_retire_blk_tov: options.block_timeout_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    socket.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
    // SAFETY: the ring belongs to this socket, which outlives the map. The kernel writes a block only while
    // its status says that it owns it; we read a block only while the status says that we do.
    unsafe { MmapOptions::new().len(size).map_mut(socket.raw()) }
}

fn join_promiscuous(socket: &PacketSocket, index: c_int) -> io::Result<()> {
    let request = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    socket.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
}

/// Walks a block's frames. Offsets come from the kernel but are checked all the same.
fn each_frame(
    block: &[u8],
    link: LinkType,
    tagged: &mut Vec<u8>,
    inspect: &mut impl FnMut(Frame<'_>, bool),
) -> usize {
    let Some(desc) = read_at::<libc::tpacket_block_desc>(block, 0) else {
        return 0;
    };
    // SAFETY: version 1 is the only layout of this union.
    let header = unsafe { desc.hdr.bh1 };
    let mut at = header.offset_to_first_pkt as usize;
    for seen in 0..header.num_pkts as usize {
        let Some(packet) = read_at::<libc::tpacket3_hdr>(block, at) else {
            return seen;
        };
        let start = at + usize::from(packet.tp_mac);
        let Some(data) = block.get(start..start + packet.tp_snaplen as usize) else {
            return seen;
        };
        let status = packet.tp_status as u64;
        let ts = Timestamp::new(u64::from(packet.tp_sec), packet.tp_nsec);
        let intact = status & libc::TP_STATUS_CSUMNOTREADY as u64 == 0;
        let mut frame = Frame {
            ts,
            link,
            data,
            wire_len: packet.tp_len,
        };
        if status & libc::TP_STATUS_VLAN_VALID as u64 != 0 && data.len() >= VLAN_AT {
            let vlan = packet.hv1;
            let announced = status & libc::TP_STATUS_VLAN_TPID_VALID as u64 != 0;
            let kind = if announced {
                vlan.tp_vlan_tpid
            } else {
                ETH_P_8021Q
            };
            put_tag_back(data, kind, vlan.tp_vlan_tci as u16, tagged);
            frame.data = tagged;
            frame.wire_len = packet.tp_len.saturating_add(4);
        }
        inspect(frame, intact);
        match packet.tp_next_offset as usize {
            0 => return seen + 1,
            next => at += next,
        }
    }
    header.num_pkts as usize
}

fn put_tag_back(data: &[u8], kind: u16, control: u16, to: &mut Vec<u8>) {
    let (addresses, rest) = data.split_at(VLAN_AT);
    to.clear();
    to.extend_from_slice(addresses);
    to.extend_from_slice(&kind.to_be_bytes());
    to.extend_from_slice(&control.to_be_bytes());
    to.extend_from_slice(rest);
}

/// Copies a structure of integers out of a block; `None` when it does not lie within.
fn read_at<T: Copy>(block: &[u8], at: usize) -> Option<T> {
    let bytes = block.get(at..at.checked_add(size_of::<T>())?)?;
    // SAFETY: as many bytes as the structure has were checked to be there, any bytes are a value of it, and
    // the read does not ask for alignment.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

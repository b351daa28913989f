//! One AF_PACKET ring, version 3, on an interface that is there: the kernel writes packets into blocks of
//! shared memory and lends a block at a time (packet(7); Documentation/networking/packet_mmap.rst of the
//! kernel).

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use memmap2::{MmapOptions, MmapRaw};
use tapir_packet::{Frame, LinkType};

use super::block::{Telling, VLAN_TAG, each_frame};
use super::ring::RingOptions;
use super::socket::{PacketSocket, interface_index};
use crate::error::CaptureError;
use crate::filter::{Filter, Instruction};

const ETH_P_ALL: u16 = libc::ETH_P_ALL as u16;

/// The program that selects nothing: return 0.
const NOTHING: &[Instruction] = &[Instruction {
    code: (libc::BPF_RET | libc::BPF_K) as u16,
    jump_true: 0,
    jump_false: 0,
    operand: 0,
}];

/// The shared memory and its socket.
pub(super) struct Mapping {
    // The memory goes before the socket: fields are dropped in this order.
    memory: MmapRaw,
    socket: PacketSocket,
    telling: Telling,
    block_size: usize,
    blocks: usize,
    /// The block that the kernel lends next.
    next: usize,
}

impl Mapping {
    pub(super) fn open(interface: &str, options: &RingOptions) -> Result<Self, CaptureError> {
        let refused = |message| CaptureError::Interface {
            interface: interface.to_owned(),
            message,
        };
        let failed = |what: &'static str| move |e: io::Error| refused(format!("{what}: {e}"));
        let socket = PacketSocket::open().map_err(|e| {
            refused(format!(
                "cannot open a packet socket: {e} (this needs CAP_NET_RAW; root has it)"
            ))
        })?;
        let index = interface_index(interface).map_err(failed("no such interface"))?;
        let hardware = socket
            .hardware_type(interface)
            .map_err(failed("cannot ask for its type"))?;
        let link = link_of(hardware).ok_or_else(|| {
            refused(format!(
                "hardware type {hardware} is not captured through AF_PACKET; try --capture pcap"
            ))
        })?;
        let filter = options
            .filter
            .as_deref()
            .map(|expression| Filter::compile_for_interface(expression, interface, link))
            .transpose()?;
        let memory = share_memory(&socket, options).map_err(failed("cannot set up its ring"))?;
        join(&socket, index, options, filter.as_ref()).map_err(failed("cannot watch it"))?;
        Ok(Self {
            memory,
            socket,
            telling: Telling {
                link,
                incoming_only: hardware == libc::ARPHRD_LOOPBACK,
            },
            block_size: options.block_size as usize,
            blocks: options.blocks as usize,
            next: 0,
        })
    }

    /// Lends the frames of the next block, waiting up to `timeout` for it; says how many there were.
    pub(super) fn next_block(
        &mut self,
        timeout: Duration,
        inspect: impl FnMut(Frame<'_>, bool),
    ) -> io::Result<usize> {
        if !self.is_ready() {
            self.socket.wait(timeout)?;
            if !self.is_ready() {
                return Ok(0);
            }
        }
        let start = self.memory.as_mut_ptr().wrapping_add(self.next_offset());
        // SAFETY: the block lies within the memory, whose size is blocks times block size. The status said
        // that the kernel has lent the block to us, and it does not touch it until we give it back below;
        // `&mut self` keeps anyone else from doing so.
        let block = unsafe { std::slice::from_raw_parts_mut(start, self.block_size) };
        let frames = each_frame(block, self.telling, inspect);
        self.status()
            .store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.next = (self.next + 1) % self.blocks;
        Ok(frames)
    }

    fn next_offset(&self) -> usize {
        self.next * self.block_size
    }

    fn is_ready(&self) -> bool {
        self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    fn status(&self) -> &AtomicU32 {
        let block = self.memory.as_mut_ptr().wrapping_add(self.next_offset());
        let desc = block.cast::<libc::tpacket_block_desc>();
        // SAFETY: each block lies within the memory and begins with its descriptor; blocks are page-aligned, so
        // the status is aligned. The kernel changes it behind our back, therefore it is only touched atomically.
        unsafe { AtomicU32::from_ptr(&raw mut (*desc).hdr.bh1.block_status) }
    }

    /// Packets received and dropped since this was last asked: the kernel starts from zero each time.
    pub(super) fn statistics(&self) -> io::Result<(u32, u32)> {
        self.socket
            .get::<libc::tpacket_stats_v3>(libc::SOL_PACKET, libc::PACKET_STATISTICS)
            .map(|stats| (stats.tp_packets, stats.tp_drops))
    }
}

/// Binds the socket and makes it one of its group. Until it is, it selects nothing: packets would come to it
/// that belong to another ring.
fn join(
    socket: &PacketSocket,
    index: c_int,
    options: &RingOptions,
    filter: Option<&Filter>,
) -> io::Result<()> {
    socket.attach(NOTHING)?;
    socket.bind(index, ETH_P_ALL)?;
    if options.promiscuous {
        join_promiscuous(socket, index)?;
    }
    if let Some(group) = options.fanout_group {
        let value = options.fanout_mode.option(group);
        socket.set(libc::SOL_PACKET, libc::PACKET_FANOUT, &value)?;
    }
    match filter {
        Some(filter) => socket.attach(filter.program()),
        None => socket.detach(),
    }
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

fn share_memory(socket: &PacketSocket, options: &RingOptions) -> io::Result<MmapRaw> {
    const PAGE: u32 = 4096;
    /// The kernel asks for one; in version 3 frames are as long as they are.
    const FRAME: u32 = 2048;
    let wrong = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
    if !options.block_size.is_power_of_two() || options.block_size < PAGE {
        return Err(wrong("the block size must be a power of two from 4096 on"));
    }
    let size = (options.block_size as usize)
        .checked_mul(options.blocks as usize)
        .filter(|&size| size > 0)
        .ok_or_else(|| wrong("no blocks, or too many"))?;
    let version = libc::tpacket_versions::TPACKET_V3 as c_int;
    socket.set(libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
    socket.set(libc::SOL_PACKET, libc::PACKET_RESERVE, &(VLAN_TAG as c_int))?;
    let request = libc::tpacket_req3 {
        tp_block_size: options.block_size,
        tp_block_nr: options.blocks,
        tp_frame_size: FRAME,
        tp_frame_nr: (options.block_size / FRAME).saturating_mul(options.blocks),
        tp_retire_blk_tov: options.block_timeout_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    socket.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
    MmapOptions::new().len(size).map_raw(socket.raw())
}

/// Ethernet and loopback frames, and tunnels that carry bare IP.
fn link_of(hardware: u16) -> Option<LinkType> {
    /// linux/if_arp.h
    const ARPHRD_RAWIP: u16 = 519;
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Some(LinkType::ETHERNET),
        libc::ARPHRD_NONE | libc::ARPHRD_PPP | ARPHRD_RAWIP => Some(LinkType::RAW),
        _ => None,
    }
}

//! The frames of a block that the kernel lends.

use tapir_packet::{Frame, LinkType, Timestamp};

const ETH_P_8021Q: u16 = 0x8100;
/// Two MAC addresses: where a VLAN tag belongs that the card or the kernel took off.
const VLAN_AT: usize = 12;
/// Length of a VLAN tag, and of the room kept for it before each frame.
pub(super) const VLAN_TAG: usize = 4;
/// Before each frame: its header, and the address it came from.
const HEADER: usize = size_of::<libc::tpacket3_hdr>().next_multiple_of(libc::TPACKET_ALIGNMENT);

/// Which frames of a block are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    /// What they begin with.
    pub(super) link: LinkType,
    /// Whether frames that this machine sends are left out: on a loopback interface each comes in again.
    pub(super) incoming_only: bool,
}

/// Tells the frames of a block, and whether their checksum is there yet: the sender may have left it to
/// its network card. Offsets come from the kernel but are checked all the same. Returns how many there were.
pub(super) fn each_frame(
    block: &mut [u8],
    telling: Telling,
    mut inspect: impl FnMut(Frame<'_>, bool),
) -> usize {
    let Some(desc) = read_at::<libc::tpacket_block_desc>(block, 0) else {
        return 0;
    };
    // SAFETY: version 1 is the only layout of this union.
    let header = unsafe { desc.hdr.bh1 };
    let mut at = header.offset_to_first_pkt as usize;
    let mut told = 0;
    for _ in 0..header.num_pkts {
        let Some(packet) = read_at::<libc::tpacket3_hdr>(block, at) else {
            break;
        };
        if !telling.incoming_only || !is_outgoing(block, at) {
            let tagged = put_tag_back(block, at, &packet);
            let start = at + usize::from(packet.tp_mac);
            let end = start + packet.tp_snaplen as usize;
            let Some(data) = block.get(start - tagged..end) else {
                break;
            };
            let frame = Frame {
                ts: Timestamp::new(u64::from(packet.tp_sec), packet.tp_nsec),
                link: telling.link,
                data,
                wire_len: packet.tp_len.saturating_add(tagged as u32),
            };
            inspect(frame, packet.tp_status & libc::TP_STATUS_CSUMNOTREADY == 0);
            told += 1;
        }
        match packet.tp_next_offset as usize {
            0 => break,
            next => at += next,
        }
    }
    told
}

fn is_outgoing(block: &[u8], at: usize) -> bool {
    read_at::<libc::sockaddr_ll>(block, at + HEADER)
        .is_some_and(|from| from.sll_pkttype == libc::PACKET_OUTGOING)
}

/// Puts the VLAN tag of the frame at `at` back where it was: the addresses move into the room before the
/// frame. Returns how many bytes earlier the frame begins now.
fn put_tag_back(block: &mut [u8], at: usize, packet: &libc::tpacket3_hdr) -> usize {
    if packet.tp_status & libc::TP_STATUS_VLAN_VALID == 0 {
        return 0;
    }
    let mac = usize::from(packet.tp_mac);
    if mac < HEADER + size_of::<libc::sockaddr_ll>() + VLAN_TAG {
        return 0;
    }
    let start = at + mac;
    let Some(head) = block.get_mut(start - VLAN_TAG..start + VLAN_AT) else {
        return 0;
    };
    let kind = if packet.tp_status & libc::TP_STATUS_VLAN_TPID_VALID == 0 {
        ETH_P_8021Q
    } else {
        packet.hv1.tp_vlan_tpid
    };
    let [a, b] = kind.to_be_bytes();
    let [c, d] = (packet.hv1.tp_vlan_tci as u16).to_be_bytes();
    head.copy_within(VLAN_TAG.., 0);
    if let Some(room) = head.last_chunk_mut() {
        *room = [a, b, c, d];
    }
    VLAN_TAG
}

/// Copies a structure of integers out of a block; `None` when it does not lie within.
fn read_at<T: Copy>(block: &[u8], at: usize) -> Option<T> {
    let bytes = block.get(at..at.checked_add(size_of::<T>())?)?;
    // SAFETY: as many bytes as the structure has were checked to be there, any bytes are a value of it, and
    // the read does not ask for alignment.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of one frame as the kernel writes it (linux/if_packet.h): descriptor of 48 bytes, header of
    /// 48, address of 20, room, frame.
    fn block(status: u32, frame: &[u8], next: u32) -> Vec<u8> {
        let mut block = vec![0; 48];
        block[12..16].copy_from_slice(&2_u32.to_ne_bytes());
        block[16..20].copy_from_slice(&48_u32.to_ne_bytes());
        let len = frame.len() as u32;
        for value in [next, 7, 9, len, len, status] {
            block.extend(value.to_ne_bytes());
        }
        for value in [96_u16, 110] {
            block.extend(value.to_ne_bytes());
        }
        for value in [0_u32, 0x2005] {
            block.extend(value.to_ne_bytes());
        }
        block.extend(0x88a8_u16.to_ne_bytes());
        block.resize(48 + 96, 0);
        block.extend(frame);
        block
    }

    fn told(block: &mut [u8]) -> Vec<(Timestamp, Vec<u8>, u32, bool)> {
        let telling = Telling {
            link: LinkType::ETHERNET,
            incoming_only: false,
        };
        let mut frames = Vec::new();
        each_frame(block, telling, |frame, intact| {
            frames.push((frame.ts, frame.data.to_vec(), frame.wire_len, intact));
        });
        frames
    }

    #[test]
    fn tags_are_put_back() {
        let frame: Vec<u8> = (0..20).collect();
        let ts = Timestamp::new(7, 9);
        let plain = told(&mut block(libc::TP_STATUS_CSUMNOTREADY, &frame, 0));
        assert_eq!(plain, [(ts, frame.clone(), 20, false)]);

        let tagged = told(&mut block(
            libc::TP_STATUS_VLAN_VALID | libc::TP_STATUS_VLAN_TPID_VALID,
            &frame,
            0,
        ));
        let mut expected = frame.clone();
        expected.splice(12..12, [0x88, 0xa8, 0x20, 0x05]);
        assert_eq!(tagged, [(ts, expected, 24, true)]);
    }

    #[test]
    fn lengths_that_lie_end_the_block() {
        let frame = [0; 20];
        for next in [1, 40, 100_000, u32::MAX] {
            assert!(told(&mut block(0, &frame, next)).len() <= 2);
        }
        let whole = block(libc::TP_STATUS_VLAN_VALID, &frame, 0);
        for cut in 0..whole.len() {
            assert!(told(&mut whole[..cut].to_vec()).is_empty());
        }
    }
}

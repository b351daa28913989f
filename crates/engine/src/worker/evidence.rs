//! Packets whose data the rules are still to see, for a log of the packets of alerted flows: an alert about a stream is
//! about packets that came before the one it is raised with.

use std::collections::VecDeque;
use std::sync::Arc;

use tapir_flow::tcp::Session;
use tapir_output::event::PacketBytes;
use tapir_packet::{Direction, Packet};

/// More packets than this are not kept of a flow: the oldest go.
const MAX_PACKETS: usize = 256;

/// More bytes than this are not kept of a flow.
const MAX_BYTES: usize = 512 * 1024;

/// A packet, and how far its data reaches in the stream of its direction.
#[derive(Debug)]
struct Kept {
    direction: Direction,
    end: u64,
    packet: Arc<PacketBytes>,
}

/// What is kept of a flow that has not alerted.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    packets: VecDeque<Kept>,
    bytes: usize,
}

impl Evidence {
    /// Keeps a packet whose data is in the stream up to the offset `end`.
    pub(super) fn keep(&mut self, packet: &Packet<'_>, direction: Direction, end: u64) {
        let packet = Arc::new(PacketBytes::of(packet));
        self.bytes += packet.data.len();
        self.packets.push_back(Kept {
            direction,
            end,
            packet,
        });
        while self.packets.len() > MAX_PACKETS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.packets.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(oldest.packet.data.len());
        }
    }

    /// Lets go of packets whose data the session has let go.
    pub(super) fn forget(&mut self, session: &Session) {
        let bytes = &mut self.bytes;
        self.packets.retain(|kept| {
            let stays = kept.end > session.stream(kept.direction).base();
            if !stays {
                *bytes = bytes.saturating_sub(kept.packet.data.len());
            }
            stays
        });
    }

    /// The packets, in the order in which they came; none is kept any more.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Arc<PacketBytes>> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.packets)
            .into_iter()
            .map(|kept| kept.packet)
    }
}

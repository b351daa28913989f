//! What was said in a capture, in the notation of traffic, where that has words for it: connections whose segments came
//! once and in order, and datagrams.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use tapir_capture::{Batch, CaptureFile};
use tapir_detect::PacketFacts;
use tapir_packet::{DecodeConfig, Decoder, Packet, TcpFlags, ip_proto};

use super::written::written;

/// More than this nobody reads: then the case names the capture.
const MOST_BYTES: usize = 32 << 10;
const MOST_MESSAGES: usize = 400;

/// The two ends of a conversation, the smaller first.
pub(super) type Ends = (End, End);
type End = (IpAddr, u16);

/// The ends of the packet that a rule matched.
pub(super) fn ends_of(facts: &PacketFacts) -> Ends {
    ordered((facts.src, facts.sport), (facts.dst, facts.dport))
}

fn ordered(a: End, b: End) -> Ends {
    if a <= b { (a, b) } else { (b, a) }
}

/// A conversation as far as it was heard.
struct Talk {
    is_tcp: bool,
    client: End,
    server: End,
    /// The sequence number that comes next, of client and server.
    next: [u32; 2],
    messages: Vec<(usize, Vec<u8>)>,
    /// A side has ended it.
    has_ended: bool,
    /// A side has broken it off.
    reset_by: Option<usize>,
}

/// All conversations, in the order in which they began.
#[derive(Default)]
struct Transcript {
    talks: Vec<Talk>,
    /// The one that goes on between two ends.
    current: BTreeMap<(bool, Ends), usize>,
    bytes: usize,
    messages: usize,
}

/// Tells what was said between certain ends, or all; nothing if the notation cannot.
pub(super) fn transcript(capture: &Path, only: Option<&BTreeSet<Ends>>) -> Option<String> {
    let mut file = CaptureFile::open(capture).ok()?;
    let mut decoder = Decoder::new(DecodeConfig::default());
    let (mut batch, mut heard) = (Batch::default(), Transcript::default());
    while file.next_batch(&mut batch, 512) {
        for frame in batch.frames() {
            let packets = decoder.decode(&frame);
            let is_alone = packets.len() == 1;
            for packet in &packets {
                let ends = ordered((packet.src, packet.sport), (packet.dst, packet.dport));
                if only.is_some_and(|only| !only.contains(&ends)) {
                    continue;
                }
                let is_plain = is_alone && !packet.is_fragment() && !packet.is_invalid();
                if !is_plain {
                    return None;
                }
                heard.hear(packet, ends)?;
            }
        }
    }
    heard.text()
}

impl Transcript {
    /// Hears a packet; nothing if there are no words for it.
    fn hear(&mut self, packet: &Packet<'_>, ends: Ends) -> Option<()> {
        self.bytes = self.bytes.saturating_add(packet.payload().len());
        self.messages += usize::from(!packet.payload().is_empty());
        if self.bytes > MOST_BYTES || self.messages > MOST_MESSAGES {
            return None;
        }
        match packet.proto {
            ip_proto::TCP => self.segment(packet, ends),
            ip_proto::UDP => {
                let talk = self.talk(packet, ends, false)?;
                talk.say(packet);
                Some(())
            }
            _ => None,
        }
    }

    /// The conversation of a packet; a new one if there is none.
    fn talk(&mut self, packet: &Packet<'_>, ends: Ends, is_tcp: bool) -> Option<&mut Talk> {
        let place = match self.current.get(&(is_tcp, ends)) {
            Some(place) => *place,
            None => self.begin(packet, ends, is_tcp),
        };
        self.talks.get_mut(place)
    }

    fn begin(&mut self, packet: &Packet<'_>, ends: Ends, is_tcp: bool) -> usize {
        let place = self.talks.len();
        self.current.insert((is_tcp, ends), place);
        self.talks.push(Talk {
            is_tcp,
            client: (packet.src, packet.sport),
            server: (packet.dst, packet.dport),
            next: [0; 2],
            messages: Vec::new(),
            has_ended: false,
            reset_by: None,
        });
        place
    }

    fn segment(&mut self, packet: &Packet<'_>, ends: Ends) -> Option<()> {
        let tcp = packet.tcp()?;
        let (flags, data) = (tcp.flags(), packet.payload());
        let behind = tcp.seq().wrapping_add(1);
        if flags.contains(TcpFlags::SYN) {
            if !data.is_empty() {
                return None;
            }
            if !flags.contains(TcpFlags::ACK) {
                let place = self.begin(packet, ends, true);
                self.talks.get_mut(place)?.next[0] = behind;
            } else {
                self.current.get(&(true, ends))?;
                self.talk(packet, ends, true)?.next[1] = behind;
            }
            return Some(());
        }
        // Without its beginning, a conversation is none that can be told.
        self.current.get(&(true, ends))?;
        let talk = self.talk(packet, ends, true)?;
        let side = talk.side(packet);
        if !data.is_empty() {
            let next = talk.next.get_mut(side)?;
            if *next != tcp.seq() {
                return None;
            }
            *next = next.wrapping_add(u32::try_from(data.len()).ok()?);
            talk.say(packet);
        }
        talk.has_ended |= flags.contains(TcpFlags::FIN);
        if flags.contains(TcpFlags::RST) {
            talk.reset_by = Some(side);
        }
        Some(())
    }

    fn text(&self) -> Option<String> {
        let mut text = String::new();
        for talk in &self.talks {
            talk.write(&mut text);
        }
        (!text.is_empty()).then_some(text)
    }
}

impl Talk {
    fn side(&self, packet: &Packet<'_>) -> usize {
        usize::from((packet.src, packet.sport) != self.client)
    }

    fn say(&mut self, packet: &Packet<'_>) {
        let side = self.side(packet);
        if !packet.payload().is_empty() {
            self.messages.push((side, packet.payload().to_vec()));
        }
    }

    fn write(&self, text: &mut String) {
        let name = if self.is_tcp { "tcp" } else { "udp" };
        let [client, server] = [self.client, self.server].map(SocketAddr::from);
        let _ = writeln!(text, "{name} {client} -> {server}");
        for (side, bytes) in &self.messages {
            let mark = if *side == 0 { '>' } else { '<' };
            let _ = writeln!(text, "{mark} {}", written(bytes));
        }
        match self.reset_by {
            _ if !self.is_tcp => {}
            Some(0) => text.push_str("client reset\n"),
            Some(_) => text.push_str("server reset\n"),
            None if self.has_ended => {}
            None => text.push_str("open\n"),
        }
    }
}

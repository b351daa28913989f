//! What decoding counted.

use crate::{DecodeEvent, DecodeEvents};

macro_rules! protocol_counters {
    ($($(#[doc = $doc:literal])+ $field:ident,)+) => {
        /// Packets and messages decoded, by protocol, under the names of the statistics record.
        ///
        /// A decoder counts for itself; those of several workers are [added](Self::add) up.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct DecodeCounters {
            $($(#[doc = $doc])+ pub $field: u64,)+
            /// The longest packet, in bytes.
            pub max_pkt_size: u64,
            /// Packets with each event, by [`DecodeEvent::index`].
            pub events: [u64; DecodeEvent::COUNT],
        }

        impl Default for DecodeCounters {
            fn default() -> Self {
                DecodeCounters {
                    $($field: 0,)+
                    max_pkt_size: 0,
                    events: [0; DecodeEvent::COUNT],
                }
            }
        }

        impl DecodeCounters {
            /// Adds what another decoder counted.
            pub fn add(&mut self, other: &DecodeCounters) {
                $(self.$field += other.$field;)+
                self.max_pkt_size = self.max_pkt_size.max(other.max_pkt_size);
                for (mine, theirs) in self.events.iter_mut().zip(other.events) {
                    *mine += theirs;
                }
            }

            /// Every counter of a protocol, by name.
            pub fn protocols(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($field), self.$field),)+].into_iter()
            }
        }
    };
}

protocol_counters! {
    /// Frames.
    pkts,
    /// Bytes of frames, as captured.
    bytes,
    /// Frames found invalid.
    invalid,
    /// IPv4 packets, tunnelled ones included.
    ipv4,
    /// IPv6 packets, tunnelled ones included.
    ipv6,
    /// Ethernet frames.
    ethernet,
    /// ARP messages.
    arp,
    /// Frames of an EtherType that is not decoded.
    unknown_ethertype,
    /// Cisco HDLC frames.
    chdlc,
    /// Raw IP frames.
    raw,
    /// Loopback frames.
    null,
    /// Linux cooked frames.
    sll,
    /// Linux cooked frames, version 2.
    sll2,
    /// TCP segments.
    tcp,
    /// UDP datagrams.
    udp,
    /// SCTP packets.
    sctp,
    /// ESP packets.
    esp,
    /// ICMPv4 messages.
    icmpv4,
    /// ICMPv6 messages.
    icmpv6,
    /// IGMP messages.
    igmp,
    /// PPP frames.
    ppp,
    /// PPPoE frames.
    pppoe,
    /// Geneve packets.
    geneve,
    /// GRE packets.
    gre,
    /// Outermost VLAN tags.
    vlan,
    /// Second VLAN tags.
    vlan_qinq,
    /// Third VLAN tags.
    vlan_qinqinq,
    /// VXLAN packets.
    vxlan,
    /// VN-tags.
    vntag,
    /// E-tags.
    etag,
    /// IEEE 802.1AH headers.
    ieee8021ah,
    /// Teredo packets.
    teredo,
    /// IPv4 packets in IPv4.
    ipv4_in_ipv4,
    /// IPv6 packets in IPv4.
    ipv6_in_ipv4,
    /// IPv4 packets in IPv6.
    ipv4_in_ipv6,
    /// IPv6 packets in IPv6.
    ipv6_in_ipv6,
    /// MPLS label stacks.
    mpls,
    /// ERSPAN packets.
    erspan,
    /// NSH headers.
    nsh,
    /// Packets given up for having too many layers.
    too_many_layers,
    /// Segments with SYN and without ACK.
    tcp_syn,
    /// Segments with SYN and ACK.
    tcp_synack,
    /// Segments with RST.
    tcp_rst,
}

impl DecodeCounters {
    /// Counts the events of a packet.
    #[cold]
    pub fn count_events(&mut self, events: &DecodeEvents) {
        for event in events.raised() {
            self.count_event(event);
        }
    }

    /// Counts one event.
    pub fn count_event(&mut self, event: DecodeEvent) {
        self.events[event.index()] += 1;
    }

    /// How often an event was raised.
    #[must_use]
    pub fn of_event(&self, event: DecodeEvent) -> u64 {
        self.events[event.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_workers_add_up() {
        let mut one = DecodeCounters {
            tcp: 3,
            max_pkt_size: 60,
            ..DecodeCounters::default()
        };
        let mut two = DecodeCounters {
            tcp: 4,
            max_pkt_size: 1500,
            ..DecodeCounters::default()
        };
        two.count_event(DecodeEvent::TcpPktTooSmall);
        one.add(&two);
        assert_eq!((one.tcp, one.max_pkt_size), (7, 1500));
        assert_eq!(one.of_event(DecodeEvent::TcpPktTooSmall), 1);
        assert!(one.protocols().any(|counter| counter == ("tcp", 7)));
    }
}

//! Decoder events: what can be wrong with a packet, under the names that rules use.

use std::fmt;

macro_rules! decode_events {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// Something wrong or remarkable that decoding (or defragmentation) found in a packet.
        ///
        /// The names are those of the `decode-event` rule keyword and, after a `decoder.` prefix,
        /// of anomaly records and counters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum DecodeEvent {
            $($(#[doc = $doc])+ $variant,)+
        }

        const EVENTS: &[DecodeEvent] = &[$(DecodeEvent::$variant,)+];
        const NAMES: &[&str] = &[$(concat!("decoder.", $name),)+];
    };
}

decode_events! {
    #[doc = "IPv4: fewer bytes than its smallest header."]
    Ipv4PktTooSmall = "ipv4.pkt_too_small",
    #[doc = "IPv4: header length field below the smallest header."]
    Ipv4HlenTooSmall = "ipv4.hlen_too_small",
    #[doc = "IPv4: total length below the header length."]
    Ipv4IplenSmallerThanHlen = "ipv4.iplen_smaller_than_hlen",
    #[doc = "IPv4: fewer bytes than its length field announces."]
    Ipv4TruncPkt = "ipv4.trunc_pkt",
    #[doc = "IPv4: an option of a type that is not known."]
    Ipv4OptInvalid = "ipv4.opt_invalid",
    #[doc = "IPv4: an option whose length cannot be right."]
    Ipv4OptInvalidLen = "ipv4.opt_invalid_len",
    #[doc = "IPv4: an option whose content is malformed."]
    Ipv4OptMalformed = "ipv4.opt_malformed",
    #[doc = "IPv4: options that do not end on an eight byte boundary."]
    Ipv4OptPadRequired = "ipv4.opt_pad_required",
    #[doc = "IPv4: a last byte of options that is no end-of-list."]
    Ipv4OptEolRequired = "ipv4.opt_eol_required",
    #[doc = "IPv4: the same option twice."]
    Ipv4OptDuplicate = "ipv4.opt_duplicate",
    #[doc = "IPv4: an option that has no validation."]
    Ipv4OptUnknown = "ipv4.opt_unknown",
    #[doc = "IPv4: version field of another version."]
    Ipv4WrongIpVersion = "ipv4.wrong_ip_version",
    #[doc = "IPv4: ICMPv6 carried by IPv4."]
    Ipv4Icmpv6 = "ipv4.icmpv6",
    #[doc = "IPv4: a protocol number that is not decoded."]
    Ipv4UnknownProtocol = "ipv4.unknown_protocol",
    #[doc = "IPv4: a fragment that ends beyond the largest datagram."]
    Ipv4FragPktTooLarge = "ipv4.frag_pkt_too_large",
    #[doc = "IPv4: fragments that overlap."]
    Ipv4FragOverlap = "ipv4.frag_overlap",
    #[doc = "IPv4: a fragment that could not be kept."]
    Ipv4FragIgnored = "ipv4.frag_ignored",
    #[doc = "ICMPv4: fewer bytes than its smallest header."]
    Icmpv4PktTooSmall = "icmpv4.pkt_too_small",
    #[doc = "ICMPv4: a type that is not known."]
    Icmpv4UnknownType = "icmpv4.unknown_type",
    #[doc = "ICMPv4: a code that its type does not have."]
    Icmpv4UnknownCode = "icmpv4.unknown_code",
    #[doc = "ICMPv4: the quoted IPv4 packet is cut."]
    Icmpv4Ipv4TruncPkt = "icmpv4.ipv4_trunc_pkt",
    #[doc = "ICMPv4: the quoted packet is not IPv4."]
    Icmpv4Ipv4UnknownVer = "icmpv4.ipv4_unknown_ver",
    #[doc = "ICMPv6: a type that is not known."]
    Icmpv6UnknownType = "icmpv6.unknown_type",
    #[doc = "ICMPv6: a code that its type does not have."]
    Icmpv6UnknownCode = "icmpv6.unknown_code",
    #[doc = "ICMPv6: fewer bytes than its smallest header."]
    Icmpv6PktTooSmall = "icmpv6.pkt_too_small",
    #[doc = "ICMPv6: the quoted packet is not IPv6."]
    Icmpv6Ipv6UnknownVersion = "icmpv6.ipv6_unknown_version",
    #[doc = "ICMPv6: the quoted IPv6 packet is cut."]
    Icmpv6Ipv6TruncPkt = "icmpv6.ipv6_trunc_pkt",
    #[doc = "ICMPv6: an MLD message whose hop limit is not 1."]
    Icmpv6MldMessageWithInvalidHl = "icmpv6.mld_message_with_invalid_hl",
    #[doc = "ICMPv6: an unassigned type."]
    Icmpv6UnassignedType = "icmpv6.unassigned_type",
    #[doc = "ICMPv6: a type for private experimentation."]
    Icmpv6ExperimentationType = "icmpv6.experimentation_type",
    #[doc = "IGMP: fewer bytes than its smallest header."]
    IgmpPktTooSmall = "igmp.pkt_too_small",
    #[doc = "IGMP: a version 3 message shorter than its counts say."]
    IgmpV3PktTooSmall = "igmp.v3_pkt_too_small",
    #[doc = "IGMP: a message whose lengths contradict each other."]
    IgmpMalformed = "igmp.malformed",
    #[doc = "IPv6: fewer bytes than its smallest header."]
    Ipv6PktTooSmall = "ipv6.pkt_too_small",
    #[doc = "IPv6: fewer bytes than its length field announces."]
    Ipv6TruncPkt = "ipv6.trunc_pkt",
    #[doc = "IPv6: an extension header is cut."]
    Ipv6TruncExthdr = "ipv6.trunc_exthdr",
    #[doc = "IPv6: two fragment headers."]
    Ipv6ExthdrDuplFh = "ipv6.exthdr_dupl_fh",
    #[doc = "IPv6: a fragment header on a packet that is whole."]
    Ipv6ExthdrUselessFh = "ipv6.exthdr_useless_fh",
    #[doc = "IPv6: two routing headers."]
    Ipv6ExthdrDuplRh = "ipv6.exthdr_dupl_rh",
    #[doc = "IPv6: two hop-by-hop headers."]
    Ipv6ExthdrDuplHh = "ipv6.exthdr_dupl_hh",
    #[doc = "IPv6: three destination option headers."]
    Ipv6ExthdrDuplDh = "ipv6.exthdr_dupl_dh",
    #[doc = "IPv6: two authentication headers."]
    Ipv6ExthdrDuplAh = "ipv6.exthdr_dupl_ah",
    #[doc = "IPv6: two ESP headers."]
    Ipv6ExthdrDuplEh = "ipv6.exthdr_dupl_eh",
    #[doc = "IPv6: an option longer than its extension header."]
    Ipv6ExthdrInvalidOptlen = "ipv6.exthdr_invalid_optlen",
    #[doc = "IPv6: version field of another version."]
    Ipv6WrongIpVersion = "ipv6.wrong_ip_version",
    #[doc = "IPv6: reserved bits set in the authentication header."]
    Ipv6ExthdrAhResNotNull = "ipv6.exthdr_ah_res_not_null",
    #[doc = "IPv6: an unknown hop-by-hop option."]
    Ipv6HopoptsUnknownOpt = "ipv6.hopopts_unknown_opt",
    #[doc = "IPv6: a hop-by-hop header with padding only."]
    Ipv6HopoptsOnlyPadding = "ipv6.hopopts_only_padding",
    #[doc = "IPv6: an unknown destination option."]
    Ipv6DstoptsUnknownOpt = "ipv6.dstopts_unknown_opt",
    #[doc = "IPv6: a destination options header with padding only."]
    Ipv6DstoptsOnlyPadding = "ipv6.dstopts_only_padding",
    #[doc = "IPv6: a routing header of the deprecated type 0."]
    Ipv6RhType0 = "ipv6.rh_type_0",
    #[doc = "IPv6: a PadN option without length."]
    Ipv6ZeroLenPadn = "ipv6.zero_len_padn",
    #[doc = "IPv6: reserved bits set in the fragment header."]
    Ipv6FhNonZeroReservedField = "ipv6.fh_non_zero_reserved_field",
    #[doc = "IPv6: data although no next header follows."]
    Ipv6DataAfterNoneHeader = "ipv6.data_after_none_header",
    #[doc = "IPv6: a next header that is not known."]
    Ipv6UnknownNextHeader = "ipv6.unknown_next_header",
    #[doc = "IPv6: ICMPv4 carried by IPv6."]
    Ipv6Icmpv4 = "ipv6.icmpv4",
    #[doc = "IPv6: a fragment that ends beyond the largest datagram."]
    Ipv6FragPktTooLarge = "ipv6.frag_pkt_too_large",
    #[doc = "IPv6: fragments that overlap."]
    Ipv6FragOverlap = "ipv6.frag_overlap",
    #[doc = "IPv6: a fragment that is not the last and no multiple of eight bytes."]
    Ipv6FragInvalidLength = "ipv6.frag_invalid_length",
    #[doc = "IPv6: a fragment that could not be kept."]
    Ipv6FragIgnored = "ipv6.frag_ignored",
    #[doc = "IPv6: a tunnelled IPv4 packet below its header."]
    Ipv6Ipv4InIpv6TooSmall = "ipv6.ipv4_in_ipv6_too_small",
    #[doc = "IPv6: a tunnelled packet that is not IPv4."]
    Ipv6Ipv4InIpv6WrongVersion = "ipv6.ipv4_in_ipv6_wrong_version",
    #[doc = "IPv6: a tunnelled IPv6 packet below its header."]
    Ipv6Ipv6InIpv6TooSmall = "ipv6.ipv6_in_ipv6_too_small",
    #[doc = "IPv6: a tunnelled packet that is not IPv6."]
    Ipv6Ipv6InIpv6WrongVersion = "ipv6.ipv6_in_ipv6_wrong_version",
    #[doc = "TCP: fewer bytes than its smallest header."]
    TcpPktTooSmall = "tcp.pkt_too_small",
    #[doc = "TCP: header length field below the smallest header."]
    TcpHlenTooSmall = "tcp.hlen_too_small",
    #[doc = "TCP: options that do not fit the header."]
    TcpInvalidOptlen = "tcp.invalid_optlen",
    #[doc = "TCP: an option whose length cannot be right."]
    TcpOptInvalidLen = "tcp.opt_invalid_len",
    #[doc = "TCP: the same option twice."]
    TcpOptDuplicate = "tcp.opt_duplicate",
    #[doc = "UDP: fewer bytes than its smallest header."]
    UdpPktTooSmall = "udp.pkt_too_small",
    #[doc = "UDP: header length field below the smallest header."]
    UdpHlenTooSmall = "udp.hlen_too_small",
    #[doc = "UDP: length field below what the IP header leaves."]
    UdpLenInvalid = "udp.len_invalid",
    #[doc = "SCTP: fewer bytes than its smallest header."]
    SctpPktTooSmall = "sctp.pkt_too_small",
    #[doc = "SCTP: a chunk shorter than its header."]
    SctpChunkTooSmall = "sctp.chunk_too_small",
    #[doc = "SCTP: a chunk whose length cannot be right."]
    SctpChunkLenInvalid = "sctp.chunk_len_invalid",
    #[doc = "SCTP: more chunks than are looked at."]
    SctpTooManyChunks = "sctp.too_many_chunks",
    #[doc = "SCTP: more data chunks than are looked at."]
    SctpTooManyDataChunks = "sctp.too_many_data_chunks",
    #[doc = "SCTP: an INIT chunk together with other chunks."]
    SctpInitChunkBundled = "sctp.init_chunk_bundled",
    #[doc = "SCTP: an INIT chunk under a verification tag."]
    SctpInitWithNonZeroVtag = "sctp.init_with_non_zero_vtag",
    #[doc = "SCTP: data without a verification tag."]
    SctpDataWithZeroVtag = "sctp.data_with_zero_vtag",
    #[doc = "ESP: fewer bytes than its smallest header."]
    EspPktTooSmall = "esp.pkt_too_small",
    #[doc = "ARP: fewer bytes than its smallest header."]
    ArpPktTooSmall = "arp.pkt_too_small",
    #[doc = "ARP: a hardware type other than Ethernet."]
    ArpUnsupportedHardware = "arp.unsupported_hardware",
    #[doc = "ARP: a protocol other than IPv4."]
    ArpUnsupportedProtocol = "arp.unsupported_protocol",
    #[doc = "ARP: lengths that contradict each other."]
    ArpInvalidPkt = "arp.invalid_pkt",
    #[doc = "ARP: a hardware address of a wrong size."]
    ArpInvalidHardwareSize = "arp.invalid_hardware_size",
    #[doc = "ARP: a protocol address of a wrong size."]
    ArpInvalidProtocolSize = "arp.invalid_protocol_size",
    #[doc = "ARP: an operation that is not known."]
    ArpUnsupportedOpcode = "arp.unsupported_opcode",
    #[doc = "Linux cooked (SLL): fewer bytes than its smallest header."]
    SllPktTooSmall = "sll.pkt_too_small",
    #[doc = "Linux cooked v2 (SLL2): fewer bytes than its smallest header."]
    Sll2PktTooSmall = "sll2.pkt_too_small",
    #[doc = "Ethernet: fewer bytes than its smallest header."]
    EthernetPktTooSmall = "ethernet.pkt_too_small",
    #[doc = "Ethernet: an EtherType that is not decoded."]
    EthernetUnknownEthertype = "ethernet.unknown_ethertype",
    #[doc = "PPP: fewer bytes than its smallest header."]
    PppPktTooSmall = "ppp.pkt_too_small",
    #[doc = "PPP: a Van Jacobson packet below its headers."]
    PppVjuPktTooSmall = "ppp.vju_pkt_too_small",
    #[doc = "PPP: an IPv4 packet below its header."]
    PppIp4PktTooSmall = "ppp.ip4_pkt_too_small",
    #[doc = "PPP: an IPv6 packet below its header."]
    PppIp6PktTooSmall = "ppp.ip6_pkt_too_small",
    #[doc = "PPP: a protocol that is invalid."]
    PppWrongType = "ppp.wrong_type",
    #[doc = "PPP: a valid protocol that is not decoded."]
    PppUnsupProto = "ppp.unsup_proto",
    #[doc = "PPPoE: fewer bytes than its smallest header."]
    PppoePktTooSmall = "pppoe.pkt_too_small",
    #[doc = "PPPoE: a code that is not known."]
    PppoeWrongCode = "pppoe.wrong_code",
    #[doc = "PPPoE: tags that do not fit."]
    PppoeMalformedTags = "pppoe.malformed_tags",
    #[doc = "GRE: fewer bytes than its smallest header."]
    GrePktTooSmall = "gre.pkt_too_small",
    #[doc = "GRE: a version that is not known."]
    GreWrongVersion = "gre.wrong_version",
    #[doc = "GRE: version 0 with recursion control."]
    GreVersion0Recur = "gre.version0_recur",
    #[doc = "GRE: version 0 with reserved flags."]
    GreVersion0Flags = "gre.version0_flags",
    #[doc = "GRE: version 0 with a header beyond the packet."]
    GreVersion0HdrTooBig = "gre.version0_hdr_too_big",
    #[doc = "GRE: version 0 with a malformed source route entry."]
    GreVersion0MalformedSreHdr = "gre.version0_malformed_sre_hdr",
    #[doc = "GRE: version 1 with a checksum."]
    GreVersion1Chksum = "gre.version1_chksum",
    #[doc = "GRE: version 1 with routing."]
    GreVersion1Route = "gre.version1_route",
    #[doc = "GRE: version 1 with strict source route."]
    GreVersion1Ssr = "gre.version1_ssr",
    #[doc = "GRE: version 1 with recursion control."]
    GreVersion1Recur = "gre.version1_recur",
    #[doc = "GRE: version 1 with reserved flags."]
    GreVersion1Flags = "gre.version1_flags",
    #[doc = "GRE: version 1 without a key."]
    GreVersion1NoKey = "gre.version1_no_key",
    #[doc = "GRE: version 1 with a protocol other than PPP."]
    GreVersion1WrongProtocol = "gre.version1_wrong_protocol",
    #[doc = "GRE: version 1 with a malformed source route entry."]
    GreVersion1MalformedSreHdr = "gre.version1_malformed_sre_hdr",
    #[doc = "GRE: version 1 with a header beyond the packet."]
    GreVersion1HdrTooBig = "gre.version1_hdr_too_big",
    #[doc = "VLAN: fewer bytes than its header."]
    VlanHeaderTooSmall = "vlan.header_too_small",
    #[doc = "VLAN: a type that is not known."]
    VlanUnknownType = "vlan.unknown_type",
    #[doc = "VLAN: more tags than are followed."]
    VlanTooManyLayers = "vlan.too_many_layers",
    #[doc = "IEEE 802.1AH: fewer bytes than its header."]
    Ieee8021ahHeaderTooSmall = "ieee8021ah.header_too_small",
    #[doc = "VN-tag: fewer bytes than its header."]
    VntagHeaderTooSmall = "vntag.header_too_small",
    #[doc = "VN-tag: a type that is not known."]
    VntagUnknownType = "vntag.unknown_type",
    #[doc = "E-tag: fewer bytes than its header."]
    EtagHeaderTooSmall = "etag.header_too_small",
    #[doc = "E-tag: a type that is not known."]
    EtagUnknownType = "etag.unknown_type",
    #[doc = "Raw IP: neither version 4 nor version 6."]
    IprawInvalidIpVersion = "ipraw.invalid_ip_version",
    #[doc = "Loopback (NULL): fewer bytes than its smallest header."]
    LtnullPktTooSmall = "ltnull.pkt_too_small",
    #[doc = "Loopback (NULL): a type that is not decoded."]
    LtnullUnsupportedType = "ltnull.unsupported_type",
    #[doc = "MPLS: fewer bytes than its header."]
    MplsHeaderTooSmall = "mpls.header_too_small",
    #[doc = "MPLS: fewer bytes than its smallest header."]
    MplsPktTooSmall = "mpls.pkt_too_small",
    #[doc = "MPLS: router alert at the bottom of the stack."]
    MplsBadLabelRouterAlert = "mpls.bad_label_router_alert",
    #[doc = "MPLS: an implicit null label on the wire."]
    MplsBadLabelImplicitNull = "mpls.bad_label_implicit_null",
    #[doc = "MPLS: a reserved label."]
    MplsBadLabelReserved = "mpls.bad_label_reserved",
    #[doc = "MPLS: a payload that is not recognised."]
    MplsUnknownPayloadType = "mpls.unknown_payload_type",
    #[doc = "VXLAN: a payload that is not recognised."]
    VxlanUnknownPayloadType = "vxlan.unknown_payload_type",
    #[doc = "Geneve: a payload that is not recognised."]
    GeneveUnknownPayloadType = "geneve.unknown_payload_type",
    #[doc = "ERSPAN: fewer bytes than its header."]
    ErspanHeaderTooSmall = "erspan.header_too_small",
    #[doc = "ERSPAN: a version that is not known."]
    ErspanUnsupportedVersion = "erspan.unsupported_version",
    #[doc = "ERSPAN: a VLAN tag beyond those that are followed."]
    ErspanTooManyVlanLayers = "erspan.too_many_vlan_layers",
    #[doc = "Cisco DCE: fewer bytes than its smallest header."]
    DcePktTooSmall = "dce.pkt_too_small",
    #[doc = "Cisco HDLC: fewer bytes than its smallest header."]
    ChdlcPktTooSmall = "chdlc.pkt_too_small",
    #[doc = "NSH: fewer bytes than its header."]
    NshHeaderTooSmall = "nsh.header_too_small",
    #[doc = "NSH: a version that is not known."]
    NshUnsupportedVersion = "nsh.unsupported_version",
    #[doc = "NSH: a header length that cannot be right."]
    NshBadHeaderLength = "nsh.bad_header_length",
    #[doc = "NSH: a reserved metadata type."]
    NshReservedType = "nsh.reserved_type",
    #[doc = "NSH: a type that is not decoded."]
    NshUnsupportedType = "nsh.unsupported_type",
    #[doc = "NSH: a next protocol that is not known."]
    NshUnknownPayload = "nsh.unknown_payload",
    #[doc = "AF_PACKET: fewer bytes than its length field announces."]
    AfpacketTruncPkt = "afpacket.trunc_pkt",
    #[doc = "More layers than `decoder.max-layers` allows."]
    TooManyLayers = "too_many_layers",
}

impl DecodeEvent {
    /// How many decoder events there are.
    pub const COUNT: usize = EVENTS.len();

    /// Every event, in the order of its index.
    #[must_use]
    pub const fn all() -> &'static [DecodeEvent] {
        EVENTS
    }

    /// The name that rules use, such as `ipv4.pkt_too_small`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.full_name().trim_start_matches("decoder.")
    }

    /// The name in records and counters, such as `decoder.ipv4.pkt_too_small`.
    #[must_use]
    pub const fn full_name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The event of that name, with or without the `decoder.` prefix, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<DecodeEvent> {
        let bare = match name.get(..8) {
            Some(prefix) if prefix.eq_ignore_ascii_case("decoder.") => &name[8..],
            _ => name,
        };
        EVENTS
            .iter()
            .copied()
            .find(|event| event.name().eq_ignore_ascii_case(bare))
    }

    /// A small number for tables: `0..COUNT`.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The event of an [index](Self::index).
    #[must_use]
    pub fn from_index(index: usize) -> Option<DecodeEvent> {
        EVENTS.get(index).copied()
    }
}

impl fmt::Display for DecodeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const WORDS: usize = 3;
const _: () = assert!(EVENTS.len() <= WORDS * 64);

/// How many repetitions of events are kept for a packet. A list of IPv4 options has room for
/// nineteen, of which nobody needs to hear one by one.
const REPEATS: usize = 12;

/// A set of decoder events, and which of them were raised more than once.
///
/// Rules ask whether an event is there; records and counters tell how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeEvents {
    /// A bit for each event.
    bits: [u64; WORDS],
    /// Events that were added when they were there, from the front.
    again: [Option<DecodeEvent>; REPEATS],
}

impl DecodeEvents {
    /// No events.
    pub const EMPTY: DecodeEvents = DecodeEvents {
        bits: [0; WORDS],
        again: [None; REPEATS],
    };

    /// Adds an event; that it is there already changes nothing.
    #[inline]
    pub const fn set(&mut self, event: DecodeEvent) {
        let index = event as usize;
        self.bits[index / 64] |= 1 << (index % 64);
    }

    /// Adds an event that a packet can have several times, and counts each.
    pub fn add(&mut self, event: DecodeEvent) {
        if self.contains(event) {
            self.repeat(event);
        }
        self.set(event);
    }

    fn repeat(&mut self, event: DecodeEvent) {
        if let Some(free) = self.again.iter_mut().find(|place| place.is_none()) {
            *free = Some(event);
        }
    }

    /// Adds all events of another set, as often as it has them.
    pub fn merge(&mut self, other: DecodeEvents) {
        for (mine, theirs) in self.bits.iter_mut().zip(other.bits) {
            *mine |= theirs;
        }
        for event in other.again.into_iter().flatten() {
            self.repeat(event);
        }
    }

    /// Whether an event is in the set.
    #[inline]
    #[must_use]
    pub const fn contains(&self, event: DecodeEvent) -> bool {
        let index = event as usize;
        self.bits[index / 64] & (1 << (index % 64)) != 0
    }

    /// Whether the set is empty.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        (self.bits[0] | self.bits[1] | self.bits[2]) == 0
    }

    /// How many events are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bits
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The events of the set in the order of their index.
    pub fn iter(&self) -> impl Iterator<Item = DecodeEvent> + '_ {
        self.bits.iter().enumerate().flat_map(|(word, &bits)| {
            let mut rest = bits;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                DecodeEvent::from_index(word * 64 + bit)
            })
        })
    }

    /// Each event of the set as often as it was raised.
    pub fn raised(&self) -> impl Iterator<Item = DecodeEvent> + '_ {
        self.iter().flat_map(|event| {
            let again = self
                .again
                .iter()
                .flatten()
                .filter(move |more| **more == event);
            std::iter::repeat_n(event, again.count() + 1)
        })
    }
}

impl FromIterator<DecodeEvent> for DecodeEvents {
    fn from_iter<I: IntoIterator<Item = DecodeEvent>>(events: I) -> Self {
        let mut set = DecodeEvents::EMPTY;
        for event in events {
            set.set(event);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_event() {
        for &event in DecodeEvent::all() {
            assert_eq!(DecodeEvent::from_name(event.name()), Some(event), "{event}");
            assert_eq!(
                DecodeEvent::from_name(event.full_name()),
                Some(event),
                "{event}"
            );
            assert_eq!(DecodeEvent::from_index(event.index()), Some(event));
        }
        assert_eq!(
            DecodeEvent::from_name("IPV4.Pkt_Too_Small"),
            Some(DecodeEvent::Ipv4PktTooSmall)
        );
        assert_eq!(DecodeEvent::from_name("ipv4.no_such_event"), None);
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = DecodeEvent::all().iter().map(|e| e.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DecodeEvent::COUNT);
    }

    #[test]
    fn a_set_keeps_what_it_is_given() {
        let some: Vec<_> = DecodeEvent::all().iter().copied().step_by(7).collect();
        let set: DecodeEvents = some.iter().copied().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), some);
        assert_eq!(set.len(), some.len());
        assert!(set.contains(some[1]) && !set.contains(DecodeEvent::all()[1]));
        assert!(DecodeEvents::EMPTY.is_empty() && !set.is_empty());
    }

    #[test]
    fn what_is_raised_twice_is_one_event_that_counts_twice() {
        let (one, other) = (DecodeEvent::Ipv4OptInvalidLen, DecodeEvent::Ipv4OptInvalid);
        let mut options = DecodeEvents::EMPTY;
        options.add(one);
        options.add(other);
        options.add(one);
        let mut packet = DecodeEvents::EMPTY;
        packet.merge(options);
        packet.set(one);
        assert_eq!(packet.len(), 2);
        let raised: Vec<_> = packet.raised().collect();
        assert_eq!(raised.iter().filter(|&&event| event == one).count(), 2);
        assert_eq!(raised.iter().filter(|&&event| event == other).count(), 1);
        for _ in 0..100 {
            packet.add(one);
        }
        assert_eq!(packet.raised().count(), 2 + REPEATS);
    }
}

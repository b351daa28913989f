//! Tests of the headers of link, network and transport layer, and of addresses.

use super::row::*;
use crate::dialect::Dialects;

const fn header(argument: Grammar, help: &'static str) -> Keyword {
    Keyword::new(Kind::Header, argument, help).evaluated()
}

const CHECKSUM: Grammar = Grammar::Words(&["valid", "invalid"]);

family! { 3;
    TTL = "ttl", header(Grammar::Own, "Time to live, hop limit").common();
    TOS = "tos", header(Grammar::Own, "Type of service, traffic class").common();
    ID = "id", header(Grammar::Own, "Identification of an IPv4 datagram").common();
    IPOPTS = "ipopts", header(Grammar::Own, "An option of the IPv4 header").common();
    FRAGBITS = "fragbits", header(Grammar::Own, "Fragment bits of IPv4").common();
    FRAGOFFSET = "fragoffset", header(Grammar::Own, "Fragment offset").common();
    IP_PROTO = "ip_proto", header(Grammar::Own, "Protocol number of the datagram").common();
    SAMEIP = "sameip", header(Grammar::None, "Source and destination are the same").common();
    L3_PROTO = "l3_proto", header(Grammar::Words(&["ip4", "ip6", "ipv4", "ipv6"]), "Version of IP");
    IP_SRC = "ip.src", buffer("The source address, as bytes").evaluated();
    IP_DST = "ip.dst", buffer("The destination address, as bytes").evaluated();
    IPV4_HDR = "ipv4.hdr", buffer("The IPv4 header").evaluated();
    IPV6_HDR = "ipv6.hdr", buffer("The IPv6 header").evaluated();
    GEOIP = "geoip", header(Grammar::Own, "Country of an address");
    IPREP = "iprep", header(Grammar::Own, "Reputation of an address");
    TCP_ACK = "tcp.ack", header(Grammar::Own, "Acknowledgement number").aliases(&[everywhere("ack")]);
    TCP_SEQ = "tcp.seq", header(Grammar::Own, "Sequence number").aliases(&[everywhere("seq")]);
    TCP_WINDOW = "tcp.window", header(Grammar::Own, "Window of TCP").aliases(&[everywhere("window")]);
    TCP_FLAGS = "tcp.flags", header(Grammar::Own, "Flags of TCP").aliases(&[everywhere("flags")]);
    TCP_MSS = "tcp.mss", header(Grammar::Integer(16), "Maximum segment size option").aliases(&[snort3("mss")]);
    TCP_WSCALE = "tcp.wscale", header(Grammar::Integer(8), "Window scale option").aliases(&[snort3("wscale")]);
    TCP_HDR = "tcp.hdr", buffer("The TCP header").evaluated();
    TCP_URG = "urg", header(Grammar::Integer(16), "Urgent pointer").only(Dialects::SNORT3);
    UDP_HDR = "udp.hdr", buffer("The UDP header").evaluated();
    ITYPE = "itype", header(Grammar::Integer(8), "Type of ICMP message").common();
    ICODE = "icode", header(Grammar::Integer(8), "Code of ICMP message").common();
    ICMP_ID = "icmp_id", header(Grammar::Own, "Identifier of ICMP echo").common();
    ICMP_SEQ = "icmp_seq", header(Grammar::Own, "Sequence number of ICMP echo").common();
    ICMPV4_HDR = "icmpv4.hdr", buffer("The ICMP header").evaluated();
    ICMPV6_HDR = "icmpv6.hdr", buffer("The ICMPv6 header").evaluated();
    ICMPV6_MTU = "icmpv6.mtu", header(Grammar::Integer(32), "MTU of a packet-too-big message");
    IGMP_TYPE = "igmp.type", header(Grammar::Integer(8), "Type of IGMP message");
    IGMP_HDR = "igmp.hdr", buffer("The IGMP header").evaluated();
    SCTP_HDR = "sctp.hdr", buffer("The SCTP common header").evaluated();
    SCTP_VTAG = "sctp.vtag", header(Grammar::Integer(32), "Verification tag of SCTP");
    SCTP_CHUNK_TYPE = "sctp.chunk_type", header(Grammar::Own, "Type of an SCTP chunk");
    SCTP_CHUNK_CNT = "sctp.chunk_cnt", header(Grammar::Integer(8), "Number of SCTP chunks");
    SCTP_CHUNK_DATA = "sctp.chunk_data", buffer("User data of an SCTP chunk").multi().evaluated();
    VLAN_ID = "vlan.id", header(Grammar::Integer(16), "VLAN identifier");
    VLAN_LAYERS = "vlan.layers", header(Grammar::Integer(8), "Number of VLAN tags");
    ETHER_HDR = "ether.hdr", buffer("The Ethernet header").evaluated();
    IPV4_CSUM = "ipv4-csum", header(CHECKSUM, "Checksum of the IPv4 header");
    TCPV4_CSUM = "tcpv4-csum", header(CHECKSUM, "Checksum of TCP over IPv4");
    TCPV6_CSUM = "tcpv6-csum", header(CHECKSUM, "Checksum of TCP over IPv6");
    UDPV4_CSUM = "udpv4-csum", header(CHECKSUM, "Checksum of UDP over IPv4");
    UDPV6_CSUM = "udpv6-csum", header(CHECKSUM, "Checksum of UDP over IPv6");
    ICMPV4_CSUM = "icmpv4-csum", header(CHECKSUM, "Checksum of ICMP");
    ICMPV6_CSUM = "icmpv6-csum", header(CHECKSUM, "Checksum of ICMPv6");
    IGMP_CSUM = "igmp-csum", header(CHECKSUM, "Checksum of IGMP");
    PKT_NUM = "pkt_num", header(Grammar::Integer(64), "Number of the packet in the capture").only(Dialects::SNORT3);
}

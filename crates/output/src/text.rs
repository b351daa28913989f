//! Pieces that the text formats share: who, what, and the header fields as Snort prints them.

use std::net::IpAddr;

use crate::event::{Envelope, IpHeader, PacketHeaders, RuleMeta, TcpFields, TransportHeader};
use crate::protocol_name::{has_ports, protocol_name};
use tapir_json::{push_ip, push_uint};

/// Appends text with control characters replaced, so that no text makes a line of its own.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().map(|byte| {
        if byte < b' ' || byte == 0x7f {
            b'.'
        } else {
            byte
        }
    }));
}

/// Appends `[gid:sid:rev]`.
pub fn push_rule_id(out: &mut Vec<u8>, rule: &RuleMeta) {
    push(
        out,
        format_args!("[{}:{}:{}]", rule.gid, rule.sid, rule.rev),
    );
}

/// Appends formatted text; a vector takes everything.
pub fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok());
}

/// Appends the protocol's name, or `PROTO:` and its number.
pub fn push_proto(out: &mut Vec<u8>, proto: u8) {
    match protocol_name(proto) {
        Some(name) => out.extend_from_slice(name.as_bytes()),
        None => push(out, format_args!("PROTO:{proto:03}")),
    }
}

/// Appends an address, and the port of a protocol that has ports.
pub fn push_endpoint(out: &mut Vec<u8>, at: &Envelope, ip: IpAddr, port: u16) {
    push_ip(out, ip, true);
    if has_ports(at.proto) {
        out.push(b':');
        push_uint(out, port);
    }
}

/// Appends `a:p -> b:q`.
pub fn push_endpoints(out: &mut Vec<u8>, at: &Envelope) {
    push_endpoint(out, at, at.src_ip, at.src_port);
    out.extend_from_slice(b" -> ");
    push_endpoint(out, at, at.dest_ip, at.dest_port);
}

/// Appends `[Classification: X] [Priority: N] ` as Snort does: no class, no bracket.
pub fn push_priority(out: &mut Vec<u8>, rule: &RuleMeta) {
    if !rule.classification.is_empty() {
        out.extend_from_slice(b"[Classification: ");
        push_text(out, &rule.classification);
        out.extend_from_slice(b"] ");
    }
    push(out, format_args!("[Priority: {}] ", rule.priority));
}

/// Appends the link-layer line: `SRC -> DST type:0x800 len:0x3C`.
pub fn push_ether_line(out: &mut Vec<u8>, headers: &PacketHeaders) {
    let Some((src, dst, ether_type)) = &headers.ether else {
        return;
    };
    for (mac, after) in [(src, " -> "), (dst, " ")] {
        let [a, b, c, d, e, f] = mac;
        push(
            out,
            format_args!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{f:02X}{after}"),
        );
    }
    push(
        out,
        format_args!("type:0x{ether_type:X} len:0x{:X}\n", headers.frame_len),
    );
}

/// Appends the lines of IP and transport header that follow the addresses.
pub fn push_header_lines(out: &mut Vec<u8>, at: &Envelope, headers: &PacketHeaders) {
    let fragment = match &headers.ip {
        Some(ip) => push_ip_line(out, at, ip),
        None => false,
    };
    if fragment {
        return;
    }
    match &headers.transport {
        Some(TransportHeader::Tcp(tcp)) => push_tcp_line(out, tcp),
        Some(TransportHeader::Udp { len, .. }) => {
            push(out, format_args!("Len: {}\n", len.saturating_sub(8)));
        }
        Some(TransportHeader::Icmp { kind, code, echo }) => {
            push_icmp_line(out, at.proto, *kind, *code, *echo);
        }
        None => {}
    }
}

/// Appends the IP line, and for a fragment its place; says whether it is one.
fn push_ip_line(out: &mut Vec<u8>, at: &Envelope, ip: &IpHeader) -> bool {
    push_proto(out, at.proto);
    match ip {
        IpHeader::V4(ip) => {
            push(
                out,
                format_args!(
                    " TTL:{} TOS:0x{:X} ID:{} IpLen:{} DgmLen:{}",
                    ip.ttl, ip.tos, ip.id, ip.header_len, ip.len
                ),
            );
            for (set, name) in [(ip.rb, " RB"), (ip.df, " DF"), (ip.mf, " MF")] {
                if set {
                    out.extend_from_slice(name.as_bytes());
                }
            }
            out.push(b'\n');
            let fragment = ip.mf || ip.offset > 0;
            if fragment {
                let size = ip.len.saturating_sub(u16::from(ip.header_len));
                push(
                    out,
                    format_args!(
                        "Frag Offset: 0x{:04X}   Frag Size: 0x{size:04X}\n",
                        ip.offset
                    ),
                );
            }
            fragment
        }
        IpHeader::V6(ip) => {
            let len = u32::from(ip.payload_len) + 40;
            push(
                out,
                format_args!(
                    " TTL:{} TOS:0x{:X} ID:0 IpLen:40 DgmLen:{len}\n",
                    ip.hop_limit, ip.traffic_class
                ),
            );
            false
        }
    }
}

fn push_tcp_line(out: &mut Vec<u8>, tcp: &TcpFields) {
    push_tcp_flags(out, tcp.flags);
    push(
        out,
        format_args!(
            " Seq: 0x{:X}  Ack: 0x{:X}  Win: 0x{:X}  TcpLen: {}",
            tcp.seq, tcp.ack, tcp.window, tcp.header_len
        ),
    );
    if tcp.flags & 0x20 != 0 {
        push(out, format_args!("  UrgPtr: 0x{:X}", tcp.urgent));
    }
    out.push(b'\n');
}

/// Appends eight characters, `12UAPRSF` or `*` for a flag not set.
pub fn push_tcp_flags(out: &mut Vec<u8>, flags: u8) {
    for (bit, letter) in (0..8).rev().zip(*b"12UAPRSF") {
        out.push(if flags >> bit & 1 == 1 { letter } else { b'*' });
    }
}

fn push_icmp_line(out: &mut Vec<u8>, proto: u8, kind: u8, code: u8, echo: Option<(u16, u16)>) {
    push(out, format_args!("Type:{kind}  Code:{code}  "));
    if let Some((id, seq)) = echo {
        push(out, format_args!("ID:{id}  Seq:{seq}  "));
    }
    let name = match (proto, kind) {
        (1, 0) | (58, 129) => "ECHO REPLY",
        (1, 8) | (58, 128) => "ECHO",
        (1, 3) | (58, 1) => "DESTINATION UNREACHABLE",
        (1, 4) => "SOURCE QUENCH",
        (1, 5) | (58, 137) => "REDIRECT",
        (1, 9) | (58, 134) => "ROUTER ADVERTISEMENT",
        (1, 10) | (58, 133) => "ROUTER SOLICITATION",
        (1, 11) | (58, 3) => "TTL EXCEEDED",
        (1, 12) | (58, 4) => "PARAMETER PROBLEM",
        (1, 13) => "TIMESTAMP REQUEST",
        (1, 14) => "TIMESTAMP REPLY",
        (58, 2) => "PACKET TOO BIG",
        (58, 135) => "NEIGHBOUR SOLICITATION",
        (58, 136) => "NEIGHBOUR ADVERTISEMENT",
        _ => "UNKNOWN",
    };
    out.extend_from_slice(name.as_bytes());
    out.push(b'\n');
}

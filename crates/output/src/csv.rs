//! One line of chosen fields an alert, as Snort 3's `alert_csv` writes it.

use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use tapir_packet::{Direction, PacketSource};

use crate::channel::Channel;
use crate::config::{CsvConfig, OutputConfig};
use crate::error::OutputError;
use crate::event::{
    Alert, Body, Envelope, Event, IpHeader, PacketHeaders, Target, TcpFields, TransportHeader,
    Verdict,
};
use crate::fast::is_drop;
use crate::local_time::LocalTime;
use crate::sink::Sink;
use crate::text::{push, push_proto, push_tcp_flags, push_text};
use tapir_json::{push_ip, push_uint};

macro_rules! fields {
    ($($name:literal $variant:ident $about:literal)*) => {
        /// A field of the CSV log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum CsvField { $(#[doc = $about] $variant),* }

        impl CsvField {
            /// The name under which the configuration knows it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }

        impl FromStr for CsvField {
            type Err = ();

            fn from_str(name: &str) -> Result<Self, ()> {
                match name { $($name => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

fields! {
    "action" Action "What became of the packet."
    "class" Class "The classification, or `none`."
    "b64_data" B64Data "What was inspected, in base64."
    "dir" Dir "`C2S`, `S2C` or `UNK`."
    "dst_addr" DstAddr "Destination address."
    "dst_ap" DstAp "Destination address and port."
    "dst_port" DstPort "Destination port."
    "eth_dst" EthDst "Link-layer destination."
    "eth_len" EthLen "Bytes captured."
    "eth_src" EthSrc "Link-layer source."
    "eth_type" EthType "EtherType."
    "gid" Gid "Generator id."
    "icmp_code" IcmpCode "ICMP code."
    "icmp_id" IcmpId "ICMP identifier."
    "icmp_seq" IcmpSeq "ICMP sequence number."
    "icmp_type" IcmpType "ICMP type."
    "iface" Iface "Interface, or the capture's name."
    "ip_id" IpId "IP identification."
    "ip_len" IpLen "Bytes after the IP header."
    "msg" Msg "The message, quoted."
    "pkt_gen" PktGen "`raw`, or what the packet was put together from."
    "pkt_len" PktLen "Bytes of the datagram."
    "pkt_num" PktNum "Number of the packet."
    "priority" Priority "Priority."
    "proto" Proto "Protocol."
    "rev" Rev "Revision."
    "rule" Rule "`gid:sid:rev`."
    "seconds" Seconds "Seconds since the epoch."
    "service" Service "Application protocol, or `unknown`."
    "sid" Sid "Signature id."
    "src_addr" SrcAddr "Source address."
    "src_ap" SrcAp "Source address and port."
    "src_port" SrcPort "Source port."
    "target" Target "Address of the victim."
    "tcp_ack" TcpAck "Acknowledgement number."
    "tcp_flags" TcpFlags "TCP flags."
    "tcp_len" TcpLen "Bytes of the TCP header."
    "tcp_seq" TcpSeq "Sequence number."
    "tcp_win" TcpWin "Window."
    "timestamp" Timestamp "Month, day and time."
    "tos" Tos "Type of service."
    "ttl" Ttl "Time to live."
    "udp_len" UdpLen "Length field of UDP."
    "vlan" Vlan "Outermost VLAN."
}

impl CsvField {
    /// The fields written when none are chosen.
    pub const DEFAULT: [Self; 10] = [
        Self::Timestamp,
        Self::PktNum,
        Self::Proto,
        Self::PktGen,
        Self::PktLen,
        Self::Dir,
        Self::SrcAp,
        Self::DstAp,
        Self::Rule,
        Self::Action,
    ];
}

/// The CSV log.
#[derive(Debug)]
pub struct CsvSink {
    channel: Channel,
    format: CsvFormat,
}

/// Renders lines.
#[derive(Debug)]
pub struct CsvFormat {
    fields: Vec<CsvField>,
    separator: String,
    time: LocalTime,
}

impl CsvSink {
    /// Opens the log.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn open(config: &CsvConfig, all: &OutputConfig) -> Result<Self, OutputError> {
        let channel = Channel::open(&config.destination, all)?;
        Ok(Self {
            channel,
            format: CsvFormat::new(config, LocalTime::system()),
        })
    }
}

impl Sink for CsvSink {
    fn emit(&mut self, event: &Event) {
        if let Body::Alert(alert) = &event.body {
            self.format.line(self.channel.record(), event, alert);
            self.channel.end_record(event.ts);
        }
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        Some(&mut self.channel)
    }
}

impl CsvFormat {
    /// Renders by `config`.
    pub fn new(config: &CsvConfig, time: LocalTime) -> Self {
        Self {
            fields: config.fields.clone(),
            separator: config.separator.clone(),
            time,
        }
    }

    /// Appends the line of an alert.
    pub fn line(&mut self, out: &mut Vec<u8>, event: &Event, alert: &Alert) {
        for (i, field) in self.fields.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(self.separator.as_bytes());
            }
            if *field == CsvField::Timestamp {
                self.time.push_undated(out, event.ts);
            } else {
                push_field(out, *field, event, alert);
            }
        }
        out.push(b'\n');
    }
}

/// Appends a field; which group it belongs to decides who knows it.
fn push_field(out: &mut Vec<u8>, field: CsvField, event: &Event, alert: &Alert) {
    let at = &event.envelope;
    match field {
        CsvField::PktNum => push_uint(out, event.packet),
        CsvField::Seconds => push_uint(out, event.ts.secs()),
        CsvField::Iface => push_text(
            out,
            at.in_iface
                .as_deref()
                .or(at.pcap_filename.as_deref())
                .unwrap_or(""),
        ),
        CsvField::B64Data => {
            let data = alert
                .payload
                .as_ref()
                .map_or(&[][..], |payload| &payload.data);
            let text = base64::engine::general_purpose::STANDARD.encode(data);
            push(out, format_args!("\"{text}\""));
        }
        CsvField::Action | CsvField::PktGen => {
            out.extend_from_slice(word(field, at, alert).as_bytes())
        }
        _ => {
            push_rule_field(out, field, at, alert);
            push_envelope_field(out, field, at);
            if let Some(headers) = &alert.headers {
                push_header_field(out, field, headers);
            }
        }
    }
}

fn word(field: CsvField, at: &Envelope, alert: &Alert) -> &'static str {
    let stream = alert.payload.as_ref().is_some_and(|payload| payload.stream);
    match (field, alert.verdict) {
        (CsvField::PktGen, _) if stream => "stream_tcp",
        (CsvField::PktGen, _) if at.pkt_src == PacketSource::Defrag => "stream_ip",
        (CsvField::PktGen, _) => "raw",
        (_, Verdict::Drop) => "drop",
        (_, Verdict::Reject { .. }) => "reset",
        _ if is_drop(alert) => "would_drop",
        _ => "allow",
    }
}

fn push_rule_field(out: &mut Vec<u8>, field: CsvField, at: &Envelope, alert: &Alert) {
    let rule = &*alert.rule;
    match field {
        CsvField::Class if rule.classification.is_empty() => out.extend_from_slice(b"none"),
        CsvField::Class => push_text(out, &rule.classification),
        CsvField::Msg => {
            out.push(b'"');
            push_text(out, &rule.msg.replace('"', "\"\""));
            out.push(b'"');
        }
        CsvField::Gid => push_uint(out, rule.gid),
        CsvField::Sid => push_uint(out, rule.sid),
        CsvField::Rev => push_uint(out, rule.rev),
        CsvField::Priority => push_uint(out, rule.priority),
        CsvField::Rule => push(out, format_args!("{}:{}:{}", rule.gid, rule.sid, rule.rev)),
        CsvField::Target => match rule.target {
            Some(Target::Source) => push_ip(out, at.src_ip, true),
            Some(Target::Destination) => push_ip(out, at.dest_ip, true),
            None => {}
        },
        _ => {}
    }
}

fn push_envelope_field(out: &mut Vec<u8>, field: CsvField, at: &Envelope) {
    let ip = at.ip_version != 0;
    let ports = matches!(at.proto, 6 | 17);
    let endpoint = |out: &mut Vec<u8>, address: IpAddr, port: u16| {
        if ip {
            push_ip(out, address, true);
        }
        out.push(b':');
        push_uint(out, if ports { port } else { 0 });
    };
    match field {
        CsvField::Dir => out.extend_from_slice(match at.direction {
            Some(Direction::ToServer) => b"C2S",
            Some(Direction::ToClient) => b"S2C",
            None => b"UNK",
        }),
        CsvField::SrcAddr if ip => push_ip(out, at.src_ip, true),
        CsvField::DstAddr if ip => push_ip(out, at.dest_ip, true),
        CsvField::SrcAp => endpoint(out, at.src_ip, at.src_port),
        CsvField::DstAp => endpoint(out, at.dest_ip, at.dest_port),
        CsvField::SrcPort if ports => push_uint(out, at.src_port),
        CsvField::DstPort if ports => push_uint(out, at.dest_port),
        CsvField::Proto => match at.proto {
            _ if !ip => out.extend_from_slice(b"UNK"),
            58 => out.extend_from_slice(b"ICMP"),
            proto => push_proto(out, proto),
        },
        CsvField::Service => {
            out.extend_from_slice(at.app_protos.both.unwrap_or("unknown").as_bytes())
        }
        CsvField::IcmpType => at.icmp.iter().for_each(|icmp| push_uint(out, icmp.kind)),
        CsvField::IcmpCode => at.icmp.iter().for_each(|icmp| push_uint(out, icmp.code)),
        CsvField::Vlan if at.vlan_count > 0 => {
            let [outermost, ..] = at.vlans;
            push_uint(out, outermost);
        }
        _ => {}
    }
}

fn push_header_field(out: &mut Vec<u8>, field: CsvField, headers: &PacketHeaders) {
    if let Some((src, dst, ether_type)) = &headers.ether {
        let mac = |out: &mut Vec<u8>, [a, b, c, d, e, f]: [u8; 6]| {
            push(
                out,
                format_args!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{f:02X}"),
            );
        };
        match field {
            CsvField::EthSrc => mac(out, *src),
            CsvField::EthDst => mac(out, *dst),
            CsvField::EthLen => push_uint(out, headers.frame_len),
            CsvField::EthType => push(out, format_args!("0x{ether_type:X}")),
            _ => {}
        }
    }
    match &headers.ip {
        Some(ip) => push_ip_field(out, field, ip),
        None if field == CsvField::PktLen => push_uint(out, headers.payload_len),
        None => {}
    }
    match (&headers.transport, field) {
        (Some(TransportHeader::Tcp(tcp)), _) => push_tcp_field(out, field, tcp),
        (Some(TransportHeader::Udp { len, .. }), CsvField::UdpLen) => push_uint(out, *len),
        (
            Some(TransportHeader::Icmp {
                echo: Some((id, _)),
                ..
            }),
            CsvField::IcmpId,
        ) => push_uint(out, *id),
        (
            Some(TransportHeader::Icmp {
                echo: Some((_, seq)),
                ..
            }),
            CsvField::IcmpSeq,
        ) => push_uint(out, *seq),
        _ => {}
    }
}

fn push_ip_field(out: &mut Vec<u8>, field: CsvField, ip: &IpHeader) {
    let (id, tos, ttl, len, header) = match ip {
        IpHeader::V4(ip) => (
            ip.id,
            ip.tos,
            ip.ttl,
            u32::from(ip.len),
            u32::from(ip.header_len),
        ),
        IpHeader::V6(ip) => (
            0,
            ip.traffic_class,
            ip.hop_limit,
            u32::from(ip.payload_len) + 40,
            40,
        ),
    };
    match field {
        CsvField::IpId => push_uint(out, id),
        CsvField::Tos => push_uint(out, tos),
        CsvField::Ttl => push_uint(out, ttl),
        CsvField::PktLen => push_uint(out, len),
        CsvField::IpLen => push_uint(out, len.saturating_sub(header)),
        _ => {}
    }
}

fn push_tcp_field(out: &mut Vec<u8>, field: CsvField, tcp: &TcpFields) {
    match field {
        CsvField::TcpAck => push(out, format_args!("0x{:X}", tcp.ack)),
        CsvField::TcpSeq => push(out, format_args!("0x{:X}", tcp.seq)),
        CsvField::TcpWin => push(out, format_args!("0x{:X}", tcp.window)),
        CsvField::TcpLen => push_uint(out, tcp.header_len),
        CsvField::TcpFlags => push_tcp_flags(out, tcp.flags),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{alert, text, utc};

    fn line(config: &CsvConfig) -> String {
        let event = alert();
        let Body::Alert(alert) = &event.body else {
            panic!("an alert")
        };
        text(|out| CsvFormat::new(config, utc()).line(out, &event, alert))
    }

    #[test]
    fn the_default_fields() {
        assert_eq!(
            line(&CsvConfig::default()),
            "07/13-22:42:07.572672, 7, TCP, stream_tcp, 79, S2C, 82.165.177.154:80, 10.16.1.11:54186, \
             1:2100498:7, allow\n"
        );
    }

    #[test]
    fn chosen_fields() {
        let names = "msg class priority eth_src eth_type ip_id ip_len tcp_flags tcp_seq udp_len service seconds";
        let fields = names
            .split(' ')
            .map(|name| name.parse().expect("a field"))
            .collect();
        let config = CsvConfig {
            fields,
            separator: ";".to_owned(),
            ..CsvConfig::default()
        };
        assert_eq!(
            line(&config),
            "\"GPL ATTACK_RESPONSE id check returned root\";Potentially Bad Traffic;2;00:15:17:0D:06:F7;0x800;\
             4660;59;***AP***;0xDEADBEEF;;http;1468449727\n"
        );
    }

    #[test]
    fn names_read_back() {
        for field in CsvField::DEFAULT {
            assert_eq!(field.name().parse(), Ok(field));
        }
        assert_eq!("colour".parse::<CsvField>(), Err(()));
    }
}

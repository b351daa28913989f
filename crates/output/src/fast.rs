//! One line an alert: the log file `fast.log`, and the console.

use crate::channel::Channel;
use crate::config::{FastConfig, OutputConfig};
use crate::error::OutputError;
use crate::event::{Alert, AlertAction, Body, Envelope, Event};
use crate::json::{push_ip, push_uint};
use crate::local_time::LocalTime;
use crate::protocol_name::is_icmp;
use crate::sink::Sink;
use crate::text::{push, push_proto, push_rule_id, push_text};

/// Bytes of a packet without addresses that its line shows.
const RAW_PACKET: usize = 32;

/// The one-line alert log.
#[derive(Debug)]
pub struct FastSink {
    channel: Channel,
    format: FastFormat,
}

/// Renders lines.
#[derive(Debug)]
pub struct FastFormat {
    colour: bool,
    ipv6_compress: bool,
    prevention: bool,
    time: LocalTime,
}

impl FastSink {
    /// Opens the log.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn open(config: &FastConfig, all: &OutputConfig) -> Result<Self, OutputError> {
        let format = FastFormat::new(config, all.prevention, LocalTime::system());
        Ok(Self {
            channel: Channel::open(&config.destination, all)?,
            format,
        })
    }
}

impl Sink for FastSink {
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

impl FastFormat {
    /// Renders by `config`; `prevention` words the mark of a dropping rule.
    pub fn new(config: &FastConfig, prevention: bool, time: LocalTime) -> Self {
        Self {
            colour: config.colour,
            ipv6_compress: config.ipv6_compress,
            prevention,
            time,
        }
    }

    /// Appends the line of an alert.
    pub fn line(&mut self, out: &mut Vec<u8>, event: &Event, alert: &Alert) {
        let (rule, at) = (&*alert.rule, &event.envelope);
        self.paint(out, "2");
        self.time.push_dated(out, event.ts);
        self.paint(out, "0");
        out.extend_from_slice(b"  ");
        if is_drop(alert) {
            self.paint(out, "1;31");
            out.extend_from_slice(if self.prevention {
                b"[Drop] "
            } else {
                b"[wDrop] "
            });
            self.paint(out, "0");
        }
        out.extend_from_slice(b"[**] ");
        self.paint(out, "36");
        push_rule_id(out, rule);
        self.paint(out, "0");
        out.push(b' ');
        self.paint(
            out,
            match rule.priority {
                0 | 1 => "1;31",
                2 => "1;33",
                _ => "1",
            },
        );
        push_text(out, or_null(&rule.msg));
        self.paint(out, "0");
        out.extend_from_slice(b" [**] [Classification: ");
        push_text(out, or_null(&rule.classification));
        push(out, format_args!("] [Priority: {}] ", rule.priority));
        if at.ip_version == 0 {
            raw_packet(out, event, alert);
        } else {
            self.endpoints(out, at);
        }
        out.push(b'\n');
    }

    fn endpoints(&self, out: &mut Vec<u8>, at: &Envelope) {
        let icmp = at.icmp.filter(|_| is_icmp(at.proto));
        let (from, to) = match icmp {
            Some(icmp) => (u16::from(icmp.kind), u16::from(icmp.code)),
            None => (at.src_port, at.dest_port),
        };
        out.push(b'{');
        push_proto(out, at.proto);
        out.extend_from_slice(b"} ");
        push_ip(out, at.src_ip, self.ipv6_compress);
        out.push(b':');
        push_uint(out, from);
        out.extend_from_slice(b" -> ");
        push_ip(out, at.dest_ip, self.ipv6_compress);
        out.push(b':');
        push_uint(out, to);
    }

    /// ANSI colours, for a terminal.
    fn paint(&self, out: &mut Vec<u8>, code: &str) {
        if self.colour {
            push(out, format_args!("\x1b[{code}m"));
        }
    }
}

/// Rules without a message or class are shown as Suricata's readers have always seen them.
fn or_null(text: &str) -> &str {
    if text.is_empty() { "(null)" } else { text }
}

/// Whether the alert comes from a rule that drops or rejects.
pub fn is_drop(alert: &Alert) -> bool {
    let action = alert.rule.action.as_str();
    alert.action == AlertAction::Blocked
        || matches!(action, "drop" | "sdrop" | "block")
        || action.starts_with("reject")
}

/// A packet without addresses is shown by its first bytes.
fn raw_packet(out: &mut Vec<u8>, event: &Event, alert: &Alert) {
    out.extend_from_slice(b"[**] [Raw pkt: ");
    if let Some(packet) = &alert.packet {
        for byte in packet.data.iter().take(RAW_PACKET) {
            push(out, format_args!("{byte:02X} "));
        }
    }
    out.push(b']');
    if event.packet != 0 {
        push(out, format_args!(" [pcap file packet: {}]", event.packet));
    }
}

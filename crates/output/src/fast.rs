//! One line an alert: the log file `fast.log`, and the console.

use crate::channel::Channel;
use crate::config::{FastConfig, OutputConfig};
use crate::error::OutputError;
use crate::event::{Alert, AlertAction, Body, Envelope, Event};
use crate::local_time::LocalTime;
use crate::protocol_name::is_icmp;
use crate::sink::Sink;
use crate::text::{push, push_proto, push_rule_id, push_text};
use tapir_json::{push_ip, push_uint};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{alert, alert_body, text, utc};
    use std::sync::Arc;
    use tapir_packet::Direction;

    fn line(event: &Event, config: &FastConfig, prevention: bool) -> String {
        let Body::Alert(alert) = &event.body else {
            panic!("an alert")
        };
        text(|out| FastFormat::new(config, prevention, utc()).line(out, event, alert))
    }

    #[test]
    fn an_alert() {
        assert_eq!(
            line(&alert(), &FastConfig::default(), false),
            "07/13/2016-22:42:07.572672  [**] [1:2100498:7] GPL ATTACK_RESPONSE id check returned root [**] \
             [Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 82.165.177.154:80 -> \
             10.16.1.11:54186\n"
        );
    }

    #[test]
    fn a_bare_drop_over_icmpv6() {
        let mut event = alert();
        event.envelope.proto = 58;
        event.envelope.ip_version = 6;
        event.envelope.src_ip = "fe80::1".parse().expect("an address");
        event.envelope.dest_ip = "ff02::2".parse().expect("an address");
        event.envelope.icmp = Some(crate::event::Icmp { kind: 133, code: 0 });
        event.envelope.direction = Some(Direction::ToServer);
        let rule = crate::RuleMeta {
            gid: 1,
            sid: 5,
            priority: 3,
            action: "drop".into(),
            ..Default::default()
        };
        event.body = Body::Alert(Box::new(Alert {
            rule: Arc::new(rule),
            ..alert_body()
        }));
        assert_eq!(
            line(&event, &FastConfig::default(), false),
            "07/13/2016-22:42:07.572672  [wDrop] [**] [1:5:0] (null) [**] [Classification: (null)] \
             [Priority: 3] {IPv6-ICMP} fe80:0000:0000:0000:0000:0000:0000:0001:133 -> \
             ff02:0000:0000:0000:0000:0000:0000:0002:0\n"
        );
        assert!(line(&event, &FastConfig::default(), true).contains("  [Drop] [**] "));
    }

    #[test]
    fn a_packet_without_addresses_shows_its_bytes() {
        let mut event = alert();
        event.envelope.ip_version = 0;
        let line = line(&event, &FastConfig::default(), false);
        assert!(
            line.ends_with("[Priority: 2] [**] [Raw pkt: 01 02 03 ] [pcap file packet: 7]\n"),
            "{line}"
        );
    }

    #[test]
    fn colour_only_wraps() {
        let plain = line(&alert(), &FastConfig::default(), false);
        let coloured = line(
            &alert(),
            &FastConfig {
                colour: true,
                ..FastConfig::default()
            },
            false,
        );
        let mut bare = String::new();
        for part in coloured.split('\x1b') {
            let code = part.find('m').filter(|_| part.starts_with('['));
            bare.push_str(code.map_or(part, |at| &part[at + 1..]));
        }
        assert_ne!(plain, coloured);
        assert_eq!(bare, plain);
    }
}

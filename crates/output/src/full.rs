//! Snort's full alerts, and its alerts with a hex dump.

use crate::channel::Channel;
use crate::config::{OutputConfig, TextConfig};
use crate::error::OutputError;
use crate::event::{Alert, Body, Event};
use crate::local_time::LocalTime;
use crate::sink::Sink;
use crate::text::{
    push, push_endpoints, push_ether_line, push_header_lines, push_priority, push_proto,
    push_rule_id, push_text,
};

/// Above and below a hex dump.
const RULER: &str = "- - - - - - - - - - - -  - - - - - - - - - - - -  - - - - - - - - -";
/// Bytes in a line of a hex dump.
const DUMP_WIDTH: usize = 16;

/// A text log of several lines an alert.
#[derive(Debug)]
pub struct FullSink {
    channel: Channel,
    format: FullFormat,
}

/// Renders alerts.
#[derive(Debug)]
pub struct FullFormat {
    /// Whether to dump what was inspected instead of listing references.
    dump: bool,
    time: LocalTime,
}

impl FullSink {
    /// Opens the log; with `dump` in the format of `-A cmg`.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn open(config: &TextConfig, dump: bool, all: &OutputConfig) -> Result<Self, OutputError> {
        let channel = Channel::open(&config.destination, all)?;
        Ok(Self {
            channel,
            format: FullFormat::new(dump, LocalTime::system()),
        })
    }
}

impl Sink for FullSink {
    fn emit(&mut self, event: &Event) {
        if let Body::Alert(alert) = &event.body {
            self.format.alert(self.channel.record(), event, alert);
            self.channel.end_record(event.ts);
        }
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        Some(&mut self.channel)
    }
}

impl FullFormat {
    /// Renders full alerts, or with `dump` alerts with a hex dump.
    pub fn new(dump: bool, time: LocalTime) -> Self {
        Self { dump, time }
    }

    /// Appends the lines of an alert.
    pub fn alert(&mut self, out: &mut Vec<u8>, event: &Event, alert: &Alert) {
        if self.dump {
            self.with_dump(out, event, alert);
        } else {
            self.full(out, event, alert);
        }
        out.push(b'\n');
    }

    fn full(&mut self, out: &mut Vec<u8>, event: &Event, alert: &Alert) {
        let (rule, at) = (&*alert.rule, &event.envelope);
        out.extend_from_slice(b"[**] ");
        push_rule_id(out, rule);
        out.push(b' ');
        push_text(out, &rule.msg);
        out.extend_from_slice(b" [**]\n");
        push_priority(out, rule);
        out.push(b'\n');
        self.time.push_undated(out, event.ts);
        if at.ip_version != 0 {
            out.push(b' ');
            push_endpoints(out, at);
        }
        out.push(b'\n');
        if let Some(headers) = &alert.headers {
            push_header_lines(out, at, headers);
        }
        for url in &rule.references {
            out.extend_from_slice(b"[Xref => ");
            push_text(out, url);
            out.push(b']');
        }
        if !rule.references.is_empty() {
            out.push(b'\n');
        }
    }

    fn with_dump(&mut self, out: &mut Vec<u8>, event: &Event, alert: &Alert) {
        let (rule, at) = (&*alert.rule, &event.envelope);
        self.time.push_undated(out, event.ts);
        out.extend_from_slice(b" [**] ");
        push_rule_id(out, rule);
        out.push(b' ');
        push_text(out, &rule.msg);
        out.extend_from_slice(b" [**] ");
        push_priority(out, rule);
        if at.ip_version != 0 {
            out.push(b'{');
            push_proto(out, at.proto);
            out.extend_from_slice(b"} ");
            push_endpoints(out, at);
        }
        out.push(b'\n');
        if let Some(headers) = &alert.headers {
            out.push(b'\n');
            push_ether_line(out, headers);
            if at.ip_version != 0 {
                push_endpoints(out, at);
                out.push(b' ');
                push_header_lines(out, at, headers);
            }
        }
        match (&alert.payload, &alert.packet) {
            (Some(payload), _) => {
                dump(
                    out,
                    if payload.stream { "stream_tcp" } else { "raw" },
                    &payload.data,
                );
            }
            (None, Some(packet)) if at.ip_version == 0 => dump(out, "raw", &packet.data),
            (None, _) => {}
        }
    }
}

fn dump(out: &mut Vec<u8>, name: &str, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    push(
        out,
        format_args!("\nsnort.{name}[{}]:\n{RULER}\n", data.len()),
    );
    for line in data.chunks(DUMP_WIDTH) {
        for at in 0..DUMP_WIDTH {
            match line.get(at) {
                Some(byte) => push(out, format_args!("{byte:02X} ")),
                None => out.extend_from_slice(b"   "),
            }
            if at == DUMP_WIDTH / 2 - 1 {
                out.push(b' ');
            }
        }
        out.push(b' ');
        for (at, &byte) in line.iter().enumerate() {
            if at == DUMP_WIDTH / 2 {
                out.push(b' ');
            }
            out.push(if matches!(byte, b' '..=b'~') {
                byte
            } else {
                b'.'
            });
        }
        out.push(b'\n');
    }
    push(out, format_args!("{RULER}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{alert, text, utc};

    fn rendered(dump: bool) -> String {
        let event = alert();
        let Body::Alert(alert) = &event.body else {
            panic!("an alert")
        };
        text(|out| FullFormat::new(dump, utc()).alert(out, &event, alert))
    }

    #[test]
    fn a_full_alert() {
        insta::assert_snapshot!(rendered(false), @r"
        [**] [1:2100498:7] GPL ATTACK_RESPONSE id check returned root [**]
        [Classification: Potentially Bad Traffic] [Priority: 2] 
        07/13-22:42:07.572672 82.165.177.154:80 -> 10.16.1.11:54186
        TCP TTL:52 TOS:0x0 ID:4660 IpLen:20 DgmLen:79 DF
        ***AP*** Seq: 0xDEADBEEF  Ack: 0x10  Win: 0x2000  TcpLen: 20
        [Xref => https://example.org/root]
        ");
    }

    #[test]
    fn an_alert_with_a_dump() {
        insta::assert_snapshot!(rendered(true), @r"
        07/13-22:42:07.572672 [**] [1:2100498:7] GPL ATTACK_RESPONSE id check returned root [**] [Classification: Potentially Bad Traffic] [Priority: 2] {TCP} 82.165.177.154:80 -> 10.16.1.11:54186

        00:15:17:0D:06:F7 -> 00:01:02:03:04:05 type:0x800 len:0x5D
        82.165.177.154:80 -> 10.16.1.11:54186 TCP TTL:52 TOS:0x0 ID:4660 IpLen:20 DgmLen:79 DF
        ***AP*** Seq: 0xDEADBEEF  Ack: 0x10  Win: 0x2000  TcpLen: 20

        snort.stream_tcp[39]:
        - - - - - - - - - - - -  - - - - - - - - - - - -  - - - - - - - - -
        75 69 64 3D 30 28 72 6F  6F 74 29 20 67 69 64 3D  uid=0(ro ot) gid=
        30 28 72 6F 6F 74 29 20  67 72 6F 75 70 73 3D 30  0(root)  groups=0
        28 72 6F 6F 74 29 0A                              (root).
        - - - - - - - - - - - -  - - - - - - - - - - - -  - - - - - - - - -
        ");
    }
}

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

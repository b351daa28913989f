//! One syslog message an alert.

use crate::channel::Channel;
use crate::config::{Destination, OutputConfig, SyslogConfig};
use crate::error::OutputError;
use crate::event::{Alert, Body, Event};
use crate::sink::Sink;
use crate::text::{push, push_proto, push_rule_id, push_text};
use tapir_json::{push_ip, push_uint};

/// Alerts to the system log.
#[derive(Debug)]
pub struct SyslogSink {
    channel: Channel,
}

impl SyslogSink {
    /// Opens the connection; the log may also come later.
    ///
    /// # Errors
    /// None at present.
    pub fn open(config: &SyslogConfig, all: &OutputConfig) -> Result<Self, OutputError> {
        Ok(Self {
            channel: Channel::open(&Destination::Syslog(config.target.clone()), all)?,
        })
    }
}

impl Sink for SyslogSink {
    fn emit(&mut self, event: &Event) {
        if let Body::Alert(alert) = &event.body {
            message(self.channel.record(), event, alert);
            self.channel.end_record(event.ts);
        }
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        Some(&mut self.channel)
    }
}

/// Appends the text of the message.
pub fn message(out: &mut Vec<u8>, event: &Event, alert: &Alert) {
    let (rule, at) = (&*alert.rule, &event.envelope);
    push_rule_id(out, rule);
    out.push(b' ');
    push_text(out, &rule.msg);
    out.extend_from_slice(b" [Classification: ");
    push_text(out, &rule.classification);
    push(out, format_args!("] [Priority: {}]", rule.priority));
    if at.ip_version != 0 {
        out.extend_from_slice(b" {");
        push_proto(out, at.proto);
        out.extend_from_slice(b"} ");
        push_ip(out, at.src_ip, true);
        out.push(b':');
        push_uint(out, at.src_port);
        out.extend_from_slice(b" -> ");
        push_ip(out, at.dest_ip, true);
        out.push(b':');
        push_uint(out, at.dest_port);
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{alert, text};

    #[test]
    fn an_alert() {
        let event = alert();
        let Body::Alert(alert) = &event.body else {
            panic!("an alert")
        };
        assert_eq!(
            text(|out| message(out, &event, alert)),
            "[1:2100498:7] GPL ATTACK_RESPONSE id check returned root [Classification: Potentially Bad \
             Traffic] [Priority: 2] {TCP} 82.165.177.154:80 -> 10.16.1.11:54186\n"
        );
    }
}

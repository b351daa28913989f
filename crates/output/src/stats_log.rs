//! The table of counters in `stats.log`.

use crate::channel::Channel;
use crate::config::{OutputConfig, StatsLogConfig};
use crate::error::OutputError;
use crate::event::{Body, Event, StatsTree};
use crate::local_time::LocalTime;
use crate::sink::Sink;
use crate::text::push;

/// Width of the ruled lines.
const WIDTH: usize = 84;

/// The statistics log.
#[derive(Debug)]
pub struct StatsLogSink {
    channel: Channel,
    zeros: bool,
    time: LocalTime,
}

impl StatsLogSink {
    /// Opens the log.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn open(config: &StatsLogConfig, all: &OutputConfig) -> Result<Self, OutputError> {
        let channel = Channel::open(&config.destination, all)?;
        Ok(Self {
            channel,
            zeros: config.zeros,
            time: LocalTime::system(),
        })
    }
}

impl Sink for StatsLogSink {
    fn emit(&mut self, event: &Event) {
        if let Body::Stats(stats) = &event.body {
            table(self.channel.record(), event, stats, self.zeros, &self.time);
            self.channel.end_record(event.ts);
        }
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        Some(&mut self.channel)
    }
}

/// Appends a table; counters that are zero only with `zeros`.
pub fn table(out: &mut Vec<u8>, event: &Event, stats: &StatsTree, zeros: bool, time: &LocalTime) {
    let rule = "-".repeat(WIDTH);
    let up = stats.uptime;
    let (days, hours, minutes, seconds) = (up / 86_400, up / 3600 % 24, up / 60 % 60, up % 60);
    let local = time.zoned(event.ts);
    push(
        out,
        format_args!(
            "{rule}\nDate: {}/{}/{:04} -- {} (uptime: {days}d, {hours:02}h {minutes:02}m {seconds:02}s)\n",
            local.month(),
            local.day(),
            local.year(),
            local.strftime("%H:%M:%S"),
        ),
    );
    push(
        out,
        format_args!(
            "{rule}\n{:<45} | {:<25} | Value\n{rule}\n",
            "Counter", "TM Name"
        ),
    );
    for (name, value) in &stats.counters {
        if zeros || *value != 0 {
            push(
                out,
                format_args!("{name:<45} | {:<25} | {value}\n", "Total"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{alert, text, utc};

    #[test]
    fn a_table() {
        let stats = StatsTree {
            uptime: 93_784,
            counters: vec![("decoder.pkts".into(), 12), ("decoder.bytes".into(), 0)],
            rules: None,
        };
        insta::assert_snapshot!(text(|out| table(out, &alert(), &stats, false, &utc())), @r"
        ------------------------------------------------------------------------------------
        Date: 7/13/2016 -- 22:42:07 (uptime: 1d, 02h 03m 04s)
        ------------------------------------------------------------------------------------
        Counter                                       | TM Name                   | Value
        ------------------------------------------------------------------------------------
        decoder.pkts                                  | Total                     | 12
        ");
    }
}

//! EVE JSON: one record a line, in the names, types and order that Suricata's readers know.

mod alert;
mod envelope;
mod flow;
mod notice;
mod stats;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use tapir_packet::Timestamp;

use crate::channel::Channel;
use crate::config::{DropOptions, EveConfig, EveTypes, OutputConfig};
use crate::error::OutputError;
use crate::event::{AnomalyKind, Body, Event};
use crate::local_time::LocalTime;
use crate::needs::Needs;
use crate::sink::Sink;
use tapir_json::Json;

/// The version of Suricata whose record format this is.
pub const RECORD_FORMAT: &str = "9.0.0-dev";

/// An EVE output.
#[derive(Debug)]
pub struct EveSink {
    channel: Channel,
    records: Records,
}

/// Renders records.
#[derive(Debug)]
pub struct Records {
    config: Arc<EveConfig>,
    /// Which of the settings of a log are those of this output: see [`Body::App`].
    variants: BTreeMap<String, usize>,
    sensor_name: Option<String>,
    /// Whether `pcap_filename` may be written: there is no file behind a live run.
    replay: bool,
    time: LocalTime,
    last_stats: stats::LastValues,
}

impl EveSink {
    /// Opens the output.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn open(config: EveConfig, all: &OutputConfig) -> Result<Self, OutputError> {
        let channel = Channel::open(&config.destination, all)?;
        let variants = Needs::of(all).variants(&config.types.app_options);
        let records = Records::new(
            config,
            all.sensor_name.clone(),
            !all.live,
            LocalTime::system(),
        )
        .with_variants(variants);
        Ok(Self { channel, records })
    }
}

impl Sink for EveSink {
    fn emit(&mut self, event: &Event) {
        if let Body::Flow(_) = event.body {
            for part in [FlowPart::Whole, FlowPart::ToServer, FlowPart::ToClient] {
                if self.records.flow_part(self.channel.record(), event, part) {
                    self.channel.end_record(event.ts);
                }
            }
        } else if self.records.record(self.channel.record(), event) {
            self.channel.end_record(event.ts);
        }
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        Some(&mut self.channel)
    }
}

/// The records that one ended flow may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowPart {
    /// `flow`.
    Whole,
    /// `netflow` of what the client sent.
    ToServer,
    /// `netflow` of what the server sent.
    ToClient,
}

impl Records {
    /// Renders by `config`.
    pub fn new(
        config: EveConfig,
        sensor_name: Option<String>,
        replay: bool,
        time: LocalTime,
    ) -> Self {
        Self {
            config: Arc::new(config),
            variants: BTreeMap::new(),
            sensor_name,
            replay,
            time,
            last_stats: stats::LastValues::default(),
        }
    }

    /// The same, one of several outputs whose settings of a log differ.
    fn with_variants(self, variants: BTreeMap<String, usize>) -> Self {
        Self { variants, ..self }
    }

    /// Appends the record of an event other than a flow's end, and says whether there is one.
    pub fn record(&mut self, out: &mut Vec<u8>, event: &Event) -> bool {
        if !self.wants(event) {
            return false;
        }
        out.extend_from_slice(self.config.prefix.as_bytes());
        let mut json = Json::begin(out);
        match &event.body {
            Body::Alert(alert) => self.alert(&mut json, event, alert),
            Body::Drop(record) => self.drop_record(&mut json, event, record),
            Body::Anomaly(anomaly) => self.anomaly(&mut json, event, anomaly),
            Body::Stats(stats) => self.stats(&mut json, event, stats),
            Body::App {
                event_type,
                json: inner,
                ..
            } => {
                self.head(&mut json, event, event_type);
                if let Some(tx_id) = event.envelope.tx_id {
                    json.uint("tx_id", tx_id);
                }
                json.members(inner);
            }
            Body::Tagged(packet) => {
                self.head(&mut json, event, "packet");
                envelope::packet(&mut json, packet, usize::MAX);
            }
            Body::Metadata => self.head(&mut json, event, "metadata"),
            Body::Flow(_) | Body::Captured(_) | Body::Certificates { .. } | Body::Stored { .. } => {
            }
        }
        self.tail(&mut json, event);
        true
    }

    /// Appends one of the records of an ended flow, and says whether there is one.
    pub fn flow_part(&mut self, out: &mut Vec<u8>, event: &Event, part: FlowPart) -> bool {
        let Body::Flow(record) = &event.body else {
            return false;
        };
        let types = &self.config.types;
        let wanted = match part {
            FlowPart::Whole => types.flow,
            FlowPart::ToServer => types.netflow,
            FlowPart::ToClient => types.netflow && record.counters.pkts_toclient > 0,
        };
        if !wanted {
            return false;
        }
        out.extend_from_slice(self.config.prefix.as_bytes());
        let mut json = Json::begin(out);
        match part {
            FlowPart::Whole => self.flow(&mut json, event, record),
            FlowPart::ToServer | FlowPart::ToClient => self.netflow(&mut json, event, record, part),
        }
        self.tail(&mut json, event);
        true
    }

    fn wants(&self, event: &Event) -> bool {
        let types: &EveTypes = &self.config.types;
        match &event.body {
            Body::Alert(_) => types.alert.is_some(),
            Body::Drop(record) => match types.drop {
                Some(DropOptions { all_packets, .. }) => all_packets || record.first,
                None => false,
            },
            Body::Anomaly(anomaly) => types.anomaly.is_some_and(|wanted| match anomaly.kind {
                AnomalyKind::Decode => wanted.decode,
                AnomalyKind::Stream => wanted.stream,
                AnomalyKind::AppLayer { .. } => wanted.applayer,
            }),
            Body::Stats(_) => types.stats.is_some(),
            Body::App { log, variant, .. } => {
                let own = self.variants.get(*log).copied().unwrap_or_default();
                types.app.iter().any(|name| name == log)
                    && variant.is_none_or(|variant| variant == own)
            }
            Body::Tagged(_) => types
                .alert
                .as_ref()
                .is_some_and(|alert| alert.tagged_packets),
            Body::Metadata => types.metadata,
            Body::Flow(_) | Body::Captured(_) | Body::Certificates { .. } | Body::Stored { .. } => {
                false
            }
        }
    }

    /// What every record ends with.
    fn tail(&self, json: &mut Json<'_>, event: &Event) {
        if let Some(name) = &self.sensor_name {
            json.text("host", name);
        }
        if self.config.pcap_file
            && self.replay
            && let Some(name) = &event.envelope.pcap_filename
        {
            json.text("pcap_filename", name);
        }
        json.close_object();
        json.buffer().push(b'\n');
    }

    fn time(&mut self, json: &mut Json<'_>, key: &str, ts: Timestamp) {
        json.quoted(key, |out| self.time.push_iso(out, ts));
    }
}

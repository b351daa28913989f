//! What outputs make use of, so that nobody copies what nobody writes.

use std::collections::BTreeMap;

use tapir_protocols::RecordOptions;

use crate::config::{
    AlertOptions, EveConfig, FileStoreConfig, OutputConfig, PcapCondition, PcapLogConfig,
    SinkConfig,
};
use crate::csv::CsvField;

/// Parts of events that some output makes use of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Alerts at all.
    pub alerts: bool,
    /// [`Alert::payload`](crate::Alert::payload).
    pub payload: bool,
    /// Most bytes of stream data that are of use.
    pub payload_limit: usize,
    /// [`Alert::packet`](crate::Alert::packet).
    pub packet: bool,
    /// [`Alert::packet`](crate::Alert::packet) of packets without an IP header, whatever `packet` says.
    pub raw_packet: bool,
    /// [`Alert::headers`](crate::Alert::headers).
    pub headers: bool,
    /// [`Alert::flow`](crate::Alert::flow).
    pub flow: bool,
    /// [`Alert::transaction`](crate::Alert::transaction).
    pub app_layer: bool,
    /// Body of HTTP messages in base64 among the fragments.
    pub http_body: bool,
    /// Body of HTTP messages as text among the fragments.
    pub http_body_printable: bool,
    /// [`Alert::xff`](crate::Alert::xff): name of the header, and whether its last address counts.
    pub xff: Option<(String, bool)>,
    /// Rules' raw text in [`RuleMeta::text`](crate::RuleMeta::text).
    pub rule_text: bool,
    /// Packets under `tag`.
    pub tagged: bool,
    /// Drops; `all_drops` also those after the first of a flow's direction.
    pub drops: bool,
    /// See `drops`.
    pub all_drops: bool,
    /// Ended flows.
    pub flows: bool,
    /// Anomalies of the decoder.
    pub decode_anomalies: bool,
    /// Anomalies of the stream engine.
    pub stream_anomalies: bool,
    /// Anomalies of application protocols.
    pub applayer_anomalies: bool,
    /// The packet with an anomaly.
    pub anomaly_packet: bool,
    /// Counters.
    pub stats: bool,
    /// Variables in the envelope.
    pub variables: bool,
    /// Metadata records.
    pub metadata: bool,
    /// Link-layer addresses in the envelope.
    pub ether: bool,
    /// `community_id` in the envelope, with this seed (that of the first output that asks for one).
    pub community_id: Option<u16>,
    /// Application records of these protocols.
    pub app: Vec<String>,
    /// Settings of those records, by log: all that differ, in the order of the outputs. What shows a record but is not
    /// one of a log goes by the first.
    pub app_options: BTreeMap<String, Vec<RecordOptions>>,
    /// Where files are kept on disk: their content, through [`Outputs::store`](crate::Outputs::store).
    pub file_store: Option<FileStoreConfig>,
    /// Certificates that rules have kept on disk, as [`Body::Certificates`](crate::Body::Certificates).
    pub certificates: bool,
    /// Every captured packet, through [`Outputs::log_packet`](crate::Outputs::log_packet).
    pub packets: bool,
    /// Packets of alerted flows, as [`Body::Captured`](crate::Body::Captured).
    pub alerted_packets: bool,
}

impl Needs {
    /// What the outputs of `config` make use of.
    pub fn of(config: &OutputConfig) -> Self {
        let mut needs = Self {
            file_store: config.file_store.clone(),
            ..Self::default()
        };
        for sink in &config.sinks {
            needs.add(sink);
        }
        needs
    }

    fn add(&mut self, sink: &SinkConfig) {
        match sink {
            SinkConfig::Eve(eve) => self.add_eve(eve),
            SinkConfig::Fast(_) => {
                self.alerts = true;
                self.raw_packet = true;
            }
            SinkConfig::Syslog(_) => self.alerts = true,
            SinkConfig::Full(_) => {
                self.alerts = true;
                self.headers = true;
            }
            SinkConfig::Cmg(_) => {
                self.alerts = true;
                self.headers = true;
                self.raw_packet = true;
                self.want_payload(usize::MAX);
            }
            SinkConfig::Csv(csv) => {
                self.alerts = true;
                self.headers = true;
                if csv
                    .fields
                    .iter()
                    .any(|field| matches!(field, CsvField::B64Data | CsvField::PktGen))
                {
                    self.want_payload(usize::MAX);
                }
            }
            SinkConfig::Stats(_) => self.stats = true,
            SinkConfig::Certificates(_) => self.certificates = true,
            SinkConfig::Pcap(pcap) => self.add_pcap(pcap),
        }
    }

    /// The settings that the first output with this log has for it.
    pub fn options(&self, log: &str) -> Option<&RecordOptions> {
        self.app_options.get(log)?.first()
    }

    /// The places in [`Needs::app_options`] of what an output has for its logs.
    pub(crate) fn variants(&self, of: &BTreeMap<String, RecordOptions>) -> BTreeMap<String, usize> {
        of.iter()
            .filter_map(|(log, options)| {
                let known = self.app_options.get(log)?;
                let place = known.iter().position(|known| known == options)?;
                Some((log.clone(), place))
            })
            .collect()
    }

    fn want_payload(&mut self, limit: usize) {
        self.payload = true;
        self.payload_limit = self.payload_limit.max(limit);
    }

    fn add_pcap(&mut self, pcap: &PcapLogConfig) {
        match pcap.condition {
            PcapCondition::All => self.packets = true,
            PcapCondition::Alerts => self.alerted_packets = true,
            PcapCondition::Tag => self.tagged = true,
        }
    }

    fn add_eve(&mut self, eve: &EveConfig) {
        let types = &eve.types;
        if let Some(alert) = &types.alert {
            self.add_alert(alert);
            if self.xff.is_none() {
                let xff = alert.xff.as_ref().or(eve.xff.as_ref());
                self.xff = xff.map(|xff| (xff.header.clone(), xff.reverse));
            }
        }
        if let Some(drop) = types.drop {
            self.drops = true;
            self.all_drops |= drop.all_packets;
        }
        if let Some(anomaly) = types.anomaly {
            self.decode_anomalies |= anomaly.decode;
            self.stream_anomalies |= anomaly.stream;
            self.applayer_anomalies |= anomaly.applayer;
            self.anomaly_packet |= anomaly.packet_header;
        }
        self.flows |= types.flow || types.netflow;
        self.stats |= types.stats.is_some();
        self.metadata |= types.metadata;
        self.variables |= eve.metadata || types.metadata;
        self.ether |= eve.ethernet;
        self.community_id = self.community_id.or(eve.community_id);
        for (name, options) in &types.app_options {
            let known = self.app_options.entry(name.clone()).or_default();
            if !known.contains(options) {
                known.push(options.clone());
            }
        }
        for name in &types.app {
            if !self.app.contains(name) {
                self.app.push(name.clone());
            }
        }
    }

    fn add_alert(&mut self, alert: &AlertOptions) {
        self.alerts = true;
        if alert.payload || alert.payload_printable || alert.payload_length {
            self.want_payload(alert.payload_buffer_size);
        }
        self.packet |= alert.packet;
        self.flow |= alert.flow;
        self.app_layer |= alert.app_layer;
        self.http_body |= alert.http_body;
        self.http_body_printable |= alert.http_body_printable;
        self.rule_text |= alert.rule_text;
        self.tagged |= alert.tagged_packets;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EveTypes, FastConfig};

    #[test]
    fn the_sum_of_what_each_output_asks_for() {
        let alert = AlertOptions {
            payload: true,
            payload_buffer_size: 10,
            ..AlertOptions::default()
        };
        let types = EveTypes {
            alert: Some(alert),
            netflow: true,
            ..EveTypes::default()
        };
        let eve = EveConfig {
            types,
            community_id: Some(7),
            ..EveConfig::default()
        };
        let config = OutputConfig {
            sinks: vec![
                SinkConfig::Fast(FastConfig::default()),
                SinkConfig::Eve(Box::new(eve)),
                SinkConfig::Pcap(PcapLogConfig::default()),
            ],
            ..OutputConfig::default()
        };
        let needs = Needs::of(&config);
        let expected = Needs {
            alerts: true,
            raw_packet: true,
            payload: true,
            payload_limit: 10,
            flow: true,
            app_layer: true,
            flows: true,
            variables: true,
            community_id: Some(7),
            packets: true,
            ..Needs::default()
        };
        assert_eq!(needs, expected);
    }
}

//! All outputs of a run together.

use tapir_packet::{LinkType, Timestamp};
use tapir_protocols::StoreKey;

use crate::certificate_store::CertificateStore;
use crate::config::{OutputConfig, SinkConfig};
use crate::csv::CsvSink;
use crate::error::OutputError;
use crate::eve::EveSink;
use crate::event::{Body, Event, FileContent, UNNUMBERED};
use crate::fast::FastSink;
use crate::file_store::FileStore;
use crate::full::FullSink;
use crate::needs::Needs;
use crate::pcap_log::PcapLog;
use crate::sink::Sink;
use crate::stats_log::StatsLogSink;
use crate::syslog_alert::SyslogSink;

/// The outputs of a run. Events come in order from one thread.
pub struct Outputs {
    sinks: Vec<Box<dyn Sink>>,
    file_store: Option<FileStore>,
    needs: Needs,
    live: bool,
    flush_nanos: u64,
    last_flush: Timestamp,
    now: Timestamp,
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outputs")
            .field("sinks", &self.sinks.len())
            .field("needs", &self.needs)
            .finish()
    }
}

impl Outputs {
    /// Opens every output.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(config: &OutputConfig) -> Result<Self, OutputError> {
        let sinks = config
            .sinks
            .iter()
            .map(|sink| open(sink, config))
            .collect::<Result<_, _>>()?;
        Ok(Self::of(sinks, config))
    }

    /// The given outputs, for one that is none of this crate's kinds.
    pub fn of(sinks: Vec<Box<dyn Sink>>, config: &OutputConfig) -> Self {
        Self {
            sinks,
            file_store: config
                .file_store
                .as_ref()
                .map(|store| FileStore::new(store, config)),
            needs: Needs::of(config),
            live: config.live,
            flush_nanos: u64::try_from(config.flush_interval.as_nanos()).unwrap_or(u64::MAX),
            last_flush: Timestamp::ZERO,
            now: Timestamp::ZERO,
        }
    }

    /// What the outputs make use of: nobody need fill in the rest of an event.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Hands an event to every output.
    pub fn emit(&mut self, event: &Event) {
        self.now = self.now.max(event.ts);
        let placed = match &event.body {
            Body::Stored { json, key } => Some(self.numbered(event, json, *key)),
            _ => self.with_capture_file(event),
        };
        let event = placed.as_ref().unwrap_or(event);
        self.sinks.iter_mut().for_each(|sink| sink.emit(event));
    }

    /// The record of a stored file with its number in it, if it could be stored.
    fn numbered(&mut self, event: &Event, json: &[u8], key: StoreKey) -> Event {
        let store = self.file_store.as_mut();
        let stored = store.and_then(|store| store.number(key));
        let told = stored.as_ref().map_or_else(
            || "\"stored\":false".to_owned(),
            |stored| format!("\"stored\":true,\"file_id\":{}", stored.id),
        );
        let unnumbered = UNNUMBERED.as_bytes();
        let json = match memchr::memmem::find(json, unnumbered) {
            Some(at) => {
                let after = json.get(at + unnumbered.len()..).unwrap_or_default();
                [json.get(..at).unwrap_or_default(), told.as_bytes(), after].concat()
            }
            None => json.to_vec(),
        };
        let body = Body::App {
            log: "fileinfo",
            event_type: "fileinfo",
            variant: None,
            json: json.into(),
        };
        let record = Event {
            body,
            envelope: event.envelope.clone(),
            ..*event
        };
        if let (Some(store), Some(stored)) = (&mut self.file_store, stored) {
            store.write_record(&record, &stored);
        }
        record
    }

    /// Takes content of a file that is kept on disk.
    pub fn store(&mut self, content: &FileContent) {
        if let Some(store) = &mut self.file_store {
            store.take(content);
        }
    }

    /// What the file store counted, under the names of the statistics record; nothing without one.
    pub fn file_store_counters(&self) -> Option<[(&'static str, u64); 3]> {
        self.file_store.as_ref().map(FileStore::counters)
    }

    /// An alert with the packet log's file in it, when there is a packet log.
    fn with_capture_file(&self, event: &Event) -> Option<Event> {
        let Body::Alert(alert) = &event.body else {
            return None;
        };
        let file = self.sinks.iter().find_map(|sink| sink.capture_file())?;
        let mut alert = alert.clone();
        alert.capture_file = Some(file.to_string_lossy().into());
        let body = Body::Alert(alert);
        Some(Event {
            body,
            envelope: event.envelope.clone(),
            ..*event
        })
    }

    /// Hands a captured packet to the packet logs that take every one; see [`Needs::packets`].
    pub fn log_packet(&mut self, ts: Timestamp, link: LinkType, data: &[u8], wire_len: u32) {
        self.sinks
            .iter_mut()
            .for_each(|sink| sink.packet(ts, link, data, wire_len));
    }

    /// Time has passed, packet time in a replay: files may be due for rotation, and what a live run has
    /// buffered for its readers.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.sinks.iter_mut().for_each(|sink| sink.tick(now));
        if self.live && now.nanos().saturating_sub(self.last_flush.nanos()) >= self.flush_nanos {
            self.last_flush = now;
            self.flush();
        }
    }

    /// Writes out what is buffered.
    pub fn flush(&mut self) {
        let now = self.now;
        self.sinks.iter_mut().for_each(|sink| sink.flush(now));
    }

    /// Opens log files again under their names, as after `SIGHUP`.
    pub fn reopen(&mut self) {
        let now = self.now;
        self.sinks.iter_mut().for_each(|sink| sink.reopen(now));
    }

    /// Records that could not be delivered so far.
    pub fn lost(&mut self) -> u64 {
        self.sinks.iter_mut().map(|sink| sink.lost()).sum()
    }

    /// Writes out everything and closes; returns how many records could not be delivered.
    pub fn finish(mut self) -> u64 {
        self.flush();
        let lost = self.lost();
        if lost > 0 {
            tracing::warn!("{lost} records could not be delivered");
        }
        lost
    }
}

fn open(sink: &SinkConfig, all: &OutputConfig) -> Result<Box<dyn Sink>, OutputError> {
    Ok(match sink {
        SinkConfig::Eve(config) => Box::new(EveSink::open((**config).clone(), all)?),
        SinkConfig::Fast(config) => Box::new(FastSink::open(config, all)?),
        SinkConfig::Full(config) => Box::new(FullSink::open(config, false, all)?),
        SinkConfig::Cmg(config) => Box::new(FullSink::open(config, true, all)?),
        SinkConfig::Csv(config) => Box::new(CsvSink::open(config, all)?),
        SinkConfig::Syslog(config) => Box::new(SyslogSink::open(config, all)?),
        SinkConfig::Stats(config) => Box::new(StatsLogSink::open(config, all)?),
        SinkConfig::Certificates(dir) => Box::new(CertificateStore::new(dir, all)),
        SinkConfig::Pcap(config) => Box::new(PcapLog::new(config.clone(), all)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        Destination, EveConfig, EveTypes, FastConfig, FileConfig, PcapCondition, PcapLogConfig,
        TextConfig,
    };
    use crate::event::PacketBytes;
    use crate::samples::{alert, flow, time};
    use std::path::Path;
    use std::sync::Arc;

    fn config(folder: &Path, sinks: Vec<SinkConfig>) -> OutputConfig {
        OutputConfig {
            log_dir: folder.to_owned(),
            sinks,
            ..OutputConfig::default()
        }
    }

    fn eve(name: &str, types: EveTypes) -> SinkConfig {
        let destination = Destination::File(FileConfig::named(name));
        SinkConfig::Eve(Box::new(EveConfig {
            destination,
            types,
            ..EveConfig::default()
        }))
    }

    fn read(folder: &Path, name: &str) -> String {
        std::fs::read_to_string(folder.join(name)).expect("a log")
    }

    #[test]
    fn each_output_takes_what_it_is_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let flows = EveTypes {
            flow: true,
            netflow: true,
            ..EveTypes::default()
        };
        let alerts = EveTypes {
            flow: false,
            ..EveTypes::usual()
        };
        let pcap = PcapLogConfig {
            condition: PcapCondition::Alerts,
            ..PcapLogConfig::default()
        };
        let sinks = vec![
            eve("flows.json", flows),
            eve("alerts.json", alerts),
            SinkConfig::Fast(FastConfig::default()),
            SinkConfig::Pcap(pcap),
        ];
        let mut outputs = Outputs::open(&config(folder.path(), sinks)).expect("opens");
        assert!(outputs.needs().alerted_packets && !outputs.needs().packets);
        let packet = PacketBytes {
            ts: time(0),
            link: LinkType::RAW,
            data: [1; 60].into(),
            wire_len: 60,
        };
        let captured = Event {
            body: Body::Captured(Arc::new(packet)),
            ..alert()
        };
        for event in [captured, alert(), flow()] {
            outputs.emit(&event);
        }
        outputs.log_packet(time(0), LinkType::RAW, &[1], 1);
        assert_eq!(outputs.finish(), 0);
        let kinds = |name| -> Vec<String> {
            let records = read(folder.path(), name);
            let records = records
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
            records
                .map(|record| record["event_type"].as_str().expect("a type").to_owned())
                .collect()
        };
        assert_eq!(kinds("flows.json"), ["flow", "netflow", "netflow"]);
        assert_eq!(kinds("alerts.json"), ["alert"]);
        assert_eq!(read(folder.path(), "fast.log").lines().count(), 1);
        assert!(read(folder.path(), "alerts.json").contains("/log.pcap.1468449727\""));
        let log = std::fs::read(folder.path().join("log.pcap.1468449727")).expect("a packet log");
        assert_eq!(log.len(), 24 + 16 + 60);
    }

    #[test]
    fn a_live_run_shows_records_in_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let sinks = vec![SinkConfig::Fast(FastConfig::default())];
        let config = OutputConfig {
            live: true,
            ..config(folder.path(), sinks)
        };
        let mut outputs = Outputs::open(&config).expect("opens");
        outputs.emit(&alert());
        assert_eq!(read(folder.path(), "fast.log"), "");
        outputs.tick(time(2_000));
        assert_eq!(read(folder.path(), "fast.log").lines().count(), 1);
        outputs.emit(&alert());
        outputs.tick(time(2_500));
        assert_eq!(read(folder.path(), "fast.log").lines().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let destination = Destination::File(FileConfig::named("no/such/folder.log"));
        let sinks = vec![SinkConfig::Full(TextConfig { destination })];
        let error = Outputs::open(&config(folder.path(), sinks)).expect_err("refused");
        assert!(error.to_string().contains("no/such/folder.log"), "{error}");
    }
}

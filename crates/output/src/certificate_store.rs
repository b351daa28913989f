//! Certificates of TLS sessions that rules have kept on disk (`tls.store`), each chain as a PEM file (RFC 7468) with a
//! file beside it that says whose it is.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tapir_packet::Direction;
use tapir_protocols::CertificateChain;

use crate::channel::Channel;
use crate::config::OutputConfig;
use crate::event::{Body, Event};
use crate::local_time::LocalTime;
use crate::sink::Sink;
use crate::text::{push, push_proto};

/// Characters of a line of base64 (RFC 7468, section 2).
const LINE: usize = 64;

/// Keeps certificates.
#[derive(Debug)]
pub(crate) struct CertificateStore {
    dir: PathBuf,
    time: LocalTime,
    /// How many chains have come; each has its number in its name.
    chains: u64,
    /// The first failure has been told of.
    failing: bool,
}

impl CertificateStore {
    pub(crate) fn new(dir: &Path, all: &OutputConfig) -> Self {
        Self {
            dir: all.log_dir.join(dir),
            time: LocalTime::system(),
            chains: 0,
            failing: false,
        }
    }

    fn keep(&mut self, event: &Event, side: Direction, chain: &CertificateChain) -> io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let of_client = match side {
            Direction::ToServer => "client-",
            Direction::ToClient => "",
        };
        let (seconds, micros) = (event.ts.secs(), event.ts.subsec_micros());
        let name = format!("{of_client}{seconds}.{micros:06}-{}", self.chains);
        std::fs::write(self.dir.join(format!("{name}.pem")), pem(chain))?;
        let about = self.about(event, chain);
        std::fs::File::create(self.dir.join(format!("{name}.meta")))?.write_all(&about)
    }

    /// Whose the certificates are.
    fn about(&mut self, event: &Event, chain: &CertificateChain) -> Vec<u8> {
        let at = &event.envelope;
        let mut out = b"TIME:              ".to_vec();
        self.time.push_dated(&mut out, event.ts);
        push(
            &mut out,
            format_args!(
                "\nSRC IP:            {}\nDST IP:            {}\nPROTO:             ",
                at.src_ip, at.dest_ip
            ),
        );
        push_proto(&mut out, at.proto);
        push(
            &mut out,
            format_args!(
                "\nSRC PORT:          {}\nDST PORT:          {}\n\
                 TLS SUBJECT:       {}\nTLS ISSUERDN:      {}\nTLS FINGERPRINT:   {}\n",
                at.src_port,
                at.dest_port,
                one_line(&chain.subject),
                one_line(&chain.issuer),
                chain.fingerprint
            ),
        );
        out
    }
}

impl Sink for CertificateStore {
    fn emit(&mut self, event: &Event) {
        let Body::Certificates { side, chain } = &event.body else {
            return;
        };
        self.chains += 1;
        if let Err(error) = self.keep(event, *side, chain)
            && !std::mem::replace(&mut self.failing, true)
        {
            let dir = self.dir.display();
            tracing::warn!("cannot keep certificates in {dir}: {error}");
        }
    }

    fn channel(&mut self) -> Option<&mut Channel> {
        None
    }
}

/// A name as it may stand in a line: strangers chose it.
fn one_line(name: &str) -> String {
    name.chars()
        .map(|char| if char.is_control() { '.' } else { char })
        .collect()
}

fn pem(chain: &CertificateChain) -> Vec<u8> {
    let mut out = Vec::new();
    for der in &chain.certificates {
        out.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
        for line in STANDARD.encode(der).as_bytes().chunks(LINE) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out.extend_from_slice(b"-----END CERTIFICATE-----\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn chains_get_the_time_and_a_number_as_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let all = OutputConfig {
            log_dir: folder.path().to_path_buf(),
            ..OutputConfig::default()
        };
        let mut store = CertificateStore::new(Path::new("certs"), &all);
        store.emit(&samples::alert());
        assert!(!folder.path().join("certs").exists());
        for side in [Direction::ToClient, Direction::ToServer] {
            let chain = CertificateChain {
                certificates: vec![b"Tapir".to_vec().into()],
                subject: "CN=a".into(),
                issuer: "CN=b".into(),
                fingerprint: "aa:bb".into(),
            };
            store.emit(&Event {
                packet: 1,
                order: 0,
                ts: tapir_packet::Timestamp::new(12, 34_000),
                envelope: samples::envelope(),
                body: Body::Certificates {
                    side,
                    chain: Box::new(chain),
                },
            });
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join("certs").join(name));
        for name in ["12.000034-1", "client-12.000034-2"] {
            let about = read(&format!("{name}.meta")).expect("a description");
            assert!(about.contains("\nTLS SUBJECT:       CN=a\nTLS ISSUERDN:      CN=b\n"));
            let certificates = read(&format!("{name}.pem")).expect("certificates");
            assert!(certificates.contains("\nVGFwaXI=\n"));
        }
    }

    #[test]
    fn a_chain_is_written_in_lines_of_64() {
        let chain = CertificateChain {
            certificates: vec![vec![0; 49].into(), b"Tapir".to_vec().into()],
            subject: "CN=a\nb".into(),
            issuer: "CN=c".into(),
            fingerprint: "00".into(),
        };
        let zeros = "A".repeat(64);
        let expected = format!(
            "-----BEGIN CERTIFICATE-----\n{zeros}\nAA==\n-----END CERTIFICATE-----\n\
             -----BEGIN CERTIFICATE-----\nVGFwaXI=\n-----END CERTIFICATE-----\n"
        );
        assert_eq!(String::from_utf8(pem(&chain)).expect("text"), expected);
        assert_eq!(one_line(&chain.subject), "CN=a.b");
    }
}

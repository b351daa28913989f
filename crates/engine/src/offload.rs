//! Recognising captures whose checksums were left to the network card.

use tapir_packet::{Decoder, Frame};

/// Packets looked at before a decision.
const SAMPLE: u64 = 1000;
/// More than one wrong checksum in so many packets: they were never computed.
const RATIO: u64 = 10;

/// Watches the first packets of a capture for wrong checksums.
///
/// The decision is taken once, at a fixed packet, by whoever reads the capture: it must not depend on which
/// worker gets which packet.
#[derive(Debug, Default)]
pub(crate) struct OffloadSampler {
    seen: u64,
    wrong: u64,
    ignore: bool,
}

impl OffloadSampler {
    /// Looks at the next frame; true when checksums are not to be verified from it on.
    pub(crate) fn ignore_checksums(&mut self, decoder: &mut Decoder, frame: &Frame<'_>) -> bool {
        if self.seen < SAMPLE {
            self.seen += 1;
            let packets = decoder.decode(frame);
            let wrong = packets
                .iter()
                .any(|packet| packet.transport_checksum_ok() == Some(false));
            self.wrong += u64::from(wrong);
            if self.seen == SAMPLE {
                self.ignore = self.wrong > 0 && SAMPLE / self.wrong < RATIO;
                if self.ignore {
                    tracing::info!(
                        "{} of the first {SAMPLE} packets have a wrong checksum: taken for checksum offloading, \
                         checksums are not verified from here on",
                        self.wrong
                    );
                }
            }
            return false;
        }
        self.ignore
    }
}

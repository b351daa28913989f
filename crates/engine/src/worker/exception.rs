//! Exception policies: what becomes of a packet that cannot be inspected as it should.

use tapir_detect::{FlowVerdict, Recorder};
use tapir_flow::FlowState;
use tapir_flow::tcp::Exception;
use tapir_packet::Packet;

use super::FlowOf;
use super::circumstances::Circumstances;
use super::inspector::Inspector;
use crate::settings::ExceptionPolicy;

/// A case for which the configuration has a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// One of the TCP engine.
    Tcp(Exception),
    /// The parser of the application protocol gave up (`app-layer.error-policy`).
    AppLayerError,
}

/// What records, counters and drops call a case.
struct Words {
    target: &'static str,
    counter: &'static str,
    reason: &'static str,
}

impl Case {
    fn words(self) -> Words {
        let (target, counter, reason) = match self {
            Self::Tcp(Exception::Midstream) => {
                ("stream_midstream", "tcp.midstream", "stream midstream")
            }
            Self::Tcp(Exception::SessionMemcap) => {
                ("stream_memcap", "tcp.ssn_memcap", "stream memcap")
            }
            Self::Tcp(Exception::ReassemblyMemcap) => (
                "stream_reassembly_memcap",
                "tcp.reassembly",
                "stream reassembly",
            ),
            Self::AppLayerError => ("app_layer_error", "app_layer.error", "applayer error"),
        };
        Words {
            target,
            counter,
            reason,
        }
    }
}

impl<R: Recorder> Inspector<R> {
    /// Applies the exception policy of a case; true when the packet is not inspected further.
    pub(super) fn except(
        &mut self,
        packet: &Packet<'_>,
        flow: &mut FlowOf,
        seen: &Circumstances,
        case: Case,
    ) -> bool {
        let policies = &self.settings.policies;
        let policy = match case {
            Case::Tcp(Exception::Midstream) => policies.midstream,
            Case::Tcp(Exception::SessionMemcap) => policies.session_memcap,
            Case::Tcp(Exception::ReassemblyMemcap) => policies.reassembly_memcap,
            Case::AppLayerError => policies.app_layer_error,
        };
        let words = case.words();
        // Of a parser that gave up nothing is told unless something follows from it.
        if case != Case::AppLayerError || policy != ExceptionPolicy::Ignore {
            flow.attachment.exception = Some((words.target, policy.name()));
        }
        if policy == ExceptionPolicy::Ignore {
            return false;
        }
        *self
            .own
            .exceptions
            .entry(words.counter)
            .or_default()
            .entry(policy.name())
            .or_default() += 1;
        match policy {
            ExceptionPolicy::Ignore => false,
            ExceptionPolicy::PassPacket => true,
            ExceptionPolicy::PassFlow => {
                flow.attachment.detect.decide(FlowVerdict::Pass);
                true
            }
            ExceptionPolicy::Bypass => {
                flow.set_state(FlowState::LocalBypassed);
                true
            }
            ExceptionPolicy::DropPacket | ExceptionPolicy::DropFlow | ExceptionPolicy::Reject => {
                if policy != ExceptionPolicy::DropPacket {
                    flow.attachment.detect.decide(FlowVerdict::Drop);
                }
                if self.settings.prevention {
                    self.dropped(packet, flow, seen, words.reason);
                }
                true
            }
        }
    }
}

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
    /// No room for the datagram of a fragment.
    DefragMemcap,
    /// No room for another flow.
    FlowMemcap,
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
            Self::DefragMemcap => ("defrag_memcap", "defrag.memcap", "defrag memcap"),
            Self::FlowMemcap => ("flow_memcap", "flow.memcap", "flow memcap"),
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
        let policy = self.policy_of(case);
        let words = case.words();
        // Of a parser that gave up nothing is told unless something follows from it.
        if case != Case::AppLayerError || policy != ExceptionPolicy::Ignore {
            flow.attachment.exception = Some((words.target, policy.name()));
        }
        if policy == ExceptionPolicy::Ignore {
            return false;
        }
        self.count_exception(words.counter, policy);
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
                    self.dropped(packet, Some(flow), seen, words.reason);
                }
                true
            }
        }
    }

    /// The same for a packet that has no flow.
    pub(super) fn except_alone(&mut self, packet: &Packet<'_>, case: Case) -> bool {
        let policy = self.policy_of(case);
        if policy == ExceptionPolicy::Ignore {
            return false;
        }
        let words = case.words();
        self.count_exception(words.counter, policy);
        if policy != ExceptionPolicy::PassPacket && self.settings.prevention {
            self.dropped(packet, None, &Circumstances::default(), words.reason);
        }
        true
    }

    fn policy_of(&self, case: Case) -> ExceptionPolicy {
        let policies = &self.settings.policies;
        match case {
            Case::DefragMemcap => policies.defrag_memcap,
            Case::FlowMemcap => policies.flow_memcap,
            Case::Tcp(Exception::Midstream) => policies.midstream,
            Case::Tcp(Exception::SessionMemcap) => policies.session_memcap,
            Case::Tcp(Exception::ReassemblyMemcap) => policies.reassembly_memcap,
            Case::AppLayerError => policies.app_layer_error,
        }
    }

    fn count_exception(&mut self, counter: &'static str, policy: ExceptionPolicy) {
        *self
            .own
            .exceptions
            .entry(counter)
            .or_default()
            .entry(policy.name())
            .or_default() += 1;
    }
}

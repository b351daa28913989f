//! Stream events: what is remarkable about a segment, under the names that rules use.

use std::fmt;

macro_rules! stream_events {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// Something wrong or remarkable that following a TCP session found in a segment.
        ///
        /// The names are those of the `stream-event` rule keyword and, after a `stream.` prefix, of anomaly records
        /// and counters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum StreamEvent {
            $($(#[doc = $doc])+ $variant,)+
        }

        const EVENTS: &[StreamEvent] = &[$(StreamEvent::$variant,)+];
        const NAMES: &[&str] = &[$(concat!("stream.", $name),)+];
    };
}

stream_events! {
    /// Handshake: an acknowledgment from the server where the client's was due.
    HandshakeAckInWrongDir = "3whs_ack_in_wrong_dir",
    /// Handshake seen from one side: the segment after the SYN has the wrong sequence number.
    HandshakeAsyncWrongSeq = "3whs_async_wrong_seq",
    /// Handshake: right sequence number, wrong acknowledgment: some hosts do not reset on it.
    HandshakeRightSeqWrongAckEvasion = "3whs_right_seq_wrong_ack_evasion",
    /// Handshake: a SYN/ACK to the server.
    HandshakeSynackInWrongDirection = "3whs_synack_in_wrong_direction",
    /// Handshake: a SYN/ACK again that acknowledges something else.
    HandshakeSynackResendWithDifferentAck = "3whs_synack_resend_with_different_ack",
    /// Handshake: a SYN/ACK again with another sequence number. Not raised: such are kept until the answer tells which
    /// one counts.
    HandshakeSynackResendWithDiffSeq = "3whs_synack_resend_with_diff_seq",
    /// Handshake: a SYN/ACK to the server after the server's own.
    HandshakeSynackToserverOnSynRecv = "3whs_synack_toserver_on_syn_recv",
    /// Handshake: a SYN/ACK that does not acknowledge the SYN.
    HandshakeSynackWithWrongAck = "3whs_synack_with_wrong_ack",
    /// Handshake: more different SYN/ACKs than are kept.
    HandshakeSynackFlood = "3whs_synack_flood",
    /// Handshake: more different SYNs than are kept.
    HandshakeSynFlood = "3whs_syn_flood",
    /// Handshake: a SYN again with another sequence number.
    HandshakeSynResendDiffSeqOnSynRecv = "3whs_syn_resend_diff_seq_on_syn_recv",
    /// Handshake: a SYN to the client after the SYN/ACK.
    HandshakeSynToclientOnSynRecv = "3whs_syn_toclient_on_syn_recv",
    /// Handshake: wrong sequence number and wrong acknowledgment.
    HandshakeWrongSeqWrongAck = "3whs_wrong_seq_wrong_ack",
    /// Handshake: data from the server before the client's acknowledgment (inline only).
    HandshakeAckDataInject = "3whs_ack_data_inject",
    /// Handshake: the server refused the data that came with the SYN.
    HandshakeSynackTfoDataIgnored = "3whs_synack_tfo_data_ignored",
    /// Split handshake: the SYN/ACK does not acknowledge the server's SYN.
    SplitSynackWithWrongAck = "4whs_synack_with_wrong_ack",
    /// Split handshake: the SYN/ACK does not repeat the client's SYN.
    SplitSynackWithWrongSyn = "4whs_synack_with_wrong_syn",
    /// Split handshake: wrong sequence number.
    SplitWrongSeq = "4whs_wrong_seq",
    /// Split handshake: wrong acknowledgment.
    SplitInvalidAck = "4whs_invalid_ack",
    /// Client closing: acknowledgment out of window.
    ClosewaitAckOutOfWindow = "closewait_ack_out_of_window",
    /// Client closing: FIN out of window.
    ClosewaitFinOutOfWindow = "closewait_fin_out_of_window",
    /// Client closing: data that was acknowledged before.
    ClosewaitPktBeforeLastAck = "closewait_pkt_before_last_ack",
    /// Client closing: invalid acknowledgment.
    ClosewaitInvalidAck = "closewait_invalid_ack",
    /// Both closing: wrong sequence number.
    ClosingAckWrongSeq = "closing_ack_wrong_seq",
    /// Both closing: invalid acknowledgment.
    ClosingInvalidAck = "closing_invalid_ack",
    /// Established: segment out of window.
    EstPacketOutOfWindow = "est_packet_out_of_window",
    /// Established: data that was acknowledged before.
    EstPktBeforeLastAck = "est_pkt_before_last_ack",
    /// Established: SYN/ACK again.
    EstSynackResend = "est_synack_resend",
    /// Established: SYN/ACK again that acknowledges something else.
    EstSynackResendWithDifferentAck = "est_synack_resend_with_different_ack",
    /// Established: SYN/ACK again with another sequence number.
    EstSynackResendWithDiffSeq = "est_synack_resend_with_diff_seq",
    /// Established: SYN/ACK to the server.
    EstSynackToserver = "est_synack_toserver",
    /// Established: SYN again. Not raised: a repeated SYN is told as one with another sequence number.
    EstSynResend = "est_syn_resend",
    /// Established: SYN again with another sequence number.
    EstSynResendDiffSeq = "est_syn_resend_diff_seq",
    /// Established: SYN to the client.
    EstSynToclient = "est_syn_toclient",
    /// Established: invalid acknowledgment.
    EstInvalidAck = "est_invalid_ack",
    /// Established: the byte of a zero window probe is acknowledged. Not raised as long as the probe is forgotten with
    /// the first segment that answers it.
    EstAckZwpData = "est_ack_zwp_data",
    /// FIN with an invalid acknowledgment.
    FinInvalidAck = "fin_invalid_ack",
    /// First FIN sent: acknowledgment with a wrong sequence number.
    Fin1AckWrongSeq = "fin1_ack_wrong_seq",
    /// First FIN sent: FIN with a wrong sequence number.
    Fin1FinWrongSeq = "fin1_fin_wrong_seq",
    /// First FIN sent: invalid acknowledgment.
    Fin1InvalidAck = "fin1_invalid_ack",
    /// First FIN acknowledged: acknowledgment with a wrong sequence number.
    Fin2AckWrongSeq = "fin2_ack_wrong_seq",
    /// First FIN acknowledged: FIN with a wrong sequence number.
    Fin2FinWrongSeq = "fin2_fin_wrong_seq",
    /// First FIN acknowledged: invalid acknowledgment.
    Fin2InvalidAck = "fin2_invalid_ack",
    /// FIN without a session.
    FinButNoSession = "fin_but_no_session",
    /// FIN out of window.
    FinOutOfWindow = "fin_out_of_window",
    /// FIN and SYN together.
    FinSyn = "fin_syn",
    /// Last acknowledgment with a wrong sequence number.
    LastackAckWrongSeq = "lastack_ack_wrong_seq",
    /// Last acknowledgment is invalid.
    LastackInvalidAck = "lastack_invalid_ack",
    /// RST without a session.
    RstButNoSession = "rst_but_no_session",
    /// After the end: wrong sequence number.
    TimewaitAckWrongSeq = "timewait_ack_wrong_seq",
    /// After the end: invalid acknowledgment.
    TimewaitInvalidAck = "timewait_invalid_ack",
    /// While closing: SYN again.
    ShutdownSynResend = "shutdown_syn_resend",
    /// Timestamp that the receiver would not accept.
    PktInvalidTimestamp = "pkt_invalid_timestamp",
    /// Acknowledgment that the receiver would not accept.
    PktInvalidAck = "pkt_invalid_ack",
    /// Acknowledgment number set, its flag not.
    PktBrokenAck = "pkt_broken_ack",
    /// RST with an invalid acknowledgment.
    RstInvalidAck = "rst_invalid_ack",
    /// RST with data.
    RstWithData = "rst_with_data",
    /// Data that was sent before.
    PktRetransmission = "pkt_retransmission",
    /// Data that was acknowledged before.
    PktSpuriousRetransmission = "pkt_spurious_retransmission",
    /// Window shrunk so that expected data would be refused.
    PktBadWindowUpdate = "pkt_bad_window_update",
    /// A sender goes on after its RST: somebody else sent that one.
    SuspectedRstInject = "suspected_rst_inject",
    /// A segment came to another worker than its flow's. Not raised here: the dispatcher keeps flows together.
    WrongThread = "wrong_thread",
    /// Reassembly: a segment before what is kept. Not raised: it is a spurious retransmission and goes no further.
    ReassemblySegmentBeforeBaseSeq = "reassembly_segment_before_base_seq",
    /// Reassembly: no room for a segment.
    ReassemblyNoSegment = "reassembly_no_segment",
    /// Reassembly: data is missing that the receiver acknowledged.
    ReassemblySeqGap = "reassembly_seq_gap",
    /// Reassembly: data differs from what came before in the same place.
    ReassemblyOverlapDifferentData = "reassembly_overlap_different_data",
    /// Reassembly: as much was put together as is configured.
    ReassemblyDepthReached = "reassembly_depth_reached",
    /// Reassembly: the memory cap was reached while data was inserted.
    ReassemblyInsertMemcap = "reassembly_insert_memcap",
    /// Reassembly: more separate regions than are kept.
    ReassemblyInsertLimit = "reassembly_insert_limit",
    /// Reassembly: data could not be placed.
    ReassemblyInsertInvalid = "reassembly_insert_invalid",
    /// Reassembly: as many urgent bytes were taken out of band as are counted.
    ReassemblyUrgentOobLimitReached = "reassembly_urgent_oob_limit_reached",
}

impl StreamEvent {
    /// How many events there are.
    pub const COUNT: usize = EVENTS.len();

    /// The name used by rules: `pkt_broken_ack`.
    #[must_use]
    pub fn name(self) -> &'static str {
        let full = self.full_name();
        full.strip_prefix("stream.").unwrap_or(full)
    }

    /// The name with its prefix: `stream.pkt_broken_ack`.
    #[must_use]
    pub fn full_name(self) -> &'static str {
        NAMES.get(self as usize).copied().unwrap_or_default()
    }

    /// The event of a name, with or without the `stream.` prefix.
    #[must_use]
    pub fn from_name(name: &str) -> Option<StreamEvent> {
        let name = name.strip_prefix("stream.").unwrap_or(name);
        EVENTS.iter().copied().find(|event| event.name() == name)
    }

    /// Every event.
    pub fn all() -> impl Iterator<Item = StreamEvent> {
        EVENTS.iter().copied()
    }
}

impl fmt::Display for StreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of stream events.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct StreamEvents(u128);

impl StreamEvents {
    /// No event.
    pub const NONE: StreamEvents = StreamEvents(0);

    /// Adds an event.
    #[inline]
    pub fn set(&mut self, event: StreamEvent) {
        self.0 |= 1 << event as u8;
    }

    /// Whether an event is in the set.
    #[inline]
    #[must_use]
    pub fn contains(self, event: StreamEvent) -> bool {
        self.0 & (1 << event as u8) != 0
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The events, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = StreamEvent> {
        StreamEvent::all().filter(move |&event| self.contains(event))
    }
}

impl FromIterator<StreamEvent> for StreamEvents {
    fn from_iter<I: IntoIterator<Item = StreamEvent>>(events: I) -> Self {
        let mut set = StreamEvents::NONE;
        for event in events {
            set.set(event);
        }
        set
    }
}

impl fmt::Debug for StreamEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(StreamEvent::name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_found_by_its_name() {
        for event in StreamEvent::all() {
            assert_eq!(StreamEvent::from_name(event.name()), Some(event));
            assert_eq!(StreamEvent::from_name(event.full_name()), Some(event));
        }
        const { assert!(StreamEvent::COUNT <= 128) };
        assert_eq!(StreamEvent::from_name("no_such_event"), None);
    }

    #[test]
    fn a_set_remembers_what_was_put_in() {
        let mut set = StreamEvents::NONE;
        set.set(StreamEvent::ReassemblyUrgentOobLimitReached);
        set.set(StreamEvent::HandshakeAckInWrongDir);
        assert_eq!(set.len(), 2);
        assert!(!set.contains(StreamEvent::FinSyn));
        assert_eq!(
            format!("{set:?}"),
            r#"{"3whs_ack_in_wrong_dir", "reassembly_urgent_oob_limit_reached"}"#
        );
    }
}

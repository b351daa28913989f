//! What records call the flags of segments, sessions and streams.

use super::outcome::SegmentFlags;
use super::session::{Session, SessionFlags, Stream, StreamFlags};

impl SegmentFlags {
    /// The names of those that records tell of.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let known = [
            (Self::RETRANSMISSION, "retransmission"),
            (Self::SPURIOUS_RETRANSMISSION, "spurious_retransmission"),
            (Self::KEEPALIVE, "keepalive"),
            (Self::KEEPALIVE_ACK, "keepalive_ack"),
            (Self::WINDOW_UPDATE, "window_update"),
            (Self::STATE_CHANGED, "state_update"),
            (Self::DUP_ACK, "dup_ack"),
            (Self::ACK_UNSEEN_DATA, "ack_unseen_data"),
            (Self::ZERO_WINDOW_PROBE, "zero_window_probe"),
            (Self::ZERO_WINDOW_PROBE_ACK, "zero_window_probe_ack"),
        ];
        known
            .into_iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| name)
    }
}

impl Session {
    /// The names of what is so of the session.
    pub fn flag_names(&self) -> impl Iterator<Item = &'static str> {
        let known = [
            (SessionFlags::MIDSTREAM, "midstream"),
            (SessionFlags::MIDSTREAM_ESTABLISHED, "midstream_established"),
            (SessionFlags::MIDSTREAM_SYNACK, "midstream_synack"),
            (SessionFlags::TIMESTAMP, "timestamp"),
            (SessionFlags::SERVER_WSCALE, "server_wscale"),
            (SessionFlags::CLOSED_BY_RST, "closed_by_rst"),
            (SessionFlags::SPLIT_HANDSHAKE, "4whs"),
            (SessionFlags::EVASION_ATTEMPT, "detect_evasion_attempt"),
            (SessionFlags::CLIENT_SACKOK, "client_sackok"),
            (SessionFlags::SACKOK, "sackok"),
            (SessionFlags::HANDSHAKE_CONFIRMED, "3whs_confirmed"),
            (SessionFlags::APP_DISABLED, "app_layer_disabled"),
            (SessionFlags::FAST_OPEN, "tcp_fast_open"),
            (SessionFlags::FAST_OPEN_IGNORED, "tfo_data_ignored"),
        ];
        let flags = self.flags;
        known
            .into_iter()
            .filter(move |(flag, _)| flags.contains(*flag))
            .map(|(_, name)| name)
    }
}

impl Stream {
    /// The names of what is so of the stream.
    pub fn flag_names(&self) -> impl Iterator<Item = &'static str> {
        let known = [
            (StreamFlags::HAS_GAP, "has_gap"),
            (StreamFlags::NO_REASSEMBLY, "noreassembly"),
            (StreamFlags::KEEPALIVE, "keepalive"),
            (StreamFlags::DEPTH_REACHED, "depth_reached"),
            (StreamFlags::TRIGGER_RAW, "trigger_raw"),
            (StreamFlags::TIMESTAMP, "timestamp"),
            (StreamFlags::ZERO_TIMESTAMP, "zero_timestamp"),
            (StreamFlags::DETECTION_DONE, "appproto_detection_completed"),
            (StreamFlags::NEW_RAW_DISABLED, "new_raw_disabled"),
            (StreamFlags::RAW_DISABLED, "disable_raw"),
            (StreamFlags::RST_RECEIVED, "rst_recv"),
        ];
        let flags = self.flags;
        known
            .into_iter()
            .filter(move |(flag, _)| flags.contains(*flag))
            .map(|(_, name)| name)
    }
}

//! What can be wrong with mail.

/// The names, in the order of the numbers below.
pub(super) const NAMES: &[&str] = &[
    "invalid_reply",
    "unable_to_match_reply_with_request",
    "max_command_line_len_exceeded",
    "max_reply_line_len_exceeded",
    "invalid_pipelined_sequence",
    "bdat_chunk_len_exceeded",
    "no_server_welcome_message",
    "tls_rejected",
    "data_command_rejected",
    "failed_protocol_change",
    "duplicate_fields",
    "unparsable_content",
    "invalid_bdat",
    "mime_parse_failed",
    "mime_malformed_msg",
    "mime_invalid_base64",
    "mime_invalid_qp",
    "mime_long_line",
    "mime_long_enc_line",
    "mime_long_header_name",
    "mime_long_header_value",
    "mime_long_boundary",
    "mime_long_filename",
];

pub(super) const INVALID_REPLY: u8 = 0;
pub(super) const UNMATCHED_REPLY: u8 = 1;
pub(super) const LONG_COMMAND: u8 = 2;
pub(super) const LONG_REPLY: u8 = 3;
pub(super) const BAD_PIPELINE: u8 = 4;
pub(super) const NO_WELCOME: u8 = 6;
pub(super) const TLS_REJECTED: u8 = 7;
pub(super) const DATA_REJECTED: u8 = 8;
pub(super) const DUPLICATE: u8 = 10;
pub(super) const INVALID_BDAT: u8 = 12;
pub(super) const MALFORMED: u8 = 14;
pub(super) const BAD_BASE64: u8 = 15;
pub(super) const BAD_QP: u8 = 16;
pub(super) const LONG_LINE: u8 = 17;
pub(super) const LONG_ENCODED: u8 = 18;
pub(super) const LONG_NAME: u8 = 19;
pub(super) const LONG_VALUE: u8 = 20;
pub(super) const LONG_BOUNDARY: u8 = 21;
pub(super) const LONG_FILENAME: u8 = 22;

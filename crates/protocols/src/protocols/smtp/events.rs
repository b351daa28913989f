//! What can be wrong with mail.

/// The names, in the order of the numbers below. Records have them in capitals, and so do rules if they like.
pub(super) const NAMES: &[&str] = &[
    "INVALID_REPLY",
    "UNABLE_TO_MATCH_REPLY_WITH_REQUEST",
    "MAX_COMMAND_LINE_LEN_EXCEEDED",
    "MAX_REPLY_LINE_LEN_EXCEEDED",
    "INVALID_PIPELINED_SEQUENCE",
    "BDAT_CHUNK_LEN_EXCEEDED",
    "NO_SERVER_WELCOME_MESSAGE",
    "TLS_REJECTED",
    "DATA_COMMAND_REJECTED",
    "FAILED_PROTOCOL_CHANGE",
    "DUPLICATE_FIELDS",
    "UNPARSABLE_CONTENT",
    "INVALID_BDAT",
    "MIME_PARSE_FAILED",
    "MIME_MALFORMED_MSG",
    "MIME_INVALID_BASE64",
    "MIME_INVALID_QP",
    "MIME_LONG_LINE",
    "MIME_LONG_ENC_LINE",
    "MIME_LONG_HEADER_NAME",
    "MIME_LONG_HEADER_VALUE",
    "MIME_LONG_BOUNDARY",
    "MIME_LONG_FILENAME",
    "TRUNCATED_LINE",
];

pub(super) const INVALID_REPLY: u8 = 0;
pub(super) const BAD_PIPELINE: u8 = 4;
pub(super) const NO_WELCOME: u8 = 6;
pub(super) const TLS_REJECTED: u8 = 7;
pub(super) const DATA_REJECTED: u8 = 8;
pub(super) const FAILED_CHANGE: u8 = 9;
pub(super) const DUPLICATE: u8 = 10;
pub(super) const UNPARSABLE: u8 = 11;
pub(super) const INVALID_BDAT: u8 = 12;
pub(super) const BAD_BASE64: u8 = 15;
pub(super) const BAD_QP: u8 = 16;
pub(super) const LONG_LINE: u8 = 17;
pub(super) const LONG_ENCODED: u8 = 18;
pub(super) const LONG_NAME: u8 = 19;
pub(super) const LONG_VALUE: u8 = 20;
pub(super) const LONG_BOUNDARY: u8 = 21;
pub(super) const LONG_FILENAME: u8 = 22;
pub(super) const TRUNCATED_LINE: u8 = 23;

//! Names of PDUs, errors and traps.

use crate::names::place;

/// Kinds of PDUs, by the number of their tag.
pub(super) const KINDS: [&str; 9] = [
    "get_request",
    "get_next_request",
    "response",
    "set_request",
    "trap_v1",
    "get_bulk_request",
    "inform_request",
    "trap_v2",
    "report",
];

/// What went wrong, by number (RFC 3416, section 3).
pub(super) const ERRORS: [&str; 19] = [
    "NoError",
    "TooBig",
    "NoSuchName",
    "BadValue",
    "ReadOnly",
    "GenErr",
    "NoAccess",
    "WrongType",
    "WrongLength",
    "WrongEncoding",
    "WrongValue",
    "NoCreation",
    "InconsistentValue",
    "ResourceUnavailable",
    "CommitFailed",
    "UndoFailed",
    "AuthorizationError",
    "NotWritable",
    "InconsistentName",
];

/// Generic traps (RFC 1157, section 4.1.6).
pub(super) const TRAPS: [&str; 7] = [
    "ColdStart",
    "WarmStart",
    "LinkDown",
    "LinkUp",
    "AuthenticationFailure",
    "EgpNeighborLoss",
    "EnterpriseSpecific",
];

/// The number of a kind of PDUs, for rules.
pub fn pdu_number(name: &str) -> Option<u64> {
    place(&KINDS, name)
}

/// The number of a generic trap, for rules: they write the words with underscores between them.
pub fn trap_number(name: &str) -> Option<u64> {
    place(&TRAPS, &name.replace('_', ""))
}

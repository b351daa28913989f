//! Buffers that hold a host name.

use tapir_rules::keywords::{BufferId, dns, http, tls};

/// The buffers that hold a host name, with dots between its labels.
pub(crate) const BUFFERS: &[BufferId] = &[
    dns::QUERY,
    dns::QUERY_NAME,
    dns::ANSWER_NAME,
    dns::QUERIES_RRNAME,
    dns::ANSWERS_RRNAME,
    dns::ADDITIONALS_RRNAME,
    dns::AUTHORITIES_RRNAME,
    dns::RESPONSE_RRNAME,
    tls::SNI,
    tls::QUIC_SNI,
    http::HOST,
];

//! TCP sessions: handshake, sequence numbers, reassembly.

/// What is known of a TCP session.
#[derive(Debug)]
pub struct Session {}

//! One module a protocol.

mod http1;
mod ssh;
mod tls;

use crate::signature::Signature;

/// Every protocol that can be recognised, in the order in which their patterns and probes are tried.
pub(crate) const SIGNATURES: &[Signature] = &[http1::SIGNATURE, tls::SIGNATURE, ssh::SIGNATURE];

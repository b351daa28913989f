//! What happens in each capture.

mod encapsulated;
mod evasion;
mod files;
mod fragments;
mod icmp;
mod malformed;
mod names;
mod scans;
mod services;
mod web;

use crate::Capture;

/// Every capture, by family.
pub fn captures() -> Vec<Capture> {
    [
        web::captures(),
        evasion::captures(),
        fragments::captures(),
        names::captures(),
        services::captures(),
        icmp::captures(),
        scans::captures(),
        encapsulated::captures(),
        malformed::captures(),
        files::captures(),
    ]
    .concat()
}

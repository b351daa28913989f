//! Which interfaces there are.

use std::net::IpAddr;

use pcap::Device;

use crate::error::CaptureError;
use crate::live::libpcap::explain;

/// An interface that can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as to be given to a source.
    pub name: String,
    /// What the system says of it.
    pub description: Option<String>,
    /// Whether it is up.
    pub up: bool,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// The interfaces that this process may watch.
///
/// # Errors
/// When the system does not tell.
pub fn interfaces() -> Result<Vec<Interface>, CaptureError> {
    let devices = Device::list().map_err(|e| CaptureError::Interface {
        interface: "any".to_owned(),
        message: explain(e),
    })?;
    Ok(devices
        .into_iter()
        .map(|device| Interface {
            up: device.flags.is_up(),
            name: device.name,
            description: device.desc,
            addresses: device.addresses.iter().map(|a| a.addr).collect(),
        })
        .collect())
}

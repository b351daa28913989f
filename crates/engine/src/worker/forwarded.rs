//! The client behind a proxy, as a header of a request names it.

use std::net::IpAddr;

use tapir_detect::{Alert, Recorder};

use super::FlowOf;
use super::inspector::Inspector;

impl<R: Recorder> Inspector<R> {
    /// The addresses that requests name from which alerts are raised, by the numbers of the transactions.
    pub(super) fn forwarded(
        &self,
        flow: Option<&FlowOf>,
        alerts: &[Alert],
    ) -> Vec<(u64, Box<str>)> {
        let mut found: Vec<(u64, Box<str>)> = Vec::new();
        let (Some((header, reverse)), Some(flow)) = (&self.needs.xff, flow) else {
            return found;
        };
        let Some(state) = flow.attachment.dialogue.state() else {
            return found;
        };
        for id in alerts.iter().filter_map(|alert| alert.transaction) {
            if found.iter().any(|(known, _)| *known == id) {
                continue;
            }
            let place = (0..state.len())
                .find(|place| state.meta(*place).is_some_and(|meta| meta.id() == id));
            let transaction = place.and_then(|place| state.transaction(place));
            let value = transaction.and_then(|transaction| transaction.request_header(header));
            if let Some(address) = value.and_then(|value| address(value, *reverse)) {
                found.push((id, address.to_string().into()));
            }
        }
        found
    }
}

/// The first address of a list, or the last one: that of the client, or of what stands before the nearest proxy.
fn address(value: &[u8], last: bool) -> Option<IpAddr> {
    let text = std::str::from_utf8(value).ok()?;
    let mut addresses = text.split(',');
    let text = if last {
        addresses.next_back()
    } else {
        addresses.next()
    };
    let text = text?.trim();
    // A port may follow.
    let host = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    host.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_proxies_stand_in_a_list() {
        let of = |text: &str, last| address(text.as_bytes(), last).map(|it| it.to_string());
        let list = "10.2.2.2, 10.3.3.3:8080";
        assert_eq!(of(list, false).as_deref(), Some("10.2.2.2"));
        assert_eq!(of(list, true).as_deref(), Some("10.3.3.3"));
        assert_eq!(of("[2001:db8::1]:80", true).as_deref(), Some("2001:db8::1"));
        assert_eq!(of("2001:db8::1", true).as_deref(), Some("2001:db8::1"));
        assert_eq!(of("unknown", true), None);
    }
}

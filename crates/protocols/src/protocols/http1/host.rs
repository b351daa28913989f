//! Hosts with their ports, as headers and targets name them (RFC 3986, section 3.2).

/// Host and port; nothing without a port.
pub(super) fn split(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let end = match text.first() {
        Some(b'[') => memchr::memchr(b']', text).map_or(text.len(), |at| at + 1),
        _ => memchr::memchr(b':', text).unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end);
    let end = host
        .iter()
        .rposition(|byte| *byte != b' ')
        .map_or(0, |at| at + 1);
    (host.get(..end).unwrap_or_default(), rest.strip_prefix(b":"))
}

/// The number of a port.
pub(super) fn port(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.trim().parse().ok().filter(|port| *port > 0)
}

/// Whether a host with its port could be one.
pub(super) fn is_valid(text: &[u8]) -> bool {
    let (host, digits) = split(text);
    digits.is_none_or(|digits| port(digits).is_some()) && is_name(host)
}

fn is_name(host: &[u8]) -> bool {
    if let Some(address) = host.strip_prefix(b"[") {
        let address = address.strip_suffix(b"]").unwrap_or(address);
        return std::str::from_utf8(address)
            .is_ok_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let is_label = |label: &[u8]| {
        label.len() <= 63
            && label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    (1..=255).contains(&host.len())
        && !host.starts_with(b".")
        && memchr::memmem::find(host, b"..").is_none()
        && host.split(|byte| *byte == b'.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_a_form() {
        assert_eq!(split(b"[::1]:80"), (&b"[::1]"[..], Some(&b"80"[..])));
        for host in ["a.example:8080", "[::1]", "under_score.example."] {
            assert!(is_valid(host.as_bytes()), "{host}");
        }
        for host in ["", "a..b", "a b", "a:99999", "[zz]"] {
            assert!(!is_valid(host.as_bytes()), "{host}");
        }
    }
}

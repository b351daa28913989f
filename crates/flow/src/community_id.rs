//! Community ID flow hashing, version 1 (<https://github.com/corelight/community-id-spec>).

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use crate::flow::Flow;
use crate::key::{ESP, ICMP, ICMPV6};

fn octets(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
}

/// The identifier of a flow. For ICMP the types of request and reply stand in for ports, for ESP the two halves of
/// the SPI; a message without a reply has 0 for the reply's type.
pub(crate) fn v1<A>(flow: &Flow<A>, seed: u16) -> String {
    let protocol = flow.protocol();
    let (sport, dport) = match protocol {
        ICMP | ICMPV6 => (flow.icmp_request().0.into(), flow.icmp_response().0.into()),
        ESP => flow.key().spi_halves(),
        _ => (flow.client_port(), flow.server_port()),
    };
    identifier(
        seed,
        protocol,
        (flow.client(), sport),
        (flow.server(), dport),
    )
}

fn identifier(seed: u16, protocol: u8, src: (IpAddr, u16), dst: (IpAddr, u16)) -> String {
    let (first, second) = if src <= dst { (src, dst) } else { (dst, src) };
    let mut input = Vec::with_capacity(40);
    input.extend_from_slice(&seed.to_be_bytes());
    octets(first.0, &mut input);
    octets(second.0, &mut input);
    input.extend_from_slice(&[protocol, 0]);
    input.extend_from_slice(&first.1.to_be_bytes());
    input.extend_from_slice(&second.1.to_be_bytes());
    format!("1:{}", STANDARD.encode(Sha1::digest(&input)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{TCP, UDP};

    fn end(address: &str, port: u16) -> (IpAddr, u16) {
        (address.parse().unwrap(), port)
    }

    // Expected values: the baseline published with the specification.
    #[test]
    fn published_values() {
        let client = end("128.232.110.120", 34855);
        let server = end("66.35.250.204", 80);
        assert_eq!(
            identifier(0, TCP, client, server),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
        );
        assert_eq!(
            identifier(0, TCP, server, client),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
        );
        assert_eq!(
            identifier(1, TCP, client, server),
            "1:3V71V58M3Ksw/yuFALMcW0LAHvc="
        );
        let (asking, resolver) = (end("192.168.1.52", 54585), end("8.8.8.8", 53));
        assert_eq!(
            identifier(0, UDP, asking, resolver),
            "1:d/FP5EW3wiY1vCndhwleRRKHowQ="
        );
    }

    #[test]
    fn echo_and_reply_share_an_identifier() {
        let ask = identifier(0, ICMP, end("192.168.0.89", 8), end("192.168.0.1", 0));
        let answer = identifier(0, ICMP, end("192.168.0.1", 0), end("192.168.0.89", 8));
        assert_eq!(ask, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
        assert_eq!(ask, answer);
    }
}

//! How messages are written to the log.

use std::net::Ipv4Addr;

use tapir_json::{Json, push_hex};

use super::message::{self as options, DhcpOption, Message, number};

/// The name of a message's type (RFC 2132, section 9.6).
fn type_name(number: u32) -> &'static str {
    match number {
        1 => "discover",
        2 => "offer",
        3 => "request",
        4 => "decline",
        5 => "ack",
        6 => "nak",
        7 => "release",
        8 => "inform",
        _ => "unknown",
    }
}

/// The members of a message, all of them or those that tell who got which address.
pub(super) fn write(json: &mut Json<'_>, message: &Message, is_extended: bool) {
    json.word(
        "type",
        if message.is_request {
            "request"
        } else {
            "reply"
        },
    );
    json.uint("id", message.id);
    mac(json, "client_mac", &message.client_mac);
    address(json, "assigned_ip", message.assigned);
    if is_extended {
        address(json, "client_ip", message.client);
        if !message.is_request {
            address(json, "relay_ip", message.relay);
            address(json, "next_server_ip", message.next_server);
        }
    }
    for (place, option) in message.options.iter().enumerate() {
        // The first one of a code counts.
        let before = message.options.get(..place).unwrap_or_default();
        if before.iter().all(|known| known.code != option.code) {
            write_option(json, option, is_extended);
        }
    }
}

fn write_option(json: &mut Json<'_>, option: &DhcpOption, is_extended: bool) {
    let content = &*option.content;
    match option.code {
        options::TYPE => {
            if let Some(number) = number(content) {
                json.word("dhcp_type", type_name(number));
            }
        }
        options::HOSTNAME => json.bytes("hostname", content),
        options::LEASE_TIME => seconds(json, "lease_time", content),
        _ if !is_extended => {}
        options::CLIENT_ID => {
            // A hardware address comes behind its type.
            if let [1, address @ ..] = content {
                mac(json, "client_id", address);
            } else {
                mac(json, "client_id", content);
            }
        }
        options::REBINDING_TIME => seconds(json, "rebinding_time", content),
        options::RENEWAL_TIME => seconds(json, "renewal_time", content),
        options::REQUESTED_IP => single_address(json, "requested_ip", content),
        options::SUBNET_MASK => single_address(json, "subnet_mask", content),
        options::ROUTERS => addresses(json, "routers", content),
        options::DNS_SERVERS => addresses(json, "dns_servers", content),
        options::VENDOR_CLASS => json.bytes("vendor_class_identifier", content),
        options::PARAMETERS => parameters(json, content),
        _ => {}
    }
}

fn seconds(json: &mut Json<'_>, key: &str, content: &[u8]) {
    if let Some(number) = number(content) {
        json.uint(key, number);
    }
}

fn address(json: &mut Json<'_>, key: &str, address: [u8; 4]) {
    json.text(key, &Ipv4Addr::from(address).to_string());
}

fn single_address(json: &mut Json<'_>, key: &str, content: &[u8]) {
    if let Some(first) = content.first_chunk() {
        address(json, key, *first);
    }
}

fn addresses(json: &mut Json<'_>, key: &str, content: &[u8]) {
    json.open_array(key);
    let (chunks, _) = content.as_chunks();
    for chunk in chunks {
        json.text_element(&Ipv4Addr::from(*chunk).to_string());
    }
    json.close_array();
}

fn mac(json: &mut Json<'_>, key: &str, bytes: &[u8]) {
    json.quoted(key, |out| {
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 {
                out.push(b':');
            }
            push_hex(out, *byte);
        }
    });
}

/// The parameters asked for, as far as they have names here.
fn parameters(json: &mut Json<'_>, content: &[u8]) {
    let name = |code: &u8| {
        Some(match code {
            1 => "subnet_mask",
            3 => "router",
            6 => "dns_server",
            15 => "domain",
            35 => "arp_timeout",
            42 => "ntp_server",
            66 => "tftp_server_name",
            150 => "tftp_server_ip",
            _ => return None,
        })
    };
    json.open_array("params");
    content
        .iter()
        .filter_map(name)
        .for_each(|name| json.text_element(name));
    json.close_array();
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::message;
    use super::*;

    #[test]
    fn short_records_tell_addresses_only() {
        let data = message(b"\x35\x01\x05\x0c\x01a\x37\x03\x01\x2c\x06\xff");
        let message = Message::read(&data).expect("a message");
        let shown = |is_extended| {
            let mut out = Vec::new();
            let mut json = Json::begin(&mut out);
            write(&mut json, &message, is_extended);
            json.close_object();
            String::from_utf8(out).expect("text")
        };
        let start = r#"{"type":"request","id":16909060,"client_mac":"02:00:00:00:00:01","assigned_ip":"0.0.0.0","#;
        let options = r#""dhcp_type":"ack","hostname":"a""#;
        assert_eq!(shown(false), format!("{start}{options}}}"));
        assert_eq!(
            shown(true),
            format!(r#"{start}"client_ip":"0.0.0.0",{options},"params":["subnet_mask","dns_server"]}}"#)
        );
    }
}

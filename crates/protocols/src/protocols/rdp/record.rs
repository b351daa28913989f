//! Records of the messages.

use tapir_json::Json;
use tapir_packet::Direction;
use tapir_rules::keywords::KeywordId;

use super::connect::{Client, ConnectRequest, Extra, Item, Negotiation};
use super::locale;
use super::parser::{Message, Said};
use crate::record::RecordOptions;
use crate::transaction::{ShowRecord, Transaction, Value};

impl Transaction for Message {
    fn values(&self, _: KeywordId, _: Direction, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }

    fn describe(&self, json: &mut Json<'_>, _: &RecordOptions) {
        json.open_object("rdp");
        json.uint("tx_id", self.number);
        match &self.said {
            Said::Item(Item::Request { cookie, flags }) => {
                json.word("event_type", "initial_request");
                if let Some(cookie) = cookie {
                    json.text("cookie", &String::from_utf8_lossy(cookie));
                }
                let known = [
                    (1, "restricted_admin_mode_required"),
                    (2, "redirected_authentication_mode_required"),
                    (8, "correlation_info_present"),
                ];
                list_flags(json, "flags", (*flags).into(), &known);
            }
            Said::Item(Item::Confirm(negotiation)) => {
                json.word("event_type", "initial_response");
                if let Some(negotiation) = negotiation {
                    describe_negotiation(json, negotiation);
                }
            }
            Said::Item(Item::ConnectRequest(request)) => {
                json.word("event_type", "connect_request");
                describe_request(json, request);
            }
            Said::Item(Item::ConnectResponse) => json.word("event_type", "connect_response"),
            Said::Certificates(serials) => {
                json.word("event_type", "tls_handshake");
                json.open_array("x509_serials");
                for serial in serials {
                    json.text_element(serial);
                }
                json.close_array();
            }
        }
        json.close_object();
    }

    fn records(&self, options: &RecordOptions, show: &mut ShowRecord<'_>) {
        show("rdp", &|json| self.describe(json, options));
    }
}

/// The names of flags, if any is set.
fn list_flags(json: &mut Json<'_>, key: &str, flags: u16, known: &[(u16, &str)]) {
    if flags == 0 {
        return;
    }
    json.open_array(key);
    for (_, name) in known.iter().filter(|(flag, _)| flags & flag != 0) {
        json.text_element(name);
    }
    json.close_array();
}

fn describe_negotiation(json: &mut Json<'_>, negotiation: &Negotiation) {
    match negotiation {
        Negotiation::Response { flags, protocol } => {
            let known = [
                (1, "extended_client_data"),
                (2, "dynvc_gfx"),
                (8, "restricted_admin"),
                (16, "redirected_authentication"),
            ];
            list_flags(json, "server_supports", (*flags).into(), &known);
            let name = match protocol {
                0 => "rdp",
                1 => "ssl",
                2 => "hybrid",
                4 => "rds_tls",
                8 => "hybrid_ex",
                _ => return,
            };
            json.word("protocol", name);
        }
        Negotiation::Failure(code) => {
            let reason = match code {
                1 => "ssl required by server",
                2 => "ssl not allowed by server",
                3 => "ssl cert not on server",
                4 => "inconsistent flags",
                5 => "hybrid required by server",
                6 => "ssl with user auth required by server",
                _ => return,
            };
            json.uint("error_code", *code);
            json.word("reason", reason);
        }
    }
}

fn describe_request(json: &mut Json<'_>, request: &ConnectRequest) {
    if let Some(client) = &request.client {
        json.open_object("client");
        describe_client(json, client);
        describe_extra(json, &client.extra);
        json.close_object();
    }
    if !request.channels.is_empty() {
        json.open_array("channels");
        for channel in &request.channels {
            json.text_element(channel);
        }
        json.close_array();
    }
}

fn version(number: u32) -> &'static str {
    match number {
        0x0008_0001 => "v4",
        0x0008_0004 => "v5",
        0x0008_0005 => "v10.0",
        0x0008_0006 => "v10.1",
        0x0008_0007 => "v10.2",
        0x0008_0008 => "v10.3",
        0x0008_0009 => "v10.4",
        0x0008_000a => "v10.5",
        0x0008_000b => "v10.6",
        0x0008_000c => "v10.7",
        _ => "unknown",
    }
}

fn keyboard(number: u32) -> Option<&'static str> {
    Some(match number {
        1 => "xt",
        2 => "ico",
        3 => "at",
        4 => "enhanced",
        5 => "1050",
        6 => "9140",
        7 => "jp",
        _ => return None,
    })
}

fn describe_client(json: &mut Json<'_>, client: &Client) {
    json.word("version", version(client.version));
    json.uint("desktop_width", client.width);
    json.uint("desktop_height", client.height);
    if let Some(depth) = client.depth {
        json.uint("color_depth", depth);
    }
    json.word("keyboard_layout", locale::layout(client.layout));
    json.word("build", locale::build(client.build));
    if !client.name.is_empty() {
        json.text("client_name", &client.name);
    }
    if let Some(name) = keyboard(client.keyboard) {
        json.word("keyboard_type", name);
    }
    if client.keyboard_subtype != 0 {
        json.uint("keyboard_subtype", client.keyboard_subtype);
    }
    if client.function_keys != 0 {
        json.uint("function_keys", client.function_keys);
    }
    if !client.input_method.is_empty() {
        json.text("ime", &client.input_method);
    }
}

fn describe_extra(json: &mut Json<'_>, extra: &Extra) {
    const CAPABILITIES: [(u16, &str); 10] = [
        (0x001, "support_errinfo_pdf"),
        (0x002, "want_32bpp_session"),
        (0x004, "support_statusinfo_pdu"),
        (0x008, "strong_asymmetric_keys"),
        (0x020, "valid_connection_type"),
        (0x040, "support_monitor_layout_pdu"),
        (0x080, "support_netchar_autodetect"),
        (0x100, "support_dynvc_gfx_protocol"),
        (0x200, "support_dynamic_time_zone"),
        (0x400, "support_heartbeat_pdu"),
    ];
    const CONNECTIONS: [&str; 7] = [
        "modem",
        "low_broadband",
        "satellite",
        "high_broadband",
        "wan",
        "lan",
        "autodetect",
    ];
    if let Some(product) = extra.product {
        json.uint("product_id", product);
    }
    if let Some(serial) = extra.serial.filter(|serial| *serial != 0) {
        json.uint("serial_number", serial);
    }
    if let Some(flags) = extra.capabilities {
        list_flags(json, "capabilities", flags, &CAPABILITIES);
    }
    if !extra.id.is_empty() {
        json.text("id", &extra.id);
    }
    let connection = extra
        .connection
        .and_then(|number| CONNECTIONS.get(usize::from(number).checked_sub(1)?));
    if let Some(name) = connection {
        json.word("connection_hint", name);
    }
    let numbers = [
        ("physical_width", extra.physical_width),
        ("physical_height", extra.physical_height),
        ("desktop_orientation", extra.orientation.map(u32::from)),
        ("scale_factor", extra.scale),
        ("device_scale_factor", extra.device_scale),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            json.uint(name, number);
        }
    }
}

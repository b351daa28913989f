//! Fields whose numbers have names.

use tapir_rules::keywords::{KeywordId, http, industrial, internet, voip, windows};
use tapir_rules::tree::{IntegerOp, IntegerTest};

/// The test of a field from a text with names in it; nothing for fields without names.
pub(super) fn test(keyword: KeywordId, text: &str) -> Option<Result<IntegerTest, String>> {
    let read = match keyword {
        industrial::MQTT_FLAGS => flags(text, 8, mqtt_flag),
        industrial::MQTT_CONNECT_FLAGS => flags(text, 8, mqtt_connect_flag),
        industrial::DNP3_IND => flags(text, 16, tapir_protocols::dnp3_indication),
        industrial::DNP3_OBJ => dnp3_object(text),
        _ => {
            let (bits, names) = names(keyword)?;
            IntegerTest::read(text, bits, names)
        }
    };
    Some(read.ok_or_else(|| format!("`{}` does not know `{text}`", keyword.name())))
}

type Names = fn(&str) -> Option<u64>;

/// The width of a field, and what its names stand for.
fn names(keyword: KeywordId) -> Option<(u8, Names)> {
    Some(match keyword {
        http::HTTP2_FRAMETYPE => (8, tapir_protocols::http2_frame_type),
        http::HTTP2_ERRORCODE => (32, tapir_protocols::http2_error),
        industrial::MQTT_TYPE => (8, mqtt_type),
        industrial::MQTT_CONNACK_SESSION_PRESENT => (8, yes_or_no),
        windows::LDAP_REQUEST_OPERATION | windows::LDAP_RESPONSES_OPERATION => {
            (8, tapir_protocols::ldap_operation)
        }
        windows::LDAP_RESPONSES_RESULT_CODE => (32, tapir_protocols::ldap_result_code),
        industrial::DNP3_FUNC => (8, tapir_protocols::dnp3_function),
        industrial::ENIP_COMMAND => (16, tapir_protocols::enip_command),
        industrial::ENIP_STATUS => (32, tapir_protocols::enip_status),
        industrial::CIP_ATTRIBUTE
        | industrial::CIP_CLASS
        | industrial::CIP_CONN_PATH_CLASS
        | industrial::CIP_INSTANCE
        | industrial::CIP_STATUS => (32, |_| None),
        voip::RFB_SECRESULT => (32, rfb_result),
        internet::NTP_MODE => (8, ntp_mode),
        internet::SNMP_PDU_TYPE => (32, snmp_pdu),
        internet::SNMP_TRAP_TYPE => (8, snmp_trap),
        _ => return None,
    })
}

fn place(names: &[&str], name: &str) -> Option<u64> {
    let place = names
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(place as u64)
}

fn yes_or_no(word: &str) -> Option<u64> {
    match word {
        "yes" | "true" | "on" => Some(1),
        "no" | "false" | "off" => Some(0),
        _ => None,
    }
}

fn mqtt_type(name: &str) -> Option<u64> {
    const NAMES: [&str; 16] = [
        "UNASSIGNED",
        "CONNECT",
        "CONNACK",
        "PUBLISH",
        "PUBACK",
        "PUBREC",
        "PUBREL",
        "PUBCOMP",
        "SUBSCRIBE",
        "SUBACK",
        "UNSUBSCRIBE",
        "UNSUBACK",
        "PINGREQ",
        "PINGRESP",
        "DISCONNECT",
        "AUTH",
    ];
    place(&NAMES, name)
}

fn mqtt_flag(name: &str) -> Option<u64> {
    match name {
        "dup" => Some(0x8),
        "retain" => Some(0x1),
        _ => None,
    }
}

fn mqtt_connect_flag(name: &str) -> Option<u64> {
    match name {
        "username" => Some(0x80),
        "password" => Some(0x40),
        "will_retain" => Some(0x20),
        "will" => Some(0x4),
        "clean_session" => Some(0x2),
        _ => None,
    }
}

fn rfb_result(name: &str) -> Option<u64> {
    place(&["ok", "fail", "toomany", "unknown"], name)
}

fn ntp_mode(name: &str) -> Option<u64> {
    const NAMES: [&str; 8] = [
        "reserved",
        "symmetric_active",
        "symmetric_passive",
        "client",
        "server",
        "broadcast",
        "control",
        "private",
    ];
    place(&NAMES, name)
}

fn snmp_pdu(name: &str) -> Option<u64> {
    const NAMES: [&str; 9] = [
        "get_request",
        "get_next_request",
        "response",
        "set_request",
        "trap_v1",
        "get_bulk_request",
        "inform_request",
        "trap_v2",
        "report",
    ];
    place(&NAMES, name)
}

fn snmp_trap(name: &str) -> Option<u64> {
    const NAMES: [&str; 7] = [
        "cold_start",
        "warm_start",
        "link_down",
        "link_up",
        "authentication_failure",
        "egp_neighbor_loss",
        "enterprise_specific",
    ];
    place(&NAMES, name)
}

/// `group,variation`.
fn dnp3_object(text: &str) -> Option<IntegerTest> {
    let (group, variation) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse::<u8>().ok().map(u64::from);
    let object = number(group)? << 8 | number(variation)?;
    Some(IntegerTest::new(IntegerOp::Equal, object, 0))
}

/// A number, or flags of which each is to be set or, with `!`, not to be.
fn flags(text: &str, bits: u8, names: Names) -> Option<IntegerTest> {
    if let Some(test) = IntegerTest::read(text, bits, |_| None) {
        return Some(test);
    }
    let (mut mask, mut value) = (0, 0);
    for word in text.split(',').map(str::trim) {
        let (negated, name) = match word.strip_prefix('!') {
            Some(name) => (true, name.trim()),
            None => (false, word),
        };
        let flag = names(name).filter(|flag| mask & flag == 0)?;
        mask |= flag;
        if !negated {
            value |= flag;
        }
    }
    Some(IntegerTest::new(IntegerOp::Masked, mask, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_numbers() {
        let read = |keyword, text| test(keyword, text).expect("a named field");
        let holds = |keyword, text, number| read(keyword, text).expect("a test").holds(number);
        assert!(holds(industrial::MQTT_TYPE, "CONNECT", 1));
        assert!(holds(industrial::MQTT_TYPE, "!publish", 1));
        assert!(holds(industrial::MQTT_FLAGS, "!retain, dup", 8));
        assert!(!holds(industrial::MQTT_FLAGS, "!retain, dup", 9));
        assert!(holds(
            industrial::MQTT_CONNECT_FLAGS,
            "username,password",
            0xc2
        ));
        assert!(holds(voip::RFB_SECRESULT, "ok", 0));
        assert!(read(industrial::MQTT_TYPE, "CONECT").is_err());
        assert!(read(industrial::MQTT_FLAGS, "dup,dup").is_err());
    }
}

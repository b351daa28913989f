//! Fields whose numbers have names.

use tapir_protocols::number_named;
use tapir_rules::keywords::{KeywordId, http, industrial, internet, voip, windows};
use tapir_rules::tree::{IntegerOp, IntegerTest};

/// The test of a field from a text with names in it; nothing for fields without names.
pub(super) fn test(keyword: KeywordId, text: &str) -> Option<Result<IntegerTest, String>> {
    let known = |name: &str| number_named(keyword, name);
    let read = match keyword {
        industrial::MQTT_FLAGS | industrial::MQTT_CONNECT_FLAGS | internet::WEBSOCKET_FLAGS => {
            flags(text, 8, known)
        }
        industrial::DNP3_IND => flags(text, 16, known),
        industrial::DNP3_OBJ => dnp3_object(text),
        industrial::MQTT_CONNACK_SESSION_PRESENT => IntegerTest::read(text, 8, yes_or_no),
        _ => IntegerTest::read(text, bits(keyword)?, known),
    };
    Some(read.ok_or_else(|| format!("`{}` does not know `{text}`", keyword.name())))
}

/// The width of a field whose numbers may have names.
fn bits(keyword: KeywordId) -> Option<u8> {
    Some(match keyword {
        http::HTTP2_FRAMETYPE
        | industrial::DNP3_FUNC
        | industrial::MQTT_TYPE
        | internet::NTP_MODE
        | internet::SNMP_TRAP_TYPE
        | internet::WEBSOCKET_OPCODE
        | windows::LDAP_REQUEST_OPERATION
        | windows::LDAP_RESPONSES_OPERATION => 8,
        industrial::ENIP_COMMAND => 16,
        http::HTTP2_ERRORCODE
        | industrial::CIP_ATTRIBUTE
        | industrial::CIP_CLASS
        | industrial::CIP_CONN_PATH_CLASS
        | industrial::CIP_INSTANCE
        | industrial::CIP_STATUS
        | industrial::ENIP_STATUS
        | internet::SNMP_PDU_TYPE
        | voip::RFB_SECRESULT
        | windows::LDAP_RESPONSES_RESULT_CODE => 32,
        _ => return None,
    })
}

fn yes_or_no(word: &str) -> Option<u64> {
    match word {
        "yes" | "true" | "on" => Some(1),
        "no" | "false" | "off" => Some(0),
        _ => None,
    }
}

/// `group,variation`.
fn dnp3_object(text: &str) -> Option<IntegerTest> {
    let (group, variation) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse::<u8>().ok().map(u64::from);
    let object = number(group)? << 8 | number(variation)?;
    Some(IntegerTest::new(IntegerOp::Equal, object, 0))
}

/// A number, or flags of which each is to be set or, with `!`, not to be.
fn flags(text: &str, bits: u8, names: impl Fn(&str) -> Option<u64>) -> Option<IntegerTest> {
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

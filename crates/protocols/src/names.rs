//! What the names in rules stand for, of fields whose numbers have names.

use tapir_rules::keywords::{KeywordId, http, industrial, internet, voip, windows};

use crate::protocols::{dnp3, enip, http2, ldap, mqtt, ntp, rfb, snmp, websocket};

/// The number that a name stands for in a rule's test of a field; nothing for names that the field does not know.
pub fn number_named(keyword: KeywordId, name: &str) -> Option<u64> {
    match keyword {
        http::HTTP2_ERRORCODE => http2::error_number(name),
        http::HTTP2_FRAMETYPE => http2::type_number(name),
        industrial::DNP3_FUNC => dnp3::function(name),
        industrial::DNP3_IND => dnp3::indication(name),
        industrial::ENIP_COMMAND => enip::command_number(name),
        industrial::ENIP_STATUS => enip::status_number(name),
        industrial::MQTT_CONNECT_FLAGS => mqtt::connect_flag(name),
        industrial::MQTT_FLAGS => mqtt::header_flag(name),
        industrial::MQTT_TYPE => mqtt::type_number(name),
        internet::NTP_MODE => ntp::mode_number(name),
        internet::SNMP_PDU_TYPE => snmp::pdu_number(name),
        internet::SNMP_TRAP_TYPE => snmp::trap_number(name),
        voip::RFB_SECRESULT => rfb::result_number(name),
        windows::LDAP_REQUEST_OPERATION | windows::LDAP_RESPONSES_OPERATION => {
            ldap::operation_number(name)
        }
        windows::LDAP_RESPONSES_RESULT_CODE => ldap::result_code(name),
        internet::WEBSOCKET_FLAGS => websocket::flag(name),
        internet::WEBSOCKET_OPCODE => websocket::opcode_number(name),
        _ => None,
    }
}

/// The place of a name in a list, whatever the case of its letters.
pub(crate) fn place(names: &[&str], name: &str) -> Option<u64> {
    let place = names
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(place as u64)
}

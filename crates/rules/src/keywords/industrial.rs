//! Control systems and the internet of things: Modbus, DNP3, EtherNet/IP, MQTT and others.

use super::row::*;
use crate::dialect::Dialects;

const MODBUS: &[&str] = &["modbus"];
const DNP3: &[&str] = &["dnp3"];
const ENIP: &[&str] = &["enip"];
const MQTT: &[&str] = &["mqtt"];
const SNORT: Dialects = Dialects::SNORT2.union(Dialects::SNORT3);

const fn enip(bits: u8, help: &'static str) -> Keyword {
    field(Grammar::IntegerOrName(bits), help).of(ENIP)
}

const fn mqtt(help: &'static str) -> Keyword {
    buffer(help).of(MQTT)
}

const fn snort3(argument: Grammar, help: &'static str) -> Keyword {
    field(argument, help).only(Dialects::SNORT3)
}

family! { 13;
    MODBUS_KEYWORD = "modbus", field(Grammar::Text, "Function, unit, access and value of Modbus").of(MODBUS);
    MODBUS_DATA = "modbus_data", buffer("Data of Modbus").of(MODBUS).only(SNORT);
    MODBUS_FUNC = "modbus_func", field(Grammar::Text, "Function of Modbus").of(MODBUS).only(SNORT);
    MODBUS_UNIT = "modbus_unit", field(Grammar::Text, "Unit of Modbus").of(MODBUS).only(SNORT);
    DNP3_DATA = "dnp3.data", buffer("Application data of DNP3").aliases(&[everywhere("dnp3_data")]).of(DNP3);
    DNP3_FUNC = "dnp3_func", field(Grammar::Text, "Function of DNP3").common().aliases(&[suricata("dnp3.func")]).of(DNP3);
    DNP3_IND = "dnp3_ind", field(Grammar::Text, "Internal indications of DNP3").common().aliases(&[suricata("dnp3.ind"), suricata("dnp3.iin")]).of(DNP3);
    DNP3_OBJ = "dnp3_obj", field(Grammar::Text, "Objects of DNP3").common().aliases(&[suricata("dnp3.obj")]).of(DNP3);
    ENIP_COMMAND = "enip_command", enip(16, "Command of EtherNet/IP").aliases(&[suricata("enip.command"), snort3_alias("enip_command")]);
    CIP_SERVICE = "cip_service", field(Grammar::Text, "Service, class and attribute of CIP").of(ENIP).aliases(&[suricata("cip.service"), snort3_alias("cip_service")]);
    ENIP_CAPABILITIES = "enip.capabilities", enip(16, "Capabilities of a device");
    ENIP_CIP_ATTRIBUTE = "enip.cip_attribute", enip(32, "Attribute of CIP");
    ENIP_CIP_CLASS = "enip.cip_class", enip(32, "Class of CIP");
    ENIP_CIP_INSTANCE = "enip.cip_instance", enip(32, "Instance of CIP");
    ENIP_CIP_STATUS = "enip.cip_status", enip(8, "Status of CIP");
    ENIP_CIP_EXTENDEDSTATUS = "enip.cip_extendedstatus", enip(16, "Extended status of CIP");
    ENIP_VENDOR_ID = "enip.vendor_id", enip(16, "Vendor of a device");
    ENIP_STATUS = "enip.status", enip(32, "Status of EtherNet/IP");
    ENIP_STATE = "enip.state", enip(8, "State of a device");
    ENIP_SERIAL = "enip.serial", enip(32, "Serial number of a device");
    ENIP_REVISION = "enip.revision", enip(16, "Revision of a device");
    ENIP_PROTOCOL_VERSION = "enip.protocol_version", enip(16, "Version of the protocol");
    ENIP_PRODUCT_CODE = "enip.product_code", enip(16, "Product code of a device");
    ENIP_IDENTITY_STATUS = "enip.identity_status", enip(16, "Status of a device's identity");
    ENIP_DEVICE_TYPE = "enip.device_type", enip(16, "Type of a device");
    ENIP_PRODUCT_NAME = "enip.product_name", buffer("Product name of a device").of(ENIP);
    ENIP_SERVICE_NAME = "enip.service_name", buffer("Name of a service").of(ENIP);
    CIP_ATTRIBUTE = "cip_attribute", snort3(Grammar::Text, "Attribute of CIP");
    CIP_CLASS = "cip_class", snort3(Grammar::Text, "Class of CIP");
    CIP_CONN_PATH_CLASS = "cip_conn_path_class", snort3(Grammar::Text, "Class of a CIP connection path");
    CIP_INSTANCE = "cip_instance", snort3(Grammar::Text, "Instance of CIP");
    CIP_REQ = "cip_req", snort3(Grammar::None, "A request of CIP");
    CIP_RSP = "cip_rsp", snort3(Grammar::None, "A response of CIP");
    CIP_STATUS = "cip_status", snort3(Grammar::Text, "Status of CIP");
    ENIP_REQ = "enip_req", snort3(Grammar::None, "A request of EtherNet/IP");
    ENIP_RSP = "enip_rsp", snort3(Grammar::None, "A response of EtherNet/IP");
    IEC104_APCI_TYPE = "iec104_apci_type", snort3(Grammar::Text, "Type of an IEC 60870-5-104 APCI");
    IEC104_ASDU_FUNC = "iec104_asdu_func", snort3(Grammar::Text, "Function of an IEC 60870-5-104 ASDU");
    MMS_DATA = "mms_data", buffer("Data of MMS").only(Dialects::SNORT3);
    MMS_FUNC = "mms_func", snort3(Grammar::Text, "Function of MMS");
    OPCUA_MSG_TYPE = "opcua_msg_type", snort3(Grammar::Text, "Message type of OPC UA");
    OPCUA_MSG_SERVICE = "opcua_msg_service", snort3(Grammar::Text, "Service of OPC UA");
    OPCUA_NODE_ID = "opcua_node_id", snort3(Grammar::Text, "Node of OPC UA");
    OPCUA_NODE_NAMESPACE_INDEX = "opcua_node_namespace_index", snort3(Grammar::Text, "Name space of an OPC UA node");
    S7COMMPLUS_CONTENT = "s7commplus_content", buffer("Data of S7comm-plus").only(Dialects::SNORT3);
    S7COMMPLUS_FUNC = "s7commplus_func", snort3(Grammar::Text, "Function of S7comm-plus");
    S7COMMPLUS_OPCODE = "s7commplus_opcode", snort3(Grammar::Text, "Operation of S7comm-plus");
    MQTT_TYPE = "mqtt.type", field(Grammar::IntegerOrName(8), "Type of an MQTT message").of(MQTT);
    MQTT_FLAGS = "mqtt.flags", field(Grammar::Text, "Flags of an MQTT message").of(MQTT);
    MQTT_QOS = "mqtt.qos", field(Grammar::Integer(8), "Quality of service").of(MQTT);
    MQTT_REASON_CODE = "mqtt.reason_code", field(Grammar::Integer(8), "Reason code of MQTT 5").aliases(&[suricata("mqtt.connack.return_code")]).of(MQTT);
    MQTT_PROTOCOL_VERSION = "mqtt.protocol_version", field(Grammar::Integer(8), "Version of MQTT").of(MQTT);
    MQTT_CONNACK_SESSION_PRESENT = "mqtt.connack.session_present", field(Grammar::Text, "Whether a session was kept").of(MQTT);
    MQTT_CONNECT_FLAGS = "mqtt.connect.flags", field(Grammar::Text, "Flags of a CONNECT message").of(MQTT);
    MQTT_CONNECT_CLIENTID = "mqtt.connect.clientid", mqtt("Client identifier of a CONNECT message");
    MQTT_CONNECT_USERNAME = "mqtt.connect.username", mqtt("User of a CONNECT message");
    MQTT_CONNECT_PASSWORD = "mqtt.connect.password", mqtt("Password of a CONNECT message");
    MQTT_CONNECT_PROTOCOL_STRING = "mqtt.connect.protocol_string", mqtt("Protocol name of a CONNECT message");
    MQTT_CONNECT_WILLTOPIC = "mqtt.connect.willtopic", mqtt("Topic of the will of a CONNECT message");
    MQTT_CONNECT_WILLMESSAGE = "mqtt.connect.willmessage", mqtt("Message of the will of a CONNECT message");
    MQTT_PUBLISH_TOPIC = "mqtt.publish.topic", mqtt("Topic of a PUBLISH message");
    MQTT_PUBLISH_MESSAGE = "mqtt.publish.message", mqtt("Content of a PUBLISH message");
    MQTT_SUBSCRIBE_TOPIC = "mqtt.subscribe.topic", mqtt("A topic of a SUBSCRIBE message").multi();
    MQTT_UNSUBSCRIBE_TOPIC = "mqtt.unsubscribe.topic", mqtt("A topic of an UNSUBSCRIBE message").multi();
}

/// Snort 3 knows the keyword by this name.
const fn snort3_alias(name: &'static str) -> Alias {
    super::row::snort3(name)
}

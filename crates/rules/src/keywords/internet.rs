//! FTP, IKE, DHCP, SNMP, NTP, WebSocket, PostgreSQL and others.

use super::row::*;

const FTP: &[&str] = &["ftp"];
const IKE: &[&str] = &["ike"];
const DHCP: &[&str] = &["dhcp"];
const SNMP: &[&str] = &["snmp"];
const NTP: &[&str] = &["ntp"];
const WEBSOCKET: &[&str] = &["websocket"];
const PGSQL: &[&str] = &["pgsql"];

family! { 14;
    FTP_COMMAND = "ftp.command", buffer("Command of FTP").of(FTP).to_server();
    FTP_COMMAND_DATA = "ftp.command_data", buffer("Argument of an FTP command").of(FTP).to_server();
    FTP_REPLY = "ftp.reply", buffer("A reply of FTP").of(FTP).to_client().multi();
    FTP_COMPLETION_CODE = "ftp.completion_code", buffer("The code of a reply of FTP").of(FTP).to_client().multi();
    FTP_MODE = "ftp.mode", field(Grammar::Words(&["active", "passive"]), "Mode of the data connection").of(FTP);
    FTP_REPLY_RECEIVED = "ftp.reply_received", field(Grammar::Words(&["yes", "no", "true", "false", "1", "0", "on", "off"]), "Whether a reply was seen").of(FTP);
    FTP_DYNAMIC_PORT = "ftp.dynamic_port", field(Grammar::Integer(16), "Port of the data connection").of(FTP);
    FTPDATA_COMMAND = "ftpdata_command", field(Grammar::Words(&["stor", "retr", "appe", "stou", "list", "nlst", "mlsd"]), "Command that opened the data connection").aliases(&[suricata("ftpdata.command")]).of(&["ftp-data"]);
    IKE_EXCHTYPE = "ike.exchtype", field(Grammar::Integer(8), "Exchange type of IKE").of(IKE);
    IKE_INIT_SPI = "ike.init_spi", buffer("SPI of the initiator").of(IKE);
    IKE_RESP_SPI = "ike.resp_spi", buffer("SPI of the responder").of(IKE);
    IKE_VENDOR = "ike.vendor", buffer("A vendor identifier").of(IKE).multi();
    IKE_CHOSEN_SA_ATTRIBUTE = "ike.chosen_sa_attribute", field(Grammar::Text, "Attribute of the chosen security association").of(IKE);
    IKE_KEY_EXCHANGE_PAYLOAD_LENGTH = "ike.key_exchange_payload_length", field(Grammar::Integer(32), "Length of the key exchange payload").of(IKE);
    IKE_NONCE_PAYLOAD_LENGTH = "ike.nonce_payload_length", field(Grammar::Integer(32), "Length of the nonce payload").of(IKE);
    IKE_NONCE_PAYLOAD = "ike.nonce_payload", buffer("The nonce payload").of(IKE);
    IKE_KEY_EXCHANGE_PAYLOAD = "ike.key_exchange_payload", buffer("The key exchange payload").of(IKE);
    DHCP_LEASETIME = "dhcp.leasetime", field(Grammar::Integer(64), "Lease time").of(DHCP);
    DHCP_REBINDING_TIME = "dhcp.rebinding_time", field(Grammar::Integer(64), "Rebinding time").of(DHCP);
    DHCP_RENEWAL_TIME = "dhcp.renewal_time", field(Grammar::Integer(64), "Renewal time").of(DHCP);
    SNMP_VERSION = "snmp.version", field(Grammar::Integer(32), "Version of SNMP").of(SNMP);
    SNMP_PDU_TYPE = "snmp.pdu_type", field(Grammar::IntegerOrName(32), "Type of an SNMP message").of(SNMP);
    SNMP_COMMUNITY = "snmp.community", buffer("Community of SNMP").of(SNMP);
    SNMP_USM = "snmp.usm", buffer("User of SNMP 3").of(SNMP);
    SNMP_TRAP_TYPE = "snmp.trap_type", field(Grammar::IntegerOrName(8), "Type of an SNMP trap").of(SNMP);
    SNMP_TRAP_OID = "snmp.trap_oid", buffer("Object of an SNMP trap").of(SNMP);
    SNMP_TRAP_ADDRESS = "snmp.trap_address", buffer("Address of an SNMP trap").of(SNMP);
    NTP_VERSION = "ntp.version", field(Grammar::Integer(8), "Version of NTP").of(NTP);
    NTP_MODE = "ntp.mode", field(Grammar::IntegerOrName(8), "Mode of NTP").of(NTP);
    NTP_STRATUM = "ntp.stratum", field(Grammar::Integer(8), "Stratum of NTP").of(NTP);
    NTP_REFERENCE_ID = "ntp.reference_id", buffer("Reference identifier of NTP").of(NTP);
    WEBSOCKET_OPCODE = "websocket.opcode", field(Grammar::IntegerOrName(8), "Operation of a WebSocket frame").of(WEBSOCKET);
    WEBSOCKET_MASK = "websocket.mask", field(Grammar::Integer(32), "Mask of a WebSocket frame").of(WEBSOCKET);
    WEBSOCKET_FLAGS = "websocket.flags", field(Grammar::IntegerOrName(8), "Flags of a WebSocket frame").of(WEBSOCKET);
    WEBSOCKET_PAYLOAD = "websocket.payload", buffer("Payload of a WebSocket frame").of(WEBSOCKET).multi();
    PGSQL_QUERY = "pgsql.query", buffer("A query of PostgreSQL").of(PGSQL).to_server();
    TEMPLATE_BUFFER = "template.buffer", buffer("Message of the template protocol").of(&["template"]);
}

//! Names of numbers of EtherNet/IP and CIP (ODVA, volumes 1 and 2).

const COMMANDS: [(u16, &str); 10] = [
    (0x00, "nop"),
    (0x04, "list_services"),
    (0x63, "list_identity"),
    (0x64, "list_interfaces"),
    (0x65, "register_session"),
    (0x66, "unregister_session"),
    (0x6f, "send_r_r_data"),
    (0x70, "send_unit_data"),
    (0x72, "indicate_status"),
    (0x73, "cancel"),
];

const STATUSES: [(u32, &str); 8] = [
    (0x00, "success"),
    (0x01, "invalid_cmd"),
    (0x02, "no_resources"),
    (0x03, "incorrect_data"),
    (0x64, "invalid_session"),
    (0x65, "invalid_length"),
    (0x69, "unsupported_prot_rev"),
    (0x6a, "encap_header_error"),
];

/// The number of a command.
pub fn command(name: &str) -> Option<u64> {
    number_of(&COMMANDS, name)
}

/// The number of a status of the encapsulation.
pub fn status(name: &str) -> Option<u64> {
    number_of(&STATUSES, name)
}

fn number_of<N: Copy + Into<u64>>(table: &[(N, &str)], name: &str) -> Option<u64> {
    table
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(number, _)| (*number).into())
}

fn name_of<N: Copy + PartialEq>(table: &[(N, &'static str)], number: N) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| *known == number)
        .map(|(_, name)| *name)
}

pub(super) fn command_name(number: u16) -> Option<&'static str> {
    name_of(&COMMANDS, number)
}

pub(super) fn status_name(number: u32) -> Option<&'static str> {
    name_of(&STATUSES, number)
}

/// Kinds of logical segments of a path.
pub(super) fn segment(kind: u8) -> Option<&'static str> {
    Some(match kind >> 2 {
        8 => "class",
        9 => "instance",
        10 => "member",
        11 => "connection_point",
        12 => "attribute",
        13 => "special",
        14 => "service_id",
        _ => return None,
    })
}

/// Common services (volume 1, appendix A).
pub(super) fn service(number: u8) -> Option<&'static str> {
    Some(match number {
        0x01 => "Get Attributes All",
        0x02 => "Set Attributes All",
        0x03 => "Get Attribute List",
        0x04 => "Set Attribute List",
        0x05 => "Reset",
        0x06 => "Start",
        0x07 => "Stop",
        0x08 => "Create",
        0x09 => "Delete",
        0x0a => "Multiple Service Packet",
        0x0d => "Apply Attributes",
        0x0e => "Get Attribute Single",
        0x10 => "Set Attribute Single",
        0x11 => "Find Next Object Instance",
        0x14 => "Error Response",
        0x15 => "Restore",
        0x16 => "Save",
        0x17 => "Nop",
        0x18 => "Get Member",
        0x19 => "Set Member",
        0x1a => "Insert Member",
        0x1b => "Remove Member",
        0x1c => "Group Sync",
        _ => return None,
    })
}

/// General status codes (volume 1, appendix B).
pub(super) fn general_status(number: u8) -> Option<&'static str> {
    const NAMES: [&str; 0x2d] = [
        "Success",
        "Connection failure",
        "Resource unavailable",
        "Invalid parameter value",
        "Path segment error",
        "Path destination unknown",
        "Partial transfer",
        "Connection lost",
        "Service not supported",
        "Invalid attribute value",
        "Attribute list error",
        "Already in requested mode/state",
        "Object state conflict",
        "Object already exists",
        "Attribute not settable",
        "Privilege violation",
        "Device state conflict",
        "Reply data too large",
        "Fragmentation of a primitive value",
        "Not enough data",
        "Attribute not supported",
        "Too much data",
        "Object does not exist",
        "Service fragmentation sequence not in progress",
        "No stored attribute data",
        "Store operation failure",
        "Routing failure, request packet too large",
        "Routing failure, response packet too large",
        "Missing attribute list entry data",
        "Invalid attribute value list",
        "Embedded service error",
        "Vendor specific error",
        "Invalid parameter",
        "Write-once value or medium already written",
        "Invalid Reply Received",
        "Buffer overflow",
        "Invalid message format",
        "Key failure in path",
        "Path size invalid",
        "Unexpected attribute in list",
        "Invalid Member ID",
        "Member not settable",
        "Group 2 only server general failure",
        "Unknown Modbus error",
        "Attribute not gettable",
    ];
    NAMES.get(usize::from(number)).copied()
}

/// What the extended status of the connection manager means.
pub(super) fn extended_status(number: u16) -> Option<&'static str> {
    Some(match number {
        0x100 => "Connection in use or duplicate forward open",
        0x103 => "Transport class and trigger combination not supported",
        0x106 => "Ownership conflict",
        0x107 => "Target connection not found",
        0x108 => "Invalid network connection parameter",
        0x109 => "Invalid connection size",
        0x110 => "Target for connection not configured",
        0x111 => "RPI not supported",
        0x112 => "RPI value(s) not acceptable",
        0x113 => "Out of connections",
        0x114 => "Vendor ID or product code mismatch",
        0x115 => "Device type mismatch",
        0x116 => "Revision mismatch",
        0x117 => "Invalid produced or consumed application path",
        0x118 => "Invalid or inconsistent configuration application path",
        0x119 => "Non-listen only connection not opened",
        0x11a => "Target object out of connections",
        0x11b => "RPI is smaller than the production inhibit time",
        0x11c => "Transport class not supported",
        0x11d => "Production trigger not supported",
        0x11e => "Direction not supported",
        0x126 => "Invalid configuration size",
        0x127 => "Invalid O->T size",
        0x128 => "Invalid T->O size",
        0x129 => "Invalid configuration application path",
        0x12a => "Invalid consuming application path",
        0x12b => "Invalid producing application path",
        0x203 => "Connection timed out",
        0x204 => "Unconnected request timed out",
        0x205 => "Parameter error in unconnected request",
        0x206 => "Message too large for UnconnectedSend",
        0x301 => "No buffer memory available",
        0x302 => "Network bandwidth not available for data",
        0x311 => "Port not available",
        0x312 => "Link address not valid",
        0x315 => "Invalid segment in connection path",
        0x316 => "ForwardClose connection path mismatch",
        0x318 => "Link address to self invalid",
        _ => return None,
    })
}

/// Classes of objects (volume 1, chapter 5, and volume 2).
pub(super) fn class(number: u32) -> Option<&'static str> {
    Some(match number {
        0x01 => "Identity",
        0x02 => "Message Router",
        0x03 => "DeviceNet",
        0x04 => "Assembly",
        0x05 => "Connection",
        0x06 => "Connection Manager",
        0x07 => "Register",
        0x08 => "Discrete Input Point",
        0x09 => "Discrete Output Point",
        0x0a => "Analog Input Point",
        0x0b => "Analog Output Point",
        0x0e => "Presence Sensing",
        0x0f => "Parameter",
        0x10 => "Parameter Group",
        0x12 => "Group",
        0x23 => "Position Sensor",
        0x28 => "Motor Data",
        0x29 => "Control Supervisor",
        0x2a => "AC/DC Drive",
        0x2c => "Overload",
        0x37 => "File",
        0x39 => "Safety Supervisor",
        0x3a => "Safety Validator",
        0x41 => "Event Log",
        0x42 => "Motion Device Axis",
        0x43 => "Time Sync",
        0x44 => "Modbus",
        0x47 => "Device Level Ring (DLR)",
        0x48 => "QoS",
        0x52 => "SNMP",
        0x5d => "CIP Security",
        0x5e => "EtherNet/IP Security",
        0x5f => "Certificate Management",
        0x67 => "PCCC Class",
        0xf0 => "ControlNet",
        0xf4 => "Port",
        0xf5 => "TCP/IP Interface",
        0xf6 => "Ethernet Link",
        _ => return None,
    })
}

/// The better known vendors.
pub(super) fn vendor(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "Rockwell Automation/Allen-Bradley",
        3 => "Honeywell Inc.",
        5 => "Rockwell Automation/Reliance Elec.",
        8 => "Molex Incorporated",
        26 => "Festo Corporation",
        40 => "Wago Corporation",
        46 => "ABB Industrial Systems",
        47 => "Omron Corporation",
        48 => "Turck Inc.",
        71 => "Toshiba International Corp.",
        77 => "Rockwell Software Inc.",
        90 => "HMS Industrial Networks AB",
        108 => "Beckhoff Automation GmbH",
        109 => "National Instruments",
        161 => "Mitsubishi Electric Corporation",
        243 => "Schneider Automation Inc.",
        250 => "Yokogawa Electric Corporation",
        283 => "Hilscher GmbH",
        367 => "Keyence Corporation",
        _ => return None,
    })
}

/// Types of devices (volume 1, chapter 6).
pub(super) fn device(number: u16) -> Option<&'static str> {
    Some(match number {
        0x00 => "Generic Device (deprecated)",
        0x02 => "AC Drive",
        0x03 => "Motor Overload",
        0x04 => "Limit Switch",
        0x05 => "Inductive Proximity Switch",
        0x06 => "Photoelectric Sensor",
        0x07 => "General Purpose Discrete I/O",
        0x09 => "Resolver",
        0x0c => "Communications Adapter",
        0x0e => "Programmable Logic Controller",
        0x10 => "Position Controller",
        0x13 => "DC Drive",
        0x15 => "Contactor",
        0x16 => "Motor Starter",
        0x17 => "Soft Start",
        0x18 => "Human-Machine Interface",
        0x1a => "Mass Flow Controller",
        0x1b => "Pneumatic Valve(s)",
        0x1c => "Vacuum Pressure Gauge",
        0x1d => "Process Control Value",
        0x1e => "Residual Gas Analyzer",
        0x1f => "DC Power Generator",
        0x20 => "RF Power Generator",
        0x21 => "Turbomolecular Vacuum Pump",
        0x22 => "Encoder",
        0x23 => "Safety Discrete I/O Device",
        0x24 => "Fluid Flow Controller",
        0x25 => "CIP Motion Drive",
        0x26 => "CompoNet Repeater",
        0x27 => "Mass Flow Controller, Enhanced",
        0x28 => "CIP Modbus Device",
        0x29 => "CIP Modbus Translator",
        0x2a => "Safety Analog I/O Device",
        0x2b => "Generic Device (keyable)",
        0x2c => "Managed Ethernet Switch",
        0x32 => "ControlNet Physical Layer Component",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_names() {
        assert_eq!(command("list_identity"), Some(0x63));
        assert_eq!(command_name(0x70), Some("send_unit_data"));
        assert_eq!(status("invalid_length"), Some(0x65));
        assert_eq!(command("nothing"), None);
    }
}

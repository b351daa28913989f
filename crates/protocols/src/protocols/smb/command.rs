//! Names of commands, dialects and control codes.

const VERSION_2: [&str; 19] = [
    "NEGOTIATE_PROTOCOL",
    "SESSION_SETUP",
    "SESSION_LOGOFF",
    "TREE_CONNECT",
    "TREE_DISCONNECT",
    "CREATE",
    "CLOSE",
    "FLUSH",
    "READ",
    "WRITE",
    "LOCK",
    "IOCTL",
    "CANCEL",
    "KEEPALIVE",
    "FIND",
    "CHANGE_NOTIFY",
    "GET_INFO",
    "SET_INFO",
    "OPLOCK_BREAK",
];

const VERSION_1: &[(u16, &str)] = &[
    (0x00, "CREATE_DIRECTORY"),
    (0x01, "DELETE_DIRECTORY"),
    (0x02, "OPEN"),
    (0x03, "CREATE"),
    (0x04, "CLOSE"),
    (0x05, "FLUSH"),
    (0x06, "DELETE"),
    (0x07, "RENAME"),
    (0x08, "QUERY_INFORMATION"),
    (0x09, "SET_INFORMATION"),
    (0x0a, "READ"),
    (0x0b, "WRITE"),
    (0x0c, "LOCK_BYTE_RANGE"),
    (0x0d, "UNLOCK_BYTE_RANGE"),
    (0x0e, "CREATE_TEMPORARY"),
    (0x0f, "CREATE_NEW"),
    (0x10, "CHECK_DIRECTORY"),
    (0x11, "PROCESS_EXIT"),
    (0x12, "SEEK"),
    (0x13, "LOCK_AND_READ"),
    (0x14, "WRITE_AND_UNLOCK"),
    (0x23, "QUERY_INFORMATION2"),
    (0x24, "LOCKING_ANDX"),
    (0x25, "TRANS"),
    (0x26, "TRANS_SECONDARY"),
    (0x27, "IOCTL"),
    (0x2b, "ECHO"),
    (0x2c, "WRITE_AND_CLOSE"),
    (0x2d, "OPEN_ANDX"),
    (0x2e, "READ_ANDX"),
    (0x2f, "WRITE_ANDX"),
    (0x31, "CLOSE_AND_TREE_DISCONNECT"),
    (0x32, "TRANS2"),
    (0x33, "TRANS2_SECONDARY"),
    (0x34, "FIND_CLOSE2"),
    (0x70, "TREE_CONNECT"),
    (0x71, "TREE_DISCONNECT"),
    (0x72, "NEGOTIATE_PROTOCOL"),
    (0x73, "SESSION_SETUP_ANDX"),
    (0x74, "LOGOFF_ANDX"),
    (0x75, "TREE_CONNECT_ANDX"),
    (0x80, "QUERY_INFO_DISK"),
    (0x81, "SEARCH"),
    (0xa0, "NT_TRANS"),
    (0xa1, "NT_TRANS_SECONDARY"),
    (0xa2, "NT_CREATE_ANDX"),
    (0xa4, "NT_CANCEL"),
];

/// The name of a command.
pub fn name(version: u8, command: u16) -> String {
    if version == 1 {
        let known = VERSION_1.iter().find(|(number, _)| *number == command);
        return known.map_or_else(
            || command.to_string(),
            |(_, name)| format!("SMB1_COMMAND_{name}"),
        );
    }
    VERSION_2.get(usize::from(command)).map_or_else(
        || command.to_string(),
        |name| format!("SMB2_COMMAND_{name}"),
    )
}

/// The name of a dialect of version 2 or 3.
pub fn dialect_name(number: u16) -> String {
    let name = match number {
        0x0202 => "2.02",
        0x0210 => "2.10",
        0x0222 => "2.22",
        0x0224 => "2.24",
        0x02ff => "2.??",
        0x0300 => "3.00",
        0x0302 => "3.02",
        0x0310 => "3.10",
        0x0311 => "3.11",
        _ => return number.to_string(),
    };
    name.to_owned()
}

/// The name of a control code.
pub fn control_name(code: u32) -> String {
    let name = match code {
        0x0006_0194 => "FSCTL_DFS_GET_REFERRALS",
        0x0006_01b0 => "FSCTL_DFS_GET_REFERRALS_EX",
        0x0009_00a4 => "FSCTL_SET_REPARSE_POINT",
        0x0009_8208 => "FSCTL_FILE_LEVEL_TRIM",
        0x0011_400c => "FSCTL_PIPE_PEEK",
        0x0011_0018 => "FSCTL_PIPE_WAIT",
        0x0011_c017 => "FSCTL_PIPE_TRANSCEIVE",
        0x0014_0078 => "FSCTL_SRV_REQUEST_RESUME_KEY",
        0x0014_01bb => "FSCTL_SRV_READ_HASH",
        0x0014_01d4 => "FSCTL_LMR_REQUEST_RESILIENCY",
        0x0014_01fc => "FSCTL_QUERY_NETWORK_INTERFACE_INFO",
        0x0014_0204 => "FSCTL_VALIDATE_NEGOTIATE_INFO",
        0x0014_4064 => "FSCTL_SRV_ENUMERATE_SNAPSHOTS",
        0x0014_40f2 => "FSCTL_SRV_COPYCHUNK",
        0x0014_80f2 => "FSCTL_SRV_COPYCHUNK_WRITE",
        _ => return format!("UNKNOWN_FUNCTION_{code:x}"),
    };
    name.to_owned()
}

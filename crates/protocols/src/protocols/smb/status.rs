//! Names of status codes ([MS-ERREF], 2.3) and of error codes of version 1 ([MS-CIFS], 2.2.2.4).

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A status of NT.
    Nt(u32),
    /// A class of errors and a number in it.
    Dos(u8, u16),
}

/// Success.
pub const SUCCESS: u32 = 0;
/// The answer comes later.
pub const PENDING: u32 = 0x0000_0103;
/// The answer is larger than what was asked for: more follows.
pub const BUFFER_OVERFLOW: u32 = 0x8000_0005;
/// Read beyond the end.
pub const END_OF_FILE: u32 = 0xc000_0011;

const NT: &[(u32, &str)] = &[
    (0x0000_0000, "STATUS_SUCCESS"),
    (0x0000_0102, "STATUS_TIMEOUT"),
    (0x0000_0103, "STATUS_PENDING"),
    (0x0000_0104, "STATUS_REPARSE"),
    (0x0000_0105, "STATUS_MORE_ENTRIES"),
    (0x0000_0107, "STATUS_SOME_NOT_MAPPED"),
    (0x0000_010b, "STATUS_NOTIFY_CLEANUP"),
    (0x0000_010c, "STATUS_NOTIFY_ENUM_DIR"),
    (0x8000_0005, "STATUS_BUFFER_OVERFLOW"),
    (0x8000_0006, "STATUS_NO_MORE_FILES"),
    (0x8000_000d, "STATUS_PARTIAL_COPY"),
    (0x8000_0011, "STATUS_DEVICE_BUSY"),
    (0x8000_001a, "STATUS_NO_MORE_ENTRIES"),
    (0x8000_002d, "STATUS_STOPPED_ON_SYMLINK"),
    (0xc000_0001, "STATUS_UNSUCCESSFUL"),
    (0xc000_0002, "STATUS_NOT_IMPLEMENTED"),
    (0xc000_0003, "STATUS_INVALID_INFO_CLASS"),
    (0xc000_0004, "STATUS_INFO_LENGTH_MISMATCH"),
    (0xc000_0005, "STATUS_ACCESS_VIOLATION"),
    (0xc000_0008, "STATUS_INVALID_HANDLE"),
    (0xc000_000d, "STATUS_INVALID_PARAMETER"),
    (0xc000_000e, "STATUS_NO_SUCH_DEVICE"),
    (0xc000_000f, "STATUS_NO_SUCH_FILE"),
    (0xc000_0010, "STATUS_INVALID_DEVICE_REQUEST"),
    (0xc000_0011, "STATUS_END_OF_FILE"),
    (0xc000_0016, "STATUS_MORE_PROCESSING_REQUIRED"),
    (0xc000_0017, "STATUS_NO_MEMORY"),
    (0xc000_0022, "STATUS_ACCESS_DENIED"),
    (0xc000_0023, "STATUS_BUFFER_TOO_SMALL"),
    (0xc000_0024, "STATUS_OBJECT_TYPE_MISMATCH"),
    (0xc000_0033, "STATUS_OBJECT_NAME_INVALID"),
    (0xc000_0034, "STATUS_OBJECT_NAME_NOT_FOUND"),
    (0xc000_0035, "STATUS_OBJECT_NAME_COLLISION"),
    (0xc000_0037, "STATUS_PORT_DISCONNECTED"),
    (0xc000_0039, "STATUS_OBJECT_PATH_INVALID"),
    (0xc000_003a, "STATUS_OBJECT_PATH_NOT_FOUND"),
    (0xc000_003b, "STATUS_OBJECT_PATH_SYNTAX_BAD"),
    (0xc000_0043, "STATUS_SHARING_VIOLATION"),
    (0xc000_0044, "STATUS_QUOTA_EXCEEDED"),
    (0xc000_0054, "STATUS_FILE_LOCK_CONFLICT"),
    (0xc000_0055, "STATUS_LOCK_NOT_GRANTED"),
    (0xc000_0056, "STATUS_DELETE_PENDING"),
    (0xc000_005e, "STATUS_NO_LOGON_SERVERS"),
    (0xc000_0061, "STATUS_PRIVILEGE_NOT_HELD"),
    (0xc000_0064, "STATUS_NO_SUCH_USER"),
    (0xc000_006a, "STATUS_WRONG_PASSWORD"),
    (0xc000_006d, "STATUS_LOGON_FAILURE"),
    (0xc000_006e, "STATUS_ACCOUNT_RESTRICTION"),
    (0xc000_006f, "STATUS_INVALID_LOGON_HOURS"),
    (0xc000_0070, "STATUS_INVALID_WORKSTATION"),
    (0xc000_0071, "STATUS_PASSWORD_EXPIRED"),
    (0xc000_0072, "STATUS_ACCOUNT_DISABLED"),
    (0xc000_0073, "STATUS_NONE_MAPPED"),
    (0xc000_007e, "STATUS_RANGE_NOT_LOCKED"),
    (0xc000_007f, "STATUS_DISK_FULL"),
    (0xc000_009a, "STATUS_INSUFFICIENT_RESOURCES"),
    (0xc000_009c, "STATUS_DEVICE_DATA_ERROR"),
    (0xc000_00a2, "STATUS_MEDIA_WRITE_PROTECTED"),
    (0xc000_00ab, "STATUS_INSTANCE_NOT_AVAILABLE"),
    (0xc000_00ac, "STATUS_PIPE_NOT_AVAILABLE"),
    (0xc000_00ad, "STATUS_INVALID_PIPE_STATE"),
    (0xc000_00ae, "STATUS_PIPE_BUSY"),
    (0xc000_00b0, "STATUS_PIPE_DISCONNECTED"),
    (0xc000_00b1, "STATUS_PIPE_CLOSING"),
    (0xc000_00b5, "STATUS_IO_TIMEOUT"),
    (0xc000_00ba, "STATUS_FILE_IS_A_DIRECTORY"),
    (0xc000_00bb, "STATUS_NOT_SUPPORTED"),
    (0xc000_00c9, "STATUS_NETWORK_NAME_DELETED"),
    (0xc000_00ca, "STATUS_NETWORK_ACCESS_DENIED"),
    (0xc000_00cb, "STATUS_BAD_DEVICE_TYPE"),
    (0xc000_00cc, "STATUS_BAD_NETWORK_NAME"),
    (0xc000_00ce, "STATUS_TOO_MANY_SESSIONS"),
    (0xc000_00d0, "STATUS_REQUEST_NOT_ACCEPTED"),
    (0xc000_00d9, "STATUS_PIPE_EMPTY"),
    (0xc000_00e5, "STATUS_INTERNAL_ERROR"),
    (0xc000_0101, "STATUS_DIRECTORY_NOT_EMPTY"),
    (0xc000_0103, "STATUS_NOT_A_DIRECTORY"),
    (0xc000_0120, "STATUS_CANCELLED"),
    (0xc000_0121, "STATUS_CANNOT_DELETE"),
    (0xc000_0128, "STATUS_FILE_CLOSED"),
    (0xc000_0184, "STATUS_INVALID_DEVICE_STATE"),
    (0xc000_0192, "STATUS_NETLOGON_NOT_STARTED"),
    (0xc000_0193, "STATUS_ACCOUNT_EXPIRED"),
    (0xc000_0203, "STATUS_USER_SESSION_DELETED"),
    (0xc000_0224, "STATUS_PASSWORD_MUST_CHANGE"),
    (0xc000_0225, "STATUS_NOT_FOUND"),
    (0xc000_0234, "STATUS_ACCOUNT_LOCKED_OUT"),
    (0xc000_0257, "STATUS_PATH_NOT_COVERED"),
    (0xc000_0275, "STATUS_NOT_A_REPARSE_POINT"),
    (0xc000_035c, "STATUS_NETWORK_SESSION_EXPIRED"),
];

const DOS: &[(u16, &str)] = &[
    (0, "ERRDOS_OK"),
    (1, "ERRDOS_BAD_FUNC"),
    (2, "ERRDOS_BAD_FILE"),
    (3, "ERRDOS_BAD_PATH"),
    (5, "ERRDOS_NO_ACCESS"),
    (6, "ERRDOS_BAD_FID"),
    (18, "ERRDOS_NO_FILES"),
    (32, "ERRDOS_BAD_SHARE"),
    (80, "ERRDOS_FILE_EXISTS"),
];

const SERVER: &[(u16, &str)] = &[
    (1, "ERRSRV_ERROR"),
    (2, "ERRSRV_BAD_PW"),
    (4, "ERRSRV_ACCESS"),
    (5, "ERRSRV_INV_TID"),
    (6, "ERRSRV_INV_NET_NAME"),
    (91, "ERRSRV_BAD_UID"),
];

fn find<K: PartialEq + Copy>(names: &[(K, &'static str)], code: K) -> Option<&'static str> {
    let known = names.iter().find(|(known, _)| *known == code);
    known.map(|(_, name)| *name)
}

impl Status {
    /// Its name, or its number when it has none.
    pub fn name(self) -> String {
        let known = match self {
            Self::Nt(code) => find(NT, code),
            Self::Dos(1, code) => find(DOS, code),
            Self::Dos(2, code) => find(SERVER, code),
            Self::Dos(..) => None,
        };
        match (known, self) {
            (Some(name), _) => name.to_owned(),
            (None, Self::Nt(code)) => code.to_string(),
            (None, Self::Dos(class @ 1..=2, code)) => format!("UNKNOWN_{class:02x}_{code:04x}"),
            (None, Self::Dos(class, code)) => format!("UNKNOWN_{class:02x}_{code:04x}"),
        }
    }

    /// Its number as text.
    pub fn code(self) -> String {
        match self {
            Self::Nt(code) => format!("0x{code:x}"),
            Self::Dos(_, code) => format!("0x{code:04x}"),
        }
    }
}

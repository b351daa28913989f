//! Functions: what each reads or writes, and who has defined it (MODBUS Application Protocol 1.1b3, section 5).

use bitflags::bitflags;

bitflags! {
    /// What a function reads or writes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Access: u8 {
        /// It reads.
        const READ = 1 << 0;
        /// It writes.
        const WRITE = 1 << 1;
        /// Bits that can only be read.
        const DISCRETES = 1 << 2;
        /// Bits.
        const COILS = 1 << 3;
        /// Registers that can only be read.
        const INPUT = 1 << 4;
        /// Registers.
        const HOLDING = 1 << 5;
        /// One of them.
        const SINGLE = 1 << 6;
        /// Several of them.
        const MULTIPLE = 1 << 7;
    }
}

/// Who has defined a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The standard.
    PublicAssigned,
    /// Nobody yet.
    PublicUnassigned,
    /// Whoever likes.
    UserDefined,
    /// Products of old.
    Reserved,
}

/// Serial diagnostics: its subfunctions are assigned one by one.
pub(super) const DIAGNOSTICS: u8 = 8;
/// Encapsulated interfaces.
pub(super) const ENCAPSULATED: u8 = 43;
/// The bit that turns a function into the report of an exception.
pub(super) const EXCEPTION: u8 = 0x80;

/// Numbers of public functions, their names for rules (those of Snort) and in records.
const PUBLIC: [(u8, &str, &str); 19] = [
    (1, "read_coils", "RdCoils"),
    (2, "read_discrete_inputs", "RdDiscreteInputs"),
    (3, "read_holding_registers", "RdHoldRegs"),
    (4, "read_input_registers", "RdInputRegs"),
    (5, "write_single_coil", "WrSingleCoil"),
    (6, "write_single_register", "WrSingleReg"),
    (7, "read_exception_status", "RdExcStatus"),
    (DIAGNOSTICS, "diagnostics", "Diagnostic"),
    (11, "get_comm_event_counter", "GetCommEventCtr"),
    (12, "get_comm_event_log", "GetCommEventLog"),
    (15, "write_multiple_coils", "WrMultCoils"),
    (16, "write_multiple_registers", "WrMultRegs"),
    (17, "report_slave_id", "ReportServerID"),
    (20, "read_file_record", "RdFileRec"),
    (21, "write_file_record", "WrFileRec"),
    (22, "mask_write_register", "MaskWrReg"),
    (23, "read_write_multiple_registers", "RdWrMultRegs"),
    (24, "read_fifo_queue", "RdFIFOQueue"),
    (ENCAPSULATED, "encapsulated_interface_transport", "MEI"),
];

/// The number of a function, for rules.
pub fn function_number(name: &str) -> Option<u64> {
    let mut known = PUBLIC.iter();
    let (number, ..) = known.find(|(_, word, _)| word.eq_ignore_ascii_case(name))?;
    Some((*number).into())
}

/// The name of a function in records.
pub(super) fn name(function: u8) -> &'static str {
    let mut known = PUBLIC.iter();
    known
        .find(|(number, ..)| *number == function)
        .map_or("Unknown", |(_, _, name)| *name)
}

impl Access {
    /// What a function reads or writes.
    pub(super) fn of(function: u8) -> Self {
        match function {
            1 => Self::READ | Self::COILS,
            2 => Self::READ | Self::DISCRETES,
            3 => Self::READ | Self::HOLDING,
            4 => Self::READ | Self::INPUT,
            5 => Self::WRITE | Self::COILS | Self::SINGLE,
            6 => Self::WRITE | Self::HOLDING | Self::SINGLE,
            15 => Self::WRITE | Self::COILS | Self::MULTIPLE,
            16 => Self::WRITE | Self::HOLDING | Self::MULTIPLE,
            20 | 24 => Self::READ,
            21 => Self::WRITE,
            22 => Self::WRITE | Self::HOLDING,
            23 => Self::READ | Self::WRITE | Self::HOLDING | Self::MULTIPLE,
            _ => Self::empty(),
        }
    }
}

impl Category {
    /// Who has defined a function; `sub` is its subfunction, of those that have some.
    pub(super) fn of(function: u8, sub: Option<u16>) -> Self {
        match (function, sub) {
            (DIAGNOSTICS, Some(0..=4 | 10..=18 | 20)) => Self::PublicAssigned,
            (DIAGNOSTICS, _) => Self::Reserved,
            (ENCAPSULATED, Some(13 | 14)) => Self::PublicAssigned,
            (ENCAPSULATED, _) => Self::Reserved,
            (9 | 10 | 13 | 14 | 41 | 42 | 90 | 91 | 125..=127, _) => Self::Reserved,
            (65..=72 | 100..=110, _) => Self::UserDefined,
            _ if PUBLIC.iter().any(|(number, ..)| *number == function) => Self::PublicAssigned,
            _ => Self::PublicUnassigned,
        }
    }

    /// The name in records.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PublicAssigned => "PUBLIC_ASSIGNED",
            Self::PublicUnassigned => "PUBLIC_UNASSIGNED",
            Self::UserDefined => "USER_DEFINED",
            Self::Reserved => "RESERVED",
        }
    }
}

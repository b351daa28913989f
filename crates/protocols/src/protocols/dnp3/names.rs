//! Names of functions and internal indications (IEEE 1815, 4.2.2.5 and 4.2.2.6).

const FUNCTIONS: &[(u8, &str)] = &[
    (0, "confirm"),
    (1, "read"),
    (2, "write"),
    (3, "select"),
    (4, "operate"),
    (5, "direct_operate"),
    (6, "direct_operate_nr"),
    (7, "immed_freeze"),
    (8, "immed_freeze_nr"),
    (9, "freeze_clear"),
    (10, "freeze_clear_nr"),
    (11, "freeze_at_time"),
    (12, "freeze_at_time_nr"),
    (13, "cold_restart"),
    (14, "warm_restart"),
    (15, "initialize_data"),
    (16, "initialize_appl"),
    (17, "start_appl"),
    (18, "stop_appl"),
    (19, "save_config"),
    (20, "enable_unsolicited"),
    (21, "disable_unsolicited"),
    (22, "assign_class"),
    (23, "delay_measure"),
    (24, "record_current_time"),
    (25, "open_file"),
    (26, "close_file"),
    (27, "delete_file"),
    (28, "get_file_info"),
    (29, "authenticate_file"),
    (30, "abort_file"),
    (31, "activate_config"),
    (32, "authenticate_req"),
    (33, "authenticate_err"),
    (129, "response"),
    (130, "unsolicited_response"),
    (131, "authenticate_resp"),
];

/// Internal indications, highest bit first.
const INDICATIONS: [&str; 16] = [
    "device_restart",
    "device_trouble",
    "local_control",
    "need_time",
    "class_3_events",
    "class_2_events",
    "class_1_events",
    "all_stations",
    "reserved_1",
    "reserved_2",
    "config_corrupt",
    "already_executing",
    "event_buffer_overflow",
    "parameter_error",
    "object_unknown",
    "no_func_code_support",
];

/// The code of the function of a name.
pub fn function(name: &str) -> Option<u64> {
    let (code, _) = FUNCTIONS
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(name))?;
    Some((*code).into())
}

/// The bit of the internal indication of a name.
pub fn indication(name: &str) -> Option<u64> {
    let place = INDICATIONS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(0x8000 >> place)
}

/// The names of the indications that are set.
pub(super) fn indications(bits: u16) -> impl Iterator<Item = &'static str> {
    (0..)
        .zip(INDICATIONS)
        .filter(move |(place, _)| bits & 0x8000 >> *place != 0)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_numbers() {
        assert_eq!(function("Select"), Some(3));
        assert_eq!(indication("need_time"), Some(0x1000));
        assert_eq!(
            indications(0x8001).collect::<Vec<_>>(),
            ["device_restart", "no_func_code_support"]
        );
    }
}

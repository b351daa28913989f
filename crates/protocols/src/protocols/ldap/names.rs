//! Names of operations and results.

/// Operations with the numbers of their tags (RFC 4511, section 4.2 and on).
const OPERATIONS: [(u8, &str); 21] = [
    (0, "bind_request"),
    (1, "bind_response"),
    (2, "unbind_request"),
    (3, "search_request"),
    (4, "search_result_entry"),
    (5, "search_result_done"),
    (6, "modify_request"),
    (7, "modify_response"),
    (8, "add_request"),
    (9, "add_response"),
    (10, "del_request"),
    (11, "del_response"),
    (12, "mod_dn_request"),
    (13, "mod_dn_response"),
    (14, "compare_request"),
    (15, "compare_response"),
    (16, "abandon_request"),
    (19, "search_result_reference"),
    (23, "extended_request"),
    (24, "extended_response"),
    (25, "intermediate_response"),
];

/// Results (RFC 4511, appendix A; RFC 3928, 3909, 4528, 4370).
const RESULTS: [(u32, &str); 48] = [
    (0, "success"),
    (1, "operations_error"),
    (2, "protocol_error"),
    (3, "time_limit_exceeded"),
    (4, "size_limit_exceeded"),
    (5, "compare_false"),
    (6, "compare_true"),
    (7, "auth_method_not_supported"),
    (8, "stronger_auth_required"),
    (10, "referral"),
    (11, "admin_limit_exceeded"),
    (12, "unavailable_critical_extension"),
    (13, "confidentiality_required"),
    (14, "sasl_bind_in_progress"),
    (16, "no_such_attribute"),
    (17, "undefined_attribute_type"),
    (18, "inappropriate_matching"),
    (19, "constraint_violation"),
    (20, "attribute_or_value_exists"),
    (21, "invalid_attribute_syntax"),
    (32, "no_such_object"),
    (33, "alias_problem"),
    (34, "invalid_dns_syntax"),
    (35, "is_leaf"),
    (36, "alias_dereferencing_problem"),
    (48, "inappropriate_authentication"),
    (49, "invalid_credentials"),
    (50, "insufficient_access_rights"),
    (51, "busy"),
    (52, "unavailable"),
    (53, "unwilling_to_perform"),
    (54, "loop_detect"),
    (60, "sort_control_missing"),
    (61, "offset_range_error"),
    (64, "naming_violation"),
    (65, "object_class_violation"),
    (66, "not_allowed_on_non_leaf"),
    (67, "not_allowed_on_rdn"),
    (68, "entry_already_exists"),
    (69, "object_class_mods_prohibited"),
    (70, "results_too_large"),
    (71, "affects_multiple_dsas"),
    (76, "control_error"),
    (80, "other"),
    (118, "canceled"),
    (119, "no_such_operation"),
    (120, "too_late"),
    (121, "cannot_cancel"),
];

/// The name of an operation.
pub(super) fn operation(number: u8) -> &'static str {
    OPERATIONS
        .iter()
        .find(|(known, _)| *known == number)
        .map_or("unknown", |(_, name)| name)
}

/// The name of a result.
pub(super) fn result(code: u32) -> Option<&'static str> {
    RESULTS
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, name)| *name)
}

/// The number of an operation of a name.
pub fn ldap_operation(name: &str) -> Option<u8> {
    OPERATIONS
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(number, _)| *number)
}

/// The number of a result of a name.
pub fn ldap_result_code(name: &str) -> Option<u32> {
    RESULTS
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(code, _)| *code)
}

//! The registry of lints.

use crate::Lint;

macro_rules! lints {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// All lints in the order of their codes.
        pub static ALL: &[Lint] = &[$($name::LINT),*];
    };
}

lints! {
    missing_msg
    missing_rev
    missing_classtype
    pcre_without_literal
    negation_only
    noalert_without_state
    pcre_is_literal
    repeated_reference
    repeated_content
    nocase_without_letters
    icmp_with_ports
    nested_quantifier
    flowbit_never_set
    flowbit_never_checked
    same_but_sid
    pcre_leading_any
    flow_both_ways
    short_literal
    common_literal
    weak_fast_pattern
    no_room
    same_place
    wrong_transport
    masked_flag
    excluded_number
    byte_test_out_of_reach
    digest_shape
    name_shape
    line_end_in_value
    name_in_value
    small_method
    wrong_direction
    handshake_established
    unknown_class
    unknown_reference
    undefined_variable
    shadowed_by_pass
    narrower_rule
    buffer_without_test
    relative_to_nothing
    unused_variable
    xbit_never_set
    silent_for_nothing
    anywhere
    missing_flow
    ports_of_protocol
    old_keyword
    old_modifier
    fast_pattern_only
    threshold_in_rule
    needless_rawbytes
    end_by_isdataat
    start_by_depth
    needless_nocase
    bytes_beyond_ascii
    blanks_in_msg
    repeated_msg
    rev_zero
    reserved_sid
    metadata_shape
    repeated_metadata
    url_with_scheme
    cve_shape
    pcre_trailing_any
    many_any
    name_without_dotprefix
    name_end_without_dot
    default_gid
    repeated_option
    excluded_size
    absent_with_content
}

/// What tests of lints ask.
#[cfg(test)]
pub(crate) mod trial {
    use tapir_rules::{LoadOptions, Source, load};

    use crate::{Finding, Lint, mend};

    fn findings(lint: &Lint, text: &str) -> (Source, Vec<Finding>) {
        let source = Source::new("local.rules", text.as_bytes());
        let file = load(vec![source.clone()], &LoadOptions::default());
        assert_eq!(file.refused, 0, "{:?}", file.diagnostics);
        let mut findings = Vec::new();
        lint.run(&file, &mut findings);
        (source, findings)
    }

    /// The texts that the lint underlines.
    pub(crate) fn spans(lint: &Lint, text: &str) -> Vec<String> {
        let (source, findings) = findings(lint, text);
        findings
            .iter()
            .map(|finding| source.text_of(finding.diagnostic.span).into_owned())
            .collect()
    }

    /// The text with all fixes of the lint applied.
    pub(crate) fn mended(lint: &Lint, text: &str) -> String {
        let (_, findings) = findings(lint, text);
        String::from_utf8(mend(text.as_bytes(), &findings).0).unwrap()
    }
}

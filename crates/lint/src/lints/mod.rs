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
    use tapir_rules::{LoadOptions, Source};

    use crate::{Finding, Lint, Selection, Surroundings, check_within};

    /// The texts that a lint underlines.
    pub(crate) fn spans(lint: &Lint, text: &str) -> Vec<String> {
        let source = Source::new("local.rules", text.as_bytes());
        let place = |finding: &Finding| source.text_of(finding.diagnostic.span).into_owned();
        findings(lint, text).iter().map(place).collect()
    }

    /// What a lint finds in rules.
    pub(crate) fn findings(lint: &Lint, text: &str) -> Vec<Finding> {
        let selection = Selection {
            select: vec![lint.code.to_owned()],
            ignore: Vec::new(),
        };
        let surroundings = Surroundings {
            variables: Some(
                ["HOME_NET", "EXTERNAL_NET"]
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
            ),
            ..Surroundings::default()
        };
        let source = Source::new("local.rules", text.as_bytes());
        let checked = check_within(
            vec![source],
            &LoadOptions::default(),
            &selection,
            &surroundings,
        );
        assert_eq!(checked.file.refused, 0, "{}: {text}", lint.name);
        checked.findings
    }
}

#[cfg(test)]
mod tests {
    use super::trial::findings;
    use crate::{Lint, mend};

    /// The rules below a heading of a lint's page.
    fn rules_below(lint: &Lint, heading: &str) -> String {
        let below = lint
            .page()
            .skip_while(|line| line.strip_prefix("# ") != Some(heading));
        let block = below.skip_while(|line| !line.starts_with("```")).skip(1);
        let lines: Vec<&str> = block.take_while(|line| !line.starts_with("```")).collect();
        assert!(
            !lines.is_empty(),
            "{}: nothing below `{heading}`",
            lint.name
        );
        lines.join("\n") + "\n"
    }

    #[test]
    fn codes_and_names_are_distinct_and_in_order() {
        for (place, lint) in super::ALL.iter().enumerate() {
            assert_eq!(lint.code, format!("L{:03}", place + 1), "{}", lint.name);
            let file = format!("code: \"{}\"", lint.code);
            assert!(
                lint.text.contains(&file) && !lint.summary().is_empty(),
                "{}",
                lint.name
            );
        }
    }

    #[test]
    fn lints_find_their_example_and_not_what_to_use_instead() {
        let mut wrong = Vec::new();
        for lint in super::ALL {
            let (example, instead) = (
                rules_below(lint, "Example"),
                rules_below(lint, "Use instead"),
            );
            if findings(lint, &example).is_empty() {
                wrong.push(format!("{} finds nothing in\n{example}", lint.name));
            }
            let left = findings(lint, &instead);
            if let Some(finding) = left.first() {
                let message = &finding.diagnostic.message;
                wrong.push(format!("{} says \"{message}\" of\n{instead}", lint.name));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn fixes_make_the_example_what_to_use_instead() {
        let mut wrong = Vec::new();
        for lint in super::ALL {
            let example = rules_below(lint, "Example");
            let (mended, count) = mend(example.as_bytes(), &findings(lint, &example));
            if (count > 0) != lint.mends {
                wrong.push(format!("{} mends {count}", lint.name));
            }
            let (mended, instead) = (
                String::from_utf8(mended).unwrap(),
                rules_below(lint, "Use instead"),
            );
            if lint.mends && mended != instead {
                wrong.push(format!("{} makes\n{mended}not\n{instead}", lint.name));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

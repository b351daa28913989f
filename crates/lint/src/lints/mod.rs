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

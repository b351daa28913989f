//! `dotprefix`, `domain`, `tld`: parts of host names, by the public suffix list.

/// Puts a dot before, so that a rule can ask for a whole label.
pub(super) fn dotprefix(input: &[u8], output: &mut Vec<u8>) {
    output.push(b'.');
    output.extend_from_slice(input);
}

/// The registered domain: the public suffix and the label before it. Empty if the name is nothing but a suffix.
pub(super) fn registered(input: &[u8], output: &mut Vec<u8>) {
    if let Some(domain) = psl::domain(input) {
        output.extend_from_slice(domain.as_bytes());
    }
}

/// The public suffix of a name that has a label before it.
pub(super) fn suffix(input: &[u8], output: &mut Vec<u8>) {
    if let Some(domain) = psl::domain(input) {
        output.extend_from_slice(domain.suffix().as_bytes());
    }
}

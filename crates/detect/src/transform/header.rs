//! `header_lowercase` and `strip_pseudo_headers`: lines of header fields.

/// The names of fields, up to the colon of each line, in lower case.
pub(super) fn lowercase_names(input: &[u8], output: &mut Vec<u8>) {
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        // A line without a colon is the beginning of a name that the next line goes on with.
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        output.extend(name.iter().map(u8::to_ascii_lowercase));
        output.extend_from_slice(value);
    }
}

/// Leaves out the lines that begin with a colon, as the fields of HTTP/2 that are none of HTTP/1 do.
pub(super) fn strip_pseudo(input: &[u8], output: &mut Vec<u8>) {
    for line in input
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !line.starts_with(b":"))
    {
        output.extend_from_slice(line);
    }
}

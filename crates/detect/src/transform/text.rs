//! `strip_whitespace`, `compress_whitespace`, `url_decode`.

/// A blank as C's `isspace` has it: the vertical tab counts.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// Leaves out every blank.
pub(super) fn strip_whitespace(input: &[u8], output: &mut Vec<u8>) {
    output.extend(input.iter().filter(|byte| !is_blank(**byte)));
}

/// Of blanks in a row, leaves the first.
pub(super) fn compress_whitespace(input: &[u8], output: &mut Vec<u8>) {
    let mut after_blank = false;
    output.extend(input.iter().filter(|byte| {
        let blank = is_blank(**byte);
        let keep = !(blank && after_blank);
        after_blank = blank;
        keep
    }));
}

/// Decodes `%41` to a byte and `+` to a blank; what is no such escape stays as it is, and a second escape that cuts
/// a first one short is not looked at again.
pub(super) fn url_decode(input: &[u8], output: &mut Vec<u8>) {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut rest = input;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() => {
                match (hex(*high), hex(*low)) {
                    (Some(high), Some(low)) => output.push(high << 4 | low),
                    _ => output.extend_from_slice(&[b'%', *high, *low]),
                }
                rest = after;
            }
            (b'%', [other, after @ ..]) => {
                output.extend_from_slice(&[b'%', *other]);
                rest = after;
            }
            (b'+', _) => output.push(b' '),
            _ => output.push(byte),
        }
    }
}

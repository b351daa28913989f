//! Base64 (RFC 4648 and RFC 2045), as strictly as a rule wants it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tapir_rules::tree::{Base64Mode, FromBase64};

use super::Step;

/// The six bits of a letter of the alphabet; of the padding nothing but that it is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Bits(u8),
    Padding,
}

fn letter(byte: u8) -> Option<Letter> {
    Some(Letter::Bits(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => return Some(Letter::Padding),
        _ => return None,
    }))
}

/// Appends what four letters stand for; false if padding stands where it cannot.
fn push_group(group: [Letter; 4], output: &mut Vec<u8>) -> bool {
    use Letter::{Bits, Padding};
    match group {
        [Bits(a), Bits(b), Padding, _] => output.push(a << 2 | b >> 4),
        [Bits(a), Bits(b), Bits(c), Padding] => output.extend([a << 2 | b >> 4, b << 4 | c >> 2]),
        [Bits(a), Bits(b), Bits(c), Bits(d)] => {
            output.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d])
        }
        _ => return false,
    }
    true
}

/// Decodes groups of letters until they run out or make no sense; the last group may lack its padding.
fn decode(letters: impl Iterator<Item = Letter>, complete: bool, output: &mut Vec<u8>) {
    let mut group = [Letter::Padding; 4];
    let mut filled = 0;
    for letter in letters {
        group[filled] = letter;
        filled += 1;
        if filled == group.len() {
            if !push_group(group, output) {
                return;
            }
            group = [Letter::Padding; 4];
            filled = 0;
        }
    }
    if complete && filled > 0 {
        push_group(group, output);
    }
}

/// Decodes up to the first byte that is not of the alphabet.
pub(crate) fn decode_until_foreign(input: &[u8], output: &mut Vec<u8>) {
    decode(input.iter().map_while(|byte| letter(*byte)), true, output);
}

/// Decodes as the transform is told to.
pub(super) fn from_base64(input: &[u8], wanted: &FromBase64, output: &mut Vec<u8>) -> Step {
    let Some(mut input) = input
        .get(wanted.offset as usize..)
        .filter(|rest| !rest.is_empty())
    else {
        return Step::Unchanged;
    };
    if let Some(bytes) = wanted.bytes.filter(|bytes| *bytes > 0) {
        // A buffer that has no more than these bytes is left alone.
        match input.get(..bytes as usize) {
            Some(part) if part.len() < input.len() => input = part,
            _ => return Step::Unchanged,
        }
    }
    match wanted.mode {
        Base64Mode::Rfc4648 => decode_until_foreign(input, output),
        Base64Mode::Rfc2045 => decode(input.iter().filter_map(|byte| letter(*byte)), false, output),
        Base64Mode::Strict => {
            if STANDARD.decode_vec(input, output).is_err() {
                output.clear();
            }
        }
    }
    if output.is_empty() {
        Step::Failed
    } else {
        Step::Done
    }
}

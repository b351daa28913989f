//! `xor`: combines the buffer with a key, again and again.

use tapir_rules::tree::XorKey;

use super::Step;

/// Combines the bytes from `offset` on with the key; those before it stay.
pub(super) fn xor(input: &[u8], offset: usize, key: &XorKey, output: &mut Vec<u8>) -> Step {
    let key = match key {
        XorKey::Fixed(key) => Some(&**key),
        XorKey::Extracted { bytes, offset } => input
            .get(*offset as usize..)
            .and_then(|rest| rest.get(..usize::from(*bytes))),
    };
    let Some((start, rest)) = input.split_at_checked(offset) else {
        return Step::Unchanged;
    };
    match key {
        None | Some([]) => Step::Unchanged,
        Some(key) => {
            output.extend_from_slice(start);
            output.extend(
                rest.iter()
                    .zip(key.iter().cycle())
                    .map(|(byte, key)| byte ^ key),
            );
            Step::Done
        }
    }
}

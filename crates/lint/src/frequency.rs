//! How often traffic holds a literal, in words.

use tapir_matcher::quality;
use tapir_rules::tree::{Content, ProtocolName};
use tapir_rules::{Opt, OptionKind, Rule};

/// Traffic holds a common literal at least once in so many bytes.
const COMMON: u64 = 4096;

/// The pattern of a rule that traffic holds least often, when all of them are looked for in raw payload, wherever they
/// stand, and nothing else narrows down where the rule is tried.
pub(crate) fn best_anywhere(rule: &Rule) -> Option<(&Opt, &Content)> {
    if matches!(rule.header.protocol.name, ProtocolName::App(_)) {
        return None;
    }
    let mut best: Option<(&Opt, &Content)> = None;
    for option in &rule.options {
        match &option.kind {
            OptionKind::Buffer(_) | OptionKind::BufferPart(..) => return None,
            OptionKind::Content(content) if !content.negated => {
                let bound = content.depth.is_some() || content.startswith || content.endswith;
                if bound {
                    return None;
                }
                if best.is_none_or(|(_, best)| quality(&best.bytes) < quality(&content.bytes)) {
                    best = Some((option, content));
                }
            }
            // These leave few packets.
            OptionKind::TcpFlags(_) | OptionKind::Integer(_) | OptionKind::FlowBits(_) => {
                return None;
            }
            _ => {}
        }
    }
    best
}

/// In how many bytes of traffic the literal stands once.
fn bytes_between(literal: &[u8]) -> u64 {
    // Quarters of a bit.
    let bits = f64::from(quality(literal)) / 4.0;
    bits.exp2().min(1e15) as u64
}

/// Whether much of all traffic holds the literal.
pub(crate) fn is_common(literal: &[u8]) -> bool {
    bytes_between(literal) <= COMMON
}

/// In how much traffic the literal stands once: `350 bytes`, `12 KB`.
pub(crate) fn every(literal: &[u8]) -> String {
    let mut amount = bytes_between(literal);
    for unit in ["bytes", "KB", "MB", "GB"] {
        if amount < 1000 {
            return format!("{} {unit}", amount.max(1));
        }
        amount /= 1000;
    }
    format!("{amount} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_commonplace_literals_are_common() {
        assert!(is_common(b"a") && is_common(b"HTTP/1.1") && is_common(&[0, 0]));
        assert!(!is_common(b"zqxjkv"));
    }

    #[test]
    fn amounts_have_units() {
        assert!(every(b"e").ends_with(" bytes"), "{}", every(b"e"));
        assert!(every(b"qzjx").ends_with('B'), "{}", every(b"qzjx"));
    }
}

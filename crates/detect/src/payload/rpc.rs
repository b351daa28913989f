//! `rpc`: the numbers of an ONC RPC call (RFC 5531).

use tapir_rules::tree::Rpc;

/// The message type of a call.
const CALL: u32 = 0;

/// The version of the protocol.
const VERSION: u32 = 2;

/// `rpc`.
#[derive(Debug, Clone, Copy)]
pub(super) struct RpcTest(Rpc);

impl RpcTest {
    pub(super) fn new(rpc: &Rpc) -> Self {
        Self(*rpc)
    }

    /// Whether the payload is such a call; over TCP it follows a record mark of four bytes.
    pub(super) fn holds(self, data: &[u8], tcp: bool) -> bool {
        let message = if tcp {
            data.get(4..).unwrap_or_default()
        } else {
            data
        };
        let word = |at: usize| {
            message
                .get(at * 4..)?
                .first_chunk()
                .map(|bytes| u32::from_be_bytes(*bytes))
        };
        word(1) == Some(CALL)
            && word(2) == Some(VERSION)
            && word(3) == Some(self.0.program)
            && self
                .0
                .version
                .is_none_or(|version| word(4) == Some(version))
            && word(5)
                .is_some_and(|found| self.0.procedure.is_none_or(|procedure| found == procedure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart() {
        let call: Vec<u8> = [7u32, 0, 2, 100_000, 4, 3]
            .iter()
            .flat_map(|word| word.to_be_bytes())
            .collect();
        let test = |program, version, procedure| {
            RpcTest(Rpc {
                program,
                version,
                procedure,
            })
        };
        assert!(test(100_000, Some(4), None).holds(&call, false));
        assert!(test(100_000, None, Some(3)).holds(&[&[0; 4], &call[..]].concat(), true));
        assert!(!test(100_001, None, None).holds(&call, false));
        assert!(!test(100_000, Some(3), None).holds(&call, false));
        assert!(!test(100_000, None, None).holds(&call[..20], false));
    }
}

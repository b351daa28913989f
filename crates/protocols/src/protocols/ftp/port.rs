//! Ports of data connections, as commands and replies say them.

/// The port of `PORT h1,h2,h3,h4,p1,p2` and of the reply to PASV, which has the same in parentheses.
pub(super) fn six_numbers(text: &[u8]) -> Option<u16> {
    let from = text.iter().rposition(|&byte| byte == b'(');
    let text = text.get(from.map_or(0, |at| at + 1)..)?;
    let end = text
        .iter()
        .position(|byte| !(byte.is_ascii_digit() || matches!(byte, b',' | b' ')));
    let text = std::str::from_utf8(text.get(..end.unwrap_or(text.len()))?).ok()?;
    let mut numbers = text.trim().split(',').map(|part| part.trim().parse::<u8>());
    let mut last = [0; 6];
    for number in &mut last {
        *number = numbers.next()?.ok()?;
    }
    Some(u16::from_be_bytes([last[4], last[5]]))
}

/// The port of `EPRT |2|::1|1234|` and of the reply to EPSV, `(|||1234|)` (RFC 2428).
pub(super) fn extended(text: &[u8]) -> Option<u16> {
    let last = text.iter().rposition(|&byte| byte == b'|')?;
    let text = text.get(..last)?;
    let before = text.iter().rposition(|&byte| byte == b'|')?;
    std::str::from_utf8(text.get(before + 1..)?)
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_all_four_ways() {
        assert_eq!(six_numbers(b"192,168,0,1,4,1"), Some(1025));
        assert_eq!(
            six_numbers(b"Entering Passive Mode (10,0,0,1,200,10)."),
            Some(51210)
        );
        assert_eq!(extended(b"|1|10.0.0.1|6275|"), Some(6275));
        assert_eq!(
            extended(b"Entering Extended Passive Mode (|||33822|)"),
            Some(33822)
        );
        for bad in [&b""[..], b"1,2,3", b"1,2,3,4,5,600", b"|", b"(|||99999|)"] {
            assert_eq!((six_numbers(bad), extended(bad)), (None, None));
        }
    }
}

//! The line that each side begins with (RFC 4253, section 4.2).

/// A line of bytes of this length is too long.
pub(super) const MAX_BANNER: usize = 256;

/// The first line, and how many bytes it takes with its end; nothing when the end is not there.
pub(super) fn line(data: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr::memchr2(b'\r', b'\n', data)?;
    let used = match data.get(end..)? {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        // A lone return ends a line, too, once it is known to be lone.
        [b'\r', _, ..] => 1,
        _ => return None,
    };
    Some((data.get(..end)?, end + used))
}

/// Versions of protocol and software: `SSH-protocol-software comment`.
pub(super) fn versions(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = line.split_at_checked(4)?;
    if name != b"SSH-" {
        return None;
    }
    let dash = memchr::memchr(b'-', rest).filter(|&dash| dash > 0)?;
    let software = rest.get(dash + 1..)?;
    let end = software
        .iter()
        .position(|byte| b" \r\n".contains(byte))
        .unwrap_or(software.len());
    Some((rest.get(..dash)?, software.get(..end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banner_has_two_versions() {
        let expected = Some((&b"2.0"[..], &b"OpenSSH_7.4"[..]));
        assert_eq!(versions(b"SSH-2.0-OpenSSH_7.4 comment"), expected);
        assert_eq!(versions(b"SSH-1.99-"), Some((&b"1.99"[..], &b""[..])));
        assert_eq!((versions(b"SSH--x"), versions(b"SSH-2.0")), (None, None));
    }

    #[test]
    fn lines_end_in_many_ways() {
        assert_eq!(line(b"a\nb"), Some((&b"a"[..], 2)));
        assert_eq!(line(b"a\r\nb"), Some((&b"a"[..], 3)));
        assert_eq!(line(b"a\rb"), Some((&b"a"[..], 2)));
        assert_eq!((line(b"a\r"), line(b"a")), (None, None));
    }
}

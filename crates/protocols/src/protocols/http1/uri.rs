//! Request targets (RFC 3986), as sent and normalised.

use super::Settings;

/// A request's target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// As sent.
    pub(super) raw: Vec<u8>,
    /// Path and query, decoded, without dot segments and doubled slashes.
    pub(super) normal: Vec<u8>,
    /// Host of an absolute target, as sent.
    pub(super) host: Option<Vec<u8>>,
    /// What is decoded could be decoded again.
    pub(super) double_encoded: bool,
}

impl Target {
    pub(super) fn new(raw: &[u8], settings: &Settings) -> Self {
        let after_scheme = memchr::memmem::find(raw, b"://")
            .filter(|&at| at > 0 && raw[..at].iter().all(u8::is_ascii_alphanumeric))
            .and_then(|at| raw.get(at + 3..));
        let (host, rest) = match after_scheme {
            Some(rest) => {
                let end = rest
                    .iter()
                    .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
                    .unwrap_or(rest.len());
                let (host, path) = rest.split_at(end);
                (Some(host.to_vec()), path)
            }
            None => (None, raw),
        };
        let cut = memchr::memchr2(b'?', b'#', rest).unwrap_or(rest.len());
        let (path, query) = rest.split_at(cut);
        let mut normal = Vec::with_capacity(raw.len());
        if settings.whole_uri {
            let before = raw.len() - rest.len();
            normal.extend_from_slice(raw.get(..before).unwrap_or_default());
        }
        let mut double_encoded = false;
        let mut decode_as_set = |text: &[u8], path: bool| {
            let once = decode(text, path);
            if !settings.double_decode[usize::from(!path)] {
                return once;
            }
            let twice = decode(&once, path);
            double_encoded |= twice != once;
            twice
        };
        remove_dots(&decode_as_set(path, true), &mut normal);
        normal.extend_from_slice(&decode_as_set(query, false));
        Self {
            raw: raw.to_vec(),
            normal,
            host,
            double_encoded,
        }
    }
}

/// Decodes `%XX`; what is no such code stays. In paths backslashes become slashes.
fn decode(text: &[u8], path: bool) -> Vec<u8> {
    let digit = |at: usize| {
        text.get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
            .map(|digit| digit as u8)
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let mut decoded = byte;
        at += 1;
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(at), digit(at + 1))
        {
            decoded = high << 4 | low;
            at += 2;
        }
        if path && decoded == b'\\' {
            decoded = b'/';
        }
        if path && decoded == b'/' && out.last() == Some(&b'/') {
            continue;
        }
        out.push(decoded);
    }
    out
}

/// Takes out `.` and `..` (RFC 3986, section 5.2.4).
fn remove_dots(path: &[u8], out: &mut Vec<u8>) {
    if memchr::memmem::find(path, b"/.").is_none() {
        out.extend_from_slice(path);
        return;
    }
    let begin = out.len();
    let mut parts = path.split(|&byte| byte == b'/').peekable();
    let mut first = true;
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            b"." | b".." if !first => {
                if part == b".." {
                    let before = out[begin..].iter().rposition(|&byte| byte == b'/');
                    out.truncate(begin + before.unwrap_or(0));
                }
                if last {
                    out.push(b'/');
                }
            }
            _ => {
                if !first {
                    out.push(b'/');
                }
                out.extend_from_slice(part);
            }
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_and_shortened() {
        let normal = |raw: &[u8]| {
            let target = Target::new(raw, &Settings::default());
            String::from_utf8(target.normal).expect("text")
        };
        assert_eq!(normal(b"/a%2fb//c/../d?x=%41+1"), "/a/b/d?x=A+1");
        assert_eq!(normal(b"/../a/./b/."), "/a/b/");
        assert_eq!(normal(b"/100%zz"), "/100%zz");
        assert_eq!(normal(b"http://h.example:80/p?q"), "/p?q");
    }

    #[test]
    fn an_absolute_target_names_its_host() {
        let target = Target::new(b"http://h.example:80/p", &Settings::default());
        assert_eq!(target.host.as_deref(), Some(&b"h.example:80"[..]));
    }
}

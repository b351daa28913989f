//! How rare bytes are in traffic, and which literal of a rule is the best to look for first.
//!
//! A rule is looked up through one of its literals. The best one is that which unrelated traffic holds
//! least often, which is not always the longest: `|de ad be ef|` stands in fewer packets than
//! `Content-Type: application/`. The estimate is a first-order Markov chain over 64 classes of bytes
//! (letters without case, digits, the usual punctuation, controls, the high half), measured over 187 MB
//! of TCP and UDP payloads of many protocols by `examples/measure_rarity.rs`. The words every HTTP or
//! mail message holds are corrected by a list, as such a chain thinks any long text rare.

mod table;

/// Number of classes of bytes.
pub const CLASSES: usize = 64;

/// Bytes that have a class of their own beside the letters, from class 26 on.
const OWN_CLASS: [u8; 35] = [
    0x00, 0x01, 0xff, b'\t', b'\r', b'\n', b' ', b'!', b'"', b'#', b'$', b'%', b'&', b'\'', b'(',
    b')', b'*', b'+', b',', b'-', b'.', b'/', b':', b';', b'<', b'=', b'>', b'?', b'@', b'[',
    b'\\', b']', b'_', b'{', b'}',
];
const DIGITS: usize = 26 + OWN_CLASS.len();
const LOW: usize = DIGITS + 1;
const HIGH: usize = DIGITS + 2;

/// The class of each byte.
const CLASS: [u8; 256] = {
    let mut classes = [LOW as u8; 256];
    let mut byte = 0;
    while byte < 256 {
        if byte >= 0x80 {
            classes[byte] = HIGH as u8;
        } else if (byte as u8).is_ascii_alphabetic() {
            classes[byte] = (byte as u8 | 0x20) - b'a';
        } else if (byte as u8).is_ascii_digit() {
            classes[byte] = DIGITS as u8;
        }
        byte += 1;
    }
    let mut own = 0;
    while own < OWN_CLASS.len() {
        classes[OWN_CLASS[own] as usize] = 26 + own as u8;
        own += 1;
    }
    classes
};

/// The class of a byte, below [`CLASSES`].
pub fn class_of(byte: u8) -> usize {
    usize::from(CLASS[usize::from(byte)])
}

/// How many values of a byte (letters counted without case) fall into a class.
pub fn members_of(class: usize) -> u32 {
    let members = CLASS.iter().filter(|&&of| usize::from(of) == class).count() as u32;
    if class < 26 { 1 } else { members.max(1) }
}

/// Cost of one byte wherever it stands, in quarters of a bit: the higher the rarer.
pub fn byte_cost(byte: u8) -> u32 {
    u32::from(table::SINGLE[class_of(byte)])
}

/// Cost of a string of bytes, in quarters of a bit: `4 * -log2` of the chance that a place in traffic
/// holds it, case aside.
pub fn cost(bytes: &[u8]) -> u32 {
    let Some((&first, rest)) = bytes.split_first() else {
        return 0;
    };
    let mut class = class_of(first);
    let mut sum = u32::from(table::SINGLE[class]);
    for &byte in rest {
        let next = class_of(byte);
        sum += u32::from(table::AFTER[class][next]);
        class = next;
    }
    sum
}

/// Text that most messages of some protocol hold, so that finding it says nothing.
const COMMONPLACE: [&[u8]; 58] = [
    b"http/1.",
    b"http://",
    b"https://",
    b"://www.",
    b"content-",
    b"content-type: ",
    b"content-length: ",
    b"content-disposition: ",
    b"content-encoding: ",
    b"application/",
    b"text/html",
    b"text/plain",
    b"image/",
    b"charset=",
    b"user-agent: ",
    b"mozilla/",
    b" (compatible; ",
    b"msie ",
    b"windows nt ",
    b"applewebkit/",
    b"gecko",
    b"chrome/",
    b"safari/",
    b"firefox/",
    b"trident/",
    b"accept: ",
    b"accept-",
    b"accept-language: ",
    b"accept-encoding: ",
    b"encoding: ",
    b"gzip",
    b"deflate",
    b"connection: ",
    b"keep-alive",
    b"close",
    b"cache-control: ",
    b"no-cache",
    b"host: ",
    b"referer: ",
    b"cookie: ",
    b"set-cookie: ",
    b"server: ",
    b"location: ",
    b"transfer-encoding: ",
    b"chunked",
    b"form-data; name=\"",
    b"www-form-urlencoded",
    b"boundary=",
    b"multipart/",
    b"\r\n\r\n",
    b"get /",
    b"post /",
    b"index.",
    b".html",
    b".php",
    b"script",
    b"javascript",
    b"function",
];

/// Cost of a byte of commonplace text, in quarters of a bit.
const COMMONPLACE_COST: u32 = 1;

/// Longest part of a literal that its quality is taken from, in bytes. More bytes make a literal no more
/// selective in practice, for one that is this rare is hardly ever seen.
const JUDGED: usize = 8;

/// Cost of each byte after the one before it, in quarters of a bit; of bytes in commonplace words nearly
/// none.
pub fn costs(bytes: &[u8]) -> Vec<u32> {
    let mut costs = Vec::with_capacity(bytes.len());
    let mut before: Option<usize> = None;
    for &byte in bytes {
        let class = class_of(byte);
        costs.push(u32::from(match before {
            None => table::SINGLE[class],
            Some(before) => table::AFTER[before][class],
        }));
        before = Some(class);
    }
    for (at, first) in bytes.iter().map(u8::to_ascii_lowercase).enumerate() {
        for word in COMMONPLACE.iter().filter(|word| word[0] == first) {
            let range = at..at + word.len();
            if bytes
                .get(range.clone())
                .is_some_and(|found| found.eq_ignore_ascii_case(word))
            {
                costs[range].fill(COMMONPLACE_COST);
            }
        }
    }
    costs
}

/// How good a literal is as the one that a rule is looked up by: the higher the better, 0 for an empty one.
///
/// It is the [`cost`] of the rarest stretch of eight bytes, commonplace words counting as good as nothing,
/// and a little for the length beyond that.
pub fn quality(bytes: &[u8]) -> u32 {
    let costs = costs(bytes);
    let judged = costs.len().clamp(1, JUDGED);
    let best = costs
        .windows(judged)
        .map(|window| window.iter().sum::<u32>())
        .max();
    let beyond = bytes.len().saturating_sub(JUDGED).min(32) as u32;
    best.unwrap_or(0) + beyond / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_class() {
        assert_eq!((0..=255).map(class_of).max(), Some(HIGH));
        assert_eq!(class_of(b'q'), class_of(b'Q'));
        assert_eq!(members_of(DIGITS), 10);
        assert_eq!(members_of(class_of(b'e')), 1);
    }

    #[test]
    fn rare_beats_long() {
        let rare = quality(b"\xde\xad\xbe\xef\x13\x37");
        assert!(rare > quality(b"Content-Type: application/"));
        assert!(quality(b"/xqzjk.dat") > quality(b"HTTP/1.1\r\n"));
        assert!(quality(b"abcdef") > quality(b"abc"));
        assert_eq!(quality(b""), 0);
    }

    #[test]
    fn zeros_are_common() {
        assert!(quality(&[0; 8]) < quality(b"\x00\x00Zk"));
        assert!(cost(b"\x00\x00\x00\x00") < cost(b"zqxj"));
    }
}

//! TCP options (RFC 9293, 7323, 2018, 7413, 2385, 5925).

/// What the options of a TCP segment say; of an option that comes twice, the first counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions<'a> {
    /// Maximum segment size.
    pub mss: Option<u16>,
    /// Window scale: the shift count, as sent.
    pub window_scale: Option<u8>,
    /// Selective acknowledgments are permitted.
    pub sack_permitted: bool,
    /// The edges of the blocks that are acknowledged selectively: eight bytes a block.
    pub sack: Option<&'a [u8]>,
    /// Timestamp value and echo reply.
    pub timestamps: Option<(u32, u32)>,
    /// Fast open cookie; empty when one is asked for.
    pub fast_open: Option<&'a [u8]>,
    /// An MD5 signature is present.
    pub md5: bool,
    /// An authentication option is present.
    pub authentication: bool,
}

impl<'a> TcpOptions<'a> {
    /// The blocks that are acknowledged selectively: left edge and the sequence number behind
    /// the right one.
    pub fn sack_blocks(&self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        self.sack.unwrap_or_default().as_chunks::<8>().0.iter().map(
            |&[l0, l1, l2, l3, r0, r1, r2, r3]| {
                (
                    u32::from_be_bytes([l0, l1, l2, l3]),
                    u32::from_be_bytes([r0, r1, r2, r3]),
                )
            },
        )
    }
}

/// What is wrong with the options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// An option reaches beyond the header: what follows cannot be read.
    pub(crate) is_cut: bool,
    /// An option has a length that its kind does not allow.
    pub(crate) has_wrong_len: bool,
    /// An option comes twice.
    pub(crate) is_repeated: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parsed<'a> {
    pub(crate) options: TcpOptions<'a>,
    pub(crate) faults: Faults,
}

/// What almost every segment of a connection carries: two fillers and timestamps.
#[inline]
pub(crate) fn are_just_timestamps(options: &[u8]) -> bool {
    options.len() == 12 && options.starts_with(&[1, 1, 8, 10])
}

/// Reads options to their end or to the first whose length cannot be right.
#[inline]
pub(crate) fn parse(options: &[u8]) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if are_just_timestamps(options) {
        parsed.options.timestamps = options.get(4..).and_then(read_timestamps);
    } else {
        walk(options, &mut parsed);
    }
    parsed
}

fn walk<'a>(options: &'a [u8], parsed: &mut Parsed<'a>) {
    const END: u8 = 0;
    const NOP: u8 = 1;
    let mut rest = options;
    while let Some((&kind, tail)) = rest.split_first() {
        match kind {
            END => return,
            NOP => rest = tail,
            _ => {
                let Some(&len) = tail.first() else { return };
                let whole = rest.split_at_checked(usize::from(len));
                let Some((option, next)) = whole.filter(|_| len >= 2) else {
                    parsed.faults.is_cut = true;
                    return;
                };
                take(parsed, kind, option.get(2..).unwrap_or_default());
                rest = next;
            }
        }
    }
}

/// Takes one option.
fn take<'a>(parsed: &mut Parsed<'a>, kind: u8, value: &'a [u8]) {
    const FAST_OPEN_MAGIC: [u8; 2] = [0xf9, 0x89];
    let Parsed { options, faults } = parsed;
    match (kind, value) {
        (2, &[b0, b1]) => set(&mut options.mss, u16::from_be_bytes([b0, b1]), faults),
        (3, &[shift]) => set(&mut options.window_scale, shift, faults),
        (4, &[]) => {
            faults.is_repeated |= options.sack_permitted;
            options.sack_permitted = true;
        }
        (5, blocks) if (8..=32).contains(&blocks.len()) && blocks.len().is_multiple_of(8) => {
            set(&mut options.sack, blocks, faults);
        }
        // Without blocks it says nothing.
        (5, &[]) => {}
        (8, value) if value.len() == 8 => {
            if let Some(timestamps) = read_timestamps(value) {
                set(&mut options.timestamps, timestamps, faults);
            }
        }
        (19, value) if value.len() == 16 => options.md5 = true,
        (29, value) if value.len() >= 2 => options.authentication = true,
        (34, cookie) if cookie.is_empty() || is_cookie(cookie) => {
            set(&mut options.fast_open, cookie, faults);
        }
        // Experiments; one is the fast open option before it had a number.
        (253 | 254, value) if matches!(value.len(), 2 | 10) => {
            if let Some(cookie) = value.strip_prefix(&FAST_OPEN_MAGIC) {
                set(&mut options.fast_open, cookie, faults);
            }
        }
        (2..=5 | 8 | 19 | 29 | 34 | 253 | 254, _) => faults.has_wrong_len = true,
        _ => {}
    }
}

fn is_cookie(value: &[u8]) -> bool {
    (4..=16).contains(&value.len()) && value.len().is_multiple_of(2)
}

fn set<T>(place: &mut Option<T>, value: T, faults: &mut Faults) {
    if place.is_some() {
        faults.is_repeated = true;
    } else {
        *place = Some(value);
    }
}

fn read_timestamps(value: &[u8]) -> Option<(u32, u32)> {
    let &[v0, v1, v2, v3, e0, e1, e2, e3] = value.first_chunk()?;
    Some((
        u32::from_be_bytes([v0, v1, v2, v3]),
        u32::from_be_bytes([e0, e1, e2, e3]),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_options_of_a_syn() {
        let syn = [
            2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7,
        ];
        let parsed = parse(&syn);
        let expected = TcpOptions {
            mss: Some(1460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some((256, 0)),
            ..TcpOptions::default()
        };
        assert_eq!(parsed.options, expected);
        assert_eq!(parsed.faults, Faults::default());
    }

    #[test]
    fn the_short_way_for_timestamps_says_the_same() {
        let usual = [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
        let mut slow = Parsed::default();
        walk(&usual, &mut slow);
        assert_eq!(parse(&usual).options, slow.options);
        assert_eq!(slow.options.timestamps, Some((0x0102_0304, 0x0506_0708)));
    }

    #[test]
    fn sack_blocks_come_in_pairs() {
        let sack = [1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9];
        let blocks: Vec<_> = parse(&sack).options.sack_blocks().collect();
        assert_eq!(blocks, [(1, 2), (5, 9)]);
    }

    #[test]
    fn faults_are_told_apart() {
        assert!(parse(&[2, 40, 1, 1]).faults.is_cut);
        assert!(parse(&[2, 0, 1, 1]).faults.is_cut);
        assert!(parse(&[2, 3, 1, 1]).faults.has_wrong_len);
        assert!(parse(&[3, 3, 1, 3, 3, 2]).faults.is_repeated);
        assert_eq!(parse(&[3, 3, 1, 3, 3, 2]).options.window_scale, Some(1));
        assert_eq!(parse(&[1, 1, 1, 2]).faults, Faults::default());
    }

    #[test]
    fn fast_open_has_two_spellings() {
        let asked = [34, 2, 1, 1];
        assert_eq!(parse(&asked).options.fast_open, Some(&[][..]));
        let experimental = [254, 12, 0xf9, 0x89, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(
            parse(&experimental).options.fast_open,
            Some(&[1, 2, 3, 4, 5, 6, 7, 8][..])
        );
    }
}

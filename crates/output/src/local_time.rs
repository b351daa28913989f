//! Packet times as local time, without a time-zone lookup per record.

use jiff::tz::TimeZone;
use tapir_packet::Timestamp;

/// Minutes remembered at once; a flow record shows three different ones.
const SLOTS: usize = 32;

/// Formats times in one time zone. Remembers what it worked out for the last minutes it saw.
#[derive(Debug)]
pub struct LocalTime {
    zone: TimeZone,
    slots: [Option<Minute>; SLOTS],
}

/// A minute of local time, formatted once.
#[derive(Debug, Clone, Copy)]
struct Minute {
    /// Its first second since the epoch.
    start: u64,
    /// `2016-07-13T22:42:`
    iso: [u8; 17],
    /// `+0000`
    offset: [u8; 5],
}

impl LocalTime {
    /// Formats in the system's time zone (`TZ`, or the one the machine is set to).
    pub fn system() -> Self {
        Self::new(TimeZone::system())
    }

    /// Formats in `zone`.
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            slots: [None; SLOTS],
        }
    }

    /// Appends `2016-07-13T22:42:07.199672+0000`.
    pub fn push_iso(&mut self, out: &mut Vec<u8>, ts: Timestamp) {
        let minute = self.minute(ts.secs());
        out.extend_from_slice(&minute.iso);
        push_seconds(out, minute, ts);
        out.extend_from_slice(&minute.offset);
    }

    /// Appends `07/13/2016-22:42:07.199672`.
    pub fn push_dated(&mut self, out: &mut Vec<u8>, ts: Timestamp) {
        let minute = self.minute(ts.secs());
        let [
            y0,
            y1,
            y2,
            y3,
            _,
            m0,
            m1,
            _,
            d0,
            d1,
            _,
            h0,
            h1,
            _,
            n0,
            n1,
            _,
        ] = minute.iso;
        let date = [
            m0, m1, b'/', d0, d1, b'/', y0, y1, y2, y3, b'-', h0, h1, b':', n0, n1, b':',
        ];
        out.extend_from_slice(&date);
        push_seconds(out, minute, ts);
    }

    /// Appends `07/13-22:42:07.199672`, as Snort does.
    pub fn push_undated(&mut self, out: &mut Vec<u8>, ts: Timestamp) {
        let minute = self.minute(ts.secs());
        let [_, _, _, _, _, m0, m1, _, d0, d1, _, h0, h1, _, n0, n1, _] = minute.iso;
        out.extend_from_slice(&[m0, m1, b'/', d0, d1, b'-', h0, h1, b':', n0, n1, b':']);
        push_seconds(out, minute, ts);
    }

    /// The time as a calendar type, for `strftime` patterns.
    pub fn zoned(&self, ts: Timestamp) -> jiff::Zoned {
        let secs = i64::try_from(ts.secs()).unwrap_or(i64::MAX);
        let nanos = i32::try_from(ts.subsec_nanos()).unwrap_or(0);
        jiff::Timestamp::new(secs, nanos)
            .unwrap_or_default()
            .to_zoned(self.zone.clone())
    }

    fn minute(&mut self, secs: u64) -> Minute {
        let slot = (secs / 60) as usize % SLOTS;
        if let Some(Some(known)) = self.slots.get(slot)
            && secs.wrapping_sub(known.start) < 60
        {
            return *known;
        }
        let minute = self.work_out(secs);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(minute);
        }
        minute
    }

    fn work_out(&self, secs: u64) -> Minute {
        let local = self.zoned(Timestamp::new(secs, 0));
        let second = u64::try_from(local.second()).unwrap_or(0);
        let year = u32::try_from(local.year()).unwrap_or(0);
        let two = |n: i8| {
            let n = n.unsigned_abs();
            [b'0' + n / 10, b'0' + n % 10]
        };
        let mut iso = *b"0000-00-00T00:00:";
        let mut put = |at: usize, digits: &[u8]| {
            for (place, digit) in iso.iter_mut().skip(at).zip(digits) {
                *place = *digit;
            }
        };
        put(0, format!("{year:04}").as_bytes());
        put(5, &two(local.month()));
        put(8, &two(local.day()));
        put(11, &two(local.hour()));
        put(14, &two(local.minute()));
        let offset = local.offset().seconds();
        let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
        let [h0, h1] = two(i8::try_from(hours).unwrap_or(0));
        let [m0, m1] = two(i8::try_from(minutes).unwrap_or(0));
        let sign = if offset < 0 { b'-' } else { b'+' };
        Minute {
            start: secs.saturating_sub(second),
            iso,
            offset: [sign, h0, h1, m0, m1],
        }
    }
}

/// Appends `07.199672`.
fn push_seconds(out: &mut Vec<u8>, minute: Minute, ts: Timestamp) {
    let second = ts.secs().saturating_sub(minute.start) % 60;
    let mut digits = *b"00.000000";
    let mut rest = second * 1_000_000 + u64::from(ts.subsec_micros());
    for place in digits.iter_mut().rev().filter(|place| **place != b'.') {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(time: &mut LocalTime, secs: u64, micros: u32) -> String {
        let mut out = Vec::new();
        time.push_iso(&mut out, Timestamp::new(secs, micros * 1000));
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn utc_and_a_zone_with_summer_time() {
        let mut utc = LocalTime::new(TimeZone::UTC);
        assert_eq!(
            iso(&mut utc, 1_468_449_727, 199_672),
            "2016-07-13T22:42:07.199672+0000"
        );
        let rule = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("a POSIX time zone");
        let mut new_york = LocalTime::new(rule);
        assert_eq!(
            iso(&mut new_york, 1_468_449_727, 0),
            "2016-07-13T18:42:07.000000-0400"
        );
        assert_eq!(
            iso(&mut new_york, 1_452_700_000, 0),
            "2016-01-13T10:46:40.000000-0500"
        );
    }

    #[test]
    fn dated_and_undated() {
        let mut utc = LocalTime::new(TimeZone::UTC);
        let ts = Timestamp::new(1_468_449_727, 199_672_999);
        let (mut dated, mut undated) = (Vec::new(), Vec::new());
        utc.push_dated(&mut dated, ts);
        utc.push_undated(&mut undated, ts);
        assert_eq!(dated, b"07/13/2016-22:42:07.199672");
        assert_eq!(undated, b"07/13-22:42:07.199672");
    }

    proptest! {
        #[test]
        fn remembering_changes_nothing(seconds in proptest::collection::vec(0_u64..20_000, 1..60), east in -50_000_i32..50_000) {
            let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(east).expect("in range"));
            let mut one = LocalTime::new(zone.clone());
            for secs in seconds {
                let fresh = iso(&mut LocalTime::new(zone.clone()), secs + 100_000, 5);
                prop_assert_eq!(iso(&mut one, secs + 100_000, 5), fresh);
            }
        }
    }
}

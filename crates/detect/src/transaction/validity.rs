//! `tls_cert_notbefore` and `tls_cert_notafter`: days and times that the validity of a certificate is compared with.

use tapir_rules::keywords::{KeywordId, tls};
use tapir_rules::tree::{IntegerOp, IntegerTest};

/// The test of a point in time; nothing for another keyword.
pub(super) fn test(keyword: KeywordId, text: &str) -> Option<Result<IntegerTest, String>> {
    [tls::CERT_NOTBEFORE, tls::CERT_NOTAFTER]
        .contains(&keyword)
        .then(|| {
            parse(text).ok_or_else(|| format!("`{text}` is no day or time, such as >2025-12-31"))
        })
}

fn parse(text: &str) -> Option<IntegerTest> {
    let text = text.trim().trim_matches('"').trim();
    if let Some((from, to)) = text.split_once("<>") {
        return Some(IntegerTest::new(
            IntegerOp::Between,
            seconds(from)?,
            seconds(to)?,
        ));
    }
    let (op, moment) = match (text.strip_prefix('<'), text.strip_prefix('>')) {
        (Some(moment), _) => (IntegerOp::Less, moment),
        (_, Some(moment)) => (IntegerOp::Greater, moment),
        _ => (IntegerOp::Equal, text),
    };
    Some(IntegerTest::new(op, seconds(moment)?, 0))
}

/// Seconds since 1970 of a year, a month, a day or a time; what is left out is the earliest.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, time.trim()),
        None => (text, ""),
    };
    let [year, month, day] = parts(day, '-', [None, Some(1), Some(1)])?;
    let [hour, minute, second] = parts(time, ':', [Some(0); 3])?;
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !valid {
        return None;
    }
    // Years begin in March here, so that the day that comes every four years is the last.
    let (year, month) = match month {
        3.. => (year, month - 3),
        _ => (year - 1, month + 9),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * month + 2) / 5 + day - 1;
    // The first of March of the year 0 lies that many days before 1970.
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Numbers between separators; those that are missing at the end are the given ones.
fn parts(text: &str, separator: char, missing: [Option<u64>; 3]) -> Option<[u64; 3]> {
    let mut found = missing;
    if !text.is_empty() {
        let mut written = text.split(separator);
        for (slot, part) in found.iter_mut().zip(written.by_ref()) {
            *slot = Some(part.parse().ok()?);
        }
        if written.next().is_some() {
            return None;
        }
    }
    let [a, b, c] = found;
    Some([a?, b?, c?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times() {
        assert_eq!(seconds("1970"), Some(0));
        assert_eq!(seconds("2000-03-01"), Some(951_868_800));
        assert_eq!(seconds("2025-02-09T18:07:27"), Some(1_739_124_447));
        assert_eq!(seconds("2025-02-09 18"), Some(1_739_124_000));
        for wrong in ["", "soon", "2025-13", "2025-02-09 25", "1-2-3-4"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn comparisons() {
        let test = |text| parse(text).unwrap();
        assert!(test(">2015").holds(1_739_124_447) && !test("<2015").holds(1_739_124_447));
        assert!(test("2025-02-09<>2025-02-10").holds(1_739_124_447));
        assert!(test("1970").holds(0) && parse(">").is_none());
    }
}

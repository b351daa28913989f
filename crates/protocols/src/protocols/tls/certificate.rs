//! Certificates (RFC 5280), as rules and records show them.

use sha1::{Digest as _, Sha1};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// What a certificate says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    /// Bytes in hexadecimal digits, joined by colons.
    pub(super) serial: String,
    /// Seconds since the epoch.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    pub(super) names: Vec<String>,
}

/// The SHA-1 digest of a certificate, in small digits joined by colons.
pub(super) fn fingerprint(der: &[u8]) -> String {
    colons(&Sha1::digest(der), false)
}

impl Certificate {
    /// Reads a certificate; nothing if it is none.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let mut names = Vec::new();
        if let Ok(Some(extension)) = parsed.subject_alternative_name() {
            for name in &extension.value.general_names {
                match name {
                    GeneralName::DNSName(name) => names.push((*name).to_owned()),
                    GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
                        names.push((*name).to_owned());
                    }
                    _ => {}
                }
            }
        }
        Some(Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            serial: colons(parsed.raw_serial(), true),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            names,
        })
    }
}

fn colons(bytes: &[u8], capitals: bool) -> String {
    let parts: Vec<String> = bytes
        .iter()
        .map(|byte| {
            if capitals {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            }
        })
        .collect();
    parts.join(":")
}

/// A moment as `2024-01-31T23:59:59`.
pub(super) fn moment(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days to a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_dates() {
        assert_eq!(moment(0), "1970-01-01T00:00:00");
        assert_eq!(moment(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(moment(1_735_689_599), "2024-12-31T23:59:59");
        assert_eq!(moment(-1), "1969-12-31T23:59:59");
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        assert_eq!(Certificate::parse(b"\x30\x03\x02\x01\x01"), None);
        assert_eq!(Certificate::parse(b""), None);
    }
}

//! Certificates, and their names as text.

use sha1::{Digest, Sha1};
use x509_parser::error::X509Error;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::parser::Event;

/// What is known of a side's first certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub subject: Box<str>,
    pub issuer: Box<str>,
    pub serial: Box<str>,
    pub fingerprint: Box<str>,
    pub not_before: i64,
    pub not_after: i64,
    pub names: Vec<Box<str>>,
}

impl Certificate {
    /// Reads a certificate; says what is wrong with one that cannot be read.
    pub fn parse(der: &[u8]) -> Result<Self, Event> {
        let (_, parsed) = X509Certificate::from_der(der).map_err(|error| match error {
            x509_parser::nom::Err::Error(error) | x509_parser::nom::Err::Failure(error) => {
                problem(&error)
            }
            x509_parser::nom::Err::Incomplete(_) => Event::CertificateInvalidLength,
        })?;
        Ok(Self {
            subject: parsed.subject().to_string().into(),
            issuer: parsed.issuer().to_string().into(),
            serial: colons(parsed.raw_serial(), b"0123456789ABCDEF"),
            fingerprint: colons(&Sha1::digest(der), b"0123456789abcdef"),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            names: names(&parsed),
        })
    }
}

fn problem(error: &X509Error) -> Event {
    match error {
        X509Error::InvalidVersion => Event::CertificateInvalidVersion,
        X509Error::InvalidSerial => Event::CertificateInvalidSerial,
        X509Error::InvalidAlgorithmIdentifier => Event::CertificateInvalidAlgorithm,
        X509Error::InvalidX509Name => Event::CertificateInvalidName,
        X509Error::InvalidDate => Event::CertificateInvalidDate,
        X509Error::InvalidExtensions => Event::CertificateInvalidExtensions,
        X509Error::Der(_) => Event::CertificateInvalidDer,
        _ => Event::InvalidCertificate,
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<Box<str>> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = extension.value.general_names.iter();
    names.filter_map(name).map(String::into_boxed_str).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::DirectoryName(name) => Some(name.to_string()),
        GeneralName::RegisteredID(id) => Some(id.to_string()),
        GeneralName::IPAddress(bytes) => {
            if let Ok(four) = <[u8; 4]>::try_from(*bytes) {
                return Some(std::net::Ipv4Addr::from(four).to_string());
            }
            let six = <[u8; 16]>::try_from(*bytes).ok()?;
            Some(std::net::Ipv6Addr::from(six).to_string())
        }
        _ => None,
    }
}

/// Bytes as pairs of hexadecimal digits with colons between them.
fn colons(bytes: &[u8], digits: &[u8; 16]) -> Box<str> {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if !text.is_empty() {
            text.push(':');
        }
        text.push(char::from(digits[usize::from(byte >> 4)]));
        text.push(char::from(digits[usize::from(byte & 15)]));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_colons_between_them() {
        assert_eq!(&*colons(&[0, 0xab, 5], b"0123456789ABCDEF"), "00:AB:05");
        assert_eq!(&*colons(&[], b"0123456789ABCDEF"), "");
    }

    #[test]
    fn garbage_is_no_certificate() {
        assert!(Certificate::parse(b"").is_err());
        assert!(Certificate::parse(&[0x30, 0x82, 0xff, 0xff, 1, 2, 3]).is_err());
    }
}

//! Messages of the domain name system (RFC 1035).

/// The number of a type of record that has a name here.
pub fn type_number(name: &str) -> Option<u16> {
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, number)| *number)
}

/// The name of a type of record, where it has one here.
pub fn type_name(number: u16) -> Option<&'static str> {
    TYPES
        .iter()
        .find(|(_, known)| *known == number)
        .map(|(name, _)| *name)
}

const TYPES: [(&str, u16); 16] = [
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("NULL", 10),
    ("PTR", 12),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("SRV", 33),
    ("NAPTR", 35),
    ("DS", 43),
    ("DNSKEY", 48),
    ("HTTPS", 65),
    ("AXFR", 252),
    ("ANY", 255),
];

/// The number of a response code.
pub fn code_number(name: &str) -> Option<u16> {
    const CODES: [&str; 6] = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
    ];
    let place = CODES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    u16::try_from(place).ok()
}

/// A name as labels, or nothing when a label is empty or has more than 63 bytes.
pub fn labels(name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let name = name.strip_suffix('.').unwrap_or(name);
    for label in name.split('.').filter(|_| !name.is_empty()) {
        let length = u8::try_from(label.len()).ok();
        bytes.push(length.filter(|length| (1..64).contains(length))?);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    (bytes.len() <= 255).then_some(bytes)
}

/// A message with one question, and the answers to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Its number, the same in question and answer.
    pub id: u16,
    /// The name in question, as [`labels`].
    pub name: Vec<u8>,
    /// The type in question.
    pub kind: u16,
    /// The response code and the data of each record, of the type in question; a question has none.
    pub answer: Option<(u16, Vec<Vec<u8>>)>,
}

impl Message {
    /// The bytes of the message.
    pub fn bytes(&self) -> Vec<u8> {
        let (flags, records) = match &self.answer {
            None => (0x0100, &[][..]),
            Some((code, records)) => (0x8180 | code & 15, records.as_slice()),
        };
        let mut bytes = Vec::new();
        for number in [self.id, flags, 1, short(records.len()), 0, 0] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(&self.name);
        bytes.extend(self.kind.to_be_bytes());
        bytes.extend([0, 1]);
        for data in records {
            // The name of the question again, by reference.
            bytes.extend([0xc0, 12]);
            bytes.extend(self.kind.to_be_bytes());
            bytes.extend([0, 1, 0, 0, 0, 60]);
            bytes.extend(short(data.len()).to_be_bytes());
            bytes.extend(data);
        }
        bytes
    }
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_labels() {
        assert_eq!(labels("a.bc"), Some(b"\x01a\x02bc\0".to_vec()));
        assert_eq!(labels("a."), Some(b"\x01a\0".to_vec()));
        assert_eq!(labels(""), Some(b"\0".to_vec()));
        assert_eq!(labels("a..b"), None);
        assert_eq!(labels(&"x".repeat(64)), None);
        assert_eq!(labels(&"abc.".repeat(64)), None);
    }

    #[test]
    fn an_answer_repeats_its_question() {
        let message = Message {
            id: 7,
            name: labels("a").unwrap(),
            kind: 1,
            answer: Some((3, vec![vec![1, 2, 3, 4]])),
        };
        assert_eq!(
            message.bytes(),
            b"\0\x07\x81\x83\0\x01\0\x01\0\0\0\0\x01a\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x01\x02\x03\x04"
        );
    }
}

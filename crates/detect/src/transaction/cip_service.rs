//! `cip_service`: a service of CIP, perhaps of a class of objects and for an attribute.

use tapir_protocols::{CIP_ATTRIBUTE, CIP_CLASS};

/// The test of the keyword.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CipService {
    service: u8,
    class: Option<u32>,
    attribute: Option<u32>,
}

impl CipService {
    /// `service[,class[,attribute]]`. An attribute that is negated is not looked at, as in Suricata.
    pub(super) fn parse(text: &str) -> Option<Self> {
        const RESPONSE: u8 = 0x80;
        let mut parts = text.trim_matches(['"', ' ']).split(',').map(str::trim);
        let service = parts.next()?.parse().ok().filter(|it| *it < RESPONSE)?;
        let class = parts.next().map(str::parse).transpose().ok()?;
        let attribute = match parts.next() {
            None => None,
            Some(part) => match part.strip_prefix('!') {
                Some(rest) => {
                    rest.trim().parse::<u32>().ok()?;
                    None
                }
                None => Some(part.parse().ok()?),
            },
        };
        parts.next().is_none().then_some(Self {
            service,
            class,
            attribute,
        })
    }

    /// The value is the service, and five bytes each for classes and attributes: the kind, and the number.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        let Some((service, facts)) = value.split_first() else {
            return false;
        };
        let has = |kind: u8, number: Option<u32>| {
            number.is_none_or(|number| {
                let [a, b, c, d] = number.to_le_bytes();
                facts
                    .chunks_exact(5)
                    .any(|fact| *fact == [kind, a, b, c, d])
            })
        };
        *service == self.service && has(CIP_CLASS, self.class) && has(CIP_ATTRIBUTE, self.attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_by_class_and_attribute() {
        let value = [10, CIP_CLASS, 2, 0, 0, 0, CIP_ATTRIBUTE, 5, 0, 0, 0];
        let holds = |text: &str| CipService::parse(text).map(|test| test.holds(&value));
        assert_eq!(holds("10"), Some(true));
        assert_eq!(holds("10, 2, 5"), Some(true));
        assert_eq!(holds("10,2,!5"), Some(true));
        assert_eq!(holds("10,3"), Some(false));
        assert_eq!(holds("11"), Some(false));
        assert_eq!(holds("200"), None);
        assert_eq!(holds("10,2,5,6"), None);
    }
}

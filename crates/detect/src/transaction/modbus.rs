//! `modbus`: the unit, and the function or what is read or written, of a request.

use tapir_protocols::{ModbusAccess, ModbusCategory, ModbusRequest};

/// The test of the keyword.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModbusTest {
    unit: Option<Range>,
    what: Option<What>,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Function(u8, Option<u16>),
    Category {
        any_of: Vec<ModbusCategory>,
        negated: bool,
    },
    Access {
        access: ModbusAccess,
        address: Option<Range>,
        value: Option<Range>,
    },
}

/// Numbers between two others, or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    Is(u16),
    Below(u16),
    Above(u16),
    Between(u16, u16),
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse().ok();
        if let Some(rest) = text.strip_prefix('<') {
            return number(rest).map(Self::Below);
        }
        if let Some(rest) = text.strip_prefix('>') {
            return number(rest).map(Self::Above);
        }
        match text.split_once("<>") {
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                (from < to).then_some(Self::Between(from, to))
            }
            None => number(text).map(Self::Is),
        }
    }

    fn contains(self, number: u16) -> bool {
        match self {
            Self::Is(wanted) => number == wanted,
            Self::Below(limit) => number < limit,
            Self::Above(limit) => number > limit,
            Self::Between(from, to) => from < number && number < to,
        }
    }
}

impl ModbusTest {
    /// `[unit U, ]function F[, subfunction S]`, `[unit U, ]function CATEGORY` or
    /// `[unit U, ]access read|write [KIND][, address A[, value V]]`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut test = Self {
            unit: None,
            what: None,
        };
        for part in text.split(',').map(str::trim) {
            let (word, argument) = part.split_once(char::is_whitespace)?;
            let argument = argument.trim();
            match (word, &mut test.what) {
                ("unit", None) if test.unit.is_none() => test.unit = Some(Range::parse(argument)?),
                ("function", what @ None) => *what = Some(function(argument)?),
                ("subfunction", Some(What::Function(8, sub @ None))) => {
                    *sub = Some(argument.parse().ok()?);
                }
                ("access", what @ None) => *what = Some(access(argument)?),
                ("address", Some(What::Access { address, .. })) if address.is_none() => {
                    *address = Some(Range::parse(argument)?);
                }
                (
                    "value",
                    Some(What::Access {
                        access,
                        address: Some(_),
                        value,
                    }),
                ) if value.is_none() && access.contains(ModbusAccess::WRITE) => {
                    *value = Some(Range::parse(argument)?);
                }
                _ => return None,
            }
        }
        Some(test)
    }

    /// Whether it holds for a request, given from its unit on.
    pub(super) fn holds(&self, data: &[u8]) -> bool {
        let Some(request) = ModbusRequest::read(data) else {
            return false;
        };
        self.unit
            .is_none_or(|unit| unit.contains(request.unit.into()))
            && self.what.as_ref().is_none_or(|what| what.holds(&request))
    }
}

impl What {
    fn holds(&self, request: &ModbusRequest<'_>) -> bool {
        match self {
            Self::Function(function, sub) => {
                request.function == *function
                    && sub.is_none_or(|sub| request.subfunction == Some(sub))
            }
            Self::Category { any_of, negated } => any_of.contains(&request.category) != *negated,
            Self::Access {
                access,
                address,
                value,
            } => {
                if !request.access.contains(*access) {
                    return false;
                }
                let touched = match access.contains(ModbusAccess::WRITE) {
                    true => request.write,
                    false => request.read,
                };
                let Some(address) = address else { return true };
                let Some((first, count)) = touched else {
                    return false;
                };
                let last = first.saturating_add(count.saturating_sub(1));
                (first..=last).filter(|at| address.contains(*at)).any(|at| {
                    value.is_none_or(|value| {
                        request
                            .value_at(at)
                            .is_some_and(|written| value.contains(written))
                    })
                })
            }
        }
    }
}

fn function(text: &str) -> Option<What> {
    use ModbusCategory::{PublicAssigned, PublicUnassigned, Reserved, UserDefined};
    if let Ok(number) = text.parse() {
        return Some(What::Function(number, None));
    }
    let (negated, word) = match text.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    };
    let any_of = match word {
        "assigned" => vec![PublicAssigned],
        "unassigned" => vec![PublicUnassigned],
        "public" => vec![PublicAssigned, PublicUnassigned],
        "user" => vec![UserDefined],
        "reserved" => vec![Reserved],
        "all" => vec![PublicAssigned, PublicUnassigned, UserDefined, Reserved],
        _ => return None,
    };
    Some(What::Category { any_of, negated })
}

fn access(text: &str) -> Option<What> {
    let mut words = text.split_ascii_whitespace();
    let mut access = match words.next()? {
        "read" => ModbusAccess::READ,
        "write" => ModbusAccess::WRITE,
        _ => return None,
    };
    let writes = access.contains(ModbusAccess::WRITE);
    access |= match words.next() {
        None => ModbusAccess::empty(),
        Some("coils") => ModbusAccess::COILS,
        Some("holding") => ModbusAccess::HOLDING,
        Some("discretes") if !writes => ModbusAccess::DISCRETES,
        Some("input") if !writes => ModbusAccess::INPUT,
        Some(_) => return None,
    };
    words.next().is_none().then_some(What::Access {
        access,
        address: None,
        value: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, data: &[u8]) -> bool {
        ModbusTest::parse(text).expect("a test").holds(data)
    }

    const READ: &[u8] = b"\x11\x03\0\x6b\0\x03";
    const WRITE: &[u8] = b"\x01\x10\0\x01\0\x02\x04\0\x0a\x01\x02";

    #[test]
    fn functions_and_units() {
        assert!(holds("function 3", READ) && !holds("function 4", READ));
        assert!(holds("unit 10<>20, function assigned", READ));
        assert!(!holds("unit >17", READ) && holds("unit 17", READ));
        assert!(holds("function !reserved", READ) && !holds("function user", READ));
        assert!(holds("function 8, subfunction 4", b"\x01\x08\0\x04\0\0"));
        assert!(!holds("function 8, subfunction 4", b"\x01\x08\0\x05\0\0"));
    }

    #[test]
    fn addresses_and_values() {
        assert!(holds("access read holding, address 109", READ));
        assert!(!holds("access read holding, address >109", READ));
        assert!(!holds("access write", READ) && !holds("access read coils", READ));
        assert!(holds("access write holding, address 2, value 258", WRITE));
        assert!(holds("access write, address <3, value >200", WRITE));
        assert!(!holds("access write, address 1, value >200", WRITE));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "function",
            "function x",
            "access write input",
            "access read, value 3",
            "address 3",
            "function 3, subfunction 1",
            "unit 1, unit 2",
        ] {
            assert_eq!(ModbusTest::parse(text), None, "{text}");
        }
    }
}

//! Tests of fields of transactions.

use smallvec::SmallVec;
use tapir_packet::Direction;
use tapir_protocols::{Transaction, Value};
use tapir_rules::keywords::{KeywordId, http, industrial, internet, tls, voip, windows};
use tapir_rules::tree::{IntegerOp, IntegerTest, Opt, OptionKind};

use super::cip_service::CipService;
use super::file::unquoted;
use super::http2_setting::Http2Setting;
use super::modbus::ModbusTest;
use super::{index, named, validity};
use crate::error::CompileError;

/// A test of a field.
#[derive(Debug)]
pub(crate) struct FieldTest {
    pub(crate) keyword: KeywordId,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A number.
    Number(IntegerTest),
    /// The length of a value.
    Length(IntegerTest),
    /// A number in one of these ranges, or in none of them.
    Ranges {
        ranges: Box<[(u64, u64)]>,
        negated: bool,
    },
    /// Flags, one of which is set, or none of which.
    Flags { mask: u64, negated: bool },
    /// An interface of DCE/RPC.
    Interface(Interface),
    /// The value is one of these words.
    OneOf(&'static [&'static [u8]]),
    /// The value is this word, in letters of any case.
    Word(Box<[u8]>),
    /// The value is one of these words, in letters of any case, or none of them.
    Words {
        words: Box<[Box<[u8]>]>,
        negated: bool,
    },
    /// A service of CIP.
    CipService(CipService),
    /// A request of Modbus.
    Modbus(ModbusTest),
    /// A setting of HTTP/2.
    Http2Setting(Http2Setting),
    /// There is a value.
    Present,
    /// Bytes somewhere in the value.
    Contains { text: Box<[u8]>, negated: bool },
}

impl FieldTest {
    /// The test that an option asks for.
    ///
    /// # Errors
    /// If the keyword is not evaluated, or its argument is wrong.
    pub(crate) fn compile(option: &Opt) -> Result<Self, CompileError> {
        let mut keyword = option.keyword;
        let what = match &option.kind {
            OptionKind::Integer(test) => What::Number(**test),
            OptionKind::UriLen(len) => {
                keyword = if len.raw { http::URI_RAW } else { http::URI };
                What::Length(len.test)
            }
            OptionKind::Bare => What::Present,
            OptionKind::Text(text)
                if [
                    tls::SUBJECT,
                    tls::ISSUERDN,
                    tls::FINGERPRINT,
                    tls::SSH_SOFTWAREVERSION,
                ]
                .contains(&keyword) =>
            {
                let (text, negated) = unquoted(text);
                What::Contains { text, negated }
            }
            OptionKind::Text(text) => match named::test(keyword, text)
                .or_else(|| validity::test(keyword, text))
                .map(|test| test.map(What::Number))
                .or_else(|| named(keyword, text))
            {
                Some(Ok(what)) => what,
                Some(Err(message)) => {
                    return Err(CompileError::refused(option.value.range(), message));
                }
                None => {
                    return Err(CompileError::not_evaluated(
                        option.span.range(),
                        keyword.name(),
                    ));
                }
            },
            _ => {
                return Err(CompileError::not_evaluated(
                    option.span.range(),
                    keyword.name(),
                ));
            }
        };
        Ok(Self { keyword, what })
    }

    /// Whether one of the field's values passes.
    pub(crate) fn holds(&self, transaction: &dyn Transaction, direction: Direction) -> bool {
        if let What::Number(test) = &self.what
            && !index::is_plain(test)
        {
            let mut numbers: SmallVec<[u64; 8]> = SmallVec::new();
            transaction.values(self.keyword, direction, &mut |value| {
                if let Value::Number(number) = value {
                    numbers.push(number);
                }
                false
            });
            return index::holds(test, &numbers);
        }
        transaction.values(
            self.keyword,
            direction,
            &mut |value| match (&self.what, value) {
                (What::Number(test), Value::Number(number)) => test.holds(number),
                (What::Ranges { ranges, negated }, Value::Number(number)) => {
                    let inside = ranges
                        .iter()
                        .any(|(first, last)| (*first..=*last).contains(&number));
                    inside != *negated
                }
                (What::Flags { mask, negated }, Value::Number(number)) => {
                    (number & mask != 0) != *negated
                }
                (What::CipService(service), Value::Bytes(bytes)) => service.holds(bytes),
                (What::Modbus(test), Value::Bytes(bytes)) => test.holds(bytes),
                (What::Http2Setting(setting), Value::Bytes(bytes)) => setting.holds(bytes),
                (What::Present, _) => true,
                (What::Interface(interface), Value::Bytes(bytes)) => interface.holds(bytes),
                (What::Word(word), Value::Bytes(bytes)) => bytes.eq_ignore_ascii_case(word),
                (What::Words { words, negated }, Value::Bytes(bytes)) => {
                    words.iter().any(|word| bytes.eq_ignore_ascii_case(word)) != *negated
                }
                (What::OneOf(words), Value::Bytes(bytes)) => words.contains(&bytes),
                (What::Length(test), Value::Bytes(bytes)) => test.holds(bytes.len() as u64),
                (What::Contains { text, negated }, Value::Bytes(bytes)) => {
                    let found = memchr::memmem::find(bytes, text).is_some();
                    found != *negated
                }
                _ => false,
            },
        )
    }
}

/// `dcerpc.iface`: an interface, perhaps of certain versions.
#[derive(Debug)]
struct Interface {
    uuid: [u8; 16],
    version: Option<IntegerTest>,
    any_fragment: bool,
}

impl Interface {
    /// `uuid[,>version][,any_frag]`; Snort 3 writes `uuid` before the identifier and `version` before the version.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::trim);
        let identifier = parts.next()?;
        let identifier = identifier
            .strip_prefix("uuid")
            .map_or(identifier, str::trim);
        let digits: String = identifier.split('-').collect();
        let uuid = u128::from_str_radix(&digits, 16)
            .ok()
            .filter(|_| digits.len() == 32)?
            .to_be_bytes();
        let mut interface = Self {
            uuid,
            version: None,
            any_fragment: false,
        };
        for part in parts {
            if part == "any_frag" {
                interface.any_fragment = true;
                continue;
            }
            let part = part.strip_prefix("version").map_or(part, str::trim);
            let op = match part.chars().next()? {
                '<' => IntegerOp::Less,
                '>' => IntegerOp::Greater,
                '!' => IntegerOp::NotEqual,
                '=' => IntegerOp::Equal,
                _ => return None,
            };
            let number = part.get(1..)?.trim().parse::<u16>().ok()?;
            interface.version = Some(IntegerTest::new(op, number.into(), 0));
        }
        Some(interface)
    }

    /// The value is the identifier, two bytes each of its version, and whether it is a first fragment.
    fn holds(&self, value: &[u8]) -> bool {
        let Some((uuid, [high, low, _, _, first])) = value.split_first_chunk::<16>() else {
            return false;
        };
        let version = u16::from_be_bytes([*high, *low]);
        *uuid == self.uuid
            && (self.any_fragment || *first != 0)
            && self
                .version
                .as_ref()
                .is_none_or(|test| test.holds(version.into()))
    }
}

/// The test of a keyword whose argument is words or lists; nothing for other keywords.
fn named(keyword: KeywordId, text: &str) -> Option<Result<What, String>> {
    let wrong = || format!("`{}` does not know `{text}`", keyword.name());
    Some(match keyword {
        tls::VERSION | tls::SSL_VERSION => words(text, version).map_or_else(
            || Err(wrong()),
            |(versions, negated)| {
                Ok(What::Ranges {
                    ranges: versions
                        .into_iter()
                        .map(|version| (version, version))
                        .collect(),
                    negated,
                })
            },
        ),
        tls::SSL_STATE => words(text, handshake_state).map_or_else(
            || Err(wrong()),
            |(states, negated)| {
                let mask = states.into_iter().fold(0, |mask, state| mask | state);
                Ok(What::Flags { mask, negated })
            },
        ),
        tls::SSH_PROTOVERSION => Ok(match text.trim_matches(['"', ' ']) {
            "2_compat" => What::OneOf(&[b"2", b"2.0", b"1.99"]),
            version => What::Word(version.as_bytes().into()),
        }),
        industrial::CIP_SERVICE => CipService::parse(text)
            .map(What::CipService)
            .ok_or_else(wrong),
        industrial::MODBUS_KEYWORD => ModbusTest::parse(text).map(What::Modbus).ok_or_else(wrong),
        http::HTTP2_SETTINGS => Http2Setting::parse(text)
            .map(What::Http2Setting)
            .ok_or_else(wrong),
        internet::IKE_CHOSEN_SA_ATTRIBUTE => chosen_attribute(text).ok_or_else(wrong),
        internet::FTP_MODE | internet::FTPDATA_COMMAND => {
            Ok(What::Word(text.trim().as_bytes().into()))
        }
        voip::SNORT_SIP_METHOD => sip_methods(text).ok_or_else(wrong),
        voip::SNORT_SIP_STAT_CODE => sip_codes(text).ok_or_else(wrong),
        internet::FTP_REPLY_RECEIVED => {
            let yes = matches!(text.trim(), "yes" | "true" | "1" | "on");
            let word: &[u8] = if yes { b"yes" } else { b"no" };
            Ok(What::Word(word.into()))
        }
        // Snort 3 writes quotes.
        windows::DCERPC_OPNUM => ranges(text.trim_matches('"')).map_or_else(
            || Err(wrong()),
            |ranges| {
                Ok(What::Ranges {
                    ranges: ranges.into(),
                    negated: false,
                })
            },
        ),
        windows::DCERPC_IFACE => {
            Interface::parse(text).map_or_else(|| Err(wrong()), |it| Ok(What::Interface(it)))
        }
        _ => return None,
    })
}

/// Words joined by commas or bars, all of them negated or none.
fn words(text: &str, known: fn(&str) -> Option<u64>) -> Option<(Vec<u64>, bool)> {
    let mut values = Vec::new();
    let mut negated = None;
    for word in text.trim_matches('"').split([',', '|']).map(str::trim) {
        let (word, not) = match word.strip_prefix('!') {
            Some(word) => (word.trim(), true),
            None => (word, false),
        };
        if *negated.get_or_insert(not) != not {
            return None;
        }
        values.push(known(&word.to_ascii_lowercase())?);
    }
    Some((values, negated?))
}

/// `invite,bye`: one of these methods; `!invite`: another one.
fn sip_methods(text: &str) -> Option<What> {
    let mut names: Vec<Box<[u8]>> = Vec::new();
    let mut negated = None;
    for word in text.split(',').map(str::trim) {
        let (name, not) = match word.strip_prefix('!') {
            Some(name) => (name.trim(), true),
            None => (word, false),
        };
        if name.is_empty() || *negated.get_or_insert(not) != not {
            return None;
        }
        names.push(name.as_bytes().into());
    }
    Some(What::Words {
        words: names.into(),
        negated: negated?,
    })
}

/// `200,4`: status codes, or the first digits of some.
fn sip_codes(text: &str) -> Option<What> {
    let range = |word: &str| {
        let number: u64 = word.trim().parse().ok()?;
        match number {
            1..=9 => Some((number * 100, number * 100 + 99)),
            100..=999 => Some((number, number)),
            _ => None,
        }
    };
    Some(What::Ranges {
        ranges: text.split(',').map(range).collect::<Option<_>>()?,
        negated: false,
    })
}

/// `alg_enc=7`: an attribute and its number.
fn chosen_attribute(text: &str) -> Option<What> {
    let (name, number) = text.trim_matches(['"', ' ']).split_once('=')?;
    let number: u32 = number.trim().parse().ok()?;
    let word = format!("{}={number}", name.trim());
    Some(What::Word(word.into_bytes().into()))
}

fn version(word: &str) -> Option<u64> {
    Some(match word {
        "sslv2" => 0x0002,
        "sslv3" => 0x0300,
        "tls1.0" | "1.0" => 0x0301,
        "tls1.1" | "1.1" => 0x0302,
        "tls1.2" | "1.2" => 0x0303,
        "tls1.3" | "1.3" => 0x0304,
        _ => return None,
    })
}

fn handshake_state(word: &str) -> Option<u64> {
    Some(match word {
        "client_hello" => 1,
        "server_hello" => 2,
        "client_keyx" => 4,
        "server_keyx" => 8,
        "unknown" => 16,
        _ => return None,
    })
}

/// `1,5-7`: numbers and ranges; or all numbers beyond one, `>3`.
fn ranges(text: &str) -> Option<Vec<(u64, u64)>> {
    let text = text.trim();
    let beyond = |prefix: &str| text.strip_prefix(prefix)?.trim().parse::<u64>().ok();
    if let Some(number) = beyond(">=") {
        return Some(vec![(number, u64::MAX)]);
    } else if let Some(number) = beyond(">") {
        return Some(vec![(number.checked_add(1)?, u64::MAX)]);
    } else if let Some(number) = beyond("<=") {
        return Some(vec![(0, number)]);
    } else if let Some(number) = beyond("<") {
        return Some(vec![(0, number.checked_sub(1)?)]);
    }
    text.split(',')
        .map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_states_are_named() {
        assert_eq!(
            words("!tls1.2, !tls1.3", version),
            Some((vec![0x0303, 0x0304], true))
        );
        assert_eq!(
            words("client_hello,server_hello", handshake_state),
            Some((vec![1, 2], false))
        );
        assert_eq!(words("1.0,!1.1", version), None);
        assert_eq!(ranges("1, 5-7"), Some(vec![(1, 1), (5, 7)]));
        assert_eq!(ranges(">3"), Some(vec![(4, u64::MAX)]));
        assert_eq!(ranges("<0"), None);
        assert!(matches!(
            sip_codes("200, 4"),
            Some(What::Ranges { ranges, .. }) if *ranges == [(200, 200), (400, 499)]
        ));
        assert!(sip_methods("invite,!bye").is_none());
    }

    #[test]
    fn operation_numbers_may_stand_in_quotes() {
        for written in ["1-2", "\"1-2\""] {
            let Some(Ok(What::Ranges { ranges, .. })) = named(windows::DCERPC_OPNUM, written)
            else {
                panic!("{written} is no range");
            };
            assert_eq!(ranges[..], [(1, 2)]);
        }
    }

    #[test]
    fn an_interface_has_version_and_first_fragment() {
        let interface = Interface::parse("367abb81-9844-35f1-ad32-98f038001003,>1").expect("one");
        let mut value = interface.uuid.to_vec();
        value.extend_from_slice(&[0, 2, 0, 0, 1]);
        assert!(interface.holds(&value));
        value[17] = 1;
        assert!(!interface.holds(&value));
        assert!(Interface::parse("367abb81").is_none());
        let of_snort3 = "uuid 367abb81-9844-35f1-ad32-98f038001003, version >1";
        let of_snort3 = Interface::parse(of_snort3).expect("one");
        assert_eq!(of_snort3.uuid, interface.uuid);
        assert_eq!(of_snort3.version, interface.version);
    }
}

//! Tests of fields of transactions.

use tapir_packet::Direction;
use tapir_protocols::{Transaction, Value};
use tapir_rules::keywords::{KeywordId, http, tls};
use tapir_rules::tree::{IntegerTest, Opt, OptionKind};

use super::file::unquoted;
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
            OptionKind::Integer(test) => What::Number((**test).clone()),
            OptionKind::UriLen(len) => {
                keyword = if len.raw { http::URI_RAW } else { http::URI };
                What::Length(len.test.clone())
            }
            OptionKind::Text(text)
                if [tls::SUBJECT, tls::ISSUERDN, tls::FINGERPRINT].contains(&keyword) =>
            {
                let (text, negated) = unquoted(text);
                What::Contains { text, negated }
            }
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
        transaction.values(
            self.keyword,
            direction,
            &mut |value| match (&self.what, value) {
                (What::Number(test), Value::Number(number)) => test.holds(number),
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

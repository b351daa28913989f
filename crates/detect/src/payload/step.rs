//! The steps of a program.

use tapir_rules::tree::IntegerTest;

use super::asn1::Asn1Test;
use super::bytes::{ExtractStep, JumpStep, MathStep, TestStep};
use super::content::ContentStep;
use super::entropy::EntropyTest;
use super::regex::RegexStep;
use super::rpc::RpcTest;
use super::scratch::Variables;
use crate::names::NameId;

/// One option of a rule.
#[derive(Debug)]
pub(super) struct Step {
    /// Place of the option among those of the rule.
    pub(super) option: u16,
    pub(super) kind: StepKind,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum StepKind {
    Content(ContentStep),
    Regex(Box<RegexStep>),
    DataAt(DataAtStep),
    Test(Box<TestStep>),
    Jump(Box<JumpStep>),
    Extract(Box<ExtractStep>),
    Math(Box<MathStep>),
    Size(Box<SizeStep>),
    /// The length of a request URI; counted up to 65,535.
    UriLength(Box<IntegerTest>),
    /// The buffer must not be there, or what follows must hold.
    Absent {
        or_else: bool,
    },
    Base64(Box<Base64Step>),
    Entropy(Box<EntropyTest>),
    Asn1(Box<Asn1Test>),
    BerData {
        kind: u32,
    },
    BerSkip {
        kind: u32,
        optional: bool,
    },
    Rpc(RpcTest),
}

/// A number, or the variable that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number(i32),
    Variable(NameId),
}

impl Value {
    /// The number; of a variable what it holds.
    #[inline]
    pub(super) fn get(self, variables: &Variables) -> i64 {
        match self {
            Self::Number(number) => i64::from(number),
            Self::Variable(name) => variables.get(name) as i64,
        }
    }

    pub(super) fn is_variable(self) -> bool {
        matches!(self, Self::Variable(_))
    }
}

/// `isdataat`.
#[derive(Debug)]
pub(super) struct DataAtStep {
    pub(super) position: Value,
    pub(super) relative: bool,
    pub(super) negated: bool,
}

/// `bsize`.
#[derive(Debug)]
pub(super) struct SizeStep {
    pub(super) test: IntegerTest,
    /// Compared with in place of the test's first number.
    pub(super) variable: Option<NameId>,
    /// Only the bytes behind the cursor count.
    pub(super) relative: bool,
}

/// `base64_decode` and what `base64_data` asks of the result.
#[derive(Debug)]
pub(super) struct Base64Step {
    pub(super) bytes: usize,
    pub(super) offset: usize,
    pub(super) relative: bool,
    pub(super) decoded: Box<[Step]>,
}

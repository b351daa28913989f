//! From options to steps.

use tapir_matcher::Literal;
use tapir_rules::keywords::{Kind, payload};
use tapir_rules::tree::{
    Base64Decode, Bsize, ByteExtract, ByteJump, ByteMath, ByteTest, Content, IsDataAt, Operand,
    Opt, OptionKind,
};

use super::Program;
use super::asn1::Asn1Test;
use super::bytes::{
    ExtractStep, Field, JumpFrom, JumpStep, MathStep, MathValue, TestStep, TestValue,
};
use super::content::ContentStep;
use super::entropy::EntropyTest;
use super::number::Format;
use super::regex::RegexStep;
use super::rpc::RpcTest;
use super::step::{Base64Step, DataAtStep, SizeStep, Step, StepKind, Value};
use crate::error::CompileError;
use crate::names::Names;
use crate::transform::TransformChain;

/// Most bytes that `base64_decode` takes.
const MOST_BASE64: u32 = 0xffff;

/// The contents among the options that are looked for in the buffer, as its transforms make it: not in what
/// `base64_decode` makes of it.
pub(crate) fn contents<'o>(
    options: impl Iterator<Item = &'o Opt>,
) -> impl Iterator<Item = &'o Content> {
    options
        .take_while(|option| !enters_base64(option))
        .filter_map(|option| match &option.kind {
            OptionKind::Content(content) => Some(&**content),
            _ => None,
        })
}

fn enters_base64(option: &Opt) -> bool {
    matches!(option.kind, OptionKind::Buffer(buffer) if buffer == payload::BASE64_DATA)
}

impl Program {
    /// Compiles the options that look at one buffer, in the order of the rule, each with its place among all options
    /// of the rule. What follows `base64_data` looks at what the `base64_decode` among them decoded.
    ///
    /// # Errors
    /// If an option cannot be evaluated or an expression or transform is wrong.
    pub(crate) fn compile<'o>(
        options: impl IntoIterator<Item = (u16, &'o Opt)>,
        names: &mut Names,
    ) -> Result<Self, CompileError> {
        let mut compiler = Compiler {
            names,
            steps: Vec::new(),
            decoded: None,
        };
        let mut transforms = Vec::new();
        for (place, option) in options {
            if let OptionKind::Transform(transform) = &option.kind {
                transforms.push((option, &**transform));
            } else if enters_base64(option) {
                compiler.enter_base64(option)?;
            } else {
                compiler.option(place, option)?;
            }
        }
        let transforms = TransformChain::compile(&transforms)?;
        Ok(Self {
            transforms: transforms.map(Box::new),
            steps: compiler.finish(),
        })
    }
}

struct Compiler<'n> {
    names: &'n mut Names,
    steps: Vec<Step>,
    /// After `base64_data`: the steps before it.
    decoded: Option<Vec<Step>>,
}

impl Compiler<'_> {
    fn enter_base64(&mut self, option: &Opt) -> Result<(), CompileError> {
        if self.decoded.is_some() {
            return Ok(());
        }
        if !self
            .steps
            .iter()
            .any(|step| matches!(step.kind, StepKind::Base64(_)))
        {
            return Err(CompileError::refused(
                option.span.range(),
                "`base64_data` needs `base64_decode` before it",
            ));
        }
        self.decoded = Some(std::mem::take(&mut self.steps));
        Ok(())
    }

    fn finish(self) -> Box<[Step]> {
        let Some(mut outer) = self.decoded else {
            return self.steps.into();
        };
        let decode = outer
            .iter_mut()
            .rev()
            .find_map(|step| match &mut step.kind {
                StepKind::Base64(decode) => Some(decode),
                _ => None,
            });
        if let Some(decode) = decode {
            decode.decoded = self.steps.into();
        }
        outer.into()
    }

    fn option(&mut self, place: u16, option: &Opt) -> Result<(), CompileError> {
        let kind = match &option.kind {
            OptionKind::Content(content) => {
                if content.replace.is_some() {
                    return Err(CompileError::not_evaluated(option.span.range(), "replace"));
                }
                StepKind::Content(self.content(content))
            }
            OptionKind::Pcre(pcre) => {
                let step = RegexStep::new(pcre, self.names)
                    .map_err(|message| CompileError::refused(option.value.range(), message))?;
                if step.relative {
                    self.depend_on_last();
                }
                StepKind::Regex(Box::new(step))
            }
            OptionKind::IsDataAt(asked) => match self.data_at(asked) {
                Some(step) => StepKind::DataAt(step),
                None => return Ok(()),
            },
            OptionKind::ByteTest(test) => StepKind::Test(Box::new(self.test(test))),
            OptionKind::ByteJump(jump) => StepKind::Jump(Box::new(self.jump(jump))),
            OptionKind::ByteExtract(extract) => StepKind::Extract(Box::new(self.extract(extract))),
            OptionKind::ByteMath(math) => StepKind::Math(Box::new(self.math(math))),
            OptionKind::Bsize(size) => StepKind::Size(Box::new(self.size(size))),
            OptionKind::UriLen(length) => StepKind::UriLength(Box::new(length.test)),
            OptionKind::Absent(or_else) => StepKind::Absent { or_else: *or_else },
            OptionKind::Base64Decode(decode) => StepKind::Base64(Box::new(base64(decode))),
            OptionKind::Entropy(entropy) => StepKind::Entropy(Box::new(EntropyTest::new(entropy))),
            OptionKind::Asn1(checks) => StepKind::Asn1(Box::new(Asn1Test::new(checks))),
            OptionKind::Ber(kind, optional) => {
                self.depend_on_last();
                let kind = *kind;
                match option.keyword == payload::BER_DATA {
                    true => StepKind::BerData { kind },
                    false => StepKind::BerSkip {
                        kind,
                        optional: *optional,
                    },
                }
            }
            OptionKind::Rpc(rpc) => StepKind::Rpc(RpcTest::new(rpc)),
            _ if matches!(option.keyword.row().kind, Kind::Obsolete) => return Ok(()),
            _ => {
                return Err(CompileError::not_evaluated(
                    option.span.range(),
                    option.keyword.name(),
                ));
            }
        };
        self.steps.push(Step {
            option: place,
            kind,
        });
        Ok(())
    }

    /// What comes now counts from the last content or expression, which may have to be tried at later places for it.
    fn depend_on_last(&mut self) {
        for step in self.steps.iter_mut().rev() {
            match &mut step.kind {
                StepKind::Content(content) => {
                    content.retry = true;
                    content.single = false;
                    return;
                }
                StepKind::Regex(regex) => {
                    regex.retry = true;
                    return;
                }
                _ => {}
            }
        }
    }

    /// A content counts from the last one. With nothing but a distance it is found behind the first place of that one
    /// if behind any.
    fn depend_for_content(&mut self, content: &Content) {
        if content.within.is_some() || content.negated {
            return self.depend_on_last();
        }
        let last = self
            .steps
            .iter_mut()
            .rev()
            .find_map(|step| match &mut step.kind {
                StepKind::Content(content) => Some(Ok(content)),
                StepKind::Regex(regex) => Some(Err(regex)),
                _ => None,
            });
        match last {
            Some(Ok(content)) => content.single = false,
            Some(Err(regex)) => regex.retry = true,
            None => {}
        }
    }

    fn content(&mut self, content: &Content) -> ContentStep {
        if content.is_relative() {
            self.depend_for_content(content);
        }
        let len = i32::try_from(content.bytes.len()).unwrap_or(i32::MAX);
        let offset = self
            .operand(&content.offset)
            .filter(|_| !content.startswith);
        let depth = match self.operand(&content.depth) {
            _ if content.startswith => Some(Value::Number(len)),
            Some(Value::Number(depth)) => {
                let from = match offset {
                    Some(Value::Number(offset)) => offset,
                    _ => 0,
                };
                Some(Value::Number(depth.max(len).saturating_add(from)))
            }
            other => other,
        };
        ContentStep {
            literal: Literal::new(&content.bytes, content.nocase),
            negated: content.negated,
            endswith: content.endswith,
            retry: false,
            single: !content.is_relative() && offset.is_none() && depth.is_none(),
            offset,
            depth,
            distance: self.operand(&content.distance),
            within: self.operand(&content.within),
        }
    }

    /// Nothing for `isdataat:!1,relative` directly after a content: that is then at the end of the buffer.
    fn data_at(&mut self, asked: &IsDataAt) -> Option<DataAtStep> {
        if asked.relative
            && asked.negated
            && asked.position == Operand::Number(1)
            && let Some(Step {
                kind: StepKind::Content(content),
                ..
            }) = self.steps.last_mut()
        {
            content.endswith = true;
            return None;
        }
        if asked.relative {
            self.depend_on_last();
        }
        let position = self.value(&asked.position);
        Some(DataAtStep {
            position,
            relative: asked.relative,
            negated: asked.negated,
        })
    }

    fn field(&mut self, bytes: Value, offset: &Operand, relative: bool, format: Format) -> Field {
        if relative {
            self.depend_on_last();
        }
        Field {
            bytes,
            offset: self.value(offset),
            relative,
            format,
        }
    }

    fn test(&mut self, test: &ByteTest) -> TestStep {
        let bytes = self.value(&test.bytes);
        let format = Format {
            endian: test.endian,
            text: test.string,
        };
        let value = match &test.value {
            Operand::Number(number) => TestValue::Number(*number),
            Operand::Variable(name) => TestValue::Variable(self.names.intern(name)),
        };
        TestStep {
            field: self.field(bytes, &test.offset, test.relative, format),
            op: test.op,
            negated: test.negated,
            value,
            bitmask: test.bitmask,
        }
    }

    fn jump(&mut self, jump: &ByteJump) -> JumpStep {
        let bytes = self.value(&jump.bytes);
        let format = Format {
            endian: jump.endian,
            text: jump.string,
        };
        let from = match (jump.from_beginning, jump.from_end) {
            (true, _) => JumpFrom::Beginning,
            (_, true) => JumpFrom::End,
            _ => JumpFrom::Here,
        };
        JumpStep {
            field: self.field(bytes, &jump.offset, jump.relative, format),
            multiplier: jump.multiplier,
            align: jump.align,
            from,
            post_offset: self.value(&jump.post_offset),
            bitmask: jump.bitmask,
        }
    }

    fn extract(&mut self, extract: &ByteExtract) -> ExtractStep {
        let format = Format {
            endian: extract.endian,
            text: extract.string,
        };
        ExtractStep {
            field: self.field(
                Value::Number(extract.bytes.into()),
                &extract.offset,
                extract.relative,
                format,
            ),
            name: self.names.intern(&extract.name),
            multiplier: extract.multiplier,
            align: extract.align,
            bitmask: extract.bitmask,
        }
    }

    fn math(&mut self, math: &ByteMath) -> MathStep {
        let bytes = self.value(&math.bytes);
        let format = Format {
            endian: math.endian,
            text: math.string,
        };
        let rvalue = match &math.rvalue {
            Operand::Number(number) => MathValue::Number(*number as u64),
            Operand::Variable(name) => MathValue::Variable(self.names.intern(name)),
        };
        MathStep {
            field: self.field(bytes, &math.offset, math.relative, format),
            op: math.op,
            rvalue,
            result: self.names.intern(&math.result),
            bitmask: math.bitmask,
        }
    }

    fn size(&mut self, size: &Bsize) -> SizeStep {
        if size.relative {
            self.depend_on_last();
        }
        SizeStep {
            test: size.test,
            variable: size.variable.as_deref().map(|name| self.names.intern(name)),
            relative: size.relative,
        }
    }

    fn operand(&mut self, operand: &Option<Operand>) -> Option<Value> {
        operand.as_ref().map(|operand| self.value(operand))
    }

    fn value(&mut self, operand: &Operand) -> Value {
        match operand {
            Operand::Number(number) => {
                Value::Number((*number).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
            }
            Operand::Variable(name) => Value::Variable(self.names.intern(name)),
        }
    }
}

fn base64(decode: &Base64Decode) -> Base64Step {
    let bytes = decode
        .bytes
        .filter(|bytes| *bytes > 0)
        .unwrap_or(MOST_BASE64);
    Base64Step {
        bytes: bytes.min(MOST_BASE64) as usize,
        offset: decode.offset as usize,
        relative: decode.relative,
        decoded: Box::default(),
    }
}

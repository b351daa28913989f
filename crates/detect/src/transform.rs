//! Transforms: what happens to a sticky buffer before it is inspected.
//!
//! A [`TransformChain`] is the list of transforms behind a buffer in a rule. Chains compare equal when they do the
//! same, so that rules with the same chain share its result and their patterns are searched in it together.

pub(crate) mod base64;
mod decompress;
mod domain;
mod hash;
mod header;
mod slice;
mod text;
mod xor;

use tapir_matcher::{Regex, RegexFlags, RegexScratch};
use tapir_rules::tree::{Opt, Transform as Description};

use crate::error::CompileError;

/// One transform, ready to be applied.
#[derive(Debug)]
enum Transform {
    /// Needs nothing but its description.
    Plain(Description),
    /// `pcrexform`: the expression beside its description.
    Regex(Description, Regex),
}

/// What one transform did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The result is in the output.
    Done,
    /// The transform does not apply: the input stays as it is.
    Unchanged,
    Failed,
}

/// Memory for the results of transforms, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct TransformWork {
    input: Vec<u8>,
    output: Vec<u8>,
}

/// Transforms one after the other.
#[derive(Debug)]
pub(crate) struct TransformChain(Box<[Transform]>);

impl TransformChain {
    /// How many transforms it has.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Compiles transforms; nothing if there are none.
    ///
    /// # Errors
    /// If one is not evaluated, or its expression is wrong.
    pub(crate) fn compile(
        transforms: &[(&Opt, &Description)],
    ) -> Result<Option<Self>, CompileError> {
        let compiled = transforms
            .iter()
            .map(|(option, transform)| Transform::compile(option, transform))
            .collect::<Result<Box<[_]>, _>>()?;
        Ok((!compiled.is_empty()).then_some(Self(compiled)))
    }

    /// Applies all of them to a buffer; nothing if one failed. An empty buffer stays empty.
    pub(crate) fn apply<'a>(
        &self,
        data: &'a [u8],
        work: &'a mut TransformWork,
        regex: &mut RegexScratch,
    ) -> Option<&'a [u8]> {
        let mut changed = false;
        for transform in &self.0 {
            let input = if changed { &work.input[..] } else { data };
            work.output.clear();
            match transform.apply(input, &mut work.output, regex) {
                Step::Done => {
                    std::mem::swap(&mut work.input, &mut work.output);
                    changed = true;
                }
                Step::Unchanged => {}
                Step::Failed => return None,
            }
        }
        Some(if changed { &work.input } else { data })
    }

    fn descriptions(&self) -> impl Iterator<Item = &Description> {
        self.0.iter().map(|transform| match transform {
            Transform::Plain(description) | Transform::Regex(description, _) => description,
        })
    }
}

impl PartialEq for TransformChain {
    fn eq(&self, other: &Self) -> bool {
        self.descriptions().eq(other.descriptions())
    }
}

impl Eq for TransformChain {}

impl Transform {
    fn compile(option: &Opt, description: &Description) -> Result<Self, CompileError> {
        match description {
            Description::Lua(_) => Err(CompileError::not_evaluated(
                option.span.range(),
                option.keyword.name(),
            )),
            Description::Pcre(expression) => {
                let refused =
                    |message: String| CompileError::refused(option.value.range(), message);
                let regex = Regex::new(expression.as_bytes(), RegexFlags::empty())
                    .map_err(|error| refused(error.to_string()))?;
                if regex.groups() != 1 {
                    let groups = regex.groups();
                    return Err(refused(format!(
                        "`pcrexform` needs one capturing group, this has {groups}"
                    )));
                }
                Ok(Self::Regex(description.clone(), regex))
            }
            _ => Ok(Self::Plain(description.clone())),
        }
    }

    fn apply(&self, input: &[u8], output: &mut Vec<u8>, scratch: &mut RegexScratch) -> Step {
        match self {
            Self::Plain(_) if input.is_empty() => Step::Unchanged,
            Self::Plain(description) => apply(description, input, output),
            Self::Regex(_, regex) => {
                let captured = regex.find(scratch, input).and_then(|_| scratch.group(1));
                match captured.and_then(|(start, end)| input.get(start..end)) {
                    Some(captured) => {
                        output.extend_from_slice(captured);
                        Step::Done
                    }
                    None => Step::Failed,
                }
            }
        }
    }
}

fn apply(transform: &Description, input: &[u8], output: &mut Vec<u8>) -> Step {
    match transform {
        Description::Md5 => hash::md5(input, output),
        Description::Sha1 => hash::sha1(input, output),
        Description::Sha256 => hash::sha256(input, output),
        Description::StripWhitespace => text::strip_whitespace(input, output),
        Description::CompressWhitespace => text::compress_whitespace(input, output),
        Description::UrlDecode => text::url_decode(input, output),
        Description::Lowercase => output.extend(input.iter().map(u8::to_ascii_lowercase)),
        Description::Uppercase => output.extend(input.iter().map(u8::to_ascii_uppercase)),
        Description::Dotprefix => domain::dotprefix(input, output),
        Description::Domain => domain::registered(input, output),
        Description::Tld => domain::suffix(input, output),
        Description::HeaderLowercase => header::lowercase_names(input, output),
        Description::StripPseudoHeaders => header::strip_pseudo(input, output),
        Description::Xor { offset, key } => return xor::xor(input, *offset as usize, key, output),
        Description::FromBase64(wanted) => return base64::from_base64(input, wanted, output),
        Description::Gunzip(most) => decompress::gunzip(input, *most, output),
        Description::ZlibDeflate(most) => decompress::zlib(input, *most, output),
        Description::Subslice(wanted) => slice::subslice(input, wanted, output),
        Description::Pcre(_) | Description::Lua(_) => return Step::Failed,
    }
    Step::Done
}

#[cfg(test)]
mod tests;

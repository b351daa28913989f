//! Regular expressions with limits, on PCRE2.

mod scratch;

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use bitflags::bitflags;
use pcre2_sys as pcre2;

pub use scratch::{Limits, RegexScratch};

bitflags! {
    /// How an expression is read; the letters are those of `pcre:"/.../flags"`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct RegexFlags: u32 {
        /// `i`: case does not count.
        const CASELESS = pcre2::PCRE2_CASELESS;
        /// `m`: `^` and `$` match at lines.
        const MULTILINE = pcre2::PCRE2_MULTILINE;
        /// `s`: the dot matches a newline too.
        const DOTALL = pcre2::PCRE2_DOTALL;
        /// `x`: blanks and comments in the expression do not count.
        const EXTENDED = pcre2::PCRE2_EXTENDED;
        /// `A`: matches only where the search starts.
        const ANCHORED = pcre2::PCRE2_ANCHORED;
        /// `E`: `$` matches only at the very end, not before a last newline.
        const DOLLAR_ENDONLY = pcre2::PCRE2_DOLLAR_ENDONLY;
        /// `G`: quantifiers are lazy unless followed by `?`.
        const UNGREEDY = pcre2::PCRE2_UNGREEDY;
        /// Plain parentheses capture nothing, unless the expression refers back to one of them.
        const NO_CAPTURES = pcre2::PCRE2_NO_AUTO_CAPTURE;
    }
}

/// Why an expression was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset} of the expression")]
pub struct RegexError {
    /// PCRE2's account of it.
    pub message: String,
    /// How many bytes of the expression were read until then.
    pub offset: usize,
}

/// PCRE2's code for a reference to a group that does not exist.
const NO_SUCH_GROUP: c_int = 115;

/// A compiled expression, shared by any number of threads.
///
/// Compiling only validates and translates to PCRE2's own code, which takes some microseconds; machine
/// code is made when the expression is first executed, as most of a rule set's never are.
#[derive(Debug)]
pub struct Regex {
    code: NonNull<pcre2::pcre2_code_8>,
    machine_code: OnceLock<bool>,
    groups: u32,
}

// SAFETY: the code is owned by the `Regex` alone and may be freed by any thread.
unsafe impl Send for Regex {}
// SAFETY: PCRE2 never writes to compiled code but in `pcre2_jit_compile`; that call is made inside a
// `OnceLock`, through which every use for matching goes first, so that it is over before any match starts.
unsafe impl Sync for Regex {}

impl Regex {
    /// Compiles an expression.
    ///
    /// # Errors
    /// If PCRE2 does not understand it.
    pub fn new(expression: &[u8], flags: RegexFlags) -> Result<Self, RegexError> {
        match Self::compile(expression, flags) {
            Err((NO_SUCH_GROUP, _)) if flags.contains(RegexFlags::NO_CAPTURES) => {
                Self::compile(expression, flags - RegexFlags::NO_CAPTURES)
            }
            result => result,
        }
        .map_err(|(code, offset)| RegexError {
            message: error_message(code),
            offset,
        })
    }

    fn compile(expression: &[u8], flags: RegexFlags) -> Result<Self, (c_int, usize)> {
        let (mut error, mut offset) = (0, 0);
        // SAFETY: the pointer and length are those of a slice that outlives the call, PCRE2 copies what it
        // needs; the two outputs are valid for writing; a null context means the defaults.
        let code = unsafe {
            pcre2::pcre2_compile_8(
                expression.as_ptr(),
                expression.len(),
                flags.bits(),
                &mut error,
                &mut offset,
                ptr::null_mut(),
            )
        };
        let code = NonNull::new(code).ok_or((error, offset))?;
        let mut regex = Self {
            code,
            machine_code: OnceLock::new(),
            groups: 0,
        };
        regex.groups = regex.group_count();
        Ok(regex)
    }

    fn group_count(&self) -> u32 {
        let mut count: u32 = 0;
        // SAFETY: the code is valid, and PCRE2_INFO_CAPTURECOUNT writes one `u32` to the address.
        let result = unsafe {
            pcre2::pcre2_pattern_info_8(
                self.code.as_ptr(),
                pcre2::PCRE2_INFO_CAPTURECOUNT,
                ptr::from_mut(&mut count).cast::<c_void>(),
            )
        };
        if result == 0 { count } else { 0 }
    }

    /// How many capturing groups the expression has, the whole match not counted.
    pub fn groups(&self) -> u32 {
        self.groups
    }

    /// Makes machine code once; where that is not possible, matches are interpreted.
    fn prepare(&self) {
        self.machine_code.get_or_init(|| {
            // SAFETY: the code is valid, and nobody matches with it before `get_or_init` returns.
            let result = unsafe {
                pcre2::pcre2_jit_compile_8(self.code.as_ptr(), pcre2::PCRE2_JIT_COMPLETE)
            };
            result == 0
        });
    }

    /// The first match that starts at `start` or later: where it starts and ends. What `^` and lookbehinds
    /// see before `start` is the buffer.
    ///
    /// A match that runs into a limit is none, and is counted by the scratch. The groups of a match are in
    /// [`RegexScratch::group`] until the next one.
    pub fn find_at(
        &self,
        scratch: &mut RegexScratch,
        haystack: &[u8],
        start: usize,
    ) -> Option<(usize, usize)> {
        if start > haystack.len() {
            return None;
        }
        self.prepare();
        // SAFETY: the code stays valid during the call; `start` is not beyond the slice.
        unsafe { scratch.execute(self.code, haystack, start) }
    }

    /// The first match in the buffer.
    pub fn find(&self, scratch: &mut RegexScratch, haystack: &[u8]) -> Option<(usize, usize)> {
        self.find_at(scratch, haystack, 0)
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: the code came from `pcre2_compile` and is freed nowhere else.
        unsafe { pcre2::pcre2_code_free_8(self.code.as_ptr()) }
    }
}

fn error_message(code: c_int) -> String {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer is writable for the length given.
    let length =
        unsafe { pcre2::pcre2_get_error_message_8(code, buffer.as_mut_ptr(), buffer.len()) };
    let message = usize::try_from(length)
        .ok()
        .and_then(|length| buffer.get(..length));
    String::from_utf8_lossy(message.unwrap_or(b"unknown error")).into_owned()
}

#[cfg(test)]
mod tests;

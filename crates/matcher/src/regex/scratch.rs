//! What one thread needs to execute regular expressions.

use std::ptr::{self, NonNull};

use pcre2_sys as pcre2;

/// Groups that a match keeps, the whole match included; those beyond are not kept.
const KEPT_GROUPS: u32 = 64;

/// How much work one match may take before it counts as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps of backtracking (`pcre.match-limit`).
    pub steps: u32,
    /// Nested backtracking points (`pcre.match-limit-recursion`); machine code has no such limit.
    pub depth: u32,
    /// Memory for backtracking, in kibibytes; machine code uses 32 KiB of stack instead.
    pub heap_kib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 3500,
            depth: 1500,
            heap_kib: 1024,
        }
    }
}

/// A thread's memory for executing expressions, and the groups of the last match.
#[derive(Debug)]
pub struct RegexScratch {
    data: NonNull<pcre2::pcre2_match_data_8>,
    context: NonNull<pcre2::pcre2_match_context_8>,
    /// How many groups the last match set.
    set: usize,
    failures: u64,
}

// SAFETY: both objects are owned by the scratch alone and bound to no thread; they are used only through
// `&mut self`, or read through `&self`.
unsafe impl Send for RegexScratch {}

impl RegexScratch {
    /// Memory for matches under these limits.
    ///
    /// # Panics
    /// If there is no memory for it, as any allocation does.
    pub fn new(limits: Limits) -> Self {
        // SAFETY: a null context stands for the default allocator.
        let (data, context) = unsafe {
            (
                pcre2::pcre2_match_data_create_8(KEPT_GROUPS, ptr::null_mut()),
                pcre2::pcre2_match_context_create_8(ptr::null_mut()),
            )
        };
        let (Some(data), Some(context)) = (NonNull::new(data), NonNull::new(context)) else {
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<[usize; 256]>());
        };
        let mut scratch = Self {
            data,
            context,
            set: 0,
            failures: 0,
        };
        scratch.set_limits(limits);
        scratch
    }

    /// Changes the limits of the following matches.
    pub fn set_limits(&mut self, limits: Limits) {
        // SAFETY: the context is valid and not in use by a match, as `self` is borrowed exclusively.
        unsafe {
            pcre2::pcre2_set_match_limit_8(self.context.as_ptr(), limits.steps);
            pcre2::pcre2_set_depth_limit_8(self.context.as_ptr(), limits.depth);
            pcre2::pcre2_set_heap_limit_8(self.context.as_ptr(), limits.heap_kib);
        }
    }

    /// How many matches ended in an error, which is nearly always a limit.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Where a group of the last match stands in the buffer; group 0 is the whole match. Nothing for a
    /// group that took no part in it.
    pub fn group(&self, group: usize) -> Option<(usize, usize)> {
        if group >= self.set {
            return None;
        }
        // SAFETY: the vector holds `set` pairs written by the last match, `group` is below that.
        let (start, end) = unsafe {
            let pairs = pcre2::pcre2_get_ovector_pointer_8(self.data.as_ptr());
            (*pairs.add(2 * group), *pairs.add(2 * group + 1))
        };
        // A lookahead with \K can end before it starts; an unset group is at the largest offset.
        (start <= end && end != usize::MAX).then_some((start, end))
    }

    /// Executes an expression.
    ///
    /// # Safety
    /// The code is valid, not being changed by another thread, and `start` is not beyond `haystack`.
    pub(super) unsafe fn execute(
        &mut self,
        code: NonNull<pcre2::pcre2_code_8>,
        haystack: &[u8],
        start: usize,
    ) -> Option<(usize, usize)> {
        // SAFETY: code as the caller promises, pointer and length are those of the slice, and the match
        // data and context are ours.
        let result = unsafe {
            pcre2::pcre2_match_8(
                code.as_ptr(),
                haystack.as_ptr(),
                haystack.len(),
                start,
                0,
                self.data.as_ptr(),
                self.context.as_ptr(),
            )
        };
        self.set = match result {
            pcre2::PCRE2_ERROR_NOMATCH => 0,
            // More groups than are kept: those that are kept are set.
            0 => KEPT_GROUPS as usize,
            count => usize::try_from(count).unwrap_or_else(|_| {
                self.failures += 1;
                0
            }),
        };
        self.group(0)
    }
}

impl Default for RegexScratch {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Drop for RegexScratch {
    fn drop(&mut self) {
        // SAFETY: both came from their create functions and are freed nowhere else.
        unsafe {
            pcre2::pcre2_match_data_free_8(self.data.as_ptr());
            pcre2::pcre2_match_context_free_8(self.context.as_ptr());
        }
    }
}

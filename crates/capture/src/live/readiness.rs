//! Waiting for packets.

use std::ffi::{c_int, c_short};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// Waits until there is something to read, the time is over, or a signal came. Returns what `poll(2)` found:
/// `POLLIN`, `POLLERR` and so on; 0 when nothing happened.
pub(super) fn wait(fd: BorrowedFd<'_>, timeout: Duration) -> io::Result<c_short> {
    let mut poll = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: one structure, which lives through the call.
    let ready = unsafe { libc::poll(&raw mut poll, 1, ms) };
    if ready >= 0 {
        return Ok(poll.revents);
    }
    let error = io::Error::last_os_error();
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(0),
        _ => Err(error),
    }
}

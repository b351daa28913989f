//! Packet sockets: the system calls behind a ring, each wrapped once.

use std::ffi::{CString, c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// A packet socket (packet(7)) that is closed when dropped.
pub(super) struct PacketSocket {
    fd: OwnedFd,
}

impl PacketSocket {
    /// A socket that receives nothing until it is bound.
    pub(super) fn open() -> io::Result<Self> {
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and nobody else owns it.
        Ok(Self {
            fd: unsafe { OwnedFd::from_raw_fd(fd) },
        })
    }

    pub(super) fn raw(&self) -> c_int {
        self.fd.as_raw_fd()
    }

    /// Sets an option whose value is the bytes of `value`, a plain C structure or integer.
    pub(super) fn set<T: Copy>(&self, level: c_int, option: c_int, value: &T) -> io::Result<()> {
        // SAFETY: pointer and length describe `value`, which lives through the call; the kernel only reads it.
        let done = unsafe {
            libc::setsockopt(
                self.raw(),
                level,
                option,
                std::ptr::from_ref(value).cast::<c_void>(),
                size_of::<T>() as libc::socklen_t,
            )
        };
        check(done)
    }

    /// Reads an option into a zeroed `T`, a plain C structure of integers.
    pub(super) fn get<T: Copy>(&self, level: c_int, option: c_int) -> io::Result<T> {
        // SAFETY: callers ask for structures of integers, for which zero bytes are a value.
        let mut value: T = unsafe { std::mem::zeroed() };
        let mut length = size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes to `value`.
        let done = unsafe {
            libc::getsockopt(
                self.raw(),
                level,
                option,
                std::ptr::from_mut(&mut value).cast::<c_void>(),
                &raw mut length,
            )
        };
        check(done).map(|()| value)
    }

    /// Receives from an interface, or from none with index 0.
    pub(super) fn bind(&self, interface: c_int, protocol: u16) -> io::Result<()> {
        // SAFETY: an address structure of integers, for which zero bytes are a value.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = protocol.to_be();
        address.sll_ifindex = interface;
        // SAFETY: pointer and length describe `address`, which lives through the call.
        let done = unsafe {
            libc::bind(
                self.raw(),
                std::ptr::from_ref(&address).cast::<libc::sockaddr>(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        };
        check(done)
    }

    /// The ARPHRD_ number of an interface: what its packets begin with.
    pub(super) fn hardware_type(&self, interface: &str) -> io::Result<u16> {
        // SAFETY: a structure of bytes and integers, for which zero bytes are a value.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        let room = request.ifr_name.len() - 1;
        for (to, &from) in request
            .ifr_name
            .iter_mut()
            .zip(interface.as_bytes().iter().take(room))
        {
            *to = from as libc::c_char;
        }
        // SAFETY: the kernel reads the name and writes the address into the structure, which lives through
        // the call.
        check(unsafe { libc::ioctl(self.raw(), libc::SIOCGIFHWADDR, &raw mut request) })?;
        // SAFETY: after this request the union holds the hardware address.
        Ok(unsafe { request.ifr_ifru.ifru_hwaddr.sa_family })
    }

    /// Waits until there is something to read, the time is over, or a signal came. False also when the
    /// interface went down.
    pub(super) fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let mut poll = libc::pollfd {
            fd: self.raw(),
            events: libc::POLLIN,
            revents: 0,
        };
        let ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: one structure, which lives through the call.
        let ready = unsafe { libc::poll(&raw mut poll, 1, ms) };
        if ready < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted {
                Ok(false)
            } else {
                Err(error)
            };
        }
        if poll.revents & libc::POLLERR != 0 {
            let code: c_int = self.get(libc::SOL_SOCKET, libc::SO_ERROR)?;
            if code != 0 {
                return Err(io::Error::from_raw_os_error(code));
            }
        }
        Ok(poll.revents & libc::POLLIN != 0)
    }

    /// Attaches a filter that the kernel runs on each packet.
    pub(super) fn attach(&self, program: &[(u16, u8, u8, u32)]) -> io::Result<()> {
        let mut instructions: Vec<libc::sock_filter> = program
            .iter()
            .map(|&(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k })
            .collect();
        let len = u16::try_from(instructions.len()).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "the filter is too long for the kernel",
            )
        })?;
        let program = libc::sock_fprog {
            len,
            filter: instructions.as_mut_ptr(),
        };
        // The instructions outlive the call; the kernel keeps a copy.
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
    }
}

/// The index of an interface.
pub(super) fn interface_index(name: &str) -> io::Result<c_int> {
    let name = CString::new(name).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: a C string that lives through the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    if index == 0 {
        return Err(io::Error::last_os_error());
    }
    c_int::try_from(index).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

fn check(result: c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

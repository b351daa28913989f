//! Packet sockets: the system calls behind a ring, each wrapped once.

use std::ffi::{CString, c_int, c_void};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::filter::Instruction;
use crate::live::readiness;

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
        let request = self.ask(interface, libc::SIOCGIFHWADDR)?;
        // SAFETY: after this request the union holds the hardware address.
        Ok(unsafe { request.ifr_ifru.ifru_hwaddr.sa_family })
    }

    /// Whether an interface is up.
    pub(super) fn is_up(&self, interface: &str) -> io::Result<bool> {
        let request = self.ask(interface, libc::SIOCGIFFLAGS)?;
        // SAFETY: after this request the union holds the flags.
        let flags = unsafe { request.ifr_ifru.ifru_flags };
        Ok(c_int::from(flags) & libc::IFF_UP != 0)
    }

    /// netdevice(7): asks the kernel something about an interface.
    fn ask(&self, interface: &str, what: libc::Ioctl) -> io::Result<libc::ifreq> {
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
        // SAFETY: these requests read the name and write their answer into the structure, which lives through
        // the call.
        check(unsafe { libc::ioctl(self.raw(), what, &raw mut request) })?;
        Ok(request)
    }

    /// Waits until there is something to read, the time is over, or a signal came.
    ///
    /// The error is that of the interface when it went down.
    pub(super) fn wait(&self, timeout: Duration) -> io::Result<()> {
        let found = readiness::wait(self.fd.as_fd(), timeout)?;
        if found & libc::POLLERR != 0 {
            let code: c_int = self.get(libc::SOL_SOCKET, libc::SO_ERROR)?;
            if code != 0 {
                return Err(io::Error::from_raw_os_error(code));
            }
        }
        Ok(())
    }

    /// Attaches a filter that the kernel runs on each packet, instead of the one before.
    pub(super) fn attach(&self, program: &[Instruction]) -> io::Result<()> {
        let len = u16::try_from(program.len()).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "the filter is too long for the kernel",
            )
        })?;
        let program = libc::sock_fprog {
            len,
            filter: program.as_ptr().cast::<libc::sock_filter>().cast_mut(),
        };
        // The instructions outlive the call; the kernel only reads them and keeps a copy.
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
    }

    /// Takes the filter off.
    pub(super) fn detach(&self) -> io::Result<()> {
        let unused: c_int = 0;
        self.set(libc::SOL_SOCKET, libc::SO_DETACH_FILTER, &unused)
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

//! BPF filters, compiled by libpcap.

use std::ffi::c_uint;

use pcap::{Activated, BpfProgram, Capture, Linktype};
use tapir_packet::{Frame, LinkType};

use crate::error::CaptureError;

/// One instruction of a program: libpcap's `struct bpf_insn`, which is the kernel's `struct sock_filter`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instruction {
    pub(crate) code: u16,
    pub(crate) jump_true: u8,
    pub(crate) jump_false: u8,
    pub(crate) operand: u32,
}

unsafe extern "C" {
    /// libpcap's interpreter: 0 where the program does not select the packet.
    fn bpf_filter(
        program: *const Instruction,
        packet: *const u8,
        wire_len: c_uint,
        captured: c_uint,
    ) -> c_uint;
}

/// A compiled filter expression.
#[derive(Debug, Clone)]
pub struct Filter {
    program: Box<[Instruction]>,
}

impl Filter {
    /// Compiles an expression such as `tcp port 80` for packets of a link type.
    ///
    /// # Errors
    /// When the expression is wrong or makes no sense for the link type.
    pub fn compile(expression: &str, link: LinkType) -> Result<Self, CaptureError> {
        let dead = Capture::dead(Linktype(i32::from(data_link_type(link))))
            .map_err(|e| wrong(expression, e))?;
        Self::compile_with(&dead, expression)
    }

    /// Compiles an expression for packets of an interface as they pass the kernel. There a VLAN tag is not
    /// in the packet but beside it, and libpcap knows where when it has the interface open.
    #[cfg(target_os = "linux")]
    pub(crate) fn compile_for_interface(
        expression: &str,
        interface: &str,
        link: LinkType,
    ) -> Result<Self, CaptureError> {
        match Capture::from_device(interface).and_then(Capture::open) {
            Ok(live) => Self::compile_with(&live, expression),
            Err(_) => Self::compile(expression, link),
        }
    }

    fn compile_with<T: Activated>(
        capture: &Capture<T>,
        expression: &str,
    ) -> Result<Self, CaptureError> {
        capture
            .compile(expression, true)
            .map(|program| Self {
                program: instructions(&program),
            })
            .map_err(|e| wrong(expression, e))
    }

    /// Whether it selects a frame.
    pub fn selects(&self, frame: &Frame<'_>) -> bool {
        let captured = c_uint::try_from(frame.data.len()).unwrap_or(c_uint::MAX);
        // SAFETY: the program is one that libpcap compiled, whole and unchanged: it ends with a return and jumps
        // only forward within itself. The packet has `captured` bytes, which the interpreter checks each load
        // against.
        let kept = unsafe {
            bpf_filter(
                self.program.as_ptr(),
                frame.data.as_ptr(),
                frame.wire_len,
                captured,
            )
        };
        kept != 0
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn program(&self) -> &[Instruction] {
        &self.program
    }
}

fn instructions(program: &BpfProgram) -> Box<[Instruction]> {
    let of_pcap = program.get_instructions();
    let first = of_pcap.as_ptr().cast::<Instruction>();
    // SAFETY: the crate's instructions are libpcap's `struct bpf_insn`, of which `Instruction` is a copy with
    // readable fields; the length is that of the slice.
    unsafe { std::slice::from_raw_parts(first, of_pcap.len()) }.into()
}

fn wrong(expression: &str, error: pcap::Error) -> CaptureError {
    CaptureError::Filter {
        expression: expression.to_owned(),
        message: match error {
            pcap::Error::PcapError(message) => message,
            other => other.to_string(),
        },
    }
}

/// libpcap numbers raw IP differently inside than in files.
fn data_link_type(link: LinkType) -> u16 {
    const DLT_RAW: u16 = 12;
    match link {
        LinkType::RAW | LinkType::RAW_OPENBSD | LinkType::RAW_BSD => DLT_RAW,
        other => other.0,
    }
}

//! BPF filters, compiled by libpcap.

use pcap::{BpfProgram, Capture, Linktype};
use tapir_packet::{Frame, LinkType};

use crate::error::CaptureError;

/// A compiled filter expression.
pub struct Filter {
    program: BpfProgram,
}

impl Filter {
    /// Compiles an expression such as `tcp port 80` for packets of a link type.
    ///
    /// # Errors
    /// When the expression is wrong or makes no sense for the link type.
    pub fn compile(expression: &str, link: LinkType) -> Result<Self, CaptureError> {
        let failed = |e: pcap::Error| CaptureError::Filter {
            expression: expression.to_owned(),
            message: match e {
                pcap::Error::PcapError(message) => message,
                other => other.to_string(),
            },
        };
        let dead = Capture::dead(Linktype(i32::from(data_link_type(link)))).map_err(failed)?;
        let program = dead.compile(expression, true).map_err(failed)?;
        Ok(Self { program })
    }

    /// Whether it selects a frame.
    pub fn selects(&self, frame: &Frame<'_>) -> bool {
        self.program.filter(frame.data)
    }

    /// The program as (code, jump if true, jump if false, operand), for the kernel.
    pub(crate) fn instructions(&self) -> Vec<(u16, u8, u8, u32)> {
        self.program
            .get_instructions()
            .iter()
            .map(|instruction| {
                // The instruction's fields are private but its text form is its four fields.
                parse_instruction(&instruction.to_string())
            })
            .collect()
    }
}

fn parse_instruction(text: &str) -> (u16, u8, u8, u32) {
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse::<u64>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next() as u16, next() as u8, next() as u8, next() as u32)
}

/// libpcap numbers raw IP differently inside than in files.
fn data_link_type(link: LinkType) -> u16 {
    const DLT_RAW: u16 = 12;
    match link {
        LinkType::RAW | LinkType::RAW_OPENBSD | LinkType::RAW_BSD => DLT_RAW,
        other => other.0,
    }
}

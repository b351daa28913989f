//! Calls and replies of remote procedures (RFC 5531).

use super::reader::Reader;

/// Credentials of Unix.
pub const UNIX: u32 = 1;
/// Credentials of GSS, behind which arguments may be wrapped.
pub const GSS: u32 = 6;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// Kind of credentials.
    pub flavor: u32,
    /// The machine.
    pub machine: Vec<u8>,
    /// The user.
    pub user: u32,
    /// The group.
    pub group: u32,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// Number by which the reply names it.
    pub xid: u32,
    /// The program called.
    pub program: u32,
    /// Its version.
    pub version: u32,
    /// Its procedure.
    pub procedure: u32,
    /// Who calls.
    pub caller: Caller,
    /// The arguments.
    pub arguments: &'a [u8],
}

/// A reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Number of the call.
    pub xid: u32,
    /// Whether the call was accepted: 0 when so.
    pub state: u32,
    /// The results.
    pub results: &'a [u8],
}

impl<'a> Call<'a> {
    /// Reads a call.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(data);
        let xid = reader.word()?;
        if reader.word()? != 0 || reader.word()? != 2 {
            return None;
        }
        let (program, version, procedure) = (reader.word()?, reader.word()?, reader.word()?);
        let flavor = reader.word()?;
        let mut caller = Caller {
            flavor,
            ..Caller::default()
        };
        let mut credentials = Reader(reader.opaque()?);
        if flavor == UNIX {
            credentials.word()?;
            caller.machine = credentials.opaque()?.to_vec();
            caller.user = credentials.word()?;
            caller.group = credentials.word()?;
        }
        reader.word()?;
        reader.opaque()?;
        Some(Self {
            xid,
            program,
            version,
            procedure,
            caller,
            arguments: reader.0,
        })
    }
}

impl<'a> Reply<'a> {
    /// Reads a reply.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        const ACCEPTED: u32 = 0;
        let mut reader = Reader(data);
        let xid = reader.word()?;
        if reader.word()? != 1 {
            return None;
        }
        let state = reader.word()?;
        if state == ACCEPTED {
            reader.word()?;
            reader.opaque()?;
            reader.word()?;
        }
        Some(Self {
            xid,
            state,
            results: reader.0,
        })
    }
}

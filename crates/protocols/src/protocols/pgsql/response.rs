//! Messages of servers.

use super::request::{Broken, Parameter, mechanism, parameter};
use crate::protocols::cursor::Cursor;

/// A message, or several of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// Whether the server wants encryption.
    Encryption(bool),
    /// Fields of an error, each with its type.
    Error(Vec<(u8, Box<[u8]>)>),
    /// A notice or notification: not kept.
    Aside,
    AuthenticationOk,
    CleartextPassword,
    Md5Password(Box<[u8]>),
    Sasl,
    SaslContinue,
    SaslFinal(Box<[u8]>),
    Parameter(Parameter),
    Key {
        process: u32,
        key: u32,
    },
    Complete(Box<[u8]>),
    Ready,
    RowDescription(u16),
    /// Rows of a result: how many, and how many bytes in them.
    Rows {
        count: u64,
        size: u64,
    },
    CopyIn(u16),
    CopyOut(u16),
    /// Rows of a table: how many messages, and how many bytes in them.
    CopyData {
        count: u64,
        size: u64,
    },
    CopyDone,
}

/// The type of messages whose content does not matter: a row of a result.
pub(super) const ROW: u8 = b'D';
/// The same of a table that is copied.
pub(super) const COPY_DATA: u8 = b'd';

/// Whether messages of a type are read: of all others only the length matters.
pub(super) fn is_read(kind: u8) -> bool {
    b"EKNRSCZTAGHc".contains(&kind)
}

/// The message of a type that is read.
pub(super) fn response(kind: u8, body: &[u8]) -> Result<Response, Broken> {
    let least = match kind {
        b'E' | b'N' => 7,
        b'R' => 4,
        b'K' => 8,
        b'Z' => 1,
        b'T' | b'G' | b'H' => 3,
        b'A' => 6,
        _ => 0,
    };
    let is_exact = matches!(kind, b'K' | b'Z');
    if body.len() < least || is_exact && body.len() > least {
        return Err(Broken::Length);
    }
    let cursor = &mut Cursor::new(body);
    match kind {
        b'E' => fields(cursor).map(Response::Error),
        b'N' => fields(cursor).map(|_| Response::Aside),
        b'A' => Some(Response::Aside),
        b'R' => authentication(cursor),
        b'S' => parameter(cursor).map(Response::Parameter),
        b'K' => key(cursor),
        b'C' => cursor
            .until_zero()
            .map(|text| Response::Complete(text.into())),
        b'Z' => matches!(body, b"I" | b"T" | b"E").then_some(Response::Ready),
        b'T' => cursor.u16().map(Response::RowDescription),
        b'G' => columns(cursor).map(Response::CopyIn),
        b'H' => columns(cursor).map(Response::CopyOut),
        b'c' => Some(Response::CopyDone),
        _ => None,
    }
    .ok_or(Broken::Malformed)
}

/// Bytes of the values in a row: each column has its length before it, as has one without a value.
pub(super) fn row_size(length: usize, columns: u16) -> u64 {
    length.saturating_sub(6 + 4 * usize::from(columns)) as u64
}

fn fields(cursor: &mut Cursor<'_>) -> Option<Vec<(u8, Box<[u8]>)>> {
    let mut fields = Vec::new();
    loop {
        match cursor.u8()? {
            0 => return Some(fields),
            kind => fields.push((kind, cursor.until_zero()?.into())),
        }
    }
}

fn authentication(cursor: &mut Cursor<'_>) -> Option<Response> {
    Some(match cursor.u32()? {
        0 => Response::AuthenticationOk,
        3 => Response::CleartextPassword,
        5 if cursor.rest().len() == 4 => Response::Md5Password(cursor.rest().into()),
        9 => Response::Aside,
        10 => {
            while cursor.rest().first().is_some_and(|&byte| byte != 0) {
                mechanism(cursor)?;
            }
            cursor.u8()?;
            Response::Sasl
        }
        11 => Response::SaslContinue,
        12 => Response::SaslFinal(cursor.rest().into()),
        _ => return None,
    })
}

fn key(cursor: &mut Cursor<'_>) -> Option<Response> {
    Some(Response::Key {
        process: cursor.u32()?,
        key: cursor.u32()?,
    })
}

fn columns(cursor: &mut Cursor<'_>) -> Option<u16> {
    let _format = cursor.u8()?;
    cursor.u16()
}

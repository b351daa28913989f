//! File transfer, data connection: announced by a control connection, never recognised by its data.

mod parser;

pub use parser::FtpData;

use crate::AppProto;
use crate::signature::Signature;

pub(crate) const SIGNATURE: Signature = Signature::new(AppProto::FtpData);

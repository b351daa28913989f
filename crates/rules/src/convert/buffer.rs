//! Buffers that dialects have under other names, or as parts of others.

use crate::keywords::{BufferId, file, http, payload};
use crate::{Dialect, Opt, OptionKind};

/// Names a buffer as a dialect does, where it has it.
pub(super) fn rename(option: &mut Opt, to: Dialect) {
    let found = match (&option.kind, to) {
        (OptionKind::Buffer(payload::RAW_DATA), Dialect::Suricata | Dialect::Snort2) => {
            OptionKind::Buffer(payload::PKT_DATA)
        }
        (OptionKind::Buffer(buffer), Dialect::Snort3) => match http::field_of(*buffer) {
            Some(name) => OptionKind::BufferPart(http::HEADER, format!("field {name}").into()),
            None => OptionKind::Buffer(in_snort(*buffer)),
        },
        (OptionKind::Buffer(buffer), Dialect::Snort2) => OptionKind::Buffer(in_snort(*buffer)),
        (OptionKind::BufferPart(http::HEADER, part), Dialect::Suricata) => {
            match http::header_field(part) {
                Some(buffer) => OptionKind::Buffer(buffer),
                None => return,
            }
        }
        _ => return,
    };
    if let OptionKind::Buffer(buffer) | OptionKind::BufferPart(buffer, _) = found {
        option.keyword = buffer;
    }
    option.kind = found;
}

/// Snort has the bodies of responses among its files.
fn in_snort(buffer: BufferId) -> BufferId {
    match buffer {
        http::RESPONSE_BODY => file::DATA,
        other => other,
    }
}

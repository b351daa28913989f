//! Frames (RFC 9113, section 4).

/// Length of a frame's header.
pub const HEADER: usize = 9;
/// Nothing follows in the stream's direction.
pub const END_STREAM: u8 = 1;
/// No more headers follow.
pub const END_HEADERS: u8 = 4;
/// It is filled up.
pub const PADDED: u8 = 8;
/// It says how important the stream is.
pub const PRIORITIZED: u8 = 0x20;

/// Types of frames.
pub const DATA: u8 = 0;
/// Headers of a request or response.
pub const HEADERS: u8 = 1;
/// How important a stream is.
pub const PRIORITY: u8 = 2;
/// A stream is given up.
pub const RESET: u8 = 3;
/// Settings of a side.
pub const SETTINGS: u8 = 4;
/// A response that nobody asked for is announced.
pub const PUSH: u8 = 5;
/// A side goes.
pub const GOAWAY: u8 = 7;
/// More may be sent.
pub const WINDOW: u8 = 8;
/// More headers.
pub const CONTINUATION: u8 = 9;

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Length of what follows.
    pub length: usize,
    /// Type.
    pub kind: u8,
    /// Flags.
    pub flags: u8,
    /// A bit that is to be zero.
    pub reserved: bool,
    /// The stream.
    pub stream: u32,
}

impl Header {
    /// Reads a header.
    pub fn read(data: &[u8]) -> Option<Self> {
        let &[l0, l1, l2, kind, flags, s0, s1, s2, s3] = data.first_chunk::<HEADER>()?;
        let stream = u32::from_be_bytes([s0, s1, s2, s3]);
        Some(Self {
            length: u32::from_be_bytes([0, l0, l1, l2]) as usize,
            kind,
            flags,
            reserved: stream >> 31 != 0,
            stream: stream & 0x7fff_ffff,
        })
    }

    /// What a frame holds without what fills it up.
    pub fn unpadded<'a>(&self, payload: &'a [u8]) -> Option<&'a [u8]> {
        if self.flags & PADDED == 0 {
            return Some(payload);
        }
        let (&padding, rest) = payload.split_first()?;
        rest.get(..rest.len().checked_sub(padding.into())?)
    }
}

/// What is remembered of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Settings: numbers and values.
    Settings(Vec<(u16, u32)>),
    /// Why a stream was given up, or a side goes.
    Error(u32),
    /// How important the stream is.
    Priority(u8),
    /// How much more may be sent.
    Window(u32),
    /// Nothing but its type.
    Other,
}

/// A frame that belongs to a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Type.
    pub kind: u8,
    /// What is remembered of it.
    pub content: Content,
}

fn word(data: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*data.first_chunk()?))
}

impl Content {
    /// Reads what is remembered of a frame; nothing when it is malformed.
    pub fn read(header: &Header, payload: &[u8]) -> Option<Self> {
        Some(match header.kind {
            SETTINGS => {
                if !payload.len().is_multiple_of(6) {
                    return None;
                }
                let settings = payload.chunks_exact(6).filter_map(|setting| {
                    let (number, value) = setting.split_first_chunk()?;
                    Some((u16::from_be_bytes(*number), word(value)?))
                });
                Self::Settings(settings.collect())
            }
            RESET if payload.len() == 4 => Self::Error(word(payload)?),
            GOAWAY => Self::Error(word(payload.get(4..)?)?),
            PRIORITY if payload.len() == 5 => Self::Priority(*payload.get(4)?),
            WINDOW if payload.len() == 4 => Self::Window(word(payload)? & 0x7fff_ffff),
            HEADERS if header.flags & PRIORITIZED != 0 => {
                Self::Priority(*header.unpadded(payload)?.get(4)?)
            }
            RESET | PRIORITY | WINDOW => return None,
            _ => Self::Other,
        })
    }
}

const KINDS: [&str; 10] = [
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RSTSTREAM",
    "SETTINGS",
    "PUSHPROMISE",
    "PING",
    "GOAWAY",
    "WINDOWUPDATE",
    "CONTINUATION",
];

/// Settings, from number 1 on.
const SETTING_NAMES: [&str; 6] = [
    "SETTINGSHEADERTABLESIZE",
    "SETTINGSENABLEPUSH",
    "SETTINGSMAXCONCURRENTSTREAMS",
    "SETTINGSINITIALWINDOWSIZE",
    "SETTINGSMAXFRAMESIZE",
    "SETTINGSMAXHEADERLISTSIZE",
];

/// The name of a setting in records.
pub fn setting_name(number: u16) -> String {
    let known = usize::from(number)
        .checked_sub(1)
        .and_then(|place| SETTING_NAMES.get(place));
    known.map_or_else(
        || format!("SETTINGSUNKNOWN({number})"),
        |name| (*name).to_owned(),
    )
}

const ERRORS: [&str; 14] = [
    "NOERROR",
    "PROTOCOLERROR",
    "INTERNALERROR",
    "FLOWCONTROLERROR",
    "SETTINGSTIMEOUT",
    "STREAMCLOSED",
    "FRAMESIZEERROR",
    "REFUSEDSTREAM",
    "CANCEL",
    "COMPRESSIONERROR",
    "CONNECTERROR",
    "ENHANCEYOURCALM",
    "INADEQUATESECURITY",
    "HTTP11REQUIRED",
];

/// The name of an error in records.
pub fn error_name(code: u32) -> String {
    let known = usize::try_from(code).ok().and_then(|code| ERRORS.get(code));
    known.map_or_else(|| code.to_string(), |name| (*name).to_owned())
}

/// Place of a name; letters of either case, and underscores do not count.
fn place_of(names: &[&str], name: &str) -> Option<usize> {
    let plain: String = name.chars().filter(|it| *it != '_').collect();
    names
        .iter()
        .position(|known| known.eq_ignore_ascii_case(&plain))
}

/// The type of frames of a name, as in `http2.frametype`.
pub fn type_number(name: &str) -> Option<u64> {
    place_of(&KINDS, name).map(|place| place as u64)
}

/// The error of a name, as in `http2.errorcode`.
pub fn error_number(name: &str) -> Option<u64> {
    place_of(&ERRORS, name).map(|place| place as u64)
}

/// The setting of a name, as in `http2.settings`.
pub fn setting_number(name: &str) -> Option<u16> {
    let place = place_of(&SETTING_NAMES, name)?;
    u16::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_with_underscores_and_without() {
        assert_eq!(type_number("GOAWAY"), Some(u64::from(GOAWAY)));
        assert_eq!(type_number("rst_stream"), Some(u64::from(RESET)));
        assert_eq!(error_number("HTTP_1_1_REQUIRED"), Some(13));
        assert_eq!(error_number("HTTP11_REQUIRED"), Some(13));
        assert_eq!(setting_number("SETTINGS_MAX_FRAME_SIZE"), Some(5));
        assert_eq!(setting_name(5), "SETTINGSMAXFRAMESIZE");
        assert_eq!(setting_name(0), "SETTINGSUNKNOWN(0)");
        assert_eq!(error_number("NO"), None);
    }
}

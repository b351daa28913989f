//! How sessions are followed: the `stream` section of the configuration.

/// How a host treats what the standard leaves open: overlapping segments, resets, timestamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OsPolicy {
    /// BSD, and any host of which nothing is known.
    #[default]
    Bsd = 1,
    /// BSD variant for fragments; segments are treated as by [`OsPolicy::Bsd`].
    BsdRight,
    /// Linux before 2.4.
    OldLinux,
    /// Linux.
    Linux,
    /// Solaris before 9; segments are treated as by [`OsPolicy::Solaris`].
    OldSolaris,
    /// Solaris.
    Solaris,
    /// HP-UX 10.
    HpUx10,
    /// HP-UX 11.
    HpUx11,
    /// IRIX.
    Irix,
    /// Mac OS.
    MacOs,
    /// Windows 95 to XP.
    Windows,
    /// Windows Vista and later.
    Vista,
    /// Windows 2003.
    Windows2k3,
    /// What came first stays.
    First,
    /// What came last wins.
    Last,
}

impl OsPolicy {
    const NAMES: [(&'static str, OsPolicy); 16] = [
        ("none", OsPolicy::Bsd),
        ("bsd", OsPolicy::Bsd),
        ("bsd-right", OsPolicy::BsdRight),
        ("old-linux", OsPolicy::OldLinux),
        ("linux", OsPolicy::Linux),
        ("old-solaris", OsPolicy::OldSolaris),
        ("solaris", OsPolicy::Solaris),
        ("hpux10", OsPolicy::HpUx10),
        ("hpux11", OsPolicy::HpUx11),
        ("irix", OsPolicy::Irix),
        ("macos", OsPolicy::MacOs),
        ("windows", OsPolicy::Windows),
        ("vista", OsPolicy::Vista),
        ("windows2k3", OsPolicy::Windows2k3),
        ("first", OsPolicy::First),
        ("last", OsPolicy::Last),
    ];

    /// The policy of a name in `host-os-policy`, whatever its case, with `-` or `_`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<OsPolicy> {
        let name = name.replace('_', "-").to_ascii_lowercase();
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, policy)| policy)
    }

    /// The policy that segments are treated by.
    #[must_use]
    pub(crate) fn for_segments(self) -> OsPolicy {
        match self {
            OsPolicy::BsdRight => OsPolicy::Bsd,
            OsPolicy::OldSolaris => OsPolicy::Solaris,
            other => other,
        }
    }
}

/// What becomes of a byte that the urgent pointer marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrgentPolicy {
    /// It is taken out of the stream, which closes up behind it (RFC 6093, 3.1).
    #[default]
    Oob,
    /// It stays where it is.
    Inline,
    /// The packet is dropped; inline mode only, else the byte stays.
    Drop,
    /// It is taken out and leaves a gap.
    Gap,
}

impl UrgentPolicy {
    /// The policy of a name of the configuration.
    #[must_use]
    pub fn from_name(name: &str) -> Option<UrgentPolicy> {
        match name {
            "oob" => Some(UrgentPolicy::Oob),
            "inline" => Some(UrgentPolicy::Inline),
            "drop" => Some(UrgentPolicy::Drop),
            "gap" => Some(UrgentPolicy::Gap),
            _ => None,
        }
    }
}

/// How sessions are followed. Field by field the `stream` section of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Data is inspected when it arrives instead of when its receiver acknowledges it (`inline`).
    pub inline: bool,
    /// Sessions are taken up in their middle.
    pub midstream: bool,
    /// What `midstream-policy` says allows that: it is `ignore` or `pass-flow`.
    pub midstream_pickup_allowed: bool,
    /// Sessions of which only one side is seen are followed.
    pub async_oneside: bool,
    /// Segments with a wrong checksum are not followed.
    pub checksum_validation: bool,
    /// Segments that do not fit their session are dropped (inline only).
    pub drop_invalid: bool,
    /// Different SYN/ACKs remembered for a session.
    pub max_synack_queued: u8,
    /// Different SYNs remembered for a session.
    pub max_syn_queued: u8,
    /// Timestamps may be one too old, whatever the host.
    pub liberal_timestamps: bool,
    /// Bytes put together a stream; 0: no limit.
    pub depth: u32,
    /// Bytes for sessions, of this engine.
    pub memcap: u64,
    /// Bytes for stream data, of this engine.
    pub reassembly_memcap: u64,
    /// Bytes to the server that are inspected together.
    pub toserver_chunk_size: u16,
    /// Bytes to the client that are inspected together.
    pub toclient_chunk_size: u16,
    /// The stream itself is inspected, apart from any protocol.
    pub raw: bool,
    /// Data is kept for longer and compared with what comes later in the same place.
    pub check_overlap_different_data: bool,
    /// What becomes of urgent bytes.
    pub urgent: UrgentPolicy,
    /// What becomes of them after 65,535 were taken out of band.
    pub urgent_oob_limit: UrgentPolicy,
    /// Separate regions of data kept for a stream with large gaps.
    pub max_regions: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            inline: false,
            midstream: false,
            midstream_pickup_allowed: true,
            async_oneside: false,
            checksum_validation: true,
            drop_invalid: true,
            max_synack_queued: 5,
            max_syn_queued: 10,
            liberal_timestamps: true,
            depth: 1024 * 1024,
            memcap: 64 << 20,
            reassembly_memcap: 256 << 20,
            toserver_chunk_size: 2560,
            toclient_chunk_size: 2560,
            raw: true,
            check_overlap_different_data: false,
            urgent: UrgentPolicy::Oob,
            urgent_oob_limit: UrgentPolicy::Drop,
            max_regions: 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_configuration_are_known() {
        assert_eq!(OsPolicy::from_name("Old_Linux"), Some(OsPolicy::OldLinux));
        assert_eq!(
            OsPolicy::from_name("bsd-right").map(OsPolicy::for_segments),
            Some(OsPolicy::Bsd)
        );
        assert_eq!(OsPolicy::from_name("os2"), None);
        assert_eq!(UrgentPolicy::from_name("gap"), Some(UrgentPolicy::Gap));
        assert_eq!(UrgentPolicy::from_name(""), None);
    }
}

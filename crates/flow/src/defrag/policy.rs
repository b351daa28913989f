//! What hosts do with fragments that overlap.

/// How a host resolves fragments that overlap.
///
/// "Earlier" and "later" are about arrival, "left" and "right" about place in the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DefragPolicy {
    /// The earlier fragment wins.
    First,
    /// The later fragment wins.
    Last,
    /// The left fragment wins, of two at one place the earlier.
    #[default]
    Bsd,
    /// The right fragment wins, of two at one place the later.
    BsdRight,
    /// The left fragment wins, of two at one place the later.
    Linux,
    /// The earlier fragment wins, unless the later one covers it on both sides.
    Windows,
    /// As Windows, and a later fragment that ends with the earlier one covers it too.
    Solaris,
}

impl DefragPolicy {
    /// The policy of an operating system as `host-os-policy` names it.
    pub fn of_os(name: &str) -> Option<Self> {
        Some(match name {
            "bsd" | "hpux10" | "irix" => Self::Bsd,
            "bsd-right" | "bsd_right" => Self::BsdRight,
            "linux" | "old-linux" | "old_linux" => Self::Linux,
            "first" | "old-solaris" | "old_solaris" | "hpux11" | "macos" => Self::First,
            "solaris" => Self::Solaris,
            "windows" | "vista" | "windows2k3" => Self::Windows,
            "last" => Self::Last,
            _ => return None,
        })
    }
}

/// The place of a fragment held: where it begins, how much of its beginning is given up, where it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: u32,
    pub trim: u32,
    pub end: u32,
}

/// What to do about one fragment held, before looking at the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ruling {
    /// Give up this much of the held fragment's beginning.
    pub trim_held: Option<u32>,
    /// The held fragment is covered.
    pub remove_held: bool,
    /// Give up this much of the beginning of the one after it.
    pub trim_next: Option<u32>,
    /// What follows.
    pub then: Then,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Then {
    /// Look at the next fragment held.
    #[default]
    GoOn,
    /// Keep the new fragment, as trimmed so far.
    Keep,
    /// The new fragment adds nothing.
    Discard,
}

impl DefragPolicy {
    /// Judges a new fragment, `start..end`, beside a held one and the one that follows that. `trim` is how much of
    /// the new fragment's beginning is given up.
    pub(super) fn judge(
        self,
        start: u32,
        end: u32,
        trim: &mut u32,
        held: Span,
        next: Option<Span>,
    ) -> Ruling {
        match self {
            Self::Bsd => bsd(start, end, trim, held, next),
            Self::BsdRight => Ruling::default(),
            Self::Linux => linux(start, end, trim, held),
            Self::Windows => windows(start, end, trim, held),
            Self::Solaris => solaris(start, end, trim, held),
            Self::First => first(start, end, trim, held),
            Self::Last => last(start, end, held),
        }
    }
}

impl Ruling {
    fn then(then: Then) -> Self {
        Self {
            then,
            ..Self::default()
        }
    }

    fn cover() -> Self {
        Self {
            remove_held: true,
            then: Then::Keep,
            ..Self::default()
        }
    }
}

fn bsd(start: u32, end: u32, trim: &mut u32, held: Span, next: Option<Span>) -> Ruling {
    if start >= held.end {
        return Ruling::default();
    }
    let mut ruling = Ruling::then(Then::Keep);
    if held.start <= start {
        if held.end > end {
            return Ruling::then(Then::Discard);
        }
        *trim = held.end - start;
    } else if end > held.start + held.trim {
        ruling.trim_held = Some((end - held.start).max(held.trim));
    }
    ruling.trim_next = next
        .filter(|next| end > next.start)
        .map(|next| end - next.start);
    ruling
}

fn linux(start: u32, end: u32, trim: &mut u32, held: Span) -> Ruling {
    let held_start = held.start + held.trim;
    if held_start < start + *trim && held.end > start + *trim {
        *trim += held.end - start;
    }
    if start + *trim < held_start && end > held_start {
        return Ruling {
            trim_held: Some(end - held.start),
            ..Ruling::then(Then::Keep)
        };
    }
    if start + *trim <= held_start && end >= held.end {
        return Ruling::cover();
    }
    Ruling::default()
}

fn windows(start: u32, end: u32, trim: &mut u32, held: Span) -> Ruling {
    if start >= held.start && end <= held.end {
        return Ruling::then(Then::Discard);
    }
    if start < held.start && end > held.end {
        return Ruling::cover();
    }
    let from = start + *trim;
    let runs_into = from > held.start + held.trim && from < held.end;
    let outlasts = start == held.start && end > held.end;
    if runs_into || outlasts {
        *trim += held.end - start;
        return Ruling::then(Then::Keep);
    }
    Ruling::default()
}

fn solaris(start: u32, end: u32, trim: &mut u32, held: Span) -> Ruling {
    if start >= held.end {
        return Ruling::default();
    }
    if start >= held.start {
        *trim = held.end - start;
    } else if end >= held.end {
        return Ruling::cover();
    }
    Ruling::then(Then::Keep)
}

fn first(start: u32, end: u32, trim: &mut u32, held: Span) -> Ruling {
    if start >= held.start && end <= held.end {
        return Ruling::then(Then::Discard);
    }
    if start < held.start {
        return Ruling::then(Then::Keep);
    }
    if start < held.end {
        *trim = held.end - start;
        return Ruling::then(Then::Keep);
    }
    Ruling::default()
}

fn last(start: u32, end: u32, held: Span) -> Ruling {
    if start > held.start {
        return Ruling::default();
    }
    Ruling {
        trim_held: (end > held.start).then(|| end - held.start),
        ..Ruling::then(Then::Keep)
    }
}

//! What can be wrong with a flow's application protocol as such: `app-layer-event:applayer_...`.

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// An event about the recognition of a flow's protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum AppLayerEvent {
            $($(#[$doc])* $name,)*
        }

        impl AppLayerEvent {
            /// Every event, in the order of their numbers.
            pub const ALL: &[AppLayerEvent] = &[$(AppLayerEvent::$name,)*];

            /// The name in rules and records.
            pub const fn name(self) -> &'static str {
                match self {
                    $(AppLayerEvent::$name => $text,)*
                }
            }
        }
    };
}

events! {
    /// The two sides speak different protocols.
    MismatchProtocolBothDirections = "applayer_mismatch_protocol_both_directions",
    /// The side spoke first that may not.
    WrongDirectionFirstData = "applayer_wrong_direction_first_data",
    /// One side only could be recognised.
    DetectProtocolOnlyOneDirection = "applayer_detect_protocol_only_one_direction",
    /// Too much data came before a protocol was recognised.
    ProtoDetectionSkipped = "applayer_proto_detection_skipped",
    /// TLS was announced and something else came.
    NoTlsAfterStarttls = "applayer_no_tls_after_starttls",
    /// A change to one protocol was announced and another came.
    UnexpectedProtocol = "applayer_unexpected_protocol",
}

impl AppLayerEvent {
    /// The name in anomaly records, which is that of rules in capitals.
    pub const fn record_name(self) -> &'static str {
        match self {
            Self::MismatchProtocolBothDirections => "APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS",
            Self::WrongDirectionFirstData => "APPLAYER_WRONG_DIRECTION_FIRST_DATA",
            Self::DetectProtocolOnlyOneDirection => "APPLAYER_DETECT_PROTOCOL_ONLY_ONE_DIRECTION",
            Self::ProtoDetectionSkipped => "APPLAYER_PROTO_DETECTION_SKIPPED",
            Self::NoTlsAfterStarttls => "APPLAYER_NO_TLS_AFTER_STARTTLS",
            Self::UnexpectedProtocol => "APPLAYER_UNEXPECTED_PROTOCOL",
        }
    }

    /// The event of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|event| event.name().eq_ignore_ascii_case(name))
    }
}

/// A set of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AppLayerEvents(u8);

impl AppLayerEvents {
    /// No event.
    pub const EMPTY: Self = Self(0);

    /// Adds an event.
    pub const fn insert(&mut self, event: AppLayerEvent) {
        self.0 |= 1 << event as u8;
    }

    /// Whether an event is in the set.
    pub const fn contains(self, event: AppLayerEvent) -> bool {
        self.0 & 1 << event as u8 != 0
    }

    /// Whether no event is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The events in the set, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = AppLayerEvent> {
        AppLayerEvent::ALL
            .iter()
            .copied()
            .filter(move |event| self.contains(*event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let mut set = AppLayerEvents::EMPTY;
        for event in AppLayerEvent::ALL {
            assert_eq!(AppLayerEvent::from_name(event.name()), Some(*event));
            assert_eq!(event.record_name().to_ascii_lowercase(), event.name());
            assert!(!set.contains(*event));
            set.insert(*event);
        }
        assert_eq!(set.iter().count(), AppLayerEvent::ALL.len());
    }
}

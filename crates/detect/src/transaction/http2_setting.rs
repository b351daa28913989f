//! `http2.settings`: a setting of HTTP/2, perhaps of certain values.

use tapir_protocols::http2_setting;
use tapir_rules::tree::IntegerTest;

/// The test of the keyword.
#[derive(Debug)]
pub(super) struct Http2Setting {
    number: u16,
    value: Option<IntegerTest>,
}

impl Http2Setting {
    /// `SETTINGS_HEADER_TABLE_SIZE` or `SETTINGS_HEADER_TABLE_SIZE>1000`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(['"', ' ']);
        let end = text
            .find([' ', '<', '>', '=', '!', ':'])
            .unwrap_or(text.len());
        let (name, comparison) = text.split_at_checked(end)?;
        let comparison = comparison.trim_start_matches([' ', '=', ':']);
        let value = match comparison {
            "" => None,
            comparison => Some(IntegerTest::read(comparison, 32, |_| None)?),
        };
        Some(Self {
            number: http2_setting(name)?,
            value,
        })
    }

    /// The value is number and value of a setting.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        let Some((number, rest)) = value.split_first_chunk() else {
            return false;
        };
        let Some(value) = rest.first_chunk() else {
            return false;
        };
        u16::from_be_bytes(*number) == self.number
            && self
                .value
                .as_ref()
                .is_none_or(|test| test.holds(u32::from_be_bytes(*value).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_may_be_compared() {
        let holds = |text: &str| {
            let test = Http2Setting::parse(text).expect("a setting");
            test.holds(&[0, 1, 0, 0, 4, 0])
        };
        assert!(holds("SETTINGS_HEADER_TABLE_SIZE>1000"));
        assert!(holds("SETTINGS_HEADER_TABLE_SIZE = 1024"));
        assert!(holds("SETTINGS_HEADER_TABLE_SIZE"));
        assert!(!holds("SETTINGS_HEADER_TABLE_SIZE<1000"));
        assert!(!holds("SETTINGS_ENABLE_PUSH"));
        assert!(Http2Setting::parse("SETTINGS_TABLE>1000").is_none());
    }
}

//! What the points of objects consist of (IEEE 1815, annex A), by group and variation.

/// A field of a point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    /// So many bits of the bytes that all points share.
    State(u8),
    /// The bits of a byte, lowest first: names and widths.
    Bits(&'static [(&'static str, u8)]),
    U8(&'static str),
    U16(&'static str),
    U32(&'static str),
    U64(&'static str),
    I16(&'static str),
    I32(&'static str),
    F32(&'static str),
    F64(&'static str),
    /// Milliseconds since 1970, in six bytes.
    Time48(&'static str),
}

use Field::*;

const BINARY: Field = Bits(&[
    ("online", 1),
    ("restart", 1),
    ("comm_lost", 1),
    ("remote_forced", 1),
    ("local_forced", 1),
    ("chatter_filter", 1),
    ("reserved", 1),
    ("state", 1),
]);

const OUTPUT: Field = Bits(&[
    ("online", 1),
    ("restart", 1),
    ("comm_lost", 1),
    ("remote_forced", 1),
    ("local_forced", 1),
    ("reserved0", 1),
    ("reserved1", 1),
    ("state", 1),
]);

const COUNTER: Field = Bits(&[
    ("online", 1),
    ("restart", 1),
    ("comm_lost", 1),
    ("remote_forced", 1),
    ("local_forced", 1),
    ("rollover", 1),
    ("discontinuity", 1),
    ("reserved0", 1),
]);

const ANALOG: Field = Bits(&[
    ("online", 1),
    ("restart", 1),
    ("comm_lost", 1),
    ("remote_forced", 1),
    ("local_forced", 1),
    ("over_range", 1),
    ("reference_err", 1),
    ("reserved0", 1),
]);

const DOUBLE: Field = Bits(&[
    ("online", 1),
    ("restart", 1),
    ("comm_lost", 1),
    ("remote_forced", 1),
    ("local_forced", 1),
    ("chatter_filter", 1),
    ("state", 2),
]);

const CONTROL: Field = Bits(&[("op_type", 4), ("qu", 1), ("cr", 1), ("tcc", 2)]);

const STATUS: Field = Bits(&[("status_code", 7), ("reserved", 1)]);

const COMMAND: Field = Bits(&[("status_code", 7), ("commanded_state", 1)]);

const COMMANDED: Field = Bits(&[("status_code", 7), ("reserved", 1)]);

const DATASET: Field = Bits(&[
    ("rd", 1),
    ("wr", 1),
    ("st", 1),
    ("ev", 1),
    ("df", 1),
    ("padding", 3),
]);

/// The fields of the points of a group and variation; nothing for those that are not known.
pub(super) fn fields(group: u8, variation: u8) -> Option<&'static [Field]> {
    Some(match (group, variation) {
        (1 | 10 | 80, 1) | (12, 3) => &[State(1)],
        (1, 2) => &[BINARY],
        // Records show its flags as they are.
        (2, 1) => &[U8("state")],
        (2, 2) => &[BINARY, Time48("timestamp")],
        (2, 3) => &[BINARY, U16("timestamp")],
        (3, 1) => &[State(2)],
        (3, 2) | (4, 1) => &[DOUBLE],
        (4, 2) => &[DOUBLE, Time48("timestamp")],
        (4, 3) => &[DOUBLE, U16("relative_time_ms")],
        (10, 2) | (11, 1) => &[OUTPUT],
        (11, 2) => &[OUTPUT, Time48("timestamp")],
        (12, 1 | 2) => &[CONTROL, U8("count"), U32("ontime"), U32("offtime"), STATUS],
        (13, 1) => &[COMMAND],
        (13, 2) => &[COMMAND, Time48("timestamp")],
        (20..=23, 1 | 3) => &[COUNTER, U32("count")],
        (20..=23, 2 | 4) => &[COUNTER, U16("count")],
        (20, 5 | 7) | (21, 9 | 11) => &[U32("count")],
        (20, 6 | 8) | (21, 10 | 12) => &[U16("count")],
        (21..=23, 5 | 7) => &[COUNTER, U32("count"), Time48("timestamp")],
        (21..=23, 6 | 8) => &[COUNTER, U16("count"), Time48("timestamp")],
        (30 | 31 | 32 | 33 | 40 | 42, 1) => &[ANALOG, I32("value")],
        (30 | 31 | 32 | 33 | 40 | 42, 2) => &[ANALOG, I16("value")],
        (30, 3) | (31, 5) => &[I32("value")],
        (30, 4) | (31, 6) => &[I16("value")],
        (30 | 32 | 33 | 42, 5) | (31, 7) | (40, 3) => &[ANALOG, F32("value")],
        (30 | 32 | 33 | 42, 6) | (31, 8) | (40, 4) => &[ANALOG, F64("value")],
        (31 | 32 | 33 | 42, 3) => &[ANALOG, I32("value"), Time48("timestamp")],
        (31 | 32 | 33 | 42, 4) => &[ANALOG, I16("value"), Time48("timestamp")],
        (32 | 33 | 42, 7) => &[ANALOG, F32("value"), Time48("timestamp")],
        (32 | 33 | 42, 8) => &[ANALOG, F64("value"), Time48("timestamp")],
        (34, 1) => &[U16("deadband_value")],
        (34, 2) => &[U32("deadband_value")],
        (34, 3) => &[F32("deadband_value")],
        (41, 1) => &[I32("value"), U8("control_status")],
        (41, 2) => &[I16("value"), U8("control_status")],
        (41, 3) => &[F32("value"), U8("control_status")],
        (41, 4) => &[F64("value"), U8("control_status")],
        (43, 1) => &[COMMANDED, I32("value")],
        (43, 2) => &[COMMANDED, I16("value")],
        (43, 3) => &[COMMANDED, I32("value"), Time48("timestamp")],
        (43, 4) => &[COMMANDED, I16("value"), Time48("timestamp")],
        (43, 5) => &[COMMANDED, F32("value")],
        (43, 6) => &[COMMANDED, F64("value")],
        (43, 7) => &[COMMANDED, F32("value"), Time48("timestamp")],
        (43, 8) => &[COMMANDED, F64("value"), Time48("timestamp")],
        (50, 1 | 3) | (51, 1 | 2) => &[Time48("timestamp")],
        (50, 2) => &[Time48("timestamp"), U32("interval")],
        (50, 4) => &[
            Time48("timestamp"),
            U32("interval_count"),
            U8("interval_units"),
        ],
        (52, 1) => &[U16("delay_secs")],
        (52, 2) => &[U16("delay_ms")],
        (60, 1..=4) => &[],
        (81, 1) => &[U8("fill_percentage"), U8("group"), U8("variation")],
        (86, 2) => &[DATASET],
        (101, 1) => &[U16("data16")],
        (101, 2) => &[U32("data32")],
        (101, 3) => &[U64("data64")],
        (102, 1) => &[U8("value")],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_fill_bytes() {
        let mut known = 0;
        for (group, variation) in (0..=u8::MAX).flat_map(|g| (0..=u8::MAX).map(move |v| (g, v))) {
            let Some(fields) = fields(group, variation) else {
                continue;
            };
            known += 1;
            for field in fields {
                if let Bits(bits) = field {
                    assert_eq!(bits.iter().map(|(_, width)| width).sum::<u8>(), 8);
                }
            }
        }
        assert_eq!(known, 131);
    }
}

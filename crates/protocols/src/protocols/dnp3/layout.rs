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
    ("reserved1", 1),
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
    let place = LAYOUTS
        .binary_search_by_key(&(group, variation), |(group, variation, _)| {
            (*group, *variation)
        })
        .ok()?;
    LAYOUTS.get(place).map(|(_, _, fields)| *fields)
}

#[rustfmt::skip]
const LAYOUTS: &[(u8, u8, &[Field])] = &[
    (1, 1, &[State(1)]),
    (1, 2, &[BINARY]),
    (2, 1, &[BINARY]),
    (2, 2, &[BINARY, Time48("timestamp")]),
    (2, 3, &[BINARY, U16("timestamp")]),
    (3, 1, &[State(2)]),
    (3, 2, &[DOUBLE]),
    (4, 1, &[DOUBLE]),
    (4, 2, &[DOUBLE, Time48("timestamp")]),
    (4, 3, &[DOUBLE, U16("relative_time_ms")]),
    (10, 1, &[State(1)]),
    (10, 2, &[OUTPUT]),
    (11, 1, &[OUTPUT]),
    (11, 2, &[OUTPUT, Time48("timestamp")]),
    (12, 1, &[CONTROL, U8("count"), U32("ontime"), U32("offtime"), STATUS]),
    (12, 2, &[CONTROL, U8("count"), U32("ontime"), U32("offtime"), STATUS]),
    (12, 3, &[State(1)]),
    (13, 1, &[COMMAND]),
    (13, 2, &[COMMAND, Time48("timestamp")]),
    (20, 1, &[COUNTER, U32("count")]),
    (20, 2, &[COUNTER, U16("count")]),
    (20, 3, &[COUNTER, U32("count")]),
    (20, 4, &[COUNTER, U16("count")]),
    (20, 5, &[U32("count")]),
    (20, 6, &[U16("count")]),
    (20, 7, &[U32("count")]),
    (20, 8, &[U16("count")]),
    (21, 1, &[COUNTER, U32("count")]),
    (21, 2, &[COUNTER, U16("count")]),
    (21, 3, &[COUNTER, U32("count")]),
    (21, 4, &[COUNTER, U16("count")]),
    (21, 5, &[COUNTER, U32("count"), Time48("timestamp")]),
    (21, 6, &[COUNTER, U16("count"), Time48("timestamp")]),
    (21, 7, &[COUNTER, U32("count"), Time48("timestamp")]),
    (21, 8, &[COUNTER, U16("count"), Time48("timestamp")]),
    (21, 9, &[U32("count")]),
    (21, 10, &[U16("count")]),
    (21, 11, &[U32("count")]),
    (21, 12, &[U16("count")]),
    (22, 1, &[COUNTER, U32("count")]),
    (22, 2, &[COUNTER, U16("count")]),
    (22, 3, &[COUNTER, U32("count")]),
    (22, 4, &[COUNTER, U16("count")]),
    (22, 5, &[COUNTER, U32("count"), Time48("timestamp")]),
    (22, 6, &[COUNTER, U16("count"), Time48("timestamp")]),
    (22, 7, &[COUNTER, U32("count"), Time48("timestamp")]),
    (22, 8, &[COUNTER, U16("count"), Time48("timestamp")]),
    (23, 1, &[COUNTER, U32("count")]),
    (23, 2, &[COUNTER, U16("count")]),
    (23, 3, &[COUNTER, U32("count")]),
    (23, 4, &[COUNTER, U16("count")]),
    (23, 5, &[COUNTER, U32("count"), Time48("timestamp")]),
    (23, 6, &[COUNTER, U16("count"), Time48("timestamp")]),
    (23, 7, &[COUNTER, U32("count"), Time48("timestamp")]),
    (23, 8, &[COUNTER, U16("count"), Time48("timestamp")]),
    (30, 1, &[ANALOG, I32("value")]),
    (30, 2, &[ANALOG, I16("value")]),
    (30, 3, &[I32("value")]),
    (30, 4, &[I16("value")]),
    (30, 5, &[ANALOG, F32("value")]),
    (30, 6, &[ANALOG, F64("value")]),
    (31, 1, &[ANALOG, I32("value")]),
    (31, 2, &[ANALOG, I16("value")]),
    (31, 3, &[ANALOG, I32("value"), Time48("timestamp")]),
    (31, 4, &[ANALOG, I16("value"), Time48("timestamp")]),
    (31, 5, &[I32("value")]),
    (31, 6, &[I16("value")]),
    (31, 7, &[ANALOG, F32("value")]),
    (31, 8, &[ANALOG, F64("value")]),
    (32, 1, &[ANALOG, I32("value")]),
    (32, 2, &[ANALOG, I16("value")]),
    (32, 3, &[ANALOG, I32("value"), Time48("timestamp")]),
    (32, 4, &[ANALOG, I16("value"), Time48("timestamp")]),
    (32, 5, &[ANALOG, F32("value")]),
    (32, 6, &[ANALOG, F64("value")]),
    (32, 7, &[ANALOG, F32("value"), Time48("timestamp")]),
    (32, 8, &[ANALOG, F64("value"), Time48("timestamp")]),
    (33, 1, &[ANALOG, I32("value")]),
    (33, 2, &[ANALOG, I16("value")]),
    (33, 3, &[ANALOG, I32("value"), Time48("timestamp")]),
    (33, 4, &[ANALOG, I16("value"), Time48("timestamp")]),
    (33, 5, &[ANALOG, F32("value")]),
    (33, 6, &[ANALOG, F64("value")]),
    (33, 7, &[ANALOG, F32("value"), Time48("timestamp")]),
    (33, 8, &[ANALOG, F64("value"), Time48("timestamp")]),
    (34, 1, &[U16("deadband_value")]),
    (34, 2, &[U32("deadband_value")]),
    (34, 3, &[F32("deadband_value")]),
    (40, 1, &[ANALOG, I32("value")]),
    (40, 2, &[ANALOG, I16("value")]),
    (40, 3, &[ANALOG, F32("value")]),
    (40, 4, &[ANALOG, F64("value")]),
    (41, 1, &[I32("value"), U8("control_status")]),
    (41, 2, &[I16("value"), U8("control_status")]),
    (41, 3, &[F32("value"), U8("control_status")]),
    (41, 4, &[F64("value"), U8("control_status")]),
    (42, 1, &[ANALOG, I32("value")]),
    (42, 2, &[ANALOG, I16("value")]),
    (42, 3, &[ANALOG, I32("value"), Time48("timestamp")]),
    (42, 4, &[ANALOG, I16("value"), Time48("timestamp")]),
    (42, 5, &[ANALOG, F32("value")]),
    (42, 6, &[ANALOG, F64("value")]),
    (42, 7, &[ANALOG, F32("value"), Time48("timestamp")]),
    (42, 8, &[ANALOG, F64("value"), Time48("timestamp")]),
    (43, 1, &[COMMANDED, I32("value")]),
    (43, 2, &[COMMANDED, I16("value")]),
    (43, 3, &[COMMANDED, I32("value"), Time48("timestamp")]),
    (43, 4, &[COMMANDED, I16("value"), Time48("timestamp")]),
    (43, 5, &[COMMANDED, F32("value")]),
    (43, 6, &[COMMANDED, F64("value")]),
    (43, 7, &[COMMANDED, F32("value"), Time48("timestamp")]),
    (43, 8, &[COMMANDED, F64("value"), Time48("timestamp")]),
    (50, 1, &[Time48("timestamp")]),
    (50, 2, &[Time48("timestamp"), U32("interval")]),
    (50, 3, &[Time48("timestamp")]),
    (50, 4, &[Time48("timestamp"), U32("interval_count"), U8("interval_units")]),
    (51, 1, &[Time48("timestamp")]),
    (51, 2, &[Time48("timestamp")]),
    (52, 1, &[U16("delay_secs")]),
    (52, 2, &[U16("delay_ms")]),
    (60, 1, &[]),
    (60, 2, &[]),
    (60, 3, &[]),
    (60, 4, &[]),
    (80, 1, &[State(1)]),
    (81, 1, &[U8("fill_percentage"), U8("group"), U8("variation")]),
    (86, 2, &[DATASET]),
    (101, 1, &[U16("data16")]),
    (101, 2, &[U32("data32")]),
    (101, 3, &[U64("data64")]),
    (102, 1, &[U8("value")]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_in_order_and_bits_fill_bytes() {
        assert!(LAYOUTS.is_sorted_by_key(|(group, variation, _)| (*group, *variation)));
        for (group, variation, fields) in LAYOUTS {
            assert!(super::fields(*group, *variation).is_some());
            for field in *fields {
                if let Bits(bits) = field {
                    assert_eq!(bits.iter().map(|(_, width)| width).sum::<u8>(), 8);
                }
            }
        }
    }
}

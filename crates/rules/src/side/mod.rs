//! The files beside the rules: classes, references, limits, messages, and a `snort.conf`.

mod classification;
mod lines;
mod reference;
mod sid_map;
mod snort_conf;
mod thresholds;

pub use classification::{Class, Classifications, SHIPPED_CLASSES};
pub use reference::{References, SHIPPED_REFERENCES};
pub use sid_map::{SidMap, SidMapEntry};
pub use snort_conf::{SnortConf, read_snort_conf};
pub use thresholds::{Limit, LimitKind, RateFilter, parse_thresholds};

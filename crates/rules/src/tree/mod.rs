//! The tree that all three dialects are read into.

mod address;
mod bytes;
mod content;
mod header;
mod option;
mod port;
mod rule;
mod state;
mod transform;

pub use address::{AddressExpr, IpRange};
pub use bytes::{
    Asn1Check, Base, Base64Decode, Bsize, ByteExtract, ByteJump, ByteMath, ByteOp, ByteTest,
    Endian, Entropy, IsDataAt, MathOp, Rpc, UriLen,
};
pub use content::{Capture, CaptureScope, Content, FastPattern, Pcre};
pub use header::{
    FlagMode, FlagTest, FlowFlags, FragOffsetTest, GeoIp, GeoSide, Index, IntegerOp, IntegerTest,
    IpOption, IpProtoTest, IpRep, IpRepSide, IpRepTest,
};
pub use option::{
    Operand, OptionKind, Reference, Requires, TargetSide, VersionTest, metadata_pairs,
};
pub use port::{PortExpr, PortRange};
pub use rule::{
    Action, ActionScope, Header, HeaderForm, Opt, Protocol, ProtocolName, Rule, RuleDirection,
};
pub use state::{
    AppLayerMode, AppLayerProtocol, BitAction, Config, DataKind, Datarep, Dataset, DetectionFilter,
    FlowBits, FlowCounter, FlowInt, FlowIntOp, HostBits, HostTrack, StreamSide, StreamSize, Tag,
    TagMetric, TagScope, TcpPhase, Threshold, ThresholdKind, Track, UniqueOn, XBits,
};
pub use transform::{Base64Mode, FromBase64, Subslice, Transform, XorKey};

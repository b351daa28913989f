//! Flows: who talks to whom, in which state, for how long; datagrams put together again; TCP sessions.
//!
//! A packet is first offered to the [`Defragmenter`], which holds fragments until their datagram is whole. A packet
//! that belongs to a flow is then given to [`FlowTable::track`], which finds or creates its [`Flow`], says in which
//! direction the packet goes and keeps the flow's counters. Time in the table is packet time: the owner passes it on
//! with [`FlowTable::expire`], and a flow ends at the same packet in every run.
//!
//! | to | use |
//! |---|---|
//! | find a packet's flow | [`FlowTable`], [`Flow`], [`FlowHandle`] |
//! | choose the worker of a raw frame | [`Dispatcher`] |
//! | put fragments together | [`defrag`] |
//! | follow a TCP session | [`tcp`] |
//!
//! ```
//! use tapir_flow::{FlowConfig, FlowTable, Seed};
//!
//! let mut table: FlowTable<()> = FlowTable::new(FlowConfig::default(), Seed::Fixed(1));
//! assert_eq!(table.len(), 0);
//! table.drain(|_flow, _reason| {});
//! ```

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod community_id;
mod config;
mod counters;
mod deadlines;
pub mod defrag;
mod dispatch;
mod flow;
mod key;
mod rate;
mod seed;
mod slab;
mod table;
pub mod tcp;

pub use config::{FlowConfig, ProtocolTimeouts, RateTracking, StateTimeouts, TimeoutTable};
pub use counters::FlowCounters;
pub use defrag::Defragmenter;
pub use dispatch::{Dispatcher, TunnelHash};
pub use flow::{DirectionCounts, EndReason, Flow, FlowFlags, FlowState, TtlRange};
pub use key::{FlowKey, KeyOptions};
pub use seed::Seed;
pub use slab::FlowHandle;
pub use table::{FlowTable, Tracked, Untracked};

//! The pipeline: packets in, events out.
//!
//! An [`Engine`] is made of [`Settings`] (what the configuration says), [`LoadedRules`] and [`Signals`]. It either
//! [replays](Engine::replay) captures or [watches](Engine::watch) interfaces, and ends with a summary.
//!
//! Inside, a crew of workers gets batches of frames, each frame going to the worker that its addresses choose.
//! What they find is put in packet order, settled where it crosses flows, and handed to the outputs.
//!
//! ```no_run
//! use std::sync::Arc;
//! use tapir_config::Config;
//! use tapir_engine::{Engine, LoadedRules, Replay, RuleSources, RunOptions, Settings, Signals};
//!
//! let config = Config::from_text("x", "outputs: [{fast: {enabled: yes}}]").unwrap();
//! let settings = Settings::new(&config.root, &RunOptions::default()).unwrap();
//! let sources = RuleSources { paths: vec!["local.rules".to_owned()], ..RuleSources::default() };
//! let rules = LoadedRules::load(&sources, &settings, None).unwrap();
//! let mut engine = Engine::new(Arc::new(settings), sources, rules, Signals::default()).unwrap();
//! let replay = Replay { files: vec!["capture.pcap".into()], ..Replay::default() };
//! engine.replay(&replay, |_progress| {}, |path, trouble| eprintln!("{}: {trouble:?}", path.display())).unwrap();
//! print!("{}", engine.finish().render());
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod analysis;
mod companions;
mod control;
mod counters;
mod crew;
mod engine;
mod error;
mod file_type;
mod finding;
mod live;
mod merge;
mod offload;
mod replay;
mod rings;
mod rule_report;
mod rules;
mod serve;
mod session;
mod settings;
mod signals;
mod statistics;
mod verdict_counters;
mod worker;

pub use analysis::write_analysis;
pub use engine::Engine;
pub use error::EngineError;
pub use live::Watch;
pub use replay::{Progress, Replay, Trouble};
pub use rule_report::RuleReport;
pub use rules::LoadedRules;
pub use session::Session;
pub use settings::{
    ChecksumMode, ControlSettings, DetectSettings, ExceptionPolicies, ExceptionPolicy, Hosts,
    PortGrouping, RuleSources, RunOptions, Settings,
};
pub use signals::Signals;

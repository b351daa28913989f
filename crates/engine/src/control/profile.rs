//! `profile`: times are taken while the engine runs.

use serde_json::{Map, Value, json};
use tapir_control::Reply;
use tapir_profile::{Figures, Profile, SortBy, View};

use super::text;
use crate::crew::Command;
use crate::engine::Engine;
use crate::replay::Inspection as _;
use crate::rings::{RingOrder, Rings};

/// Whether times are taken, and what was measured when they were last.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    on: bool,
    kept: Option<Figures>,
}

impl Timing {
    /// Other rules are in force: figures of the old ones have no names any more.
    pub(crate) fn forget(&mut self) {
        self.kept = None;
    }
}

pub(super) fn profile(
    engine: &mut Engine,
    mut rings: Option<&mut Rings>,
    arguments: &Map<String, Value>,
) -> Reply {
    match text(arguments, "action") {
        Ok("on") => {
            let was_on = engine.timing.on;
            engine.time(true, rings);
            match was_on {
                true => Reply::done("times are taken already"),
                false => Reply::done("times are taken from now on"),
            }
        }
        Ok("off") => {
            if let Some(figures) = engine.figures(rings.as_deref_mut()) {
                engine.timing.kept = Some(figures);
            }
            engine.time(false, rings);
            Reply::done("times are not taken any more; what was measured can still be shown")
        }
        Ok("show") => show(engine, rings, arguments),
        Ok(_) => Reply::refused("action is one of on, off and show"),
        Err(reply) => reply,
    }
}

/// Shows what was measured so far: as JSON, or as tables with `format` being `text`.
fn show(engine: &mut Engine, rings: Option<&mut Rings>, arguments: &Map<String, Value>) -> Reply {
    let measured = match engine.timing.on {
        true => engine.figures(rings),
        false => engine.timing.kept.clone(),
    };
    let Some(figures) = measured else {
        return Reply::refused("no times were taken; `profile on` begins");
    };
    let sort = match arguments.get("sort").and_then(Value::as_str) {
        None => SortBy::Time,
        Some(name) => match SortBy::named(name) {
            Some(sort) => sort,
            None => {
                let names = SortBy::NAMES.map(|(name, _)| name);
                return Reply::refused(format!("sort is one of {}", names.join(", ")));
            }
        },
    };
    let top = arguments.get("top").and_then(Value::as_u64);
    let top = top.map(|top| usize::try_from(top).unwrap_or(usize::MAX));
    let view = View {
        sort,
        top: top.filter(|top| *top > 0),
    };
    let profile = Profile::new(&figures, &engine.rules().set);
    match arguments.get("format").and_then(Value::as_str) {
        Some("text") => Reply::done(profile.text(view)),
        None | Some("json") => {
            let mut shown = profile.json(view);
            if let Value::Object(members) = &mut shown {
                members.insert("running".to_owned(), json!(engine.timing.on));
            }
            Reply::done(shown)
        }
        Some(_) => Reply::refused("format is json or text"),
    }
}

impl Engine {
    /// Has all workers take times from the beginning, or not any more.
    fn time(&mut self, on: bool, rings: Option<&mut Rings>) {
        self.timing.on = on;
        match rings {
            Some(rings) => self.tell_rings(rings, &RingOrder::Time(on)),
            None => {
                self.command_all(|| Command::Time(on));
                self.drain();
            }
        }
    }

    /// What all workers have measured together, if they are timed.
    fn figures(&mut self, rings: Option<&mut Rings>) -> Option<Figures> {
        let all = match rings {
            Some(rings) => {
                let states = self.states(rings).into_iter();
                states
                    .filter_map(|state| state.figures.map(|figures| *figures))
                    .collect()
            }
            None => self.crew_figures(),
        };
        let mut sum: Option<Figures> = None;
        for figures in all {
            sum.get_or_insert_default().add(&figures);
        }
        sum
    }
}

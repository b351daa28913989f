//! Commands about data sets.

use serde_json::{Map, Value};
use tapir_control::Reply;
use tapir_detect::{DataSetAddition, DataSetInquiry};

use super::text;
use crate::engine::Engine;
use crate::rings::Rings;

type Arguments = Map<String, Value>;

/// The set that is meant; else what to say.
fn set<'e>(engine: &'e Engine, arguments: &Arguments) -> Result<DataSetInquiry<'e>, Reply> {
    let (name, kind) = (text(arguments, "setname")?, text(arguments, "settype")?);
    let found = engine.rules().set.data_set(name, kind);
    found.ok_or_else(|| Reply::refused("set not found or wrong type"))
}

/// The reply, whichever way it came about.
fn said(reply: Result<Reply, Reply>) -> Reply {
    reply.unwrap_or_else(|refused| refused)
}

pub(super) fn add(engine: &mut Engine, _: Option<&mut Rings>, arguments: &Arguments) -> Reply {
    said(added(engine, arguments, None))
}

pub(super) fn add_json(engine: &mut Engine, _: Option<&mut Rings>, arguments: &Arguments) -> Reply {
    let about =
        text(arguments, "datajson").and_then(|about| match serde_json::from_str::<Value>(about) {
            Ok(_) => Ok(about),
            Err(error) => Err(Reply::refused(format!("datajson is no JSON: {error}"))),
        });
    said(about.and_then(|about| added(engine, arguments, Some(about))))
}

fn added(engine: &Engine, arguments: &Arguments, about: Option<&str>) -> Result<Reply, Reply> {
    let set = set(engine, arguments)?;
    Ok(match set.add(text(arguments, "datavalue")?, about) {
        Some(DataSetAddition::Added) => Reply::done("data added"),
        Some(DataSetAddition::WasThere) => Reply::done("data already in set"),
        Some(DataSetAddition::NoRoom) => Reply::refused("failed to add data: the set is full"),
        None => Reply::refused("failed to add data: it is not of the type of the set"),
    })
}

pub(super) fn remove(engine: &mut Engine, _: Option<&mut Rings>, arguments: &Arguments) -> Reply {
    said(set(engine, arguments).and_then(|set| {
        Ok(match set.remove(text(arguments, "datavalue")?) {
            Some(true) => Reply::done("data removed"),
            _ => Reply::refused("failed to remove data"),
        })
    }))
}

pub(super) fn look_up(engine: &mut Engine, _: Option<&mut Rings>, arguments: &Arguments) -> Reply {
    said(set(engine, arguments).and_then(|set| {
        Ok(match set.holds(text(arguments, "datavalue")?) {
            Some(true) => Reply::done("item found in set"),
            _ => Reply::refused("item not found in set"),
        })
    }))
}

pub(super) fn clear(engine: &mut Engine, _: Option<&mut Rings>, arguments: &Arguments) -> Reply {
    said(set(engine, arguments).map(|set| {
        set.clear();
        Reply::done("dataset cleared")
    }))
}

/// Writes the sets that have a file to be kept in.
pub(super) fn dump(engine: &mut Engine, _: Option<&mut Rings>, _: &Arguments) -> Reply {
    match &engine.rules().set.save_data_sets()[..] {
        [] => Reply::done("datasets dump done"),
        failed => Reply::refused(failed.join("; ")),
    }
}

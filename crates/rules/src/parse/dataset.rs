//! Arguments of `dataset` and `datarep`.

use super::arg::Arg;
use crate::diagnostic::{Code, Read};
use crate::tree::{BitAction, DataKind, Datarep, Dataset, IntegerOp};

fn data_kind(arg: Arg<'_>) -> Read<DataKind> {
    DataKind::from_name(arg.text)
        .ok_or_else(|| arg.expected("`string`, `md5`, `sha256`, `ipv4` or `ip`"))
}

/// A size in bytes with an optional unit.
fn size(arg: Arg<'_>) -> Read<u64> {
    Ok(super::integer::integer(arg, 64, crate::Dialect::Suricata)?.a)
}

pub(crate) fn dataset(arg: Arg<'_>) -> Read<Dataset> {
    let mut parts = arg.split(',');
    let verb = parts.next().unwrap_or(arg);
    let action = match verb.text {
        "isset" => BitAction::IsSet,
        "isnotset" => BitAction::IsNotSet,
        "set" => BitAction::Set,
        "unset" => BitAction::Unset,
        _ => {
            return Err(verb
                .expected("`isset`, `isnotset`, `set` or `unset`")
                .says(crate::sentence::data_set_action(verb.text)));
        }
    };
    let name = parts
        .next()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| arg.expected("the name of a dataset"))?;
    if name.text.contains(char::is_whitespace) {
        return Err(name.problem(Code::BadArgument, "the name of a dataset has no blanks"));
    }
    let mut set = Dataset {
        action,
        name: name.owned(),
        kind: None,
        load: None,
        save: None,
        state: None,
        memcap: None,
        hashsize: None,
        format: None,
        extra: Vec::new(),
    };
    for part in parts {
        let (key, value) = part.word();
        match key.text {
            "type" => set.kind = Some(data_kind(value)?),
            "load" => set.load = Some(path(value)?),
            "save" => set.save = Some(path(value)?),
            "state" => set.state = Some(path(value)?),
            "memcap" => set.memcap = Some(size(value)?),
            "hashsize" => set.hashsize = Some(value.u32()?),
            "format" => match value.text {
                "csv" | "json" | "ndjson" | "jsonline" => set.format = Some(value.owned()),
                _ => return Err(value.expected("`csv`, `json` or `ndjson`")),
            },
            "context_key" | "value_key" | "array_key" | "remove_key" | "match" => {
                set.extra.push((key.owned(), value.owned()))
            }
            _ => {
                return Err(part.expected(
                    "`type`, `load`, `save`, `state`, `memcap`, `hashsize` or `format`",
                ));
            }
        }
    }
    if set.state.is_some() && (set.load.is_some() || set.save.is_some()) {
        return Err(arg.problem(
            Code::Contradiction,
            "`state` loads and saves; `load` or `save` beside it is too much",
        ));
    }
    Ok(set)
}

pub(crate) fn datarep(arg: Arg<'_>) -> Read<Datarep> {
    let mut parts = arg.split(',');
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (Some(name), Some(op), Some(value)) = (next(), next(), next()) else {
        return Err(arg.expected("name, operator and value: `dns_rep,>,200`"));
    };
    let op = match op.text {
        "<" => IntegerOp::Less,
        ">" => IntegerOp::Greater,
        "=" | "==" => IntegerOp::Equal,
        _ => return Err(op.expected("`<`, `>` or `==`")),
    };
    let mut rep = Datarep {
        name: name.owned(),
        op,
        value: value.u16()?,
        kind: None,
        load: None,
        state: None,
        memcap: None,
        hashsize: None,
    };
    for part in parts {
        let (key, value) = part.word();
        match key.text {
            "type" => rep.kind = Some(data_kind(value)?),
            "load" => rep.load = Some(path(value)?),
            "state" => rep.state = Some(path(value)?),
            "memcap" => rep.memcap = Some(size(value)?),
            "hashsize" => rep.hashsize = Some(value.u32()?),
            _ => return Err(part.expected("`type`, `load`, `state`, `memcap` or `hashsize`")),
        }
    }
    Ok(rep)
}

fn path(arg: Arg<'_>) -> Read<Box<str>> {
    if arg.is_empty() {
        Err(arg.expected("a file"))
    } else {
        Ok(arg.owned())
    }
}

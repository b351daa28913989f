//! How messages are written to the log.

use tapir_json::Json;

use super::message::{Attribute, Message, Operation};
use super::names;

/// The members of a message.
pub(super) fn write(json: &mut Json<'_>, message: &Message) {
    let name = message.name();
    json.word("operation", name);
    json.uint("message_id", message.id);
    if matches!(message.operation, Operation::Unbind) {
        return;
    }
    json.open_object(name);
    operation(json, &message.operation);
    json.close_object();
}

fn operation(json: &mut Json<'_>, operation: &Operation) {
    match operation {
        Operation::Unbind => {}
        Operation::Bind {
            version,
            name,
            sasl,
        } => {
            json.uint("version", *version);
            json.bytes("name", name);
            if let Some((mechanism, credentials)) = sasl {
                json.open_object("sasl");
                json.bytes("mechanism", mechanism);
                if let Some(credentials) = credentials {
                    json.hex("credentials", credentials);
                }
                json.close_object();
            }
        }
        Operation::Search {
            base,
            scope,
            aliases,
            size_limit,
            time_limit,
            types_only,
            attributes,
        } => {
            json.bytes("base_object", base);
            json.uint("scope", *scope);
            json.uint("deref_alias", *aliases);
            json.uint("size_limit", *size_limit);
            json.uint("time_limit", *time_limit);
            json.bool("types_only", *types_only);
            texts(json, "attributes", attributes);
        }
        Operation::Entry { base, attributes } => {
            json.bytes("base_object", base);
            attribute_list(json, attributes, "type");
        }
        Operation::Reference(uris) => texts(json, "uris", uris),
        Operation::Modify { object, changes } => modify(json, object, changes),
        Operation::Add { entry, attributes } => {
            json.bytes("entry", entry);
            attribute_list(json, attributes, "name");
        }
        Operation::Delete(dn) => json.bytes("dn", dn),
        Operation::Rename {
            entry,
            new_rdn,
            delete_old,
            superior,
        } => {
            json.bytes("entry", entry);
            json.bytes("new_rdn", new_rdn);
            json.bool("delete_old_rdn", *delete_old);
            optional(json, "new_superior", superior.as_deref());
        }
        Operation::Compare {
            entry,
            attribute,
            value,
        } => {
            json.bytes("entry", entry);
            json.open_object("attribute_value_assertion");
            json.bytes("description", attribute);
            json.bytes("value", value);
            json.close_object();
        }
        Operation::Abandon(id) => json.uint("message_id", *id),
        Operation::Extended { name, value } => {
            json.bytes("name", name);
            optional(json, "value", value.as_deref());
        }
        Operation::Intermediate { name, value } => {
            optional(json, "name", name.as_deref());
            optional(json, "value", value.as_deref());
        }
        Operation::Result { .. } => result(json, operation),
    }
}

fn result(json: &mut Json<'_>, operation: &Operation) {
    if let Operation::Result {
        code,
        matched,
        message,
        name,
        value,
    } = operation
    {
        match names::result_name(*code) {
            Some(name) => json.word("result_code", name),
            None => json.text("result_code", &format!("unknown({code})")),
        }
        json.bytes("matched_dn", matched);
        json.bytes("message", message);
        optional(json, "name", name.as_deref());
        optional(json, "value", value.as_deref());
    }
}

fn modify(json: &mut Json<'_>, object: &[u8], changes: &[(u32, Attribute)]) {
    json.bytes("object", object);
    json.open_array("changes");
    for (what, attribute) in changes {
        json.open();
        json.word(
            "operation",
            match what {
                0 => "add",
                1 => "delete",
                2 => "replace",
                3 => "increment",
                _ => "unknown",
            },
        );
        json.open_object("modification");
        json.bytes("attribute_type", &attribute.kind);
        texts(json, "attribute_values", &attribute.values);
        json.close_object();
        json.close_object();
    }
    json.close_array();
}

fn attribute_list(json: &mut Json<'_>, attributes: &[Attribute], key: &str) {
    if attributes.is_empty() {
        return;
    }
    json.open_array("attributes");
    for attribute in attributes {
        json.open();
        json.bytes(key, &attribute.kind);
        texts(json, "values", &attribute.values);
        json.close_object();
    }
    json.close_array();
}

fn texts(json: &mut Json<'_>, key: &str, values: &[Box<[u8]>]) {
    if values.is_empty() {
        return;
    }
    json.open_array(key);
    values.iter().for_each(|value| json.bytes_element(value));
    json.close_array();
}

fn optional(json: &mut Json<'_>, key: &str, value: Option<&[u8]>) {
    if let Some(value) = value {
        json.bytes(key, value);
    }
}

//! The published schema, held against what programs read: more strictly than readers may, no key may be one that it
//! does not describe. It knows the few keywords that the schema is written in, and fails on any other.

use serde_json::Value;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap());

/// Where it is.
pub fn file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/messages.schema.json"))
}

/// The objects of `stdout`, one a line, each as the schema has it.
#[track_caller]
pub fn objects(stdout: &str) -> Vec<Value> {
    let object = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        fits(&value).unwrap_or_else(|why| panic!("{why}: {line}"));
        value
    };
    stdout.lines().map(object).collect()
}

/// Whether `command` prints objects alone: a program that `run` starts prints what it likes.
pub fn governs(command: &Command) -> bool {
    let words: Vec<&OsStr> = command.get_args().take_while(|word| *word != "--").collect();
    let said = |word: &str| words.iter().any(|other| *other == word);
    let json = words.windows(2).any(|pair| pair[0] == "--message-format" && pair[1] == "json")
        || said("--message-format=json");
    let ours = command.get_program() == env!("CARGO_BIN_EXE_cargo-scratch");
    ours && json && (!said("run") || said("--dry-run"))
}

/// Whether `message` is what its reason promises, and nothing besides.
pub fn fits(message: &Value) -> Result<(), String> {
    let reason = message["reason"].as_str().unwrap_or_default();
    let own = &SCHEMA["$defs"][format!("{reason}-message")];
    let (Some(own), Some(all)) = (own.as_object(), SCHEMA["properties"].as_object()) else {
        return Err(format!("no reason is called {reason:?}"));
    };
    let mut whole = own.clone();
    let properties = own["properties"].as_object().unwrap().iter().chain(all);
    let properties = properties.map(|(key, value)| (key.clone(), value.clone())).collect();
    whole.insert("properties".into(), Value::Object(properties));
    holds(message, &Value::Object(whole), reason)?;
    let common = SCHEMA["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap());
    common.into_iter().find(|key| message.get(*key).is_none()).map_or(Ok(()), |key| Err(format!("no {key}")))
}

/// The reasons, in the schema's order.
pub fn reasons() -> Vec<String> {
    let rows = SCHEMA["allOf"].as_array().unwrap().iter();
    let reason = |row: &Value| {
        let reason = row["if"]["properties"]["reason"]["const"].as_str().unwrap().to_owned();
        assert_eq!(row["then"]["$ref"], format!("#/$defs/{reason}-message"));
        assert_eq!(SCHEMA["$defs"][format!("{reason}-message")]["type"], "object");
        reason
    };
    rows.map(reason).collect()
}

fn holds(value: &Value, schema: &Value, place: &str) -> Result<(), String> {
    let mut schema = schema;
    while let Some(name) = schema["$ref"].as_str() {
        schema = SCHEMA.pointer(&name[1..]).unwrap_or_else(|| panic!("no {name}"));
    }
    let schema = schema.as_object().unwrap();
    let wrong = |what: &str| Err(format!("{place}: {what}: {value}"));
    for (keyword, wanted) in schema {
        let good = match keyword.as_str() {
            "type" => wanted.as_str().map_or_else(
                || wanted.as_array().unwrap().iter().any(|one| is(value, one.as_str().unwrap())),
                |one| is(value, one),
            ),
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "pattern" => {
                let pattern = regex_lite::Regex::new(wanted.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "anyOf" => wanted.as_array().unwrap().iter().any(|one| holds(value, one, place).is_ok()),
            "required" => {
                let keys = wanted.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
                value.as_object().is_none_or(|object| keys.into_iter().all(|key| object.contains_key(key)))
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    holds(item, wanted, &format!("{place}[{at}]"))?;
                }
                true
            }
            "properties" | "additionalProperties" | "description" => true,
            other => panic!("{place}: the keyword {other} is not known here"),
        };
        if !good {
            return wrong(keyword);
        }
    }
    let known = |key: &str| schema.get("properties").and_then(|all| all.get(key));
    let more = schema.get("additionalProperties");
    for (key, value) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{key}");
        match known(key).or(more) {
            Some(own) => holds(value, own, &place)?,
            None if schema.contains_key("properties") => return Err(format!("{place} is in no schema")),
            None => {}
        }
    }
    Ok(())
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type is called {other}"),
    }
}

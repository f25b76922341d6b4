//! JSON of which there is one reading: a key that stands twice is taken by one parser from here and by another from there.

use super::limits;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// What the document `bytes` says, if it has no more values than are read of any.
///
/// # Errors
/// Why there is no reading it.
pub fn document(bytes: &[u8]) -> Result<Value, String> {
    match too_many(bytes) {
        Some(why) => Err(why),
        None => strict(bytes),
    }
}

/// Why `bytes` are too much to be read: their values take far more memory than they do.
pub fn too_many(bytes: &[u8]) -> Option<String> {
    // each value but the first stands behind one of these
    let values =
        bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).take(limits::VALUES + 1).count();
    (values > limits::VALUES).then(|| format!("it has more than {} values", limits::VALUES))
}

/// What `bytes` say, which must be one JSON document without a key that an object has twice (RFC 8259, 4). Nesting
/// beyond 127 levels is refused.
///
/// # Errors
/// Why it is none, with its place.
pub fn strict(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0).map_err(|reason| reason.to_string())
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Strict)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clear_is_read_as_another_parser_reads_it() {
        let text = r#" {"a": [1, -2, 2.5, "x\u00e9", null, true, {}], "b": {"a": 18446744073709551615}} "#;
        assert_eq!(strict(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn h8_what_parsers_read_differently_is_refused() {
        let deep = "[".repeat(100_000);
        let nested = r#"{"a":{"b":1,"b":2}}"#;
        for text in ["", "{", "{} {}", r#"{"a":1,"a":1}"#, nested, r#"{"a":1,"\u0061":2}"#, "{'a':1}", &deep]
        {
            assert!(strict(text.as_bytes()).is_err(), "{}", &text[..text.len().min(40)]);
        }
        assert!(strict(b"\"\xff\"").is_err());
    }
}

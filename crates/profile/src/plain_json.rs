//! JSON as others send it, in bodies and in files, made plain: `null` is absent, and no key stands twice.

use serde::de::{self, Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The value without its nulls; `null` alone is `{}`. An error says at which line.
pub fn plain_json(text: &[u8]) -> serde_json::Result<Value> {
    let Plain(value) = serde_json::from_slice(text)?;
    Ok(value.unwrap_or_else(|| Value::Object(Map::new())))
}

/// PostgreSQL keeps no U+0000 in a text, and no text of ours needs one.
fn kept<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom("a text holds the character U+0000, which cannot be kept; leave it out"));
    }
    Ok(())
}

/// `None` is null.
struct Plain(Option<Value>);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Plain, E> {
        Ok(Plain(None))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Plain, E> {
        Ok(Plain(Some(value.into())))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Plain, E> {
        Ok(Plain(Some(value.into())))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Plain, E> {
        Ok(Plain(Some(value.into())))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Plain, E> {
        Ok(Plain(Number::from_f64(value).map(Value::Number)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Plain, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Plain, E> {
        kept(&value)?;
        Ok(Plain(Some(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut list = Vec::new();
        while let Some(Plain(item)) = items.next_element()? {
            list.extend(item);
        }
        Ok(Plain(Some(Value::Array(list))))
    }

    /// Of two values for one key nobody can say which was meant, and a proxy before us may have read the other.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Plain, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            kept(&key)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} stands twice in one object, of which only one can count; the second is"
                )));
            }
            let Plain(value) = entries.next_value()?;
            if let Some(value) = value {
                map.insert(key, value);
            }
        }
        Ok(Plain(Some(Value::Object(map))))
    }
}

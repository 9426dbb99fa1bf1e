//! JSON as others send it, in bodies and in files, made plain: `null` is absent, and no key stands twice.

use serde::de::{self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// The most values of one text. Each takes many times the memory of the two bytes that it may be sent as.
pub const JSON_VALUES: usize = 500_000;

/// The value without its nulls; `null` alone is `{}`. An error says at which line.
pub fn plain_json(text: &[u8]) -> serde_json::Result<Value> {
    let left = Cell::new(JSON_VALUES);
    let mut read = serde_json::Deserializer::from_slice(text);
    let value = Plain { left: &left }.deserialize(&mut read)?;
    read.end()?;
    Ok(value.unwrap_or_else(|| Value::Object(Map::new())))
}

/// PostgreSQL keeps no U+0000 in a text, and no text of ours needs one.
fn kept<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom("a text holds the character U+0000, which cannot be kept; leave it out"));
    }
    Ok(())
}

/// Reads one value; null is `None`.
#[derive(Clone, Copy)]
struct Plain<'a> {
    /// How many more values there may be.
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Plain<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom(format_args!("it holds more than {JSON_VALUES} values; send less at once")));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Option<Value>, E> {
        Ok(Some(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<Value>, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<Value>, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<Value>, E> {
        Ok(Number::from_f64(value).map(Value::Number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Option<Value>, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Option<Value>, E> {
        kept(&value)?;
        Ok(Some(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.extend(item);
        }
        Ok(Some(Value::Array(list)))
    }

    /// Of two values for one key nobody can say which was meant, and a proxy before us may have read the other.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Option<Value>, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            kept(&key)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} stands twice in one object, of which only one can count; the second is"
                )));
            }
            if let Some(value) = entries.next_value_seed(self)? {
                map.insert(key, value);
            }
        }
        Ok(Some(Value::Object(map)))
    }
}

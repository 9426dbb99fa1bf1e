//! JSON as clients send it, made plain: `null` is absent, no key stands twice, and what does not fit is named by its
//! place.

use crate::error::ApiError;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// The JSON of a body without its nulls; an empty body and `null` are `{}`.
pub(crate) fn plain(bytes: &[u8]) -> Result<Value, ApiError> {
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let left = Cell::new(VALUES);
    let mut read = serde_json::Deserializer::from_slice(text);
    let value = Plain { left: &left }.deserialize(&mut read).and_then(|value| read.end().map(|()| value));
    let value = value.map_err(|error| wrong(format!("the body is not JSON that can be read: {error}")))?;
    Ok(value.unwrap_or_else(|| Value::Object(Map::new())))
}

/// The most values of one body. Each takes many times the memory of the two bytes that it may be sent as.
const VALUES: usize = 500_000;

/// What an operation takes. `whole` says what the value is not when it does not fit.
pub(crate) fn typed<T: DeserializeOwned>(value: Value, whole: &str) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let why = in_words_of_json(&error.into_inner().to_string());
        if path == "." {
            return wrong(format!("{whole}: {why}"));
        }
        wrong(format!("{whole}: {path}: {why}")).details(serde_json::json!({ "field": path }))
    })
}

fn wrong(message: String) -> ApiError {
    ApiError::bad_request("InvalidBody", message)
}

/// serde speaks of maps, sequences and the names of our types, which mean nothing to who sent the JSON.
fn in_words_of_json(text: &str) -> String {
    let Some((found, expected)) = text.split_once(", expected ") else { return text.to_owned() };
    let found = match found {
        "invalid type: map" => "invalid type: object",
        "invalid type: sequence" => "invalid type: list",
        other => other,
    };
    let expected = match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    format!("{found}, expected {expected}")
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
            return Err(D::Error::custom(format_args!("it holds more than {VALUES} values; send less at once")));
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
                return Err(A::Error::custom(format_args!("the key {key:?} stands twice in one object; send it once")));
            }
            if let Some(value) = entries.next_value_seed(self)? {
                map.insert(key, value);
            }
        }
        Ok(Some(Value::Object(map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Sample {
        list: Vec<String>,
        inner: Option<Box<Sample>>,
    }

    fn parse(text: &str) -> Result<Sample, ApiError> {
        typed(plain(text.as_bytes())?, "it is no sample")
    }

    #[test]
    fn empty_and_null_read_as_absent() {
        for body in ["", "  \r\n", "{}", "null", r#"{"list":null,"inner":null}"#, r#"{"unknown":1}"#] {
            assert_eq!(parse(body).expect(body), Sample::default(), "{body}");
        }
        let deep = parse(r#"{"inner":{"list":null},"list":["a",null]}"#).expect("nulls inside");
        assert_eq!(deep, Sample { list: vec!["a".to_owned()], inner: Some(Box::default()) });
    }

    #[test]
    fn every_kind_of_value_survives() {
        let text = r#"{"a":[1,-2,2.5,true,"x",{"b":"é\n"}],"big":18446744073709551615}"#;
        let expected: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(plain(text.as_bytes()).expect("plain"), expected);
        assert_eq!(plain(b"[null]").expect("plain"), json!([]));
    }

    #[test]
    fn a_small_body_of_very_many_values_is_refused_while_it_is_read() {
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 1));
        assert!(plain(list(VALUES - 1).as_bytes()).is_ok());
        let error = plain(list(VALUES).as_bytes()).expect_err("too many");
        assert!(error.message.contains("more than 500000 values"), "{}", error.message);
        assert!(plain(b"[] []").is_err(), "one value and no more");
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_place() {
        for (body, says) in [
            ("<html>", "the body is not JSON that can be read: expected value at line 1 column 1"),
            (r#"{"list":"text"}"#, "it is no sample: list: invalid type: string \"text\", expected a list"),
            (r#"{"list":[null,"a",{}]}"#, "it is no sample: list[1]: invalid type: object, expected a string"),
            (r#"{"inner":{"inner":5}}"#, "it is no sample: inner.inner: invalid type: integer `5`, expected an object"),
            (r#"5"#, "it is no sample: invalid type: integer `5`, expected an object"),
            (r#"{"list":["a\u0000"]}"#, "holds the character U+0000"),
            (r#"{"a\u0000":1}"#, "holds the character U+0000"),
            (r#"{"list":[],"list":["a"]}"#, "the key \"list\" stands twice in one object"),
        ] {
            let error = parse(body).expect_err(body);
            assert_eq!((error.status, error.code), (StatusCode::BAD_REQUEST, "InvalidBody"));
            assert!(error.message.contains(says), "{body}: {}", error.message);
        }
    }
}

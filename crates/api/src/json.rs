//! JSON as clients send it, made plain: `null` is absent, no key stands twice, and what does not fit is named by its
//! place.

use crate::error::ApiError;
use packyard_profile::plain_json;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The JSON of a body without its nulls; an empty body and `null` are `{}`.
pub(crate) fn plain(bytes: &[u8]) -> Result<Value, ApiError> {
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    plain_json(text).map_err(|error| wrong(format!("the body is not JSON that can be read: {error}")))
}

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
        const VALUES: usize = packyard_profile::JSON_VALUES;
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

//! Bodies in and out.
//!
//! In: clients label empty bodies `application/json` and send `null` for lists they have not; both mean "absent".
//! Out: each operation has exactly one success status, which is a type here so that a handler cannot get it wrong.

use crate::error::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// A JSON body; an empty one reads as `{}`, so what it lacks is named by the field that is missing.
pub(crate) struct Payload<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Payload<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let status = rejection.status();
            let code = if status == StatusCode::PAYLOAD_TOO_LARGE { "PayloadTooLarge" } else { "InvalidBody" };
            ApiError::new(status, code, rejection.body_text())
        })?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let wrong = |error: serde_json::Error| {
        ApiError::bad_request("InvalidBody", format!("the body is not what this operation takes: {error}"))
    };
    let text = bytes.trim_ascii();
    let mut value = if text.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(text).map_err(wrong)?
    };
    drop_nulls(&mut value);
    serde_json::from_value(value).map_err(wrong)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, inner| !inner.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => {
            list.retain(|inner| !inner.is_null());
            list.iter_mut().for_each(drop_nulls);
        }
        Value::Null => *value = Value::Object(serde_json::Map::new()),
        _ => {}
    }
}

/// 200 with JSON.
pub(crate) struct Reply<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// 201 with JSON; for most operations the JSON is a [`Uid`].
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, axum::Json(self.0)).into_response()
    }
}

/// 202 without a body.
pub(crate) struct Accepted;

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

/// 204.
pub(crate) struct Done;

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Uid {
    pub(crate) uid: String,
}

impl Created<Uid> {
    pub(crate) fn uid(uid: String) -> Self {
        Self(Uid { uid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Sample {
        list: Vec<String>,
        inner: Option<Box<Sample>>,
    }

    #[test]
    fn empty_and_null_read_as_absent() {
        for body in ["", "  \r\n", "{}", "null", r#"{"list":null,"inner":null}"#, r#"{"unknown":1}"#] {
            assert_eq!(parse::<Sample>(body.as_bytes()).expect(body), Sample::default(), "{body}");
        }
        let deep: Sample = parse(br#"{"inner":{"list":null},"list":["a",null]}"#).expect("nulls inside");
        assert_eq!(deep, Sample { list: vec!["a".to_owned()], inner: Some(Box::default()) });
    }

    #[test]
    fn what_is_no_json_is_named() {
        let error = parse::<Sample>(b"<html>").expect_err("not JSON");
        assert_eq!((error.status, error.code), (StatusCode::BAD_REQUEST, "InvalidBody"));
        parse::<Sample>(br#"{"list":"text"}"#).expect_err("a text is no list");
    }
}

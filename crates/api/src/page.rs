//! Lists: their query parameters, and `listmeta`.
//!
//! Parameters that no operation knows are ignored, as clients expect; those that are known but wrong are an error.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Default and largest number of rows of one reply.
pub(crate) const LIMIT_MAX: usize = 50;
const CONTINUE: &str = "offset.";

/// The query string as pairs, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Self::parse(parts.uri.query().unwrap_or_default());
        match query.0.iter().find(|(_, value)| value.contains('\0')) {
            Some((name, _)) => Err(invalid(format!("{name} holds the character U+0000; leave it out"))),
            None => Ok(query),
        }
    }
}

impl Query {
    fn parse(text: &str) -> Self {
        let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect(),
        )
    }

    /// The first value of a parameter; `""` when it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.text(name) {
            "" | "false" | "0" => Ok(false),
            "true" | "1" => Ok(true),
            other => Err(invalid(format!("{name} is true or false, not `{other}`"))),
        }
    }

    fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        match self.text(name) {
            "" => Ok(None),
            text => {
                text.parse().map(Some).map_err(|_| invalid(format!("{name} is a whole number from 0, not `{text}`")))
            }
        }
    }

    /// As [`Query::window`], where a limit of 0 asks for everything.
    pub(crate) fn window_or_all(&self) -> Result<Window, ApiError> {
        let window = self.window()?;
        Ok(if self.number("limit")? == Some(0) { Window { limit: usize::MAX, ..window } } else { window })
    }

    /// Where the page starts and how long it may be. A `continue` token says where, else `offset` does.
    pub(crate) fn window(&self) -> Result<Window, ApiError> {
        let limit = match self.number("limit")? {
            None | Some(0) => LIMIT_MAX,
            Some(limit) => limit.min(LIMIT_MAX),
        };
        let offset = match self.text("continue") {
            "" => self.number("offset")?.unwrap_or(0),
            token => token
                .strip_prefix(CONTINUE)
                .and_then(|at| at.parse().ok())
                .ok_or_else(|| invalid(format!("`{token}` is not a continue token of this server")))?,
        };
        Ok(Window { offset, limit })
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::bad_request("InvalidQuery", message)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

impl Window {
    /// Cuts the page out of a whole list.
    pub(crate) fn cut<T>(self, all: Vec<T>) -> (Vec<T>, ListMeta) {
        let total = all.len();
        let items: Vec<T> = all.into_iter().skip(self.offset).take(self.limit).collect();
        let meta = self.meta(items.len(), total);
        (items, meta)
    }

    pub(crate) fn meta(self, shown: usize, total: usize) -> ListMeta {
        let offset = self.offset.saturating_add(shown).min(total);
        let more = shown > 0 && offset < total;
        let next = if more { format!("{CONTINUE}{offset}") } else { String::new() };
        let limit = if self.limit == usize::MAX { 0 } else { self.limit };
        ListMeta { limit, offset, count: total, r#continue: next }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ListMeta {
    /// 0 where all was asked for.
    pub(crate) limit: usize,
    /// Where the next page starts.
    pub(crate) offset: usize,
    /// Rows of all pages together.
    pub(crate) count: usize,
    /// Empty at the end.
    pub(crate) r#continue: String,
}

/// Keeps of each row only the paths that `fields` names; an empty `fields` keeps all.
pub(crate) fn keep_fields(row: Value, fields: &str) -> Value {
    let paths: Vec<&str> = fields.split(',').map(str::trim).filter(|path| !path.is_empty()).collect();
    if paths.is_empty() {
        return row;
    }
    let mut kept = Value::Object(serde_json::Map::new());
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        let found = parts.iter().try_fold(&row, |value, part| value.get(part));
        if let Some(found) = found {
            let slot = parts.iter().fold(&mut kept, |value, part| {
                if !value.is_object() {
                    *value = Value::Object(serde_json::Map::new());
                }
                &mut value[*part]
            });
            *slot = found.clone();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn windows_default_to_fifty_and_never_exceed_it() {
        let window = |text: &str| Query::parse(text).window();
        assert_eq!(window("").expect("default"), Window { offset: 0, limit: 50 });
        assert_eq!(window("limit=0&offset=7").expect("0"), Window { offset: 7, limit: 50 });
        assert_eq!(window("limit=500").expect("500"), Window { offset: 0, limit: 50 });
        assert_eq!(window("limit=5&continue=offset.10&offset=3&x=y").expect("token"), Window { offset: 10, limit: 5 });
        for bad in ["limit=x", "offset=-1", "continue=what"] {
            assert_eq!(window(bad).expect_err(bad).code, "InvalidQuery");
        }
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all: Vec<u32> = (0..120).collect();
        let mut seen = Vec::new();
        let mut query = "limit=50".to_owned();
        loop {
            let (items, meta) = Query::parse(&query).window().expect("a window").cut(all.clone());
            seen.extend(items);
            assert_eq!((meta.count, meta.offset), (120, seen.len()));
            if meta.r#continue.is_empty() {
                break;
            }
            query = format!("limit=50&offset={}&continue={}", meta.offset, meta.r#continue);
        }
        assert_eq!(seen, all);
        let (items, meta) = Window { offset: 500, limit: 50 }.cut(all);
        assert!(items.is_empty() && meta.r#continue.is_empty());
    }

    #[test]
    fn queries_are_decoded_and_flags_are_strict() {
        let query = Query::parse("filters=spec.name%3Dhello%2Bworld+x&flag=true&empty");
        assert_eq!(query.text("filters"), "spec.name=hello+world x");
        assert_eq!(query.text("absent"), "");
        assert!(query.flag("flag").expect("true"));
        assert!(!query.flag("absent").expect("absent"));
        assert!(Query::parse("f=maybe").flag("f").is_err());
    }

    #[test]
    fn fields_keep_only_what_they_name() {
        let row = json!({ "metadata": { "uid": "u", "name": "n" }, "spec": { "version": "1" } });
        assert_eq!(keep_fields(row.clone(), ""), row);
        let kept = keep_fields(row, "metadata.uid, spec.version,spec.absent");
        assert_eq!(kept, json!({ "metadata": { "uid": "u" }, "spec": { "version": "1" } }));
    }
}

//! Palette's own description of its API, where it lies beside the project: it is not ours to ship. The clients are made
//! from it, so an answer that it does not describe is one that they cannot read, and try to get for an hour.

mod schemas;
mod values;

use crate::world::Answer;
use http::Method;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

const FILE: &str = "../shared/reference/palette-api.json";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) struct Palette {
    document: Value,
}

/// One operation of an API description.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a>(&'a Value);

impl Palette {
    /// `None` where it is not beside the project.
    pub(crate) fn known() -> Option<&'static Self> {
        static KNOWN: OnceLock<Option<Palette>> = OnceLock::new();
        let read = || {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../").join(FILE);
            let text = std::fs::read(path).ok()?;
            Some(Palette { document: serde_json::from_slice(&text).expect("it is JSON") })
        };
        KNOWN.get_or_init(read).as_ref()
    }

    /// `None` after saying by name that the test is skipped.
    pub(crate) fn for_test(test: &str) -> Option<&'static Self> {
        let known = Self::known();
        if known.is_none() {
            packyard_testkit::skip_without_shared(test, FILE);
        }
        known
    }

    /// What stands at the end of a `$ref`.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => self.resolved(&self.document["definitions"][name]),
            None => schema,
        }
    }

    pub(crate) fn operations(&self) -> BTreeMap<(String, String), Operation<'_>> {
        operations(&self.document)
    }

    /// The operation that a request means.
    fn of_request(&self, method: &Method, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap_or_default();
        let asked: Vec<&str> = path.split('/').collect();
        let method = method.as_str().to_lowercase();
        let paths = self.document["paths"].as_object()?.iter();
        let fitting = paths.filter(|(template, _)| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == asked.len() && parts.iter().zip(&asked).all(|(part, asked)| part == asked || is_free(part))
        });
        // A word beats what stands for any.
        let best = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        best.1.get(&method).map(Operation)
    }

    /// All that is wrong with a successful answer, one line each.
    pub(crate) fn faults(&self, method: &Method, path: &str, answer: &Answer) -> Vec<String> {
        let Some(operation) = self.of_request(method, path) else { return Vec::new() };
        let wanted = operation.success();
        if wanted != answer.status.as_u16() {
            return vec![format!("answers {}, and clients take {wanted} alone", answer.status.as_u16())];
        }
        let schema = self.resolved(operation.reply());
        match schema["type"].as_str() {
            None if schema.is_null() && answer.bytes.is_empty() => Vec::new(),
            None if schema.is_null() => vec!["has a body, and clients expect none".to_owned()],
            // A file is bytes.
            Some("file" | "string") => Vec::new(),
            _ => match serde_json::from_slice(&answer.bytes) {
                Ok(value) => values::faults(self, schema, &value),
                Err(error) => vec![format!("is no JSON: {error}")],
            },
        }
    }

    /// All differences of an operation of ours, as our own document describes it.
    pub(crate) fn differences(&self, ours: &Value, theirs: Operation<'_>, own: Operation<'_>) -> Vec<String> {
        schemas::differences(self, ours, theirs, own)
    }
}

/// By method and path, whatever the parameters in the path are called.
pub(crate) fn operations(document: &Value) -> BTreeMap<(String, String), Operation<'_>> {
    let paths = document["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some(((method.to_owned(), plain(path)), Operation(item.get(method)?))))
    });
    each.collect()
}

fn plain(path: &str) -> String {
    let parts = path.split('/').map(|part| if is_free(part) { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn is_free(part: &str) -> bool {
    part.starts_with('{')
}

impl<'a> Operation<'a> {
    /// The one status that is a success.
    pub(crate) fn success(self) -> u16 {
        let statuses = self.0["responses"].as_object().expect("responses").keys();
        let all: Vec<u16> = statuses.filter_map(|key| key.parse().ok()).filter(|status| *status < 300).collect();
        assert_eq!(all.len(), 1, "one success status: {}", self.0["operationId"]);
        all[0]
    }

    fn reply(self) -> &'a Value {
        &self.0["responses"][self.success().to_string()]["schema"]
    }

    fn body(self) -> &'a Value {
        let parameters = self.0["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        parameters.iter().find(|parameter| parameter["in"] == "body").map_or(&Value::Null, |body| &body["schema"])
    }
}

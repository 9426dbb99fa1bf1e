//! The parts of Harbor's API v2.0 that a sync asks, as its documentation (swagger.yaml of Harbor 2.x) describes them.
//! This is a model of Harbor and not Harbor: no test here says how the real one behaves.

use crate::fake::{Inner, content, plain};
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

const TOKEN: &str = "a-token-of-harbor";
/// Harbor gives no larger page.
const PAGE_SIZE: usize = 100;

/// A robot account: `Basic <base64>`, and what it may list by the API.
#[derive(Debug, Clone)]
pub(crate) struct Robot {
    pub(crate) basic: &'static str,
    pub(crate) lists_repositories: bool,
    pub(crate) lists_artifacts: bool,
    /// The challenge names Harbor's own token service, as it does unless somebody changed it.
    pub(crate) says_so: bool,
}

/// `None` for what any registry answers.
pub(crate) fn answer(inner: &Mutex<Inner>, request: &Request) -> Option<Response> {
    let mut inner = inner.lock().unwrap();
    let robot = inner.harbor.clone()?;
    let path = request.uri().path().to_owned();
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_robot = given == format!("Basic {}", robot.basic);
    if let Some(path) = path.strip_prefix("/api/v2.0/") {
        inner.requests.push(format!("GET /api/v2.0/{path}?{}", request.uri().query().unwrap_or_default()));
        return Some(api(&inner, &robot, is_robot, path, request.uri().query().unwrap_or_default()));
    }
    if path == "/service/token" {
        return Some(match is_robot {
            true => content("application/json", format!(r#"{{"token":"{TOKEN}","expires_in":1800}}"#).into_bytes()),
            false => refused(401, "UNAUTHORIZED"),
        });
    }
    let is_known = given == format!("Bearer {TOKEN}");
    if is_known && path != "/v2/_catalog" {
        return None;
    }
    inner.requests.push(format!("GET {path} (refused)"));
    let host = request.headers()[header::HOST].to_str().unwrap();
    let service = if robot.says_so { "harbor-registry" } else { "another" };
    let mut reply = refused(401, "UNAUTHORIZED");
    let challenge = format!(r#"Bearer realm="http://{host}/service/token",service="{service}""#);
    reply.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
    Some(reply)
}

fn api(inner: &Inner, robot: &Robot, is_robot: bool, path: &str, query: &str) -> Response {
    if path == "systeminfo" {
        return content("application/json", br#"{"auth_mode":"db_auth","harbor_version":"v2.11.0"}"#.to_vec());
    }
    if !is_robot {
        return refused(401, "UNAUTHORIZED");
    }
    let number = |name: &str| -> usize {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        value.map_or(1, |value| value.parse().unwrap())
    };
    let size = number("page_size");
    assert!(size <= PAGE_SIZE, "Harbor refuses larger pages");
    let page = |all: Vec<Value>| {
        let some: Vec<Value> = all.into_iter().skip((number("page") - 1) * size).take(size).collect();
        content("application/json", json!(some).to_string().into_bytes())
    };
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["projects", project, "repositories"] => {
            let mut all = inner.tags.keys().filter(|name| name.starts_with(&format!("{project}/"))).peekable();
            match () {
                () if !robot.lists_repositories => refused(403, "FORBIDDEN"),
                () if all.peek().is_none() => refused(404, "NOT_FOUND"),
                () => page(all.map(|name| json!({ "name": name, "artifact_count": 1 })).collect()),
            }
        }
        ["projects", project, "repositories", repository, "artifacts"] => {
            // Its slashes are encoded twice, and its proxy decodes once.
            let once = percent_decode_str(repository).decode_utf8().unwrap();
            let name = format!("{project}/{}", percent_decode_str(&once).decode_utf8().unwrap());
            assert!(!repository.contains("%2F"), "Harbor would not find {repository}");
            let Some(tags) = inner.tags.get(&name) else { return refused(404, "NOT_FOUND") };
            let mut artifacts: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
            for (tag, digest) in tags {
                artifacts.entry(digest.as_str()).or_default().push(json!({ "name": tag }));
            }
            let artifact = |(digest, tags)| json!({ "digest": digest, "type": "ARTIFACT", "tags": tags });
            match robot.lists_artifacts {
                true => page(artifacts.into_iter().map(artifact).collect()),
                false => refused(403, "FORBIDDEN"),
            }
        }
        _ => refused(404, "NOT_FOUND"),
    }
}

fn refused(status: u16, code: &str) -> Response {
    plain(status, &format!(r#"{{"errors":[{{"code":"{code}","message":"as Harbor says it"}}]}}"#))
}

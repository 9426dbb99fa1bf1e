//! The calls of the ECR API that list or give tokens, over what the fake registry holds. Pages have the sizes of Amazon's.

use crate::fake::{Inner, content};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

const PAGE: usize = 1000;

/// What the keys of its one client are good for.
#[derive(Default)]
pub(crate) struct Keys {
    /// Given so far.
    pub(crate) tokens: usize,
    pub(crate) refusal: Option<(&'static str, &'static str)>,
}

/// `AWS:t1` and so on in base 64.
const TOKENS: [&str; 4] = ["QVdTOnQx", "QVdTOnQy", "QVdTOnQz", "QVdTOnQ0"];

pub(crate) async fn answer(inner: &Mutex<Inner>, request: Request) -> Response {
    let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let input: Value = serde_json::from_slice(&body).unwrap();
    let mut inner = inner.lock().unwrap();
    inner.requests.push(format!("POST {operation}"));
    if let Some((code, message)) = inner.aws.refusal {
        let mut reply = content(
            "application/x-amz-json-1.1",
            json!({ "__type": code, "message": message }).to_string().into_bytes(),
        );
        *reply.status_mut() = StatusCode::BAD_REQUEST;
        return reply;
    }
    if operation == "GetAuthorizationToken" {
        let token = TOKENS[inner.aws.tokens];
        inner.aws.tokens += 1;
        inner.login = Some(format!("Basic {token}"));
        let data = json!({ "authorizationData": [{ "authorizationToken": token, "expiresAt": 32_503_680_000_u64 }] });
        return content("application/x-amz-json-1.1", data.to_string().into_bytes());
    }
    let repository = input["repositoryName"].as_str().unwrap_or_default();
    let (field, entries) = match operation.as_str() {
        "DescribeRepositories" => {
            ("repositories", inner.tags.keys().map(|name| json!({ "repositoryName": name })).collect::<Vec<_>>())
        }
        "DescribeImages" => {
            let mut images: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (tag, digest) in inner.tags.get(repository).into_iter().flatten() {
                images.entry(digest.as_str()).or_default().push(tag);
            }
            let image = |(digest, tags)| json!({ "imageDigest": digest, "imageTags": tags });
            ("imageDetails", images.into_iter().map(image).collect())
        }
        other => panic!("{other} is not expected"),
    };
    let from: usize = input["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let page: Vec<&Value> = entries.iter().skip(from).take(PAGE).collect();
    let mut reply = json!({ field: page });
    if from + PAGE < entries.len() {
        reply["nextToken"] = (from + PAGE).to_string().into();
    }
    content("application/x-amz-json-1.1", reply.to_string().into_bytes())
}

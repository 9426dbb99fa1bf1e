//! The calls of the ECR API that list, over what the fake registry holds. Pages have the sizes of Amazon's.

use crate::fake::{Inner, content};
use axum::extract::Request;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

const PAGE: usize = 1000;

pub(crate) async fn answer(inner: &Mutex<Inner>, request: Request) -> Response {
    let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let input: Value = serde_json::from_slice(&body).unwrap();
    let mut inner = inner.lock().unwrap();
    inner.requests.push(format!("POST {operation}"));
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

use crate::world::World;
use axum::body::Body;
use http::{Method, Request, header};
use std::collections::BTreeSet;
use std::path::Path;

fn committed() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/packyard.json")
}

/// A change of the API is a change of this file, to be looked at in a review. `PACKYARD_UPDATE=1` writes it.
#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let mut current = serde_json::to_string_pretty(&packyard_api::openapi()).unwrap();
    current.push('\n');
    if std::env::var_os("PACKYARD_UPDATE").is_some() {
        std::fs::create_dir_all(committed().parent().unwrap()).unwrap();
        std::fs::write(committed(), &current).unwrap();
    }
    let known = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(
        known == current,
        "openapi/packyard.json is not current: run this test with PACKYARD_UPDATE=1 and review the diff"
    );
}

#[test]
fn every_reference_in_the_document_leads_somewhere_and_every_id_is_used_once() {
    let document = packyard_api::openapi();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "no schema {name}");
    }
    let mut ids = BTreeSet::new();
    for operation in operations() {
        assert!(ids.insert(operation.id.clone()), "{} twice", operation.id);
    }
    assert!(ids.len() > 50, "{}", ids.len());
}

struct Documented {
    method: Method,
    path: String,
    id: String,
    is_open: bool,
    success: Vec<u16>,
}

fn operations() -> Vec<Documented> {
    let document = packyard_api::openapi();
    let paths = document["paths"].as_object().unwrap().clone();
    let each = paths.into_iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().clone();
        item.into_iter().map(move |(method, operation)| Documented {
            method: method.to_uppercase().parse().unwrap(),
            path: path.clone(),
            id: operation["operationId"].as_str().unwrap().to_owned(),
            is_open: operation["security"].as_array().is_some_and(Vec::is_empty),
            success: operation["responses"].as_object().unwrap().keys().filter_map(|key| key.parse().ok()).collect(),
        })
    });
    each.collect()
}

/// Deny by default: only what says so is open. And whatever is sent, what is documented exists and never fails above
/// 500, which clients would retry for an hour.
#[tokio::test]
async fn every_operation_exists_wants_a_credential_and_survives_nonsense() {
    let world = World::new().await;
    for operation in operations() {
        assert_eq!(operation.success.len(), 1, "{} has one success status", operation.id);
        let path: Vec<_> =
            operation.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let path = path.join("/");
        let request = Request::builder().method(&operation.method).uri(&path).header(header::HOST, "localhost");
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        if operation.is_open {
            assert_ne!(answer.status.as_u16(), 404, "{}", operation.id);
        } else {
            answer.is_error(401, "Unauthorized");
        }
        for body in
            [None, Some(serde_json::json!({ "metadata": null, "spec": null })), Some(serde_json::json!([1, "x"]))]
        {
            let answer = world.call(operation.method.clone(), &path, body).await;
            let status = answer.status.as_u16();
            assert!(
                status < 500 && status != 405,
                "{}: {status} {}",
                operation.id,
                String::from_utf8_lossy(&answer.bytes)
            );
            if !answer.status.is_success() {
                let body = answer.is_error(status, answer.json()["code"].as_str().unwrap());
                assert!(!body["message"].as_str().unwrap().contains("there is no endpoint"), "{}", operation.id);
            }
        }
    }
}

//! Our API beside Palette's own description of it. Beyond these, `World` holds every successful answer of every test to it.

use crate::palette::{Palette, operations};
use crate::world::Answer;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What Palette's clients cannot ask of us. Packs and manifests of a profile are changed with the profile as a whole, which
/// is what the Terraform provider does.
const ABSENT: [(&str, &str); 15] = [
    ("delete", "/v1/clusterprofiles/{}/packs/{}"),
    ("delete", "/v1/clusterprofiles/{}/packs/{}/manifests/{}"),
    ("get", "/v1/clusterprofiles/{}/packs/manifests"),
    ("get", "/v1/clusterprofiles/{}/packs/resolvedValues"),
    ("get", "/v1/clusterprofiles/{}/packs/{}"),
    ("get", "/v1/clusterprofiles/{}/packs/{}/config"),
    ("get", "/v1/clusterprofiles/{}/packs/{}/manifests/{}"),
    ("get", "/v1/clusterprofiles/{}/spc/download"),
    ("get", "/v1/registries/oci/image"),
    ("get", "/v1/registries/{}/config"),
    ("patch", "/v1/clusterprofiles/{}/packRefs"),
    ("post", "/v1/clusterprofiles/{}/packs"),
    ("post", "/v1/clusterprofiles/{}/packs/{}/manifests"),
    ("put", "/v1/clusterprofiles/{}/packs/{}"),
    ("put", "/v1/clusterprofiles/{}/packs/{}/manifests/{}"),
];

/// What we want said though Palette's document does not: to sort by nothing, or to replace a profile by nothing, is a
/// mistake. Its clients leave out what is false or empty, so there is to be nothing else here.
const NEEDED: [&str; 4] = [
    "post /v1/dashboard/clusterprofiles: request.sort[].field: needed here, and not there",
    "post /v1/packs/search: request.sort[].field: needed here, and not there",
    "post /v1/users/summary: request.sort[].field: needed here, and not there",
    "put /v1/clusterprofiles/{}: request.spec.template: needed here, and not there",
];

#[test]
fn operations_that_palette_has_too_have_its_status_and_its_shapes() {
    let test = "operations_that_palette_has_too_have_its_status_and_its_shapes";
    let Some(palette) = Palette::for_test(test) else { return };
    let ours = packyard_api::openapi();
    let own = operations(&ours);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for ((method, path), theirs) in palette.operations() {
        let Some(own) = own.get(&(method.clone(), path.clone())) else { continue };
        compared += 1;
        let found = palette.differences(&ours, theirs, *own);
        wrong.extend(found.into_iter().map(|line| format!("{method} {path}: {line}")));
    }
    assert!(compared >= 100, "{compared}");
    wrong.sort_unstable();
    assert_eq!(wrong, NEEDED);
}

/// What `World` asks of every answer.
#[test]
fn an_answer_that_clients_cannot_read_is_noticed() {
    let Some(palette) = Palette::for_test("an_answer_that_clients_cannot_read_is_noticed") else { return };
    let faults = |method: Method, path: &str, status: StatusCode, body: &Value| {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        palette.faults(&method, path, &Answer { status, headers: HeaderMap::new(), bytes })
    };
    let named = |metadata: Value| json!({ "items": [{ "metadata": metadata, "spec": {} }] });
    let list = "/v1/dashboard/clusterprofiles/metadata?x=y";
    let time = |text: &str| json!({ "metadata": { "name": "p", "creationTimestamp": text } });
    for (method, path, status, body, says) in [
        (Method::GET, list, StatusCode::OK, named(json!({ "uid": "u", "name": "n" })), None),
        (Method::GET, list, StatusCode::OK, named(json!({ "uid": 5 })), Some("items[0].metadata.uid is no \"string\"")),
        (Method::GET, list, StatusCode::OK, json!({ "items": null }), Some("has no items")),
        (Method::GET, list, StatusCode::OK, json!([]), Some("is no \"object\"")),
        (Method::GET, list, StatusCode::ACCEPTED, json!({ "items": [] }), Some("clients take 200 alone")),
        (Method::GET, "/v1/projects/x", StatusCode::OK, time("2026-01-01T00:00:00.000Z"), None),
        (Method::GET, "/v1/projects/x", StatusCode::OK, time("yesterday"), Some("no time")),
        (Method::DELETE, "/v1/projects/x", StatusCode::NO_CONTENT, Value::Null, None),
        (Method::DELETE, "/v1/projects/x", StatusCode::NO_CONTENT, json!({}), Some("expect none")),
    ] {
        let found = faults(method, path, status, &body).join("; ");
        assert!(says.map_or(found.is_empty(), |says| found.contains(says)), "{path} {body}: {found}");
    }
}

#[test]
fn what_palette_has_and_we_have_not_is_known() {
    let Some(palette) = Palette::for_test("what_palette_has_and_we_have_not_is_known") else { return };
    let ours = packyard_api::openapi();
    let own = operations(&ours);
    let theirs = palette.operations();
    let absent = theirs.keys().filter(|key| !own.contains_key(key));
    let absent: BTreeSet<_> = absent.map(|(method, path)| (method.as_str(), path.as_str())).collect();
    assert_eq!(absent, BTreeSet::from(ABSENT));
}

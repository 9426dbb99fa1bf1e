//! Which field of a registry's drawer is marked by what Validate found.

use crate::browser::{Browser, Page};
use axum::Router;
use axum::extract::Request;
use http::Method;
use packyard_catalog::{Auth, RegistrySpec};

const NEW: &str = "/settings/registries/new";
const VALIDATE: &str = "/settings/registries/validate";

/// An ECR registry without TLS that no secret access key is right for: its host and port.
async fn peer() -> String {
    let refused = r#"{"__type":"InvalidSignatureException","message":"the signature does not match"}"#;
    let app = Router::new().fallback(move |request: Request| async move {
        let (status, body) = if *request.method() == Method::POST { (403, refused) } else { (401, "") };
        let reply = http::Response::builder().status(status).header("docker-distribution-api-version", "registry/2.0");
        reply.body(axum::body::Body::from(body)).expect("a reply")
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    at.to_string()
}

#[track_caller]
fn marks(page: &Page, field: &str, text: &str) {
    let marked: Vec<&str> = page
        .text
        .split("<div id=\"error-")
        .skip(1)
        .filter(|slot| slot.split("</div>").next().is_some_and(|slot| slot.contains("class=\"error\"")))
        .collect();
    assert_eq!(marked.len(), 1, "{marked:?}");
    assert!(marked[0].starts_with(&format!("{field}\"")) && marked[0].contains(text), "{}", marked[0]);
}

#[tokio::test]
async fn a_port_without_tls_is_a_matter_of_the_endpoint() {
    let mut browser = Browser::logged_in().await;
    let endpoint = format!("https://{}", peer().await);
    for provider in ["pack", "repository"] {
        let fields = [("provider", provider), ("name", "far"), ("auth", "none"), ("endpoint", endpoint.as_str())];
        let page = browser.submit(NEW, VALIDATE, &fields).await;
        page.shows("Validation stopped at TLS");
        marks(&page, "endpoint", "does not speak TLS");
    }
}

#[tokio::test]
async fn a_proxy_that_may_not_be_used_is_a_matter_of_the_proxy() {
    let mut browser = Browser::logged_in().await;
    for (proxy, says) in [
        ("http://169.254.169.254:3128", "169.254.169.254:3128 may not be used"),
        ("ftp://proxy:21", "only http and https"),
    ] {
        let fields = [
            ("name", "far"),
            ("auth", "none"),
            ("endpoint", "http://127.0.0.1:9"),
            ("by_proxy", "yes"),
            ("proxy_url", proxy),
        ];
        let page = browser.submit(NEW, VALIDATE, &fields).await;
        page.shows("Validation stopped at Proxy");
        marks(&page, "proxy_url", says);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_a_matter_of_the_secret() {
    let mut browser = Browser::logged_in().await;
    let endpoint = peer().await;
    for method in [("aws", "keys"), ("aws", "sts")] {
        let fields = [
            ("name", "far"),
            ("auth", "ecr"),
            method,
            ("role_arn", "arn:aws:iam::123456789012:role/packs"),
            ("endpoint", endpoint.as_str()),
            ("access_key", "AKIAIOSFODNN7EXAMPLE"),
            ("secret_key", "not-the-secret"),
        ];
        let page = browser.submit(NEW, VALIDATE, &fields).await;
        page.shows("Validation stopped at Credentials");
        marks(&page, "secret_key", "does not belong to this access key");
    }
}

/// Where this server's own identity is chosen, the fields of a key are not there to be marked.
#[tokio::test]
async fn an_identity_that_is_not_lent_is_a_matter_of_the_method() {
    let mut browser = Browser::logged_in().await;
    let fields = [("name", "far"), ("auth", "ecr"), ("aws", "server"), ("endpoint", "http://127.0.0.1:9")];
    let page = browser.submit(NEW, VALIDATE, &fields).await;
    marks(&page, "aws", "does not lend its own AWS identity");
    let page = browser.submit(NEW, NEW, &fields).await;
    marks(&page, "aws", "does not lend its own AWS identity");
}

#[tokio::test]
async fn an_edit_says_why_the_authentication_type_is_fixed() {
    let mut browser = Browser::logged_in().await;
    assert!(!browser.get(NEW).await.text.contains("hint-auth"), "a new one may be anything");
    let caller = browser.caller().await;
    for (name, spec, says) in [
        ("ecr", RegistrySpec::ecr("https://ecr.example.com", "team", Auth::Anonymous), "was added as ECR stays one"),
        ("basic", RegistrySpec::basic("https://oci.example.com", "team", Auth::Anonymous), "was not added as ECR"),
    ] {
        let uid = browser.catalog.create_registry_at_once(&caller, name, spec).await.expect("it is kept").uid;
        let page = browser.get(&format!("/settings/registries/{uid}/edit")).await;
        page.shows("<fieldset class=\"field\" aria-describedby=\"hint-auth\">").shows("id=\"hint-auth\">").shows(says);
    }
}

//! Challenges and where secrets go.

use crate::fake::{Fake, JSON, OCI, reply, repo, tag, with};
use base64::Engine as _;
use packyard_oci::client::{Credentials, Hop};
use packyard_oci::pack_artifact;
use secrecy::SecretString;

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn manifest() -> Vec<u8> {
    pack_artifact::manifest(None, &Default::default())
}

#[tokio::test]
async fn basic_is_shown_only_when_asked_for_and_then_at_once() {
    let fake = Fake::start(|seen, _| match seen.header("authorization") {
        Some(value) if value == basic("ann", "pw") => with(200, &[OCI], manifest()),
        Some(_) => reply(403),
        None => with(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
    })
    .await;
    let client = fake.client(Credentials::basic("ann", "pw"));
    client.get_manifest(&repo(), &tag("1")).await.unwrap().unwrap();
    client.get_manifest(&repo(), &tag("1")).await.unwrap().unwrap();
    let shown: Vec<bool> = fake.seen().iter().map(|s| s.header("authorization").is_some()).collect();
    assert_eq!(shown, [false, true, true]);
}

#[tokio::test]
async fn a_wrong_password_is_an_authentication_error_after_one_try() {
    let fake = Fake::start(|_, _| {
        with(
            401,
            &[("www-authenticate", "Basic realm=\"r\""), JSON],
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}"#,
        )
    })
    .await;
    let error = fake.client(Credentials::basic("ann", "pw")).ping().await.unwrap_err();
    assert_eq!((error.hop, error.status, error.has_code("UNAUTHORIZED")), (Hop::Auth, Some(401), true), "{error}");
    assert_eq!(fake.seen().len(), 2);
    let error = fake.anonymous().ping().await.unwrap_err();
    assert_eq!(error.hop, Hop::Auth);
    assert!(error.to_string().contains("wants a user name and password"), "{error}");
}

#[tokio::test]
async fn bearer_tokens_are_fetched_with_the_scope_and_kept() {
    let fake = Fake::start(|seen, _| {
        if seen.target.starts_with("/token") {
            return with(200, &[JSON], r#"{"token":"t0ken","expires_in":300}"#);
        }
        match seen.header("authorization") {
            Some("Bearer t0ken") => with(200, &[OCI], manifest()),
            _ => {
                let host = seen.header("host").unwrap();
                let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"svc\",scope=\"x\"");
                with(401, &[("www-authenticate", &challenge)], "")
            }
        }
    })
    .await;
    let client = fake.client(Credentials::basic("ann", "pw"));
    for _ in 0..2 {
        client.get_manifest(&repo(), &tag("1")).await.unwrap().unwrap();
    }
    let tokens: Vec<_> = fake.seen().into_iter().filter(|s| s.target.starts_with("/token")).collect();
    assert_eq!(tokens.len(), 1, "one token serves both calls");
    assert_eq!(tokens[0].header("authorization"), Some(basic("ann", "pw").as_str()));
    assert_eq!(tokens[0].target, "/token?service=svc&scope=repository%3Ateam%2Fspectro-packs%2Farchive%2Fhello%3Apull");
    assert_eq!(fake.seen().len(), 4);
}

#[tokio::test]
async fn one_token_serves_many_repositories() {
    let fake = Fake::start(|seen, _| {
        if seen.target.starts_with("/token") {
            let repositories = seen.target.matches("scope=").count();
            return with(200, &[JSON], format!(r#"{{"token":"for-{repositories}","expires_in":300}}"#));
        }
        match seen.header("authorization") {
            Some("Bearer for-2") => with(200, &[OCI], manifest()),
            Some(_) if seen.target == "/v2/" => reply(200),
            _ => {
                let host = seen.header("host").unwrap();
                with(401, &[("www-authenticate", &format!("Bearer realm=\"http://{host}/token\",service=\"svc\""))], "")
            }
        }
    })
    .await;
    let client = fake.client(Credentials::basic("ann", "pw"));
    client.authorize(&[repo()]).await;
    assert_eq!(fake.seen().len(), 0, "who has not been asked for a token does not fetch one");
    client.ping().await.unwrap();
    let both = [repo(), "team/second".parse().unwrap()];
    client.authorize(&both).await;
    let before = fake.seen().len();
    for repository in &both {
        client.get_manifest(repository, &tag("1")).await.unwrap().unwrap();
    }
    assert_eq!(fake.seen().len() - before, 2, "{:?}", fake.lines());
}

#[tokio::test]
async fn an_identity_token_is_exchanged_by_post() {
    let fake = Fake::start(|seen, _| {
        if seen.target == "/token" {
            let form = String::from_utf8(seen.body.to_vec()).unwrap();
            let good = seen.method == "POST"
                && form.contains("grant_type=refresh_token")
                && form.contains("refresh_token=secret");
            return if good { with(200, &[JSON], r#"{"access_token":"a"}"#) } else { reply(400) };
        }
        match seen.header("authorization") {
            Some("Bearer a") => reply(200),
            _ => {
                let challenge = format!("Bearer realm=\"http://{}/token\"", seen.header("host").unwrap());
                with(401, &[("www-authenticate", &challenge)], "")
            }
        }
    })
    .await;
    fake.client(Credentials::IdentityToken(SecretString::from("secret"))).ping().await.unwrap();
}

#[tokio::test]
async fn a_realm_on_another_plain_http_host_is_never_asked() {
    let other = Fake::start(|_, _| with(200, &[JSON], r#"{"token":"t"}"#)).await;
    let realm = format!("Bearer realm=\"http://localhost:{}/token\",service=\"s\"", other.port);
    let fake = Fake::start(move |_, _| with(401, &[("www-authenticate", &realm)], "")).await;
    let error = fake.client(Credentials::basic("ann", "pw")).ping().await.unwrap_err();
    assert_eq!(error.hop, Hop::Auth);
    assert!(error.to_string().contains("neither https nor the registry's own host"), "{error}");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_to_another_origin_loses_the_credentials() {
    let blob = b"pack".as_slice();
    let digest = packyard_oci::Digest::sha256(blob);
    let other = Fake::start(move |_, _| with(200, &[], blob)).await;
    let away = format!("{}/signed?x=1", other.origin());
    let fake = Fake::start(move |seen, _| match seen.header("authorization") {
        Some(_) => with(307, &[("location", &away)], ""),
        None => with(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
    })
    .await;
    let client = fake.client(Credentials::basic("ann", "pw"));
    let stream = client.get_blob(&repo(), &digest, Some(4)).await.unwrap();
    assert_eq!(crate::pull::read(stream).await.unwrap(), blob);
    assert_eq!(other.lines(), ["GET /signed?x=1"]);
    assert_eq!(other.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn another_origin_that_asks_for_a_password_gets_none() {
    let other = Fake::start(|_, _| with(401, &[("www-authenticate", "Basic realm=\"phish\"")], "")).await;
    let away = other.origin();
    let fake = Fake::start(move |_, _| with(302, &[("location", &away)], "")).await;
    let error = fake.client(Credentials::basic("ann", "pw")).get_manifest(&repo(), &tag("1")).await.unwrap_err();
    assert_eq!(error.hop, Hop::Auth);
    assert!(other.seen().iter().all(|s| s.header("authorization").is_none()));
    assert_eq!(other.seen().len(), 1);
}

#[tokio::test]
async fn the_probe_sends_no_credentials_and_knows_ecr_and_packyard() {
    let fake = Fake::start(|_, _| {
        let challenge = "Basic realm=\"https://localhost/\",service=\"ecr.amazonaws.com\"";
        with(401, &[("www-authenticate", challenge), ("packyard-instance", "abc123")], "Not Authorized")
    })
    .await;
    let probe = fake.client(Credentials::basic("ann", "pw")).probe().await.unwrap();
    assert!(probe.is_ecr() && probe.is_registry);
    assert_eq!(probe.packyard_instance.as_deref(), Some("abc123"));
    assert_eq!(fake.seen().len(), 1);
    assert_eq!(fake.seen()[0].header("authorization"), None);
}

//! Signatures: AWS's published vectors, independent signers, and every fault by name.

mod signers;
mod vectors;

use super::{World, peer, worlds_with};
use packyard_access::{AccessConfig, SignatureError, SignedRequest, sha256_hex};
use secrecy::SecretString;
use vectors::{PLAIN, STS_TOKEN, Vector};

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const DATE: &str = "20150830T123600Z";

/// The smallest correct signer: one path, no query, headers in order.
pub(crate) fn sign(
    key_id: &str,
    secret: &str,
    date: &str,
    service: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> String {
    let mut sorted = headers.to_vec();
    sorted.sort();
    let lines: String = sorted.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names = sorted.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256_hex(body));
    let scope = format!("{}/us-east-1/{service}/aws4_request", &date[..8]);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = mac(&key, part.as_bytes());
    }
    let signature: String = mac(&key, to_sign.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

pub(crate) fn header_map(headers: &[(String, String)]) -> http::HeaderMap {
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        map.append(name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

fn given_key() -> AccessConfig {
    let root_access_key = Some((KEY_ID.to_owned(), SecretString::from(SECRET)));
    AccessConfig { root_access_key, ..AccessConfig::default() }
}

async fn world() -> World {
    worlds_with(given_key()).await.remove(0)
}

async fn verify(world: &World, vector: &Vector, authorization: &str) -> Result<(), SignatureError> {
    let mut headers = vec![
        ("host".to_owned(), "example.amazonaws.com".to_owned()),
        ("x-amz-date".to_owned(), DATE.to_owned()),
        ("authorization".to_owned(), authorization.to_owned()),
    ];
    headers.extend(vector.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let headers = header_map(&headers);
    let request = SignedRequest {
        method: vector.method,
        path: vector.path,
        query: vector.query,
        headers: &headers,
        authority: None,
        body_sha256: &sha256_hex(vector.body.as_bytes()),
        service: "service",
        peer: peer(),
    };
    world.access.verify_sigv4(&request).await.map(|caller| {
        assert_eq!(caller.arn(), "arn:aws:iam::000000000000:root");
        assert_eq!(caller.access_key_id(), Some(KEY_ID));
    })
}

fn authorization(vector: &Vector, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/20150830/us-east-1/service/aws4_request, SignedHeaders={}, Signature={signature}",
        vector.signed
    )
}

async fn fault(world: &World, change: impl FnOnce(&mut Vec<(String, String)>)) -> SignatureError {
    let mut headers = vec![
        ("host".to_owned(), "example.amazonaws.com".to_owned()),
        ("x-amz-date".to_owned(), DATE.to_owned()),
        ("authorization".to_owned(), authorization(&PLAIN, PLAIN.signature)),
    ];
    change(&mut headers);
    let headers = header_map(&headers);
    let request = SignedRequest {
        method: "GET",
        path: "/",
        query: "",
        headers: &headers,
        authority: None,
        body_sha256: &sha256_hex(b""),
        service: "service",
        peer: peer(),
    };
    world.access.verify_sigv4(&request).await.map(|_| ()).unwrap_err()
}

fn put(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(there, _)| there != name);
    headers.push((name.to_owned(), value.to_owned()));
}

#[tokio::test]
async fn every_fault_has_the_codes_and_status_of_both_protocols() {
    let world = world().await;
    let codes = |error: &SignatureError| (error.code(), error.status(), error.query_code(), error.query_status());

    let missing = fault(&world, |headers| headers.retain(|(name, _)| name != "authorization")).await;
    assert_eq!(codes(&missing), ("MissingAuthenticationTokenException", 400, "MissingAuthenticationToken", 403));

    let incomplete = fault(&world, |headers| {
        put(
            headers,
            "authorization",
            &format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/20150830/us-east-1/service/aws4_request"),
        );
    })
    .await;
    assert_eq!(codes(&incomplete), ("IncompleteSignatureException", 400, "IncompleteSignature", 400));
    assert_eq!(
        incomplete.to_string(),
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."
    );

    let unknown = fault(&world, |headers| {
        put(headers, "authorization", &authorization(&PLAIN, PLAIN.signature).replace(KEY_ID, "AKIDUNKNOWN"));
    })
    .await;
    assert_eq!(codes(&unknown), ("UnrecognizedClientException", 400, "InvalidClientTokenId", 403));
    assert_eq!(unknown.to_string(), "The security token included in the request is invalid.");

    let service = fault(&world, |headers| {
        put(headers, "authorization", &authorization(&PLAIN, PLAIN.signature).replace("/service/", "/s3/"));
    })
    .await;
    assert_eq!(codes(&service), ("InvalidSignatureException", 400, "SignatureDoesNotMatch", 403));
    assert_eq!(service.to_string(), "Credential should be scoped to correct service: 'service'. ");

    let day = fault(&world, |headers| {
        put(headers, "authorization", &authorization(&PLAIN, PLAIN.signature).replace("20150830", "20150829"));
    })
    .await;
    assert_eq!(day.code(), "InvalidSignatureException");
    assert!(day.to_string().starts_with("Date in Credential scope does not match YYYYMMDD from ISO-8601"), "{day}");

    let token = fault(&world, |headers| {
        put(headers, "x-amz-security-token", STS_TOKEN);
        let all = authorization(&PLAIN, PLAIN.signature);
        put(headers, "authorization", &all.replace("x-amz-date", "x-amz-date;x-amz-security-token"));
    })
    .await;
    assert_eq!(token.code(), "UnrecognizedClientException");

    let unsigned = fault(&world, |headers| put(headers, "x-amz-target", "X.Y")).await;
    assert_eq!(unsigned.to_string(), "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");

    let payload = fault(&world, |headers| {
        put(headers, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        let all = authorization(&PLAIN, PLAIN.signature);
        put(headers, "authorization", &all.replace("x-amz-date", "x-amz-content-sha256;x-amz-date"));
    })
    .await;
    assert_eq!(payload.code(), "InvalidSignatureException");
    assert!(payload.to_string().contains("UNSIGNED-PAYLOAD"), "{payload}");
}

/// What chrono would read as a time, and what is not one to cut a day out of.
#[tokio::test]
async fn dates_of_another_form_are_refused_wherever_they_stand() {
    let world = world().await;
    for date in ["2 1 1T1\u{a0}1    1Z", "2015 8 30T12 3Z", "+20150830T12360Z", "20150830t123600Z", "20150830T126100Z"]
    {
        let mut query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY_ID}/20150830/us-east-1/service/aws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Date="
        );
        query.extend(date.bytes().map(|byte| format!("%{byte:02X}")));
        let headers = header_map(&[("host".to_owned(), "example.amazonaws.com".to_owned())]);
        let request = SignedRequest {
            method: "GET",
            path: "/",
            query: &query,
            headers: &headers,
            authority: None,
            body_sha256: &sha256_hex(b""),
            service: "service",
            peer: peer(),
        };
        let error = world.access.verify_sigv4(&request).await.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), "IncompleteSignatureException", "{date}: {error}");
        if date.is_ascii() {
            assert_eq!(fault(&world, |headers| put(headers, "x-amz-date", date)).await.code(), error.code(), "{date}");
        }
    }
}

/// Keys that do not exist are remembered by their id.
#[tokio::test]
async fn a_key_id_longer_than_any_is_not_looked_for() {
    let world = world().await;
    let with_id = |id: String| {
        let authorization = authorization(&PLAIN, PLAIN.signature).replace(KEY_ID, &id);
        fault(&world, move |headers| put(headers, "authorization", &authorization))
    };
    assert_eq!(with_id("A".repeat(128)).await.code(), "UnrecognizedClientException");
    let error = with_id("A".repeat(129)).await;
    assert_eq!((error.code(), error.query_code()), ("IncompleteSignatureException", "IncompleteSignature"));
    assert!(error.to_string().contains("129 characters"), "{error}");
}

#[tokio::test]
async fn a_signature_counts_for_fifteen_minutes_around_its_time() {
    let world = world().await;
    let plain = authorization(&PLAIN, PLAIN.signature);
    for (moved_ms, outcome) in [
        (900_000, Ok(())),
        (
            1_000,
            Err(
                "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
            ),
        ),
    ] {
        world.clock.advance_ms(moved_ms);
        let got = verify(&world, &PLAIN, &plain).await.map_err(|error| error.to_string());
        assert_eq!(got, outcome.map_err(str::to_owned));
    }
    world.clock.advance_ms(-901_000 - 901_000);
    assert_eq!(
        verify(&world, &PLAIN, &plain).await.unwrap_err().to_string(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"
    );
}

#[tokio::test]
async fn an_inactive_key_is_unknown_and_an_active_one_works_again() {
    let world = world().await;
    let user = world.user("ada", &[]).await;
    let root = world.root().await;
    let iam = world.access.iam(&root);
    iam.set_access_key_active(Some("ada"), &user.key_id, false).await.unwrap();
    let refused = world.signed_in(&user.key_id, &user.secret, None).await.unwrap_err();
    assert_eq!(refused.query_code(), "InvalidClientTokenId");
    iam.set_access_key_active(Some("ada"), &user.key_id, true).await.unwrap();
    assert_eq!(world.signed_in(&user.key_id, &user.secret, None).await.unwrap().arn(), user.arn);
}

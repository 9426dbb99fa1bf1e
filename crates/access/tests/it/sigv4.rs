//! Signatures: AWS's published vectors, botocore and reqsign as independent signers, and every fault by name.

use super::{THEN_MS, World, peer, worlds_with};
use packyard_access::{Access, AccessConfig, SignatureError, SignedRequest, sha256_hex};
use packyard_store::{Clock, DbLocation, SealKey, Store, SystemClock};
use packyard_testkit::skip;
use secrecy::SecretString;
use std::io::Write as _;
use std::process::{Command, Stdio};

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

struct Vector {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    signed: &'static str,
    signature: &'static str,
}

const PLAIN: Vector = Vector {
    name: "get-vanilla",
    method: "GET",
    path: "/",
    query: "",
    headers: &[],
    body: "",
    signed: "host;x-amz-date",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
};

const STS_TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

/// The classic suite of AWS (service `service`, 2015-08-30). Left out: the one with folded header lines, which HTTP/1.1
/// servers refuse.
const VECTORS: &[Vector] = &[
    PLAIN,
    Vector {
        name: "get-vanilla-query-order-key-case",
        query: "Param2=value2&Param1=value1",
        signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-empty-query-key",
        query: "Param1=value1",
        signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-query-order-key",
        query: "Param1=value2&Param1=Value1",
        signature: "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-query-order-value",
        query: "Param1=value2&Param1=value1",
        signature: "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-query-unreserved",
        query: "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-utf8-query",
        query: "ሴ=bar",
        signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ..PLAIN
    },
    Vector {
        name: "get-utf8",
        path: "/ሴ",
        signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ..PLAIN
    },
    Vector {
        name: "get-space",
        path: "/example space/",
        signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        ..PLAIN
    },
    Vector {
        name: "get-unreserved",
        path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ..PLAIN
    },
    Vector {
        name: "get-slashes",
        path: "//example//",
        signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        ..PLAIN
    },
    Vector { name: "get-slash", path: "//", ..PLAIN },
    Vector { name: "get-slash-dot-slash", path: "/./", ..PLAIN },
    Vector {
        name: "get-slash-pointless-dot",
        path: "/./example",
        signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        ..PLAIN
    },
    Vector { name: "get-relative", path: "/example/..", ..PLAIN },
    Vector { name: "get-relative-relative", path: "/example1/example2/../..", ..PLAIN },
    Vector {
        name: "get-header-key-duplicate",
        headers: &[("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
        signed: "host;my-header1;x-amz-date",
        signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ..PLAIN
    },
    Vector {
        name: "get-header-value-order",
        headers: &[
            ("My-Header1", "value4"),
            ("My-Header1", "value1"),
            ("My-Header1", "value3"),
            ("My-Header1", "value2"),
        ],
        signed: "host;my-header1;x-amz-date",
        signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        ..PLAIN
    },
    Vector {
        name: "get-header-value-trim",
        headers: &[("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
        signed: "host;my-header1;my-header2;x-amz-date",
        signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ..PLAIN
    },
    Vector {
        name: "post-vanilla",
        method: "POST",
        signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ..PLAIN
    },
    Vector {
        name: "post-vanilla-query",
        method: "POST",
        query: "Param1=value1",
        signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ..PLAIN
    },
    Vector {
        name: "post-header-key-sort",
        method: "POST",
        headers: &[("My-Header1", "value1")],
        signed: "host;my-header1;x-amz-date",
        signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        ..PLAIN
    },
    Vector {
        name: "post-header-value-case",
        method: "POST",
        headers: &[("My-Header1", "VALUE1")],
        signed: "host;my-header1;x-amz-date",
        signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        ..PLAIN
    },
    Vector {
        name: "post-x-www-form-urlencoded",
        method: "POST",
        headers: &[("Content-Type", "application/x-www-form-urlencoded")],
        body: "Param1=value1",
        signed: "content-type;host;x-amz-date",
        signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ..PLAIN
    },
    Vector {
        name: "post-x-www-form-urlencoded-parameters",
        method: "POST",
        headers: &[("Content-Type", "application/x-www-form-urlencoded; charset=utf8")],
        body: "Param1=value1",
        signed: "content-type;host;x-amz-date",
        signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
        ..PLAIN
    },
];

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

#[tokio::test]
async fn the_published_vectors_verify_and_with_one_bit_changed_do_not() {
    let world = world().await;
    for vector in VECTORS {
        verify(&world, vector, &authorization(vector, vector.signature))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        let last = if vector.signature.ends_with('0') { "1" } else { "0" };
        let wrong = format!("{}{last}", &vector.signature[..63]);
        let error = verify(&world, vector, &authorization(vector, &wrong)).await.unwrap_err();
        assert_eq!(error.code(), "InvalidSignatureException", "{}", vector.name);
    }
}

/// `post-sts-header-before` has a session token, which no server but AWS's could open; its signature is checked through
/// the canonicaliser by the test's own signer.
#[test]
fn the_test_signer_agrees_with_the_published_vector_with_a_token() {
    let headers = [
        ("host".to_owned(), "example.amazonaws.com".to_owned()),
        ("x-amz-date".to_owned(), DATE.to_owned()),
        ("x-amz-security-token".to_owned(), STS_TOKEN.to_owned()),
    ];
    let made = sign(KEY_ID, SECRET, DATE, "service", &headers, b"");
    assert!(made.ends_with("85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"), "{made}");
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

/// Signs with botocore at a fixed moment: lines of `method url body headers-json presigned` in, signed request out.
const BOTOCORE: &str = r#"
import datetime, json, sys
try:
    import botocore.auth, botocore.awsrequest, botocore.credentials
except ImportError:
    sys.exit(42)
then = datetime.datetime(2015, 8, 30, 12, 36)
botocore.auth.get_current_datetime = lambda: then
job = json.load(sys.stdin)
credentials = botocore.credentials.Credentials(job['key_id'], job['secret'], job.get('token'))
out = []
for case in job['cases']:
    request = botocore.awsrequest.AWSRequest(case['method'], case['url'], headers=case['headers'], data=case['body'].encode())
    signer = botocore.auth.SigV4QueryAuth if case['presigned'] else botocore.auth.SigV4Auth
    extra = {'expires': 60} if case['presigned'] else {}
    signer(credentials, case['service'], 'eu-central-1', **extra).add_auth(request)
    prepared = request.prepare()
    out.append({'url': prepared.url, 'body': (prepared.body or b'').decode(), 'headers': {k: v if isinstance(v, str) else v.decode() for k, v in prepared.headers.items()}})
print(json.dumps(out))
"#;

fn botocore(job: &serde_json::Value) -> Option<Vec<serde_json::Value>> {
    let child = Command::new("python3")
        .args(["-c", BOTOCORE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let Ok(mut child) = child else {
        skip("signatures by botocore", "python3 is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(42) {
        skip("signatures by botocore", "python3 has no botocore; `pip install botocore`");
        return None;
    }
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

async fn verify_prepared(
    world: &World,
    case: &serde_json::Value,
    prepared: &serde_json::Value,
) -> Result<(), SignatureError> {
    let url: http::Uri = prepared["url"].as_str().unwrap().parse().unwrap();
    let mut headers: Vec<(String, String)> = prepared["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned()))
        .collect();
    if !headers.iter().any(|(name, _)| name == "host") {
        headers.push(("host".into(), url.authority().unwrap().to_string()));
    }
    let headers = header_map(&headers);
    let request = SignedRequest {
        method: case["method"].as_str().unwrap(),
        path: url.path(),
        query: url.query().unwrap_or(""),
        headers: &headers,
        authority: None,
        body_sha256: &sha256_hex(prepared["body"].as_str().unwrap().as_bytes()),
        service: case["service"].as_str().unwrap(),
        peer: peer(),
    };
    world.access.verify_sigv4(&request).await.map(|_| ())
}

fn cases() -> Vec<serde_json::Value> {
    let target = serde_json::json!({
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.CreateRepository",
    });
    let form = serde_json::json!({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"});
    let case = |method: &str, url: &str, service: &str, headers: &serde_json::Value, body: &str, presigned: bool| {
        serde_json::json!({
            "method": method, "url": url, "service": service, "headers": headers, "body": body, "presigned": presigned,
        })
    };
    let none = serde_json::json!({});
    vec![
        case("POST", "http://localhost:7225/", "ecr", &target, "{\"repositoryName\":\"a/b\"}", false),
        case("POST", "http://127.0.0.1:7225/", "sts", &form, "Action=GetCallerIdentity&Version=2011-06-15", false),
        case("POST", "https://iam.example.org/", "iam", &form, "Action=CreateUser&UserName=%C3%BC+x", false),
        case("GET", "http://localhost:7225/a%20b/c%2Fd/~e?x=1&y=a%20b&x=%C3%BC&empty=", "ecr", &none, "", false),
        case("POST", "http://localhost:7225/", "ecr", &target, "", false),
        case("GET", "http://localhost:7225/?Action=GetCallerIdentity&Version=2011-06-15", "sts", &none, "", true),
        case("POST", "http://localhost:7225/", "ecr", &target, "{}", true),
    ]
}

#[tokio::test]
async fn botocore_signs_what_we_verify_in_headers_and_in_queries() {
    let world = world().await;
    let cases = cases();
    let job = serde_json::json!({"key_id": KEY_ID, "secret": SECRET, "cases": cases});
    let Some(prepared) = botocore(&job) else { return };
    assert_eq!(prepared.len(), cases.len());
    for (case, prepared) in cases.iter().zip(&prepared) {
        verify_prepared(&world, case, prepared).await.unwrap_or_else(|error| panic!("{case}\n{prepared}\n{error}"));
        let mut other_body = prepared.clone();
        other_body["body"] = "something else".into();
        let error = verify_prepared(&world, case, &other_body).await.unwrap_err();
        assert_eq!(error.code(), "InvalidSignatureException", "{case}");
    }
}

#[tokio::test]
async fn a_presigned_request_ends_when_it_says() {
    let world = world().await;
    let case = &cases()[5];
    let job = serde_json::json!({"key_id": KEY_ID, "secret": SECRET, "cases": [case]});
    let Some(prepared) = botocore(&job) else { return };
    world.clock.advance_ms(60_000);
    verify_prepared(&world, case, &prepared[0]).await.unwrap();
    world.clock.advance_ms(1_000);
    let error = verify_prepared(&world, case, &prepared[0]).await.unwrap_err();
    assert_eq!(error.to_string(), "Signature expired: 20150830T123600Z is now earlier than 20150830T123701Z");
}

#[tokio::test]
async fn reqsign_signs_what_we_verify() {
    let folder = tempfile::tempdir().unwrap();
    let location = DbLocation::Sqlite(folder.path().join("packyard.db"));
    let store = Store::open(&location, SealKey::generate()).await.unwrap();
    let (access, _) = Access::open(&store, given_key()).await.unwrap();
    assert!(SystemClock.now_ms() > THEN_MS);
    let body = r#"{"repositoryName":"a"}"#;
    let mut parts = http::Request::post("http://localhost:7225/?x=1&a=%C3%BC")
        .header("host", "localhost:7225")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.CreateRepository")
        .header("x-amz-content-sha256", sha256_hex(body.as_bytes()))
        .body(())
        .unwrap()
        .into_parts()
        .0;
    let provider = reqsign_aws_v4::StaticCredentialProvider::new(KEY_ID, SECRET);
    let signer = reqsign_core::Signer::new(
        reqsign_core::Context::new(),
        provider,
        reqsign_aws_v4::RequestSigner::new("ecr", "us-east-1"),
    );
    signer.sign(&mut parts, None).await.unwrap();
    let hash = sha256_hex(body.as_bytes());
    let request = SignedRequest::new(&parts, &hash, "ecr", peer());
    let caller = access.verify_sigv4(&request).await.unwrap();
    assert!(caller.principal.is_root());
    let other = sha256_hex(b"another body");
    assert!(access.verify_sigv4(&SignedRequest::new(&parts, &other, "ecr", peer())).await.is_err());
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

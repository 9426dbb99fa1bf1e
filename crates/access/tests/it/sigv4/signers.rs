//! botocore and reqsign as independent signers.

use super::{KEY_ID, SECRET, given_key, header_map, world};
use crate::{THEN_MS, World, peer};
use packyard_access::{Access, SignatureError, SignedRequest, sha256_hex};
use packyard_store::{Clock, DbLocation, SealKey, Store, SystemClock};
use packyard_testkit::skip;
use std::io::Write as _;
use std::process::{Command, Stdio};

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

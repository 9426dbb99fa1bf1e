//! ECR and STS as AWS answers them: recorded replies, and every signature recomputed by the text of AWS's
//! documentation, independently of the library that made it. Real AWS cannot be reached from the tests.

use crate::fake::{Fake, Seen, quick, reply, repo, with};
use axum::response::Response;
use base64::Engine as _;
use packyard_oci::aws::{
    AwsCredentials, AwsEndpoints, AwsKeys, Created, EcrApi, EcrService, ImageId, RepositorySettings, RoleToAssume,
    sts_assume_role, sts_caller_identity,
};
use packyard_oci::client::{Client, Credentials, Hop};
use packyard_oci::{Digest, Tag};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn keys() -> AwsKeys {
    AwsKeys::new(KEY, SecretString::from(SECRET))
}

fn api_with(fake: &Fake, credentials: AwsCredentials) -> EcrApi {
    let endpoints = AwsEndpoints {
        ecr: fake.origin(),
        sts: fake.origin(),
        region: "eu-west-1".into(),
        service: EcrService::Private,
    };
    EcrApi::new(endpoints, credentials, quick()).unwrap()
}

fn api(fake: &Fake) -> EcrApi {
    api_with(fake, AwsCredentials::Keys(keys()))
}

fn json(status: u16, body: &str) -> Response {
    with(status, &[("content-type", "application/x-amz-json-1.1")], body.to_owned())
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// Recomputes the signature of a `POST /` from what arrived.
fn assert_signed(seen: &Seen, service: &str, region: &str, secret: &str) {
    let body_hash = Digest::sha256(&seen.body);
    assert_eq!(
        seen.header("x-amz-content-sha256"),
        Some(body_hash.hex()),
        "the body's hash is signed, not UNSIGNED-PAYLOAD"
    );
    let authorization = seen.header("authorization").unwrap();
    let part = |name: &str| {
        let start = authorization.find(name).unwrap() + name.len();
        authorization[start..].split(',').next().unwrap().to_owned()
    };
    let (credential, signed, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let date = seen.header("x-amz-date").unwrap();
    let scope = format!("{}/{region}/{service}/aws4_request", &date[..8]);
    assert!(credential.ends_with(&scope), "{credential}");
    for needed in ["content-type", "host", "x-amz-content-sha256", "x-amz-date"] {
        assert!(signed.split(';').any(|name| name == needed), "{needed} is not in {signed}");
    }
    for name in seen.headers.keys().filter(|name| name.as_str().starts_with("x-amz-")) {
        assert!(signed.split(';').any(|s| s == name.as_str()), "AWS wants every x-amz-* header signed; {name} is not");
    }
    let headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", seen.header(name).unwrap().trim())).collect();
    let canonical = format!("{}\n/\n\n{headers}\n{signed}\n{}", seen.method, body_hash.hex());
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", Digest::sha256(canonical.as_bytes()).hex());
    let mut key = sign(format!("AWS4{secret}").as_bytes(), &date[..8]);
    for text in [region, service, "aws4_request"] {
        key = sign(&key, text);
    }
    let expected: String = sign(&key, &to_sign).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(signature, expected);
}

fn token(password: &str) -> String {
    let token = base64::engine::general_purpose::STANDARD.encode(format!("AWS:{password}"));
    format!(
        r#"{{"authorizationData":[{{"authorizationToken":"{token}","expiresAt":4102444800.5,"proxyEndpoint":"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"}}]}}"#
    )
}

#[tokio::test]
async fn calls_are_signed_with_the_hash_of_the_body() {
    let fake = Fake::start(|_, _| json(200, &token("p:w"))).await;
    let found = api(&fake).get_authorization_token().await.unwrap();
    assert_eq!((found.user.as_str(), found.password.expose_secret()), ("AWS", "p:w"));
    let seen = &fake.seen()[0];
    assert_eq!(seen.line(), "POST /");
    assert_eq!(seen.header("content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(seen.header("x-amz-target"), Some("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"));
    assert_eq!(seen.body.as_ref(), b"{}");
    assert_signed(seen, "ecr", "eu-west-1", SECRET);
    assert!(!format!("{found:?}").contains("p:w"));
}

#[tokio::test]
async fn session_tokens_are_sent_and_signed() {
    let fake = Fake::start(|_, _| json(200, &token("x"))).await;
    let temporary = AwsKeys { session_token: Some(SecretString::from("session==")), ..keys() };
    api_with(&fake, AwsCredentials::Keys(temporary)).get_authorization_token().await.unwrap();
    assert_eq!(fake.seen()[0].header("x-amz-security-token"), Some("session=="));
    assert_signed(&fake.seen()[0], "ecr", "eu-west-1", SECRET);
}

#[tokio::test]
async fn a_repository_that_exists_is_success() {
    let fake = Fake::start(|_, before| match before {
        0 => json(200, r#"{"repository":{"repositoryArn":"arn:aws:ecr:eu-west-1:123456789012:repository/a","registryId":"123456789012","repositoryName":"a","repositoryUri":"u","createdAt":1.7e9}}"#),
        _ => json(400, r#"{"__type":"RepositoryAlreadyExistsException","message":"The repository with name 'a' already exists in the registry with id '123456789012'"}"#),
    })
    .await;
    let api = api(&fake);
    assert_eq!(api.create_repository(&repo(), &RepositorySettings::default()).await.unwrap(), Created::New);
    assert_eq!(api.create_repository(&repo(), &RepositorySettings::default()).await.unwrap(), Created::Existed);
    assert_eq!(fake.seen()[0].body.as_ref(), br#"{"repositoryName":"team/spectro-packs/archive/hello"}"#);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let text = "User: arn:aws:iam::123456789012:user/pusher is not authorized to perform: ecr:DescribeRepositories on resource: arn:aws:ecr:eu-west-1:123456789012:repository/* because no identity-based policy allows the ecr:DescribeRepositories action";
    let body = format!(r#"{{"__type":"AccessDeniedException","Message":"{text}"}}"#);
    let fake = Fake::start(move |_, _| json(400, &body)).await;
    let error = api(&fake).describe_repositories().await.unwrap_err();
    assert_eq!((error.hop, error.missing_action()), (Hop::Permission, Some("ecr:DescribeRepositories")));
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn wrong_keys_and_throttling_are_what_they_are() {
    for (code, hop, tries) in [
        ("UnrecognizedClientException", Hop::Auth, 1),
        ("InvalidSignatureException", Hop::Auth, 1),
        ("ExpiredTokenException", Hop::Auth, 1),
        ("ThrottlingException", Hop::RateLimited, 4),
        ("RepositoryNotFoundException", Hop::Path, 1),
        ("InvalidParameterException", Hop::Rejected, 1),
    ] {
        let body = format!(r#"{{"__type":"{code}","message":"m"}}"#);
        let fake = Fake::start(move |_, _| json(400, &body)).await;
        let error = api(&fake).create_repository(&repo(), &RepositorySettings::default()).await.unwrap_err();
        assert_eq!((error.hop, fake.seen().len()), (hop, tries), "{code}");
    }
}

#[tokio::test]
async fn images_by_tag_and_in_pages() {
    let fake = Fake::start(|seen, _| {
        let body = String::from_utf8(seen.body.to_vec()).unwrap();
        if body.contains("missing") {
            json(400, r#"{"__type":"ImageNotFoundException","message":"The image with imageId {imageDigest:'null', imageTag:'missing'} does not exist"}"#)
        } else if body.contains("imageIds") {
            json(200, r#"{"imageDetails":[{"registryId":"1","repositoryName":"a","imageDigest":"sha256:aa","imageTags":["1.0.0"],"imageSizeInBytes":7,"imagePushedAt":1.7e9}]}"#)
        } else if body.contains("nextToken") {
            json(200, r#"{"imageDetails":[{"imageDigest":"sha256:cc"}],"nextToken":null}"#)
        } else {
            json(200, r#"{"imageDetails":[{"imageDigest":"sha256:aa"},{"imageDigest":"sha256:bb"}],"nextToken":"more"}"#)
        }
    })
    .await;
    let api = api(&fake);
    let by_tag = |text: &str| ImageId::tag(&text.parse::<Tag>().unwrap());
    let image = api.describe_image(&repo(), &by_tag("1.0.0")).await.unwrap().unwrap();
    assert_eq!((image.image_digest.as_str(), image.image_size_in_bytes), ("sha256:aa", Some(7)));
    assert_eq!(api.describe_image(&repo(), &by_tag("missing")).await.unwrap(), None);
    assert_eq!(api.describe_images(&repo()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn pages_that_never_end_do() {
    let fake = Fake::start(|_, before| json(200, &format!(r#"{{"repositories":[],"nextToken":"t{before}"}}"#))).await;
    let mut options = quick();
    options.limits.pages = 5;
    let endpoints = AwsEndpoints {
        ecr: fake.origin(),
        sts: fake.origin(),
        region: "eu-west-1".into(),
        service: EcrService::Private,
    };
    let api = EcrApi::new(endpoints, AwsCredentials::Keys(keys()), options).unwrap();
    assert_eq!(api.describe_repositories().await.unwrap_err().hop, Hop::Limit);
    assert_eq!(fake.seen().len(), 5);
    let circle = Fake::start(|_, _| json(200, r#"{"repositories":[],"nextToken":"same"}"#)).await;
    assert_eq!(self::api(&circle).describe_repositories().await.unwrap_err().hop, Hop::Protocol);
}

#[tokio::test]
async fn a_role_is_assumed_once_with_the_external_id_and_its_keys_sign() {
    let fake = Fake::start(|seen, _| {
        if seen.header("x-amz-target").is_some() {
            return json(200, &token("x"));
        }
        let xml = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAX:s</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/R/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>role/secret</SecretAccessKey><SessionToken>tok&amp;en</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"#;
        with(200, &[("content-type", "text/xml")], xml)
    })
    .await;
    let role = RoleToAssume {
        role_arn: "arn:aws:iam::123456789012:role/R".into(),
        external_id: Some("ext:id/1".into()),
        session_name: "packyard".into(),
        duration_s: Some(900),
    };
    let api = api_with(&fake, AwsCredentials::Role { keys: keys(), role });
    api.get_authorization_token().await.unwrap();
    api.get_authorization_token().await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen.len(), 3, "the role's session is kept");
    let form = String::from_utf8(seen[0].body.to_vec()).unwrap();
    assert!(form.starts_with("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam"), "{form}");
    assert!(form.contains("&ExternalId=ext%3Aid%2F1&DurationSeconds=900"), "{form}");
    assert_signed(&seen[0], "sts", "eu-west-1", SECRET);
    assert_eq!(seen[1].header("x-amz-security-token"), Some("tok&en"));
    assert!(seen[1].header("authorization").unwrap().contains("Credential=ASIAX/"));
    assert_signed(&seen[1], "ecr", "eu-west-1", "role/secret");
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_says_so() {
    let xml = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/R</Message></Error></ErrorResponse>";
    let fake = Fake::start(move |_, _| with(403, &[("content-type", "text/xml")], xml)).await;
    let role = RoleToAssume {
        role_arn: "arn:aws:iam::2:role/R".into(),
        external_id: None,
        session_name: "s".into(),
        duration_s: None,
    };
    let error = sts_assume_role(&fake.origin(), "us-east-1", keys(), &role, &quick()).await.unwrap_err();
    assert_eq!((error.hop, error.missing_action()), (Hop::Permission, Some("sts:AssumeRole")));
}

#[tokio::test]
async fn the_caller_is_told() {
    let xml = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><UserId>AIDAX</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let fake = Fake::start(move |_, _| with(200, &[("content-type", "text/xml")], xml)).await;
    let who = sts_caller_identity(&fake.origin(), "us-east-1", keys(), &quick()).await.unwrap();
    assert_eq!((who.account.as_str(), who.user_id.as_str()), ("123456789012", "AIDAX"));
    let odd = Fake::start(|_, _| reply(200)).await;
    assert_eq!(sts_caller_identity(&odd.origin(), "us-east-1", keys(), &quick()).await.unwrap_err().hop, Hop::Protocol);
}

/// ECR ends a token with 403 and no challenge: the client gets a new one and goes on.
#[tokio::test]
async fn a_registry_token_is_renewed_when_it_ends() {
    let fake = Fake::start(|seen, before| {
        if seen.header("x-amz-target").is_some() {
            return json(200, &token(&format!("t{before}")));
        }
        let expired = r#"{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}"#;
        match (seen.header("authorization"), before) {
            (None, _) => with(401, &[("www-authenticate", "Basic realm=\"https://x/\",service=\"ecr.amazonaws.com\"")], "Not Authorized"),
            (Some(_), 3) => with(403, &[("content-type", "application/json")], expired),
            _ => with(200, &[("content-type", "application/json")], r#"{"tags":["1"]}"#),
        }
    })
    .await;
    let client = Client::new(fake.origin().parse().unwrap(), Credentials::Ecr(api(&fake)), quick()).unwrap();
    client.tags(&repo()).await.unwrap().unwrap();
    client.tags(&repo()).await.unwrap().unwrap();
    let tokens = fake.seen().iter().filter(|s| s.header("x-amz-target").is_some()).count();
    assert_eq!((tokens, fake.seen().len()), (2, 6));
}

/// ECR Public: another service and target, one token instead of a list, and a token server in front of the registry that
/// takes the token as a password. Repositories are `ALIAS/NAME`, and made as NAME.
#[tokio::test]
async fn ecr_public_has_an_api_and_a_token_server_of_its_own() {
    let fake = Fake::start(|seen, _| {
        let basic = base64::engine::general_purpose::STANDARD.encode("AWS:public-token");
        let realm = format!("http://{}/token/", seen.header("host").unwrap());
        match (seen.header("x-amz-target"), seen.header("authorization")) {
            (Some("SpencerFrontendService.GetAuthorizationToken"), _) => {
                let token = base64::engine::general_purpose::STANDARD.encode("AWS:public-token");
                json(
                    200,
                    &format!(r#"{{"authorizationData":{{"authorizationToken":"{token}","expiresAt":4102444800.5}}}}"#),
                )
            }
            (Some(_), _) => json(200, r#"{"repository":{"repositoryName":"spectro-packs/archive/hello"}}"#),
            (_, Some(basic_header)) if seen.target.starts_with("/token/") => {
                assert_eq!(basic_header, format!("Basic {basic}"));
                json(200, r#"{"token":"bearer-of-good"}"#)
            }
            (_, Some("Bearer bearer-of-good")) => {
                with(200, &[("content-type", "application/json")], r#"{"tags":["1"]}"#)
            }
            _ => with(
                401,
                &[("www-authenticate", &format!("Bearer realm=\"{realm}\",service=\"public.ecr.aws\",scope=\"aws\""))],
                "Not Authorized",
            ),
        }
    })
    .await;
    let endpoints = AwsEndpoints {
        ecr: fake.origin(),
        sts: fake.origin(),
        region: "us-east-1".into(),
        service: EcrService::Public,
    };
    let api = EcrApi::new(endpoints, AwsCredentials::Keys(keys()), quick()).unwrap();
    let client = Client::new(fake.origin().parse().unwrap(), Credentials::Ecr(api.clone()), quick()).unwrap();
    assert_eq!(client.tags(&repo()).await.unwrap().unwrap().len(), 1);
    assert_eq!(api.create_repository(&repo(), &RepositorySettings::default()).await.unwrap(), Created::New);
    let seen = fake.seen();
    let signed: Vec<_> = seen.iter().filter(|s| s.header("x-amz-target").is_some()).collect();
    signed.iter().for_each(|call| assert_signed(call, "ecr-public", "us-east-1", SECRET));
    assert_eq!(signed[1].body.as_ref(), br#"{"repositoryName":"spectro-packs/archive/hello"}"#);
}

//! Access as the server uses it: a store, a clock that tests move, and callers.

#![allow(clippy::unwrap_used)]

mod decisions;
mod first_start;
mod iam;
mod login;
mod people;
mod sigv4;
mod sts;
mod times;
mod tokens;

use packyard_access::iam::NewUser;
use packyard_access::{Access, AccessConfig, Caller, FirstLogin, Peer, SignedRequest, sha256_hex};
use packyard_store::{ManualClock, Store};
use packyard_testkit::stores_at;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::sync::Arc;

/// 2015-08-30T12:36:00Z, the moment of AWS's published examples.
pub const THEN_MS: i64 = 1_440_938_160_000;

pub struct World {
    pub engine: &'static str,
    pub store: Store,
    pub clock: ManualClock,
    pub access: Access,
    pub first: FirstLogin,
    _folder: tempfile::TempDir,
}

/// One world per database engine.
pub async fn worlds() -> Vec<World> {
    worlds_with(AccessConfig::default()).await
}

pub async fn worlds_with(config: AccessConfig) -> Vec<World> {
    let clock = ManualClock::at(THEN_MS);
    let mut out = Vec::new();
    for made in stores_at(Arc::new(clock.clone())).await {
        let (access, first) = Access::open(&made.store, config.clone()).await.unwrap();
        let first = first.expect("the first start tells its secrets");
        let clock = clock.clone();
        out.push(World { engine: made.engine, store: made.store, clock, access, first, _folder: made.folder });
    }
    out
}

pub fn peer() -> Peer {
    Peer { addr: SocketAddr::from(([192, 0, 2, 7], 40_000)), secure: false }
}

impl World {
    /// The account root, by its key.
    pub async fn root(&self) -> Caller {
        let (id, secret) = (&self.first.root_access_key_id, self.first.root_secret_access_key.clone());
        self.signed_in(id, &secret, None).await.unwrap()
    }

    /// A user with an access key and these inline policies.
    pub async fn user(&self, name: &str, policies: &[&str]) -> TestUser {
        let root = self.root().await;
        let iam = self.access.iam(&root);
        let user = iam.create_user(NewUser::named(name)).await.unwrap();
        for (n, document) in policies.iter().enumerate() {
            let holder = packyard_access::iam::Holder::User(name);
            iam.put_policy(holder, &format!("p{n}"), document).await.unwrap();
        }
        let key = iam.create_access_key(Some(name)).await.unwrap();
        let caller = self.signed_in(&key.key.id, &key.secret, None).await.unwrap();
        TestUser { arn: user.arn, key_id: key.key.id, secret: key.secret, caller }
    }

    /// Signs a request as these credentials would, by this test's own plain signer, and has it verified.
    pub async fn signed_in(
        &self,
        key_id: &str,
        secret: &SecretString,
        token: Option<&SecretString>,
    ) -> Result<Caller, packyard_access::SignatureError> {
        let clock: &dyn packyard_store::Clock = &self.clock;
        let date =
            chrono::DateTime::from_timestamp_millis(clock.now_ms()).unwrap().format("%Y%m%dT%H%M%SZ").to_string();
        let mut headers = vec![("host".to_owned(), "localhost".to_owned()), ("x-amz-date".to_owned(), date.clone())];
        if let Some(token) = token {
            headers.push(("x-amz-security-token".to_owned(), token.expose_secret().to_owned()));
        }
        let authorization = sigv4::sign(key_id, secret.expose_secret(), &date, "ecr", &headers, b"{}");
        headers.push(("authorization".to_owned(), authorization));
        let headers = sigv4::header_map(&headers);
        let body_sha256 = sha256_hex(b"{}");
        let request = SignedRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            authority: None,
            body_sha256: &body_sha256,
            service: "ecr",
            peer: peer(),
        };
        self.access.verify_sigv4(&request).await
    }
}

pub struct TestUser {
    pub arn: String,
    pub key_id: String,
    pub secret: SecretString,
    pub caller: Caller,
}

pub fn allow(actions: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"{resource}"}}]}}"#
    )
}

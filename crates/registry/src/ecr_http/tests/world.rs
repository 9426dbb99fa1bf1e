//! A registry in memory's reach, and callers who have proved themselves: the calls below begin where the signature
//! has been verified (signatures are tried with real signers, through the real door, in `packyard`'s tests).

use super::super::body::Received;
use super::super::call::Call;
use super::super::error::EcrError;
use super::super::operation::Operation;
use super::super::{dispatch, spool::Spool};
use crate::{Registry, RegistryConfig};
use bytes::Bytes;
use packyard_access::iam::{Holder, NewUser};
use packyard_access::{Access, AccessConfig, Caller, Peer};
use packyard_oci::{Algorithm, Digest};
use packyard_testkit::TestStore;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};

pub(super) const ACCOUNT: &str = "000000000000";
const EMAIL: &str = "admin@packyard.test";
const PASSWORD: &str = "correct-horse-battery-staple";

pub(super) struct World {
    pub(super) registry: Registry,
    access: Access,
    pub(super) admin: Caller,
    pub(super) engine: &'static str,
    _store: TestStore,
}

pub(super) fn peer() -> Peer {
    Peer { addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)), secure: false }
}

impl World {
    /// One on each engine.
    pub(super) async fn each() -> Vec<Self> {
        let mut worlds = Vec::new();
        for store in packyard_testkit::stores().await {
            worlds.push(Self::on(store).await);
        }
        worlds
    }

    pub(super) async fn new() -> Self {
        Self::on(packyard_testkit::stores().await.remove(0)).await
    }

    async fn on(store: TestStore) -> Self {
        let config = AccessConfig {
            admin_email: Some(EMAIL.into()),
            admin_password: Some(SecretString::from(PASSWORD)),
            ..AccessConfig::default()
        };
        let (access, _) = Access::open(&store.store, config).await.unwrap();
        let admin = access.login(EMAIL, PASSWORD, peer()).await.unwrap().caller;
        let config =
            RegistryConfig::new(store.folder.path(), "http://localhost:7225", ACCOUNT, "us-east-1", "instance");
        let registry = Registry::open(&store.store, &access, config).await.unwrap();
        Self { registry, access, admin, engine: store.engine, _store: store }
    }

    /// A user with one policy, logged in.
    pub(super) async fn user(&self, name: &str, statement: Value) -> Caller {
        let iam = self.access.iam(&self.admin);
        iam.create_user(NewUser::named(name)).await.unwrap();
        let password = "a-password-of-its-own-1";
        iam.create_login_profile(name, &SecretString::from(password), false).await.unwrap();
        let policy = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
        iam.put_policy(Holder::User(name), "p", &policy).await.unwrap();
        self.access.registry_login(name, password, peer()).await.unwrap()
    }

    pub(super) async fn call_as(&self, caller: &Caller, operation: &str, input: Value) -> Result<Value, EcrError> {
        let operation = Operation::named(operation).expect("an operation");
        let call = Call { registry: &self.registry, caller: caller.clone(), operation };
        let mut received = Received::document_only(&input);
        received.blob = Some(Spool::new(&self.registry.config().data_dir));
        dispatch(&call, received).await
    }

    pub(super) async fn call(&self, operation: &str, input: Value) -> Result<Value, EcrError> {
        self.call_as(&self.admin, operation, input).await
    }

    #[track_caller]
    pub(super) fn ok(&self, operation: &str, input: Value) -> impl Future<Output = Value> {
        let place = std::panic::Location::caller();
        async move {
            let shown = input.to_string();
            self.call(operation, input)
                .await
                .unwrap_or_else(|e| panic!("{place} {} {operation} {shown}: {e}", self.engine))
        }
    }

    /// The code and the message of a call that must fail.
    #[track_caller]
    pub(super) fn refused(&self, operation: &str, input: Value) -> impl Future<Output = (String, String)> {
        let place = std::panic::Location::caller();
        async move {
            let shown = input.to_string();
            match self.call(operation, input).await {
                Ok(answer) => panic!("{place} {} {operation} {shown} succeeded: {answer}", self.engine),
                Err(error) => {
                    assert_eq!(error.status(), 400, "{place} {operation}: {error:?}");
                    (error.code.to_owned(), error.message)
                }
            }
        }
    }

    pub(super) async fn code(&self, operation: &str, input: Value) -> String {
        self.refused(operation, input).await.0
    }

    /// UploadLayerPart with a blob as it comes out of the body.
    pub(super) async fn part(&self, upload: &str, first: i64, last: i64, blob: &[u8]) -> Result<Value, EcrError> {
        let input = json!({
            "repositoryName": "team/app", "uploadId": upload, "partFirstByte": first, "partLastByte": last,
            "layerPartBlob": "",
        });
        let call = Call { registry: &self.registry, caller: self.admin.clone(), operation: Operation::UploadLayerPart };
        let mut spool = Spool::new(&self.registry.config().data_dir);
        spool.write(blob).await.unwrap();
        let mut received = Received::document_only(&input);
        received.blob = Some(spool);
        dispatch(&call, received).await
    }

    pub(super) async fn repository(&self, name: &str) -> Value {
        self.ok("CreateRepository", json!({ "repositoryName": name })).await["repository"].clone()
    }

    /// A layer, as `/v2` would put it.
    pub(super) async fn layer(&self, repository: &str, bytes: &'static [u8]) -> Digest {
        let digest = Digest::of(Algorithm::Sha256, bytes);
        let repository = self.registry.repository(&repository.parse().unwrap()).await.unwrap();
        let body = futures_util::stream::iter([Ok::<_, String>(Bytes::from_static(bytes))]);
        self.registry.push_blob(&repository, &digest, body).await.unwrap();
        digest
    }

    /// A manifest text whose blobs are in the repository; `note` tells one from another.
    pub(super) async fn manifest(&self, repository: &str, note: &str) -> String {
        let config = self.layer(repository, b"{}").await;
        let layer = self.layer(repository, b"layer bytes").await;
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.example.config.v1+json", "digest": config, "size": 2 },
            "layers": [{ "mediaType": "application/octet-stream", "digest": layer, "size": 11 }],
            "annotations": { "note": note },
        })
        .to_string()
    }

    /// Puts an image; returns its digest.
    pub(super) async fn image(&self, repository: &str, tag: Option<&str>, note: &str) -> String {
        let manifest = self.manifest(repository, note).await;
        let answer = self
            .ok("PutImage", json!({ "repositoryName": repository, "imageManifest": manifest, "imageTag": tag }))
            .await;
        answer["image"]["imageId"]["imageDigest"].as_str().unwrap().to_owned()
    }
}

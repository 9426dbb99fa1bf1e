//! A server with TLS of its own authority, packs in it, and the means to look at it from beside the SDK.

use super::sdk::Sdk;
use crate::management::Management;
use crate::yard_builder;
use packyard_testkit::{PackBuilder, Peer, Yard, peer_or_skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) struct World {
    pub(super) yard: Yard,
    pub(super) ca: PathBuf,
    /// The administrator, by `/v1` without the SDK.
    pub(super) direct: Management,
    program: Peer,
}

impl World {
    /// `None` after saying that the test is skipped, where the SDK program is not built.
    pub(super) fn start(test: &str) -> Option<Self> {
        let program = peer_or_skip("palette-sdk", test)?;
        let yard = yard_builder().arg("--tls-self-signed").start();
        Some(Self::around(yard, program))
    }

    /// Around a server that was started with TLS of its own authority.
    pub(super) fn around(yard: Yard, program: Peer) -> Self {
        let ca = yard.data.join("tls/ca.pem");
        let direct = Management::log_in(&yard);
        Self { yard, ca, direct, program }
    }

    /// The SDK with an API key of the administrator, as the provider uses it.
    pub(super) fn sdk(&self) -> Sdk {
        self.sdk_with(&[("PALETTE_API_KEY", &self.direct.api_key())])
    }

    pub(super) fn sdk_with(&self, credential: &[(&str, &str)]) -> Sdk {
        Sdk::start(&self.program, &self.yard.host(), &self.ca, credential)
    }

    /// The program, for a user of the SDK on another thread.
    pub(super) fn program(&self) -> Peer {
        self.program.clone()
    }

    /// Puts a pack into this server's own registry, below `team`.
    pub(super) fn publish(&self, pack: PackBuilder) {
        let folder = pack.folder();
        self.publish_folder(folder.path());
    }

    fn publish_folder(&self, folder: &Path) {
        let out = Command::new(env!("CARGO_BIN_EXE_packyard"))
            .args(["publish", "--to", &format!("{}/team", self.yard.host())])
            .arg(folder)
            .envs(self.yard.aws_env())
            .env("AWS_ENDPOINT_URL_ECR", self.yard.url())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    /// This server as a basic registry of packs, over https, with the authority it made. What the provider sends for
    /// `spectrocloud_registry_oci` of type basic.
    pub(super) fn basic(&self, name: &str) -> Value {
        json!({
            "metadata": { "name": name },
            "spec": {
                "endpoint": format!("https://{}", self.yard.host()), "basePath": "", "providerType": "pack",
                "baseContentPath": "team", "isSyncSupported": true,
                "auth": {
                    "type": "basic", "username": self.yard.admin_email, "password": self.yard.admin_password,
                    "tls": { "enabled": true, "certificate": std::fs::read_to_string(&self.ca).unwrap(), "insecureSkipVerify": false },
                },
            },
        })
    }

    /// The same as an ECR registry. The provider always sends `tls`.
    pub(super) fn ecr(&self, name: &str) -> Value {
        json!({
            "metadata": { "name": name },
            "spec": {
                "endpoint": self.yard.host(), "isPrivate": true, "providerType": "pack", "baseContentPath": "team",
                "isSyncSupported": true,
                "credentials": {
                    "credentialType": "secret", "accessKey": self.yard.root_key_id, "secretKey": self.yard.root_secret,
                },
                "tls": { "enabled": true, "certificate": "", "insecureSkipVerify": false },
            },
        })
    }
}

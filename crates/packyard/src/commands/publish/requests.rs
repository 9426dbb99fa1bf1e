//! What a dry run says: the requests that would change the registry, found out by asking it only.
//!
//! Invariant, which a test holds: a run makes exactly the changing requests that the dry run before it listed. Where the
//! registry cannot be asked, it is taken for one that has nothing.

use super::ask::{Asker, Current};
use super::plan::Plan;
use super::prepare::Prepared;
use crate::commands::remote::{Registry, base_artifact};
use anyhow::bail;
use packyard_oci::{Digest, RepoName, pack_artifact};
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Request {
    method: &'static str,
    /// `SESSION` stands for what the registry calls an upload.
    url: String,
    /// What it does, where the address does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        self.what.as_ref().map_or(Ok(()), |what| write!(f, " ({what})"))
    }
}

pub(super) struct Lister<'a> {
    /// None when it cannot be asked.
    registry: Option<&'a Registry>,
    plan: &'a Plan,
    base_is_listed: bool,
    ready: HashSet<RepoName>,
}

impl<'a> Lister<'a> {
    pub(super) fn new(registry: Option<&'a Registry>, plan: &'a Plan) -> Self {
        Self { registry, plan, base_is_listed: false, ready: HashSet::new() }
    }

    /// The requests of one pack, in their order. To be called for the packs in theirs: what one makes the next one finds.
    pub(super) async fn list(&mut self, pack: &Prepared, current: &Current) -> anyhow::Result<Vec<Request>> {
        let repository = self.plan.repository(pack)?;
        let mut requests = Vec::new();
        let is_new = self.lacks(&repository, current).await;
        if self.ready.insert(repository.clone()) {
            self.list_ready(&repository, is_new, &mut requests).await?;
        }
        if is_new || self.lacks_blob(&repository, &pack.layer.digest).await {
            requests.extend(self.upload(&repository, &pack.layer.digest));
        }
        requests.push(self.request("PUT", &format!("/v2/{repository}/manifests/{}", pack.tag)));
        Ok(requests)
    }

    async fn list_ready(
        &mut self,
        repository: &RepoName,
        is_new: bool,
        requests: &mut Vec<Request>,
    ) -> anyhow::Result<()> {
        let config = Digest::sha256(pack_artifact::CONFIG);
        if !is_new {
            if self.lacks_blob(repository, &config).await {
                requests.extend(self.upload(repository, &config));
            }
            return Ok(());
        }
        if !self.plan.creates_repositories {
            bail!("there is no repository {repository}, and --create-repositories=never was given: make it first");
        }
        self.list_base(requests).await;
        if self.makes_repositories() {
            requests.push(self.create(repository));
            requests.extend(self.upload(repository, &config));
        } else {
            let from = self.plan.archive_repository.as_str().replace('/', "%2F");
            requests.push(self.request("POST", &format!("/v2/{repository}/blobs/uploads/?mount={config}&from={from}")));
        }
        Ok(())
    }

    async fn list_base(&mut self, requests: &mut Vec<Request>) {
        let base = &self.plan.archive_repository;
        if std::mem::replace(&mut self.base_is_listed, true) {
            return;
        }
        let there = match self.registry {
            Some(registry) => registry.lacks_base(base).await.is_ok_and(|lacks| !lacks),
            None => false,
        };
        match (there, self.makes_repositories()) {
            (true, _) => {}
            (false, true) => requests.push(self.create(base)),
            (false, false) => {
                requests.extend(self.upload(base, &Digest::sha256(pack_artifact::CONFIG)));
                requests.push(self.request("PUT", &format!("/v2/{base}/manifests/{}", base_artifact().1)));
            }
        }
    }

    fn makes_repositories(&self) -> bool {
        match self.registry {
            Some(registry) => registry.makes_repositories(),
            None => self.plan.access.is_ecr_by_name(),
        }
    }

    async fn lacks(&self, repository: &RepoName, current: &Current) -> bool {
        match self.registry {
            Some(registry) => Asker { registry, plan: self.plan }.lacks(repository, current).await,
            None => true,
        }
    }

    async fn lacks_blob(&self, repository: &RepoName, digest: &Digest) -> bool {
        match self.registry {
            Some(registry) => !matches!(registry.client.head_blob(repository, digest).await, Ok(Some(_))),
            None => true,
        }
    }

    fn upload(&self, repository: &RepoName, digest: &Digest) -> [Request; 2] {
        let uploads = format!("/v2/{repository}/blobs/uploads/");
        [self.request("POST", &uploads), self.request("PUT", &format!("{uploads}SESSION?digest={digest}"))]
    }

    fn create(&self, repository: &RepoName) -> Request {
        let url = format!("{}/", self.plan.access.ecr_endpoints().ecr);
        Request { method: "POST", url, what: Some(format!("CreateRepository {repository}")) }
    }

    fn request(&self, method: &'static str, path: &str) -> Request {
        Request { method, url: format!("{}{path}", self.plan.endpoint.origin()), what: None }
    }
}

//! How a registry tells what it has. Manifests and archives are read the same way everywhere (`/v2`); what differs is
//! how repositories and tag digests are listed.

use crate::hosts::Gate;
use packyard_oci::aws::{EcrApi, ImageDetail, ImageId};
use packyard_oci::client::{Client, ClientError, Hop};
use packyard_oci::{Digest, RepoName, Tag};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A tag in a listing, with its digest where the list says it.
#[derive(Debug)]
pub(crate) struct TagSeen {
    pub(crate) tag: Tag,
    pub(crate) digest: Option<Digest>,
}

/// Calls made and bytes received, for the run's record; and how many calls may go on at the same time.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    counts: Arc<Counts>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self { counts: Arc::default(), gate }
    }

    /// The same gate with counts of its own, for another run.
    pub(crate) fn anew(&self) -> Self {
        Self::new(self.gate.clone())
    }

    /// The same counts at another host's gate.
    pub(crate) fn at(&self, gate: Arc<Gate>) -> Self {
        Self { counts: self.counts.clone(), gate }
    }

    /// Makes a call to the registry, in its turn. Calls are not nested: each holds a place.
    pub(crate) async fn ask<T>(&self, call: impl Future<Output = T>) -> T {
        let _place = self.gate.pass().await;
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        call.await
    }

    pub(crate) fn bytes(&self, count: u64) {
        self.counts.bytes.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> (u64, u64) {
        (self.counts.requests.load(Ordering::Relaxed), self.counts.bytes.load(Ordering::Relaxed))
    }
}

/// Lists a registry.
pub(crate) trait Source: Send + Sync {
    /// Every repository the credentials may see.
    fn repositories(&self) -> impl Future<Output = Result<Vec<String>, ClientError>> + Send;
    /// Every tag of a repository with its digest; `None` when the repository does not exist.
    fn tags(&self, repository: &RepoName) -> impl Future<Output = Result<Option<Vec<TagSeen>>, ClientError>> + Send;
    /// The cheapest call that a registry answers only when it is there and takes the credentials.
    fn answers(&self, repository: &RepoName) -> impl Future<Output = Result<(), ClientError>> + Send;
}

/// Any registry: `_catalog` and `tags/list`, which says no digests; or Harbor's API, where it is one.
pub(crate) struct OciSource {
    pub(crate) client: Client,
    pub(crate) meter: Meter,
    pub(crate) harbor: Harbor,
    /// Harbor's projects that the base paths lead into.
    pub(crate) projects: Vec<String>,
}

/// What is known of a registry that may be a Harbor; shared by the runs of a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Harbor(Arc<HarborInner>);

#[derive(Debug, Default)]
struct HarborInner {
    is_one: AtomicBool,
    /// The credentials may not list artifacts by its API; `/v2` tells the tags then.
    may_not_list_artifacts: AtomicBool,
}

impl Harbor {
    pub(crate) fn note(&self, is_one: bool) {
        self.0.is_one.store(is_one, Ordering::Relaxed);
    }

    fn is_one(&self) -> bool {
        self.0.is_one.load(Ordering::Relaxed)
    }

    fn lists_artifacts(&self) -> bool {
        self.is_one() && !self.0.may_not_list_artifacts.load(Ordering::Relaxed)
    }
}

impl OciSource {
    async fn of_projects(&self) -> Result<Vec<String>, ClientError> {
        let mut all = Vec::new();
        for project in &self.projects {
            all.extend(self.meter.ask(self.client.harbor_repositories(project)).await.map_err(project_refused)?);
        }
        Ok(all)
    }
}

impl Source for OciSource {
    async fn repositories(&self) -> Result<Vec<String>, ClientError> {
        if self.harbor.is_one() {
            return self.of_projects().await;
        }
        match self.meter.ask(self.client.catalog(|_| true)).await {
            Ok(listed) => Ok(listed.into_iter().map(String::from).collect()),
            Err(refused) if is_refusal(&refused) => {
                if !self.meter.ask(self.client.is_harbor()).await {
                    return Err(catalog_refused(refused));
                }
                self.harbor.note(true);
                self.of_projects().await
            }
            Err(error) => Err(error),
        }
    }

    async fn tags(&self, repository: &RepoName) -> Result<Option<Vec<TagSeen>>, ClientError> {
        if self.harbor.lists_artifacts() {
            match self.meter.ask(self.client.harbor_tags(repository)).await {
                Err(error) if is_refusal(&error) => self.harbor.0.may_not_list_artifacts.store(true, Ordering::Relaxed),
                other => {
                    let seen = |(tag, digest)| TagSeen { tag, digest: Some(digest) };
                    return Ok(other?.map(|tags| tags.into_iter().map(seen).collect()));
                }
            }
        }
        let tags = self.meter.ask(self.client.tags(repository)).await?;
        Ok(tags.map(|tags| tags.into_iter().map(|tag| TagSeen { tag, digest: None }).collect()))
    }

    async fn answers(&self, repository: &RepoName) -> Result<(), ClientError> {
        self.meter.ask(self.client.tags(repository)).await.map(|_| ())
    }
}

/// Something is there that does not give what was asked for, to these credentials or to anybody.
fn is_refusal(error: &ClientError) -> bool {
    matches!(error.hop, Hop::Auth | Hop::Permission | Hop::Path | Hop::Rejected)
}

/// The list is often for administrators only, or not offered at all: what helps then is to name the packs.
fn catalog_refused(mut error: ClientError) -> ClientError {
    error.hop = Hop::Permission;
    error.seen = format!(
        "{}. These credentials may not list the repositories of this registry (`GET /v2/_catalog`). {NAME_THEM}",
        error.seen,
    );
    error
}

const NAME_THEM: &str = "Use a user who may, or name each pack's repository as a base content path: \
    `<base>/spectro-packs/archive/<pack>`, several separated by commas; of charts, `<folder>/<chart>`";

/// Of Harbor. A wrong password is said as such.
fn project_refused(mut error: ClientError) -> ClientError {
    if error.hop == Hop::Permission {
        error.seen = format!(
            "{}. A robot account needs the permissions List Repository and List Artifact of the project. {NAME_THEM}",
            error.seen
        );
    }
    error
}

/// The ECR API: one call lists the repositories, one per repository its tags with digests.
pub(crate) struct EcrSource {
    pub(crate) api: EcrApi,
    pub(crate) meter: Meter,
    /// The credentials may not `DescribeImages`, but may `ListImages`: either of two permissions will do, and the
    /// refusal is not asked for twice.
    pub(crate) may_only_list: Arc<AtomicBool>,
}

impl EcrSource {
    async fn images(&self, repository: &RepoName) -> Result<Listed, ClientError> {
        if !self.may_only_list.load(Ordering::Relaxed) {
            match self.meter.ask(self.api.describe_images(repository)).await {
                Err(error) if is_denied(&error) => {}
                other => return other.map(tags_of_images),
            }
        }
        let listed = self.meter.ask(self.api.list_images(repository)).await.map(tags_of_ids)?;
        self.may_only_list.store(true, Ordering::Relaxed);
        Ok(listed)
    }
}

impl Source for EcrSource {
    async fn repositories(&self) -> Result<Vec<String>, ClientError> {
        let listed = self.meter.ask(self.api.describe_repositories()).await?;
        Ok(listed.into_iter().map(|repository| repository.repository_name).collect())
    }

    async fn tags(&self, repository: &RepoName) -> Result<Option<Vec<TagSeen>>, ClientError> {
        match self.images(repository).await {
            Err(error) if error.has_code("RepositoryNotFoundException") => Ok(None),
            other => Ok(Some(other?.into_iter().filter_map(seen).collect())),
        }
    }

    async fn answers(&self, repository: &RepoName) -> Result<(), ClientError> {
        self.tags(repository).await.map(|_| ())
    }
}

/// (tag, digest) as text.
type Listed = Vec<(String, String)>;

fn tags_of_ids(ids: Vec<ImageId>) -> Listed {
    ids.into_iter().filter_map(|id| Some((id.image_tag?, id.image_digest?))).collect()
}

fn tags_of_images(images: Vec<ImageDetail>) -> Listed {
    let tags = |image: ImageDetail| {
        let digest = image.image_digest;
        image.image_tags.into_iter().map(move |tag| (tag, digest.clone()))
    };
    images.into_iter().flat_map(tags).collect()
}

fn seen((tag, digest): (String, String)) -> Option<TagSeen> {
    Some(TagSeen { tag: tag.parse().ok()?, digest: digest.parse().ok() })
}

/// The action is not allowed, whatever else.
pub(crate) fn is_denied(error: &ClientError) -> bool {
    error.hop == Hop::Permission || error.has_code("AccessDeniedException")
}

/// The source that a registry's settings ask for.
pub(crate) enum AnySource {
    Ecr(EcrSource),
    Oci(OciSource),
}

impl Source for AnySource {
    async fn repositories(&self) -> Result<Vec<String>, ClientError> {
        match self {
            Self::Ecr(source) => source.repositories().await,
            Self::Oci(source) => source.repositories().await,
        }
    }

    async fn tags(&self, repository: &RepoName) -> Result<Option<Vec<TagSeen>>, ClientError> {
        match self {
            Self::Ecr(source) => source.tags(repository).await,
            Self::Oci(source) => source.tags(repository).await,
        }
    }

    async fn answers(&self, repository: &RepoName) -> Result<(), ClientError> {
        match self {
            Self::Ecr(source) => source.answers(repository).await,
            Self::Oci(source) => source.answers(repository).await,
        }
    }
}

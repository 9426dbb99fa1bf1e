//! Which manifests name another as their subject.

use crate::{Registry, Repository, Result};
use packyard_oci::Digest;

/// Descriptors, each the JSON of one; `next` is the `after` of the next page.
#[derive(Debug, Clone, Default)]
pub struct ReferrerList {
    pub descriptors: Vec<String>,
    pub next: Option<String>,
}

/// A page must fit the 4 MiB clients read.
const PAGE_BYTES: i64 = 3 * 1024 * 1024;
const PAGE: i64 = 1_000;

impl Registry {
    /// Referrers of a digest, which need not exist, after digest `after`; of one artifact type when given.
    pub async fn referrers(
        &self,
        repository: &Repository,
        subject: &Digest,
        artifact_type: Option<&str>,
        after: &str,
        limit: Option<usize>,
    ) -> Result<ReferrerList> {
        let limit = limit.map_or(PAGE, |limit| i64::try_from(limit).unwrap_or(PAGE).min(PAGE));
        let filter = artifact_type.unwrap_or("");
        let page = self.inner.referrers.page(repository.id, subject.as_str(), filter, after, limit, PAGE_BYTES).await?;
        Ok(ReferrerList { descriptors: page.descriptors, next: page.next })
    }
}

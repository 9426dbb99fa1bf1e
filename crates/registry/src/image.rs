//! Images and tags as lists, and the deletion of images.

use crate::{Registry, Repository, Result};
use packyard_store::registry::{DeleteImage, Deleted, ImageRow, TagRow, TagStatus};

impl Registry {
    /// Tags greater than `after`, in byte order.
    pub async fn tags(&self, repository: &Repository, after: &str, limit: usize) -> Result<Vec<TagRow>> {
        Ok(self.inner.images.tags(repository.id, after, i64::try_from(limit).unwrap_or(i64::MAX)).await?)
    }

    /// Images (one per digest) with digests greater than `after`, in byte order.
    pub async fn images(
        &self,
        repository: &Repository,
        after: &str,
        limit: usize,
        status: TagStatus,
    ) -> Result<Vec<ImageRow>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(self.inner.images.page(repository.id, after, limit, status).await?)
    }

    pub async fn image(&self, repository: &Repository, digest: &str) -> Result<Option<ImageRow>> {
        Ok(self.inner.images.one(repository.id, digest).await?)
    }

    /// The digest a tag points at, without asking memory: for lists that must agree with what was just written.
    pub async fn tagged(&self, repository: &Repository, tag: &str) -> Result<Option<String>> {
        Ok(self.inner.manifests.tagged(repository.id, tag).await?)
    }

    /// Deletes images, each with its own outcome.
    pub(crate) async fn delete_images(
        &self,
        actor: &str,
        repository: &Repository,
        targets: &[DeleteImage],
    ) -> Result<Vec<Deleted>> {
        let outcomes = self.inner.images.delete(actor, repository.id, repository.name.as_str(), targets).await?;
        for outcome in &outcomes {
            let Deleted::Gone(ids) = outcome else { continue };
            for id in ids {
                if let Some(tag) = &id.tag {
                    self.inner.tag_cache.forget(&(repository.id, tag.clone()));
                }
                if let Some(digest) = &id.digest {
                    self.inner.manifest_cache.forget(&(repository.id, digest.clone()));
                }
            }
        }
        Ok(outcomes)
    }
}

//! Reading what is known of the tags of a registry.

use crate::catalog::CatalogStore;
use crate::{Result, TagRow, on};
use futures_util::TryStreamExt;

const TAGS: &str = "SELECT repository, tag, digest, reader, outcome, reasons, pack_uid, listed FROM remote_tag
    WHERE registry_uid = $1 ORDER BY repository, tag";
const TAGS_OF: &str = "SELECT repository, tag, digest, reader, outcome, reasons, pack_uid, listed FROM remote_tag
    WHERE registry_uid = $1 AND repository = $2 ORDER BY tag";
const COUNTS: &str = "SELECT CAST(COUNT(*) AS BIGINT) AS tags,
        CAST(COALESCE(SUM(CASE WHEN outcome = 'rejected' THEN 1 ELSE 0 END), 0) AS BIGINT) AS rejected
    FROM remote_tag WHERE registry_uid = $1";

/// How many tags of a registry are known, and how many of them were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct TagCounts {
    pub tags: i64,
    pub rejected: i64,
}

impl CatalogStore {
    /// Gives each tag to `take`, by repository and tag. They may be very many, so that they are not gathered here.
    pub async fn tags(&self, registry_uid: &str, mut take: impl FnMut(TagRow) + Send) -> Result<()> {
        on!(self.core.db, p => {
            let mut rows = sqlx::query_as(TAGS).bind(registry_uid).fetch(p);
            while let Some(row) = rows.try_next().await? {
                take(row);
            }
        });
        Ok(())
    }

    /// The same of one repository.
    pub async fn tags_of(&self, registry_uid: &str, repository: &str) -> Result<Vec<TagRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(TAGS_OF).bind(registry_uid).bind(repository).fetch_all(p).await?))
    }

    pub async fn tag_counts(&self, registry_uid: &str) -> Result<TagCounts> {
        Ok(on!(self.core.db, p => sqlx::query_as(COUNTS).bind(registry_uid).fetch_one(p).await?))
    }
}

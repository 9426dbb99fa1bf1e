//! Images as people list and delete them: a manifest with its tags.

use super::{TOPIC_REPOSITORY, settled};
use crate::{AuditEntry, Core, Error, Result, Store, audit, emit, on, unit};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    pub digest: String,
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub subject: Option<String>,
    /// Bytes of the manifest itself.
    pub size: i64,
    pub image_size: i64,
    pub pushed_at: i64,
    pub pulled_at: Option<i64>,
    /// In byte order.
    pub tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TagRow {
    pub name: String,
    pub digest: String,
    pub updated_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagStatus {
    Any,
    Tagged,
    Untagged,
}

impl TagStatus {
    fn text(self) -> &'static str {
        match self {
            Self::Any => "ANY",
            Self::Tagged => "TAGGED",
            Self::Untagged => "UNTAGGED",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageId {
    pub digest: Option<String>,
    pub tag: Option<String>,
}

/// What to delete, and how.
#[derive(Debug, Clone)]
pub struct DeleteImage {
    pub id: ImageId,
    /// An image that loses its last tag goes with it (the ECR API), or stays untagged (`/v2`).
    pub with_last_tag: bool,
    /// Refuse an image that an index refers to (the ECR API).
    pub spare_children: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// What is gone: one entry per tag, or the digest alone when the image had none.
    Gone(Vec<ImageId>),
    Unknown,
    /// The tag points at another digest.
    Mismatch,
    /// Refused: these indexes refer to it.
    ReferredBy(Vec<String>),
}

#[derive(sqlx::FromRow)]
struct Bare {
    digest: String,
    media_type: String,
    artifact_type: Option<String>,
    subject: Option<String>,
    size: i64,
    image_size: i64,
    pushed_at: i64,
    pulled_at: Option<i64>,
}

const PAGE: &str =
    "SELECT digest, media_type, artifact_type, subject, size, image_size, pushed_at, pulled_at FROM manifest m
    WHERE repository = $1 AND digest > $2 AND ($4 = 'ANY' OR ($4 = 'TAGGED') =
        EXISTS (SELECT name FROM tag t WHERE t.repository = m.repository AND t.digest = m.digest))
    ORDER BY digest LIMIT $3";
const ONE: &str =
    "SELECT digest, media_type, artifact_type, subject, size, image_size, pushed_at, pulled_at FROM manifest
    WHERE repository = $1 AND digest = $2";
const TAGS_BETWEEN: &str =
    "SELECT name, digest, updated_at FROM tag WHERE repository = $1 AND digest >= $2 AND digest <= $3
    ORDER BY digest, name";
const TAGS_AFTER: &str =
    "SELECT name, digest, updated_at FROM tag WHERE repository = $1 AND name > $2 ORDER BY name LIMIT $3";
const TAG: &str = "SELECT digest FROM tag WHERE repository = $1 AND name = $2";
const TAGS_OF: &str = "SELECT name FROM tag WHERE repository = $1 AND digest = $2 ORDER BY name";
const EXISTS: &str = "SELECT digest FROM manifest WHERE repository = $1 AND digest = $2";
const PARENTS: &str =
    "SELECT manifest FROM manifest_child WHERE repository = $1 AND child = $2 ORDER BY manifest LIMIT 10";
const UNTAG: &str = "DELETE FROM tag WHERE repository = $1 AND name = $2";
/// Its blobs may belong to a push under way: they get a whole grace period from now.
const FRESHEN: &str = "UPDATE repository_blob SET fresh_at = $3 WHERE repository = $1 AND digest IN
    (SELECT digest FROM manifest_blob WHERE repository = $1 AND manifest = $2)";
const DELETE: [&str; 4] = [
    "DELETE FROM tag WHERE repository = $1 AND digest = $2",
    "DELETE FROM manifest_blob WHERE repository = $1 AND manifest = $2",
    "DELETE FROM manifest_child WHERE repository = $1 AND manifest = $2",
    "DELETE FROM manifest WHERE repository = $1 AND digest = $2",
];

#[derive(Clone)]
pub struct Images {
    core: Core,
}

impl Store {
    pub fn images(&self) -> Images {
        Images { core: self.core.clone() }
    }
}

impl Images {
    /// Images with digests greater than `after`, in byte order.
    pub async fn page(&self, repository: i64, after: &str, limit: i64, status: TagStatus) -> Result<Vec<ImageRow>> {
        let bare: Vec<Bare> = on!(self.core.db, p => sqlx::query_as(PAGE)
            .bind(repository).bind(after).bind(limit).bind(status.text()).fetch_all(p).await?);
        let (Some(first), Some(last)) = (bare.first(), bare.last()) else { return Ok(Vec::new()) };
        let mut tags = self.tags_between(repository, &first.digest, &last.digest).await?;
        Ok(bare.into_iter().map(|bare| whole(&mut tags, bare)).collect())
    }

    pub async fn one(&self, repository: i64, digest: &str) -> Result<Option<ImageRow>> {
        let bare: Option<Bare> =
            on!(self.core.db, p => sqlx::query_as(ONE).bind(repository).bind(digest).fetch_optional(p).await?);
        let Some(bare) = bare else { return Ok(None) };
        let mut tags = self.tags_between(repository, digest, digest).await?;
        Ok(Some(whole(&mut tags, bare)))
    }

    async fn tags_between(&self, repository: i64, first: &str, last: &str) -> Result<BTreeMap<String, Vec<String>>> {
        let rows: Vec<TagRow> = on!(self.core.db, p => sqlx::query_as(TAGS_BETWEEN)
            .bind(repository).bind(first).bind(last).fetch_all(p).await?);
        let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows {
            tags.entry(row.digest).or_default().push(row.name);
        }
        Ok(tags)
    }

    /// Tags greater than `after`, in byte order.
    pub async fn tags(&self, repository: i64, after: &str, limit: i64) -> Result<Vec<TagRow>> {
        Ok(
            on!(self.core.db, p => sqlx::query_as(TAGS_AFTER).bind(repository).bind(after).bind(limit).fetch_all(p).await?),
        )
    }

    /// Deletes some images in one transaction; each has its own outcome.
    pub async fn delete(
        &self,
        actor: &str,
        repository: i64,
        repository_name: &str,
        targets: &[DeleteImage],
    ) -> Result<Vec<Deleted>> {
        let outcomes = settled!(self.try_delete(actor, repository, repository_name, targets).await)?;
        self.core.outbox_bell.notify_one();
        Ok(outcomes)
    }

    async fn try_delete(
        &self,
        actor: &str,
        repository: i64,
        repository_name: &str,
        targets: &[DeleteImage],
    ) -> Result<Vec<Deleted>> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            let mut outcomes = Vec::with_capacity(targets.len());
            for target in targets {
                let digest: Option<String> = match (&target.id.tag, &target.id.digest) {
                    (Some(tag), _) => {
                        sqlx::query_scalar(TAG).bind(repository).bind(tag).fetch_optional(&mut *tx).await?
                    }
                    (None, Some(digest)) => {
                        sqlx::query_scalar(EXISTS).bind(repository).bind(digest).fetch_optional(&mut *tx).await?
                    }
                    (None, None) => None,
                };
                let Some(digest) = digest else {
                    outcomes.push(Deleted::Unknown);
                    continue;
                };
                if target.id.digest.as_ref().is_some_and(|wanted| *wanted != digest) {
                    outcomes.push(Deleted::Mismatch);
                    continue;
                }
                let tags: Vec<String> =
                    sqlx::query_scalar(TAGS_OF).bind(repository).bind(&digest).fetch_all(&mut *tx).await?;
                if let Some(tag) = target.id.tag.as_ref().filter(|_| tags.len() > 1 || !target.with_last_tag) {
                    sqlx::query(UNTAG).bind(repository).bind(tag).execute(&mut *tx).await?;
                    outcomes.push(Deleted::Gone(vec![ImageId { digest: Some(digest), tag: Some(tag.clone()) }]));
                    continue;
                }
                let parents: Vec<String> =
                    sqlx::query_scalar(PARENTS).bind(repository).bind(&digest).fetch_all(&mut *tx).await?;
                if target.spare_children && !parents.is_empty() {
                    outcomes.push(Deleted::ReferredBy(parents));
                    continue;
                }
                sqlx::query(FRESHEN).bind(repository).bind(&digest).bind(now).execute(&mut *tx).await?;
                for statement in DELETE {
                    sqlx::query(statement).bind(repository).bind(&digest).execute(&mut *tx).await?;
                }
                outcomes.push(Deleted::Gone(gone(&digest, tags)));
            }
            let detail = detail(&outcomes);
            if outcomes.iter().any(|outcome| matches!(outcome, Deleted::Gone(_))) {
                audit!(tx, now, AuditEntry::new(actor, "ecr:BatchDeleteImage", repository_name).detail(detail));
                emit!(tx, now, TOPIC_REPOSITORY, repository_name);
            }
            Ok(outcomes)
        })
    }
}

fn whole(tags: &mut BTreeMap<String, Vec<String>>, bare: Bare) -> ImageRow {
    ImageRow {
        tags: tags.remove(&bare.digest).unwrap_or_default(),
        digest: bare.digest,
        media_type: bare.media_type,
        artifact_type: bare.artifact_type,
        subject: bare.subject,
        size: bare.size,
        image_size: bare.image_size,
        pushed_at: bare.pushed_at,
        pulled_at: bare.pulled_at,
    }
}

fn gone(digest: &str, tags: Vec<String>) -> Vec<ImageId> {
    if tags.is_empty() {
        return vec![ImageId { digest: Some(digest.to_owned()), tag: None }];
    }
    tags.into_iter().map(|tag| ImageId { digest: Some(digest.to_owned()), tag: Some(tag) }).collect()
}

fn detail(outcomes: &[Deleted]) -> String {
    let images: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| if let Deleted::Gone(ids) = outcome { Some(ids) } else { None })
        .flatten()
        .map(|id| serde_json::json!({ "digest": id.digest, "tag": id.tag }))
        .collect();
    serde_json::json!({ "images": images }).to_string()
}

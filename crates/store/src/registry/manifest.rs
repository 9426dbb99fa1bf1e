//! Manifests and the tags that point at them. A push is one transaction: the manifest, what it refers to, the tag, the
//! audit row and the event are there together or not at all.

use super::{TOPIC_REPOSITORY, lost_race, settled};
use crate::{AuditEntry, Core, Error, Result, Store, audit, emit, on, unit};
use bytes::Bytes;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRow {
    pub digest: String,
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub content: Bytes,
    pub pushed_at: i64,
    pub pulled_at: Option<i64>,
}

/// A manifest to store; everything in it was read from `content` by the service.
#[derive(Debug, Clone)]
pub struct NewManifest<'a> {
    pub repository: i64,
    pub repository_name: &'a str,
    pub digest: &'a str,
    pub media_type: &'a str,
    pub artifact_type: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub descriptor: Option<&'a str>,
    pub content: &'a [u8],
    /// Sum of the layers' sizes; an index takes the largest of its children instead.
    pub layers_size: u64,
    /// Digests with the sizes that the manifest says they have; without repeats.
    pub blobs: &'a [(&'a str, u64)],
    /// The same.
    pub children: &'a [(&'a str, u64)],
    pub tags: &'a [TagMove<'a>],
    /// Pushing what is there already is an error (the ECR API) or nothing at all (`/v2`).
    pub refuse_known: bool,
}

/// A tag to set; `overwrite` says whether it may leave another digest.
#[derive(Debug, Clone, Copy)]
pub struct TagMove<'a> {
    pub name: &'a str,
    pub overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// Something was written.
    Stored,
    /// The manifest and the tags were there already.
    Unchanged,
}

#[derive(Debug, thiserror::Error)]
pub enum PutRefused {
    #[error("the repository does not exist")]
    NoRepository,
    #[error("the repository lacks blobs the manifest refers to")]
    BlobsMissing(Vec<String>),
    #[error("the repository lacks manifests the index refers to")]
    ChildrenMissing(Vec<String>),
    #[error("{digest} has {actual} bytes, not {claimed}")]
    SizeDiffers { digest: String, claimed: u64, actual: u64 },
    #[error("the image is there already")]
    Known,
    #[error("tag {0} may not leave its digest")]
    TagTaken(String),
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for PutRefused {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl PutRefused {
    /// A descriptor must say the size that the content has.
    fn unless_same_size(digest: &str, claimed: u64, actual: i64) -> Result<(), Self> {
        let actual = u64::try_from(actual).unwrap_or_default();
        if claimed == actual {
            return Ok(());
        }
        Err(Self::SizeDiffers { digest: digest.to_owned(), claimed, actual })
    }

    fn lost_race(&self) -> bool {
        matches!(self, Self::Store(Error::Database(e)) if lost_race(e))
    }
}

const BY_DIGEST: &str = "SELECT digest, media_type, artifact_type, content, pushed_at, pulled_at FROM manifest
    WHERE repository = $1 AND digest = $2";
const TAGGED: &str = "SELECT digest FROM tag WHERE repository = $1 AND name = $2";
const REPOSITORY: &str = "SELECT id FROM repository WHERE id = $1";
const BLOB: &str = "SELECT blob.size FROM repository_blob JOIN blob ON blob.digest = repository_blob.digest
    WHERE repository_blob.repository = $1 AND repository_blob.digest = $2";
const CHILD: &str = "SELECT image_size, size FROM manifest WHERE repository = $1 AND digest = $2";
const INSERT: &str = "INSERT INTO manifest
    (repository, digest, media_type, artifact_type, subject, descriptor, size, image_size, content, pushed_at, pushed_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (repository, digest) DO NOTHING";
const REFER_BLOB: &str = "INSERT INTO manifest_blob (repository, manifest, digest) VALUES ($1, $2, $3)";
const REFER_CHILD: &str = "INSERT INTO manifest_child (repository, manifest, child) VALUES ($1, $2, $3)";
/// No row comes back when the tag points elsewhere and may not leave: decided here, so that of two pushes at once one
/// is refused.
const SET_TAG: &str = "INSERT INTO tag (repository, name, digest, updated_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, updated_at = excluded.updated_at
    WHERE tag.digest = excluded.digest OR $5 = 1 RETURNING digest";
const PULLED: &str = "UPDATE manifest SET pulled_at = $3 WHERE repository = $1 AND digest = $2";

/// The tags that do not point at `$new` yet. Refuses one that may not leave its digest.
macro_rules! moves {
    ($tx:ident, $new:expr) => {{
        let mut moves = Vec::new();
        for tag in $new.tags {
            let at: Option<String> =
                sqlx::query_scalar(TAGGED).bind($new.repository).bind(tag.name).fetch_optional(&mut *$tx).await?;
            match at {
                Some(at) if at == $new.digest => {}
                Some(_) if !tag.overwrite => return Err(PutRefused::TagTaken(tag.name.to_owned())),
                _ => moves.push(*tag),
            }
        }
        moves
    }};
}

/// Refuses a manifest whose blobs the repository does not show, or not in the size that it says.
macro_rules! blobs_are_there {
    ($tx:ident, $new:expr) => {
        let mut missing = Vec::new();
        for (digest, claimed) in $new.blobs {
            let size: Option<i64> =
                sqlx::query_scalar(BLOB).bind($new.repository).bind(*digest).fetch_optional(&mut *$tx).await?;
            match size {
                Some(size) => PutRefused::unless_same_size(digest, *claimed, size)?,
                None => missing.push((*digest).to_owned()),
            }
        }
        if !missing.is_empty() {
            return Err(PutRefused::BlobsMissing(missing));
        }
    };
}

/// What describe-images calls the image size. Refuses an index whose manifests the repository lacks.
macro_rules! image_size {
    ($tx:ident, $new:expr) => {{
        let mut missing = Vec::new();
        let mut image_size = i64::try_from($new.layers_size).unwrap_or(i64::MAX);
        for (digest, claimed) in $new.children {
            let child: Option<(i64, i64)> =
                sqlx::query_as(CHILD).bind($new.repository).bind(*digest).fetch_optional(&mut *$tx).await?;
            match child {
                Some((child_image_size, size)) => {
                    PutRefused::unless_same_size(digest, *claimed, size)?;
                    image_size = image_size.max(child_image_size);
                }
                None => missing.push((*digest).to_owned()),
            }
        }
        if !missing.is_empty() {
            return Err(PutRefused::ChildrenMissing(missing));
        }
        image_size
    }};
}

/// The manifest and what it refers to.
macro_rules! insert {
    ($tx:ident, $new:expr, $image_size:expr, $now:expr, $actor:expr) => {
        let inserted = sqlx::query(INSERT)
            .bind($new.repository)
            .bind($new.digest)
            .bind($new.media_type)
            .bind($new.artifact_type)
            .bind($new.subject)
            .bind($new.descriptor)
            .bind(i64::try_from($new.content.len()).unwrap_or(i64::MAX))
            .bind($image_size)
            .bind($new.content)
            .bind($now)
            .bind($actor)
            .execute(&mut *$tx)
            .await?;
        // Zero: another replica stored the same manifest since we looked, with the same references.
        if inserted.rows_affected() == 1 {
            for (refer, referred) in [(REFER_BLOB, $new.blobs), (REFER_CHILD, $new.children)] {
                for (digest, _) in referred {
                    let query = sqlx::query(refer).bind($new.repository).bind($new.digest).bind(*digest);
                    query.execute(&mut *$tx).await?;
                }
            }
        }
    };
}

macro_rules! set_tag {
    ($tx:ident, $new:expr, $tag:expr, $now:expr) => {
        let set: Option<String> = sqlx::query_scalar(SET_TAG)
            .bind($new.repository)
            .bind($tag.name)
            .bind($new.digest)
            .bind($now)
            .bind(i64::from($tag.overwrite))
            .fetch_optional(&mut *$tx)
            .await?;
        if set.is_none() {
            return Err(PutRefused::TagTaken($tag.name.to_owned()));
        }
    };
}

#[derive(Clone)]
pub struct Manifests {
    core: Core,
}

impl Store {
    pub fn manifests(&self) -> Manifests {
        Manifests { core: self.core.clone() }
    }
}

impl Manifests {
    pub async fn by_digest(&self, repository: i64, digest: &str) -> Result<Option<ManifestRow>> {
        type Row = (String, String, Option<String>, Vec<u8>, i64, Option<i64>);
        let row: Option<Row> =
            on!(self.core.db, p => sqlx::query_as(BY_DIGEST).bind(repository).bind(digest).fetch_optional(p).await?);
        Ok(row.map(|(digest, media_type, artifact_type, content, pushed_at, pulled_at)| ManifestRow {
            digest,
            media_type,
            artifact_type,
            content: content.into(),
            pushed_at,
            pulled_at,
        }))
    }

    /// The digest a tag points at.
    pub async fn tagged(&self, repository: i64, tag: &str) -> Result<Option<String>> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(TAGGED).bind(repository).bind(tag).fetch_optional(p).await?))
    }

    /// Stores the manifest and sets its tags.
    pub async fn put(&self, actor: &str, new: &NewManifest<'_>) -> Result<PutOutcome, PutRefused> {
        let outcome = settled!(self.try_put(actor, new).await)?;
        if outcome == PutOutcome::Stored {
            self.core.outbox_bell.notify_one();
        }
        Ok(outcome)
    }

    async fn try_put(&self, actor: &str, new: &NewManifest<'_>) -> Result<PutOutcome, PutRefused> {
        let now = self.core.now_ms();
        let repository = new.repository;
        unit!(self.core.db, PutRefused, |tx| {
            let known: Option<(i64, i64)> =
                sqlx::query_as(CHILD).bind(repository).bind(new.digest).fetch_optional(&mut *tx).await?;
            let moves = moves!(tx, new);
            if known.is_some() && moves.is_empty() {
                return if new.refuse_known { Err(PutRefused::Known) } else { Ok(PutOutcome::Unchanged) };
            }
            if known.is_none() {
                let there: Option<i64> =
                    sqlx::query_scalar(REPOSITORY).bind(repository).fetch_optional(&mut *tx).await?;
                if there.is_none() {
                    return Err(PutRefused::NoRepository);
                }
                blobs_are_there!(tx, new);
                let image_size = image_size!(tx, new);
                insert!(tx, new, image_size, now, actor);
            }
            for tag in moves {
                set_tag!(tx, new, tag, now);
            }
            audit!(tx, now, AuditEntry::new(actor, "ecr:PutImage", new.repository_name).detail(put_detail(new)));
            emit!(tx, now, TOPIC_REPOSITORY, new.repository_name);
            Ok(PutOutcome::Stored)
        })
    }

    /// Notes a pull; the service does it at most once a day and image.
    pub async fn pulled(&self, repository: i64, digest: &str, at: i64) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            sqlx::query(PULLED).bind(repository).bind(digest).bind(at).execute(&mut *tx).await?;
            Ok(())
        })
    }
}

fn put_detail(new: &NewManifest<'_>) -> String {
    let tags: Vec<&str> = new.tags.iter().map(|tag| tag.name).collect();
    serde_json::json!({ "digest": new.digest, "tags": tags }).to_string()
}

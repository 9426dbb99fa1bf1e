//! Blobs: digest to bytes, and in which repositories they show.

use super::settled;
use crate::{Core, Error, Result, Store, on, unit};
use bytes::Bytes;

/// Where the bytes of a blob are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    /// In the database, because they are few.
    Inline(Bytes),
    /// In the object store, under this key.
    Object(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    pub size: u64,
    pub place: BlobPlace,
    pub fresh_at: i64,
}

/// A blob whose bytes are durable already.
#[derive(Debug, Clone)]
pub struct NewBlob<'a> {
    pub digest: &'a str,
    pub size: u64,
    pub place: &'a BlobPlace,
}

/// What became of a new blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// The new bytes are the blob now; an object that they replaced (a damaged one) is to be deleted.
    New { replaced: Option<String> },
    /// The registry had the digest: the newcomer's object is to be deleted.
    Known,
    /// The repository was deleted meanwhile.
    NoRepository,
}

const FIND: &str =
    "SELECT b.size, b.object, b.content, l.fresh_at FROM repository_blob l JOIN blob b ON b.digest = l.digest
    WHERE l.repository = $1 AND l.digest = $2 AND b.damaged = 0";
/// Takes the row on both engines, so that what is read of it stays true until the commit. No row comes back when the
/// collector deleted it since the insert met it: a race, and `settled!` runs the unit again.
const CLAIM: &str = "UPDATE blob SET damaged = damaged WHERE digest = $1 RETURNING object, damaged";
const INSERT: &str =
    "INSERT INTO blob (digest, size, object, content, created_at, damaged) VALUES ($1, $2, $3, $4, $5, 0)
    ON CONFLICT (digest) DO NOTHING";
const REPLACE: &str = "UPDATE blob SET size = $2, object = $3, content = $4, damaged = 0 WHERE digest = $1";
const LINK: &str = "INSERT INTO repository_blob (repository, digest, fresh_at) VALUES ($1, $2, $3)
    ON CONFLICT (repository, digest) DO UPDATE SET fresh_at = excluded.fresh_at";
const LINK_FROM: &str = "INSERT INTO repository_blob (repository, digest, fresh_at)
    SELECT $1, l.digest, $4 FROM repository_blob l JOIN blob b ON b.digest = l.digest
    WHERE l.repository = $2 AND l.digest = $3 AND b.damaged = 0
    ON CONFLICT (repository, digest) DO UPDATE SET fresh_at = excluded.fresh_at";
const LINK_KNOWN: &str = "INSERT INTO repository_blob (repository, digest, fresh_at)
    SELECT $1, b.digest, $3 FROM blob b WHERE b.digest = $2 AND b.damaged = 0
    ON CONFLICT (repository, digest) DO UPDATE SET fresh_at = excluded.fresh_at";
const TOUCH: &str = "UPDATE repository_blob SET fresh_at = $3 WHERE repository = $1 AND digest = $2";
const REPOSITORY: &str = "SELECT id FROM repository WHERE id = $1";
const REFERRING: &str = "SELECT manifest FROM manifest_blob WHERE repository = $1 AND digest = $2 LIMIT 1";
const UNLINK: &str = "DELETE FROM repository_blob WHERE repository = $1 AND digest = $2";
const DAMAGED: &str = "UPDATE blob SET damaged = 1 WHERE digest = $1 AND object = $2";

#[derive(Clone)]
pub struct Blobs {
    core: Core,
}

impl Store {
    pub fn blobs(&self) -> Blobs {
        Blobs { core: self.core.clone() }
    }
}

impl Blobs {
    /// The blob, if the repository shows it.
    pub async fn find(&self, repository: i64, digest: &str) -> Result<Option<BlobRow>> {
        type Row = (i64, Option<String>, Option<Vec<u8>>, i64);
        let row: Option<Row> =
            on!(self.core.db, p => sqlx::query_as(FIND).bind(repository).bind(digest).fetch_optional(p).await?);
        row.map(|(size, object, content, fresh_at)| {
            let place = match (object, content) {
                (Some(key), _) => BlobPlace::Object(key),
                (None, Some(content)) => BlobPlace::Inline(content.into()),
                (None, None) => return Err(Error::Corrupt(format!("blob {digest} has neither object nor content"))),
            };
            Ok(BlobRow { size: u64::try_from(size).unwrap_or(0), place, fresh_at })
        })
        .transpose()
    }

    /// Makes durable bytes the blob of their digest, and shows it in the repository.
    pub async fn place(&self, repository: i64, new: &NewBlob<'_>) -> Result<Placed> {
        settled!(self.try_place(repository, new).await)
    }

    async fn try_place(&self, repository: i64, new: &NewBlob<'_>) -> Result<Placed> {
        let now = self.core.now_ms();
        let size = i64::try_from(new.size).map_err(|_| Error::Conflict("the blob is too large".into()))?;
        let (object, content) = match new.place {
            BlobPlace::Object(key) => (Some(key.as_str()), None),
            BlobPlace::Inline(bytes) => (None, Some(bytes.as_ref())),
        };
        unit!(self.core.db, Error, |tx| {
            let known: Option<i64> = sqlx::query_scalar(REPOSITORY).bind(repository).fetch_optional(&mut *tx).await?;
            if known.is_none() {
                return Ok(Placed::NoRepository);
            }
            let inserted = sqlx::query(INSERT)
                .bind(new.digest)
                .bind(size)
                .bind(object)
                .bind(content)
                .bind(now)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            let mut placed = Placed::New { replaced: None };
            if inserted == 0 {
                let (old, damaged): (Option<String>, i64) =
                    sqlx::query_as(CLAIM).bind(new.digest).fetch_one(&mut *tx).await?;
                placed = Placed::Known;
                if damaged != 0 {
                    sqlx::query(REPLACE)
                        .bind(new.digest)
                        .bind(size)
                        .bind(object)
                        .bind(content)
                        .execute(&mut *tx)
                        .await?;
                    placed = Placed::New { replaced: old };
                }
            }
            sqlx::query(LINK).bind(repository).bind(new.digest).bind(now).execute(&mut *tx).await?;
            Ok(placed)
        })
    }

    /// Shows a blob the registry has already, for somebody who proved to have its bytes; false when it has not.
    pub async fn link_known(&self, repository: i64, digest: &str) -> Result<bool> {
        let now = self.core.now_ms();
        let rows = unit!(self.core.db, Error, |tx| {
            let query = sqlx::query(LINK_KNOWN).bind(repository).bind(digest).bind(now);
            Ok(query.execute(&mut *tx).await?.rows_affected())
        });
        match rows {
            Ok(rows) => Ok(rows > 0),
            Err(error) if error.lost_race() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Shows in `repository` a blob that `source` shows; false when it does not.
    pub async fn mount(&self, repository: i64, source: i64, digest: &str) -> Result<bool> {
        let now = self.core.now_ms();
        let rows = unit!(self.core.db, Error, |tx| {
            let query = sqlx::query(LINK_FROM).bind(repository).bind(source).bind(digest).bind(now);
            Ok(query.execute(&mut *tx).await?.rows_affected())
        });
        match rows {
            Ok(rows) => Ok(rows > 0),
            // The collector, or the deletion of a repository, came first: there is nothing to mount any more.
            Err(error) if error.lost_race() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a manifest of the repository refers to the blob.
    pub async fn is_referred_to(&self, repository: i64, digest: &str) -> Result<bool> {
        let by: Option<String> = on!(self.core.db, p => sqlx::query_scalar(REFERRING).bind(repository).bind(digest).fetch_optional(p).await?);
        Ok(by.is_some())
    }

    /// Somebody relies on the blob being there: the collector is to spare it for another grace period.
    pub async fn touch(&self, repository: i64, digest: &str) -> Result<bool> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            Ok(sqlx::query(TOUCH).bind(repository).bind(digest).bind(now).execute(&mut *tx).await?.rows_affected() > 0)
        })
    }

    /// Hides the blob from the repository, unless a manifest there refers to it: then that manifest's digest is the
    /// [`Error::Conflict`].
    pub async fn unlink(&self, actor: &str, repository: i64, repository_name: &str, digest: &str) -> Result<bool> {
        let now = self.core.now_ms();
        settled!(unit!(self.core.db, Error, |tx| {
            let by: Option<String> =
                sqlx::query_scalar(REFERRING).bind(repository).bind(digest).fetch_optional(&mut *tx).await?;
            if let Some(manifest) = by {
                return Err(Error::Conflict(manifest));
            }
            let gone = sqlx::query(UNLINK).bind(repository).bind(digest).execute(&mut *tx).await?.rows_affected() > 0;
            if gone {
                let entry = crate::AuditEntry::new(actor, "packyard:DeleteBlob", repository_name);
                crate::audit!(tx, now, entry.detail(format!("{{\"digest\":\"{digest}\"}}")));
            }
            Ok(gone)
        }))
    }

    /// Notes that the object of a blob is missing or short: it shows no more, until it is pushed again.
    pub async fn damaged(&self, digest: &str, object: &str) -> Result<bool> {
        unit!(self.core.db, Error, |tx| {
            Ok(sqlx::query(DAMAGED).bind(digest).bind(object).execute(&mut *tx).await?.rows_affected() > 0)
        })
    }
}

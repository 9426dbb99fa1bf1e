//! What nobody needs any more. The order is: a repository stops showing a blob no manifest of it refers to, then the
//! blob that no repository shows loses its row, then its object is deleted. Each step checks again inside its
//! transaction, and the foreign keys refuse it when a push came in between; since keys are random, a push of the same
//! digest after the row is gone makes another object, which the deletion of the old one cannot hurt.

use crate::{Core, Error, Result, Store, on, unit};

/// What one step removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// (repository, digest) that show no more.
    pub unlinked: Vec<(i64, String)>,
    pub blobs: u64,
    pub bytes: u64,
    /// Objects without a row now: delete them.
    pub objects: Vec<String>,
}

const STALE_LINKS: &str = "SELECT l.repository, l.digest FROM repository_blob l WHERE l.fresh_at < $1
    AND NOT EXISTS (SELECT m.digest FROM manifest_blob m WHERE m.repository = l.repository AND m.digest = l.digest)
    ORDER BY l.fresh_at LIMIT $2";
const UNLINK: &str = "DELETE FROM repository_blob WHERE repository = $1 AND digest = $2 AND fresh_at < $3
    AND NOT EXISTS (SELECT m.digest FROM manifest_blob m WHERE m.repository = $1 AND m.digest = $2)";
const ORPHANS: &str = "SELECT b.digest FROM blob b
    WHERE NOT EXISTS (SELECT l.digest FROM repository_blob l WHERE l.digest = b.digest) ORDER BY b.digest LIMIT $1";
const DROP: &str = "DELETE FROM blob WHERE digest = $1
    AND NOT EXISTS (SELECT l.digest FROM repository_blob l WHERE l.digest = $1) RETURNING object, size";
const OBJECT: &str = "SELECT digest FROM blob WHERE object = $1";

#[derive(Clone)]
pub struct Garbage {
    core: Core,
}

impl Store {
    pub fn garbage(&self) -> Garbage {
        Garbage { core: self.core.clone() }
    }
}

impl Garbage {
    /// Hides at most `limit` blobs that nothing refers to and nobody asked for since `before`.
    pub async fn unlink(&self, before: i64, limit: i64) -> Result<Collected> {
        let stale: Vec<(i64, String)> =
            on!(self.core.db, p => sqlx::query_as(STALE_LINKS).bind(before).bind(limit).fetch_all(p).await?);
        let mut collected = Collected::default();
        for (repository, digest) in stale {
            let blob = digest.as_str();
            let gone = unit!(self.core.db, Error, |tx| {
                let query = sqlx::query(UNLINK).bind(repository).bind(blob).bind(before);
                Ok(query.execute(&mut *tx).await?.rows_affected() > 0)
            });
            match gone {
                Ok(true) => collected.unlinked.push((repository, digest)),
                Ok(false) => {}
                Err(error) if error.lost_race() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(collected)
    }

    /// Forgets at most `limit` blobs that no repository shows.
    pub async fn forget(&self, limit: i64) -> Result<Collected> {
        let orphans: Vec<String> = on!(self.core.db, p => sqlx::query_scalar(ORPHANS).bind(limit).fetch_all(p).await?);
        let mut collected = Collected::default();
        for digest in orphans {
            let row = unit!(self.core.db, Error, |tx| {
                let row: Option<(Option<String>, i64)> =
                    sqlx::query_as(DROP).bind(digest.as_str()).fetch_optional(&mut *tx).await?;
                Ok(row)
            });
            match row {
                Ok(Some((object, size))) => {
                    collected.blobs += 1;
                    collected.bytes += u64::try_from(size).unwrap_or(0);
                    collected.objects.extend(object);
                }
                Ok(None) => {}
                Err(error) if error.lost_race() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(collected)
    }

    /// Whether some blob has this object.
    pub async fn is_object_known(&self, key: &str) -> Result<bool> {
        let found: Option<String> =
            on!(self.core.db, p => sqlx::query_scalar(OBJECT).bind(key).fetch_optional(p).await?);
        Ok(found.is_some())
    }
}

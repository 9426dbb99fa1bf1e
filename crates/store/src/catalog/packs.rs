//! What was read of each tag, and the packs that came of it.
//!
//! Invariant: each change of `catalog_pack` takes a new number of `catalog_revision` inside its transaction. The
//! row lock on it makes commits happen in the order of the numbers, so a reader that fetches what is newer than it
//! knows misses nothing. Every write is fenced by the lease of the sync that does it; and a run over a whole registry
//! writes nothing of a repository that a run after a push began to read since: that one knows better. Both take the
//! row lock first, so one of the two sees the other.

pub(crate) mod pack;
pub(crate) mod tag;

use crate::catalog::bulk::{AT_ONCE, are_apart};
use crate::catalog::{BUMP, CatalogStore, held};
use crate::{Error, Lease, Result, on, unit};
use pack::{insert_all, none_there, put_pack, still_registered};
use tag::{DELETE_TAG, leave_pack, overtaken, overtaken_repositories, pack_of_tag, put_tag};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TagRow {
    pub repository: String,
    pub tag: String,
    pub digest: String,
    pub reader: i64,
    pub outcome: String,
    pub reasons: String,
    pub pack_uid: Option<String>,
    /// What the list of a Helm repository said of it beside its digest, as a fingerprint; else empty.
    pub listed: String,
}

/// A tag as it was just seen.
#[derive(Debug, Clone, Copy)]
pub struct TagWrite<'a> {
    pub registry_uid: &'a str,
    pub repository: &'a str,
    pub tag: &'a str,
    /// Empty: read it again next time.
    pub digest: &'a str,
    pub reader: i64,
    /// JSON.
    pub reasons: &'a str,
    /// For a run over the whole registry: how many runs after pushes to the repository had begun when its list was
    /// asked for. Nothing is written when another has begun since.
    pub pushes: Option<i64>,
    /// See [`TagRow::listed`].
    pub listed: &'a str,
}

/// What became of the record that a tag is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagRefused {
    /// The pack that it held before, if any, stays.
    Written { pack_uid: Option<String> },
    /// A run after a push reads the repository: it knows better.
    Overtaken,
}

/// A pack as it was just read from a tag.
#[derive(Debug, Clone, Copy)]
pub struct PackWrite<'a> {
    pub tag: TagWrite<'a>,
    pub name: &'a str,
    pub version: &'a str,
    /// 0 when repository and tag say the same name and version as the pack; a lower rank wins a contest.
    pub rank: i64,
    pub summary: &'a str,
    /// Lower-case text that searches look in.
    pub search: &'a str,
    pub detail: &'a str,
    pub values: &'a str,
    pub readme: Option<&'a str>,
    pub logo: Option<(&'a str, &'a [u8])>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackWritten {
    Added {
        uid: String,
    },
    Updated {
        uid: String,
    },
    /// Another tag of this registry holds the same name and version, and goes first.
    Shadowed {
        by_repository: String,
        by_tag: String,
    },
    /// A run after a push reads the repository: it knows better.
    Overtaken,
}

const PUSHES: &str = "SELECT repository, runs FROM pushed_repository WHERE registry_uid = $1";

impl CatalogStore {
    /// How many runs after pushes have begun, of each repository that had any.
    pub async fn pushes(&self, registry_uid: &str) -> Result<Vec<(String, i64)>> {
        Ok(on!(self.core.db, p => sqlx::query_as(PUSHES).bind(registry_uid).fetch_all(p).await?))
    }

    /// Tags and their packs in one step, all of one registry, which must still be registered.
    pub async fn put_packs(&self, lease: &Lease, writes: &[PackWrite<'_>]) -> Result<Vec<PackWritten>> {
        let now = self.core.now_ms();
        let Some(registry_uid) = writes.first().map(|write| write.tag.registry_uid) else { return Ok(Vec::new()) };
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            let rev: i64 = sqlx::query_scalar(BUMP).fetch_one(&mut *tx).await?;
            still_registered!(tx, registry_uid);
            let overtaken = overtaken_repositories!(tx, writes);
            let mut all = Vec::with_capacity(writes.len());
            for some in writes.chunks(AT_ONCE) {
                let has_overtaken = some.iter().any(|write| overtaken[write.tag.repository]);
                if are_apart(some) && !has_overtaken && none_there!(tx, some) {
                    all.extend(insert_all!(tx, some, now, rev));
                    continue;
                }
                for write in some {
                    let is_overtaken = overtaken[write.tag.repository];
                    all.push(if is_overtaken { PackWritten::Overtaken } else { put_pack!(tx, write, now, rev) });
                }
            }
            Ok(all)
        })
    }

    /// Records why a tag was not taken (`outcome` "rejected", or "empty"). The pack it held before, if any, stays as it was.
    pub async fn reject_tag(&self, lease: &Lease, tag: TagWrite<'_>, outcome: &'static str) -> Result<TagRefused> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            let _: i64 = sqlx::query_scalar(BUMP).fetch_one(&mut *tx).await?;
            if overtaken!(tx, tag) {
                return Ok(TagRefused::Overtaken);
            }
            let pack_uid = pack_of_tag!(tx, tag);
            put_tag!(tx, tag, outcome, pack_uid.as_deref(), now);
            Ok(TagRefused::Written { pack_uid })
        })
    }

    /// Tags that left the registry: their packs are marked gone, and a tag that was shadowed by one is read again.
    /// Says of each whether it was dropped; not, when a run after a push reads its repository.
    pub async fn drop_tags(&self, lease: &Lease, tags: &[TagWrite<'_>]) -> Result<Vec<bool>> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            let rev: i64 = sqlx::query_scalar(BUMP).fetch_one(&mut *tx).await?;
            let mut dropped = Vec::with_capacity(tags.len());
            for tag in tags {
                if overtaken!(tx, tag) {
                    dropped.push(false);
                    continue;
                }
                let pack = pack_of_tag!(tx, tag);
                sqlx::query(DELETE_TAG)
                    .bind(tag.registry_uid)
                    .bind(tag.repository)
                    .bind(tag.tag)
                    .execute(&mut *tx)
                    .await?;
                if let Some(pack) = pack {
                    leave_pack!(tx, tag, pack.as_str(), now, rev);
                }
                dropped.push(true);
            }
            Ok(dropped)
        })
    }
}

//! What was read of each tag, and the packs that came of it.
//!
//! Invariant: each change of `catalog_pack` takes a new number of `catalog_revision` inside its transaction. The
//! row lock on it makes commits happen in the order of the numbers, so a reader that fetches what is newer than it
//! knows misses nothing. Every write is fenced by the lease of the sync that does it; and a run over a whole registry
//! writes nothing of a repository that a run after a push began to read since: that one knows better. Both take the
//! row lock first, so one of the two sees the other.

use crate::catalog::{BUMP, CatalogStore, HELD_AS_BIGINT, held};
use crate::catalog_bulk::{AT_ONCE, INSERT_PACKS, INSERT_TAGS, THERE, are_apart};
use crate::{Error, Lease, Result, new_uid, on, unit};
use std::collections::HashMap;

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

/// What is there before a pack is written: the pack that its tag held, and the one of the same name and version.
#[derive(sqlx::FromRow)]
struct Before {
    of_tag: Option<String>,
    uid: Option<String>,
    repository: Option<String>,
    tag: Option<String>,
    rank: Option<i64>,
    gone: Option<i64>,
}

impl Before {
    /// Whether the pack was read from another tag, before which `write` goes: that one is read again, to be told so.
    fn is_taken_over_by(&self, write: &PackWrite<'_>) -> bool {
        let own = (Some(write.tag.repository), Some(write.tag.tag));
        self.gone == Some(0) && (self.repository.as_deref(), self.tag.as_deref()) != own && self.shadow(write).is_none()
    }

    /// Where the pack of the same name and version is read from, when that goes before `write`.
    fn shadow(&self, write: &PackWrite<'_>) -> Option<(&str, &str)> {
        let place = (self.repository.as_deref()?, self.tag.as_deref()?);
        let own = (write.tag.repository, write.tag.tag);
        let goes_first = (self.rank?, place) < (write.rank, own);
        (self.gone == Some(0) && place != own && goes_first).then_some(place)
    }
}

const REGISTRY_EXISTS: &str = "SELECT created FROM remote_registry WHERE uid = $1";
const TAG_PACK: &str = "SELECT pack_uid FROM remote_tag WHERE registry_uid = $1 AND repository = $2 AND tag = $3";
const PUT_TAG: &str =
    "INSERT INTO remote_tag (registry_uid, repository, tag, digest, reader, outcome, reasons, pack_uid, seen, listed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (registry_uid, repository, tag) DO UPDATE SET digest = excluded.digest, reader = excluded.reader,
        outcome = excluded.outcome, reasons = excluded.reasons, pack_uid = excluded.pack_uid, seen = excluded.seen,
        listed = excluded.listed";
const DELETE_TAG: &str = "DELETE FROM remote_tag WHERE registry_uid = $1 AND repository = $2 AND tag = $3";
const READ_AGAIN: &str = "UPDATE remote_tag SET digest = '' WHERE registry_uid = $1 AND pack_uid = $2";
/// Both in one, since it is asked for each of very many packs.
const BEFORE: &str = "SELECT held.pack_uid AS of_tag, pack.uid, pack.repository, pack.tag, pack.rank, pack.gone
    FROM (SELECT 1 AS one) AS always
    LEFT JOIN remote_tag AS held ON held.registry_uid = $1 AND held.repository = $2 AND held.tag = $3
    LEFT JOIN catalog_pack AS pack ON pack.registry_uid = $1 AND pack.name = $4 AND pack.version = $5";
const INSERT_PACK: &str =
    "INSERT INTO catalog_pack (uid, registry_uid, name, version, repository, tag, rank, digest, gone,
        updated, rev, summary, search, detail, values_text, readme, logo_type, logo)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const UPDATE_PACK: &str = "UPDATE catalog_pack SET repository = $5, tag = $6, rank = $7, digest = $8, gone = 0, updated = $9,
        rev = $10, summary = $11, search = $12, detail = $13, values_text = $14, readme = $15, logo_type = $16, logo = $17
    WHERE uid = $1 AND registry_uid = $2 AND name = $3 AND version = $4";
const PACK_GONE: &str = "UPDATE catalog_pack SET gone = $5, rev = $6
    WHERE uid = $1 AND registry_uid = $2 AND repository = $3 AND tag = $4 AND gone = 0";
const PUSHES: &str = "SELECT repository, runs FROM pushed_repository WHERE registry_uid = $1";
const PUSHES_OF: &str = "SELECT runs FROM pushed_repository WHERE registry_uid = $1 AND repository = $2";

/// Whether a run after a push began to read the repository of `$tag` since the list was asked for. Take the row lock of
/// `catalog_revision` before.
macro_rules! overtaken {
    ($tx:ident, $tag:expr) => {
        match $tag.pushes {
            None => false,
            Some(known) => {
                let begun: Option<i64> = sqlx::query_scalar(PUSHES_OF)
                    .bind($tag.registry_uid)
                    .bind($tag.repository)
                    .fetch_optional(&mut *$tx)
                    .await?;
                begun.unwrap_or(0) != known
            }
        }
    };
}

/// `$tag` no longer holds `$pack`: it is gone, unless another tag holds it too, which is then read again.
macro_rules! leave_pack {
    ($tx:ident, $tag:expr, $pack:expr, $now:expr, $rev:expr) => {{
        sqlx::query(PACK_GONE)
            .bind($pack)
            .bind($tag.registry_uid)
            .bind($tag.repository)
            .bind($tag.tag)
            .bind($now)
            .bind($rev)
            .execute(&mut *$tx)
            .await?;
        sqlx::query(READ_AGAIN).bind($tag.registry_uid).bind($pack).execute(&mut *$tx).await?;
    }};
}

macro_rules! put_tag {
    ($tx:ident, $tag:expr, $outcome:expr, $pack:expr, $now:expr) => {
        sqlx::query(PUT_TAG)
            .bind($tag.registry_uid)
            .bind($tag.repository)
            .bind($tag.tag)
            .bind($tag.digest)
            .bind($tag.reader)
            .bind($outcome)
            .bind($tag.reasons)
            .bind($pack)
            .bind($now)
            .bind($tag.listed)
            .execute(&mut *$tx)
            .await?
    };
}

/// Whether nothing is there of the tags of `$some`, nor of their names and versions.
macro_rules! none_there {
    ($tx:ident, $some:expr) => {{
        let mut query = sqlx::query_scalar(THERE.as_str()).bind($some[0].tag.registry_uid);
        for write in $some {
            query = query.bind(write.tag.repository).bind(write.tag.tag).bind(write.name).bind(write.version);
        }
        let there: i64 = query.fetch_one(&mut *$tx).await?;
        there == 0
    }};
}

/// Writes `$some`, of which nothing is there.
macro_rules! insert_all {
    ($tx:ident, $some:expr, $now:expr, $rev:expr) => {{
        let uids: Vec<String> = $some.iter().map(|_| new_uid()).collect();
        let mut packs = sqlx::query(INSERT_PACKS.as_str());
        let mut tags = sqlx::query(INSERT_TAGS.as_str());
        for (write, uid) in $some.iter().zip(&uids) {
            let tag = write.tag;
            let (logo_type, logo) = write.logo.unzip();
            packs = packs.bind(uid.as_str()).bind(tag.registry_uid).bind(write.name).bind(write.version);
            packs = packs.bind(tag.repository).bind(tag.tag).bind(write.rank).bind(tag.digest).bind(0_i64);
            packs = packs.bind($now).bind($rev).bind(write.summary).bind(write.search).bind(write.detail);
            packs = packs.bind(write.values).bind(write.readme).bind(logo_type).bind(logo);
            tags = tags.bind(tag.registry_uid).bind(tag.repository).bind(tag.tag).bind(tag.digest).bind(tag.reader);
            tags = tags.bind("taken").bind(tag.reasons).bind(uid.as_str()).bind($now).bind(tag.listed);
        }
        packs.execute(&mut *$tx).await?;
        tags.execute(&mut *$tx).await?;
        uids.into_iter().map(|uid| PackWritten::Added { uid }).collect::<Vec<_>>()
    }};
}

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
            let registered: Option<i64> =
                sqlx::query_scalar(REGISTRY_EXISTS).bind(registry_uid).fetch_optional(&mut *tx).await?;
            if registered.is_none() {
                return Err(Error::NotFound(format!("the registry {registry_uid}")));
            }
            let mut all = Vec::with_capacity(writes.len());
            // Under the row lock it stays as it was found: once for each repository will do.
            let mut overtaken: HashMap<&str, bool> = HashMap::new();
            for tag in writes.iter().map(|write| &write.tag) {
                if !overtaken.contains_key(tag.repository) {
                    overtaken.insert(tag.repository, overtaken!(tx, tag));
                }
            }
            for some in writes.chunks(AT_ONCE) {
                if are_apart(some) && !some.iter().any(|write| overtaken[write.tag.repository]) && none_there!(tx, some)
                {
                    all.extend(insert_all!(tx, some, now, rev));
                    continue;
                }
                for write in some {
                    let tag = write.tag;
                    if overtaken[tag.repository] {
                        all.push(PackWritten::Overtaken);
                        continue;
                    }
                    let before: Before = sqlx::query_as(BEFORE)
                        .bind(tag.registry_uid)
                        .bind(tag.repository)
                        .bind(tag.tag)
                        .bind(write.name)
                        .bind(write.version)
                        .fetch_one(&mut *tx)
                        .await?;
                    let uid = before.uid.clone().unwrap_or_else(new_uid);
                    let written = if let Some((by_repository, by_tag)) = before.shadow(write) {
                        PackWritten::Shadowed { by_repository: by_repository.to_owned(), by_tag: by_tag.to_owned() }
                    } else {
                        let (logo_type, logo) = write.logo.unzip();
                        sqlx::query(if before.uid.is_some() { UPDATE_PACK } else { INSERT_PACK })
                            .bind(uid.as_str())
                            .bind(tag.registry_uid)
                            .bind(write.name)
                            .bind(write.version)
                            .bind(tag.repository)
                            .bind(tag.tag)
                            .bind(write.rank)
                            .bind(tag.digest)
                            .bind(now)
                            .bind(rev)
                            .bind(write.summary)
                            .bind(write.search)
                            .bind(write.detail)
                            .bind(write.values)
                            .bind(write.readme)
                            .bind(logo_type)
                            .bind(logo)
                            .execute(&mut *tx)
                            .await?;
                        match before.gone {
                            Some(0) => PackWritten::Updated { uid: uid.clone() },
                            _ => PackWritten::Added { uid: uid.clone() },
                        }
                    };
                    if before.is_taken_over_by(write) {
                        sqlx::query(READ_AGAIN).bind(tag.registry_uid).bind(uid.as_str()).execute(&mut *tx).await?;
                    }
                    // The tag moved from another version: that one is gone, unless some other tag holds it too.
                    if let Some(old) = before.of_tag.filter(|old| *old != uid) {
                        leave_pack!(tx, tag, old.as_str(), now, rev);
                    }
                    let outcome = if matches!(written, PackWritten::Shadowed { .. }) { "rejected" } else { "taken" };
                    put_tag!(tx, tag, outcome, Some(uid.as_str()), now);
                    all.push(written);
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
            let before: Option<Option<String>> = sqlx::query_scalar(TAG_PACK)
                .bind(tag.registry_uid)
                .bind(tag.repository)
                .bind(tag.tag)
                .fetch_optional(&mut *tx)
                .await?;
            let pack_uid = before.flatten();
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
                let pack: Option<Option<String>> = sqlx::query_scalar(TAG_PACK)
                    .bind(tag.registry_uid)
                    .bind(tag.repository)
                    .bind(tag.tag)
                    .fetch_optional(&mut *tx)
                    .await?;
                sqlx::query(DELETE_TAG)
                    .bind(tag.registry_uid)
                    .bind(tag.repository)
                    .bind(tag.tag)
                    .execute(&mut *tx)
                    .await?;
                if let Some(pack) = pack.flatten() {
                    leave_pack!(tx, tag, pack.as_str(), now, rev);
                }
                dropped.push(true);
            }
            Ok(dropped)
        })
    }
}

//! Steps of a unit of work that write packs with their tags: many new ones at once, or one beside what is there.

use super::{PackWrite, PackWritten};

pub(crate) const REGISTRY_EXISTS: &str = "SELECT created FROM remote_registry WHERE uid = $1";
/// Both in one, since it is asked for each of very many packs.
pub(crate) const BEFORE: &str =
    "SELECT held.pack_uid AS of_tag, pack.uid, pack.repository, pack.tag, pack.rank, pack.gone
    FROM (SELECT 1 AS one) AS always
    LEFT JOIN remote_tag AS held ON held.registry_uid = $1 AND held.repository = $2 AND held.tag = $3
    LEFT JOIN catalog_pack AS pack ON pack.registry_uid = $1 AND pack.name = $4 AND pack.version = $5";
pub(crate) const INSERT_PACK: &str =
    "INSERT INTO catalog_pack (uid, registry_uid, name, version, repository, tag, rank, digest, gone,
        updated, rev, summary, search, detail, values_text, readme, logo_type, logo)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
pub(crate) const UPDATE_PACK: &str = "UPDATE catalog_pack SET repository = $5, tag = $6, rank = $7, digest = $8, gone = 0, updated = $9,
        rev = $10, summary = $11, search = $12, detail = $13, values_text = $14, readme = $15, logo_type = $16, logo = $17
    WHERE uid = $1 AND registry_uid = $2 AND name = $3 AND version = $4";

/// What is there before a pack is written: the pack that its tag held, and the one of the same name and version.
#[derive(sqlx::FromRow)]
pub(crate) struct Before {
    pub(crate) of_tag: Option<String>,
    pub(crate) uid: Option<String>,
    repository: Option<String>,
    tag: Option<String>,
    rank: Option<i64>,
    gone: Option<i64>,
}

impl Before {
    /// Whether the pack was read from another tag, before which `write` goes: that one is read again, to be told so.
    pub(crate) fn is_taken_over_by(&self, write: &PackWrite<'_>) -> bool {
        let own = (Some(write.tag.repository), Some(write.tag.tag));
        self.gone == Some(0) && (self.repository.as_deref(), self.tag.as_deref()) != own && self.shadow(write).is_none()
    }

    /// The other pack that the tag held until now: the tag moved to `uid` from another version.
    pub(crate) fn left_behind(&self, uid: &str) -> Option<&str> {
        self.of_tag.as_deref().filter(|old| *old != uid)
    }

    /// What becomes of `write`, whose pack has the uid `uid`.
    pub(crate) fn outcome(&self, write: &PackWrite<'_>, uid: &str) -> PackWritten {
        match (self.shadow(write), self.gone) {
            (Some((by_repository, by_tag)), _) => {
                PackWritten::Shadowed { by_repository: by_repository.to_owned(), by_tag: by_tag.to_owned() }
            }
            (None, Some(0)) => PackWritten::Updated { uid: uid.to_owned() },
            (None, _) => PackWritten::Added { uid: uid.to_owned() },
        }
    }

    /// Where the pack of the same name and version is read from, when that goes before `write`.
    fn shadow(&self, write: &PackWrite<'_>) -> Option<(&str, &str)> {
        let place = (self.repository.as_deref()?, self.tag.as_deref()?);
        let own = (write.tag.repository, write.tag.tag);
        let goes_first = (self.rank?, place) < (write.rank, own);
        (self.gone == Some(0) && place != own && goes_first).then_some(place)
    }
}

/// Fails the unit when the registry was removed meanwhile.
macro_rules! still_registered {
    ($tx:ident, $uid:expr) => {{
        let registered: Option<i64> = sqlx::query_scalar($crate::catalog::packs::pack::REGISTRY_EXISTS)
            .bind($uid)
            .fetch_optional(&mut *$tx)
            .await?;
        if registered.is_none() {
            return Err($crate::Error::NotFound(format!("the registry {}", $uid)));
        }
    }};
}

/// Whether nothing is there of the tags of `$some`, nor of their names and versions.
macro_rules! none_there {
    ($tx:ident, $some:expr) => {{
        let mut query = sqlx::query_scalar($crate::catalog::bulk::THERE.as_str()).bind($some[0].tag.registry_uid);
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
        let uids: Vec<String> = $some.iter().map(|_| $crate::new_uid()).collect();
        let mut packs = sqlx::query($crate::catalog::bulk::INSERT_PACKS.as_str());
        let mut tags = sqlx::query($crate::catalog::bulk::INSERT_TAGS.as_str());
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
        uids.into_iter().map(|uid| $crate::catalog::packs::PackWritten::Added { uid }).collect::<Vec<_>>()
    }};
}

/// What is there before `$write`.
macro_rules! before {
    ($tx:ident, $write:expr) => {{
        let (write, tag) = ($write, $write.tag);
        let before: $crate::catalog::packs::pack::Before = sqlx::query_as($crate::catalog::packs::pack::BEFORE)
            .bind(tag.registry_uid)
            .bind(tag.repository)
            .bind(tag.tag)
            .bind(write.name)
            .bind(write.version)
            .fetch_one(&mut *$tx)
            .await?;
        before
    }};
}

/// Writes the row of a pack; `$sql` is one of the two statements for it.
macro_rules! write_pack {
    ($tx:ident, $sql:expr, $write:expr, $uid:expr, $now:expr, $rev:expr) => {{
        let (write, tag) = ($write, $write.tag);
        let (logo_type, logo) = write.logo.unzip();
        sqlx::query($sql)
            .bind($uid)
            .bind(tag.registry_uid)
            .bind(write.name)
            .bind(write.version)
            .bind(tag.repository)
            .bind(tag.tag)
            .bind(write.rank)
            .bind(tag.digest)
            .bind($now)
            .bind($rev)
            .bind(write.summary)
            .bind(write.search)
            .bind(write.detail)
            .bind(write.values)
            .bind(write.readme)
            .bind(logo_type)
            .bind(logo)
            .execute(&mut *$tx)
            .await?;
    }};
}

/// Writes one pack beside whatever is there, and says what became of it.
macro_rules! put_pack {
    ($tx:ident, $write:expr, $now:expr, $rev:expr) => {{
        use $crate::catalog::packs::{PackWritten, pack, tag as tag_steps};
        let (write, tag) = ($write, $write.tag);
        let before = pack::before!($tx, write);
        let uid = before.uid.clone().unwrap_or_else($crate::new_uid);
        let written = before.outcome(write, &uid);
        let is_shadowed = matches!(written, PackWritten::Shadowed { .. });
        if !is_shadowed {
            let sql = if before.uid.is_some() { pack::UPDATE_PACK } else { pack::INSERT_PACK };
            pack::write_pack!($tx, sql, write, uid.as_str(), $now, $rev);
        }
        if before.is_taken_over_by(write) {
            tag_steps::read_again!($tx, tag.registry_uid, uid.as_str());
        }
        if let Some(old) = before.left_behind(&uid) {
            tag_steps::leave_pack!($tx, tag, old, $now, $rev);
        }
        let outcome = if is_shadowed { "rejected" } else { "taken" };
        tag_steps::put_tag!($tx, tag, outcome, Some(uid.as_str()), $now);
        written
    }};
}

pub(crate) use {before, insert_all, none_there, put_pack, still_registered, write_pack};

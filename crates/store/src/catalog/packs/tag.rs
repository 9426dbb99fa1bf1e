//! Steps of a unit of work that are about one tag. Each takes the transaction; callers hold the lease and the row lock of
//! `catalog_revision`.

pub(crate) const PUT_TAG: &str =
    "INSERT INTO remote_tag (registry_uid, repository, tag, digest, reader, outcome, reasons, pack_uid, seen, listed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (registry_uid, repository, tag) DO UPDATE SET digest = excluded.digest, reader = excluded.reader,
        outcome = excluded.outcome, reasons = excluded.reasons, pack_uid = excluded.pack_uid, seen = excluded.seen,
        listed = excluded.listed";
pub(crate) const DELETE_TAG: &str = "DELETE FROM remote_tag WHERE registry_uid = $1 AND repository = $2 AND tag = $3";
pub(crate) const TAG_PACK: &str =
    "SELECT pack_uid FROM remote_tag WHERE registry_uid = $1 AND repository = $2 AND tag = $3";
pub(crate) const READ_AGAIN: &str = "UPDATE remote_tag SET digest = '' WHERE registry_uid = $1 AND pack_uid = $2";
pub(crate) const PACK_GONE: &str = "UPDATE catalog_pack SET gone = $5, rev = $6
    WHERE uid = $1 AND registry_uid = $2 AND repository = $3 AND tag = $4 AND gone = 0";
pub(crate) const PUSHES_OF: &str = "SELECT runs FROM pushed_repository WHERE registry_uid = $1 AND repository = $2";

/// Whether a run after a push began to read the repository of `$tag` since the list was asked for. Take the row lock of
/// `catalog_revision` before.
macro_rules! overtaken {
    ($tx:ident, $tag:expr) => {
        match $tag.pushes {
            None => false,
            Some(known) => {
                let begun: Option<i64> = sqlx::query_scalar($crate::catalog::packs::tag::PUSHES_OF)
                    .bind($tag.registry_uid)
                    .bind($tag.repository)
                    .fetch_optional(&mut *$tx)
                    .await?;
                begun.unwrap_or(0) != known
            }
        }
    };
}

/// Of each repository in `$writes`, whether that is so. Under the row lock it stays as it was found: each is asked about once.
macro_rules! overtaken_repositories {
    ($tx:ident, $writes:expr) => {{
        let mut asked: ::std::collections::HashMap<&str, bool> = ::std::collections::HashMap::new();
        for tag in $writes.iter().map(|write| &write.tag) {
            if !asked.contains_key(tag.repository) {
                asked.insert(tag.repository, $crate::catalog::packs::tag::overtaken!($tx, tag));
            }
        }
        asked
    }};
}

/// The pack that `$tag` holds, where the tag is known.
macro_rules! pack_of_tag {
    ($tx:ident, $tag:expr) => {{
        let held: Option<Option<String>> = sqlx::query_scalar($crate::catalog::packs::tag::TAG_PACK)
            .bind($tag.registry_uid)
            .bind($tag.repository)
            .bind($tag.tag)
            .fetch_optional(&mut *$tx)
            .await?;
        held.flatten()
    }};
}

/// Another tag that holds `$pack` is read again with the next run.
macro_rules! read_again {
    ($tx:ident, $registry_uid:expr, $pack:expr) => {
        sqlx::query($crate::catalog::packs::tag::READ_AGAIN).bind($registry_uid).bind($pack).execute(&mut *$tx).await?
    };
}

/// `$tag` no longer holds `$pack`: it is gone, unless another tag holds it too, which is then read again.
macro_rules! leave_pack {
    ($tx:ident, $tag:expr, $pack:expr, $now:expr, $rev:expr) => {{
        sqlx::query($crate::catalog::packs::tag::PACK_GONE)
            .bind($pack)
            .bind($tag.registry_uid)
            .bind($tag.repository)
            .bind($tag.tag)
            .bind($now)
            .bind($rev)
            .execute(&mut *$tx)
            .await?;
        $crate::catalog::packs::tag::read_again!($tx, $tag.registry_uid, $pack);
    }};
}

macro_rules! put_tag {
    ($tx:ident, $tag:expr, $outcome:expr, $pack:expr, $now:expr) => {
        sqlx::query($crate::catalog::packs::tag::PUT_TAG)
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

pub(crate) use {leave_pack, overtaken, overtaken_repositories, pack_of_tag, put_tag, read_again};

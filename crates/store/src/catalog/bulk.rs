//! Writing many packs that are new, as a first sync does: several with one statement.
//!
//! Only packs that have nothing to do with each other or with anything that is there are written so; all others go the
//! long way, one by one (`catalog_packs`).

use crate::PackWrite;
use crate::db::values;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Packs of one statement.
pub(crate) const AT_ONCE: usize = 16;

/// How many tags and packs are there already of `$1`, the registry, and `AT_ONCE` times repository, tag, name, version.
pub(crate) static THERE: LazyLock<String> = LazyLock::new(|| {
    let any = |columns: [&str; 2], first: usize| {
        let one = |at: usize| {
            let (a, b) = (first + at * 4, first + at * 4 + 1);
            format!("(registry_uid = $1 AND {} = ${a} AND {} = ${b})", columns[0], columns[1])
        };
        (0..AT_ONCE).map(one).collect::<Vec<_>>().join(" OR ")
    };
    format!(
        "SELECT CAST((SELECT COUNT(*) FROM remote_tag WHERE {}) + (SELECT COUNT(*) FROM catalog_pack WHERE {}) AS BIGINT)",
        any(["repository", "tag"], 2),
        any(["name", "version"], 4)
    )
});

pub(crate) static INSERT_PACKS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO catalog_pack (uid, registry_uid, name, version, repository, tag, rank, digest, gone, updated, rev,
            summary, search, detail, values_text, readme, logo_type, logo)
        VALUES {}",
        values(18, AT_ONCE)
    )
});

pub(crate) static INSERT_TAGS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO remote_tag (registry_uid, repository, tag, digest, reader, outcome, reasons, pack_uid, seen,
            listed)
        VALUES {}",
        values(10, AT_ONCE)
    )
});

/// Whether they make a statement, and no two are of one tag, or of one name and version.
pub(crate) fn are_apart(writes: &[PackWrite<'_>]) -> bool {
    let (mut tags, mut packs) = (HashSet::new(), HashSet::new());
    writes.len() == AT_ONCE
        && writes.iter().all(|write| {
            tags.insert((write.tag.repository, write.tag.tag)) && packs.insert((write.name, write.version))
        })
}

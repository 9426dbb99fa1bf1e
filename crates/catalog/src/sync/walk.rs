//! The walk of one run: list, drop what is gone, find what changed. `fetch` reads that.

use super::fetch::Wanted;
use super::record::{Run, Stopped};
use super::run::Scope;
use crate::connect::{Connection, ends_the_run};
use crate::source::{Source, TagSeen};
use crate::{FORCE_SYNC, Outcome};
use futures_util::{StreamExt, stream};
use packyard_oci::client::{ClientError, Hop};
use packyard_oci::{Digest, RepoName};
use packyard_store::{TagRow, TagWrite};
use std::collections::HashMap;

/// Version of the rules by which packs are read; a higher one makes every tag be read again.
pub(super) const READER: i64 = 1;

/// The listing of one repository: `None` when it could not be read.
type Listed = Vec<(RepoName, Option<Vec<TagSeen>>)>;
/// What the catalogue holds of each (repository, tag).
type Known = HashMap<(String, String), TagRow>;

impl Run<'_> {
    pub(super) async fn walk(&mut self, connection: &Connection, scope: &Scope) -> Result<(), Stopped> {
        let source = connection.source();
        // Before anything is listed: what is not known yet cannot be missing, and what is pushed from here on is for
        // runs of its own.
        if matches!(scope, Scope::Whole) {
            self.pushes = Some(self.store.pushes(self.uid).await?.into_iter().collect());
        }
        let known = self.known().await?;
        let repositories = match scope {
            Scope::Pushed(names) => {
                self.searched = names.iter().map(ToString::to_string).collect();
                names.clone()
            }
            Scope::Whole => {
                self.searched = connection.paths.searched();
                self.repositories(&source, connection).await?
            }
        };
        self.counts.repositories = u32::try_from(repositories.len()).unwrap_or(u32::MAX);
        let listed = self.list(connection, &source, repositories).await?;
        self.counts.tags = listed.iter().filter_map(|(_, tags)| tags.as_ref()).map(|tags| tags.len() as u32).sum();
        self.drop_missing(connection, scope, &known, &listed).await?;
        // Of a large registry it is large; what is read next is read anew.
        drop(known);
        self.fetch(connection, &source, listed).await
    }

    /// The pack repositories, with near misses noted.
    async fn repositories(&mut self, source: &impl Source, connection: &Connection) -> Result<Vec<RepoName>, Stopped> {
        if let Some(named) = connection.paths.all_named() {
            return Ok(named);
        }
        let all = source.repositories().await.map_err(|e| Stopped::from(&e))?;
        let most = self.limits.repositories;
        if all.len() > most {
            return Err(Stopped::new(format!("the registry lists more than {most} repositories (limit repositories)")));
        }
        let found = connection.find(all.iter().map(String::as_str));
        self.near_misses = found.near_misses;
        Ok(found.repositories)
    }

    async fn list(
        &mut self,
        connection: &Connection,
        source: &impl Source,
        repositories: Vec<RepoName>,
    ) -> Result<Listed, Stopped> {
        let mut lists = stream::iter(repositories)
            .map(|name| async move {
                let tags = source.tags(&name).await;
                (name, tags)
            })
            .buffer_unordered(self.limits.parallel_tags.max(1));
        let mut listed = Vec::new();
        while let Some((name, tags)) = lists.next().await {
            let tags = match tags {
                Ok(tags) => {
                    self.failures_in_a_row = 0;
                    Some(tags.unwrap_or_default())
                }
                Err(error) => {
                    self.note_not_read(name.as_str(), "", "", &error, None);
                    if ends_the_run(&error) || self.is_one_too_many(&error) && !is_there(connection, &error).await {
                        return Err(Stopped::from(&error));
                    }
                    None
                }
            };
            let most = self.limits.tags_per_repository;
            if tags.as_ref().is_some_and(|tags| tags.len() > most) {
                return Err(Stopped::new(format!("{name} has more than {most} tags (limit tags_per_repository)")));
            }
            listed.push((name, tags.map(|tags| tags.into_iter().filter(|seen| !is_companion(seen)).collect())));
        }
        Ok(listed)
    }

    async fn known(&self) -> Result<Known, Stopped> {
        let rows = self.store.tags(self.uid).await?;
        Ok(rows.into_iter().map(|row| ((row.repository.clone(), row.tag.clone()), row)).collect())
    }

    /// Drops what a complete list no longer has. A list that is suddenly empty is not believed.
    async fn drop_missing(
        &mut self,
        connection: &Connection,
        scope: &Scope,
        known: &Known,
        listed: &Listed,
    ) -> Result<(), Stopped> {
        let seen: HashMap<&str, Option<&Vec<TagSeen>>> =
            listed.iter().map(|(name, tags)| (name.as_str(), tags.as_ref())).collect();
        let in_scope = |row: &&TagRow| match scope {
            Scope::Whole => true,
            Scope::Pushed(names) => names.iter().any(|name| row.repository == name.as_str()),
        };
        let is_missing = |row: &&TagRow| match seen.get(row.repository.as_str()) {
            Some(Some(tags)) => !tags.iter().any(|seen| seen.tag.as_str() == row.tag),
            // Could not be listed: nothing is known about it.
            Some(None) => false,
            None => true,
        };
        let rows: Vec<&TagRow> = known.values().filter(in_scope).collect();
        let missing: Vec<&TagRow> = rows.iter().copied().filter(|row| is_missing(row)).collect();
        let under_paths = |row: &&&TagRow| connection.paths.covers(&row.repository);
        let expected = rows.iter().filter(under_paths).count();
        let is_empty = self.counts.tags == 0 && listed.iter().all(|(_, tags)| tags.is_some());
        if is_empty && expected > 0 && !self.believes_empty && !self.whole {
            return Err(Stopped::new(format!(
                "{} lists no tags any more, of the {expected} that the catalogue knows; the whole registry is looked at \
                 before any is dropped",
                self.searched.join(", ")
            )));
        }
        if is_empty && expected > 0 && !self.believes_empty {
            return Err(Stopped::new(format!(
                "the registry lists nothing under {}, where the catalogue knows {expected} tags. The catalogue keeps \
                 them. If they were deleted on purpose, run {FORCE_SYNC}",
                self.searched.join(", ")
            )));
        }
        if !missing.is_empty() {
            let tags: Vec<_> = missing.iter().map(|row| self.tag_write(&row.repository, &row.tag, "", "")).collect();
            let dropped = self.store.drop_tags(self.lease, &tags).await?;
            for (row, _) in missing.into_iter().zip(dropped).filter(|(_, dropped)| *dropped) {
                self.counts.deleted += 1;
                self.note(&row.repository, &row.tag, &row.digest, Outcome::Deleted, &[], row.pack_uid.clone());
            }
        }
        // After a push nobody watches how far it came, and each write makes the push wait.
        if matches!(scope, Scope::Whole) { self.show().await } else { Ok(()) }
    }

    async fn fetch(&mut self, connection: &Connection, source: &impl Source, listed: Listed) -> Result<(), Stopped> {
        // Read again: dropping a tag may have asked for another reading of one that it hid.
        let known = self.known().await?;
        let mut changed = Vec::new();
        for (name, tags) in listed {
            for TagSeen { tag, digest } in tags.unwrap_or_default() {
                match known.get(&(name.to_string(), tag.to_string())) {
                    Some(row) if self.is_current(row, digest.as_ref()) => self.note_unchanged(row),
                    row => changed.push(Wanted { repository: name.clone(), tag, listed: digest, row: row.cloned() }),
                }
            }
        }
        self.fetch_all(connection, source, changed).await
    }

    /// Whether nothing has to be read of a known tag, which the list says is `digest`, or says nothing more of.
    fn is_current(&self, row: &TagRow, digest: Option<&Digest>) -> bool {
        let same = match digest {
            Some(digest) => digest.as_str() == row.digest,
            None => !self.rechecks && !row.digest.is_empty(),
        };
        same && row.reader == READER
    }

    pub(super) fn tag_write<'w>(
        &'w self,
        repository: &'w str,
        tag: &'w str,
        digest: &'w str,
        reasons: &'w str,
    ) -> TagWrite<'w> {
        let pushes = self.pushes.as_ref().map(|pushes| pushes.get(repository).copied().unwrap_or_default());
        TagWrite { registry_uid: self.uid, repository, tag, digest, reader: READER, reasons, pushes }
    }
}

/// Whether the registry as such is there: a refused login is its answer to everything, what else went wrong need not be.
async fn is_there(connection: &Connection, error: &ClientError) -> bool {
    error.hop != Hop::Auth && connection.client.probe().await.is_ok()
}

/// Signatures and attestations that tools keep beside an artifact, under tags made of its digest.
fn is_companion(seen: &TagSeen) -> bool {
    let Some(rest) = seen.tag.as_str().strip_prefix("sha256-") else { return false };
    let (hex, end) = rest.split_at_checked(64).unwrap_or((rest, ""));
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) && (end.is_empty() || end.starts_with('.'))
}

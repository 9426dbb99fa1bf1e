//! The walk of one run: list, drop what is gone, find what changed. `fetch` reads that.

use super::known::{Known, KnownTag};
use super::read::Wanted;
use super::record::{Run, Stopped};
use super::run::Scope;
use crate::connect::{Connection, ends_the_run};
use crate::source::{Source, TagSeen};
use crate::{FORCE_SYNC, Holds, Outcome};
use futures_util::{StreamExt, stream};
use packyard_oci::client::{ClientError, Hop};
use packyard_oci::{Digest, RepoName};
use packyard_store::{TagRow, TagWrite};
use std::collections::{HashMap, HashSet};

/// Version of the rules by which packs are read; a higher one makes every tag be read again.
pub(super) const READER: i64 = 1;

/// Tags dropped in one transaction: others wait for it.
pub(super) const DROPPED: usize = 1000;

/// The listing of one repository: `None` when it could not be read.
type Listed = Vec<(RepoName, Option<Vec<TagSeen>>)>;

impl Run<'_> {
    pub(super) async fn walk(&mut self, connection: &Connection, scope: &Scope) -> Result<(), Stopped> {
        let source = connection.source();
        // Before anything is listed: what is not known yet cannot be missing, and what is pushed from here on is for
        // runs of its own.
        if matches!(scope, Scope::Whole) {
            self.pushes = Some(self.store.pushes(self.uid).await?.into_iter().collect());
        }
        let known = self.known(scope).await?;
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
        self.fetch(connection, &source, scope, listed).await
    }

    /// The pack repositories, with near misses noted.
    async fn repositories(&mut self, source: &impl Source, connection: &Connection) -> Result<Vec<RepoName>, Stopped> {
        if let Some(named) = connection.paths.all_named() {
            return Ok(named);
        }
        let all = match source.repositories().await {
            Ok(all) => all,
            Err(refused) => match self.holds {
                Holds::Packs => return Err(Stopped::from(&refused)),
                // A base path may be the repository of a chart, which needs no list.
                Holds::Charts => return named(source, connection).await.ok_or_else(|| Stopped::from(&refused)),
            },
        };
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

    /// What the catalogue knows of the tags that this run is about.
    async fn known(&self, scope: &Scope) -> Result<Known, Stopped> {
        let mut known = Known::default();
        match scope {
            Scope::Whole => self.store.tags(self.uid, |row| known.add(row)).await?,
            Scope::Pushed(names) => {
                for name in names {
                    let rows = self.store.tags_of(self.uid, name.as_str()).await?;
                    rows.into_iter().for_each(|row| known.add(row));
                }
            }
        }
        known.sort();
        Ok(known)
    }

    /// Drops what a complete list no longer has. A list that is suddenly empty is not believed.
    async fn drop_missing(
        &mut self,
        connection: &Connection,
        scope: &Scope,
        known: &Known,
        listed: &Listed,
    ) -> Result<(), Stopped> {
        let listed_tags = |tags: &Vec<TagSeen>| tags.iter().map(|seen| seen.tag.to_string()).collect::<HashSet<_>>();
        let mut missing: Vec<TagRow> = Vec::new();
        let mut expected = 0;
        let seen: HashMap<&str, Option<&Vec<TagSeen>>> =
            listed.iter().map(|(name, tags)| (name.as_str(), tags.as_ref())).collect();
        for (repository, tags) in known.repositories() {
            if connection.paths.covers(repository) {
                expected += tags.len();
            }
            let is_there = match seen.get(repository) {
                Some(Some(tags)) => listed_tags(tags),
                // Could not be listed: nothing is known about it.
                Some(None) => continue,
                None => HashSet::new(),
            };
            let gone = tags.iter().filter(|known| !is_there.contains(known.tag()));
            missing.extend(gone.map(|known| known.row(repository)));
        }
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
        self.drop_tags(&missing).await?;
        // After a push nobody watches how far it came, and each write makes the push wait.
        if matches!(scope, Scope::Whole) { self.show().await } else { Ok(()) }
    }

    /// Tags that the registry no longer has.
    pub(super) async fn drop_tags(&mut self, rows: &[TagRow]) -> Result<(), Stopped> {
        for rows in rows.chunks(DROPPED) {
            let tags: Vec<_> = rows.iter().map(|row| self.tag_write(&row.repository, &row.tag, "", "")).collect();
            let dropped = self.store.drop_tags(self.lease, &tags).await?;
            for (row, _) in rows.iter().zip(dropped).filter(|(_, dropped)| *dropped) {
                self.counts.deleted += 1;
                self.note(&row.repository, &row.tag, &row.digest, Outcome::Deleted, &[], row.pack_uid.clone());
            }
        }
        Ok(())
    }

    async fn fetch(
        &mut self,
        connection: &Connection,
        source: &impl Source,
        scope: &Scope,
        mut listed: Listed,
    ) -> Result<(), Stopped> {
        // Read again: dropping a tag may have asked for another reading of one that it hid.
        let known = self.known(scope).await?;
        for (name, tags) in &mut listed {
            let name = name.as_str();
            tags.get_or_insert_default().retain(|seen| match known.get(name, &seen.tag) {
                Some(known) if self.is_current(known, seen.digest.as_ref()) => {
                    self.note_same(name, known);
                    false
                }
                _ => true,
            });
            self.flush_many().await?;
        }
        let wanted = listed.into_iter().flat_map(|(repository, tags)| {
            let known = &known;
            tags.unwrap_or_default().into_iter().map(move |TagSeen { tag, digest }| {
                let row = known.get(repository.as_str(), &tag).map(|known| known.row(repository.as_str()));
                Wanted { repository: repository.clone(), tag, listed: digest, row }
            })
        });
        self.fetch_all(connection, source, Box::new(wanted)).await
    }

    fn note_same(&mut self, repository: &str, known: &KnownTag) {
        if known.is_plain() {
            self.counts.unchanged += 1;
        } else {
            self.note_unchanged(&known.row(repository));
        }
    }

    /// Whether nothing has to be read of a known tag, which the list says is `digest`, or says nothing more of.
    fn is_current(&self, known: &KnownTag, digest: Option<&Digest>) -> bool {
        let same = match digest {
            Some(digest) => known.is(digest),
            None => !self.rechecks && known.has_digest(),
        };
        same && known.reader == READER
    }

    pub(super) fn tag_write<'w>(
        &'w self,
        repository: &'w str,
        tag: &'w str,
        digest: &'w str,
        reasons: &'w str,
    ) -> TagWrite<'w> {
        let pushes = self.pushes.as_ref().map(|pushes| pushes.get(repository).copied().unwrap_or_default());
        TagWrite { registry_uid: self.uid, repository, tag, digest, reader: READER, reasons, pushes, listed: "" }
    }
}

/// The base paths that are repositories with tags; `None` when no one is.
async fn named(source: &impl Source, connection: &Connection) -> Option<Vec<RepoName>> {
    let mut found = Vec::new();
    for name in connection.paths.named() {
        if source.tags(&name).await.ok().flatten().is_some_and(|tags| !tags.is_empty()) {
            found.push(name);
        }
    }
    Some(found).filter(|found| !found.is_empty())
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

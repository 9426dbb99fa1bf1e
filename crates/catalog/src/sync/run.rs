//! One run over one registry: list, compare, fetch what changed, write, record.
//!
//! What ends a run without a change to the catalogue: no connection, no list, a list that is suddenly empty. What ends
//! it early but keeps what was written: too many requests, a lost lease, the time limit.

use super::held::Held;
use super::tag::{TagRead, failure_reason, read_tag};
use crate::connect::{Connection, ends_the_run};
use crate::error::{Doing, Error};
use crate::hops::told;
use crate::source::{Source, TagSeen};
use crate::stored::json;
use crate::{Catalog, NearMiss, Outcome, Reason, RunCounts, SyncLimits, Trigger};
use futures_util::{StreamExt, stream};
use packyard_oci::client::ClientError;
use packyard_oci::{Digest, RepoName};
use packyard_store::{
    CatalogStore, Lease, OutcomeRow, PackWrite, PackWritten, RunEnd, RunStart, TagRow, TagWrite, sync_lease,
};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Version of the rules by which packs are read; a higher one makes every tag be read again.
const READER: i64 = 1;
/// How often the record shows how far a run came.
const SHOW_EVERY: Duration = Duration::from_secs(1);

const STOPS: &str = "the server stops";

#[derive(Debug, Clone)]
pub(crate) enum Scope {
    Whole,
    /// One repository of this very server, because something was pushed to it. Its list is believed when empty.
    Repository(RepoName),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunEnded {
    Success,
    Failed,
    /// Another process or task does it.
    Busy,
}

/// Why a run ended before it was through; complete by itself.
struct Stopped(String);

impl From<packyard_store::Error> for Stopped {
    fn from(error: packyard_store::Error) -> Self {
        match error {
            packyard_store::Error::Conflict(_) => Self("another process took this run over".to_owned()),
            packyard_store::Error::NotFound(_) => Self("the registry was removed meanwhile".to_owned()),
            other => {
                tracing::error!(error = ?other, "the catalogue could not be written");
                Self("the catalogue could not be written; the server's log says why".to_owned())
            }
        }
    }
}

impl Catalog {
    /// Synchronises one registry now. Errors are of our own store; what the registry did wrong is in the record.
    pub(crate) async fn run_sync(&self, uid: &str, trigger: Trigger, scope: Scope) -> Result<RunEnded, Error> {
        let lease = match &scope {
            Scope::Whole => sync_lease(uid),
            Scope::Repository(name) => format!("{}/{name}", sync_lease(uid)),
        };
        let holder = self.holder.to_string();
        let held = Held::claim(self.store.leases(), &lease, &holder).await.doing("claim a sync")?;
        let Some(held) = held else { return Ok(RunEnded::Busy) };
        let ended = self.run_held(uid, trigger, scope, &held).await;
        held.release().await;
        self.sync_ended.notify_waiters();
        ended
    }

    async fn run_held(&self, uid: &str, trigger: Trigger, scope: Scope, held: &Held) -> Result<RunEnded, Error> {
        let store = self.packs_store();
        let spec = self.spec_with_secret(uid).await?;
        let whole = matches!(scope, Scope::Whole);
        let start = RunStart { registry_uid: uid, cause: trigger.as_str(), searched: "[]", whole };
        let (id, cut_off) = store.begin_run(&held.lease, start).await.doing("start a sync")?;
        if cut_off {
            tracing::warn!(registry = uid, "the sync before was cut off; starting again");
        }
        let mut run = Run {
            store: store.clone(),
            lease: &held.lease,
            limits: &self.config.limits,
            uid,
            id,
            believes_empty: !whole || trigger == Trigger::Force,
            counts: RunCounts::default(),
            near_misses: Vec::new(),
            searched: Vec::new(),
            pending: Vec::new(),
            shown: Instant::now(),
            not_read: 0,
            first_not_read: None,
        };
        let result = match Connection::new(&spec, &self.config) {
            Err(unusable) => Err(Stopped(format!("{}: {}", unusable.field, unusable.message))),
            Ok(connection) => {
                let walk = async {
                    if whole {
                        self.recognise(uid, &connection).await?;
                    }
                    run.walk(&connection, &scope).await
                };
                let result = tokio::select! {
                    done = tokio::time::timeout(self.config.limits.run_time, walk) => done.unwrap_or_else(|_| {
                        Err(Stopped(format!("it took longer than {:?} (limit run_time)", self.config.limits.run_time)))
                    }),
                    () = self.stops() => Err(Stopped(STOPS.to_owned())),
                    () = held.lost() => Err(Stopped("another process took this run over".to_owned())),
                };
                (run.counts.requests, run.counts.bytes) = connection.meter.read();
                result
            }
        };
        if *self.stopping.borrow() {
            // The record stays open: the process that finds it starts again at once, since the lease is let go.
            return Ok(RunEnded::Busy);
        }
        self.end(run, result, whole).await
    }

    async fn stops(&self) {
        let mut stopping = self.stopping.subscribe();
        if stopping.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the registry is this very server. Never by comparing addresses.
    async fn recognise(&self, uid: &str, connection: &Connection) -> Result<(), Stopped> {
        connection.meter.request();
        let probe = connection.client.probe().await.map_err(|e| Stopped(told(&e)))?;
        let is_self = probe.packyard_instance.as_deref() == Some(self.config.instance_id.as_str());
        Ok(self.packs_store().set_is_self(uid, is_self).await?)
    }

    async fn end(&self, mut run: Run<'_>, result: Result<(), Stopped>, whole: bool) -> Result<RunEnded, Error> {
        let result = match run.flush().await {
            Ok(()) => result,
            Err(error) => result.and(Err(error.into())),
        };
        let (ok, message) = run.verdict(result);
        let wait = if ok && run.not_read == 0 {
            self.config.sync_interval
        } else {
            self.config.retry_interval.min(self.config.sync_interval)
        };
        let end = RunEnd {
            id: run.id,
            registry_uid: run.uid,
            ok,
            message: &message,
            searched: &json(&run.searched),
            near_misses: &json(&run.near_misses),
            counts: &json(&run.counts),
            whole,
            next_run: self.store.core.now_ms() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2),
            keep: i64::from(self.config.limits.history_runs),
        };
        tracing::info!(registry = run.uid, ok, message, counts = ?run.counts, "sync ended");
        match run.store.end_run(run.lease, end).await {
            Err(packyard_store::Error::Conflict(_)) => Ok(RunEnded::Busy),
            ended => ended.doing("record a sync").map(|()| if ok { RunEnded::Success } else { RunEnded::Failed }),
        }
    }
}

struct Run<'a> {
    store: CatalogStore,
    lease: &'a Lease,
    limits: &'a SyncLimits,
    uid: &'a str,
    id: i64,
    believes_empty: bool,
    counts: RunCounts,
    near_misses: Vec<NearMiss>,
    searched: Vec<String>,
    /// Outcomes that are not written yet.
    pending: Vec<OutcomeRow>,
    shown: Instant,
    /// Tags and repositories that could not be read this time.
    not_read: u32,
    first_not_read: Option<String>,
}

/// The listing of one repository: `None` when it could not be read.
type Listed = Vec<(RepoName, Option<Vec<TagSeen>>)>;
/// What the catalogue holds of each (repository, tag).
type Known = HashMap<(String, String), TagRow>;

impl Run<'_> {
    async fn walk(&mut self, connection: &Connection, scope: &Scope) -> Result<(), Stopped> {
        let source = connection.source();
        let repositories = match scope {
            Scope::Repository(name) => {
                self.searched = vec![name.to_string()];
                vec![name.clone()]
            }
            Scope::Whole => {
                self.searched = connection.paths.searched();
                self.repositories(&source, connection).await?
            }
        };
        self.counts.repositories = u32::try_from(repositories.len()).unwrap_or(u32::MAX);
        let listed = self.list(&source, repositories).await?;
        self.counts.tags = listed.iter().filter_map(|(_, tags)| tags.as_ref()).map(|tags| tags.len() as u32).sum();
        self.drop_missing(connection, scope, &listed).await?;
        self.fetch(connection, listed).await
    }

    /// The pack repositories, with near misses noted.
    async fn repositories(&mut self, source: &impl Source, connection: &Connection) -> Result<Vec<RepoName>, Stopped> {
        if let Some(named) = connection.paths.all_named() {
            return Ok(named);
        }
        let all = source.repositories().await.map_err(|e| Stopped(told(&e)))?;
        let most = self.limits.repositories;
        if all.len() > most {
            return Err(Stopped(format!("the registry lists more than {most} repositories (limit repositories)")));
        }
        let found = connection.paths.find(all.iter().map(String::as_str));
        self.near_misses = found.near_misses;
        Ok(found.repositories)
    }

    async fn list(&mut self, source: &impl Source, repositories: Vec<RepoName>) -> Result<Listed, Stopped> {
        let mut lists = stream::iter(repositories)
            .map(|name| async move {
                let tags = source.tags(&name).await;
                (name, tags)
            })
            .buffer_unordered(self.limits.parallel_tags.max(1));
        let mut listed = Vec::new();
        while let Some((name, tags)) = lists.next().await {
            let tags = match tags {
                Ok(tags) => Some(tags.unwrap_or_default()),
                Err(error) if ends_the_run(&error) => return Err(Stopped(told(&error))),
                Err(error) => {
                    self.note_not_read(name.as_str(), "", "", &error, None);
                    None
                }
            };
            let most = self.limits.tags_per_repository;
            if tags.as_ref().is_some_and(|tags| tags.len() > most) {
                return Err(Stopped(format!("{name} has more than {most} tags (limit tags_per_repository)")));
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
    async fn drop_missing(&mut self, connection: &Connection, scope: &Scope, listed: &Listed) -> Result<(), Stopped> {
        let known = self.known().await?;
        let seen: HashMap<&str, Option<&Vec<TagSeen>>> =
            listed.iter().map(|(name, tags)| (name.as_str(), tags.as_ref())).collect();
        let in_scope = |row: &&TagRow| match scope {
            Scope::Whole => true,
            Scope::Repository(name) => row.repository == name.as_str(),
        };
        let is_missing = |row: &&TagRow| match seen.get(row.repository.as_str()) {
            Some(Some(tags)) => !tags.iter().any(|seen| seen.tag.as_str() == row.tag),
            // Could not be listed: nothing is known about it.
            Some(None) => false,
            None => true,
        };
        let rows: Vec<&TagRow> = known.values().filter(in_scope).collect();
        let missing: Vec<&TagRow> = rows.iter().copied().filter(|row| is_missing(&row)).collect();
        let under_paths = |row: &&&TagRow| connection.paths.covers(&row.repository);
        let expected = rows.iter().filter(under_paths).count();
        let is_empty = self.counts.tags == 0 && listed.iter().all(|(_, tags)| tags.is_some());
        if is_empty && expected > 0 && !self.believes_empty {
            return Err(Stopped(format!(
                "the registry lists nothing under {}, where the catalogue knows {expected} tags. The catalogue keeps \
                 them. If they were deleted on purpose, run Force sync",
                self.searched.join(", ")
            )));
        }
        let tags: Vec<_> = missing.iter().map(|row| (row.repository.clone(), row.tag.clone())).collect();
        if !tags.is_empty() {
            self.store.drop_tags(self.lease, self.uid, &tags).await?;
        }
        for row in missing {
            self.counts.deleted += 1;
            self.note(&row.repository, &row.tag, &row.digest, Outcome::Deleted, &[], row.pack_uid.clone());
        }
        self.show().await
    }

    async fn fetch(&mut self, connection: &Connection, listed: Listed) -> Result<(), Stopped> {
        // Read again: dropping a tag may have asked for another reading of one that it hid.
        let known = self.known().await?;
        let mut changed = Vec::new();
        for (name, tags) in listed {
            for seen in tags.unwrap_or_default() {
                let row = known.get(&(name.to_string(), seen.tag.to_string())).cloned();
                match seen.digest {
                    Err(error) if ends_the_run(&error) => return Err(Stopped(told(&error))),
                    Err(error) => self.note_not_read(name.as_str(), seen.tag.as_str(), "", &error, row.as_ref()),
                    Ok(digest) => match row {
                        Some(row) if is_current(&row, digest.as_ref()) => self.note_unchanged(&row),
                        row => changed.push((name.clone(), seen.tag, digest, row)),
                    },
                }
            }
        }
        let limits = self.limits;
        let mut reads = stream::iter(changed)
            .map(|(name, tag, digest, row)| async move {
                let known = row.as_ref().filter(|row| row.reader == READER).map(|row| row.digest.as_str());
                let reading = read_tag(connection, limits, &name, &tag, digest.as_ref(), known);
                let read = tokio::time::timeout(limits.tag_time, reading).await;
                (name, tag, digest, row, read)
            })
            .buffer_unordered(limits.parallel_tags.max(1));
        while let Some((name, tag, digest, row, read)) = reads.next().await {
            let read = read.unwrap_or_else(|_| TagRead::Rejected {
                digest: None,
                reasons: vec![Reason {
                    code: "too-slow".to_owned(),
                    reason: format!("reading it took longer than {:?} (limit tag_time)", limits.tag_time),
                    hint: "the next run tries again".to_owned(),
                }],
            });
            self.take(&name, tag.as_str(), digest.as_ref(), row.as_ref(), read).await?;
            if self.shown.elapsed() > SHOW_EVERY {
                (self.counts.requests, self.counts.bytes) = connection.meter.read();
                self.show().await?;
            }
        }
        Ok(())
    }

    /// Writes what one tag turned out to be.
    async fn take(
        &mut self,
        repository: &RepoName,
        tag: &str,
        listed: Option<&Digest>,
        row: Option<&TagRow>,
        read: TagRead,
    ) -> Result<(), Stopped> {
        let repository = repository.as_str();
        match read {
            TagRead::Unchanged => match row {
                Some(row) => self.note_unchanged(row),
                None => self.counts.unchanged += 1,
            },
            TagRead::Empty { digest } => {
                let tag_write = self.tag_write(repository, tag, digest.as_str(), "[]");
                self.store.reject_tag(self.lease, tag_write, "empty").await?;
                self.counts.unchanged += 1;
            }
            TagRead::Pack { digest, converted } => {
                let reasons = json(&converted.warnings);
                let written = self
                    .store
                    .put_pack(
                        self.lease,
                        PackWrite {
                            tag: self.tag_write(repository, tag, digest.as_str(), &reasons),
                            name: &converted.name,
                            version: &converted.version,
                            rank: converted.rank,
                            summary: &converted.summary,
                            search: &converted.search,
                            detail: &converted.detail,
                            values: &converted.values,
                            readme: converted.readme.as_deref(),
                            logo: converted.logo.as_ref().map(|(kind, bytes)| (*kind, bytes.as_slice())),
                        },
                    )
                    .await?;
                self.note_written(repository, tag, digest.as_str(), written, &converted.warnings);
            }
            TagRead::Rejected { digest, reasons } => {
                let text = json(&reasons);
                let kept = digest.as_ref().map_or("", Digest::as_str);
                let tag_write = self.tag_write(repository, tag, kept, &text);
                let pack = self.store.reject_tag(self.lease, tag_write, "rejected").await?;
                let shown = digest.as_ref().or(listed).map_or("", Digest::as_str);
                self.counts.rejected += 1;
                self.note(repository, tag, shown, Outcome::Rejected, &reasons, pack);
            }
            TagRead::Failed { error } => {
                let digest = listed.map_or("", Digest::as_str);
                self.note_not_read(repository, tag, digest, &error, row);
                if ends_the_run(&error) {
                    return Err(Stopped(told(&error)));
                }
            }
        }
        Ok(())
    }

    fn tag_write<'w>(&'w self, repository: &'w str, tag: &'w str, digest: &'w str, reasons: &'w str) -> TagWrite<'w> {
        TagWrite { registry_uid: self.uid, repository, tag, digest, reader: READER, reasons }
    }

    fn note_written(&mut self, repository: &str, tag: &str, digest: &str, written: PackWritten, warnings: &[Reason]) {
        let (outcome, uid) = match written {
            PackWritten::Added { uid } => (Outcome::Added, uid),
            PackWritten::Updated { uid } => (Outcome::Updated, uid),
            PackWritten::Shadowed { by_repository, by_tag } => {
                let reason = Reason {
                    code: "same-pack-twice".to_owned(),
                    reason: format!("`{by_repository}:{by_tag}` holds the same name and version, and goes first"),
                    hint: "keep one tag for each version of a pack".to_owned(),
                };
                self.counts.rejected += 1;
                return self.note(repository, tag, digest, Outcome::Rejected, &[reason], None);
            }
        };
        match outcome {
            Outcome::Added => self.counts.added += 1,
            _ => self.counts.updated += 1,
        }
        self.counts.warned += u32::from(!warnings.is_empty());
        self.note(repository, tag, digest, outcome, warnings, Some(uid));
    }

    /// Says again what is still wrong with a tag that did not change.
    fn note_unchanged(&mut self, row: &TagRow) {
        let reasons: Vec<Reason> = crate::stored::parse_json(&row.reasons);
        let outcome = if row.outcome == "rejected" { Outcome::Rejected } else { Outcome::Unchanged };
        match outcome {
            Outcome::Rejected => self.counts.rejected += 1,
            _ => {
                self.counts.unchanged += 1;
                self.counts.warned += u32::from(!reasons.is_empty());
            }
        }
        if !reasons.is_empty() {
            self.note(&row.repository, &row.tag, &row.digest, outcome, &reasons, row.pack_uid.clone());
        }
    }

    /// Not read this time; what the catalogue holds of it stays.
    fn note_not_read(&mut self, repository: &str, tag: &str, digest: &str, error: &ClientError, row: Option<&TagRow>) {
        self.not_read += 1;
        self.first_not_read.get_or_insert_with(|| told(error));
        self.counts.rejected += u32::from(!tag.is_empty());
        let pack = row.and_then(|row| row.pack_uid.clone());
        self.note(repository, tag, digest, Outcome::Rejected, &[failure_reason(error)], pack);
    }

    fn note(
        &mut self,
        repository: &str,
        tag: &str,
        digest: &str,
        outcome: Outcome,
        reasons: &[Reason],
        pack_uid: Option<String>,
    ) {
        self.pending.push(OutcomeRow {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            digest: digest.to_owned(),
            outcome: outcome.as_str().to_owned(),
            problem: i64::from(outcome == Outcome::Rejected || !reasons.is_empty()),
            reasons: json(&reasons),
            pack_uid,
        });
    }

    async fn flush(&mut self) -> packyard_store::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.pending);
        self.store.put_outcomes(self.id, &rows).await
    }

    async fn show(&mut self) -> Result<(), Stopped> {
        self.flush().await?;
        self.store.run_progress(self.lease, self.id, &json(&self.counts)).await?;
        self.shown = Instant::now();
        Ok(())
    }

    /// Whether the run counts as done, and what there is to know about it.
    fn verdict(&self, result: Result<(), Stopped>) -> (bool, String) {
        let counts = &self.counts;
        let read = counts.added + counts.updated + counts.unchanged;
        match result {
            Err(Stopped(message)) => (false, message),
            Ok(()) if self.not_read > 0 && read == 0 => {
                (false, self.first_not_read.clone().unwrap_or_else(|| "no tag could be read".to_owned()))
            }
            Ok(()) if counts.rejected > 0 || self.not_read > 0 => {
                (true, format!("{} of {} tags were not taken; the history says why", counts.rejected, counts.tags))
            }
            Ok(()) if counts.tags == 0 => (true, format!("no packs under {} yet", self.searched.join(", "))),
            Ok(()) => (true, String::new()),
        }
    }
}

fn is_current(row: &TagRow, digest: Option<&Digest>) -> bool {
    row.reader == READER && digest.is_some_and(|digest| digest.as_str() == row.digest)
}

/// Signatures and attestations that tools keep beside an artifact, under tags made of its digest.
fn is_companion(seen: &TagSeen) -> bool {
    let Some(rest) = seen.tag.as_str().strip_prefix("sha256-") else { return false };
    let (hex, end) = rest.split_at_checked(64).unwrap_or((rest, ""));
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) && (end.is_empty() || end.starts_with('.'))
}

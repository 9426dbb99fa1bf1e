//! One run over a Helm repository: read its index, drop what it no longer lists, write what changed.
//!
//! Everything is decided before anything is written, so an index that breaks off, or is suddenly empty, changes nothing.
//! Of what changed only the newest versions of each chart have their archives read here; see `charts`.

mod changes;
mod compare;
mod known;
mod marks;

use super::fetch::BATCH;
use super::record::{Run, Stopped};
use super::walk::{DROPPED, READER};
use crate::charts::{Content, IndexEnd, IndexFailure, Listed, NotRead, Repository, of_listed};
use crate::connect::{ends_the_run, may_be_the_registry};
use crate::packs::StoredDetail;
use crate::stored::{json, parse_json};
use crate::{Outcome, Reason};
use changes::Packed;
use compare::Comparison;
use futures_util::{StreamExt, stream};
use known::{KnownVersions, Says};
use marks::NewestVersions;
use packyard_oci::client::Validators;
use packyard_store::{IndexRow, PackWrite, TagRefused, TagRow, TagWrite};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

const SHOW_EVERY: Duration = Duration::from_secs(1);
/// After so many archives in a row that the server did not give, no more are asked for in this run.
const FAILURES_IN_A_ROW: u32 = 3;

/// A version to write, with what its archive holds where that was read.
struct Ready {
    listed: Listed,
    row: Option<TagRow>,
    content: Option<Result<Content, NotRead>>,
}

impl Run<'_> {
    /// `settings` is when the registry's settings were last changed.
    pub(super) async fn walk_index(&mut self, repository: &Repository, settings: i64) -> Result<(), Stopped> {
        self.searched = vec![repository.shown()];
        let known = self.known_versions().await?;
        let read = self.store.index(self.uid).await?;
        // A forced sync believes nothing that is known.
        let read = read.filter(|read| read.settings == settings && read.reader == READER && !self.believes_empty);
        let validators = read.map(|read| Validators { etag: read.etag, modified: read.modified }).unwrap_or_default();
        let state = Comparison::new(known, self.limits);
        match repository.read_index(&validators, state, Comparison::take).await {
            Err(failure) => Err(self.not_read(repository, &failure).await),
            Ok((compared, None)) => self.nothing_new(&compared.known).await,
            Ok((compared, Some(end))) => {
                self.apply(repository, compared, &end).await?;
                let IndexEnd { validators: Validators { etag, modified }, .. } = end;
                let row = IndexRow { settings, reader: READER, etag, modified };
                Ok(self.store.put_index(self.lease, self.uid, &row).await?)
            }
        }
    }

    async fn known_versions(&self) -> Result<KnownVersions, Stopped> {
        let mut known = KnownVersions::default();
        self.store.tags(self.uid, |row| known.add(row)).await?;
        known.sort();
        Ok(known)
    }

    async fn not_read(&self, repository: &Repository, failure: &IndexFailure) -> Stopped {
        let mut message = failure.told(&repository.shown());
        // Questions that help somebody who just typed the address, and nobody else.
        if self.rechecks
            && let Some(advice) = repository.advice(failure).await
        {
            message.push(' ');
            message.push_str(&advice);
        }
        Stopped { message, asked: failure.asked() }
    }

    async fn nothing_new(&mut self, known: &KnownVersions) -> Result<(), Stopped> {
        self.counts.repositories = count(known.chart_count());
        self.counts.tags = count(known.len());
        self.note_all_unchanged(known, Says::Nothing).await?;
        self.show().await
    }

    async fn note_all_unchanged(&mut self, known: &KnownVersions, says: Says) -> Result<(), Stopped> {
        for row in known.rows(says) {
            self.note_unchanged(&row);
            self.flush_many().await?;
        }
        Ok(())
    }

    async fn apply(&mut self, repository: &Repository, compared: Comparison, end: &IndexEnd) -> Result<(), Stopped> {
        let Comparison { known, seen, mut newest, changes, refused, nameless, .. } = compared;
        newest.settle();
        let changes = changes.finish()?;
        self.counts.repositories = count(newest.chart_count());
        self.counts.tags = count(seen.len());
        if !self.believes_empty {
            self.believe(seen.len(), known.count(Says::Nothing), known.len(), end)?;
        }
        drop(seen);
        if nameless > 0 {
            tracing::warn!(registry = self.uid, nameless, "the index has entries whose name or version cannot be used");
        }
        self.store.forget_index(self.lease, self.uid).await?;
        self.drop_versions(&known).await?;
        self.note_all_unchanged(&known, Says::Same).await?;
        if refused > 0 {
            self.refuse_all(&changes, &known).await?;
        }
        self.show().await?;
        self.write_changed(repository, &changes, &known, &newest).await
    }

    /// Whether the index may be what it says.
    fn believe(&self, seen: usize, missing: usize, before: usize, end: &IndexEnd) -> Result<(), Stopped> {
        let on_purpose = "The catalogue keeps them. If they were deleted on purpose, run Force sync";
        let place = self.searched.join(", ");
        if seen == 0 && before > 0 {
            return Err(Stopped::new(format!(
                "the index of {place} lists no charts any more, of the {before} versions that the catalogue knows. {on_purpose}"
            )));
        }
        if missing > 0 && !end.is_whole {
            return Err(Stopped::new(format!(
                "the index of {place} lacks {missing} of the {before} versions that the catalogue knows, and the line \
                 `generated` at its end: it may have been cut off. {on_purpose}"
            )));
        }
        Ok(())
    }

    /// Those that the index no longer lists.
    async fn drop_versions(&mut self, known: &KnownVersions) -> Result<(), Stopped> {
        let mut missing = known.rows(Says::Nothing);
        loop {
            let rows: Vec<TagRow> = missing.by_ref().take(DROPPED).collect();
            if rows.is_empty() {
                return Ok(());
            }
            self.drop_tags(&rows).await?;
            self.flush_many().await?;
        }
    }

    async fn refuse_all(&mut self, changes: &Packed, known: &KnownVersions) -> Result<(), Stopped> {
        for listed in changes.iter() {
            let listed = listed?;
            if let Some(reason) = listed.refusal() {
                let row = known.row(&listed.entry.name, &listed.entry.version);
                self.refuse(&listed, reason, row.as_ref()).await?;
                self.flush_many().await?;
            }
        }
        Ok(())
    }

    async fn refuse(&mut self, listed: &Listed, reason: Reason, row: Option<&TagRow>) -> Result<(), Stopped> {
        let (name, version, reasons) = (&listed.entry.name, &listed.entry.version, [reason]);
        let text = json(&reasons);
        let tag = TagWrite { listed: &listed.fingerprint, ..self.tag_write(name, version, &listed.digest, &text) };
        if let TagRefused::Written { pack_uid } = self.store.reject_tag(self.lease, tag, "rejected").await? {
            self.counts.rejected += 1;
            self.note(name, version, &listed.digest, Outcome::Rejected, &reasons, pack_uid);
            self.note_before(row);
        }
        Ok(())
    }

    async fn write_changed(
        &mut self,
        repository: &Repository,
        changes: &Packed,
        known: &KnownVersions,
        newest: &NewestVersions,
    ) -> Result<(), Stopped> {
        let failures = AtomicU32::new(0);
        let is_taken = |listed: &Result<Listed, Stopped>| listed.as_ref().map_or(true, |one| one.refusal().is_none());
        let mut ready = stream::iter(changes.iter().filter(is_taken))
            .map(|listed| {
                let failures = &failures;
                async move {
                    let listed = listed?;
                    let (name, version) = (&listed.entry.name, &listed.entry.version);
                    let row = known.row(name, version);
                    let wanted = newest.has(name, version) && !is_same_archive(&listed, row.as_ref());
                    let content = if wanted { read_newest(repository, &listed, failures).await } else { None };
                    Ok::<_, Stopped>(Ready { listed, row, content })
                }
            })
            .buffer_unordered(self.limits.parallel_tags.max(1))
            .ready_chunks(BATCH);
        while let Some(batch) = ready.next().await {
            self.write_batch(batch.into_iter().collect::<Result<_, _>>()?).await?;
            self.flush_many().await?;
            if self.shown.elapsed() > SHOW_EVERY {
                (self.counts.requests, self.counts.bytes) = repository.meter.read();
                self.show().await?;
            }
        }
        Ok(())
    }

    async fn write_batch(&mut self, batch: Vec<Ready>) -> Result<(), Stopped> {
        let mut kept = self.kept(&batch).await?;
        let mut written = Vec::with_capacity(batch.len());
        for Ready { listed, row, content } in batch {
            let (content, warnings) = match content {
                Some(Ok(content)) => (Some(content), Vec::new()),
                Some(Err(not_read)) => (None, vec![not_read.reason]),
                None => (row.as_ref().and_then(|row| kept.remove(row.pack_uid.as_deref()?)), Vec::new()),
            };
            written.push((of_listed(&listed, content), listed, row, warnings));
        }
        let writes: Vec<PackWrite<'_>> = written
            .iter()
            .map(|(converted, listed, ..)| {
                let tag = self.tag_write(&converted.name, &converted.version, &listed.digest, "[]");
                converted.write(TagWrite { listed: &listed.fingerprint, ..tag })
            })
            .collect();
        let outcomes = self.store.put_packs(self.lease, &writes).await?;
        drop(writes);
        for ((converted, listed, row, warnings), outcome) in written.iter().zip(outcomes) {
            let (name, version) = (converted.name.as_str(), converted.version.as_str());
            self.note_written(name, version, &listed.digest, row.as_ref(), outcome, warnings);
        }
        Ok(())
    }

    /// What is known of the archives of versions of which only the index says something else now.
    async fn kept(&self, batch: &[Ready]) -> Result<HashMap<String, Content>, Stopped> {
        let same = batch.iter().filter(|ready| is_same_archive(&ready.listed, ready.row.as_ref()));
        let uids: Vec<&str> = same.filter_map(|ready| ready.row.as_ref()?.pack_uid.as_deref()).collect();
        let mut kept = HashMap::new();
        for row in self.store.pack_details(&uids).await? {
            let detail: StoredDetail = parse_json(&row.detail);
            if !detail.archive.is_some_and(|archive| archive.is_read) {
                continue;
            }
            let logo = self.store.pack_logo(&row.uid).await?.map(|logo| (logo.logo_type, logo.logo));
            let content = Content {
                values: row.values_text,
                readme: row.readme,
                logo,
                metadata: detail.metadata,
                files: detail.content.files,
                size: 0,
            };
            kept.insert(row.uid, content);
        }
        Ok(kept)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The archive is the one that is known, whatever else the index says of it.
fn is_same_archive(listed: &Listed, row: Option<&TagRow>) -> bool {
    row.is_some_and(|row| !listed.digest.is_empty() && row.digest == listed.digest && row.pack_uid.is_some())
}

/// None once the server has shown that it gives no archives now: they are read when somebody opens them.
async fn read_newest(
    repository: &Repository,
    listed: &Listed,
    failures: &AtomicU32,
) -> Option<Result<Content, NotRead>> {
    if failures.load(Relaxed) >= FAILURES_IN_A_ROW {
        return None;
    }
    let entry = &listed.entry;
    let read = repository.chart(&entry.name, &entry.version, &entry.urls, &listed.digest).await;
    match &read {
        Err(NotRead { error: Some(error), .. }) if ends_the_run(error) => failures.store(FAILURES_IN_A_ROW, Relaxed),
        Err(NotRead { error: Some(error), .. }) if may_be_the_registry(error) => {
            failures.fetch_add(1, Relaxed);
        }
        _ if failures.load(Relaxed) < FAILURES_IN_A_ROW => failures.store(0, Relaxed),
        _ => {}
    }
    Some(read)
}

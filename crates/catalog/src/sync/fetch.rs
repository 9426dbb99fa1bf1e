//! Reading what changed: tags are read at the same time, and what they hold is written together, while the next ones are
//! read.
//!
//! A failure is judged before anything more is read, since it may be the registry's; and what waits to be written is held
//! to a budget of memory.

use super::convert::Converted;
use super::record::{Run, Stopped};
use super::tag::{TagRead, read_tag};
use super::walk::READER;
use crate::connect::{Connection, ends_the_run, may_be_the_registry};
use crate::source::Source;
use crate::stored::json;
use crate::{Outcome, Reason, SyncLimits};
use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use packyard_oci::client::ClientError;
use packyard_oci::{Digest, RepoName, Tag};
use packyard_store::{PackWrite, TagRefused, TagRow};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

/// After so many failures without an answer in between it is asked whether the registry still answers at all.
const FAILURES_IN_A_ROW: u32 = 3;
/// How often the record shows how far a run came.
const SHOW_EVERY: Duration = Duration::from_secs(1);
/// Packs written in one transaction.
pub(super) const BATCH: usize = 64;
/// KiB of packs that wait to be written; one that is larger waits alone.
const BUDGET_KIB: u32 = 16 * 1024;

/// A tag to read.
pub(super) struct Wanted {
    pub(super) repository: RepoName,
    pub(super) tag: Tag,
    /// As the list says.
    pub(super) listed: Option<Digest>,
    /// What the catalogue holds of it.
    pub(super) row: Option<TagRow>,
}

/// A tag that was read and is not written yet.
struct Read<'b> {
    wanted: Wanted,
    read: TagRead,
    /// Its part of the budget.
    _held: Option<SemaphorePermit<'b>>,
    /// Told when a failure has been judged.
    judged: Option<oneshot::Sender<()>>,
}

/// A pack to write.
struct Pack {
    wanted: Wanted,
    digest: Digest,
    converted: Box<Converted>,
    reasons: String,
}

impl Run<'_> {
    pub(super) async fn fetch_all(
        &mut self,
        connection: &Connection,
        source: &impl Source,
        wanted: Vec<Wanted>,
    ) -> Result<(), Stopped> {
        self.failures_in_a_row = 0;
        let limits = self.limits;
        let budget = Semaphore::new(BUDGET_KIB as usize);
        // Set when the run is to end: nothing new is read, what is under way is still written.
        let ends = AtomicBool::new(false);
        let (ready, read) = mpsc::channel(BATCH);
        let reading = pin!(read_all(connection, limits, wanted, &ends, &budget, ready));
        let writing = pin!(self.write_all(connection, source, &ends, read));
        match select(reading, writing).await {
            Either::Left(((), writing)) => writing.await,
            // It could not be written: what is still being read is let go.
            Either::Right((ended, _)) => ended,
        }
    }

    async fn write_all(
        &mut self,
        connection: &Connection,
        source: &impl Source,
        ends: &AtomicBool,
        mut ready: mpsc::Receiver<Read<'_>>,
    ) -> Result<(), Stopped> {
        let mut ended = Ok(());
        let mut batch = Vec::new();
        while ready.recv_many(&mut batch, BATCH).await > 0 {
            let mut packs = Vec::new();
            // Until it is written it holds its part of the budget.
            let mut held = Vec::new();
            for Read { wanted, read, _held, judged } in batch.drain(..) {
                held.push(_held);
                if let TagRead::Pack { digest, converted } = read {
                    self.failures_in_a_row = 0;
                    let reasons = json(&converted.warnings);
                    packs.push(Pack { wanted, digest, converted, reasons });
                    continue;
                }
                self.write_packs(std::mem::take(&mut packs)).await?;
                let error = self.take(&wanted, read).await?;
                if let Some(error) = error.filter(|_| !ends.load(Relaxed)) {
                    ended = self.judge(source, &wanted.repository, &error).await;
                    ends.store(ended.is_err(), Relaxed);
                }
                if let Some(judged) = judged {
                    let _ = judged.send(());
                }
            }
            self.write_packs(packs).await?;
            drop(held);
            if self.shown.elapsed() > SHOW_EVERY {
                (self.counts.requests, self.counts.bytes) = connection.meter.read();
                self.show().await?;
            }
        }
        ended
    }

    /// Whether a tag's failure is the registry's, so that the run ends.
    async fn judge(&mut self, source: &impl Source, repository: &RepoName, error: &ClientError) -> Result<(), Stopped> {
        if ends_the_run(error) {
            return Err(Stopped::from(error));
        }
        if self.is_one_too_many(error) {
            // Its last answer was a list of this repository: does it still give it?
            return source.answers(repository).await.map_err(|e| Stopped::from(&e));
        }
        Ok(())
    }

    async fn write_packs(&mut self, packs: Vec<Pack>) -> Result<(), Stopped> {
        if packs.is_empty() {
            return Ok(());
        }
        let writes: Vec<PackWrite<'_>> = packs
            .iter()
            .map(|Pack { wanted, digest, converted, reasons }| PackWrite {
                tag: self.tag_write(wanted.repository.as_str(), wanted.tag.as_str(), digest.as_str(), reasons),
                name: &converted.name,
                version: &converted.version,
                rank: converted.rank,
                summary: &converted.summary,
                search: &converted.search,
                detail: &converted.detail,
                values: &converted.values,
                readme: converted.readme.as_deref(),
                logo: converted.logo.as_ref().map(|(kind, bytes)| (kind.as_str(), bytes.as_slice())),
            })
            .collect();
        let written = self.store.put_packs(self.lease, &writes).await?;
        for (Pack { wanted, digest, converted, .. }, written) in packs.iter().zip(written) {
            let (repository, tag) = (wanted.repository.as_str(), wanted.tag.as_str());
            self.note_written(repository, tag, digest.as_str(), wanted.row.as_ref(), written, &converted.warnings);
        }
        Ok(())
    }

    /// Counts `error`; true when so many came in a row that the registry itself may be the reason.
    pub(super) fn is_one_too_many(&mut self, error: &ClientError) -> bool {
        if !may_be_the_registry(error) {
            self.failures_in_a_row = 0;
            return false;
        }
        self.failures_in_a_row += 1;
        let is_many = self.failures_in_a_row >= FAILURES_IN_A_ROW;
        if is_many {
            self.failures_in_a_row = 0;
        }
        is_many
    }

    /// Writes what a tag turned out to be that holds no pack. Returns why it could not be read, if so.
    async fn take(&mut self, wanted: &Wanted, read: TagRead) -> Result<Option<ClientError>, Stopped> {
        let Wanted { repository, tag, listed, row } = wanted;
        let (repository, tag, listed, row) = (repository.as_str(), tag.as_str(), listed.as_ref(), row.as_ref());
        if !matches!(read, TagRead::Failed { .. }) {
            self.failures_in_a_row = 0;
        }
        match read {
            TagRead::Unchanged => match row {
                Some(row) => self.note_unchanged(row),
                None => self.counts.unchanged += 1,
            },
            TagRead::Empty { digest } => {
                let tag_write = self.tag_write(repository, tag, digest.as_str(), "[]");
                match self.store.reject_tag(self.lease, tag_write, "empty").await? {
                    TagRefused::Written { .. } => self.counts.unchanged += 1,
                    TagRefused::Overtaken => self.note_overtaken(),
                }
            }
            // Written with others.
            TagRead::Pack { .. } => {}
            TagRead::Rejected { digest, reasons } => {
                let text = json(&reasons);
                let kept = digest.as_ref().map_or("", Digest::as_str);
                let tag_write = self.tag_write(repository, tag, kept, &text);
                let shown = digest.as_ref().or(listed).map_or("", Digest::as_str);
                match self.store.reject_tag(self.lease, tag_write, "rejected").await? {
                    TagRefused::Written { pack_uid } => {
                        self.counts.rejected += 1;
                        self.note(repository, tag, shown, Outcome::Rejected, &reasons, pack_uid);
                        self.note_before(row);
                    }
                    TagRefused::Overtaken => self.note_overtaken(),
                }
            }
            TagRead::Failed { error } => {
                let digest = listed.map_or("", Digest::as_str);
                self.note_not_read(repository, tag, digest, &error, row);
                return Ok(Some(error));
            }
        }
        Ok(None)
    }
}

/// Reads tags until all are read, or the run is to end.
async fn read_all<'b>(
    connection: &Connection,
    limits: &SyncLimits,
    wanted: Vec<Wanted>,
    ends: &AtomicBool,
    budget: &'b Semaphore,
    ready: mpsc::Sender<Read<'b>>,
) {
    let mut reads = stream::iter(wanted.into_iter().map_while(|next| (!ends.load(Relaxed)).then_some(next)))
        .map(|wanted| read_one(connection, limits, wanted))
        .buffer_unordered(limits.parallel_tags.max(1));
    while let Some((wanted, read)) = reads.next().await {
        let (judged, verdict) = match read {
            TagRead::Failed { .. } => {
                let (judged, verdict) = oneshot::channel();
                (Some(judged), Some(verdict))
            }
            _ => (None, None),
        };
        let held = budget.acquire_many(weight(&read)).await.ok();
        if ready.send(Read { wanted, read, _held: held, judged }).await.is_err() {
            return;
        }
        if let Some(verdict) = verdict {
            let _ = verdict.await;
        }
    }
}

async fn read_one(connection: &Connection, limits: &SyncLimits, wanted: Wanted) -> (Wanted, TagRead) {
    let Wanted { repository, tag, listed, row } = &wanted;
    let known = row.as_ref().filter(|row| row.reader == READER).map(|row| row.digest.as_str());
    let reading = read_tag(connection, limits, repository, tag, listed.as_ref(), known);
    let read = tokio::time::timeout(limits.tag_time, reading).await.unwrap_or_else(|_| TagRead::Rejected {
        digest: None,
        reasons: vec![Reason {
            code: "too-slow".to_owned(),
            reason: format!("reading it took longer than {:?} (limit tag_time)", limits.tag_time),
            hint: "the next run tries again".to_owned(),
        }],
    });
    (wanted, read)
}

/// What a reading takes of the budget, in KiB.
fn weight(read: &TagRead) -> u32 {
    let TagRead::Pack { converted, .. } = read else { return 1 };
    let texts = [&converted.summary, &converted.search, &converted.detail, &converted.values];
    let texts: usize = texts.into_iter().map(String::len).sum();
    let readme = converted.readme.as_ref().map_or(0, String::len);
    let logo = converted.logo.as_ref().map_or(0, |(_, bytes)| bytes.len());
    u32::try_from((texts + readme + logo) / 1024 + 1).unwrap_or(BUDGET_KIB).min(BUDGET_KIB)
}

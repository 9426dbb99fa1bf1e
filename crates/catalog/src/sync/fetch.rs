//! Reading what changed: tags are read at the same time, and what they hold is written together, while the next ones are
//! read.
//!
//! A failure is judged before anything more is read, since it may be the registry's; and what waits to be written is held
//! to a budget of memory.

use super::convert::Converted;
use super::read::{BUDGET_KIB, Read, Wanted, WantedTags, read_all};
use super::record::{Run, Stopped};
use super::tag::TagRead;
use crate::Outcome;
use crate::connect::{Connection, ends_the_run, may_be_the_registry};
use crate::source::Source;
use crate::stored::json;
use futures_util::future::{Either, select};
use packyard_oci::client::ClientError;
use packyard_oci::{Digest, RepoName};
use packyard_store::{PackWrite, TagRefused};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

/// After so many failures without an answer in between it is asked whether the registry still answers at all.
const FAILURES_IN_A_ROW: u32 = 3;
/// How often the record shows how far a run came.
const SHOW_EVERY: Duration = Duration::from_secs(1);
/// Packs written in one transaction: each is flushed to the disk, which is what small ones cost.
pub(super) const BATCH: usize = 128;
/// How long a batch that is not full waits for more, while the run goes on: what a slow registry gives is worth waiting
/// for, since many packs are written with one statement, and one with several.
const GATHER: Duration = Duration::from_millis(250);
/// KiB of packs that make a batch, however few they are: reading goes on only while there is room.
const BATCH_KIB: usize = BUDGET_KIB as usize / 4;

/// A pack to write.
struct Pack {
    wanted: Wanted,
    digest: Digest,
    converted: Box<Converted>,
    reasons: String,
}

/// Packs whose repository or tag says something else than they do. They wait for the others, so that one that another
/// tag holds too is told so in this very run, whichever came first. Very many do not wait: the next run tells the rest.
///
/// They leave the common budget and have one of their own: a pack that needs all of the common one would wait for them
/// forever, since they wait for it.
#[derive(Default)]
struct Late {
    packs: Vec<Pack>,
    kib: usize,
}

impl Late {
    fn keep(&mut self, pack: Pack, held: Option<&SemaphorePermit<'_>>) {
        self.packs.push(pack);
        self.kib += kib(held);
    }

    fn are_many(&self) -> bool {
        self.packs.len() >= BATCH || self.kib > BATCH_KIB
    }

    fn take(&mut self) -> Vec<Pack> {
        self.kib = 0;
        let mut packs = std::mem::take(&mut self.packs);
        let place =
            |pack: &Pack| (pack.converted.rank, pack.wanted.repository.to_string(), pack.wanted.tag.to_string());
        packs.sort_by_cached_key(place);
        packs
    }
}

impl Run<'_> {
    pub(super) async fn fetch_all(
        &mut self,
        connection: &Connection,
        source: &impl Source,
        wanted: WantedTags<'_>,
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
        let mut late = Late::default();
        while gather(&mut ready, &mut batch).await {
            let mut packs = Vec::new();
            // Until it is written it holds its part of the budget.
            let mut held = Vec::new();
            for Read { wanted, read, held: part, judged } in batch.drain(..) {
                if let TagRead::Pack { digest, converted } = read {
                    self.failures_in_a_row = 0;
                    let reasons = json(&converted.warnings);
                    let pack = Pack { wanted, digest, converted, reasons };
                    if pack.converted.rank == 0 {
                        held.push(part);
                        packs.push(pack);
                    } else {
                        late.keep(pack, part.as_ref());
                    }
                    continue;
                }
                held.push(part);
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
            if late.are_many() {
                self.write_packs(late.take()).await?;
            }
            if self.shown.elapsed() > SHOW_EVERY {
                (self.counts.requests, self.counts.bytes) = connection.meter.read();
                self.show().await?;
            }
        }
        self.write_packs(late.take()).await?;
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
            .map(|Pack { wanted, digest, converted, reasons }| {
                let (repository, tag) = (wanted.repository.as_str(), wanted.tag.as_str());
                converted.write(self.tag_write(repository, tag, digest.as_str(), reasons))
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

/// What was read, as much as makes a batch; at once where a failure waits for its verdict. False when all was read.
async fn gather<'b>(ready: &mut mpsc::Receiver<Read<'b>>, batch: &mut Vec<Read<'b>>) -> bool {
    if ready.recv_many(batch, BATCH).await == 0 {
        return false;
    }
    let mut time = pin!(tokio::time::sleep(GATHER));
    while batch.len() < BATCH && batch.iter().all(|read| read.judged.is_none()) && kib_of(batch) < BATCH_KIB {
        let room = BATCH - batch.len();
        tokio::select! {
            more = ready.recv_many(batch, room) => if more == 0 { break },
            () = &mut time => break,
        }
    }
    true
}

fn kib_of(batch: &[Read<'_>]) -> usize {
    batch.iter().map(|read| kib(read.held.as_ref())).sum()
}

fn kib(held: Option<&SemaphorePermit<'_>>) -> usize {
    held.map_or(0, SemaphorePermit::num_permits)
}

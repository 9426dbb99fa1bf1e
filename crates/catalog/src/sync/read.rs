//! Reading tags at the same time: some are fetched while others are unpacked, and what they hold waits to be written.

use super::tag::{Fetched, TagRead, fetch_tag};
use super::unpack::Unpacking;
use super::walk::READER;
use crate::connect::Connection;
use crate::{Reason, SyncLimits};
use futures_util::StreamExt;
use futures_util::stream;
use packyard_oci::{Digest, RepoName, Tag};
use packyard_store::TagRow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

/// KiB of packs that wait to be written; one that is larger waits alone.
pub(super) const BUDGET_KIB: u32 = 16 * 1024;

/// A tag to read.
pub(super) struct Wanted {
    pub(super) repository: RepoName,
    pub(super) tag: Tag,
    /// As the list says.
    pub(super) listed: Option<Digest>,
    /// What the catalogue holds of it.
    pub(super) row: Option<TagRow>,
}

/// Tags to read, made one after the other: of a large registry they are many.
pub(super) type WantedTags<'k> = Box<dyn Iterator<Item = Wanted> + Send + 'k>;

/// A tag that was read and is not written yet.
pub(super) struct Read<'b> {
    pub(super) wanted: Wanted,
    pub(super) read: TagRead,
    /// Its part of the budget.
    pub(super) held: Option<SemaphorePermit<'b>>,
    /// Told when a failure has been judged.
    pub(super) judged: Option<oneshot::Sender<()>>,
}

/// Reads tags until all are read, or the run is to end.
pub(super) async fn read_all<'b>(
    connection: &Connection,
    limits: &SyncLimits,
    wanted: WantedTags<'_>,
    ends: &AtomicBool,
    budget: &'b Semaphore,
    ready: mpsc::Sender<Read<'b>>,
) {
    let mut fetches = stream::iter(wanted.map_while(|next| (!ends.load(Relaxed)).then_some(next)))
        .map(|wanted| fetch_one(connection, limits, wanted))
        .buffer_unordered(limits.parallel_tags.max(1))
        .fuse();
    let mut unpacking = Unpacking::new();
    loop {
        let some = tokio::select! {
            Some(unpacked) = unpacking.next() => unpacked,
            fetched = fetches.next(), if unpacking.has_room() => match fetched {
                Some((wanted, Fetched::Read(read))) => vec![(wanted, read)],
                Some((wanted, Fetched::Archive(pack, archive))) => {
                    unpacking.push(wanted, pack, archive);
                    continue;
                }
                None => {
                    unpacking.hurry();
                    match unpacking.next().await {
                        Some(unpacked) => unpacked,
                        None => return,
                    }
                }
            },
        };
        for (wanted, read) in some {
            if !hand_over(wanted, read, budget, &ready).await {
                return;
            }
        }
    }
}

/// To be written. Of a failure it waits for the verdict, since it may be the registry's. False when nobody takes it.
async fn hand_over<'b>(wanted: Wanted, read: TagRead, budget: &'b Semaphore, ready: &mpsc::Sender<Read<'b>>) -> bool {
    let (judged, verdict) = match read {
        TagRead::Failed { .. } => {
            let (judged, verdict) = oneshot::channel();
            (Some(judged), Some(verdict))
        }
        _ => (None, None),
    };
    let held = budget.acquire_many(weight(&read)).await.ok();
    if ready.send(Read { wanted, read, held, judged }).await.is_err() {
        return false;
    }
    if let Some(verdict) = verdict {
        let _ = verdict.await;
    }
    true
}

async fn fetch_one(connection: &Connection, limits: &SyncLimits, wanted: Wanted) -> (Wanted, Fetched) {
    let Wanted { repository, tag, listed, row } = &wanted;
    let known = row.as_ref().filter(|row| row.reader == READER).map(|row| row.digest.as_str());
    let fetching = fetch_tag(connection, limits, repository, tag, listed.as_ref(), known);
    let fetched = tokio::time::timeout(limits.tag_time, fetching).await.unwrap_or_else(|_| {
        Fetched::Read(TagRead::Rejected {
            digest: None,
            reasons: vec![Reason {
                code: "too-slow".to_owned(),
                reason: format!("reading it took longer than {:?} (limit tag_time)", limits.tag_time),
                hint: "the next run tries again".to_owned(),
            }],
        })
    });
    (wanted, fetched)
}

/// What a reading takes of the budget, in KiB.
pub(super) fn weight(read: &TagRead) -> u32 {
    let TagRead::Pack { converted, .. } = read else { return 1 };
    let texts = [&converted.summary, &converted.search, &converted.detail, &converted.values];
    let texts: usize = texts.into_iter().map(String::len).sum();
    let readme = converted.readme.as_ref().map_or(0, String::len);
    let logo = converted.logo.as_ref().map_or(0, |(_, bytes)| bytes.len());
    u32::try_from((texts + readme + logo) / 1024 + 1).unwrap_or(BUDGET_KIB).min(BUDGET_KIB)
}

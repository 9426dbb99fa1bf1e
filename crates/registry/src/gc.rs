//! The collector: frees what nothing refers to. Safe beside pushes, also of the same digests, on one server or several;
//! the reasons are in the store's `collect`. It also drops idle uploads and the objects a crash left behind.

use crate::{Registry, Result};
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CollectReport {
    pub uploads: usize,
    /// Blobs hidden from a repository.
    pub unlinked: u64,
    pub blobs: u64,
    pub bytes: u64,
    /// Objects no blob claimed.
    pub strays: u64,
}

const LEASE: &str = "registry/collector";
const LEASE_MS: i64 = 10 * 60 * 1000;
/// Rows looked at together: each is its own short transaction, so that pushes are never held up.
const BATCH: i64 = 200;

impl Registry {
    /// Collects at every interval until `shutdown`.
    pub async fn run_collector(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                () = tokio::time::sleep(self.config().collector.interval) => {}
            }
            match self.collect_alone().await {
                Ok(Some(report)) if report != CollectReport::default() => tracing::info!(?report, "collected garbage"),
                Ok(_) => {}
                Err(error) => tracing::error!(?error, "the collector failed; it will try again"),
            }
        }
    }

    /// Collects unless another replica does.
    async fn collect_alone(&self) -> Result<Option<CollectReport>> {
        let uploads = self.expire_uploads().await;
        let holder = self.config().instance_id.clone();
        let Some(lease) = self.inner.leases.claim(LEASE, &holder, LEASE_MS).await? else { return Ok(None) };
        let report = self.collect(self.config().collector.stray_folders).await;
        self.inner.leases.release(&lease).await?;
        report.map(|report| Some(CollectReport { uploads, ..report }))
    }

    /// One whole run, and a look for strays in `folders` of the 256 folders of objects.
    pub async fn collect(&self, folders: u8) -> Result<CollectReport> {
        let mut report = CollectReport::default();
        let grace = i64::try_from(self.config().collector.grace.as_millis()).unwrap_or(i64::MAX);
        let before = self.now_ms().saturating_sub(grace);
        loop {
            let step = self.inner.garbage.unlink(before, BATCH).await?;
            let count = step.unlinked.len() as u64;
            for blob in step.unlinked {
                self.inner.blob_cache.forget(&blob);
            }
            report.unlinked += count;
            if count == 0 {
                break;
            }
        }
        loop {
            let step = self.inner.garbage.forget(BATCH).await?;
            report.blobs += step.blobs;
            report.bytes += step.bytes;
            for key in &step.objects {
                self.delete_object(key).await;
            }
            if step.blobs == 0 {
                break;
            }
        }
        for _ in 0..folders {
            report.strays += self.sweep(self.inner.next_folder.fetch_add(1, Ordering::Relaxed)).await?;
        }
        Ok(report)
    }

    /// Deletes the old objects of a folder that no blob claims.
    async fn sweep(&self, folder: u8) -> Result<u64> {
        let mut count = 0;
        let now = SystemTime::now();
        for object in self.inner.objects.folder_content(folder).await? {
            let age = now.duration_since(object.modified).unwrap_or_default();
            if age < self.config().collector.stray_age
                || self.inner.garbage.is_object_known(object.key.as_str()).await?
            {
                continue;
            }
            self.delete_object(object.key.as_str()).await;
            count += 1;
        }
        Ok(count)
    }
}

//! How long the audit log is kept.

use crate::Access;
use packyard_store::Error;
use std::future::Future;
use std::time::Duration;

/// Entries removed in one transaction: short, and others write between two of them.
const BATCH: u64 = 500;
const PAUSE: Duration = Duration::from_millis(50);
/// How often old entries are looked for.
const EVERY: Duration = Duration::from_secs(3600);

impl Access {
    /// Removes what is older than the setting says from the audit log, until `shutdown`. Safe on several servers at once.
    pub async fn run_audit_retention(self, shutdown: impl Future<Output = ()>) {
        let Ok(kept_s) = u64::try_from(self.inner.config.audit_retention_s) else { return };
        if kept_s == 0 {
            return;
        }
        let every = EVERY.min(Duration::from_secs(kept_s));
        let work = async {
            loop {
                match self.expire_audit().await {
                    Ok(0) => {}
                    Ok(removed) => tracing::info!(removed, "removed old entries from the audit log"),
                    Err(error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::error!(
                            error,
                            "old entries of the audit log could not be removed; that is tried again"
                        );
                    }
                }
                tokio::time::sleep(every).await;
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = work => {}
        }
    }

    /// One whole run; how many entries it removed.
    pub async fn expire_audit(&self) -> Result<u64, Error> {
        let kept_ms = self.inner.config.audit_retention_s.saturating_mul(1000);
        let before = self.now_ms().saturating_sub(kept_ms);
        let (journal, mut removed) = (self.inner.store.journal(), 0);
        loop {
            let batch = journal.expire_audit(before, BATCH as i64).await?;
            removed += batch;
            if batch < BATCH {
                return Ok(removed);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

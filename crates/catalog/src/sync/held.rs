//! A lease that renews itself while its work goes on.

use packyard_store::{Lease, Leases};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A process that dies is missed after this time.
pub(super) const LEASE_MS: i64 = 20_000;
const RENEW_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Held {
    pub(super) lease: Lease,
    leases: Leases,
    lost: watch::Receiver<bool>,
    renewing: JoinHandle<()>,
}

impl Held {
    /// `None` while somebody else holds it.
    pub(super) async fn claim(leases: Leases, name: &str, holder: &str) -> packyard_store::Result<Option<Self>> {
        let Some(lease) = leases.claim(name, holder, LEASE_MS).await? else { return Ok(None) };
        let (tell, lost) = watch::channel(false);
        let renewing = tokio::spawn({
            let (leases, lease) = (leases.clone(), lease.clone());
            async move {
                loop {
                    tokio::time::sleep(RENEW_EVERY).await;
                    match leases.renew(&lease, LEASE_MS).await {
                        Ok(true) => {}
                        Ok(false) => break,
                        // The database may come back before the lease ends; each write checks the fence anyway.
                        Err(error) => tracing::warn!(lease = %lease.name, %error, "could not renew a lease"),
                    }
                }
                let _ = tell.send(true);
            }
        });
        Ok(Some(Self { lease, leases, lost, renewing }))
    }

    /// Returns when the lease is somebody else's.
    pub(super) async fn lost(&self) {
        let mut lost = self.lost.clone();
        while !*lost.borrow_and_update() {
            if lost.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) async fn release(&self) {
        self.renewing.abort();
        if let Err(error) = self.leases.release(&self.lease).await {
            tracing::warn!(lease = %self.lease.name, %error, "could not release a lease; it ends by itself");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

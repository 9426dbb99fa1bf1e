//! A lease that renews itself while its work goes on.

use packyard_store::{Lease, Leases};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub(super) struct Held {
    pub(super) lease: Lease,
    leases: Leases,
    lost: watch::Receiver<bool>,
    renewing: JoinHandle<()>,
}

impl Held {
    /// `None` while somebody else holds it.
    /// A holder that does not renew it for `time` is taken for dead. `bell` makes it look at once.
    pub(super) async fn claim(
        leases: Leases,
        name: &str,
        holder: &str,
        time: Duration,
        bell: Arc<Notify>,
    ) -> packyard_store::Result<Option<Self>> {
        let for_ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4);
        let Some(lease) = leases.claim(name, holder, for_ms).await? else { return Ok(None) };
        let (tell, lost) = watch::channel(false);
        let renewing = tokio::spawn({
            let (leases, lease) = (leases.clone(), lease.clone());
            async move {
                loop {
                    tokio::select! {
                        () = tokio::time::sleep(time / 4) => {}
                        () = bell.notified() => {}
                    }
                    match leases.renew(&lease, for_ms).await {
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

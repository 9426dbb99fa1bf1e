//! Leases: one holder at a time, on both engines, by a claim-update.

use crate::{Core, Result, Store, unit};

/// A held lease. `fence` is checked inside each transaction that writes under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: String,
    pub fence: i64,
}

const CLAIM: &str = "INSERT INTO lease (name, holder, fence, until) VALUES ($1, $2, 1, $3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = lease.fence + 1, until = excluded.until
    WHERE lease.until <= $4 RETURNING fence";
const RENEW: &str = "UPDATE lease SET until = $4 WHERE name = $1 AND holder = $2 AND fence = $3";
const RELEASE: &str = "UPDATE lease SET until = 0 WHERE name = $1 AND holder = $2 AND fence = $3";

#[derive(Clone)]
pub struct Leases {
    core: Core,
}

impl Store {
    pub fn leases(&self) -> Leases {
        Leases { core: self.core.clone() }
    }
}

impl Leases {
    /// `None` while somebody else holds it.
    pub async fn claim(&self, name: &str, holder: &str, for_ms: i64) -> Result<Option<Lease>> {
        self.claim_if_over(name, holder, for_ms, self.core.now_ms()).await
    }

    /// Takes the lease from whoever holds it. For those who know that the holder is dead, and only they.
    pub async fn take(&self, name: &str, holder: &str, for_ms: i64) -> Result<Option<Lease>> {
        self.claim_if_over(name, holder, for_ms, i64::MAX).await
    }

    async fn claim_if_over(&self, name: &str, holder: &str, for_ms: i64, over_by: i64) -> Result<Option<Lease>> {
        let until = self.core.now_ms() + for_ms;
        let fence: Option<i64> = unit!(self.core.db, crate::Error, |tx| {
            Ok(sqlx::query_scalar(CLAIM)
                .bind(name)
                .bind(holder)
                .bind(until)
                .bind(over_by)
                .fetch_optional(&mut *tx)
                .await?)
        })?;
        Ok(fence.map(|fence| Lease { name: name.to_owned(), holder: holder.to_owned(), fence }))
    }

    /// False when the lease was lost to somebody else in the meantime.
    pub async fn renew(&self, lease: &Lease, for_ms: i64) -> Result<bool> {
        let until = self.core.now_ms() + for_ms;
        self.update(RENEW, lease, Some(until)).await
    }

    pub async fn release(&self, lease: &Lease) -> Result<bool> {
        self.update(RELEASE, lease, None).await
    }

    async fn update(&self, sql: &'static str, lease: &Lease, until: Option<i64>) -> Result<bool> {
        unit!(self.core.db, crate::Error, |tx| {
            let mut query = sqlx::query(sql).bind(lease.name.as_str()).bind(lease.holder.as_str()).bind(lease.fence);
            if let Some(until) = until {
                query = query.bind(until);
            }
            Ok(query.execute(&mut *tx).await?.rows_affected() == 1)
        })
    }
}

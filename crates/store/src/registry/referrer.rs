//! Manifests with a `subject`, listed by it: one index read, bounded in bytes.

use crate::{Core, Result, Store, on};

/// Descriptors, JSON each; `next` is the `after` of the next page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferrerPage {
    pub descriptors: Vec<String>,
    pub next: Option<String>,
}

/// `descriptor` is ASCII-escaped or not; its length in characters is close enough for a bound on memory.
const SIZES: &str = "SELECT digest, CAST(LENGTH(descriptor) AS BIGINT) FROM manifest
    WHERE repository = $1 AND subject = $2 AND digest > $3 AND ($4 = '' OR artifact_type = $4) ORDER BY digest LIMIT $5";
const DESCRIPTORS: &str = "SELECT descriptor FROM manifest
    WHERE repository = $1 AND subject = $2 AND digest > $3 AND digest <= $5 AND ($4 = '' OR artifact_type = $4)
    AND descriptor IS NOT NULL ORDER BY digest";

#[derive(Clone)]
pub struct Referrers {
    core: Core,
}

impl Store {
    pub fn referrers(&self) -> Referrers {
        Referrers { core: self.core.clone() }
    }
}

impl Referrers {
    /// At most `limit` referrers of `subject` after digest `after`, and (beyond the first) at most `max_bytes` of them.
    /// An empty `artifact_type` means any.
    pub async fn page(
        &self,
        repository: i64,
        subject: &str,
        artifact_type: &str,
        after: &str,
        limit: i64,
        max_bytes: i64,
    ) -> Result<ReferrerPage> {
        let sizes: Vec<(String, i64)> = on!(self.core.db, p => sqlx::query_as(SIZES)
            .bind(repository).bind(subject).bind(after).bind(artifact_type).bind(limit + 1).fetch_all(p).await?);
        let mut bytes = 0_i64;
        let fitting = sizes
            .iter()
            .take(usize::try_from(limit).unwrap_or(0))
            .take_while(|(_, size)| {
                let first = bytes == 0;
                bytes = bytes.saturating_add(*size);
                first || bytes <= max_bytes
            })
            .count();
        let Some((last, _)) = fitting.checked_sub(1).and_then(|at| sizes.get(at)) else {
            return Ok(ReferrerPage::default());
        };
        let descriptors: Vec<String> = on!(self.core.db, p => sqlx::query_scalar(DESCRIPTORS)
            .bind(repository).bind(subject).bind(after).bind(artifact_type).bind(last).fetch_all(p).await?);
        Ok(ReferrerPage { descriptors, next: (fitting < sizes.len()).then(|| last.clone()) })
    }
}

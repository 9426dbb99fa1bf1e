//! Who did what: the audit log, for those who may read it.

use crate::{Access, Caller, Denied, Target};
use packyard_store::{AuditRow, AuditSearch};

const READ: &str = "packyard:ReadAudit";
/// Names offered to choose from; more are found by typing.
const NAMES: i64 = 200;

#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    #[error("{0}")]
    Denied(Denied),
    #[error("the audit log could not be read")]
    Store(#[source] packyard_store::Error),
}

/// Some rows, in the order asked for, and everybody and every action there is.
#[derive(Debug, Clone)]
pub struct Activity {
    pub rows: Vec<AuditRow>,
    /// Beyond this row, the last of these, there are more.
    pub more: Option<i64>,
    pub actors: Vec<String>,
    pub actions: Vec<String>,
}

impl Access {
    pub async fn activity(&self, caller: &Caller, search: &AuditSearch) -> Result<Activity, ActivityError> {
        self.may(caller, READ, &Target::any()).await.map_err(ActivityError::Denied)?;
        let journal = self.inner.store.journal();
        let limit = search.limit.max(1);
        // One more, to know whether there are more.
        let wanted = AuditSearch { limit: limit.saturating_add(1), ..search.clone() };
        let mut rows = journal.audit_search(&wanted).await.map_err(ActivityError::Store)?;
        let has_more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let (actors, actions) = journal.audit_names(NAMES).await.map_err(ActivityError::Store)?;
        let more = rows.last().filter(|_| has_more).map(|row| row.id);
        Ok(Activity { rows, more, actors, actions })
    }
}

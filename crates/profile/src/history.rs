//! What a version was each time it was saved, and the way back to it.

use crate::diff::{Difference, Snapshot};
use crate::edit::{EDIT_ATTEMPTS, busy};
use crate::service::{MANAGE, READ};
use crate::{Error, Profiles, Result};
use crate::{record, row, secret_defaults};
use packyard_access::Caller;
use packyard_store::StateRow;

/// A version as it was saved once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedState {
    /// Grows with time.
    pub id: i64,
    pub at_ms: i64,
    /// ARN; empty for what was there before there was a history.
    pub actor: String,
    /// As the audit log has it.
    pub action: String,
    /// Whether it was what is published; else a draft.
    pub is_published: bool,
    pub snapshot: Snapshot,
    /// From the state before; `None` for the oldest that is kept.
    pub changes: Option<Difference>,
}

/// Some states, newest first, and where the older ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub states: Vec<SavedState>,
    pub older: Option<i64>,
}

impl Profiles {
    /// From state `from` on, or from the newest.
    pub async fn history(&self, caller: &Caller, uid: &str, from: Option<i64>, limit: u32) -> Result<History> {
        self.may(caller, READ).await?;
        let now = self.load(caller, READ, uid).await?.variables;
        // What was masked later on was no less a secret before.
        let secret = now.into_iter().filter(|variable| variable.is_sensitive).map(|variable| variable.name).collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
        // One more, to say what changed in the last.
        let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let rows = self.kept().states(uid, from.unwrap_or(i64::MAX), wanted).await.map_err(Error::Store)?;
        let mut states = rows.into_iter().map(saved).collect::<Result<Vec<_>>>()?;
        for at in 1..states.len() {
            let changes = Difference::hiding(&states[at].snapshot, &states[at - 1].snapshot, &secret);
            states[at - 1].changes = Some(changes);
        }
        let older = states.get(limit).map(|state| state.id);
        states.truncate(limit);
        Ok(History { states, older })
    }

    pub async fn state(&self, caller: &Caller, uid: &str, id: i64) -> Result<SavedState> {
        let found = self.history(caller, uid, Some(id), 1).await?.states.into_iter().next();
        found.filter(|state| state.id == id).ok_or_else(|| Error::StateNotFound(uid.to_owned()))
    }

    /// Makes a saved state the draft, its variables and description too. Name, version and what is published stay.
    pub async fn restore(&self, caller: &Caller, uid: &str, id: i64) -> Result<()> {
        let state = self.state(caller, uid, id).await?.snapshot;
        self.edit(caller, uid, "packyard:RestoreProfile", |stored| {
            stored.variables.clone_from(&state.variables);
            stored.description.clone_from(&state.description);
            stored.labels.clone_from(&state.labels);
            stored.set_draft(state.template.clone());
            Ok(())
        })
        .await
    }

    /// Back to what is published.
    pub async fn discard_draft(&self, caller: &Caller, uid: &str) -> Result<()> {
        self.may(caller, MANAGE).await?;
        for _ in 0..EDIT_ATTEMPTS {
            let mut stored = self.load_to_change(caller, uid).await?;
            let before = record::facts(&stored);
            if stored.published.is_none() {
                return Err(Error::Conflict(format!(
                    "cluster profile {} {} was never published, so there is nothing to go back to. Delete it instead",
                    stored.name, stored.version
                )));
            }
            if stored.draft.take().is_none() {
                return Ok(());
            }
            if self.save(stored, before, caller, "packyard:DiscardProfileDraft").await? {
                return Ok(());
            }
        }
        Err(busy(uid))
    }
}

fn saved(row: StateRow) -> Result<SavedState> {
    let uid = row.profile_uid.as_str();
    Ok(SavedState {
        id: row.id,
        at_ms: row.at,
        is_published: row.is_published != 0,
        changes: None,
        snapshot: Snapshot {
            labels: row::parse(uid, "labels", &row.labels)?,
            variables: secret_defaults::together(uid, &row.variables, &row.secrets)?,
            template: row::parse(uid, "template", &row.template)?,
            name: row.name,
            version: row.version,
            description: row.description,
        },
        actor: row.actor,
        action: row.action,
    })
}

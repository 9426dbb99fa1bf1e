//! How a version is changed: read, changed, and written if nobody else wrote meanwhile; else all of it again.

use crate::record;
use crate::row::Stored;
use crate::service::MANAGE;
use crate::{Error, Profiles, Result};
use packyard_access::Caller;

/// How often a change is tried again when somebody else changed the profile between our read and our write.
pub(crate) const EDIT_ATTEMPTS: usize = 5;

impl Profiles {
    pub(crate) async fn edit(
        &self,
        caller: &Caller,
        uid: &str,
        action: &'static str,
        change: impl Fn(&mut Stored) -> Result<()>,
    ) -> Result<()> {
        self.may(caller, MANAGE).await?;
        for _ in 0..EDIT_ATTEMPTS {
            let mut stored = self.load_to_change(caller, uid).await?;
            let before = record::facts(&stored);
            change(&mut stored)?;
            if self.save(stored, before, caller, action).await? {
                return Ok(());
            }
        }
        Err(busy(uid))
    }

    /// False when somebody else was faster.
    pub(crate) async fn save(
        &self,
        mut stored: Stored,
        before: serde_json::Value,
        caller: &Caller,
        action: &'static str,
    ) -> Result<bool> {
        stored.updated_at = self.store.core.now_ms();
        let entry = record::changed(caller, action, &stored, before);
        match self.kept().replace(&stored.to_row(), &stored.uses(), &entry).await {
            Ok(()) => Ok(true),
            Err(packyard_store::Error::Conflict(_)) => Ok(false),
            Err(error) => Err(failed(error, &stored)),
        }
    }

    /// A version to change, which may be of one revision only.
    pub(crate) async fn load_to_change(&self, caller: &Caller, uid: &str) -> Result<Stored> {
        let stored = self.load(caller, MANAGE, uid).await?;
        match self.seen.filter(|seen| *seen != stored.revision) {
            Some(_) => Err(Error::Overtaken { name: stored.name, version: stored.version }),
            None => Ok(stored),
        }
    }
}

pub(crate) fn busy(uid: &str) -> Error {
    Error::Conflict(format!("cluster profile {uid} is being changed by others all the time. Try again"))
}

pub(crate) fn failed(error: packyard_store::Error, stored: &Stored) -> Error {
    match error {
        packyard_store::Error::AlreadyExists(_) => {
            Error::ProfileExists { name: stored.name.clone(), version: stored.version.clone() }
        }
        packyard_store::Error::NoProject(uid) => Error::ProjectNotFound(uid),
        packyard_store::Error::NotFound(_) => Error::ProfileNotFound(stored.uid.clone()),
        packyard_store::Error::Conflict(why) => Error::Conflict(why),
        other => Error::Store(other),
    }
}

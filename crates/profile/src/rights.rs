//! Rights by scope: a profile, its macros and its members belong to the tenant or to one project, and a caller may hold a
//! role in either.

use crate::model::ProfileSummary;
use crate::row::Stored;
use crate::service::READ;
use crate::{Error, Profiles, Result, Scope};
use packyard_access::{Access, Caller, Target};
use std::collections::HashMap;

/// What policies call the scope.
pub(crate) fn target(access: &Access, project: Option<&str>) -> Target<'static> {
    project.map_or_else(|| access.tenant(), |uid| access.project(uid))
}

fn project_of(scope: &Scope) -> Option<&str> {
    Some(scope.project_uid()).filter(|uid| !uid.is_empty())
}

impl Profiles {
    /// Whether the caller may do this to some profile: asked before anything is looked up.
    pub(crate) async fn may(&self, caller: &Caller, action: &str) -> Result<()> {
        self.access.may_somewhere(caller, action).await.map_err(Error::Denied)
    }

    /// Whether the caller may do this to the profiles of a scope.
    pub(crate) async fn may_in(&self, caller: &Caller, action: &str, scope: &Scope) -> Result<()> {
        let target = target(&self.access, project_of(scope));
        self.access.may(caller, action, &target).await.map_err(Error::Denied)
    }

    /// For pages that show only what can be done.
    pub async fn could(&self, caller: &Caller, action: &str, scope: &Scope) -> bool {
        self.access.could(caller, action, &target(&self.access, project_of(scope))).await
    }

    /// Whether the caller may look at profiles from this project (`None`: from the tenant), and it is there. Else a list
    /// would show the tenant's profiles as if they were all.
    pub async fn may_look_from(&self, caller: &Caller, project: Option<&str>) -> Result<()> {
        let Some(uid) = project else { return Ok(()) };
        self.may_in(caller, READ, &Scope::Project(uid.to_owned())).await?;
        self.projects().known(uid).await
    }

    /// A version, for a caller who may do `action` where it lives. Who may not even read it there is told what is told
    /// of a version that is not there.
    pub(crate) async fn load(&self, caller: &Caller, action: &str, uid: &str) -> Result<Stored> {
        let row = self.store.profiles().by_uid(uid).await.map_err(Error::Store)?;
        let stored = Stored::from_row(row.ok_or_else(|| Error::ProfileNotFound(uid.to_owned()))?)?;
        match self.may_in(caller, action, &stored.scope).await {
            Ok(()) => Ok(stored),
            Err(refused) if is_unavailable(&refused) => Err(refused),
            Err(refused) => Err(match self.may_in(caller, READ, &stored.scope).await {
                Ok(()) => refused,
                Err(unread) if is_unavailable(&unread) => unread,
                Err(_) => Error::ProfileNotFound(uid.to_owned()),
            }),
        }
    }

    /// Those of a list that the caller may read.
    pub(crate) async fn readable(&self, caller: &Caller, list: Vec<ProfileSummary>) -> Vec<ProfileSummary> {
        let mut known: HashMap<String, bool> = HashMap::new();
        let mut kept = Vec::with_capacity(list.len());
        for profile in list {
            let project = profile.scope.project_uid();
            let may = match known.get(project) {
                Some(may) => *may,
                None => {
                    let may = self.could(caller, READ, &profile.scope).await;
                    known.insert(project.to_owned(), may);
                    may
                }
            };
            if may {
                kept.push(profile);
            }
        }
        kept
    }
}

/// The rights could not be read, so nothing is known of the profile.
fn is_unavailable(error: &Error) -> bool {
    matches!(error, Error::Denied(denied) if denied.is_unavailable())
}

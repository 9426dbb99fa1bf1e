//! The scope one is in: the tenant, or one project. It decides which profiles are listed and where new ones are made.

use crate::ConsoleState;
use crate::cookie;
use http::HeaderMap;
use packyard_access::Caller;
use packyard_profile::Scope;

/// The scopes that somebody may be in, and the one that was chosen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scopes {
    pub(crate) has_tenant: bool,
    /// Uid and name, by name.
    pub(crate) projects: Vec<(String, String)>,
    /// Uid of the project; `None` in the tenant.
    pub(crate) current: Option<String>,
}

impl Scopes {
    /// What the cookie says where it can be; else the tenant, or the first project for who has no role in the tenant.
    pub(crate) async fn of(state: &ConsoleState, caller: &Caller, headers: &HeaderMap) -> Self {
        let projects = state.profiles.projects().list(caller).await.unwrap_or_default();
        let projects: Vec<_> = projects.into_iter().map(|project| (project.uid, project.name)).collect();
        let has_tenant = state.access.could(caller, "packyard:ReadProjects", &state.access.tenant()).await;
        let chosen = cookie::read(headers, cookie::SCOPE);
        let known = projects.iter().map(|(uid, _)| uid).find(|uid| Some(*uid) == chosen.as_ref());
        let first = projects.first().map(|(uid, _)| uid).filter(|_| !has_tenant);
        let current = known.or(first).cloned();
        Self { has_tenant, projects, current }
    }

    /// A switch with one way is none.
    pub(crate) fn is_choice(&self) -> bool {
        self.projects.len() + usize::from(self.has_tenant) > 1
    }

    pub(crate) fn is_in(&self, uid: &str) -> bool {
        self.current.as_deref() == Some(uid)
    }

    pub(crate) fn scope(&self) -> Scope {
        self.current.clone().map_or(Scope::Tenant, Scope::Project)
    }
}

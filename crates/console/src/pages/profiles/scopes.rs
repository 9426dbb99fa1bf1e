//! Where profiles live: the tenant, or a project by its name.

use crate::visit::Visit;
use packyard_profile::Scope;
use std::collections::HashMap;

/// The projects that the visitor may see, by uid.
pub(super) struct Scopes {
    projects: Vec<(String, String)>,
    names: HashMap<String, String>,
}

pub(super) struct ScopeChoice {
    /// Empty for the tenant, else a project's uid.
    pub(super) value: String,
    pub(super) word: String,
    pub(super) is_on: bool,
}

impl Scopes {
    pub(super) async fn read(visit: &Visit) -> Self {
        let all = visit.state.profiles.projects().list(visit.caller()).await.unwrap_or_default();
        let projects: Vec<_> = all.into_iter().map(|project| (project.uid, project.name)).collect();
        Self { names: projects.iter().cloned().collect(), projects }
    }

    pub(super) fn word(&self, scope: &Scope) -> String {
        match scope {
            Scope::System => "System".to_owned(),
            Scope::Tenant => "Tenant".to_owned(),
            Scope::Project(uid) => match self.names.get(uid) {
                Some(name) => format!("Project {name}"),
                None => "A project".to_owned(),
            },
        }
    }

    /// What a profile can be made in, with this one chosen.
    pub(super) fn choices(&self, chosen: &Scope) -> Vec<ScopeChoice> {
        let tenant = (String::new(), "Tenant".to_owned());
        let projects = self.projects.iter().map(|(uid, name)| (uid.clone(), format!("Project {name}")));
        let choice =
            |(value, word): (String, String)| ScopeChoice { is_on: value == chosen.project_uid(), value, word };
        std::iter::once(tenant).chain(projects).map(choice).collect()
    }
}

/// What a choice stands for.
pub(super) fn scope(value: &str) -> Scope {
    if value.is_empty() { Scope::Tenant } else { Scope::Project(value.to_owned()) }
}

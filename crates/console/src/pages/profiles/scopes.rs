//! Where profiles live: the tenant, or a project by its name.

use crate::form::Fields;
use crate::scope::Scopes;
use packyard_profile::Scope;

pub(super) struct ScopeChoice {
    /// Empty for the tenant, else a project's uid.
    pub(super) value: String,
    pub(super) word: String,
    pub(super) is_on: bool,
}

pub(super) fn word(scopes: &Scopes, scope: &Scope) -> String {
    match scope {
        Scope::System => "System".to_owned(),
        Scope::Tenant => "Tenant".to_owned(),
        Scope::Project(uid) => match scopes.projects.iter().find(|(known, _)| known == uid) {
            Some((_, name)) => format!("Project {name}"),
            None => "A project".to_owned(),
        },
    }
}

/// What a profile can be made in, with this one chosen.
pub(super) fn choices(scopes: &Scopes, chosen: &Scope) -> Vec<ScopeChoice> {
    let tenant = scopes.has_tenant.then(|| (String::new(), "Tenant".to_owned()));
    let projects = scopes.projects.iter().map(|(uid, name)| (uid.clone(), format!("Project {name}")));
    let choice = |(value, word): (String, String)| ScopeChoice { is_on: value == chosen.project_uid(), value, word };
    tenant.into_iter().chain(projects).map(choice).collect()
}

/// What a form chose. One without a choice is sent where the visitor is.
pub(super) fn asked(scopes: &Scopes, fields: &Fields) -> Scope {
    fields.get("scope").map_or_else(|| scopes.scope(), scope)
}

/// What a choice stands for.
pub(super) fn scope(value: &str) -> Scope {
    if value.is_empty() { Scope::Tenant } else { Scope::Project(value.to_owned()) }
}

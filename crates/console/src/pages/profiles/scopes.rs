//! Where profiles live: the tenant, or a project by its name.

use crate::form::Fields;
use crate::pages::profiles::MANAGE;
use crate::scope::Scopes;
use crate::visit::Visit;
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

/// What the visitor can make a profile in. This one is chosen; where it is none of them, the one the visitor is in.
pub(super) async fn choices(visit: &Visit, chosen: &Scope) -> Vec<ScopeChoice> {
    let scopes = &visit.scopes;
    let projects = scopes.projects.iter().map(|(uid, _)| Scope::Project(uid.clone()));
    let mut able = Vec::new();
    for scope in scopes.has_tenant.then_some(Scope::Tenant).into_iter().chain(projects) {
        if visit.state.profiles.could(visit.caller(), MANAGE, &scope).await {
            able.push(scope);
        }
    }
    let chosen = if able.contains(chosen) { chosen.clone() } else { scopes.scope() };
    let choice = |scope: Scope| ScopeChoice {
        word: word(scopes, &scope),
        is_on: scope == chosen,
        value: scope.project_uid().to_owned(),
    };
    able.into_iter().map(choice).collect()
}

/// What was chosen in a form; where it asked for nothing, the scope the visitor is in.
pub(super) fn asked(visit: &Visit, fields: &Fields) -> Scope {
    match fields.get("scope").map(str::trim) {
        None => visit.scopes.scope(),
        Some("") => Scope::Tenant,
        Some(uid) => Scope::Project(uid.to_owned()),
    }
}

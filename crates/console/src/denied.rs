//! What somebody reads who may not do what a page is for: the right that is missing, where, and who can give it.

use crate::scope::Scopes;
use packyard_access::Denied;
use packyard_access::policy::{ManagedPolicy, TENANT_ADMIN, managed_policies};

pub(crate) struct Refusal {
    /// Which right, and where.
    pub(crate) what: String,
    /// Who has it, and who can give it.
    pub(crate) remedy: String,
    /// As every other client is told, with all that an administrator needs.
    pub(crate) sentence: String,
}

/// What the right was asked for.
enum Place<'a> {
    Tenant,
    /// By its name, where the visitor may know it.
    Project(Option<&'a str>),
    Other(&'a str),
}

impl Refusal {
    pub(crate) fn of(denied: &Denied, scopes: &Scopes) -> Self {
        let place = place(denied.resource(), scopes);
        let right = format!("the right `{}`", denied.action());
        let what = match &place {
            Place::Tenant => format!("This takes {right} in the tenant, which you do not have."),
            Place::Project(Some(name)) => format!("This takes {right} in the project {name}, which you do not have."),
            Place::Project(None) => format!("This takes {right} in the project, which you do not have."),
            Place::Other("*") => format!("This takes {right}, which you do not have."),
            Place::Other(resource) => format!("This takes {right} for `{resource}`, which you do not have."),
        };
        let remedy = if denied.is_for_want_of_a_policy() {
            remedy(denied.action(), &place)
        } else {
            "A policy forbids it, so that one more role would not help. A tenant administrator can change your policies."
                .to_owned()
        };
        Self { what, remedy, sentence: denied.to_string() }
    }
}

fn place<'a>(resource: &'a str, scopes: &'a Scopes) -> Place<'a> {
    let packyard = resource.strip_prefix("arn:aws:packyard:").and_then(|rest| rest.rsplit(':').next());
    match packyard.map(|place| (place, place.strip_prefix("project/"))) {
        Some(("tenant", _)) => Place::Tenant,
        Some((_, Some(uid))) => {
            let known = scopes.projects.iter().find(|(known, _)| known == uid);
            Place::Project(known.map(|(_, name)| name.as_str()))
        }
        _ => Place::Other(resource),
    }
}

fn remedy(action: &str, place: &Place<'_>) -> String {
    let is_project = matches!(place, Place::Project(_));
    let has =
        |role: &&ManagedPolicy| role.allows(action) && (!is_project || role.in_projects || role.arn == TENANT_ADMIN);
    let mut roles: Vec<&ManagedPolicy> = managed_policies().iter().filter(has).collect();
    // The fewest rights first.
    roles.sort_by_key(|role| (role.arn == TENANT_ADMIN, role.actions().len()));
    let names: Vec<&str> = roles.iter().map(|role| role.name).collect();
    let (include, given) = match names.as_slice() {
        [one] => (format!("The role {one} includes it."), "give it to you"),
        [more @ .., last] => (format!("The roles {} and {last} include it.", more.join(", ")), "give you one of them"),
        [] => (String::new(), "give it to you"),
    };
    if is_project {
        return format!(
            "{include} An administrator of the project, or of the tenant, can {given}: Tenant Settings, Access, Projects."
        );
    }
    format!(
        "{include} A tenant administrator can {given} (Tenant Settings, Access, Users), or a policy with this right alone \
         (`packyard iam put-user-policy`)."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes() -> Scopes {
        Scopes { projects: vec![("p1".to_owned(), "web".to_owned())], ..Scopes::default() }
    }

    #[test]
    fn the_place_is_told_by_its_name() {
        let scopes = scopes();
        let of = |resource| place(resource, &scopes);
        assert!(matches!(of("arn:aws:packyard::000000000000:tenant"), Place::Tenant));
        assert!(matches!(of("arn:aws:packyard::000000000000:project/p1"), Place::Project(Some("web"))));
        assert!(matches!(of("arn:aws:packyard::000000000000:project/p2"), Place::Project(None)));
        assert!(matches!(of("arn:aws:iam::000000000000:user/ann"), Place::Other("arn:aws:iam::000000000000:user/ann")));
    }

    #[test]
    fn the_roles_that_would_help_are_named_with_the_fewest_rights_first() {
        let text = remedy("packyard:ManageProfiles", &Place::Tenant);
        let roles =
            "The roles PackyardProjectEditor, PackyardProjectAdmin and PackyardTenantAdmin include it. A tenant";
        assert!(text.starts_with(roles), "{text}");
        let text = remedy("iam:CreateUser", &Place::Other("*"));
        assert!(text.starts_with("The role PackyardTenantAdmin includes it."), "{text}");
        let text = remedy("packyard:ManageMembers", &Place::Project(None));
        assert!(text.contains("An administrator of the project"), "{text}");
    }
}

//! A role that is held in one project: what its policy allows, kept to that project.

use super::ManagedPolicy;
use serde_json::json;

/// What belongs to a project, or to the tenant: rights to it are rights in one of them.
const SCOPED: [&str; 7] = [
    "packyard:ReadProfiles",
    "packyard:ManageProfiles",
    "packyard:ReadMacros",
    "packyard:ManageMacros",
    "packyard:ReadProjects",
    "packyard:ManageProjects",
    "packyard:ManageMembers",
];
/// What a project uses of the tenant's: its cluster profiles and macros.
const LENT: [&str; 2] = ["packyard:ReadProfiles", "packyard:ReadMacros"];
/// What has no scope, and what work in a project needs.
const SHARED: [&str; 4] = ["packyard:ReadPacks", "packyard:ReadRegistries", "packyard:ManageApiKeys", "iam:ListUsers"];

/// What belongs to the tenant itself, and to no project.
pub(crate) fn tenant_arn(account: &str) -> String {
    format!("arn:aws:packyard::{account}:tenant")
}

/// A project with all that is in it.
pub(crate) fn project_arn(account: &str, uid: &str) -> String {
    format!("arn:aws:packyard::{account}:project/{uid}")
}

/// The policy document of somebody who has `role` in the project and nowhere else.
pub(crate) fn in_project(role: &ManagedPolicy, account: &str, project_uid: &str) -> String {
    let allowed = role.actions();
    let of = |known: &[&'static str]| -> Vec<&'static str> {
        known.iter().copied().filter(|action| allowed.iter().any(|one| one == action)).collect()
    };
    let parts = [
        (of(&SCOPED), project_arn(account, project_uid)),
        (of(&LENT), tenant_arn(account)),
        (of(&SHARED), "*".to_owned()),
    ];
    let statements: Vec<_> = parts
        .iter()
        .filter(|(actions, _)| !actions.is_empty())
        .map(|(actions, resource)| json!({ "Effect": "Allow", "Action": actions, "Resource": resource }))
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{DocumentKind, Policy, managed_policies};

    #[test]
    fn every_role_for_projects_has_a_document_that_allows_something_in_the_project() {
        for role in managed_policies().iter().filter(|role| role.in_projects) {
            let document = in_project(role, "000000000000", "abc");
            Policy::parse(&document, DocumentKind::Identity).unwrap_or_else(|why| panic!("{}: {why}", role.name));
            assert!(document.contains(":project/abc\""), "{document}");
        }
    }

    #[test]
    fn a_viewer_of_a_project_manages_nothing_in_it() {
        let viewer = managed_policies().iter().find(|role| role.name == "PackyardViewer").expect("the role");
        let document = in_project(viewer, "000000000000", "abc");
        assert!(!document.contains("ManageProfiles") && !document.contains("ManageMembers"), "{document}");
    }
}

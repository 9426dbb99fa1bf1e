//! All users at once with what is attached to them, for lists that have no pages.

use super::{Iam, IamError, User};
use crate::policy::{ManagedPolicy, managed_policy};
use packyard_store::identity::PrincipalKind;
use std::collections::HashMap;

/// Longest list; an installation has people, not crowds.
const USERS: i64 = 100_000;

#[derive(Debug, Clone)]
pub struct DirectoryUser {
    pub user: User,
    /// The managed policies that are attached to it: what Palette calls its roles.
    pub policies: Vec<&'static ManagedPolicy>,
    /// What it holds in single projects, project by project.
    pub in_projects: Vec<ProjectRole>,
}

/// A role that somebody holds in one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRole {
    pub project_uid: String,
    pub role: &'static ManagedPolicy,
}

impl DirectoryUser {
    /// The roles in one project; none for who is no member.
    pub fn roles_in(&self, project_uid: &str) -> Vec<&'static ManagedPolicy> {
        self.in_projects.iter().filter(|held| held.project_uid == project_uid).map(|held| held.role).collect()
    }
}

pub type Directory = Vec<DirectoryUser>;

impl Iam<'_> {
    /// Every user, in name order, in three queries.
    pub async fn directory(&self) -> Result<Directory, IamError> {
        self.may("iam:ListUsers", &self.arn(PrincipalKind::User, "/", "")).await?;
        let rows = self.store().principals(PrincipalKind::User, "/", "", USERS).await?;
        let mut attached: HashMap<String, Vec<&'static ManagedPolicy>> = HashMap::new();
        for (principal, arn) in self.store().attached_policies_of_all().await? {
            attached.entry(principal).or_default().extend(managed_policy(&arn));
        }
        let mut in_projects: HashMap<String, Vec<ProjectRole>> = HashMap::new();
        for row in self.store().project_roles_of_all().await? {
            let held = managed_policy(&row.arn).map(|role| ProjectRole { project_uid: row.project_uid, role });
            in_projects.entry(row.principal).or_default().extend(held);
        }
        let users = rows.iter().map(|row| DirectoryUser {
            policies: attached.remove(&row.uid).unwrap_or_default(),
            in_projects: in_projects.remove(&row.uid).unwrap_or_default(),
            user: self.describe(row, Vec::new()),
        });
        Ok(users.collect())
    }
}

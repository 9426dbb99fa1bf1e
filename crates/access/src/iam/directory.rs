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
}

pub type Directory = Vec<DirectoryUser>;

impl Iam<'_> {
    /// Every user, in name order, in two queries.
    pub async fn directory(&self) -> Result<Directory, IamError> {
        self.may("iam:ListUsers", &self.arn(PrincipalKind::User, "/", "")).await?;
        let rows = self.store().principals(PrincipalKind::User, "/", "", USERS).await?;
        let mut attached: HashMap<String, Vec<&'static ManagedPolicy>> = HashMap::new();
        for (principal, arn) in self.store().attached_policies_of_all().await? {
            attached.entry(principal).or_default().extend(managed_policy(&arn));
        }
        let users = rows.iter().map(|row| DirectoryUser {
            policies: attached.remove(&row.uid).unwrap_or_default(),
            user: self.describe(row, Vec::new()),
        });
        Ok(users.collect())
    }
}

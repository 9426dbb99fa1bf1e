//! Roles and who may assume them.

use super::user::delete_conflict;
use super::{Iam, IamError, IamFault, check};
use crate::policy::{DocumentKind, Policy};
use crate::token::new_key_id;
use packyard_store::Error;
use packyard_store::identity::{NewPrincipal, PrincipalKind, PrincipalRow};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: String,
    /// `AROA...`
    pub role_id: String,
    pub name: String,
    pub path: String,
    pub description: String,
    pub trust_policy: String,
    pub max_session_s: i64,
    pub created_at_ms: i64,
    pub tags: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct NewRole {
    pub name: String,
    pub path: String,
    pub description: String,
    pub trust_policy: String,
    /// 3,600 to 43,200.
    pub max_session_s: i64,
    /// What `aws:PrincipalTag` says of the role's sessions.
    pub tags: Vec<(String, String)>,
}

impl Iam<'_> {
    pub async fn create_role(&self, new: NewRole) -> Result<Role, IamError> {
        check::name(&new.name, "roleName", 64)?;
        check::path(&new.path)?;
        check::tags(&new.tags, "TagsPerRole")?;
        if !(3600..=43_200).contains(&new.max_session_s) {
            return Err(IamError::constraint(
                &new.max_session_s.to_string(),
                "maxSessionDuration",
                "have value between 3600 and 43200",
            ));
        }
        let arn = self.arn(PrincipalKind::Role, &new.path, &new.name);
        self.may_make("iam:CreateRole", "iam:TagRole", &arn, &new.tags).await?;
        Policy::parse(&new.trust_policy, DocumentKind::Trust)?;
        let (name, tags) = (new.name.clone(), new.tags.clone());
        let row = NewPrincipal {
            kind: PrincipalKind::Role,
            aws_id: new_key_id("AROA"),
            path: new.path,
            name: new.name,
            email: None,
            first_name: String::new(),
            last_name: String::new(),
            description: new.description,
            trust_policy: Some(new.trust_policy),
            max_session_s: new.max_session_s,
            tags: new.tags,
        };
        match self.changed(self.store().create_principal(row, self.audit("iam:CreateRole", &arn)).await) {
            Ok(row) => Ok(self.describe_role(&row, tags)),
            Err(Error::AlreadyExists(_)) => {
                Err(IamError::new(IamFault::EntityAlreadyExists, format!("Role with name {name} already exists.")))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub async fn role(&self, name: &str) -> Result<Role, IamError> {
        let row = self.target("iam:GetRole", PrincipalKind::Role, name).await?;
        let tags = self.store().principal_tags(&row.uid).await?;
        Ok(self.describe_role(&row, tags))
    }

    /// In name order, and where the next page begins. Lists do not carry tags, as in IAM.
    pub async fn roles(
        &self,
        path_prefix: &str,
        marker: Option<&str>,
        max_items: u16,
    ) -> Result<(Vec<Role>, Option<String>), IamError> {
        self.may("iam:ListRoles", &self.arn(PrincipalKind::Role, path_prefix, "")).await?;
        let limit = i64::from(max_items) + 1;
        let after = marker.unwrap_or("");
        let mut rows = self.store().principals(PrincipalKind::Role, path_prefix, after, limit).await?;
        let more = rows.len() > usize::from(max_items);
        rows.truncate(usize::from(max_items));
        let marker = rows.last().filter(|_| more).map(|row| row.name.clone());
        Ok((rows.iter().map(|row| self.describe_role(row, Vec::new())).collect(), marker))
    }

    /// There are no instance profiles, so a role is in none; that it exists is told to those who may ask.
    pub async fn may_list_instance_profiles(&self, name: &str) -> Result<(), IamError> {
        self.target("iam:ListInstanceProfilesForRole", PrincipalKind::Role, name).await.map(|_| ())
    }

    pub async fn delete_role(&self, name: &str) -> Result<(), IamError> {
        let row = self.target("iam:DeleteRole", PrincipalKind::Role, name).await?;
        let entry = self.audit("iam:DeleteRole", self.arn_of(&row));
        let done = self.changed(self.store().delete_principal(&row.uid, false, entry).await);
        done.map_err(|error| delete_conflict(error, &row))
    }

    pub async fn set_trust_policy(&self, name: &str, document: &str) -> Result<(), IamError> {
        let row = self.target("iam:UpdateAssumeRolePolicy", PrincipalKind::Role, name).await?;
        Policy::parse(document, DocumentKind::Trust)?;
        let entry = self.audit("iam:UpdateAssumeRolePolicy", self.arn_of(&row));
        Ok(self.changed(self.store().set_trust_policy(&row.uid, document, entry).await)?)
    }

    fn describe_role(&self, row: &PrincipalRow, tags: Vec<(String, String)>) -> Role {
        Role {
            arn: self.arn_of(row),
            role_id: row.aws_id.clone(),
            name: row.name.clone(),
            path: row.path.clone(),
            description: row.description.clone(),
            trust_policy: row.trust_policy.clone().unwrap_or_default(),
            max_session_s: row.max_session_s,
            created_at_ms: row.created_at,
            tags,
        }
    }
}

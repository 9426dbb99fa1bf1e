//! Users.

use super::{Iam, IamError, IamFault, check, keeps_admin, new_user_id};
use packyard_store::Error;
use packyard_store::identity::{Leftover, NewPrincipal, PrincipalKind, PrincipalRow};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub uid: String,
    pub arn: String,
    /// `AIDA...`
    pub user_id: String,
    /// Empty for the account root.
    pub name: String,
    pub path: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub disabled: bool,
    pub created_at_ms: i64,
    pub last_login_at_ms: Option<i64>,
    pub tags: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: String,
    pub path: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub tags: Vec<(String, String)>,
}

impl NewUser {
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: "/".into(),
            email: None,
            first_name: String::new(),
            last_name: String::new(),
            tags: Vec::new(),
        }
    }

    /// Somebody who logs in to the console with an email address.
    pub fn person(email: impl Into<String>, first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        let email = email.into();
        Self {
            path: super::TENANT_PATH.into(),
            first_name: first_name.into(),
            last_name: last_name.into(),
            email: Some(email.clone()),
            ..Self::named(email)
        }
    }
}

#[derive(Debug, Clone)]
pub struct UserPage {
    pub users: Vec<User>,
    /// Where the next page begins, when there is one.
    pub marker: Option<String>,
}

impl Iam<'_> {
    pub async fn create_user(&self, new: NewUser) -> Result<User, IamError> {
        check::name(&new.name, "userName", 64)?;
        check::path(&new.path)?;
        check::tags(&new.tags, "TagsPerUser")?;
        if new.name == "AWS" {
            return Err(IamError::new(
                IamFault::InvalidInput,
                "A user cannot be named AWS: registries take that name for authorization tokens.",
            ));
        }
        let arn = self.arn(PrincipalKind::User, &new.path, &new.name);
        self.may_make("iam:CreateUser", "iam:TagUser", &arn, &new.tags).await?;
        let name = new.name.clone();
        let tags = new.tags.clone();
        let row = NewPrincipal {
            kind: PrincipalKind::User,
            aws_id: new_user_id(),
            path: new.path,
            name: new.name,
            email: new.email,
            first_name: new.first_name,
            last_name: new.last_name,
            description: String::new(),
            trust_policy: None,
            max_session_s: 0,
            tags: new.tags,
        };
        let made = self.changed(self.store().create_principal(row, self.audit("iam:CreateUser", &arn)).await);
        match made {
            Ok(row) => Ok(self.describe(&row, tags)),
            Err(Error::EmailTaken(email)) => Err(IamError::new(
                IamFault::EntityAlreadyExists,
                format!("There is a user with the email address {email} already."),
            )),
            Err(Error::AlreadyExists(_)) => {
                Err(IamError::new(IamFault::EntityAlreadyExists, format!("User with name {name} already exists.")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Without a name: the caller's own.
    pub async fn user(&self, name: Option<&str>) -> Result<User, IamError> {
        let row = self.target_or_caller("iam:GetUser", name).await?;
        let tags = self.store().principal_tags(&row.uid).await?;
        Ok(self.describe(&row, tags))
    }

    /// In name order. Lists do not carry tags, as in IAM.
    pub async fn users(&self, path_prefix: &str, marker: Option<&str>, max_items: u16) -> Result<UserPage, IamError> {
        self.may("iam:ListUsers", &self.arn(PrincipalKind::User, path_prefix, "")).await?;
        let limit = i64::from(max_items);
        let after = marker.unwrap_or("");
        let mut rows = self.store().principals(PrincipalKind::User, path_prefix, after, limit + 1).await?;
        let more = rows.len() > usize::from(max_items);
        rows.truncate(usize::from(max_items));
        let marker = rows.last().filter(|_| more).map(|row| row.name.clone());
        Ok(UserPage { users: rows.iter().map(|row| self.describe(row, Vec::new())).collect(), marker })
    }

    /// There are no groups, so a user is in none; that it exists is told to those who may ask.
    pub async fn may_list_groups(&self, name: &str) -> Result<(), IamError> {
        self.target("iam:ListGroupsForUser", PrincipalKind::User, name).await.map(|_| ())
    }

    /// Refused while keys, policies or a login profile hang on the user.
    pub async fn delete_user(&self, name: &str) -> Result<(), IamError> {
        self.remove_user(name, false).await
    }

    /// The user with all credentials and policies.
    pub async fn delete_user_and_everything(&self, name: &str) -> Result<(), IamError> {
        self.remove_user(name, true).await
    }

    async fn remove_user(&self, name: &str, with_everything: bool) -> Result<(), IamError> {
        let row = self.target("iam:DeleteUser", PrincipalKind::User, name).await?;
        let entry = self.audit("iam:DeleteUser", self.arn_of(&row));
        let done = self.changed(self.store().delete_principal(&row.uid, with_everything, entry).await);
        done.map_err(|error| delete_conflict(error, &row))
    }

    /// A disabled user's password, keys, tokens and sessions all stop working; enabled again, all but sessions and
    /// what was made with the password work again.
    pub async fn set_user_disabled(&self, name: &str, disabled: bool) -> Result<(), IamError> {
        let row = self.target("iam:UpdateUser", PrincipalKind::User, name).await?;
        self.disable(&row, disabled).await
    }

    pub(super) async fn disable(&self, row: &PrincipalRow, disabled: bool) -> Result<(), IamError> {
        if self.is_caller(row) && disabled {
            return Err(IamError::new(IamFault::UnmodifiableEntity, "Nobody can disable the user they are acting as."));
        }
        let action = if disabled { "packyard:DisableUser" } else { "packyard:EnableUser" };
        let entry = self.audit(action, self.arn_of(row));
        let done = self.changed(self.store().set_disabled(&row.uid, disabled, entry).await);
        done.map_err(|error| keeps_admin(error, row))
    }

    pub(super) fn describe(&self, row: &PrincipalRow, tags: Vec<(String, String)>) -> User {
        User {
            uid: row.uid.clone(),
            arn: self.arn_of(row),
            user_id: row.aws_id.clone(),
            name: if row.kind() == PrincipalKind::Root { String::new() } else { row.name.clone() },
            path: row.path.clone(),
            email: row.email.clone(),
            first_name: row.first_name.clone(),
            last_name: row.last_name.clone(),
            disabled: row.is_disabled(),
            created_at_ms: row.created_at,
            last_login_at_ms: row.last_login_at,
            tags,
        }
    }
}

pub(super) fn delete_conflict(error: Error, row: &PrincipalRow) -> IamError {
    match error {
        Error::Leftover(left) => {
            let rest = match left {
                Leftover::LoginProfile => "must delete login profile first.",
                Leftover::AccessKeys => "must delete access keys first.",
                Leftover::InlinePolicies => "must delete policies first.",
                Leftover::AttachedPolicies => "must detach all policies first.",
            };
            IamError::new(IamFault::DeleteConflict, format!("Cannot delete entity, {rest}"))
        }
        error => keeps_admin(error, row),
    }
}

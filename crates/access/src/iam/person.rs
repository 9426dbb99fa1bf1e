//! People: users as `/v1` and the console manage them, found by uid and made or changed whole.

use super::{Iam, IamError, IamFault, NewUser, User, check, new_user_id};
use crate::policy::ManagedPolicy;
use crate::principal::Target;
use crate::token::new_secret;
use packyard_store::Error;
use packyard_store::identity::{FirstLogin, NewPrincipal, PrincipalKind, PrincipalRow};
use secrecy::SecretString;
use serde_json::json;

#[derive(Debug, Clone, Default)]
pub struct NewPerson {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// Held in the tenant, and so in every project.
    pub roles: Vec<&'static ManagedPolicy>,
}

/// A password that opens nothing but the choice of another one.
pub struct OneTimePassword {
    pub user: User,
    /// Shown now and never again.
    pub password: SecretString,
    /// `None` for ever.
    pub expires_at_ms: Option<i64>,
}

impl Iam<'_> {
    /// A user with a one-time password and roles: all of it or nothing.
    pub async fn create_person(&self, new: NewPerson) -> Result<OneTimePassword, IamError> {
        let email = check::email(&new.email)?;
        let first_name = check::person_name(&new.first_name, "first name")?;
        let last_name = check::person_name(&new.last_name, "last name")?;
        let user = NewUser::person(email, first_name, last_name);
        let arn = self.arn(PrincipalKind::User, &user.path, &user.name);
        self.may("iam:CreateUser", &arn).await?;
        self.may("iam:CreateLoginProfile", &arn).await?;
        for role in &new.roles {
            let policy = [("iam:policyarn", role.arn.to_owned())];
            self.access.may_with(self.caller, "iam:AttachUserPolicy", &Target::arn(arn.as_str()), &policy).await?;
        }
        let password = new_secret();
        let login =
            FirstLogin { hash: self.hash(&password).await?, arns: new.roles.iter().map(|role| role.arn).collect() };
        let facts = json!({ "before": null, "after": { "email": user.name, "roles": names(&new.roles) } });
        let entry = self.audit("iam:CreateUser", &arn).detail(facts.to_string());
        let row = self.changed(self.store().create_principal_with(principal(user), Some(login), entry).await);
        let row = row.map_err(|error| match error {
            Error::AlreadyExists(_) | Error::EmailTaken(_) => {
                IamError::new(IamFault::EntityAlreadyExists, format!("there is a user {} already", new.email.trim()))
            }
            error => error.into(),
        })?;
        Ok(self.one_time(&row, password))
    }

    /// What people are called; the address they log in with stays.
    pub async fn rename(&self, uid: &str, first_name: &str, last_name: &str) -> Result<(), IamError> {
        let row = self.person("iam:UpdateUser", uid).await?;
        let first = check::person_name(first_name, "first name")?;
        let last = check::person_name(last_name, "last name")?;
        let facts = json!({
            "before": { "firstName": row.first_name, "lastName": row.last_name },
            "after": { "firstName": first, "lastName": last },
        });
        let entry = self.audit("iam:UpdateUser", self.arn_of(&row)).detail(facts.to_string());
        Ok(self.changed(self.store().rename_person(&row.uid, first, last, entry).await)?)
    }

    /// A user that is not active keeps everything and may do nothing; see [`Iam::set_user_disabled`].
    pub async fn set_active(&self, uid: &str, active: bool) -> Result<(), IamError> {
        let row = self.person("iam:UpdateUser", uid).await?;
        self.disable(&row, !active).await
    }

    /// The user with all credentials and roles.
    pub async fn delete_person(&self, uid: &str) -> Result<(), IamError> {
        let row = self.person("iam:DeleteUser", uid).await?;
        if self.is_caller(&row) {
            return Err(unmodifiable("nobody can delete the user they are acting as; another administrator can"));
        }
        let entry = self.audit("iam:DeleteUser", self.arn_of(&row));
        let done = self.changed(self.store().delete_principal(&row.uid, true, entry).await);
        done.map_err(|error| super::keeps_admin(error, &row))
    }

    /// Gives the user a one-time password, also where there was none, and ends all sessions.
    pub async fn reset_password(&self, uid: &str) -> Result<OneTimePassword, IamError> {
        let row = self.person("iam:UpdateLoginProfile", uid).await?;
        if self.is_caller(&row) {
            return Err(unmodifiable("nobody resets the password they are logged in with; change it instead"));
        }
        let password = new_secret();
        let hash = self.hash(&password).await?;
        let entry = self.audit("packyard:ResetPassword", self.arn_of(&row));
        let done = match self.store().login_profile(&row.uid).await? {
            Some(_) => self.store().update_login_profile(&row.uid, &hash, true, entry).await,
            None => self.store().create_login_profile(&row.uid, &hash, true, entry).await,
        };
        self.changed(done)?;
        Ok(self.one_time(&row, password))
    }

    fn one_time(&self, row: &PrincipalRow, password: SecretString) -> OneTimePassword {
        let expires_at_ms = self.access.one_time_until(self.access.now_ms());
        OneTimePassword { user: self.describe(row, Vec::new()), password, expires_at_ms }
    }

    /// The user, after asking whether the caller may do `action` to it.
    pub(super) async fn person(&self, action: &str, uid: &str) -> Result<PrincipalRow, IamError> {
        let row = self.find_person(uid).await?;
        match &row {
            Some(row) => self.may_to(action, row, None).await?,
            None => self.may(action, &self.arn(PrincipalKind::User, "/", uid)).await?,
        }
        row.ok_or_else(|| no_person(uid))
    }

    pub(super) async fn find_person(&self, uid: &str) -> Result<Option<PrincipalRow>, IamError> {
        Ok(self.store().principal(uid).await?.filter(|row| row.kind() == PrincipalKind::User))
    }

    pub(super) fn is_caller(&self, row: &PrincipalRow) -> bool {
        row.uid == self.caller.principal.uid
    }
}

pub(super) fn no_person(uid: &str) -> IamError {
    IamError::missing(format!("user {uid} was not found"))
}

pub(super) fn unmodifiable(why: &str) -> IamError {
    IamError::new(IamFault::UnmodifiableEntity, why)
}

pub(super) fn names(roles: &[&'static ManagedPolicy]) -> Vec<&'static str> {
    roles.iter().map(|role| role.name).collect()
}

fn principal(user: NewUser) -> NewPrincipal {
    NewPrincipal {
        kind: PrincipalKind::User,
        aws_id: new_user_id(),
        path: user.path,
        name: user.name,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        description: String::new(),
        trust_policy: None,
        max_session_s: 0,
        tags: user.tags,
    }
}

//! The IAM services: users, login profiles, access keys, policies, roles. Called by the query-protocol face, `/v1` and
//! the console alike; every one asks [`Access::may`] first, with AWS's action names and resources.

mod access_key;
mod check;
mod directory;
mod error;
mod grant;
mod login_profile;
mod person;
mod policy;
mod role;
mod user;

pub use access_key::{AccessKey, IssuedAccessKey};
pub use directory::{Directory, DirectoryUser, ProjectRole};
pub use error::{IamError, IamFault};
pub use grant::Membership;
pub use login_profile::LoginProfile;
pub use person::{NewPerson, OneTimePassword};
pub use policy::{AttachedPolicy, Holder, ManagedPolicySummary};
pub use role::{NewRole, Role};
pub use user::{NewUser, User, UserPage};

pub(crate) use check::password as check_password;

use crate::Access;
use crate::principal::{Caller, Kind, Target};
use crate::subjects::{Subject, principal_arn};
use crate::token::new_key_id;
use packyard_store::identity::{Identity, PrincipalKind, PrincipalRow};
use packyard_store::{AuditEntry, Error};
use std::sync::Arc;

/// Users who log in by email address live here: `arn:aws:iam::<account>:user/tenant/<email>`.
pub const TENANT_PATH: &str = "/tenant/";

pub(crate) fn new_user_id() -> String {
    new_key_id("AIDA")
}

/// IAM as one caller may use it.
#[derive(Clone, Copy)]
pub struct Iam<'a> {
    access: &'a Access,
    caller: &'a Caller,
}

impl Access {
    pub fn iam<'a>(&'a self, caller: &'a Caller) -> Iam<'a> {
        Iam { access: self, caller }
    }
}

impl Iam<'_> {
    fn store(&self) -> &Identity {
        &self.access.inner.identity
    }

    /// After every write, done or failed.
    fn changed<T>(&self, outcome: packyard_store::Result<T>) -> packyard_store::Result<T> {
        self.access.inner.subjects.forget();
        outcome
    }

    fn audit(&self, action: &'static str, object: impl Into<String>) -> AuditEntry {
        AuditEntry::new(self.caller.arn(), action, object)
    }

    async fn may(&self, action: &str, arn: &str) -> Result<(), IamError> {
        Ok(self.access.may(self.caller, action, &Target::arn(arn)).await?)
    }

    /// The same about a stored user or role: conditions see its tags, and the policy to attach or detach.
    async fn may_to(&self, action: &str, row: &PrincipalRow, policy: Option<&str>) -> Result<(), IamError> {
        let tags = self.store().principal_tags(&row.uid).await?;
        let target = Target::arn(self.arn_of(row)).resource_tags(&tags);
        let policy: Vec<_> = policy.map(|arn| ("iam:policyarn", arn.to_owned())).into_iter().collect();
        Ok(self.access.may_with(self.caller, action, &target, &policy).await?)
    }

    /// The same about somebody new. Tags can open what conditions ask for them, so to give any is a right of its own.
    async fn may_make(
        &self,
        action: &str,
        tag_action: &str,
        arn: &str,
        tags: &[(String, String)],
    ) -> Result<(), IamError> {
        let target = Target::arn(arn).request_tags(tags);
        self.access.may(self.caller, action, &target).await?;
        if !tags.is_empty() {
            self.access.may(self.caller, tag_action, &target).await?;
        }
        Ok(())
    }

    fn arn(&self, kind: PrincipalKind, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:{}{path}{name}", self.access.account_id(), kind.as_str())
    }

    fn arn_of(&self, row: &PrincipalRow) -> String {
        principal_arn(self.access.account_id(), row)
    }

    /// The user or role of that name, after asking whether the caller may do `action` to it. Whether it exists is told
    /// only to those who may.
    async fn target(&self, action: &str, kind: PrincipalKind, name: &str) -> Result<PrincipalRow, IamError> {
        self.target_of_policy(action, kind, name, None).await
    }

    async fn target_of_policy(
        &self,
        action: &str,
        kind: PrincipalKind,
        name: &str,
        policy: Option<&str>,
    ) -> Result<PrincipalRow, IamError> {
        let row = self.store().principal_named(kind, name).await?;
        match &row {
            Some(row) => self.may_to(action, row, policy).await?,
            None => self.may(action, &self.arn(kind, "/", name)).await?,
        }
        row.ok_or_else(|| IamError::missing(format!("The {} with name {name} cannot be found.", kind.as_str())))
    }

    /// The named user, or the caller itself (a user or the account root) when no name is given.
    async fn target_or_caller(&self, action: &str, name: Option<&str>) -> Result<PrincipalRow, IamError> {
        if let Some(name) = name {
            return self.target(action, PrincipalKind::User, name).await;
        }
        if matches!(self.caller.principal.kind, Kind::AssumedRole { .. }) {
            return Err(IamError::new(
                IamFault::ValidationError,
                "Must specify userName when calling with non-User credentials",
            ));
        }
        let itself = &self.caller.principal;
        let target = Target::arn(itself.arn.as_str()).resource_tags(&itself.tags);
        self.access.may(self.caller, action, &target).await?;
        let subject: Option<Arc<Subject>> = self.access.inner.subjects.by_uid(&self.caller.principal.uid).await?;
        subject
            .map(|subject| subject.row.clone())
            .ok_or_else(|| IamError::missing(format!("The user {} cannot be found.", self.caller.arn())))
    }
}

/// Somebody has to stay in charge: what would take that from the last administrator is refused.
pub(crate) fn keeps_admin(error: Error, row: &PrincipalRow) -> IamError {
    match error {
        Error::LastHolder => IamError::new(
            IamFault::DeleteConflict,
            format!(
                "{} is the last active user with PackyardTenantAdmin. Give that role to somebody else first",
                row.name
            ),
        ),
        error => error.into(),
    }
}

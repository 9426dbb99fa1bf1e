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

    fn arn(&self, kind: PrincipalKind, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:{}{path}{name}", self.access.account_id(), kind.as_str())
    }

    fn arn_of(&self, row: &PrincipalRow) -> String {
        principal_arn(self.access.account_id(), row)
    }

    /// The user or role of that name, after asking whether the caller may do `action` to it. Whether it exists is told
    /// only to those who may.
    async fn target(&self, action: &str, kind: PrincipalKind, name: &str) -> Result<PrincipalRow, IamError> {
        let row = self.store().principal_named(kind, name).await?;
        let arn = row.as_ref().map_or_else(|| self.arn(kind, "/", name), |row| self.arn_of(row));
        self.may(action, &arn).await?;
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
        self.may(action, self.caller.arn()).await?;
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

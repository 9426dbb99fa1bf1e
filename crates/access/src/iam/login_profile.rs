//! Login profiles: the password of a user, for the console and for the registry.

use super::{Iam, IamError, IamFault, check};
use crate::{ChangeRefused, LoginError};
use packyard_store::Error;
use packyard_store::identity::{PrincipalKind, PrincipalRow};
use secrecy::SecretString;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginProfile {
    pub user_name: String,
    pub created_at_ms: i64,
    pub reset_required: bool,
}

impl Iam<'_> {
    pub async fn create_login_profile(
        &self,
        user: &str,
        password: &SecretString,
        reset_required: bool,
    ) -> Result<LoginProfile, IamError> {
        let row = self.target("iam:CreateLoginProfile", PrincipalKind::User, user).await?;
        let hash = self.hash(password).await?;
        let entry = self.audit("iam:CreateLoginProfile", self.arn_of(&row));
        match self.changed(self.store().create_login_profile(&row.uid, &hash, reset_required, entry).await) {
            Ok(()) => self.profile_of(&row).await,
            Err(Error::AlreadyExists(_)) => Err(IamError::new(
                IamFault::EntityAlreadyExists,
                format!("Login Profile for user {} already exists.", row.name),
            )),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn login_profile(&self, user: &str) -> Result<LoginProfile, IamError> {
        let row = self.target("iam:GetLoginProfile", PrincipalKind::User, user).await?;
        self.profile_of(&row).await
    }

    /// A changed password ends the user's sessions and everything made with the old one.
    pub async fn update_login_profile(
        &self,
        user: &str,
        password: Option<&SecretString>,
        reset_required: Option<bool>,
    ) -> Result<(), IamError> {
        let row = self.target("iam:UpdateLoginProfile", PrincipalKind::User, user).await?;
        let profile = self.store().login_profile(&row.uid).await?.ok_or_else(|| no_profile(&row))?;
        let hash = match password {
            Some(password) => self.hash(password).await?,
            None => profile.hash.clone(),
        };
        let reset = reset_required.unwrap_or_else(|| profile.reset_required());
        let entry = self.audit("iam:UpdateLoginProfile", self.arn_of(&row));
        self.changed(self.store().update_login_profile(&row.uid, &hash, reset, entry).await)
            .map_err(|error| gone(error, &row))
    }

    pub async fn delete_login_profile(&self, user: &str) -> Result<(), IamError> {
        let row = self.target("iam:DeleteLoginProfile", PrincipalKind::User, user).await?;
        let entry = self.audit("iam:DeleteLoginProfile", self.arn_of(&row));
        self.changed(self.store().delete_login_profile(&row.uid, entry).await).map_err(|error| gone(error, &row))
    }

    /// One's own password; needs the old one and no other right. Ends all sessions, this one too.
    pub async fn change_own_password(&self, old: &str, new: &SecretString, peer: crate::Peer) -> Result<(), IamError> {
        let name = &self.caller.principal.name;
        self.access.change_password(name, old, new, peer).await.map_err(|refused| match refused {
            ChangeRefused::New(error) => error,
            ChangeRefused::Old(error @ LoginError::Unavailable) => {
                IamError::new(IamFault::ServiceFailure, error.to_string())
            }
            ChangeRefused::Old(error @ LoginError::Throttled { .. }) => {
                IamError::new(IamFault::LimitExceeded, error.to_string())
            }
            ChangeRefused::Old(error @ LoginError::OneTimePasswordExpired) => {
                IamError::new(IamFault::AccessDenied, error.to_string())
            }
            ChangeRefused::Old(_) => IamError::new(IamFault::AccessDenied, "The old password is not right."),
        })
    }

    pub(super) async fn hash(&self, password: &SecretString) -> Result<String, IamError> {
        check::password(password)?;
        let hash = self.access.inner.passwords.hash(password).await;
        hash.ok_or_else(|| IamError::new(IamFault::ServiceFailure, "The password could not be hashed."))
    }

    async fn profile_of(&self, row: &PrincipalRow) -> Result<LoginProfile, IamError> {
        let profile = self.store().login_profile(&row.uid).await?.ok_or_else(|| no_profile(row))?;
        Ok(LoginProfile {
            user_name: row.name.clone(),
            created_at_ms: profile.created_at,
            reset_required: profile.reset_required(),
        })
    }
}

fn no_profile(row: &PrincipalRow) -> IamError {
    IamError::missing(format!("Login Profile for User {} cannot be found.", row.name))
}

fn gone(error: Error, row: &PrincipalRow) -> IamError {
    match error {
        Error::NotFound(_) => no_profile(row),
        error => error.into(),
    }
}

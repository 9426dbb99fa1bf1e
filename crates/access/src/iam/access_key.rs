//! Access keys. The secret is shown once and stored sealed.

use super::{Iam, IamError, IamFault};
use crate::token::{new_key_id, new_secret};
use packyard_store::Error;
use packyard_store::identity::{AccessKeyRow, NewAccessKey, PrincipalRow};
use secrecy::{ExposeSecret, SecretString};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    pub id: String,
    /// Empty for the account root.
    pub user_name: String,
    pub active: bool,
    pub created_at_ms: i64,
}

pub struct IssuedAccessKey {
    pub key: AccessKey,
    pub secret: SecretString,
}

impl Iam<'_> {
    /// Without a user: the caller's own.
    pub async fn create_access_key(&self, user: Option<&str>) -> Result<IssuedAccessKey, IamError> {
        let row = self.target_or_caller("iam:CreateAccessKey", user).await?;
        let (id, secret) = (new_key_id("AKIA"), new_secret());
        let sealer = &self.access.inner.store.core.sealer;
        let new = NewAccessKey {
            id: id.clone(),
            principal: row.uid.clone(),
            sealed_secret: sealer.seal(&AccessKeyRow::place(&id), secret.expose_secret().as_bytes()),
        };
        let at_most = self.access.inner.config.max_access_keys_per_user;
        let entry = self.audit("iam:CreateAccessKey", self.arn_of(&row)).detail(&id);
        match self.changed(self.store().create_access_key(new, at_most, entry).await) {
            Ok(created_at_ms) => {
                let key = AccessKey { id, user_name: user_name(&row), active: true, created_at_ms };
                Ok(IssuedAccessKey { key, secret })
            }
            Err(Error::Conflict(_)) => Err(IamError::new(
                IamFault::LimitExceeded,
                format!("Cannot exceed quota for AccessKeysPerUser: {at_most}"),
            )),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn access_keys(&self, user: Option<&str>) -> Result<Vec<AccessKey>, IamError> {
        let row = self.target_or_caller("iam:ListAccessKeys", user).await?;
        let keys = self.store().access_keys(&row.uid).await?;
        Ok(keys
            .into_iter()
            .map(|key| AccessKey {
                active: key.is_active(),
                id: key.id,
                user_name: user_name(&row),
                created_at_ms: key.created_at,
            })
            .collect())
    }

    pub async fn set_access_key_active(&self, user: Option<&str>, id: &str, active: bool) -> Result<(), IamError> {
        let row = self.target_or_caller("iam:UpdateAccessKey", user).await?;
        let state = if active { "Active" } else { "Inactive" };
        let entry = self.audit("iam:UpdateAccessKey", self.arn_of(&row)).detail(format!("{id} {state}"));
        self.changed(self.store().set_access_key_active(&row.uid, id, active, entry).await).map_err(|e| gone(e, id))
    }

    pub async fn delete_access_key(&self, user: Option<&str>, id: &str) -> Result<(), IamError> {
        let row = self.target_or_caller("iam:DeleteAccessKey", user).await?;
        let entry = self.audit("iam:DeleteAccessKey", self.arn_of(&row)).detail(id);
        self.changed(self.store().delete_access_key(&row.uid, id, entry).await).map_err(|e| gone(e, id))
    }
}

fn user_name(row: &PrincipalRow) -> String {
    match row.kind() {
        packyard_store::identity::PrincipalKind::Root => String::new(),
        _ => row.name.clone(),
    }
}

fn gone(error: Error, id: &str) -> IamError {
    match error {
        Error::NotFound(_) => IamError::missing(format!("The Access Key with id {id} cannot be found.")),
        error => error.into(),
    }
}

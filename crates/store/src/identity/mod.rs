//! Principals, their credentials, policies and sessions.
//!
//! Invariant: every unit of work here increments `identity_version` before anything else. That makes the family's
//! writers queue on both engines (so a precondition read inside a unit still holds when it writes), and lets a replica
//! find out with one small read that what it remembers is old.

mod credential;
mod policy;
mod principal;
mod session;

pub use credential::{AccessKeyRow, ApiKeyRow, LoginProfileRow, NewAccessKey, NewApiKey};
pub use policy::{InlinePolicyRow, PolicySet};
pub use principal::{NewPrincipal, PrincipalKind, PrincipalRow};
pub use session::SessionRow;

use crate::{Core, Result, Store, on};

/// First statement of every unit of this family.
const TOUCH: &str = "UPDATE identity_version SET version = version + 1 WHERE one = 1";
const VERSION: &str = "SELECT version FROM identity_version WHERE one = 1";

macro_rules! touch {
    ($tx:ident) => {
        sqlx::query($crate::identity::TOUCH).execute(&mut *$tx).await?
    };
}
use touch;

#[derive(Clone)]
pub struct Identity {
    core: Core,
}

impl Store {
    pub fn identity(&self) -> Identity {
        Identity { core: self.core.clone() }
    }
}

impl Identity {
    /// Grows with every change to a principal, a credential or a policy.
    pub async fn version(&self) -> Result<i64> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(VERSION).fetch_one(p).await?))
    }
}

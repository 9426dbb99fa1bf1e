//! Principals, their credentials, policies and sessions.
//!
//! Invariant: every unit of work here increments `identity_version` before anything else. That makes the family's
//! writers queue on both engines (so a precondition read inside a unit still holds when it writes), and lets a replica
//! find out with one small read that what it remembers is old.

mod credential;
mod leftover;
mod policy;
mod principal;
mod project_role;
mod session;

pub use credential::{AccessKeyRow, ApiKeyRow, LoginProfileRow, NewAccessKey, NewApiKey};
pub use leftover::Leftover;
pub use policy::{InlinePolicyRow, PolicySet};
pub use principal::{FirstLogin, NewPrincipal, PrincipalKind, PrincipalRow};
pub use project_role::{ProjectRoleRow, ProjectRoles};
pub use session::SessionRow;

use crate::{Core, Result, Store, on};

/// First statement of every unit of this family.
pub(crate) const TOUCH: &str = "UPDATE identity_version SET version = version + 1 WHERE one = 1";
const VERSION: &str = "SELECT version FROM identity_version WHERE one = 1";

macro_rules! touch {
    ($tx:ident) => {
        sqlx::query($crate::identity::TOUCH).execute(&mut *$tx).await?
    };
}
pub(crate) use touch;

/// Users who could still act with a policy.
const HOLDERS: &str = "SELECT COUNT(*) FROM attached_policy a JOIN principal p ON p.uid = a.principal
    WHERE a.arn = $1 AND p.kind = 'user' AND p.disabled = 0";

macro_rules! holders {
    ($tx:ident, $kept:expr) => {{
        let count: i64 = sqlx::query_scalar($crate::identity::HOLDERS).bind($kept).fetch_one(&mut *$tx).await?;
        count
    }};
}
use holders;

/// At the end of a unit that takes something from a principal; `$before` is what [`holders!`] said at its beginning.
macro_rules! still_held {
    ($tx:ident, $kept:expr, $before:expr) => {
        if $before > 0 && $crate::identity::holders!($tx, $kept) == 0 {
            return Err(Error::LastHolder);
        }
    };
}
use still_held;

#[derive(Clone)]
pub struct Identity {
    core: Core,
    kept: &'static str,
}

impl Store {
    pub fn identity(&self) -> Identity {
        Identity { core: self.core.clone(), kept: "" }
    }
}

impl Identity {
    /// Some enabled user has to keep this managed policy: what would take it from the last one is
    /// [`Error::LastHolder`](crate::Error::LastHolder).
    #[must_use]
    pub fn keeping(mut self, arn: &'static str) -> Self {
        self.kept = arn;
        self
    }

    /// Grows with every change to a principal, a credential or a policy.
    pub async fn version(&self) -> Result<i64> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(VERSION).fetch_one(p).await?))
    }
}

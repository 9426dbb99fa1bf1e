//! IAM policies: the documents, and the decision.
//!
//! The grammar and the rules are AWS's: an explicit deny wins over any allow, nothing said means no. Documents are
//! parsed once, when written and when loaded; a decision reads only parsed ones.

mod builtin;
mod condition;
mod document;
mod evaluate;
mod pattern;
mod project;

pub use builtin::{ManagedPolicy, PROJECT_ADMIN, TENANT_ADMIN, managed_policies, managed_policy};
pub use document::{DocumentKind, MalformedPolicy, Policy};
pub(crate) use evaluate::{Decision, Policies, Question, Reason, Who, decide};
pub(crate) use project::{in_project, project_arn, tenant_arn};

use std::borrow::Cow;

/// The facts of a request that conditions and policy variables refer to.
pub(crate) trait ConditionKeys {
    /// The values of `key` (lower case), `None` when the request has no such fact.
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>>;
}

#[cfg(test)]
mod tests;

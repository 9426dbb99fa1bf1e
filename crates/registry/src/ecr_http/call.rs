//! One authenticated call: who asks, for what, and the question every operation begins with.

use super::error::EcrError;
use super::operation::Operation;
use super::page::{DEFAULT_PAGE, Pager};
use crate::{Registry, Repository};
use packyard_access::{Caller, Target};
use packyard_oci::RepoName;
use serde_json::{Map, Value};
use std::sync::Arc;

pub(crate) struct Call<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) caller: Caller,
    pub(crate) operation: Operation,
}

impl Call<'_> {
    /// The account this registry plays.
    pub(crate) fn account(&self) -> &str {
        &self.registry.config().account_id
    }

    /// Who goes into the audit log.
    pub(crate) fn actor(&self) -> &str {
        self.caller.arn()
    }

    /// The repository, if the caller may do this operation to it. Rights come first: who has none is not told whether
    /// it exists.
    pub(crate) async fn repository(&self, name: &RepoName) -> Result<Arc<Repository>, EcrError> {
        let found = self.registry.find_repository(name).await?;
        self.may(&self.registry.target(name, found.as_deref())).await?;
        found.ok_or_else(|| EcrError::repository_not_found(name, self.account()))
    }

    /// The same for calls about the repository's policy.
    pub(crate) async fn repository_to_govern(&self, name: &RepoName) -> Result<Arc<Repository>, EcrError> {
        let found = self.registry.find_repository(name).await?;
        let target = self.registry.target(name, found.as_deref());
        self.registry.access().may_govern(&self.caller, self.operation.action(), &target).await?;
        found.ok_or_else(|| EcrError::repository_not_found(name, self.account()))
    }

    /// Refuses a `registryId` of another account. A checked document says which.
    pub(crate) fn own_registry(&self, document: &Map<String, Value>) -> Result<(), EcrError> {
        let named = |member| document.get(member).and_then(Value::as_str);
        let Some(id) = named("registryId").filter(|id| *id != self.account()) else { return Ok(()) };
        match named("repositoryName").and_then(|name| name.parse().ok()) {
            Some(name) => Err(EcrError::repository_not_found(&name, id)),
            None => Err(EcrError::invalid("registryId", format_args!("The id of this registry is {}", self.account()))),
        }
    }

    pub(crate) async fn may(&self, target: &Target<'_>) -> Result<(), EcrError> {
        self.registry.access().may(&self.caller, self.operation.action(), target).await?;
        Ok(())
    }

    /// The pages of this operation's listing.
    pub(crate) fn pager(&self, object: &str) -> Pager {
        Pager::new(self.registry.inner.core.sealer.derive("ECR next token"), self.operation.name(), object)
    }
}

/// Rows of a page.
pub(crate) fn page_size(asked: Option<i64>) -> usize {
    asked.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(DEFAULT_PAGE)
}

/// Refuses paging members beside members that name what is wanted.
pub(crate) fn no_paging(names: &str, next_token: Option<&str>, max_results: Option<i64>) -> Result<(), EcrError> {
    let beside = |member| Err(EcrError::invalid(member, format_args!("Member cannot be used together with {names}")));
    match (next_token, max_results) {
        (Some(_), _) => beside("nextToken"),
        (None, Some(_)) => beside("maxResults"),
        (None, None) => Ok(()),
    }
}

//! Repository policies. The text is kept and returned exactly as it was set.

use super::call::Call;
use super::error::EcrError;
use super::input;
use crate::Repository;
use packyard_access::policy::{DocumentKind, Policy};
use serde_json::{Value, json};

pub(crate) async fn set(call: &Call<'_>, input: input::SetRepositoryPolicy) -> Result<Value, EcrError> {
    let repository = call.repository_to_govern(&input.repository_name).await?;
    if let Err(malformed) = Policy::parse(&input.policy_text, DocumentKind::Resource) {
        tracing::debug!(%malformed, "repository policy refused");
        return Err(EcrError::invalid("PolicyText", "Invalid repository policy provided"));
    }
    if input.force != Some(true) {
        keeps_the_door_open(call, &repository, &input.policy_text).await?;
    }
    let set = call.registry.set_repository_policy(call.actor(), &repository.name, Some(input.policy_text)).await?;
    Ok(shown(call, &set, set.policy.as_deref()))
}

/// A policy by which its author could not set the next one is refused, unless forced.
async fn keeps_the_door_open(call: &Call<'_>, repository: &Repository, policy: &str) -> Result<(), EcrError> {
    let with_policy = repository.target().policy(Some(policy));
    call.registry.access().may_govern(&call.caller, call.operation.action(), &with_policy).await.map_err(|denied| {
        if denied.is_unavailable() {
            return denied.into();
        }
        EcrError::invalid(
            "PolicyText",
            format_args!(
                "The policy would keep {} from setting the policy of this repository again; use force to set it all the same",
                call.actor()
            ),
        )
    })
}

pub(crate) async fn get(call: &Call<'_>, input: input::OneRepository) -> Result<Value, EcrError> {
    let repository = call.repository_to_govern(&input.repository_name).await?;
    let policy = repository.policy.as_deref().ok_or_else(|| none(call, &repository))?;
    Ok(shown(call, &repository, Some(policy)))
}

/// Answers with the policy that was removed.
pub(crate) async fn delete(call: &Call<'_>, input: input::OneRepository) -> Result<Value, EcrError> {
    let repository = call.repository_to_govern(&input.repository_name).await?;
    let policy = repository.policy.as_deref().ok_or_else(|| none(call, &repository))?;
    call.registry.set_repository_policy(call.actor(), &repository.name, None).await?;
    Ok(shown(call, &repository, Some(policy)))
}

fn shown(call: &Call<'_>, repository: &Repository, policy: Option<&str>) -> Value {
    json!({ "registryId": call.account(), "repositoryName": repository.name, "policyText": policy })
}

fn none(call: &Call<'_>, repository: &Repository) -> EcrError {
    EcrError::client(
        "RepositoryPolicyNotFoundException",
        format!(
            "Repository policy does not exist for the repository with name '{}' in the registry with id '{}'",
            repository.name,
            call.account()
        ),
    )
}

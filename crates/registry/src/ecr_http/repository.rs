//! Repositories: create, describe, delete, and their settings; the registry itself.

use super::call::{Call, no_paging, page_size};
use super::error::EcrError;
use super::page::cut;
use super::{input, reply, tags};
use crate::{CreateRepository, Encryption, Mutability, Repository};
use packyard_access::Target;
use serde_json::{Value, json};

/// Wildcards one exclusion filter may have.
const MAX_WILDCARDS: usize = 2;

pub(crate) async fn create(call: &Call<'_>, input: input::CreateRepository) -> Result<Value, EcrError> {
    let tags = tags::checked(input.tags.unwrap_or_default())?;
    let target = Target::arn(call.registry.arn(&input.repository_name)).request_tags(&tags);
    call.may(&target).await?;
    if !tags.is_empty() {
        call.registry.access().may(&call.caller, "ecr:TagResource", &target).await?;
    }
    let (mutability, exclusions) =
        mutability(input.image_tag_mutability.as_deref(), input.image_tag_mutability_exclusion_filters)?;
    let encryption =
        input.encryption_configuration.map_or_else(|| Ok(Encryption::default()), |e| encryption(call, e))?;
    let new = CreateRepository {
        mutability,
        exclusions,
        scan_on_push: input.image_scanning_configuration.and_then(|s| s.scan_on_push).unwrap_or(false),
        encryption,
        tags: tags.clone(),
        ..CreateRepository::named(input.repository_name)
    };
    let made = call.registry.create_repository(call.actor(), new).await?;
    Ok(json!({ "repository": shown(call, &made) }))
}

pub(crate) async fn describe(call: &Call<'_>, input: input::DescribeRepositories) -> Result<Value, EcrError> {
    if let Some(names) = &input.repository_names {
        no_paging("repositoryNames", input.next_token.as_deref(), input.max_results)?;
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.push(shown(call, &*call.repository(name).await?));
        }
        return Ok(json!({ "repositories": found }));
    }
    let config = call.registry.config();
    call.may(&Target::arn(format!("arn:aws:ecr:{}:{}:repository/*", config.region, config.account_id))).await?;
    let pager = call.pager("");
    let after = pager.after(input.next_token.as_deref())?.unwrap_or_default();
    let limit = page_size(input.max_results);
    let rows = call.registry.repositories(&after, limit + 1).await?;
    let (rows, last) = cut(rows, limit, |repository| repository.name.to_string());
    let shown: Vec<Value> = rows.iter().map(|repository| shown(call, repository)).collect();
    let mut answer = json!({ "repositories": shown });
    pager.put_token(&mut answer, last.as_deref());
    Ok(answer)
}

/// Answers with the repository as it was.
pub(crate) async fn delete(call: &Call<'_>, input: input::DeleteRepository) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let gone = call.registry.delete_repository(call.actor(), &repository.name, input.force.unwrap_or(false)).await?;
    Ok(json!({ "repository": shown(call, &gone) }))
}

pub(crate) async fn set_mutability(call: &Call<'_>, input: input::PutImageTagMutability) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let (mutability, exclusions) =
        mutability(Some(&input.image_tag_mutability), input.image_tag_mutability_exclusion_filters)?;
    let set = call.registry.set_mutability(call.actor(), &repository.name, mutability, &exclusions).await?;
    let mut answer = json!({
        "registryId": call.account(),
        "repositoryName": set.name,
        "imageTagMutability": set.mutability.as_str(),
    });
    put_filters(&mut answer, &set);
    Ok(answer)
}

pub(crate) async fn set_scanning(
    call: &Call<'_>,
    input: input::PutImageScanningConfiguration,
) -> Result<Value, EcrError> {
    let repository = call.repository(&input.repository_name).await?;
    let on = input.image_scanning_configuration.scan_on_push.unwrap_or(false);
    let set = call.registry.set_scan_on_push(call.actor(), &repository.name, on).await?;
    Ok(json!({
        "registryId": call.account(),
        "repositoryName": set.name,
        "imageScanningConfiguration": { "scanOnPush": set.scan_on_push },
    }))
}

pub(crate) async fn describe_registry(call: &Call<'_>) -> Result<Value, EcrError> {
    call.may(&Target::any()).await?;
    Ok(json!({ "registryId": call.account(), "replicationConfiguration": { "rules": [] } }))
}

fn shown(call: &Call<'_>, repository: &Repository) -> Value {
    let mut shown = json!({
        "repositoryArn": repository.arn,
        "registryId": call.account(),
        "repositoryName": repository.name,
        "repositoryUri": call.registry.uri(&repository.name),
        "createdAt": reply::seconds(repository.created_at_ms),
        "imageTagMutability": repository.mutability.as_str(),
        "imageScanningConfiguration": { "scanOnPush": repository.scan_on_push },
        "encryptionConfiguration": repository.encryption,
    });
    put_filters(&mut shown, repository);
    shown
}

fn put_filters(answer: &mut Value, repository: &Repository) {
    if !repository.exclusions.is_empty() {
        let filter = |text: &String| json!({ "filterType": "WILDCARD", "filter": text });
        answer["imageTagMutabilityExclusionFilters"] = repository.exclusions.iter().map(filter).collect();
    }
}

/// Filters belong to the two kinds of mutability that have exclusions, and only to them.
fn mutability(
    kind: Option<&str>,
    filters: Option<Vec<input::ExclusionFilter>>,
) -> Result<(Mutability, Vec<String>), EcrError> {
    const FILTERS: &str = "imageTagMutabilityExclusionFilters";
    let kind = kind.and_then(Mutability::parse).unwrap_or_default();
    let excluding = matches!(kind, Mutability::MutableWithExclusion | Mutability::ImmutableWithExclusion);
    let filters: Vec<String> = filters.unwrap_or_default().into_iter().map(|f| f.filter).collect();
    if excluding == filters.is_empty() {
        let reason = if excluding {
            "must be given when imageTagMutability is"
        } else {
            "cannot be given when imageTagMutability is"
        };
        return Err(EcrError::invalid(FILTERS, format_args!("Member {reason} {}", kind.as_str())));
    }
    for (number, filter) in (1..).zip(&filters) {
        if filter.matches('*').count() > MAX_WILDCARDS {
            return Err(EcrError::invalid(
                &format!("{FILTERS}.{number}.member.filter"),
                format_args!("Member must have at most {MAX_WILDCARDS} wildcards"),
            ));
        }
    }
    Ok((kind, filters))
}

fn encryption(call: &Call<'_>, wanted: input::EncryptionConfiguration) -> Result<Encryption, EcrError> {
    if wanted.encryption_type == "AES256" {
        return match wanted.kms_key {
            None => Ok(Encryption::default()),
            Some(_) => Err(EcrError::invalid(
                "encryptionConfiguration.kmsKey",
                "Member cannot be given when encryptionType is AES256",
            )),
        };
    }
    let config = call.registry.config();
    let own = || format!("arn:aws:kms:{}:{}:alias/aws/ecr", config.region, config.account_id);
    Ok(Encryption { encryption_type: wanted.encryption_type, kms_key: Some(wanted.kms_key.unwrap_or_else(own)) })
}

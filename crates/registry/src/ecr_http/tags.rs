//! Resource tags: TagResource, UntagResource, ListTagsForResource, and the rules that CreateRepository shares.

use super::call::Call;
use super::error::EcrError;
use super::input;
use packyard_oci::RepoName;
use serde_json::{Value, json};

const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Sets tags beside those that are there.
pub(crate) async fn tag(call: &Call<'_>, input: input::TagResource) -> Result<Value, EcrError> {
    let name = repository_of(call, &input.resource_arn)?;
    let changes = checked(input.tags)?;
    may_change(call, &name, &changes, &[]).await?;
    let merge = |tags| merged(tags, &changes);
    call.registry.change_repository_tags(call.actor(), call.operation.action(), &name, merge).await?;
    Ok(json!({}))
}

/// Removes tags; keys that no tag has are no matter.
pub(crate) async fn untag(call: &Call<'_>, input: input::UntagResource) -> Result<Value, EcrError> {
    let name = repository_of(call, &input.resource_arn)?;
    may_change(call, &name, &[], &input.tag_keys).await?;
    let remove = |mut tags: Vec<(String, String)>| -> Result<_, EcrError> {
        tags.retain(|(key, _)| !input.tag_keys.contains(key));
        Ok(tags)
    };
    call.registry.change_repository_tags(call.actor(), call.operation.action(), &name, remove).await?;
    Ok(json!({}))
}

pub(crate) async fn list(call: &Call<'_>, input: input::ListTagsForResource) -> Result<Value, EcrError> {
    let name = repository_of(call, &input.resource_arn)?;
    let repository = call.repository(&name).await?;
    let tags: Vec<Value> = repository.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "tags": tags }))
}

/// Refuses whoever may not do this to these tags, then a repository that is not there.
async fn may_change(
    call: &Call<'_>,
    name: &RepoName,
    set: &[(String, String)],
    removed: &[String],
) -> Result<(), EcrError> {
    let found = call.registry.find_repository(name).await?;
    let target = call.registry.target(name, found.as_deref());
    call.may(&target.request_tags(set).removed_tags(removed)).await?;
    found.map(|_| ()).ok_or_else(|| EcrError::repository_not_found(name, call.account()))
}

/// The repository an ARN names: `arn:<partition>:ecr:<region>:<account>:repository/<name>`.
fn repository_of(call: &Call<'_>, arn: &str) -> Result<RepoName, EcrError> {
    let invalid = || EcrError::invalid("resourceArn", "Invalid ARN");
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, resource] = parts[..] else { return Err(invalid()) };
    let name = resource.strip_prefix("repository/").ok_or_else(invalid)?;
    if scheme != "arn" || partition.is_empty() || service != "ecr" {
        return Err(invalid());
    }
    let name: RepoName = name.parse().map_err(|_| invalid())?;
    if region != call.registry.config().region || account != call.account() {
        return Err(EcrError::repository_not_found(&name, account));
    }
    Ok(name)
}

/// Tags as the registry keeps them, after AWS's rules for them held.
pub(crate) fn checked(tags: Vec<input::Tag>) -> Result<Vec<(String, String)>, EcrError> {
    let bad = |message: String| Err(EcrError::client("InvalidTagParameterException", message));
    let mut seen: Vec<(String, String)> = Vec::with_capacity(tags.len());
    for input::Tag { key, value } in tags {
        let length = key.chars().count();
        if length == 0 || length > MAX_KEY {
            return bad(format!("The tag key '{key}' must have 1 to {MAX_KEY} characters"));
        }
        if value.chars().count() > MAX_VALUE {
            return bad(format!("The value of tag '{key}' must have at most {MAX_VALUE} characters"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return bad(format!("The tag key '{key}' begins with 'aws:', which is reserved"));
        }
        if seen.iter().any(|(known, _)| *known == key) {
            return bad(format!("The tag key '{key}' is given twice"));
        }
        seen.push((key, value));
    }
    bounded(seen)
}

/// `tags` with `changes` on top.
pub(crate) fn merged(
    mut tags: Vec<(String, String)>,
    changes: &[(String, String)],
) -> Result<Vec<(String, String)>, EcrError> {
    for (key, value) in changes {
        match tags.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => old.clone_from(value),
            None => tags.push((key.clone(), value.clone())),
        }
    }
    bounded(tags)
}

fn bounded(tags: Vec<(String, String)>) -> Result<Vec<(String, String)>, EcrError> {
    if tags.len() > MAX_TAGS {
        return Err(EcrError::client(
            "TooManyTagsException",
            format!("A repository may have {MAX_TAGS} tags; this would give it {}", tags.len()),
        ));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> input::Tag {
        input::Tag { key: key.into(), value: value.into() }
    }

    #[test]
    fn rules() {
        assert_eq!(checked(vec![tag("a", ""), tag("A", "1")]).unwrap().len(), 2);
        for bad in [
            vec![tag("", "x")],
            vec![tag(&"k".repeat(129), "x")],
            vec![tag("k", &"v".repeat(257))],
            vec![tag("aws:x", "x")],
            vec![tag("a", "1"), tag("a", "2")],
        ] {
            assert_eq!(checked(bad).unwrap_err().code, "InvalidTagParameterException");
        }
        let many = |n: usize| (0..n).map(|i| tag(&format!("k{i}"), "")).collect::<Vec<_>>();
        assert!(checked(many(50)).is_ok());
        assert_eq!(checked(many(51)).unwrap_err().code, "TooManyTagsException");
    }

    #[test]
    fn merging_replaces_and_counts() {
        let old = checked((0..50).map(|i| tag(&format!("k{i}"), "old")).collect()).unwrap();
        let change = |key: &str| vec![(key.to_owned(), "new".to_owned())];
        let new = merged(old.clone(), &change("k7")).unwrap();
        assert_eq!((new.len(), new[7].1.as_str()), (50, "new"));
        assert_eq!(merged(old, &change("one-more")).unwrap_err().code, "TooManyTagsException");
    }
}

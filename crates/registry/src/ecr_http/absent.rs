//! Operations that are not answered here, and what is said instead: what this registry does not have, in the words of
//! whoever asks, so that nobody looks for the mistake in the call.

use super::error::EcrError;
use super::operation::TARGET_PREFIX;

/// Longest text of a stranger that is repeated.
const SHOWN: usize = 120;

/// Parts of operation names, and what the operations would need.
const FEATURES: [(&str, &str); 10] = [
    ("LifecyclePolicy", "lifecycle policies, images stay until somebody deletes them"),
    ("Scan", "scanning, scanOnPush is kept and shown, and nothing is scanned"),
    ("Replication", "replication"),
    ("PullThroughCache", "pull-through caches"),
    ("CreationTemplate", "repository creation templates"),
    ("RegistryPolicy", "policy of the registry, only of repositories and of users"),
    ("Signing", "managed signing, signatures are pushed like images"),
    ("AccountSetting", "account settings"),
    ("PullTimeUpdate", "pull-time update exclusions"),
    ("StorageClass", "storage classes"),
];

pub(super) fn error(target: &str) -> EcrError {
    EcrError::client("UnknownOperationException", message(target))
}

fn message(target: &str) -> String {
    let shown = |text: &str| text.chars().take(SHOWN).collect::<String>();
    let Some(name) = target.strip_prefix(TARGET_PREFIX) else {
        return format!(
            "'{}' is no operation of the ECR API (aws ecr), which is what is answered here beside IAM and STS",
            shown(target)
        );
    };
    let feature = FEATURES.iter().find(|(part, _)| name.contains(part));
    let why = feature.map_or_else(String::new, |(_, what)| format!(": it has no {what}"));
    format!("Packyard does not offer {}{why}. docs/ecr.md lists the operations it offers", shown(name))
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn says_what_is_missing() {
        let of = |name: &str| message(&format!("AmazonEC2ContainerRegistry_V20150921.{name}"));
        assert_eq!(
            of("PutLifecyclePolicy"),
            "Packyard does not offer PutLifecyclePolicy: it has no lifecycle policies, images stay until somebody deletes them. docs/ecr.md lists the operations it offers"
        );
        assert_eq!(
            of("NoSuchThing"),
            "Packyard does not offer NoSuchThing. docs/ecr.md lists the operations it offers"
        );
        let public = message("SpencerFrontendService.DescribeRepositories");
        assert!(public.starts_with("'SpencerFrontendService.DescribeRepositories' is no operation of the ECR API"));
        assert!(message(&"x".repeat(5000)).len() < 300);
    }
}

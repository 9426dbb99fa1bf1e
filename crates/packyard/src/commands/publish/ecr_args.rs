//! How repositories are made, in the terms of `aws ecr create-repository`.

use clap::{Args, ValueEnum};
use packyard_oci::aws::{EcrService, Encryption, RepositorySettings};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CreateRepositories {
    /// Make those that are missing
    Auto,
    /// Make none; a pack whose repository is missing fails
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
enum TagMutability {
    #[value(name = "MUTABLE")]
    Mutable,
    #[value(name = "IMMUTABLE")]
    Immutable,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct EcrArgs {
    /// Whether repositories that are missing are made
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", help_heading = "Repositories")]
    create_repositories: CreateRepositories,
    /// Whether tags of new repositories may be overwritten (ECR) [default: the account's]
    #[arg(long, value_enum, value_name = "KIND", ignore_case = true, help_heading = "Repositories")]
    ecr_tag_mutability: Option<TagMutability>,
    /// Have new repositories scan what is pushed (ECR)
    #[arg(long, help_heading = "Repositories")]
    ecr_scan_on_push: bool,
    /// Encryption of new repositories: AES256, KMS, KMS_DSSE, or KMS:KEY with a key's id, ARN or alias (ECR)
    /// [default: the account's]
    #[arg(long, value_name = "TYPE[:KEY]", value_parser = encryption, help_heading = "Repositories")]
    ecr_encryption: Option<Encryption>,
    /// AWS resource tag of new repositories, for costs and policies; may be repeated (ECR)
    #[arg(long = "ecr-repository-tag", value_name = "KEY=VALUE", value_parser = resource_tag, help_heading = "Repositories")]
    ecr_repository_tags: Vec<(String, String)>,
}

impl EcrArgs {
    pub(super) fn creates(&self) -> bool {
        self.create_repositories == CreateRepositories::Auto
    }

    /// The settings, or why they contradict each other or what the registry can.
    pub(super) fn settings(&self, service: EcrService) -> Result<RepositorySettings, String> {
        let tags = &self.ecr_repository_tags;
        if let Some((key, _)) = tags
            .iter()
            .enumerate()
            .find_map(|(at, tag)| tags[..at].iter().any(|before| before.0 == tag.0).then_some(tag))
        {
            return Err(format!("--ecr-repository-tag `{key}` is given twice"));
        }
        let settings = RepositorySettings {
            tag_mutability: self.ecr_tag_mutability.map(|kind| match kind {
                TagMutability::Mutable => "MUTABLE".to_owned(),
                TagMutability::Immutable => "IMMUTABLE".to_owned(),
            }),
            scan_on_push: self.ecr_scan_on_push,
            encryption: self.ecr_encryption.clone(),
            tags: tags.clone(),
        };
        let only_tags = RepositorySettings { tags: tags.clone(), ..RepositorySettings::default() };
        if service == EcrService::Public && settings != only_tags {
            return Err("ECR Public has no tag mutability, scan on push or encryption to choose: leave --ecr-tag-mutability, --ecr-scan-on-push and --ecr-encryption out".to_owned());
        }
        if !self.creates() && !settings.is_default() {
            return Err("--create-repositories=never makes none, so that the --ecr-... flags mean nothing".to_owned());
        }
        Ok(settings)
    }
}

fn encryption(typed: &str) -> Result<Encryption, String> {
    let (kind, key) = match typed.split_once(':') {
        Some((kind, key)) => (kind, Some(key.to_owned())),
        None => (typed, None),
    };
    let kind = kind.to_ascii_uppercase();
    match (kind.as_str(), &key) {
        ("AES256", Some(_)) => Err("AES256 has no key of its own; KMS:KEY has one".to_owned()),
        (_, Some(key)) if key.is_empty() => Err("the key after the colon is missing".to_owned()),
        ("AES256" | "KMS" | "KMS_DSSE", _) => Ok(Encryption { kind, key }),
        _ => Err("it is AES256, KMS or KMS_DSSE".to_owned()),
    }
}

/// The rules that AWS has for tags of resources.
fn resource_tag(typed: &str) -> Result<(String, String), String> {
    let (key, value) = typed.split_once('=').ok_or("it is KEY=VALUE")?;
    let long = |text: &str, limit: usize| text.chars().count() > limit;
    match () {
        () if key.is_empty() || long(key, 128) => Err("a key has 1 to 128 characters".to_owned()),
        () if long(value, 256) => Err("a value has at most 256 characters".to_owned()),
        () if key.to_ascii_lowercase().starts_with("aws:") => Err("keys that begin with aws: are AWS's own".to_owned()),
        () => Ok((key.to_owned(), value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_and_tags_as_aws_takes_them() {
        let of = |kind: &str, key: Option<&str>| Ok(Encryption { kind: kind.into(), key: key.map(str::to_owned) });
        assert_eq!(encryption("aes256"), of("AES256", None));
        assert_eq!(encryption("KMS:arn:aws:kms:x:1:key/a"), of("KMS", Some("arn:aws:kms:x:1:key/a")));
        for wrong in ["", "DES", "AES256:key", "KMS:"] {
            assert!(encryption(wrong).is_err(), "{wrong}");
        }
        assert_eq!(resource_tag("team=a=b"), Ok(("team".into(), "a=b".into())));
        for wrong in ["team", "=x", "AWS:x=y", &format!("{}=", "k".repeat(129)), &format!("k={}", "v".repeat(257))] {
            assert!(resource_tag(wrong).is_err(), "{wrong}");
        }
    }
}

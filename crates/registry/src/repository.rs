//! Repositories: their settings, and who may overwrite a tag.

use crate::{Error, Registry, Result};
use packyard_access::Target;
use packyard_oci::{Digest, RepoName};
use packyard_store::registry::{DeleteRefused, NewRepository, RepositoryChange, RepositoryRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whether a tag may leave its digest; the names are those of the ECR API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mutability {
    #[default]
    Mutable,
    Immutable,
    /// Tags that match a filter are immutable.
    MutableWithExclusion,
    /// Tags that match a filter are mutable.
    ImmutableWithExclusion,
}

impl Mutability {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mutable => "MUTABLE",
            Self::Immutable => "IMMUTABLE",
            Self::MutableWithExclusion => "MUTABLE_WITH_EXCLUSION",
            Self::ImmutableWithExclusion => "IMMUTABLE_WITH_EXCLUSION",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Mutable, Self::Immutable, Self::MutableWithExclusion, Self::ImmutableWithExclusion]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// As the ECR API writes it; content is not encrypted by this server, the setting is kept for clients that ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Encryption {
    pub encryption_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

impl Default for Encryption {
    fn default() -> Self {
        Self { encryption_type: "AES256".to_owned(), kms_key: None }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub id: i64,
    pub name: RepoName,
    pub arn: String,
    pub created_at_ms: i64,
    pub mutability: Mutability,
    /// Wildcard filters, for the two kinds of mutability with exclusions.
    pub exclusions: Vec<String>,
    pub scan_on_push: bool,
    pub encryption: Encryption,
    /// Resource tags.
    pub tags: Vec<(String, String)>,
    /// The resource policy exactly as it was set.
    pub policy: Option<String>,
}

impl Repository {
    /// What policies are asked about.
    pub fn target(&self) -> Target<'_> {
        Target::arn(self.arn.as_str()).policy(self.policy.as_deref()).resource_tags(&self.tags)
    }

    /// Whether the tag may leave the digest it points at.
    pub(crate) fn may_overwrite(&self, tag: &str) -> bool {
        let excluded = || self.exclusions.iter().any(|filter| matches_wildcard(filter, tag));
        match self.mutability {
            Mutability::Mutable => true,
            Mutability::Immutable => false,
            Mutability::MutableWithExclusion => !excluded(),
            Mutability::ImmutableWithExclusion => excluded(),
        }
    }
}

/// `*` stands for any text, everything else for itself.
fn matches_wildcard(filter: &str, text: &str) -> bool {
    let mut parts = filter.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// A repository to make; the face has checked the values against the API's constraints.
#[derive(Debug, Clone)]
pub struct CreateRepository {
    pub name: RepoName,
    pub mutability: Mutability,
    pub exclusions: Vec<String>,
    pub scan_on_push: bool,
    pub encryption: Encryption,
    pub tags: Vec<(String, String)>,
}

impl CreateRepository {
    /// With the defaults of the ECR API.
    pub fn named(name: RepoName) -> Self {
        Self {
            name,
            mutability: Mutability::default(),
            exclusions: Vec::new(),
            scan_on_push: false,
            encryption: Encryption::default(),
            tags: Vec::new(),
        }
    }
}

impl Registry {
    /// `actor` is an ARN, here and in all that writes: it goes into the audit log.
    pub async fn create_repository(&self, actor: &str, new: CreateRepository) -> Result<Arc<Repository>> {
        let row = NewRepository {
            name: new.name.to_string(),
            mutability: new.mutability.as_str().to_owned(),
            exclusions: json(&new.exclusions),
            scan_on_push: new.scan_on_push,
            encryption: json(&new.encryption),
            tags: json(&new.tags),
            policy: None,
        };
        let made = match self.inner.repositories.create(actor, &row).await {
            Err(packyard_store::Error::AlreadyExists(_)) => {
                return Err(Error::RepositoryExists { name: row.name, account: self.config().account_id.clone() });
            }
            made => made?,
        };
        self.inner.repository_cache.forget(&row.name);
        Ok(Arc::new(self.read_repository(made)?))
    }

    /// The repository; from memory when it was asked before.
    pub async fn repository(&self, name: &RepoName) -> Result<Arc<Repository>> {
        self.find_repository(name).await?.ok_or_else(|| self.repository_unknown(name))
    }

    pub(crate) async fn find_repository(&self, name: &RepoName) -> Result<Option<Arc<Repository>>> {
        let key = name.as_str().to_owned();
        let cache = &self.inner.repository_cache;
        if let Some(found) = cache.get(&key) {
            return Ok(Some(found));
        }
        let stamp = cache.stamp(&key);
        let Some(row) = self.inner.repositories.by_name(name.as_str()).await? else { return Ok(None) };
        let found = Arc::new(self.read_repository(row)?);
        let bytes = 512 + found.policy.as_ref().map_or(0, String::len);
        cache.put(key, found.clone(), bytes, stamp);
        Ok(Some(found))
    }

    pub(crate) fn repository_unknown(&self, name: &RepoName) -> Error {
        Error::RepositoryUnknown { name: name.to_string(), account: self.config().account_id.clone() }
    }

    /// Repositories with names greater than `after`, in byte order.
    pub async fn repositories(&self, after: &str, limit: usize) -> Result<Vec<Repository>> {
        let rows = self.inner.repositories.page(after, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        rows.into_iter().map(|row| self.read_repository(row)).collect()
    }

    /// Some repositories that show the blob.
    pub(crate) async fn repositories_with_blob(&self, digest: &Digest) -> Result<Vec<Repository>> {
        /// Enough to find one the caller may read; asking for all would let one popular blob cost thousands of checks.
        const LOOK_AT: i64 = 20;
        let rows = self.inner.repositories.with_blob(digest.as_str(), LOOK_AT).await?;
        rows.into_iter().map(|row| self.read_repository(row)).collect()
    }

    pub async fn set_mutability(
        &self,
        actor: &str,
        name: &RepoName,
        mutability: Mutability,
        exclusions: &[String],
    ) -> Result<Arc<Repository>> {
        let change =
            RepositoryChange::Mutability { mutability: mutability.as_str().to_owned(), exclusions: json(exclusions) };
        self.change(actor, name, change).await
    }

    pub(crate) async fn set_scan_on_push(&self, actor: &str, name: &RepoName, on: bool) -> Result<Arc<Repository>> {
        self.change(actor, name, RepositoryChange::ScanOnPush(on)).await
    }

    /// Changes the resource tags. What somebody else does to them at the same time is kept: then `change` is asked again,
    /// about the tags there are by now.
    pub(crate) async fn change_repository_tags<E: From<Error>>(
        &self,
        actor: &str,
        action: &'static str,
        name: &RepoName,
        change: impl Fn(Vec<(String, String)>) -> std::result::Result<Vec<(String, String)>, E>,
    ) -> std::result::Result<(), E> {
        loop {
            let row = self.inner.repositories.by_name(name.as_str()).await.map_err(Error::from)?;
            let before = row.ok_or_else(|| self.repository_unknown(name))?.tags;
            let after = json(&change(tags(&before, name.as_str()).map_err(Error::from)?)?);
            let change = RepositoryChange::Tags { before, after, action };
            let done = self.inner.repositories.change(actor, name.as_str(), &change).await.map_err(Error::from)?;
            self.inner.repository_cache.forget(&name.to_string());
            if done.is_some() {
                return Ok(());
            }
        }
    }

    /// Sets or removes the resource policy; the text is kept as it is.
    pub(crate) async fn set_repository_policy(
        &self,
        actor: &str,
        name: &RepoName,
        policy: Option<String>,
    ) -> Result<Arc<Repository>> {
        self.change(actor, name, RepositoryChange::Policy(policy)).await
    }

    async fn change(&self, actor: &str, name: &RepoName, change: RepositoryChange) -> Result<Arc<Repository>> {
        let row = self.inner.repositories.change(actor, name.as_str(), &change).await?;
        self.inner.repository_cache.forget(&name.to_string());
        let row = row.ok_or_else(|| self.repository_unknown(name))?;
        Ok(Arc::new(self.read_repository(row)?))
    }

    /// Deletes the repository and returns it as it was; with images in it only by `force`.
    pub async fn delete_repository(&self, actor: &str, name: &RepoName, force: bool) -> Result<Repository> {
        let account = self.config().account_id.clone();
        let gone = self.inner.repositories.delete(actor, name.as_str(), force).await;
        self.inner.repository_cache.forget(&name.to_string());
        match gone {
            Ok(row) => self.read_repository(row),
            Err(DeleteRefused::Unknown) => Err(self.repository_unknown(name)),
            Err(DeleteRefused::NotEmpty) => Err(Error::RepositoryNotEmpty { name: name.to_string(), account }),
            Err(DeleteRefused::Store(error)) => Err(error.into()),
        }
    }

    fn read_repository(&self, row: RepositoryRow) -> Result<Repository> {
        let corrupt = |what: &str| packyard_store::Error::Corrupt(format!("{what} of repository {}", row.name));
        let name: RepoName = row.name.parse().map_err(|_| corrupt("name"))?;
        Ok(Repository {
            id: row.id,
            arn: self.arn(&name),
            name,
            created_at_ms: row.created_at,
            mutability: Mutability::parse(&row.mutability).ok_or_else(|| corrupt("mutability"))?,
            exclusions: serde_json::from_str(&row.exclusions).map_err(|_| corrupt("exclusions"))?,
            scan_on_push: row.scan_on_push != 0,
            encryption: serde_json::from_str(&row.encryption).map_err(|_| corrupt("encryption"))?,
            tags: tags(&row.tags, &row.name)?,
            policy: row.policy,
        })
    }
}

fn tags(stored: &str, name: &str) -> std::result::Result<Vec<(String, String)>, packyard_store::Error> {
    serde_json::from_str(stored).map_err(|_| packyard_store::Error::Corrupt(format!("tags of repository {name}")))
}

/// Text lists and maps always have a JSON form.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::matches_wildcard;

    #[test]
    fn wildcards() {
        for (filter, text) in
            [("*", ""), ("*", "x"), ("v*", "v1"), ("*-rc", "1-rc"), ("a*b*c", "aXbYc"), ("a*a", "aa"), ("x", "x")]
        {
            assert!(matches_wildcard(filter, text), "{filter} {text}");
        }
        for (filter, text) in [("v*", "1"), ("*-rc", "1-rc1"), ("a*a", "a"), ("x", "xy"), ("a*b*c", "acb"), ("", "x")] {
            assert!(!matches_wildcard(filter, text), "{filter} {text}");
        }
    }
}

//! Repositories and their settings.

use super::{TOPIC_REPOSITORY, lost_race, settled};
use crate::{AuditEntry, Core, Error, Result, Store, audit, emit, on, sequence_id, unit};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RepositoryRow {
    pub id: i64,
    pub name: String,
    pub created_at: i64,
    pub created_by: String,
    pub mutability: String,
    /// JSON.
    pub exclusions: String,
    pub scan_on_push: i64,
    /// JSON.
    pub encryption: String,
    /// JSON.
    pub tags: String,
    pub policy: Option<String>,
}

/// What a repository is made with; the texts are JSON, written by the service.
#[derive(Debug, Clone)]
pub struct NewRepository {
    pub name: String,
    pub mutability: String,
    pub exclusions: String,
    pub scan_on_push: bool,
    pub encryption: String,
    pub tags: String,
    pub policy: Option<String>,
}

/// One setting changed; the audit log names the action as the ECR API does.
#[derive(Debug, Clone)]
pub enum RepositoryChange {
    Mutability {
        mutability: String,
        exclusions: String,
    },
    ScanOnPush(bool),
    /// Only when the tags are still what they were; else nothing is changed.
    Tags {
        before: String,
        after: String,
        action: &'static str,
    },
    Policy(Option<String>),
}

#[derive(Debug, thiserror::Error)]
pub enum DeleteRefused {
    #[error("the repository does not exist")]
    Unknown,
    #[error("the repository still holds images")]
    NotEmpty,
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for DeleteRefused {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl DeleteRefused {
    fn lost_race(&self) -> bool {
        matches!(self, Self::Store(Error::Database(e)) if lost_race(e))
    }
}

const INSERT: &str = "INSERT INTO repository (id, name, created_at, created_by, mutability, exclusions, scan_on_push, encryption, tags, policy)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING
    RETURNING id, name, created_at, created_by, mutability, exclusions, scan_on_push, encryption, tags, policy";
const BY_NAME: &str =
    "SELECT id, name, created_at, created_by, mutability, exclusions, scan_on_push, encryption, tags, policy
    FROM repository WHERE name = $1";
const PAGE: &str =
    "SELECT id, name, created_at, created_by, mutability, exclusions, scan_on_push, encryption, tags, policy
    FROM repository WHERE name > $1 ORDER BY name LIMIT $2";
const WITH_BLOB: &str = "SELECT r.id, r.name, r.created_at, r.created_by, r.mutability, r.exclusions, r.scan_on_push, r.encryption, r.tags, r.policy
    FROM repository_blob b JOIN repository r ON r.id = b.repository WHERE b.digest = $1 ORDER BY r.id LIMIT $2";
const SET_MUTABILITY: &str = "UPDATE repository SET mutability = $2, exclusions = $3 WHERE name = $1";
const SET_SCAN: &str = "UPDATE repository SET scan_on_push = $2 WHERE name = $1";
const SET_TAGS: &str = "UPDATE repository SET tags = $2 WHERE name = $1 AND tags = $3";
const SET_POLICY: &str = "UPDATE repository SET policy = $2 WHERE name = $1";
const AN_IMAGE: &str = "SELECT digest FROM manifest WHERE repository = $1 LIMIT 1";
/// In the order the foreign keys ask for.
const DROP_CONTENT: [&str; 6] = [
    "DELETE FROM tag WHERE repository = $1",
    "DELETE FROM manifest_blob WHERE repository = $1",
    "DELETE FROM manifest_child WHERE repository = $1",
    "DELETE FROM manifest WHERE repository = $1",
    "DELETE FROM repository_blob WHERE repository = $1",
    "DELETE FROM repository WHERE id = $1",
];

#[derive(Clone)]
pub struct Repositories {
    core: Core,
}

impl Store {
    pub fn repositories(&self) -> Repositories {
        Repositories { core: self.core.clone() }
    }
}

impl Repositories {
    /// [`Error::AlreadyExists`] when the name is taken.
    pub async fn create(&self, actor: &str, new: &NewRepository) -> Result<RepositoryRow> {
        let now = self.core.now_ms();
        let made: RepositoryRow = unit!(self.core.db, Error, |tx| {
            let made: Option<RepositoryRow> = sqlx::query_as(INSERT)
                .bind(sequence_id(now))
                .bind(new.name.as_str())
                .bind(now)
                .bind(actor)
                .bind(new.mutability.as_str())
                .bind(new.exclusions.as_str())
                .bind(i64::from(new.scan_on_push))
                .bind(new.encryption.as_str())
                .bind(new.tags.as_str())
                .bind(new.policy.as_deref())
                .fetch_optional(&mut *tx)
                .await?;
            let made = made.ok_or_else(|| Error::AlreadyExists(format!("repository {}", new.name)))?;
            audit!(tx, now, AuditEntry::new(actor, "ecr:CreateRepository", &new.name));
            emit!(tx, now, TOPIC_REPOSITORY, new.name.as_str());
            Ok(made)
        })?;
        self.core.outbox_bell.notify_one();
        Ok(made)
    }

    pub async fn by_name(&self, name: &str) -> Result<Option<RepositoryRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(BY_NAME).bind(name).fetch_optional(p).await?))
    }

    /// Names greater than `after`, in byte order.
    pub async fn page(&self, after: &str, limit: i64) -> Result<Vec<RepositoryRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(PAGE).bind(after).bind(limit).fetch_all(p).await?))
    }

    /// Some repositories that show the blob, oldest first.
    pub async fn with_blob(&self, digest: &str, limit: i64) -> Result<Vec<RepositoryRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(WITH_BLOB).bind(digest).bind(limit).fetch_all(p).await?))
    }

    /// The repository as it is after the change; `None` when there is none of that name, or its tags are others by now.
    pub async fn change(&self, actor: &str, name: &str, change: &RepositoryChange) -> Result<Option<RepositoryRow>> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            let (query, action) = match change {
                RepositoryChange::Mutability { mutability, exclusions } => (
                    sqlx::query(SET_MUTABILITY).bind(name).bind(mutability.as_str()).bind(exclusions.as_str()),
                    "ecr:PutImageTagMutability",
                ),
                RepositoryChange::ScanOnPush(on) => {
                    (sqlx::query(SET_SCAN).bind(name).bind(i64::from(*on)), "ecr:PutImageScanningConfiguration")
                }
                RepositoryChange::Tags { before, after, action } => {
                    (sqlx::query(SET_TAGS).bind(name).bind(after.as_str()).bind(before.as_str()), *action)
                }
                RepositoryChange::Policy(Some(text)) => {
                    (sqlx::query(SET_POLICY).bind(name).bind(Some(text.as_str())), "ecr:SetRepositoryPolicy")
                }
                RepositoryChange::Policy(None) => {
                    (sqlx::query(SET_POLICY).bind(name).bind(None::<&str>), "ecr:DeleteRepositoryPolicy")
                }
            };
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(None);
            }
            audit!(tx, now, AuditEntry::new(actor, action, name));
            Ok(sqlx::query_as(BY_NAME).bind(name).fetch_optional(&mut *tx).await?)
        })
    }

    /// Removes the repository with all it shows; the collector frees the space. Returns it as it was.
    pub async fn delete(&self, actor: &str, name: &str, force: bool) -> Result<RepositoryRow, DeleteRefused> {
        let gone = settled!(self.try_delete(actor, name, force).await)?;
        self.core.outbox_bell.notify_one();
        Ok(gone)
    }

    async fn try_delete(&self, actor: &str, name: &str, force: bool) -> Result<RepositoryRow, DeleteRefused> {
        let now = self.core.now_ms();
        unit!(self.core.db, DeleteRefused, |tx| {
            let row: Option<RepositoryRow> = sqlx::query_as(BY_NAME).bind(name).fetch_optional(&mut *tx).await?;
            let row = row.ok_or(DeleteRefused::Unknown)?;
            let image: Option<String> = sqlx::query_scalar(AN_IMAGE).bind(row.id).fetch_optional(&mut *tx).await?;
            if image.is_some() && !force {
                return Err(DeleteRefused::NotEmpty);
            }
            for statement in DROP_CONTENT {
                sqlx::query(statement).bind(row.id).execute(&mut *tx).await?;
            }
            audit!(
                tx,
                now,
                AuditEntry::new(actor, "ecr:DeleteRepository", name).detail(format!("{{\"force\":{force}}}"))
            );
            emit!(tx, now, TOPIC_REPOSITORY, name);
            Ok(row)
        })
    }
}

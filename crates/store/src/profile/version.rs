//! Cluster profiles. One row is one version of a profile; a change replaces the row under the revision it was read at.

use crate::profile::secrets::{Resting, version_place};
use crate::profile::state::{KEPT_STATES, keep_state};
use crate::sealed::sealing;
use crate::{AuditEntry, Core, Error, PackUse, ProfileHead, ProfileRow, Result, Store, audit, on, unit};

const INSERT: &str = "INSERT INTO profile (uid, scope, project_uid, name, version, kind, cloud, description, labels,
    annotations, variables, draft, published, revision, created_at, updated_at, secrets)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const PROJECT_HOLD: &str = "UPDATE project SET updated_at = updated_at WHERE uid = $1";
const REPLACE: &str = "UPDATE profile SET scope = $2, project_uid = $3, name = $4, version = $5, kind = $6, cloud = $7,
    description = $8, labels = $9, annotations = $10, variables = $11, draft = $12, published = $13,
    revision = revision + 1, updated_at = $15, secrets = $16 WHERE uid = $1 AND revision = $14";
/// Writing to the source's row makes a change of it wait for this transaction.
const HOLD: &str = "UPDATE profile SET revision = revision WHERE uid = $1 AND revision = $2";
const EXISTS: &str = "SELECT COUNT(*) FROM profile WHERE uid = $1";
const BY_UID: &str = "SELECT uid, scope, project_uid, name, version, kind, cloud, description, labels, annotations,
    variables, draft, published, revision, created_at, updated_at, secrets FROM profile WHERE uid = $1";
const HEADS: &str = "SELECT uid, scope, project_uid, name, version, kind, cloud, description, labels, annotations,
    CAST(CASE WHEN published IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_published,
    CAST(CASE WHEN draft IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_draft,
    (SELECT COUNT(*) FROM profile_pack WHERE profile_uid = profile.uid) AS packs,
    created_at, updated_at FROM profile ORDER BY name, created_at, uid";
/// As many as [`NAMES_AT_ONCE`]; places that are not needed hold an empty uid.
const NAMES: &str = "SELECT uid, name, version FROM profile
    WHERE uid IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const NAMES_AT_ONCE: usize = 16;
const VERSIONS: &str = "SELECT uid, version FROM profile WHERE scope = $1 AND project_uid = $2 AND name = $3";
const UIDS_BY_PACK: &str = "SELECT DISTINCT profile_uid FROM profile_pack WHERE pack_uid = $1";
const UIDS_BY_REGISTRY: &str = "SELECT DISTINCT profile_uid FROM profile_pack WHERE registry_uid = $1";
const DELETE: &str = "DELETE FROM profile WHERE uid = $1 AND revision = $2";
const USES_DELETE: &str = "DELETE FROM profile_pack WHERE profile_uid = $1";
const USE_INSERT: &str = "INSERT INTO profile_pack (profile_uid, position, pack_uid, registry_uid, pack_name)
    VALUES ($1, $2, $3, $4, $5)";

macro_rules! insert_uses {
    ($tx:ident, $row:ident, $uses:ident) => {
        for (position, used) in (0_i64..).zip($uses) {
            sqlx::query(USE_INSERT)
                .bind($row.uid.as_str())
                .bind(position)
                .bind(used.pack_uid.as_str())
                .bind(used.registry_uid.as_str())
                .bind(used.pack_name.as_str())
                .execute(&mut *$tx)
                .await?;
        }
    };
}

/// Units of work on profiles.
#[derive(Clone)]
pub struct Profiles {
    pub(crate) core: Core,
    /// States kept of each version.
    keep: i64,
}

/// A version as it was when it was read.
#[derive(Debug, Clone, Copy)]
pub struct AtRevision<'a> {
    pub uid: &'a str,
    pub revision: i64,
}

impl Store {
    pub fn profiles(&self) -> Profiles {
        Profiles { core: self.core.clone(), keep: KEPT_STATES }
    }
}

impl Profiles {
    /// Keeps another number of states in the history of each version it writes.
    #[must_use]
    pub fn keeping(mut self, states: i64) -> Self {
        self.keep = states;
        self
    }

    /// `AlreadyExists` when that name and version are taken in the scope, `NotFound` when its project is gone.
    pub async fn create(&self, row: &ProfileRow, uses: &[PackUse], entry: &AuditEntry) -> Result<()> {
        self.create_from(None, row, uses, entry).await
    }

    /// The same for a version made of another one: `Conflict` when that was changed since it was read, `NotFound` when
    /// it is gone.
    pub async fn create_from(
        &self,
        source: Option<AtRevision<'_>>,
        row: &ProfileRow,
        uses: &[PackUse],
        entry: &AuditEntry,
    ) -> Result<()> {
        let now = self.core.now_ms();
        let sealed = self.sealed(row);
        let outcome = unit!(self.core.db, Error, |tx| {
            if sealed.is_some() {
                sealing!(tx, self.core);
            }
            if let Some(source) = source {
                let held = sqlx::query(HOLD).bind(source.uid).bind(source.revision).execute(&mut *tx).await?;
                if held.rows_affected() == 0 {
                    let known: i64 = sqlx::query_scalar(EXISTS).bind(source.uid).fetch_one(&mut *tx).await?;
                    return Err(not_written(source.uid, known > 0));
                }
            }
            if !row.project_uid.is_empty() {
                // Writing to the project's row makes a deletion of the project wait for this transaction.
                let held = sqlx::query(PROJECT_HOLD).bind(row.project_uid.as_str()).execute(&mut *tx).await?;
                if held.rows_affected() == 0 {
                    return Err(Error::NoProject(row.project_uid.clone()));
                }
            }
            sqlx::query(INSERT)
                .bind(row.uid.as_str())
                .bind(row.scope.as_str())
                .bind(row.project_uid.as_str())
                .bind(row.name.as_str())
                .bind(row.version.as_str())
                .bind(row.kind.as_str())
                .bind(row.cloud.as_str())
                .bind(row.description.as_str())
                .bind(row.labels.as_str())
                .bind(row.annotations.as_str())
                .bind(row.variables.as_str())
                .bind(row.draft.as_deref())
                .bind(row.published.as_deref())
                .bind(row.revision)
                .bind(row.created_at)
                .bind(row.updated_at)
                .bind(sealed)
                .execute(&mut *tx)
                .await?;
            insert_uses!(tx, row, uses);
            keep_state!(tx, self.core, now, self.keep, row, entry);
            audit!(tx, now, *entry);
            Ok(())
        });
        outcome.map_err(|error| taken(error, row))
    }

    /// Writes `row` over the version with its uid if that is still at `row.revision`; `Conflict` when somebody else
    /// changed it in between, `NotFound` when it is gone, `AlreadyExists` when the new name and version are taken.
    pub async fn replace(&self, row: &ProfileRow, uses: &[PackUse], entry: &AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        let sealed = self.sealed(row);
        let outcome = unit!(self.core.db, Error, |tx| {
            if sealed.is_some() {
                sealing!(tx, self.core);
            }
            let written = sqlx::query(REPLACE)
                .bind(row.uid.as_str())
                .bind(row.scope.as_str())
                .bind(row.project_uid.as_str())
                .bind(row.name.as_str())
                .bind(row.version.as_str())
                .bind(row.kind.as_str())
                .bind(row.cloud.as_str())
                .bind(row.description.as_str())
                .bind(row.labels.as_str())
                .bind(row.annotations.as_str())
                .bind(row.variables.as_str())
                .bind(row.draft.as_deref())
                .bind(row.published.as_deref())
                .bind(row.revision)
                .bind(row.updated_at)
                .bind(sealed)
                .execute(&mut *tx)
                .await?;
            if written.rows_affected() != 1 {
                let known: i64 = sqlx::query_scalar(EXISTS).bind(row.uid.as_str()).fetch_one(&mut *tx).await?;
                return Err(not_written(&row.uid, known > 0));
            }
            sqlx::query(USES_DELETE).bind(row.uid.as_str()).execute(&mut *tx).await?;
            insert_uses!(tx, row, uses);
            keep_state!(tx, self.core, now, self.keep, row, entry);
            audit!(tx, now, *entry);
            Ok(())
        });
        outcome.map_err(|error| taken(error, row))
    }

    fn sealed(&self, row: &ProfileRow) -> Option<Vec<u8>> {
        row.secrets.sealed(&self.core.sealer, &version_place(&row.uid))
    }

    pub async fn by_uid(&self, uid: &str) -> Result<Option<ProfileRow>> {
        let found: Option<Resting<ProfileRow>> =
            on!(self.core.db, p => sqlx::query_as(BY_UID).bind(uid).fetch_optional(p).await?);
        let Some(resting) = found else { return Ok(None) };
        let secrets = resting.open(&self.core.sealer, &version_place(uid))?;
        Ok(Some(ProfileRow { secrets, ..resting.row }))
    }

    /// All versions of all profiles, by name, oldest first within a name.
    pub async fn heads(&self) -> Result<Vec<ProfileHead>> {
        Ok(on!(self.core.db, p => sqlx::query_as(HEADS).fetch_all(p).await?))
    }

    /// `(uid, name, version)` of those of these that are there, in any order.
    pub async fn names(&self, uids: &[&str]) -> Result<Vec<(String, String, String)>> {
        let mut found = Vec::with_capacity(uids.len());
        for some in uids.chunks(NAMES_AT_ONCE) {
            let rows: Vec<(String, String, String)> = on!(self.core.db, p => {
                let mut query = sqlx::query_as(NAMES);
                for at in 0..NAMES_AT_ONCE {
                    query = query.bind(some.get(at).copied().unwrap_or_default());
                }
                query.fetch_all(p).await?
            });
            found.extend(rows);
        }
        Ok(found)
    }

    /// `(uid, version)` of all versions of one name in one scope.
    pub async fn versions(&self, scope: &str, project_uid: &str, name: &str) -> Result<Vec<(String, String)>> {
        Ok(on!(self.core.db, p => {
            sqlx::query_as(VERSIONS).bind(scope).bind(project_uid).bind(name).fetch_all(p).await?
        }))
    }

    pub async fn uids_using_pack(&self, pack_uid: &str) -> Result<Vec<String>> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(UIDS_BY_PACK).bind(pack_uid).fetch_all(p).await?))
    }

    pub async fn uids_using_registry(&self, registry_uid: &str) -> Result<Vec<String>> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(UIDS_BY_REGISTRY).bind(registry_uid).fetch_all(p).await?))
    }

    /// `Conflict` when somebody changed the version since it was read, `NotFound` when it is gone.
    pub async fn delete(&self, at: AtRevision<'_>, entry: &AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            let deleted = sqlx::query(DELETE).bind(at.uid).bind(at.revision).execute(&mut *tx).await?;
            if deleted.rows_affected() == 0 {
                let known: i64 = sqlx::query_scalar(EXISTS).bind(at.uid).fetch_one(&mut *tx).await?;
                return Err(not_written(at.uid, known > 0));
            }
            audit!(tx, now, *entry);
            Ok(())
        })
    }
}

fn not_written(uid: &str, exists: bool) -> Error {
    if exists {
        Error::Conflict(format!("cluster profile {uid} was changed by somebody else meanwhile"))
    } else {
        Error::NotFound(format!("cluster profile {uid}"))
    }
}

fn taken(error: Error, row: &ProfileRow) -> Error {
    if error.is_unique_violation() {
        return Error::AlreadyExists(format!("cluster profile {} {}", row.name, row.version));
    }
    error
}

//! Registered registries. The documents (`spec`, `summary`, ...) are the catalogue's own JSON; this family knows
//! identity, secrets and life cycle.

use crate::catalog::{BUMP, CatalogStore, held, sync_lease};
use crate::sealed::sealing;
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RegistryRow {
    pub uid: String,
    pub name: String,
    pub spec: String,
    pub has_secret: i64,
    pub has_proxy_password: i64,
    pub is_self: i64,
    pub status: String,
    pub message: String,
    pub first_done: i64,
    pub last_run: Option<i64>,
    pub last_synced: Option<i64>,
    pub next_run: Option<i64>,
    pub created: i64,
    pub updated: i64,
    /// Seconds; `None` is the server's setting, 0 is never.
    pub sync_interval: Option<i64>,
    pub rechecked: i64,
    pub failures: i64,
    pub notification_secret_made: Option<i64>,
    pub notification_received: Option<i64>,
}

/// What a registry's owner decides.
#[derive(Clone, Copy)]
pub struct RegistryWrite<'a> {
    pub uid: &'a str,
    pub name: &'a str,
    pub spec: &'a str,
    pub secrets: SecretWrites<'a>,
    /// When the next run is due, and its cause; `None` when it is not synchronised.
    pub next_run: Option<(i64, &'static str)>,
}

/// The secrets of a registry. `None` keeps the stored one in an update; an empty one ends it.
#[derive(Clone, Copy, Default)]
pub struct SecretWrites<'a> {
    /// The password, token or secret access key.
    pub login: Option<&'a [u8]>,
    /// The private key of our certificate.
    pub client_key: Option<&'a [u8]>,
    pub proxy_password: Option<&'a [u8]>,
}

/// The same, opened.
#[derive(Clone, Default)]
pub struct RegistrySecrets {
    pub login: Option<Vec<u8>>,
    pub client_key: Option<Vec<u8>>,
    pub proxy_password: Option<Vec<u8>>,
}

/// The columns of [`RegistryRow`]; the CAST gives both engines the same integer type.
macro_rules! select_registry {
    ($rest:literal) => {
        concat!(
            "SELECT uid, name, spec, CAST(CASE WHEN secret IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_secret, ",
            "CAST(CASE WHEN proxy_password IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_proxy_password, is_self, ",
            "status, message, first_done, last_run, last_synced, next_run, created, updated, sync_interval, rechecked, ",
            "failures, hook_made AS notification_secret_made, hook_used AS notification_received FROM remote_registry ",
            $rest
        )
    };
}

const ONE: &str = select_registry!("WHERE uid = $1");
const ALL: &str = select_registry!("ORDER BY name");
const INSERT: &str = "INSERT INTO remote_registry
    (uid, name, spec, is_self, status, message, first_done, next_run, next_trigger, created, updated)
    VALUES ($1, $2, $3, 0, 'Pending', '', $4, $5, $6, $7, $7)";
const NAME_TAKEN: &str = "SELECT created FROM remote_registry WHERE name = $1 AND uid <> $2";
const UPDATE: &str = "UPDATE remote_registry SET name = $2, spec = $3, next_run = $4, next_trigger = $5, updated = $6
    WHERE uid = $1";
const SET_LOGIN: &str = "UPDATE remote_registry SET secret = $2 WHERE uid = $1";
const SET_CLIENT_KEY: &str = "UPDATE remote_registry SET client_key = $2 WHERE uid = $1";
const SET_PROXY_PASSWORD: &str = "UPDATE remote_registry SET proxy_password = $2 WHERE uid = $1";
const DELETE: &str = "DELETE FROM remote_registry WHERE uid = $1";
const DELETE_TAGS: &str = "DELETE FROM remote_tag WHERE registry_uid = $1";
const DELETE_OUTCOMES: &str =
    "DELETE FROM sync_outcome WHERE run_id IN (SELECT id FROM sync_run WHERE registry_uid = $1)";
const DELETE_RUNS: &str = "DELETE FROM sync_run WHERE registry_uid = $1";
const DELETE_LEASE: &str = "DELETE FROM lease WHERE name = $1";
const DELETE_PUSHES: &str = "DELETE FROM pushed_repository WHERE registry_uid = $1";
const PACKS_GONE: &str = "UPDATE catalog_pack SET gone = $2, rev = $3 WHERE registry_uid = $1 AND gone = 0";
const SECRETS: &str = "SELECT secret, client_key, proxy_password FROM remote_registry WHERE uid = $1";
const SET_SELF: &str = "UPDATE remote_registry SET is_self = $2 WHERE uid = $1 AND is_self <> $2";

/// What a registry's login secret is sealed to.
pub(crate) fn login_place(uid: &str) -> String {
    format!("remote_registry/{uid}")
}

pub(crate) fn client_key_place(uid: &str) -> String {
    format!("remote_registry/{uid}/client_key")
}

pub(crate) fn proxy_password_place(uid: &str) -> String {
    format!("remote_registry/{uid}/proxy_password")
}

impl CatalogStore {
    /// The statements that are to be run for the given secrets, with their values; `None` ends the stored one.
    fn sealed(&self, uid: &str, given: SecretWrites<'_>) -> Vec<(&'static str, Option<Vec<u8>>)> {
        let all = [
            (SET_LOGIN, login_place(uid), given.login),
            (SET_CLIENT_KEY, client_key_place(uid), given.client_key),
            (SET_PROXY_PASSWORD, proxy_password_place(uid), given.proxy_password),
        ];
        let seal = |place: String, secret: &[u8]| (!secret.is_empty()).then(|| self.core.sealer.seal(&place, secret));
        all.into_iter().filter_map(|(set, place, secret)| Some((set, seal(place, secret?)))).collect()
    }

    /// [`Error::AlreadyExists`] when the name is taken.
    pub async fn insert_registry(&self, write: RegistryWrite<'_>, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        let name = write.name;
        let secrets = self.sealed(write.uid, write.secrets);
        unit!(self.core.db, Error, |tx| {
            if secrets.iter().any(|(_, sealed)| sealed.is_some()) {
                sealing!(tx, self.core);
            }
            let taken: Option<i64> =
                sqlx::query_scalar(NAME_TAKEN).bind(write.name).bind(write.uid).fetch_optional(&mut *tx).await?;
            if taken.is_some() {
                return Err(name_taken(write.name));
            }
            let (at, cause) = write.next_run.unzip();
            sqlx::query(INSERT)
                .bind(write.uid)
                .bind(write.name)
                .bind(write.spec)
                .bind(i64::from(at.is_none()))
                .bind(at)
                .bind(cause.unwrap_or_default())
                .bind(now)
                .execute(&mut *tx)
                .await?;
            for (set, sealed) in secrets {
                sqlx::query(set).bind(write.uid).bind(sealed).execute(&mut *tx).await?;
            }
            audit!(tx, now, entry);
            Ok(())
        })
        .map_err(|error: Error| if error.is_unique_violation() { name_taken(name) } else { error })
    }

    pub async fn update_registry(&self, write: RegistryWrite<'_>, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        let name = write.name;
        let secrets = self.sealed(write.uid, write.secrets);
        unit!(self.core.db, Error, |tx| {
            if secrets.iter().any(|(_, sealed)| sealed.is_some()) {
                sealing!(tx, self.core);
            }
            let taken: Option<i64> =
                sqlx::query_scalar(NAME_TAKEN).bind(write.name).bind(write.uid).fetch_optional(&mut *tx).await?;
            if taken.is_some() {
                return Err(name_taken(write.name));
            }
            let (at, cause) = write.next_run.unzip();
            let changed = sqlx::query(UPDATE)
                .bind(write.uid)
                .bind(write.name)
                .bind(write.spec)
                .bind(at)
                .bind(cause.unwrap_or_default())
                .bind(now)
                .execute(&mut *tx)
                .await?;
            if changed.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the registry {}", write.uid)));
            }
            for (set, sealed) in secrets {
                sqlx::query(set).bind(write.uid).bind(sealed).execute(&mut *tx).await?;
            }
            audit!(tx, now, entry);
            Ok(())
        })
        .map_err(|error: Error| if error.is_unique_violation() { name_taken(name) } else { error })
    }

    /// Its packs stay, marked gone: profiles refer to them.
    pub async fn delete_registry(&self, uid: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            let rev: i64 = sqlx::query_scalar(BUMP).fetch_one(&mut *tx).await?;
            if sqlx::query(DELETE).bind(uid).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("the registry {uid}")));
            }
            sqlx::query(PACKS_GONE).bind(uid).bind(now).bind(rev).execute(&mut *tx).await?;
            // Whoever synchronises it is refused from here on.
            sqlx::query(DELETE_LEASE).bind(sync_lease(uid)).execute(&mut *tx).await?;
            sqlx::query(DELETE_TAGS).bind(uid).execute(&mut *tx).await?;
            sqlx::query(DELETE_PUSHES).bind(uid).execute(&mut *tx).await?;
            sqlx::query(crate::catalog::charts::DELETE_INDEX).bind(uid).execute(&mut *tx).await?;
            sqlx::query(DELETE_OUTCOMES).bind(uid).execute(&mut *tx).await?;
            sqlx::query(DELETE_RUNS).bind(uid).execute(&mut *tx).await?;
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn registry(&self, uid: &str) -> Result<Option<RegistryRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(ONE).bind(uid).fetch_optional(p).await?))
    }

    /// By name.
    pub async fn registries(&self) -> Result<Vec<RegistryRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(ALL).fetch_all(p).await?))
    }

    /// Without any where the registry is gone.
    pub async fn registry_secrets(&self, uid: &str) -> Result<RegistrySecrets> {
        type Sealed = Option<Vec<u8>>;
        let row: Option<(Sealed, Sealed, Sealed)> =
            on!(self.core.db, p => sqlx::query_as(SECRETS).bind(uid).fetch_optional(p).await?);
        let (login, client_key, proxy_password) = row.unwrap_or_default();
        let open = |place: String, sealed: Sealed| sealed.map(|it| self.core.sealer.open(&place, &it)).transpose();
        Ok(RegistrySecrets {
            login: open(login_place(uid), login)?,
            client_key: open(client_key_place(uid), client_key)?,
            proxy_password: open(proxy_password_place(uid), proxy_password)?,
        })
    }

    pub async fn set_is_self(&self, lease: &crate::Lease, uid: &str, is_self: bool) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            sqlx::query(SET_SELF).bind(uid).bind(i64::from(is_self)).execute(&mut *tx).await?;
            Ok(())
        })
    }
}

fn name_taken(name: &str) -> Error {
    Error::AlreadyExists(format!("a registry named `{name}`"))
}

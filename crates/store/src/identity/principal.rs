//! The account root, users and roles: one table, one kind of row.

use super::{Identity, Leftover, holders, still_held, touch};
use crate::{AuditEntry, Error, Result, audit, on, unit};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    Root,
    User,
    Role,
}

impl PrincipalKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "user",
            Self::Role => "role",
        }
    }
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PrincipalRow {
    /// 24 lower-case hex digits.
    pub uid: String,
    kind: String,
    /// `AIDA...` for a user, `AROA...` for a role, the account id for the root.
    pub aws_id: String,
    /// Begins and ends with `/`.
    pub path: String,
    pub name: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub description: String,
    disabled: i64,
    /// Grows whenever the password changes or ends; what was issued for an older one is void.
    pub login_epoch: i64,
    pub trust_policy: Option<String>,
    pub max_session_s: i64,
    pub created_at: i64,
    pub last_login_at: Option<i64>,
}

impl PrincipalRow {
    pub fn kind(&self) -> PrincipalKind {
        match self.kind.as_str() {
            "root" => PrincipalKind::Root,
            "role" => PrincipalKind::Role,
            _ => PrincipalKind::User,
        }
    }

    pub fn is_disabled(&self) -> bool {
        self.disabled != 0
    }
}

#[derive(Debug, Clone)]
pub struct NewPrincipal {
    pub kind: PrincipalKind,
    pub aws_id: String,
    pub path: String,
    pub name: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub description: String,
    pub trust_policy: Option<String>,
    pub max_session_s: i64,
    pub tags: Vec<(String, String)>,
}

/// What a user has from the first moment.
#[derive(Debug, Clone)]
pub struct FirstLogin {
    /// Of a password that has to be changed at the first login.
    pub hash: String,
    /// Managed policies.
    pub arns: Vec<&'static str>,
}

macro_rules! columns {
    () => {
        "uid, kind, aws_id, path, name, email, first_name, last_name, description, disabled, login_epoch, trust_policy, \
         max_session_s, created_at, last_login_at"
    };
}

const INSERT: &str = concat!(
    "INSERT INTO principal (uid, kind, aws_id, path, name, name_key, email, first_name, last_name, description, disabled, ",
    "login_epoch, trust_policy, max_session_s, created_at) ",
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 1, $11, $12, $13) RETURNING ",
    columns!()
);
const BY_UID: &str = concat!("SELECT ", columns!(), " FROM principal WHERE uid = $1");
const BY_NAME: &str = concat!("SELECT ", columns!(), " FROM principal WHERE kind = $1 AND name_key = $2");
const BY_EMAIL: &str = concat!("SELECT ", columns!(), " FROM principal WHERE email = $1");
const PAGE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM principal WHERE kind = $1 AND name_key > $2 AND substr(path, 1, length($3)) = $3 ORDER BY name_key LIMIT $4"
);
const DELETE: &str = "DELETE FROM principal WHERE uid = $1";
const RENAME: &str = "UPDATE principal SET first_name = $2, last_name = $3 WHERE uid = $1";
const SET_DISABLED: &str = "UPDATE principal SET disabled = $2, login_epoch = login_epoch + 1 WHERE uid = $1";
const SET_TRUST: &str = "UPDATE principal SET trust_policy = $2 WHERE uid = $1";
const LOGGED_IN: &str = "UPDATE principal SET last_login_at = $2 WHERE uid = $1";
const TAGS: &str = "SELECT tag, value FROM principal_tag WHERE principal = $1 ORDER BY tag";
const TAG_INSERT: &str = "INSERT INTO principal_tag (principal, tag, value) VALUES ($1, $2, $3)";
const LOGIN_INSERT: &str =
    "INSERT INTO login_profile (principal, hash, reset, created_at, set_at) VALUES ($1, $2, 1, $3, $3)";
const ATTACH: &str = "INSERT INTO attached_policy (principal, arn, attached_at) VALUES ($1, $2, $3)
    ON CONFLICT (principal, arn) DO NOTHING";
const END_SESSIONS: &str = "DELETE FROM session WHERE principal = $1";

impl Identity {
    /// `AlreadyExists` when the kind has one of that name (case does not count), `EmailTaken` when somebody has that email.
    pub async fn create_principal(&self, new: NewPrincipal, entry: AuditEntry) -> Result<PrincipalRow> {
        self.create_principal_with(new, None, entry).await
    }

    /// The same with a password and policies: all of it or nothing.
    pub async fn create_principal_with(
        &self,
        new: NewPrincipal,
        login: Option<FirstLogin>,
        entry: AuditEntry,
    ) -> Result<PrincipalRow> {
        let now = self.core.now_ms();
        let uid = crate::new_uid();
        let name_key = new.name.to_ascii_lowercase();
        let email = new.email.as_deref().map(str::to_ascii_lowercase);
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let same: Option<PrincipalRow> =
                sqlx::query_as(BY_NAME).bind(new.kind.as_str()).bind(&name_key).fetch_optional(&mut *tx).await?;
            if same.is_some() {
                return Err(Error::AlreadyExists(format!("{} {}", new.kind.as_str(), new.name)));
            }
            if let Some(email) = &email {
                let same: Option<PrincipalRow> = sqlx::query_as(BY_EMAIL).bind(email).fetch_optional(&mut *tx).await?;
                if same.is_some() {
                    return Err(Error::EmailTaken(email.clone()));
                }
            }
            let row: PrincipalRow = sqlx::query_as(INSERT)
                .bind(&uid)
                .bind(new.kind.as_str())
                .bind(&new.aws_id)
                .bind(&new.path)
                .bind(&new.name)
                .bind(&name_key)
                .bind(&email)
                .bind(&new.first_name)
                .bind(&new.last_name)
                .bind(&new.description)
                .bind(&new.trust_policy)
                .bind(new.max_session_s)
                .bind(now)
                .fetch_one(&mut *tx)
                .await?;
            for (tag, value) in &new.tags {
                sqlx::query(TAG_INSERT).bind(&uid).bind(tag).bind(value).execute(&mut *tx).await?;
            }
            if let Some(login) = &login {
                sqlx::query(LOGIN_INSERT).bind(&uid).bind(&login.hash).bind(now).execute(&mut *tx).await?;
            }
            for arn in login.iter().flat_map(|login| &login.arns) {
                sqlx::query(ATTACH).bind(&uid).bind(*arn).bind(now).execute(&mut *tx).await?;
            }
            audit!(tx, now, entry);
            Ok(row)
        })
    }

    pub async fn principal(&self, uid: &str) -> Result<Option<PrincipalRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(BY_UID).bind(uid).fetch_optional(p).await?))
    }

    /// By name; case does not count, as in IAM.
    pub async fn principal_named(&self, kind: PrincipalKind, name: &str) -> Result<Option<PrincipalRow>> {
        let key = name.to_ascii_lowercase();
        Ok(on!(self.core.db, p => sqlx::query_as(BY_NAME).bind(kind.as_str()).bind(&key).fetch_optional(p).await?))
    }

    pub async fn principal_with_email(&self, email: &str) -> Result<Option<PrincipalRow>> {
        let email = email.to_ascii_lowercase();
        Ok(on!(self.core.db, p => sqlx::query_as(BY_EMAIL).bind(&email).fetch_optional(p).await?))
    }

    /// In name order, those after `after` (`""` for the first page) under `path_prefix` (`/` for all).
    pub async fn principals(
        &self,
        kind: PrincipalKind,
        path_prefix: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<PrincipalRow>> {
        let after = after.to_ascii_lowercase();
        Ok(on!(self.core.db, p => sqlx::query_as(PAGE)
            .bind(kind.as_str()).bind(&after).bind(path_prefix).bind(limit)
            .fetch_all(p).await?))
    }

    pub async fn principal_tags(&self, uid: &str) -> Result<Vec<(String, String)>> {
        Ok(on!(self.core.db, p => sqlx::query_as(TAGS).bind(uid).fetch_all(p).await?))
    }

    /// `Leftover` names what still hangs on it, unless `with_everything` takes that along.
    pub async fn delete_principal(&self, uid: &str, with_everything: bool, entry: AuditEntry) -> Result<()> {
        let (now, kept) = (self.core.now_ms(), self.kept);
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let before = holders!(tx, kept);
            for what in Leftover::ALL.into_iter().filter(|_| !with_everything) {
                let left: i64 = sqlx::query_scalar(what.count()).bind(uid).fetch_one(&mut *tx).await?;
                if left > 0 {
                    return Err(Error::Leftover(what));
                }
            }
            if sqlx::query(DELETE).bind(uid).execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(Error::NotFound(format!("principal {uid}")));
            }
            still_held!(tx, kept, before);
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn rename_person(&self, uid: &str, first: &str, last: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let done = sqlx::query(RENAME).bind(uid).bind(first).bind(last).execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("principal {uid}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// Disabling ends sessions at once; keys and tokens end because whoever checks them looks at the principal.
    pub async fn set_disabled(&self, uid: &str, disabled: bool, entry: AuditEntry) -> Result<()> {
        let (now, kept) = (self.core.now_ms(), self.kept);
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let before = holders!(tx, kept);
            let done = sqlx::query(SET_DISABLED).bind(uid).bind(i64::from(disabled)).execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("principal {uid}")));
            }
            sqlx::query(END_SESSIONS).bind(uid).execute(&mut *tx).await?;
            still_held!(tx, kept, before);
            audit!(tx, now, entry);
            Ok(())
        })
    }

    pub async fn set_trust_policy(&self, uid: &str, document: &str, entry: AuditEntry) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            touch!(tx);
            let done = sqlx::query(SET_TRUST).bind(uid).bind(document).execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Err(Error::NotFound(format!("principal {uid}")));
            }
            audit!(tx, now, entry);
            Ok(())
        })
    }

    /// Not a change of identity: nobody's rights depend on it, so the version stays.
    pub async fn logged_in(&self, uid: &str) -> Result<()> {
        let now = self.core.now_ms();
        unit!(self.core.db, Error, |tx| {
            sqlx::query(LOGGED_IN).bind(uid).bind(now).execute(&mut *tx).await?;
            Ok(())
        })
    }
}

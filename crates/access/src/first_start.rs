//! The first start: the account root with a key, and the tenant administrator with a password.
//!
//! Done under a lease, each step only if it is missing, and marked as done at the end: a start that was interrupted is
//! completed by the next one, with fresh secrets, and replicas that start together do it once. The secrets are kept
//! somewhere before the mark is set: an installation that counts as begun is one whose credentials somebody has.

use crate::iam::{TENANT_PATH, new_user_id};
use crate::policy::TENANT_ADMIN;
use crate::token::{new_key_id, new_secret};
use crate::{Access, OpenError};
use packyard_store::identity::{AccessKeyRow, NewAccessKey, NewPrincipal, PrincipalKind, PrincipalRow};
use packyard_store::{AuditEntry, Error, Lease, new_uid};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Secrets to show once.
#[derive(Clone)]
pub struct FirstLogin {
    pub admin_email: String,
    pub admin_password: SecretString,
    pub root_access_key_id: String,
    pub root_secret_access_key: SecretString,
    /// False when the operator gave the password: they know it, and it need not be shown.
    pub password_is_new: bool,
    /// False when the operator gave the root's key.
    pub root_key_is_new: bool,
}

/// Puts the first start's secrets where they survive; called before the first start counts as done, so that a start
/// that is interrupted anywhere either has kept them or makes new ones next time.
pub type Keep<'a> = &'a (dyn Fn(&FirstLogin) -> std::io::Result<()> + Sync);

/// How [`Access::open_as`] meets the installation.
#[derive(Clone, Copy)]
pub enum Opening<'a> {
    /// A first start is made where none was. `alone`: the caller knows that no other process uses this database, so
    /// that whoever began a first start and has not ended it is dead.
    Serve { alone: bool, keep: Keep<'a> },
    /// A first start must have been made.
    Maintain,
}

const DONE: &str = "first_start";
/// Email of the tenant administrator when none is given on the first start.
pub const DEFAULT_ADMIN: &str = "admin@packyard.local";
/// Audit rows of what no caller asked for.
const ACTOR: &str = "packyard";
const LEASE_MS: i64 = 30_000;

pub(crate) async fn run(access: &Access, opening: Opening<'_>) -> Result<Option<FirstLogin>, OpenError> {
    if is_done(access).await? {
        refuse_another_account(access).await?;
        ensure_given_root_key(access).await?;
        access.inner.identity.date_one_time_passwords().await?;
        return Ok(None);
    }
    let Opening::Serve { alone, keep } = opening else { return Err(OpenError::NoInstallation) };
    let lease = lease(access, alone).await?;
    let first = if is_done(access).await? { None } else { Some(make(access, keep).await?) };
    access.inner.store.leases().release(&lease).await?;
    access.inner.subjects.forget();
    Ok(first)
}

async fn is_done(access: &Access) -> Result<bool, Error> {
    Ok(access.inner.store.journal().fact(DONE).await?.is_some())
}

async fn lease(access: &Access, alone: bool) -> Result<Lease, Error> {
    let (holder, leases) = (new_uid(), access.inner.store.leases());
    let mut told = false;
    loop {
        let claimed = match alone {
            true => leases.take(DONE, &holder, LEASE_MS).await?,
            false => leases.claim(DONE, &holder, LEASE_MS).await?,
        };
        if let Some(lease) = claimed {
            return Ok(lease);
        }
        if !told {
            tracing::warn!(
                "waiting for another server's first start on this database; if there is none, it was interrupted and is taken over in at most {} seconds",
                LEASE_MS / 1000
            );
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn make(access: &Access, keep: Keep<'_>) -> Result<FirstLogin, OpenError> {
    let config = &access.inner.config;
    let root = root(access).await?;
    let (id, secret) = config.root_access_key.clone().unwrap_or_else(|| (new_key_id("AKIA"), new_secret()));
    set_only_key(access, &root, &id, &secret).await?;
    let admin_email = config.admin_email.clone().unwrap_or_else(|| DEFAULT_ADMIN.to_owned());
    let admin_password = config.admin_password.clone().unwrap_or_else(new_secret);
    let admin = admin(access, &admin_email).await?;
    set_password(access, &admin, &admin_password).await?;
    let entry = AuditEntry::new(ACTOR, "iam:AttachUserPolicy", &admin.name).detail(TENANT_ADMIN);
    access.inner.identity.attach_policy(&admin.uid, TENANT_ADMIN, usize::MAX, entry).await?;
    let first = FirstLogin {
        admin_email,
        admin_password,
        root_access_key_id: id,
        root_secret_access_key: secret,
        password_is_new: config.admin_password.is_none(),
        root_key_is_new: config.root_access_key.is_none(),
    };
    keep(&first).map_err(OpenError::Keep)?;
    access.inner.store.journal().set_fact(DONE, "done").await?;
    Ok(first)
}

/// Names of everything stored carry the account's id.
async fn refuse_another_account(access: &Access) -> Result<(), OpenError> {
    let asked = &access.inner.config.account_id;
    match access.inner.identity.principal_named(PrincipalKind::Root, "root").await? {
        Some(root) if root.aws_id != *asked => Err(OpenError::Config(format!(
            "the account id is {asked}, but this installation was made as account {stored}; start it with --account-id {stored}",
            stored = root.aws_id
        ))),
        _ => Ok(()),
    }
}

async fn root(access: &Access) -> Result<PrincipalRow, Error> {
    if let Some(row) = access.inner.identity.principal_named(PrincipalKind::Root, "root").await? {
        return Ok(row);
    }
    let new = NewPrincipal {
        kind: PrincipalKind::Root,
        aws_id: access.inner.config.account_id.clone(),
        path: "/".into(),
        name: "root".into(),
        email: None,
        first_name: String::new(),
        last_name: String::new(),
        description: "The account itself".into(),
        trust_policy: None,
        max_session_s: 0,
        tags: Vec::new(),
    };
    access
        .inner
        .identity
        .create_principal(new, AuditEntry::new(ACTOR, "packyard:CreateAccount", &access.inner.config.account_id))
        .await
}

async fn admin(access: &Access, email: &str) -> Result<PrincipalRow, Error> {
    if let Some(row) = access.inner.identity.principal_with_email(email).await? {
        return Ok(row);
    }
    let new = NewPrincipal {
        kind: PrincipalKind::User,
        aws_id: new_user_id(),
        path: TENANT_PATH.into(),
        name: email.to_owned(),
        email: Some(email.to_owned()),
        first_name: "Tenant".into(),
        last_name: "Administrator".into(),
        description: String::new(),
        trust_policy: None,
        max_session_s: 0,
        tags: Vec::new(),
    };
    access.inner.identity.create_principal(new, AuditEntry::new(ACTOR, "iam:CreateUser", email)).await
}

/// Replaces whatever keys the root has.
async fn set_only_key(access: &Access, root: &PrincipalRow, id: &str, secret: &SecretString) -> Result<(), Error> {
    for key in access.inner.identity.access_keys(&root.uid).await? {
        let entry = AuditEntry::new(ACTOR, "iam:DeleteAccessKey", &key.id);
        access.inner.identity.delete_access_key(&root.uid, &key.id, entry).await?;
    }
    let new = NewAccessKey {
        id: id.to_owned(),
        principal: root.uid.clone(),
        sealed_secret: access.inner.store.core.sealer.seal(&AccessKeyRow::place(id), secret.expose_secret().as_bytes()),
    };
    let entry = AuditEntry::new(ACTOR, "iam:CreateAccessKey", id).detail("account root");
    access.inner.identity.create_access_key(new, i64::MAX, entry).await.map(|_| ())
}

/// The operator's settings win over what is stored: a root key given by them is the root's key.
async fn ensure_given_root_key(access: &Access) -> Result<(), Error> {
    let Some((id, secret)) = &access.inner.config.root_access_key else {
        return Ok(());
    };
    let root = root(access).await?;
    if let Some(key) = access.inner.subjects.access_key(id).await? {
        let same = key.principal == root.uid && key.active && key.secret.expose_secret() == secret.expose_secret();
        if same {
            return Ok(());
        }
        if key.principal != root.uid {
            return Err(Error::Conflict(format!("the root access key id {id} is the id of a user's key already")));
        }
    }
    set_only_key(access, &root, id, secret).await?;
    access.inner.subjects.forget();
    Ok(())
}

async fn set_password(access: &Access, user: &PrincipalRow, password: &SecretString) -> Result<(), OpenError> {
    let hash = access.inner.passwords.hash(password).await.ok_or(OpenError::Password)?;
    let entry = AuditEntry::new(ACTOR, "iam:CreateLoginProfile", &user.name);
    match access.inner.identity.login_profile(&user.uid).await? {
        Some(_) => access.inner.identity.update_login_profile(&user.uid, &hash, false, entry).await?,
        None => access.inner.identity.create_login_profile(&user.uid, &hash, false, entry).await?,
    }
    Ok(())
}

/// For the operator at the data folder: `packyard admin ...`.
impl Access {
    /// Makes up a password for the user with this email address or name, or sets the given one; ends their sessions.
    pub async fn reset_password(&self, login: &str, password: Option<SecretString>) -> Result<SecretString, OpenError> {
        let subject = self.inner.subjects.by_login(login).await?;
        let Some(subject) = subject else {
            let known = self.administrators().await?.join(", ");
            let text = format!("there is no user '{login}'; the tenant's administrators are: {known}");
            return Err(OpenError::Config(text));
        };
        let password = password.unwrap_or_else(new_secret);
        set_password(self, &subject.row, &password).await?;
        self.inner.subjects.forget();
        Ok(password)
    }

    /// Who administers the tenant, by the names they log in with.
    pub async fn administrators(&self) -> Result<Vec<String>, OpenError> {
        let identity = &self.inner.identity;
        let mut found = Vec::new();
        for person in identity.principals(PrincipalKind::User, TENANT_PATH, "", i64::MAX).await? {
            if identity.policies(&person.uid).await?.attached.iter().any(|arn| arn == TENANT_ADMIN) {
                found.push(person.email.unwrap_or(person.name));
            }
        }
        Ok(found)
    }

    /// Replaces the account root's key: its id and its secret.
    pub async fn rotate_root_key(&self) -> Result<(String, SecretString), OpenError> {
        let root = root(self).await?;
        let (id, secret) = (new_key_id("AKIA"), new_secret());
        set_only_key(self, &root, &id, &secret).await?;
        self.inner.subjects.forget();
        Ok((id, secret))
    }
}

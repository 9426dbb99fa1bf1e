//! Registries: create, read, update, delete. Validate is in `validate`, what is asked of syncs in `syncs`.

use crate::charts::Repository;
use crate::connect::{Connection, Unusable};
use crate::error::{Doing, Error};
use crate::secrets::{RegistrySecrets, SecretChanges};
use crate::stored::{registry, to_json};
use crate::{Catalog, Registry, RegistryKind, RegistrySpec, SyncInterval, Trigger};
use packyard_access::Caller;
use packyard_oci::client::Endpoint;
use packyard_store::{AuditEntry, RegistryWrite, new_uid};
use std::collections::HashMap;
use tokio::time::Instant;

/// Longest name; it stands in lists and drop-downs.
const NAME_LIMIT: usize = 128;

impl Catalog {
    /// Registers, and waits for the first sync for at most `first_sync_wait`; `skip_sync` leaves it to the schedule.
    pub async fn create_registry(
        &self,
        caller: &Caller,
        name: &str,
        spec: RegistrySpec,
        skip_sync: bool,
    ) -> Result<Registry, Error> {
        let uid = self.insert_registry(caller, name, &spec, skip_sync).await?;
        if spec.is_synced() && !skip_sync {
            self.wait_for_first_sync_of(&uid).await?;
        }
        self.find_registry(&uid).await
    }

    /// Registers and starts the first sync, which goes on in the background.
    pub async fn create_registry_at_once(
        &self,
        caller: &Caller,
        name: &str,
        spec: RegistrySpec,
    ) -> Result<Registry, Error> {
        let uid = self.insert_registry(caller, name, &spec, false).await?;
        self.find_registry(&uid).await
    }

    async fn insert_registry(
        &self,
        caller: &Caller,
        name: &str,
        spec: &RegistrySpec,
        skip_sync: bool,
    ) -> Result<String, Error> {
        let mut spec = spec.clone();
        self.may(caller, "packyard:ManageRegistries").await?;
        let name = checked_name(name)?;
        let secrets = SecretChanges::of_new(&mut spec);
        self.check_spec(&spec)?;
        let uid = new_uid();
        let now = self.store.core.now_ms();
        let start = if skip_sync { self.next_scheduled_ms(SyncInterval::Server) } else { Some(now) };
        let write = RegistryWrite {
            uid: &uid,
            name,
            spec: &to_json(&spec),
            secrets: secrets.writes(),
            next_run: start.filter(|_| spec.is_synced()).map(|at| (at, Trigger::First.as_str())),
        };
        let entry = AuditEntry::new(caller.arn(), "CreateRegistry", name).detail(audit_detail(&uid, None, Some(&spec)));
        let written = self.packs_store().insert_registry(write, entry).await;
        named(written, name)?.doing("register a registry")?;
        if spec.is_synced() && !skip_sync {
            self.due_bell.notify_one();
        }
        Ok(uid)
    }

    pub async fn registry(&self, caller: &Caller, uid: &str) -> Result<Registry, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        self.find_registry(uid).await
    }

    /// The secrets themselves, for clients that compare them with what they sent; only for those who may set them.
    pub async fn registry_secrets(&self, caller: &Caller, uid: &str) -> Result<RegistrySecrets, Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let spec = self.spec_with_secret(uid).await?;
        let client_key = spec.client_certificate.as_ref().and_then(|pair| pair.key.clone());
        Ok(RegistrySecrets { login: spec.auth.secret().cloned(), client_key })
    }

    /// By name; all of them.
    pub async fn registries(&self, caller: &Caller) -> Result<Vec<Registry>, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        let counts = self.pack_counts().await?;
        let rows = self.packs_store().registries().await.doing("read the registries")?;
        rows.into_iter().map(|row| registry(row).map(|registry| with_counts(registry, &counts))).collect()
    }

    /// A secret of `None`, or one of asterisks only, keeps the stored one; not when it would go to another address.
    pub async fn update_registry(
        &self,
        caller: &Caller,
        uid: &str,
        name: &str,
        mut spec: RegistrySpec,
        skip_sync: bool,
    ) -> Result<Registry, Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let name = checked_name(name)?;
        let before = self.spec_with_secret(uid).await?;
        if before.kind != spec.kind {
            return Err(Error::registry_not_found(uid));
        }
        let secrets = SecretChanges::of_edit(&mut spec, &before)?;
        self.check_spec(&spec)?;
        // Another place may well be empty; the same one suddenly should not be.
        let moved = before.endpoint != spec.endpoint || before.base_content_path != spec.base_content_path;
        let trigger = if moved { Trigger::Force } else { Trigger::Edit };
        let now = self.store.core.now_ms();
        let interval = self.find_registry(uid).await?.sync.interval;
        let start = if skip_sync { self.next_scheduled_ms(interval) } else { Some(now) };
        let write = RegistryWrite {
            uid,
            name,
            spec: &to_json(&spec),
            secrets: secrets.writes(),
            next_run: start.filter(|_| spec.is_synced()).map(|at| (at, trigger.as_str())),
        };
        let entry =
            AuditEntry::new(caller.arn(), "UpdateRegistry", name).detail(audit_detail(uid, Some(&before), Some(&spec)));
        let written = self.packs_store().update_registry(write, entry).await;
        named(written, name)?.changing(uid, "change a registry")?;
        self.due_bell.notify_one();
        self.find_registry(uid).await
    }

    /// Its packs leave the lists and stay readable by uid.
    pub async fn delete_registry(&self, caller: &Caller, uid: &str) -> Result<(), Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let found = self.find_registry(uid).await?;
        let entry = AuditEntry::new(caller.arn(), "DeleteRegistry", &found.name).detail(audit_detail(
            uid,
            Some(&found.spec),
            None,
        ));
        self.connections.forget(uid);
        self.repositories.forget(uid);
        self.packs_store().delete_registry(uid, entry).await.changing(uid, "delete a registry")
    }

    pub(crate) async fn find_registry(&self, uid: &str) -> Result<Registry, Error> {
        let row = self.packs_store().registry(uid).await.doing("read a registry")?;
        let counts = self.pack_counts().await?;
        Ok(with_counts(registry(row.ok_or_else(|| Error::registry_not_found(uid))?)?, &counts))
    }

    fn check_spec(&self, spec: &RegistrySpec) -> Result<(), Error> {
        checked_provider(spec)?;
        let made = match spec.kind {
            RegistryKind::Pack => self.checked_written(spec).map(drop),
            RegistryKind::Helm => self.checked_repository(spec).map(drop),
            RegistryKind::Basic | RegistryKind::Ecr => self.checked_connection(spec).map(drop),
        };
        made.map_err(|unusable| Error::invalid(unusable.field, unusable.message))
    }

    /// A connection for settings that somebody has just given.
    pub(crate) fn checked_connection(&self, spec: &RegistrySpec) -> Result<Connection, Unusable> {
        self.check_certificate(spec)?;
        Connection::new(spec, &self.config, &self.hosts)
    }

    /// The same of a Helm repository.
    pub(crate) fn checked_repository(&self, spec: &RegistrySpec) -> Result<Repository, Unusable> {
        self.check_certificate(spec)?;
        Repository::new(spec, &self.config, &self.hosts)
    }

    /// The same of a registry that is only written down.
    pub(crate) fn checked_written(&self, spec: &RegistrySpec) -> Result<Endpoint, Unusable> {
        let endpoint = crate::connect::endpoint(spec)?;
        self.check_certificate(spec)?;
        crate::connect::options(spec, &self.config).map(|_| endpoint)
    }

    fn check_certificate(&self, spec: &RegistrySpec) -> Result<(), Unusable> {
        spec.client_certificate.as_ref().map_or(Ok(()), |pair| pair.check(self.store.core.now_ms()))
    }

    async fn wait_for_first_sync_of(&self, uid: &str) -> Result<(), Error> {
        let deadline = Instant::now() + self.config.first_sync_wait;
        loop {
            let ended = self.sync_ended.notified();
            let row = self.packs_store().registry(uid).await.doing("read a registry")?;
            if row.is_none_or(|row| row.first_done != 0) {
                return Ok(());
            }
            tokio::select! {
                () = ended => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
                () = tokio::time::sleep_until(deadline) => return Ok(()),
            }
        }
    }

    async fn pack_counts(&self) -> Result<Counts, Error> {
        let snapshot = self.index.current().await?;
        let counts = crate::groups::counts(&snapshot);
        Ok(counts.into_iter().map(|(uid, counts)| (uid.to_owned(), counts)).collect())
    }
}

/// Palette's words for what is in a registry, and which goes with which kind.
pub(crate) fn checked_provider(spec: &RegistrySpec) -> Result<(), Error> {
    let wrong = |message: String| Err(Error::invalid("providerType", message));
    match (spec.kind, spec.provider_type.as_str()) {
        (RegistryKind::Basic | RegistryKind::Ecr, "pack" | "helm") | (RegistryKind::Basic, "zarf") => Ok(()),
        (RegistryKind::Ecr, "zarf") => wrong("Zarf packages are in registries of type basic, not in ECR".to_owned()),
        (RegistryKind::Helm | RegistryKind::Pack, _) => Ok(()),
        (_, other) => wrong(format!("`{other}` is none of pack, helm, zarf")),
    }
}

/// Packs and versions of each registry, by uid.
type Counts = HashMap<String, (i64, i64)>;

fn with_counts(mut registry: Registry, counts: &Counts) -> Registry {
    (registry.pack_count, registry.version_count) = counts.get(&registry.uid).copied().unwrap_or_default();
    registry
}

/// Kept as it is sent: Terraform makes a registry anew whose name comes back in other words.
fn checked_name(name: &str) -> Result<&str, Error> {
    let bad = |message: &str| Err(Error::invalid("name", message));
    match name {
        _ if name.trim().is_empty() => bad("it is empty"),
        _ if name.trim() != name => bad("it starts or ends with space; leave that out"),
        _ if name.chars().count() > NAME_LIMIT => bad("it is longer than 128 characters"),
        _ if name.chars().any(char::is_control) => bad("it holds control characters"),
        _ => Ok(name),
    }
}

/// Refuses a name that another registry has.
fn named<T>(written: Result<T, packyard_store::Error>, name: &str) -> Result<Result<T, packyard_store::Error>, Error> {
    match written {
        Err(packyard_store::Error::AlreadyExists(_)) => Err(Error::NameTaken(name.to_owned())),
        other => Ok(other),
    }
}

/// What a registry was and became. Secrets and whatever may hold one are left out.
fn audit_detail(uid: &str, before: Option<&RegistrySpec>, after: Option<&RegistrySpec>) -> String {
    let facts = |spec: &RegistrySpec| {
        serde_json::json!({
            "kind": spec.kind, "endpoint": spec.endpoint, "baseContentPath": spec.base_content_path,
            "providerType": spec.provider_type, "isSyncSupported": spec.is_sync_supported, "auth": spec.auth.kind(),
            "clientCertificate": spec.client_certificate.is_some(), "proxy": spec.proxy.as_ref().map(|proxy| &proxy.url),
        })
    };
    serde_json::json!({ "uid": uid, "before": before.map(facts), "after": after.map(facts) }).to_string()
}
